"""Look at the files of a built site: every link leads somewhere, nothing comes from afar."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

# What a browser fetches by itself, as opposed to what a reader may follow.
RESOURCES = {"script", "img", "iframe", "source", "video", "audio", "embed", "object", "track"}
FETCHED_RELATIONS = {"stylesheet", "icon", "shortcut", "preload", "prefetch", "modulepreload"}
CSS_ADDRESS = re.compile(r"(?:url\(|@import)\s*(?:\"([^\"]*)\"|'([^']*)'|(?<=\()([^\"')\s]+))")


def css_addresses(css: str) -> list[str]:
    """Return what a style sheet loads, by url(...) or @import."""
    return ["".join(groups) for groups in CSS_ADDRESS.findall(css)]


class Page(NamedTuple):
    """What the rules ask of a page. The parsed page takes a hundred times its size."""

    anchors: frozenset[str]  # everything that a fragment (#...) may point to
    redirection: str  # the address that it sends its reader on to at once, or an empty string
    addresses: tuple[tuple[str, bool], ...]  # and whether the browser fetches each by itself
    scripts: tuple[str, ...]  # those in attributes, which a strict security policy stops
    head: tuple[str, ...]  # what it lacks for search engines, screen readers and tabs


def parsed(path: Path) -> BeautifulSoup:
    """Parse a page."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def page_of(path: Path) -> Page:
    """Read a page once, however many tests look at it."""
    soup = parsed(path)
    ids = {tag["id"] for tag in soup.find_all(id=True)}
    names = {tag["name"] for tag in soup.find_all("a", attrs={"name": True})}
    found = Page(
        frozenset(ids | names),
        _redirection(soup),
        tuple(_addresses(soup)),
        tuple(_scripts(soup)),
        tuple(_head(soup)),
    )
    soup.decompose()  # its parts point at each other, and would stay for a while
    return found


def pages(site: Path) -> list[Path]:
    """Return every page of a site; below _static lie templates of the theme."""
    return [path for path in sorted(site.rglob("*.html")) if path.parent.name != "_static"]


def _redirection(soup: BeautifulSoup) -> str:
    for tag in soup.find_all("meta", attrs={"http-equiv": re.compile("^refresh$", re.I)}):
        return str(tag.get("content", "")).partition("url=")[2].strip()
    return ""


def is_fetched(tag: Tag) -> bool:
    """Whether a browser loads what this tag points to without being asked."""
    if tag.name == "link":
        return bool(FETCHED_RELATIONS & set(tag.get("rel") or []))
    return tag.name in RESOURCES


def _addresses(soup: BeautifulSoup) -> list[tuple[str, bool]]:
    found = [(_redirection(soup), False)] if _redirection(soup) else []
    for tag in soup.find_all(True):
        for attribute in ("href", "src", "poster", "data"):
            value = tag.get(attribute)
            if isinstance(value, str):
                found.append((value.strip(), is_fetched(tag)))
        for candidate in (tag.get("srcset") or "").split(","):
            if candidate.strip():
                found.append((candidate.split()[0], True))
        found += [(address, True) for address in css_addresses(tag.get("style") or "")]
        if tag.name == "style":
            found += [(address, True) for address in css_addresses(tag.get_text())]
    return found


def _scripts(soup: BeautifulSoup) -> list[str]:
    """Return the attributes that hold a script: handlers of events, and links that run one."""
    return [
        f"{name} of <{tag.name}>"
        for tag in soup.find_all(True)
        for name, value in tag.attrs.items()
        if name.startswith("on")
        or (isinstance(value, str) and value.strip().lower().startswith("javascript:"))
    ]


def local_complaint(address: str, page: Path, site: Path) -> str:
    """Return what is wrong with an address inside the site, or an empty string."""
    parts = urlsplit(address)
    path = unquote(parts.path)
    if path.startswith("/") and page.name != "404.html":
        return f"{address!r} starts at the root of the host, which fails below a path and offline"
    base = site if path.startswith("/") else page.parent
    target = (base / path.lstrip("/")).resolve() if path else page
    if target.is_dir():
        target = target / "index.html"
    if not target.is_file():
        return f"{address!r} leads to a file that is not there"
    if not target.is_relative_to(site.resolve()):
        return f"{address!r} leads out of the site"
    fragment = unquote(parts.fragment)
    if fragment and target.suffix == ".html" and fragment not in page_of(target).anchors:
        return f"{address!r} leads to an anchor that is not there"
    return ""


def page_complaints(page: Path, site: Path) -> list[str]:
    """Return a sentence for each address of a page that is dead or loads from a third party."""
    complaints = []
    for address, fetched in page_of(page).addresses:
        parts = urlsplit(address)
        if parts.scheme in ("data", "mailto", "javascript"):
            continue
        if parts.scheme or parts.netloc:
            wrong = f"loads {address!r} from a third party" if fetched else ""
        else:
            wrong = local_complaint(address, page, site)
        if wrong:
            complaints.append(f"{page.relative_to(site)}: {wrong}.")
    return sorted(set(complaints))


def style_complaints(sheet: Path, site: Path) -> list[str]:
    """Return a sentence for each address of a style sheet that is dead or of a third party."""
    complaints = []
    css = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    for address in css_addresses(css):
        parts = urlsplit(address)
        if parts.scheme == "data" or address.startswith("#"):
            continue
        if parts.scheme or parts.netloc:
            wrong = "loads {!r} from a third party"
        elif not (sheet.parent / unquote(parts.path)).is_file():
            wrong = "{!r} leads to a file that is not there"
        else:
            continue
        complaints.append(f"{sheet.relative_to(site)}: {wrong.format(address)}.")
    return complaints


def head_complaints(page: Path, site: Path) -> list[str]:
    """Return a sentence for what a page lacks for search engines, screen readers and tabs."""
    return [f"{page.relative_to(site)}: {lack}" for lack in page_of(page).head]


def _head(soup: BeautifulSoup) -> list[str]:
    lacks = []
    if not (soup.html and soup.html.get("lang")):
        lacks.append("<html> has no lang.")
    if not (soup.title and soup.title.get_text(strip=True)):
        lacks.append("the page has no title.")
    lacks += [
        "the description in <meta> is empty."
        for tag in soup.find_all("meta", attrs={"name": "description"})
        if not (tag.get("content") or "").strip()
    ]
    return lacks
