"""Measure the built site with Lighthouse: ``python tools/lighthouse.py --lighthouse FOLDER``.

Lighthouse is a package of the npm registry and no part of the course: ``npm install lighthouse``
in a folder of its own, and name that folder here. The site is served on this machine as a host
would serve it, compressed and with permission to keep files. Printed are medians of several runs.
On a busy machine the figures for speed say little.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

from chromium import find_chromium

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("book/index.html", "book/04-lstm.html")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
TIMES = {
    "first-contentful-paint": "first paint",
    "largest-contentful-paint": "largest paint",
    "total-blocking-time": "blocked",
    "cumulative-layout-shift": "layout shift",
    "total-byte-weight": "bytes",
}
COMPRESSED = (".html", ".css", ".js", ".mjs", ".json", ".svg", ".txt", ".md")


class Host(SimpleHTTPRequestHandler):
    """Serves files as a host would: compressed, with permission to keep them."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def end_headers(self) -> None:
        """Allow browsers to keep what does not change."""
        kept = "/_static/" in self.path or "/_images/" in self.path
        self.send_header("Cache-Control", f"max-age={31536000 if kept else 600}")
        super().end_headers()

    def send_head(self) -> Any:
        """Send text files compressed, and all else as it is."""
        path = Path(self.translate_path(self.path))
        if path.suffix not in COMPRESSED or not path.is_file():
            return super().send_head()
        content = gzip.compress(path.read_bytes(), compresslevel=6)
        self.send_response(200)
        self.send_header("Content-Type", f"{self.guess_type(str(path))}; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return BytesIO(content)


def command(program: Path, address: str, device: str, out: Path) -> list[str]:
    """Return the command that measures a page once."""
    root = " --no-sandbox" if os.geteuid() == 0 else ""
    preset = ["--preset=desktop"] if device == "desktop" else []
    return [
        "node",
        str(program),
        address,
        *preset,
        f"--only-categories={','.join(CATEGORIES)}",
        f"--chrome-flags=--headless=new --disable-gpu{root}",
        "--output=json",
        f"--output-path={out}",
        "--quiet",
    ]


def measure(program: Path, address: str, device: str, runs: int) -> dict[str, float]:
    """Return the medians of scores and times over several runs."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "report.json")
        for _ in range(runs):
            subprocess.run(command(program, address, device, out), check=True)
            report = json.loads(out.read_text(encoding="utf-8"))
            for name in CATEGORIES:
                score = report["categories"][name]["score"] or 0
                found.setdefault(name, []).append(100 * score)
            for name, title in TIMES.items():
                found.setdefault(title, []).append(report["audits"][name].get("numericValue", 0))
    return {name: median(values) for name, values in found.items()}


def main() -> int:
    """Serve the site, measure, and print a line for each page and device."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("pages", nargs="*", default=PAGES, metavar="PAGE")
    parser.add_argument("--lighthouse", type=Path, required=True, help="where npm installed it")
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--runs", type=int, default=3, help="runs of each page (3)")
    parser.add_argument("--device", choices=("desktop", "mobile"), help="one of the two (both)")
    options = parser.parse_args()
    program = options.lighthouse / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not program.is_file():
        parser.error(f"--lighthouse: expected a folder that holds {program.name}, found none")
    if browser := find_chromium():
        os.environ.setdefault("CHROME_PATH", browser)
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Host, directory=str(options.site))
    ) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        for page in options.pages:
            for device in [options.device] if options.device else ["desktop", "mobile"]:
                address = f"http://127.0.0.1:{server.server_port}/{page}"
                found = measure(program, address, device, options.runs)
                scores = " / ".join(f"{found[name]:.0f}" for name in CATEGORIES)
                times = ", ".join(f"{title} {found[title]:.4g}" for title in TIMES.values())
                print(f"{page} {device}: {scores}; {times}", flush=True)
        server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
