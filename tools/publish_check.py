"""Look at a built site as a host would serve it: ``make publish-check``.

Prints a line for each thing that is looked at, and the faults below it; the exit status is 1 if
there are any. Nothing is built, sent or changed.
"""

from __future__ import annotations

import argparse
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from downloads import ROOT
from site_policy import FILE, HEADERS, pages_of, policy_of
from site_values import SiteValueError, SiteValues, configured

SHOWN = 5  # faults of a kind
# What free hosts allow: GitHub Pages a gigabyte; Cloudflare Pages, which reads _headers, 20,000
# files of 25 MiB, and lines of 2,000 characters there.
TOTAL, FILES, LARGEST, LINE = 10**9, 20_000, 25 * 2**20, 2000

CANONICAL = re.compile(r'<link rel="canonical" href="([^"]*)"')
OG_URL = re.compile(r'<meta property="og:url" content="([^"]*)"')
MARKDOWN_LINK = re.compile(r"^- \[.*?\]\((\S+?\.md)\)", re.MULTILINE)
LOCATION = re.compile(r"<loc>([^<]*)</loc>")


class Line(NamedTuple):
    """One line of the table."""

    name: str
    found: str
    faults: list[str]


def file_at(address: str, site: Path, prefix: str) -> Path | None:
    """Return the file that a host shows at a path, or None where it shows 404.html."""
    path = unquote(urlsplit(address).path)
    if not path.startswith(prefix):
        return None
    file = (site / path.removeprefix(prefix)).resolve()
    if file.is_dir():
        file = file / "index.html"
    return file if file.is_file() and file.is_relative_to(site.resolve()) else None


def links(site: Path, prefix: str) -> Line:
    """Follow every address of every page, and of the style sheets and lists."""
    from tests.site.links import page_of, pages, style_complaints

    faults, seen = [], 0
    for page in pages(site):
        name = page.relative_to(site).as_posix()
        # The page for unknown addresses is shown at all of them, however deep.
        place = f"{prefix}no/such/page" if name == "404.html" else prefix + name
        for address, fetched in page_of(page).addresses:
            parts = urlsplit(address)
            if parts.scheme in ("data", "mailto", "javascript"):
                continue
            seen += 1
            if parts.scheme or parts.netloc:
                if fetched:
                    faults.append(f"{name}: loads {address!r} from a third party")
                continue
            target = page if address.startswith("#") else None
            target = target or file_at(urljoin(place, address), site, prefix)
            fragment = unquote(parts.fragment)
            if target is None:
                faults.append(f"{name}: {address!r} leads nowhere below {prefix}")
            elif fragment and target.suffix == ".html" and fragment not in page_of(target).anchors:
                faults.append(f"{name}: {address!r} leads to an anchor that is not there")
    for sheet in sorted(site.rglob("*.css")):
        faults += style_complaints(sheet, site)
    return Line("links", f"{seen:,} addresses on {len(pages(site)):,} pages", sorted(set(faults)))


def unknown_addresses(site: Path, prefix: str) -> Line:
    """Hosts show 404.html for what is not there; GitHub Pages wants .nojekyll."""
    faults = [
        f"{name} is missing"
        for name in ("404.html", ".nojekyll", "index.html")
        if not (site / name).is_file()
    ]
    if not faults:
        text = (site / "404.html").read_text(encoding="utf-8")
        starts = set(re.findall(r'href="(/[^"]*?)_static/', text))
        faults = [
            f"404.html is for {start}, not for {prefix}: build with URL_PREFIX={prefix}"
            for start in sorted(starts - {prefix})
        ]
    return Line("unknown addresses", f"404.html, for {prefix}", faults)


def texts_in(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield a file, and what is packed in it."""
    yield "", path.read_bytes()
    if path.suffix in (".zip", ".whl"):
        with zipfile.ZipFile(path) as pack:
            for name in pack.namelist():
                yield f", {name}", pack.read(name)


def machine(site: Path, places: list[Path]) -> Line:
    """No file tells where the site was built. A folder at the top of a disk tells nothing."""
    telling = [str(place).encode() for place in places if len(place.parts) > 2]
    found = re.compile(b"|".join(map(re.escape, telling))) if telling else None
    files = [path for path in sorted(site.rglob("*")) if path.is_file()]
    faults = [
        f"{path.relative_to(site)}{inside}: names {here.group().decode()}"
        for path in files
        for inside, content in texts_in(path)
        if found and (here := found.search(content))
    ]
    return Line("build machine", f"{len(files):,} files", faults)


def sizes(site: Path, values: SiteValues) -> Line:
    """The site fits on free hosts; for Cloudflare Pages only if headers are written for it."""
    files = {path: path.stat().st_size for path in site.rglob("*") if path.is_file()}
    total, (largest, size) = sum(files.values()), max(files.items(), key=lambda item: item[1])
    name = largest.relative_to(site)
    faults = []
    if total > TOTAL:
        faults.append(f"{total / 1e6:,.0f} MB; GitHub Pages takes {TOTAL / 1e6:,.0f}")
    if values.headers and len(files) > FILES:
        faults.append(f"{len(files):,} files; Cloudflare Pages takes {FILES:,}")
    if values.headers and size > LARGEST:
        faults.append(f"{name} has {size / 1e6:.1f} MB; Cloudflare Pages takes {LARGEST / 1e6:.1f}")
    found = f"{total / 1e6:.0f} MB in {len(files):,} files, the largest {name}, {size / 1e6:.1f} MB"
    return Line("sizes", found, faults)


def security(site: Path, values: SiteValues) -> Line:
    """The policy beside the pages is the one that they need."""
    from tests.site.links import page_of

    needed, file = policy_of(site), site / FILE
    faults = []
    if not file.is_file() or file.read_text(encoding="utf-8").strip() != needed:
        faults.append(f"{FILE} is not the policy of these pages: build again")
    if len(needed) > LINE - 100:
        faults.append(f"the policy has {len(needed):,} characters: see the page Publishing")
    if (site / HEADERS).exists() != values.headers:
        faults.append(f"{HEADERS} and course_site: headers do not agree: build again")
    faults += [
        f"{page.relative_to(site)}: a script in an attribute, {script}"
        for page in pages_of(site)
        for script in page_of(page).scripts
    ]
    return Line("security policy", f"{needed.count('sha256-')} hashes", faults)


def address(site: Path, values: SiteValues) -> Line:
    """Pages, sitemap and list agree on where the site is, or say nothing of it."""
    faults = []
    for page in pages_of(site):
        name, text = page.relative_to(site).as_posix(), page.read_text(encoding="utf-8")
        for kind, pattern in (("canonical", CANONICAL), ("og:url", OG_URL)):
            said = set(pattern.findall(text))
            right = {values.address + name} if values.address and name != "404.html" else set()
            if said - right or (
                kind == "canonical" and right and not said and name != "index.html"
            ):
                faults.append(f"{name}: {kind} is {', '.join(said) or 'missing'}")
    if (site / "sitemap.xml").exists() != bool(values.address):
        faults.append("sitemap.xml and course_site: address do not agree: build again")
    elif values.address:
        for place in LOCATION.findall((site / "sitemap.xml").read_text(encoding="utf-8")):
            if not (site / unquote(place.removeprefix(values.address))).is_file():
                faults.append(f"sitemap.xml: {place} is not there")
    pages = site / "llms.txt"
    listed = MARKDOWN_LINK.findall(pages.read_text(encoding="utf-8")) if pages.exists() else []
    faults += [
        f"llms.txt: {place} is not there"
        for place in listed
        if not (site / unquote(place.removeprefix(values.address))).is_file()
    ]
    if not listed:
        faults.append("llms.txt lists no page")
    return Line("address", values.address or "none: see the page Publishing", faults)


def check(site: Path, values: SiteValues, prefix: str) -> list[Line]:
    """Return the lines of the table."""
    looks: list[Callable[[], Line]] = [
        lambda: links(site, prefix),
        lambda: unknown_addresses(site, prefix),
        lambda: machine(site, [ROOT, Path.home(), Path(sys.prefix)]),
        lambda: sizes(site, values),
        lambda: security(site, values),
        lambda: address(site, values),
    ]
    return [look() for look in looks]


def table(lines: list[Line]) -> str:
    """Return the table, each line with its faults below it."""
    rows = []
    for line in lines:
        rows.append(f"{'FAULT' if line.faults else 'ok':6}{line.name:19}{line.found}")
        rows += [f"      - {fault}" for fault in line.faults[:SHOWN]]
        if len(line.faults) > SHOWN:
            rows.append(f"      - and {len(line.faults) - SHOWN} more")
    return "\n".join(rows)


def main() -> int:
    """Read the command line, look, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html", help="its folder")
    parser.add_argument("--url-prefix", metavar="/PATH/", help="as it was built with")
    options = parser.parse_args()
    try:
        values = configured(ROOT)
    except SiteValueError as error:
        parser.error(str(error))
    if not (options.site / "index.html").is_file():
        parser.error(f"--site: expected a built site, found no index.html in {options.site}")
    if not (ROOT / "tests").is_dir():
        parser.error("this copy of the course has no tests, which know how to read the pages")
    sys.path.insert(0, str(ROOT))
    lines = check(options.site.resolve(), values, options.url_prefix or values.path)
    print(table(lines))
    return int(any(line.faults for line in lines))


if __name__ == "__main__":
    sys.exit(main())
