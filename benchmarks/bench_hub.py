"""A room on one machine: a real JupyterHub, participants who each start a server and run a chapter, 1 to 20 at once.

It needs what the kit does not, and installs nothing: a Python that has JupyterHub beside the kit and its lock, and
configurable-http-proxy, both outside of the clone (docs/recipes/tljh.md, "Measure it", has the commands)::

    bench_hub.py --hub /opt/tljh/user/bin/python --proxy node_modules/.bin/configurable-http-proxy
    bench_hub.py ... --chapter 14_trees_risk --at-once 1 5 10 20

The hub reads docs/recipes/hub/datakit_hub.py; servers are local processes without a limit; everything is on loopback.
A participant asks the hub for a server, and sends the chapter's cells to its kernel one by one, as "Run All" does.
Memory is PSS (what processes share is divided among them) of server and kernel, the highest of samples.
"""

import argparse
import asyncio
import json
import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psutil
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

ROOT = Path(__file__).resolve().parents[1]
RECIPE = ROOT / "docs/recipes/hub/datakit_hub.py"
FACILITATOR = "facilitator"
PATIENCE = 900  # seconds for a server, and for a cell
SYSTEM, SPARE = 1.0, 1.25  # GB for the system itself, and a quarter more than was measured: choices of this kit

CONFIG = """\
load_subconfig({recipe!r})
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.ConfigurableHTTPProxy.auth_token = {token!r}
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r}
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args = {arguments!r}
c.Spawner.environment = {{**c.Spawner.environment, "DATAKIT_CACHE": {cache!r}, "JUPYTER_CONFIG_PATH": {jupyter!r}}}
c.JupyterHub.services = [{{"name": "bench", "api_token": {token!r}}}]
c.JupyterHub.load_roles = [
    {{"name": "bench", "services": ["bench"], "scopes": ["admin:users", "admin:servers", "access:servers"]}}
]
c.JupyterHub.log_level = "WARN"
"""


def free_ports(count):
    """So many ports that nobody uses now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Hub:
    """A running hub in a folder of its own."""

    def __init__(self, folder, python, proxy):
        self.folder, self.token = folder, secrets.token_hex(32)
        port, hub, api = free_ports(3)
        self.base = f"http://127.0.0.1:{port}"
        text = CONFIG.format(
            recipe=str(RECIPE),
            port=port,
            hub=hub,
            api=api,
            proxy=proxy,
            token=self.token,
            python=python,
            arguments=["--allow-root"] if os.geteuid() == 0 else [],
            homes=str(folder / "home/{username}"),
            cache=str(folder / "cache"),
            jupyter=str(ROOT / ".jupyter"),
        )
        (folder / "config.py").write_text(text, encoding="utf-8")
        self.log = (folder / "hub.log").open("w")
        self.process = subprocess.Popen(
            [python, "-m", "jupyterhub", "-f", "config.py"], cwd=folder, stdout=self.log, stderr=subprocess.STDOUT
        )

    async def ask(self, method, path, body=None):
        """The answer of the hub, or of a server behind it."""
        headers = {"Authorization": f"token {self.token}"}
        request = HTTPRequest(
            self.base + path,
            method=method,
            headers=headers,
            body=None if body is None else json.dumps(body),
            request_timeout=PATIENCE,
            allow_nonstandard_methods=True,
        )
        answer = await AsyncHTTPClient().fetch(request)
        return json.loads(answer.body) if answer.body else None

    async def ready(self):
        for _ in range(600):
            if self.process.poll() is not None:
                raise SystemExit((self.folder / "hub.log").read_text()[-2000:])
            try:
                return await self.ask("GET", "/hub/api/")
            except (HTTPClientError, OSError):
                await asyncio.sleep(0.1)
        raise SystemExit("the hub does not answer")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()

    def processes(self):
        """The processes of each participant, those of the hub and its proxy under ''."""
        whole = psutil.Process(self.process.pid)
        found = {"": [whole]}
        for one in whole.children(recursive=True):
            try:
                found.setdefault(one.environ().get("JUPYTERHUB_USER", ""), []).append(one)
            except psutil.Error:
                continue
        return found


def pss(process):
    """Bytes of memory, what is shared divided among those that share it."""
    try:
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
        return 0
    except OSError:
        return 0


async def participate(hub, name, cells, chapter):
    """One participant: a server, a kernel, every cell; seconds until the server was there, and until all had run."""
    start = time.perf_counter()
    await hub.ask("POST", f"/hub/api/users/{name}")
    await hub.ask("POST", f"/hub/api/users/{name}/server")
    while not (await hub.ask("GET", f"/hub/api/users/{name}"))["server"]:
        if time.perf_counter() - start > PATIENCE:
            raise TimeoutError(f"no server for {name}")
        await asyncio.sleep(0.5)
    there = time.perf_counter() - start
    asked = {"path": f"notebooks/{chapter}.ipynb", "name": chapter, "type": "notebook", "kernel": {"name": "python3"}}
    session = await hub.ask("POST", f"/user/{name}/api/sessions", asked)
    address = f"{hub.base}/user/{name}/api/kernels/{session['kernel']['id']}/channels".replace("http", "ws", 1)
    request = HTTPRequest(address, headers={"Authorization": f"token {hub.token}"}, request_timeout=PATIENCE)
    kernel = await websocket_connect(request, max_message_size=200_000_000)
    begun = time.perf_counter()
    for number, source in enumerate(cells, 1):
        await run_cell(kernel, source, f"{name}, code cell {number}")
    kernel.close()
    return there, time.perf_counter() - begun


async def run_cell(kernel, source, where):
    """Send a cell, and wait until it is done."""
    mine = uuid.uuid4().hex
    header = {"msg_id": mine, "msg_type": "execute_request", "session": mine, "username": "", "version": "5.3"}
    content = {"code": source, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
    await kernel.write_message(json.dumps(message))
    replied = idle = False
    while not (replied and idle):
        text = await asyncio.wait_for(kernel.read_message(), PATIENCE)
        if text is None:
            raise ConnectionError(f"{where}: the kernel's connection ended")
        said = json.loads(text)
        if said["parent_header"].get("msg_id") != mine:
            continue
        kind, content = said["header"]["msg_type"], said["content"]
        if kind == "execute_reply":
            if content["status"] != "ok":
                raise RuntimeError(f"{where}: {content.get('ename')}: {content.get('evalue')}")
            replied = True
        idle = idle or (kind == "status" and content["execution_state"] == "idle")


def memory(hub):
    """Bytes of each participant now, of hub and proxy under ''."""
    return {name: sum(map(pss, them)) for name, them in hub.processes().items()}


async def watch(hub, seen, every=2.0):
    """Keep what `memory` says, until cancelled."""
    while True:
        seen.append(await asyncio.to_thread(memory, hub))
        await asyncio.sleep(every)


def processor_seconds(hub):
    """Seconds of processor of each participant so far."""
    found = {}
    for name, them in hub.processes().items():
        times = [one.cpu_times() for one in them if one.is_running()]
        found[name] = sum(t.user + t.system for t in times)
    return found


def names_of(count):
    return [f"p{count}-{number}" for number in range(1, count + 1)]


async def room(hub, names, cells, chapter):
    """So many participants at once: one line of the table."""
    seen = []
    watcher = asyncio.create_task(watch(hub, seen))
    done = await asyncio.gather(*(participate(hub, n, cells, chapter) for n in names), return_exceptions=True)
    watcher.cancel()
    seen.append(memory(hub))
    spent = processor_seconds(hub)
    for name in names:
        await hub.ask("DELETE", f"/hub/api/users/{name}/server")
    failed = [one for one in done if isinstance(one, BaseException)]
    for error in failed[:3]:
        print(f"failed: {error!r}", file=sys.stderr)
    good = [one for one in done if not isinstance(one, BaseException)]
    there, ran = zip(*good, strict=True) if good else ([float("nan")], [float("nan")])
    return {
        "at once": len(names),
        "failed": len(failed),
        "server, s": there,
        "chapter, s": ran,
        "each, MB": [max(now.get(name, 0) for now in seen) / 1e6 for name in names],
        "all, MB": max(sum(now.get(name, 0) for name in names) for now in seen) / 1e6,
        "hub, MB": max(now.get("", 0) for now in seen) / 1e6,
        "processor, s": [spent.get(name, 0) for name in names],
    }


def told(row):
    """A line of the table: what is many is told as its median and its highest."""
    cells = [
        f"{statistics.median(value):.0f} / {max(value):.0f}" if isinstance(value, (list, tuple)) else f"{value:.0f}"
        for value in row.values()
    ]
    return "| " + " | ".join(cells) + " |"


def sizes(row, people=(20, 40), processors=(4, 8, 16)):
    """What a room needs, by the figures of the largest row in which nothing failed."""
    each, spent = row["all, MB"] / row["at once"] / 1e3, statistics.median(row["processor, s"])
    for count in people:
        waits = ", ".join(f"{count * spent / n:.0f} s with {n} processors" for n in processors)
        yield (
            f"{count} people: {SYSTEM + row['hub, MB'] / 1e3 + SPARE * count * each:.0f} GB of memory; "
            f"if all run the chapter in the same minute, it takes at least {waits}"
        )


async def measure(args, folder):
    notebook = json.loads((ROOT / f"notebooks/{args.chapter}.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    hub = Hub(folder, args.hub, args.proxy)
    try:
        await hub.ready()
        await room(hub, [FACILITATOR], cells, args.chapter)  # fills the cache that all share, as the facilitator does
        rows = []
        for count in args.at_once:
            rows.append(await room(hub, names_of(count), cells, args.chapter))
            if count == args.at_once[0]:
                print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
            print(told(rows[-1]), flush=True)
        whole = [row for row in rows if not row["failed"]]
        for line in sizes(whole[-1]) if whole else ():
            print(line)
        return sum(row["failed"] for row in rows)
    finally:
        hub.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hub", default=os.environ.get("HUB_PYTHON"), help="a Python with JupyterHub and the kit")
    parser.add_argument("--proxy", default=shutil.which("configurable-http-proxy"), help="configurable-http-proxy")
    parser.add_argument("--chapter", default="10_trees_inventory")
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 5, 10, 20])
    args = parser.parse_args()
    if not args.hub or not args.proxy:
        print("not measured: give --hub and --proxy, or HUB_PYTHON and a proxy on PATH (docs/recipes/tljh.md)")
        return 0
    args.proxy = str(Path(args.proxy).resolve())
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in [FACILITATOR, *(name for count in set(args.at_once) for name in names_of(count))]:
            shutil.copytree(ROOT / "notebooks", folder / f"home/{name}/notebooks")
        load = os.getloadavg()[0]
        print(f"{os.cpu_count()} processors, load before {load:.1f}; chapter {args.chapter}; median / highest")
        return 1 if asyncio.run(measure(args, folder)) else 0


if __name__ == "__main__":
    raise SystemExit(main())
