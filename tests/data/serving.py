"""A web server of the tests' own, on this machine: it can stop in the middle, or lie."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from course_pkg.data.files.download import RemoteFile


class Server:
    """Serves ``content`` by path; ``held`` paths stop halfway until ``go_on`` is set."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.held: set[str] = set()  # half comes, and the rest when go_on is set
        self.cut: set[str] = set()  # half comes, then the connection is closed
        self.go_on = threading.Event()
        self.requests: Counter[str] = Counter()
        self.agents: set[str] = set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def log_message(self, *arguments):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Send a file, or half of it."""
        self.requests[request.path] += 1
        self.agents.add(request.headers["User-Agent"])
        body = self.content.get(request.path)
        if body is None:
            request.send_error(404)
            return
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        half = len(body) // 2
        try:
            request.wfile.write(body[:half])
            request.wfile.flush()
            if request.path in self.cut:
                request.close_connection = True
                return
            if request.path in self.held:
                self.go_on.wait(30)
            request.wfile.write(body[half:])
        except OSError:
            pass  # nobody is listening any more

    def file(self, name: str, body: bytes) -> RemoteFile:
        """Serve a file under its name, and return what identifies it."""
        self.content[f"/{name}"] = body
        url = f"http://127.0.0.1:{self.http.server_port}/{name}"
        return RemoteFile(name, url, hashlib.sha256(body).hexdigest())

    def close(self) -> None:
        """Let whoever is waiting go, and stop."""
        self.go_on.set()
        self.http.shutdown()
        self.http.server_close()
