"""Make the book as one PDF: ``python tools/build_pdf.py [--out _build] [--no-solutions]``.

Sphinx writes the pages of the course as one long page, ``one_page_book.py`` makes a book of it,
and Chromium prints it: formulas and drawings as lines, not as pixels; fonts embedded; a bookmark
for each heading. It prints twice, since only then the contents know on which pages things stand.

The reference of the package's functions, what instructors need and what only concerns the site
are left out. Nothing of an older PDF is touched before the new one is complete.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import shutil
import sys
import time
import tomllib
from collections.abc import Iterator
from html import escape
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from build_book import toc_without_solutions
from downloads import pdf_name
from one_page_book import Book, Part, contents_html, make_book

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent
EXECUTABLES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--disable-gpu", "--no-first-run", "--disable-background-networking"]
LEFT_OUT = {
    "book/api",
    "book/changelog",
    "book/downloads",
    "book/instructors",
    "book/promises",
    "book/publishing",
    "book/third-party",
    "solutions/exam-answers",
}

# The same on each machine: fonts that lie in installed packages whose versions are pinned.
SOURCE_SANS = "sphinx_revealjs/_static/revealjs/dist/theme/fonts/source-sans-pro/source-sans-pro"
DEJAVU = "matplotlib/mpl-data/fonts/ttf/DejaVuSans"
FONTS = (  # family, weight, style, package, file
    ("Course Text", 400, "normal", "sphinx-revealjs", f"{SOURCE_SANS}-regular.ttf"),
    ("Course Text", 400, "italic", "sphinx-revealjs", f"{SOURCE_SANS}-italic.ttf"),
    ("Course Text", 600, "normal", "sphinx-revealjs", f"{SOURCE_SANS}-semibold.ttf"),
    ("Course Text", 600, "italic", "sphinx-revealjs", f"{SOURCE_SANS}-semibolditalic.ttf"),
    ("Course Signs", 400, "normal", "matplotlib", f"{DEJAVU}.ttf"),
    ("Course Signs", 600, "normal", "matplotlib", f"{DEJAVU}-Bold.ttf"),
    ("Course Code", 400, "normal", "matplotlib", f"{DEJAVU}Mono.ttf"),
    ("Course Code", 400, "italic", "matplotlib", f"{DEJAVU}Mono-Oblique.ttf"),
    ("Course Code", 600, "normal", "matplotlib", f"{DEJAVU}Mono-Bold.ttf"),
    ("Course Chinese", 400, "normal", "", "tools/fonts/chinese.ttf"),
)
CHINESE = re.compile("[\u2e80-\u9fff\uff00-\uffef]")

# Formulas are ready when MathJax says so; a page without MathJax is ready with its fonts.
READY = """async () => {
    if (window.MathJax) await window.MathJax.startup.promise
    await Promise.all([...document.images].map(image => image.decode().catch(() => null)))
    await document.fonts.ready
}"""
WRONG_FORMULAS = """() => [
    ...document.querySelectorAll('mjx-merror, [data-mjx-error], merror')].map(e => e.textContent)
    .concat([...document.querySelectorAll('.math')]
        .filter(e => !e.querySelector('mjx-container, math') && !e.closest('mjx-container, math'))
        .map(e => e.textContent.trim().slice(0, 60)))"""
BROKEN_IMAGES = "() => [...document.images].filter(i => !i.naturalWidth).map(i => i.src)"
HEADINGS = """() => [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(heading => {
    const copy = heading.cloneNode(true)
    copy.querySelectorAll('annotation').forEach(e => e.remove()) // the TeX of a formula
    return copy.textContent.replace(/\\s+/g, ' ').trim()
})"""
WRITE_NUMBERS = """numbers => {
    const of = link => numbers[decodeURIComponent(link.getAttribute('href').slice(1))]
    for (const link of document.querySelectorAll('nav.book-contents a'))
        link.querySelector('.where').textContent = of(link) ?? ''
    for (const link of document.querySelectorAll('a.page-of'))
        link.textContent = `page ${of(link) ?? '000'}`
}"""


def edition(toc: dict[str, Any], *, solutions: bool) -> dict[str, Any]:
    """Return the table of contents of the book: that of the site, less what is left out."""
    if not solutions:
        toc = toc_without_solutions(toc)
    parts = []
    for part in toc["parts"]:
        chapters = [chapter for chapter in part["chapters"] if chapter["file"] not in LEFT_OUT]
        if chapters:
            parts.append({**part, "chapters": chapters})
    return {**toc, "parts": parts}


def parts_of(toc: dict[str, Any]) -> list[Part]:
    """Return the parts with the names of their chapters."""
    return [
        Part(part["caption"], [chapter["file"] for chapter in part["chapters"]])
        for part in toc["parts"]
    ]


def write_long_page(out: Path, work: Path, toc: Path, verbose: bool) -> Path | None:
    """Let Sphinx write all pages as one, and return where it is, None after a warning."""
    import yaml
    from jupyter_book.sphinx import build_sphinx

    sys.path.insert(0, str(ROOT))
    result = build_sphinx(
        ROOT,
        out,
        doctreedir=work / "doctrees",
        path_config=ROOT / "_config.yml",
        noconfig=True,
        builder="singlehtml",
        confoverrides={
            "external_toc_path": toc.as_posix(),
            "latex_individualpages": False,
            # Functions, and pages of the site, that are not in the book: their names stay.
            "suppress_warnings": ["ref.obj", "myst.xref_missing"],
        },
        warningiserror=True,
        keep_going=True,
        quiet=not verbose,
    )
    root = yaml.safe_load(toc.read_text(encoding="utf-8"))["root"]
    return out / f"{root}.html" if result == 0 else None


# ---- the page to print ---------------------------------------------------------------------------


def font_file(package: str, file: str) -> Path:
    """Return where a font lies: in an installed package, or in this folder."""
    path = Path(str(distribution(package).locate_file(file))) if package else ROOT / file
    if not path.exists():
        raise SystemExit(f"build_pdf.py: {package or 'the course'} holds no {path.name}.")
    return path


def font_faces() -> str:
    """Return the style sheet that names the fonts."""
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-style: {style}; '
        f'src: url("{font_file(package, file).as_uri()}") }}'
        for family, weight, style, package, file in FONTS
    )


def chinese() -> str:
    """Return the Chinese characters that pages use, each once: those that their font must have."""
    files = [
        path
        for folder in ("book", "exercises", "solutions")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".md", ".ipynb")
    ]
    found = {sign for path in files for sign in CHINESE.findall(path.read_text(encoding="utf-8"))}
    return "".join(sorted(found))


def about() -> dict[str, str]:
    """Return version and authors."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    authors = ", ".join(author["name"] for author in project["authors"])
    return {"version": project["version"], "authors": authors}


def front_page(solutions: bool) -> str:
    """Return the title page, and the page behind it."""
    answers = (
        "The solutions are at the end; they do not repeat the exercises."
        if solutions
        else "This edition has no solutions."
    )
    return f"""<section class="title-page">
<p class="title">Recurrent Neural Networks,<br>Equation by Equation</p>
<p class="subtitle">A course on networks that read sequences. Every equation is explained step by
step, computed by readable code beside it, and checked against PyTorch.</p>
<p class="version">Version {escape(about()["version"])}</p>
</section>
<section class="imprint">
<p>{escape(about()["authors"])}</p>
<p>Text, figures and exercises: Creative Commons Attribution 4.0 International (CC BY 4.0),
<a href="https://creativecommons.org/licenses/by/4.0/">creativecommons.org/licenses/by/4.0</a>. You
may share and adapt them for any purpose if you give credit, link to the licence, and say what you
changed. Program code: MIT licence.</p>
<p>This is the course to read on paper. Interactive figures stand still here, and show what their
captions speak of; what is folded on the website is open. {answers} The reference of the package's
functions, and the pages for instructors, are on the website and in the course's files, with all
notebooks to run.</p>
<p>Set in Source Sans Pro and STIX Two (SIL Open Font License 1.1), DejaVu (Bitstream Vera licence)
and Droid Sans Fallback (Apache License 2.0).</p>
</section>"""


def page_to_print(book: Book, solutions: bool) -> str:
    """Return the whole page, with its own styles after those of the site."""
    return f"""<!DOCTYPE html>
<html lang="en" data-theme="light" data-mode="light">
<head><meta charset="utf-8"><title>Recurrent Neural Networks, Equation by Equation</title>
{book.head}
<style>{font_faces()}</style>
<link rel="stylesheet" href="_static/print.css">
</head>
<body class="book"><main class="bd-content"><article class="bd-article">
{front_page(solutions)}
{contents_html(book.contents, {})}
{book.body}
</article></main></body></html>
"""


# ---- printing ------------------------------------------------------------------------------------


def pages_of_targets(pdf: Path) -> dict[str, int]:
    """Return on which page of a PDF, counted from 1, each target of a link stands."""
    import pikepdf

    with pikepdf.open(pdf) as file:
        numbers = {page.objgen: number for number, page in enumerate(file.pages, 1)}
        targets = file.Root.get("/Dests", pikepdf.Dictionary())
        return {name.removeprefix("/"): numbers[to[0].objgen] for name, to in targets.items()}


def bookmarks(items: list[Any]) -> Iterator[Any]:
    """Yield bookmarks and what stands below each, in the order of the book."""
    for item in items:
        yield item
        yield from bookmarks(item.children)


def finish(draft: Path, target: Path, headings: list[str]) -> None:
    """Write a PDF again: bookmarks mended, with its author, and smaller.

    Chromium says the words of a heading twice where it moved it to the next page, and loses the
    blank where a line ends. It packs what is drawn, but not the description for screen readers.

    Raises
    ------
    ValueError
        If there is not one bookmark for each heading.
    """
    import pikepdf

    logging.getLogger("pikepdf").setLevel(logging.WARNING)
    with pikepdf.open(draft) as file:
        file.docinfo["/Author"] = about()["authors"]
        file.docinfo["/Creator"] = "make pdf"
        with file.open_outline() as outline:
            marks = list(bookmarks(outline.root))
            if len(marks) != len(headings):
                raise ValueError(f"{len(headings)} headings have {len(marks)} bookmarks.")
            for mark, words in zip(marks, headings, strict=True):
                mark.title = words
        packed = pikepdf.ObjectStreamMode.generate
        file.save(target, object_stream_mode=packed, recompress_flate=True)


def print_page(page: Page, target: Path, *, complete: bool) -> None:
    """Print an open page; ``complete`` adds bookmarks, and what screen readers need."""
    page.pdf(
        path=target,
        prefer_css_page_size=True,
        print_background=True,
        outline=complete,
        tagged=complete,
    )


def print_book(source: Path, target: Path, chromium: str) -> list[str]:
    """Print a page as a book and return what is wrong with it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []  # its sandbox does not run as root
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS + root)
        page = browser.new_page()
        page.set_default_timeout(600_000)
        page.goto(source.as_uri(), wait_until="load")
        page.emulate_media(media="print")
        page.evaluate(READY)
        wrong = [f"formula: {text!r}" for text in page.evaluate(WRONG_FORMULAS)]
        wrong += [f"image: {name}" for name in page.evaluate(BROKEN_IMAGES)]
        draft = target.with_suffix(".draft")
        page.evaluate(WRITE_NUMBERS, {})
        print_page(page, draft, complete=False)
        numbers = pages_of_targets(draft)
        page.evaluate(WRITE_NUMBERS, numbers)
        print_page(page, draft, complete=True)
        headings = page.evaluate(HEADINGS)
        browser.close()
    if pages_of_targets(draft) != numbers:
        wrong.append("the contents name wrong pages.")
    finish(draft, target, headings)
    draft.unlink()
    return wrong


def site_address() -> str:
    """Return where the site is published, nothing while it has no address."""
    import yaml

    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    values = config["sphinx"]["config"].get("course_site", {})
    address = os.environ.get("COURSE_SITE_ADDRESS", values.get("address", ""))
    return f"{address.rstrip('/')}/" if address else ""


def find_chromium() -> str | None:
    """Return the path of Chromium, None where there is none."""
    return next(filter(None, map(shutil.which, EXECUTABLES)), None)


def build(out: Path, *, solutions: bool, verbose: bool) -> int:
    """Make the PDF and return the exit status."""
    import yaml

    chromium = find_chromium()
    if chromium is None:
        print(
            "The PDF was not made: it is printed by Chromium, and none of the programs "
            f"{', '.join(EXECUTABLES)} was found. Install one of them.",
            file=sys.stderr,
        )
        return 1
    base = out if solutions else out / "without-solutions"
    pages, work = base / ".pdf" / "html", base / ".pdf"
    shutil.rmtree(pages, ignore_errors=True)
    work.mkdir(parents=True, exist_ok=True)
    toc = edition(
        yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")), solutions=solutions
    )
    toc_file = work / "_toc.yml"
    toc_file.write_text(yaml.safe_dump(toc, sort_keys=False), encoding="utf-8")

    start = time.monotonic()
    print("Reading the pages ...", flush=True)
    long_page = write_long_page(pages, work, toc_file, verbose)
    if long_page is None:
        shutil.rmtree(work)  # unchanged pages would not be read again, nor warn again
        print("\nThe PDF was not made: see the messages above.", file=sys.stderr)
        return 1
    book = make_book(long_page.read_text(encoding="utf-8"), parts_of(toc), site_address())
    source = pages / "book-to-print.html"  # in the folder that its styles and pictures start from
    source.write_text(page_to_print(book, solutions), encoding="utf-8")
    print("Printing ...", flush=True)
    target = base / pdf_name()
    part = target.with_suffix(".part")
    wrong = [*book.wrong, *print_book(source, part, chromium)]
    if wrong:
        part.unlink()
        print("\n".join(["The PDF was not made:", *wrong]), file=sys.stderr)
        return 1
    part.replace(target)
    size = target.stat().st_size / 1e6
    print(f"Made in {time.monotonic() - start:.0f} s: {target} ({size:.0f} MB)")
    return 0


def main() -> int:
    """Read the command line and make the PDF."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "_build", help="the folder it goes to")
    parser.add_argument(
        "--no-solutions",
        action="store_true",
        help="leave the solutions out; the PDF goes to OUT/without-solutions",
    )
    parser.add_argument("--verbose", action="store_true", help="show what Sphinx does")
    options = parser.parse_args()
    has_solutions = (ROOT / "solutions").is_dir()  # a copy that instructors hand out has none
    return build(
        options.out.resolve(),
        solutions=not options.no_solutions and has_solutions,
        verbose=options.verbose,
    )


if __name__ == "__main__":
    sys.exit(main())
