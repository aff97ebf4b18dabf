"""A web server on loopback that misbehaves on request, and counts what it is asked."""

import json
import threading
from base64 import b64encode
from collections import Counter
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Misbehaving(ThreadingHTTPServer):
    """Serves ``files`` (path to bytes) and answers each path with the behaviours queued for it.

    Attributes
    ----------
    files : dict
        Path, with its slash, to bytes.
    behaviours : dict
        Path to a list of dicts, one consumed at each request, the last one kept: ``status``, ``headers``, ``cut``
        (bytes after which the connection breaks), ``stall`` (an event that is waited for before the rest), ``drip``
        (bytes at a time, every ``pause`` seconds until ``stall`` is set), ``body``, ``length`` (a wrong
        Content-Length; None: none at all, the end is where the connection closes), ``range`` (a wrong Content-Range,
        ``{start}``, ``{end}`` and ``{whole}`` filled in), ``most`` (bytes of a 206, however many were asked for),
        ``pages`` (features, given in WFS pages).
    ranges : bool or str
        Whether Range is honoured; ``"always"``: even where If-Range says that the file is another one.
    page_limit : int or None
        Most features in a page, whatever is asked for.
    same_page : bool
        Whether STARTINDEX is ignored.
    silent : bool or dict
        Whether pages keep quiet about how many features there are in all; a dict is what they say instead.
    login : str or None
        ``name:password``, without which every answer is a 401.
    asked : list of (path, headers)
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.behaviours, self.ranges, self.etags = {}, {}, True, {}
        self.page_limit, self.same_page, self.silent, self.login = None, False, False, None
        self.asked, self.sent, self.lock = [], Counter(), threading.Lock()
        self.base = f"http://127.0.0.1:{self.server_port}"
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def times(self, path):
        """How often a path was asked for."""
        return sum(1 for asked, _ in self.asked if asked == path)

    def stop(self):
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):  # a client that was killed is what the tests are about
        pass


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        server, parts = self.server, urlsplit(self.path)
        path = parts.path
        with server.lock:
            server.asked.append((path, dict(self.headers)))
            queue = server.behaviours.get(path, [])
            how = (queue.pop(0) if len(queue) > 1 else queue[0]) if queue else {}
        if "pages" in how:
            return self._page(how["pages"], parse_qs(parts.query.upper()))
        if server.login and self.headers.get("Authorization") != f"Basic {b64encode(server.login.encode()).decode()}":
            how = {"status": 401, "body": b"no entry"}
        data = how.get("body", server.files.get(path))
        status = how.get("status", 200 if data is not None else 404)
        data = b"" if data is None else data
        headers = {"Content-Type": "application/octet-stream", **how.get("headers", {})}
        if path in server.etags:
            headers["ETag"] = server.etags[path]
        start, whole = 0, len(data)
        asked = self.headers.get("Range")
        if asked and server.ranges and status == 200:
            same = self.headers.get("If-Range") in (None, headers.get("ETag"), headers.get("Last-Modified"))
            start = int(asked.removeprefix("bytes=").split("-")[0])
            if not (same or server.ranges == "always"):
                start = 0
            elif start >= whole:
                status, data, start = 416, b"", 0
                headers["Content-Range"] = f"bytes */{whole}"
            else:
                status, data = 206, data[: start + how.get("most", whole)]
                shape = how.get("range", "bytes {start}-{end}/{whole}")
                headers["Content-Range"] = shape.format(start=start, end=len(data) - 1, whole=whole)
        data = data[start:]
        self.send_response(status)
        if (length := how.get("length", len(data))) is None:
            headers["Connection"], self.close_connection = "close", True
        else:
            headers["Content-Length"] = str(length)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if "drip" in how:
            for i in range(0, len(data), how["drip"]):
                self._send(path, data[i : i + how["drip"]])
                if how["stall"].wait(how.get("pause", 0.01)):
                    break
            return None
        if "stall" in how:
            self._send(path, data[: how.get("cut", 10)])
            how["stall"].wait(30)
        elif "cut" in how:
            self._send(path, data[: how["cut"]])
        else:
            return self._send(path, data)
        self.close_connection = True
        self.connection.close()
        return None

    def _send(self, path, data):
        with self.server.lock:  # before the bytes: who has read them all may look at once
            self.server.sent[path] += len(data)
        self.wfile.write(data)
        self.wfile.flush()

    def _page(self, features, query):
        start, count = int(query.get("STARTINDEX", ["0"])[0]), int(query.get("COUNT", ["1000"])[0])
        start = 0 if self.server.same_page else start
        count = min(count, self.server.page_limit or count)
        page = {"type": "FeatureCollection", "features": features[start : start + count]}
        silent = self.server.silent
        page |= silent if isinstance(silent, dict) else {} if silent else {"numberMatched": len(features)}
        data = json.dumps(page).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self._send("page", data)


def in_the_future(seconds):
    """An HTTP date so many seconds from now, for ``Retry-After``."""
    import time

    return formatdate(time.time() + seconds, usegmt=True)
