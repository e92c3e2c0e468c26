"""Make the book as one PDF: ``python tools/build_pdf.py [--out _build] [--no-solutions]``.

Sphinx writes the pages of the course as one long page, ``pdf_book`` makes a book of it, and
Chromium prints it: formulas and drawings as lines, not as pixels; fonts embedded; a bookmark for
each heading.

The reference of the package's functions, what instructors need and what only concerns the site
are left out. Nothing of an older PDF is touched before the new one is complete.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from build_book import made_of, note_of, toc_without_solutions
from chromium import NAMES, find_chromium
from downloads import pdf_name
from pdf_book.book import Part, make_book
from pdf_book.paper import has_chinese_font, page_to_print
from pdf_book.printing import print_book
from site_values import configured

ROOT = Path(__file__).resolve().parent.parent
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


def build(out: Path, *, solutions: bool, verbose: bool) -> int:
    """Make the PDF and return the exit status."""
    import yaml

    chromium = find_chromium()
    if chromium is None:
        print(
            "The PDF was not made: it is printed by Chromium, and none of the programs "
            f"{', '.join(NAMES)} was found. Install one of them.",
            file=sys.stderr,
        )
        return 1
    if not has_chinese_font():
        print(
            "No font with Chinese characters is installed, so that such terms will be empty boxes. "
            "Debian has one in its package fonts-noto-cjk."
        )
    base = out if solutions else out / "without-solutions"
    pages, work = base / ".pdf" / "html", base / ".pdf"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    toc = edition(
        yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")), solutions=solutions
    )
    toc_file = work / "_toc.yml"
    toc_file.write_text(yaml.safe_dump(toc, sort_keys=False), encoding="utf-8")

    start = time.monotonic()
    fingerprint = made_of(solutions=solutions)  # before anything is read
    print("Reading the pages ...", flush=True)
    long_page = write_long_page(pages, work, toc_file, verbose)
    if long_page is None:
        print("\nThe PDF was not made: see the messages above.", file=sys.stderr)
        return 1
    address = configured(ROOT).address  # nothing while the site has none
    book = make_book(long_page.read_text(encoding="utf-8"), parts_of(toc), address)
    source = pages / "book-to-print.html"  # in the folder that its styles and pictures start from
    source.write_text(page_to_print(book, solutions), encoding="utf-8")
    target = base / pdf_name()
    part = target.with_suffix(".part")
    wrong = book.wrong
    if not wrong:
        print("Printing ...", flush=True)
        wrong = print_book(source, part, chromium)
    if wrong:
        part.unlink(missing_ok=True)
        print("\n".join(["The PDF was not made:", *wrong]), file=sys.stderr)
        return 1
    note_of(target).unlink(missing_ok=True)
    part.replace(target)
    note_of(target).write_text(fingerprint, encoding="utf-8")  # build_book.py compares
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
