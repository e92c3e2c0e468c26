"""Give pictures in the text their width and height, so that the page does not jump while it loads.

The numbers come from the picture files. They are the shape of the picture; how large it stands in
the page is for the style sheet ``figures.css``, which every page loads after ``course.css``.
"""

from __future__ import annotations

import re
import struct
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

IMAGE = re.compile(r'<img\b(?![^>]*\b(?:width|height)=)[^>]*?\bsrc="[^"]*_images/([^"/]+)"')
SVG_TAG = re.compile(r"<svg\b[^>]*>")
SIDE = r'\b{}="([\d.]+)(pt|px)?"'
POINT = 4 / 3  # pixels of the screen


@cache
def size_of(path: Path) -> tuple[int, int] | None:
    """Return width and height of a PNG or SVG in pixels of the screen, None if it does not say."""
    content = path.read_bytes()
    if content.startswith(b"\x89PNG"):
        return struct.unpack(">II", content[16:24])
    tag = SVG_TAG.search(content[:2000].decode(errors="ignore"))
    sides = [re.search(SIDE.format(side), tag[0]) for side in ("width", "height")] if tag else []
    if not sides or None in sides:
        return None
    width, height = (round(float(s[1]) * (POINT if s[2] == "pt" else 1)) for s in sides if s)
    return width, height


def with_sizes(body: str, files: dict[str, Path]) -> str:
    """Write width and height into the images of a page; ``files`` maps names to originals."""

    def sized(found: re.Match[str]) -> str:
        path = files.get(found[1])
        size = size_of(path) if path is not None else None
        if size is None:
            return found[0]
        return found[0].replace("<img", f'<img width="{size[0]}" height="{size[1]}"', 1)

    return IMAGE.sub(sized, body)


def add_sizes(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Look the pictures of a page up."""
    if "_images/" in context.get("body", ""):
        files = {name: Path(app.srcdir, path) for path, name in app.builder.images.items()}
        context["body"] = with_sizes(context["body"], files)


def setup(app: Sphinx) -> None:
    """Connect to the writing of every page."""
    app.add_css_file("figures.css", priority=900)  # after course.css
    app.connect("html-page-context", add_sizes)
