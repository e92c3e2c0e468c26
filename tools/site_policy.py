"""The content security policy of a built site: what a browser may load and run, and no more.

It is computed from the pages, so that it is as narrow as they are. What stands inside a page is
allowed by its hash; the build keeps what differs from page to page out of there, see
``sphinx_course/quiet_pages.py``. A host has to send the policy as a header: a file of it lies
beside the pages.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from site_values import SiteValues

FILE = "content-security-policy.txt"
HEADERS = "_headers"

# An attribute in quotes may hold ">".
ELEMENT = re.compile(
    r"""<(script|style)(?![\w-])((?:[^>"']|"[^"]*"|'[^']*')*)>(.*?)</\1\s*>""",
    re.DOTALL | re.IGNORECASE,
)
ATTRIBUTE = re.compile(r"""([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
RUN = ("", "module", "text/javascript", "application/javascript", "importmap")  # else it is data

# The modules of the exercises and the font have no version in their addresses, as other files do:
# browsers ask each time whether they are still the same. Hosts join what two blocks say of one
# header with a comma, and of the two "no-cache" is the stricter.
HEADER_LINES = """\
/*
  Content-Security-Policy: {policy}
  X-Content-Type-Options: nosniff
/_static/*
  Cache-Control: public, max-age=86400
/_images/*
  Cache-Control: public, max-age=86400
/_static/run/*
  Cache-Control: no-cache
/_static/STIXTwoMath-subset.woff2
  Cache-Control: no-cache
"""


def pages_of(site: Path) -> list[Path]:
    """Return every page of a site; below _static lie templates of the theme."""
    return [path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]


def hash_of(text: str) -> str:
    """Return how a policy names a script or a style sheet that stands inside a page."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def inside(page: str) -> tuple[set[str], set[str]]:
    """Return the scripts and the style sheets that stand inside a page."""
    scripts: set[str] = set()
    styles: set[str] = set()
    for element, head, text in ELEMENT.findall(page):
        attributes = {name.lower(): "".join(value) for name, *value in ATTRIBUTE.findall(head)}
        if element.lower() == "style":
            styles.add(text)
        elif "src" not in attributes and attributes.get("type", "").strip().lower() in RUN:
            scripts.add(text)
    return scripts, styles


def policy(pages: Iterable[str], *, wasm: bool = False) -> str:
    """Return the policy that some pages need, in one line."""
    scripts: set[str] = set()
    styles: set[str] = set()
    for page in pages:
        more_scripts, more_styles = inside(page)
        scripts |= more_scripts
        styles |= more_styles
    rules = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *sorted(map(hash_of, scripts))],
        # Widths of columns, of figures side by side and of tables are attributes of their elements.
        "style-src": ["'self'", "'unsafe-inline'"],  # for browsers that do not know the two below
        "style-src-elem": ["'self'", *sorted(map(hash_of, styles))],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:"],  # the theme's style sheet holds small pictures
        "font-src": ["'self'"],
        "connect-src": ["'self'"],  # the search page reads the pages that it found
        "form-action": ["'self'"],  # the field for searching
        "base-uri": ["'none'"],
    }
    if wasm:
        rules["script-src"].insert(1, "'wasm-unsafe-eval'")
        rules["worker-src"] = ["'self'"]
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in rules.items())


def policy_of(site: Path) -> str:
    """Return the policy of a built site."""
    texts = (page.read_text(encoding="utf-8") for page in pages_of(site))
    return policy(texts, wasm=any(site.rglob("*.wasm")))


def write_policy(site: Path, values: SiteValues) -> None:
    """Put the policy beside the pages; and, if a value asks for it, as some hosts read it."""
    found = policy_of(site)
    (site / FILE).write_text(f"{found}\n", encoding="utf-8")
    if values.headers:
        (site / HEADERS).write_text(HEADER_LINES.format(policy=found), encoding="utf-8")
    else:
        (site / HEADERS).unlink(missing_ok=True)
