"""A first visit is light: what a page asks for, compressed as a host would, stays below a limit."""

import gzip
import re
from collections import Counter
from functools import cache
from urllib.parse import unquote, urlsplit

import pytest
from notebook_files import shown
from sphinx_course.icons import ICONS

from tests.rules.published import BOOK, report
from tests.site.links import css_addresses, pages

KILOBYTE = 1000
CHAPTER, START = 900 * KILOBYTE, 300 * KILOBYTE
FETCHED = r"\brel=.?(?:stylesheet|icon|preload)"
KINDS = {
    ".html": "page",
    ".css": "styles",
    ".js": "scripts",
    ".woff2": "fonts",
    ".png": "pictures",
    ".svg": "pictures",
}
SMALLER = {".html", ".css", ".js", ".svg"}  # the others are compressed already


@cache
def weight(path):
    """Return how many bytes of a file travel."""
    content = path.read_bytes()
    return len(gzip.compress(content, 6)) if path.suffix in SMALLER else len(content)


def target(address, base):
    """Return the file that an address leads to, None if it holds its content itself."""
    parts = urlsplit(address)
    return None if parts.scheme else (base / unquote(parts.path)).resolve()


@cache
def named_by(sheet):
    """Return the files that a style sheet names."""
    return [target(address, sheet.parent) for address in css_addresses(sheet.read_text("utf-8"))]


def fonts(sheet, text):
    """Return the fonts of a style sheet that a page with this text needs."""
    wanted = {"fa-solid": "fa-solid", "fa-regular": "fa-regular", "fa-brands": "fa-brands"}
    return {
        font
        for font in named_by(sheet)
        if font is not None
        and font.suffix == ".woff2"
        and wanted.get(re.sub(r"-\d+$", "", font.stem), "<") in text
        and ("Math" not in font.stem or "<math" in text)
    }


def asked_by(text):
    """Return the addresses that a browser fetches by itself: parsing whole pages takes minutes."""
    tags = re.findall(r"<(?:script|img|link)\b[^>]*>", text)
    wanted = (tag for tag in tags if "<link" not in tag or re.search(FETCHED, tag))
    found = (re.search(r"""\s(?:src|href)=["']([^"']+)""", tag) for tag in wanted)
    return [address[1] for address in found if address]


def weights(page):
    """Return the bytes of a first visit to a page, by kind."""
    text = page.read_text("utf-8")
    files = {page} | ({target(address, page.parent) for address in asked_by(text)} - {None})
    for sheet in [file for file in files if file.suffix == ".css"]:
        files |= fonts(sheet, text)
    found = Counter()
    for file in files:
        found[KINDS.get(file.suffix, "other")] += weight(file)
    return found


def too_heavy(page, limit):
    """Return a sentence for a page that is heavier than it may be."""
    found = weights(page)
    total = sum(found.values())
    parts = ", ".join(f"{kind} {size / KILOBYTE:.0f}" for kind, size in found.most_common())
    return [f"{page.name}: {total / KILOBYTE:.0f} kB ({parts})"] if total > limit else []


@pytest.mark.parametrize("chapter", BOOK, ids=[shown(path) for path in BOOK])
def test_a_chapter_and_its_exercises(site, chapter):
    for folder in ("book", "exercises"):
        report(too_heavy(site / folder / f"{chapter.stem}.html", CHAPTER))


def test_the_start_page(site):
    report(too_heavy(site / "book" / "index.html", START))


def test_all_other_pages(site):
    # The page for unknown addresses loads what all do, from addresses that begin at the root.
    others = [page for page in pages(site) if page.name != "404.html"]
    report([sentence for page in others for sentence in too_heavy(page, CHAPTER)])


def test_pictures_say_their_size(site):
    pictures = (re.findall(r"<img\b[^>]*>", page.read_text("utf-8")) for page in pages(site))
    known = re.compile(r"\bwidth=.*\bheight=|\bheight=.*\bwidth=|toggler")
    report([picture for found in pictures for picture in found if not known.search(picture)])


def test_the_font_holds_every_icon(site):
    icons = {f"fa-{icon}" for icon in ICONS} | {"fa-solid", "fa-lg"}
    used = set()
    scripts = sorted(site.glob("_static/**/*.js"))
    for path in [*pages(site), *scripts]:
        used |= set(re.findall(r"(?<![\w-])fa-[a-z][a-z0-9-]*", path.read_text("utf-8")))
    report([f"{icon}: not in sphinx_course/icons.py" for icon in sorted(used - icons)])


def test_scripts_wait_until_the_page_is_read(site):
    late = r"\b(?:defer|async|type=.application)"
    blocking = re.compile(rf'<script(?![^>]*{late})[^>]*\bsrc="([^"]+)"')
    found = {
        address.split("?")[0].rpartition("/")[2]
        for page in pages(site)
        for address in blocking.findall(page.read_text("utf-8"))
    }
    assert found <= {"mode.js"}  # light or dark has to be known first


def test_what_is_heavy_is_seen(tmp_path):
    page = tmp_path / "page.html"
    (tmp_path / "a.js").write_bytes(bytes(range(256)) * 8)
    (tmp_path / "a.css").write_text("@font-face { src: url(f.woff2) format('woff2') }")
    (tmp_path / "f.woff2").write_bytes(bytes(700))
    (tmp_path / "a.png").write_bytes(bytes(500))
    page.write_text(
        "<script src='a.js?v=1'></script><link rel='stylesheet' href='a.css'><img src='a.png'>"
        "<a href='other.html'>x</a>"
    )
    found = weights(page)
    assert found["pictures"] == 500
    assert found["fonts"] == 700
    assert 0 < found["scripts"] < 2048  # compressed
    assert set(found) == {"page", "scripts", "styles", "fonts", "pictures"}
    assert too_heavy(page, 1200)
    assert too_heavy(page, 4000) == []
