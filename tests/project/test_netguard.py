"""The promise that tests stay on this machine is itself tested: here, and in the processes that tests start."""

import http.server
import socket
import subprocess
import sys
import threading
import urllib.request

import pytest

OUTSIDE = "192.0.2.1"  # reserved for documentation: nobody is there, guard or no guard
PROBE = f"import socket; socket.create_connection(('{OUTSIDE}', 80), timeout=5)"


def test_outside_addresses_are_refused_at_once():
    with pytest.raises(ConnectionRefusedError, match="tests stay on this machine"):
        socket.create_connection((OUTSIDE, 80), timeout=5)
    with pytest.raises(socket.gaierror, match="not looked up"):
        socket.getaddrinfo("data.example.org", 443)


def test_processes_started_by_tests_are_guarded_too():
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True)
    assert done.returncode == 1
    assert "tests stay on this machine" in done.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_answers(host):
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with urllib.request.urlopen(f"http://{host}:{server.server_port}/", timeout=5) as answer:
            assert answer.status == 204
        thread.join()


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.9.9.9", True), ("::1", True), ("0.0.0.0", True), (None, True), ("10.0.0.1", False), ("example.org", False)],
)
def test_what_counts_as_this_machine(host, local, request):
    assert request.config.netguard.is_local(host) is local
