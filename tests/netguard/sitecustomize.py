"""No test reaches beyond this machine: connections to anything but loopback are refused, names are not looked up.

Python imports a module of this name at start-up, so that putting this folder on PYTHONPATH (conftest.py does) guards
the processes that tests start, notebook kernels included.

Nor does any of them compile a grammar of international addresses, which takes JupyterLab, pytest and others a second
each (`datakit.extras.without_grammar`): no schema of theirs has one. The kit's own care is tested without this module.
And they look for garbage seldom, at their end not at all: a fifth of what it takes to start JupyterLab.
"""

import atexit
import gc
import ipaddress
import socket
import sys

_connect, _connect_ex, _getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo


def is_local(host):
    """Whether a host, as given to ``connect`` or ``getaddrinfo``, is this machine."""
    if host is None:
        return True
    host = host.decode() if isinstance(host, bytes) else str(host)
    if host in ("", "localhost", socket.gethostname()) or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _check(sock, address):
    if sock.family in (socket.AF_INET, socket.AF_INET6) and not is_local(address[0]):
        raise ConnectionRefusedError(f"tests stay on this machine: {address[0]} is outside")


def _guarded_connect(self, address):
    _check(self, address)
    return _connect(self, address)


def _guarded_connect_ex(self, address):
    _check(self, address)
    return _connect_ex(self, address)


def _is_numeric(host):
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def _guarded_getaddrinfo(host, *args, **kwargs):
    if not is_local(host) and not _is_numeric(host):  # a number is not looked up: connecting to it is refused
        raise socket.gaierror(socket.EAI_NONAME, f"tests stay on this machine: {host} is not looked up")
    return _getaddrinfo(host, *args, **kwargs)


socket.socket.connect = _guarded_connect
socket.socket.connect_ex = _guarded_connect_ex
socket.getaddrinfo = _guarded_getaddrinfo
sys.modules.setdefault("rfc3987_syntax", None)
gc.set_threshold(20_000, 10, 10)
atexit.register(gc.freeze)
