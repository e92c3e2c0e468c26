"""Serve a built site as a host would: below a path, with a security policy, with its 404 page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.site.inspection import QuietHandler


@contextmanager
def hosted(site: Path, policy: str, path: str = "/") -> Iterator[str]:
    """Serve a site on this machine and yield the address of its folder."""

    class Host(QuietHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(site))

        def translate_path(self, asked: str) -> str:
            inside = asked.startswith(path)
            return super().translate_path("/" + asked.removeprefix(path) if inside else "/gone")

        def end_headers(self) -> None:
            self.send_header("Content-Security-Policy", policy)
            super().end_headers()

        def send_error(self, code: int, *_: object) -> None:
            body = (site / "404.html").read_bytes()
            self.send_response(code)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Host) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{path}"
        finally:
            server.shutdown()
            thread.join()
