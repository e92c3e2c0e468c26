"""Build the site with Jupyter Book: ``python tools/build_book.py [--out _build] [--no-solutions]``.

Warnings are errors, and so is a reference that leads nowhere. When nothing has changed since the
last good build, nothing is done.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from downloads import COURSE, FOLDER, make_downloads, pdf_name
from run_files import RunFilesError, run_files
from site_policy import write_policy
from site_values import SiteValueError, configured

ROOT = Path(__file__).resolve().parent.parent
SOLUTIONS_PART = "Appendix: solutions"
API = "book/api"
# Where its pages are left out, the names of functions stay and lead nowhere.
NAMES_STAY = {"nitpick_ignore_regex": [("py:.*", r"course_pkg\b.*")]}

# A change in the first group (which pages there are, how they are made) starts from nothing,
# so that no page of an earlier build is left over. The second group is what the pages say.
FRAME = (
    "_config.yml",
    "_toc.yml",
    "book/references.bib",  # sphinxcontrib.bibtex loses citations when it reads a changed one
    "pyproject.toml",  # the version, at the foot of each page
    "requirements",
    "tools/run_files.toml",
    "tools/sphinx_course",
    *(f"tools/{path.name}" for path in sorted(ROOT.glob("tools/*.py"))),  # it imports some of them
)
PAPERS = ("CHANGELOG.md", "CITATION.cff")
CONTENT = ("book", "exercises", "solutions", "course_pkg", "benchmarks", "experiments", *PAPERS)
# The third is what a visitor takes home: COURSE, see downloads.py.
PRINTED = (*FRAME, *CONTENT, "tools/pdf_book")  # what the book as a PDF is made from


def files_below(names: Iterable[str]) -> list[Path]:
    """Return the files of some folders and files of the repository, caches left out."""
    found: list[Path] = []
    for name in names:
        path = ROOT / name
        found += sorted(path.rglob("*")) if path.is_dir() else [path]
    return [
        path
        for path in found
        if path.is_file()
        and "__pycache__" not in path.parts
        and not any(part.startswith(".") for part in path.relative_to(ROOT).parts[1:])
    ]


def fingerprint(names: Iterable[str], options: dict[str, Any]) -> str:
    """Return one hash over the content of files and over the options."""
    digest = hashlib.sha256(json.dumps([sys.version, options], sort_keys=True).encode())
    for path in files_below(names):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def note_of(pdf: Path) -> Path:
    """Return the file in which ``build_pdf.py`` notes what it made a PDF of."""
    return pdf.with_suffix(".pdf-made-of")


def made_of(*, solutions: bool) -> str:
    """Return the fingerprint of what a PDF is made from now."""
    return fingerprint(PRINTED, {"solutions": solutions, "values": configured(ROOT)})


def fitting_pdf(base: Path, *, solutions: bool) -> Path | None:
    """Return the PDF that was made of what the pages say now; name one that was not."""
    pdf = base / pdf_name()
    if not pdf.exists():
        return None
    note = note_of(pdf)
    if note.exists() and note.read_text(encoding="utf-8") == made_of(solutions=solutions):
        return pdf
    print(f"{pdf.name} was made of something older, and is left out: `make pdf` makes it anew.")
    return None


def toc_without_solutions(toc: dict[str, Any]) -> dict[str, Any]:
    """Return the table of contents less its part of solutions."""
    parts = [part for part in toc["parts"] if part["caption"] != SOLUTIONS_PART]
    if len(parts) == len(toc["parts"]):
        raise SystemExit(f"_toc.yml: expected a part {SOLUTIONS_PART!r}, found none.")
    return {**toc, "parts": parts}


def toc_without_api(toc: dict[str, Any]) -> dict[str, Any]:
    """Return the table of contents less the pages below that of the API."""
    parts = [
        {
            **part,
            "chapters": [
                {"file": API} if chapter["file"] == API else chapter for chapter in part["chapters"]
            ],
        }
        for part in toc["parts"]
    ]
    if parts == toc["parts"]:
        raise SystemExit(f"_toc.yml: expected pages below {API!r}, found none.")
    return {**toc, "parts": parts}


def run_jupyter_book(
    html: Path,
    work: Path,
    toc: Path,
    *,
    url_prefix: str,
    run_files: str,
    has_pdf: bool,
    api: bool,
    verbose: bool,
) -> bool:
    """Build, warnings being errors, and return whether all was well."""
    from jupyter_book.sphinx import build_sphinx

    sys.path.insert(0, str(ROOT))  # the API pages describe this tree, wherever it lies
    # A book is millions of small objects that stay: looking for garbage among them, as often as
    # Python does by itself, would take half of the time.
    gc.set_threshold(100_000, 50, 50)
    result = build_sphinx(
        ROOT,
        html,
        doctreedir=work / "doctrees",
        path_config=ROOT / "_config.yml",
        noconfig=True,
        confoverrides={
            "external_toc_path": toc.as_posix(),
            "nitpicky": True,
            **({} if api else NAMES_STAY),
            "notfound_urls_prefix": url_prefix,
            "course_run_files": run_files,
            "course_has_pdf": has_pdf,
            "latex_individualpages": False,
        },
        warningiserror=True,
        keep_going=True,
        quiet=not verbose,
    )
    return result == 0  # a status code, or the exception that ended the build


def build(
    out: Path, *, solutions: bool, url_prefix: str, run: bool, api: bool, verbose: bool
) -> int:
    """Build the site below ``out`` if anything has changed, and return the exit status."""
    import yaml

    # The site without solutions has folders of its own: no page of the other can be left in it.
    base = out if solutions else out / "without-solutions"
    html, work = base / "html", base / ".build"
    stamp = work / "built.json"
    start_page = html / "index.html"

    try:
        files = str(run_files()) if run else ""  # with which exercises run in the page
    except RunFilesError as error:
        print(f"The site was not built. {error}", file=sys.stderr)
        return 1
    options = {
        "solutions": solutions,
        "url_prefix": url_prefix,
        "run": run,
        "api": api,
        "root": str(ROOT),
        "values": configured(ROOT),  # some may come from the environment
    }
    pdf = fitting_pdf(base, solutions=solutions)  # the pages link to it when there is one
    made = {"made": pdf.stat().st_mtime_ns if pdf else None}
    now = {
        "frame": fingerprint(FRAME, options),
        "content": fingerprint(CONTENT, {**options, "pdf": pdf is not None}),
        "downloads": fingerprint(COURSE, {**options, **made}),
    }
    before = json.loads(stamp.read_text()) if stamp.exists() else {}
    pages = ("frame", "content")

    if now == before and start_page.exists() and (html / FOLDER).exists():
        print("The site is up to date.")
    elif all(now[part] == before.get(part) for part in pages) and start_page.exists():
        make_downloads(html, solutions=solutions, pdf=pdf)  # only tests or papers have changed
        stamp.write_text(json.dumps(now))
        print("The pages are up to date; the files to download were made anew.")
    else:
        if now["frame"] != before.get("frame"):
            shutil.rmtree(html, ignore_errors=True)
            shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        toc = ROOT / "_toc.yml"
        if not (solutions and api):
            kept = yaml.safe_load(toc.read_text(encoding="utf-8"))
            kept = kept if solutions else toc_without_solutions(kept)
            kept = kept if api else toc_without_api(kept)
            toc = work / "_toc.yml"
            toc.write_text(yaml.safe_dump(kept, sort_keys=False), encoding="utf-8")
        print("Building the site ...", flush=True)
        start = time.monotonic()
        if not run_jupyter_book(
            html,
            work,
            toc,
            url_prefix=url_prefix,
            run_files=files,
            has_pdf=pdf is not None,
            api=api,
            verbose=verbose,
        ):
            # Unchanged pages would not be read again, so their warnings would not be seen again.
            shutil.rmtree(work)
            print("\nThe site was not built: see the messages above.", file=sys.stderr)
            return 1
        make_downloads(html, solutions=solutions, pdf=pdf)
        (html / ".nojekyll").touch()  # else some hosts leave out _static and _images
        write_policy(html, configured(ROOT))
        stamp.write_text(json.dumps(now))
        print(f"Built in {time.monotonic() - start:.0f} s.")

    serve = "make serve RUN=1" if run else "make serve"
    print(f"The site is in {html}\nOpen {start_page.as_uri()} in a browser, or run: {serve}")
    return 0


def main() -> int:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--out", type=Path, default=ROOT / "_build", help="the site goes to OUT/html"
    )
    parser.add_argument(
        "--no-solutions",
        action="store_true",
        help="leave the solutions out; the site goes to OUT/without-solutions/html",
    )
    parser.add_argument(
        "--url-prefix",
        metavar="/PATH/",
        help="where the site will stand on its host, which only the 404 page needs to know; "
        "without it, what course_site in _config.yml says",
    )
    parser.add_argument(
        "--run",
        action="store_true",
        help="let exercises run in the page; the first time this fetches 106 MB",
    )
    parser.add_argument(
        "--no-api",
        action="store_true",
        help="leave out the pages of the API and the listings, half of the time; for tests",
    )
    parser.add_argument("--verbose", action="store_true", help="show what Sphinx does")
    options = parser.parse_args()
    try:
        values = configured(ROOT)
    except SiteValueError as error:
        parser.error(str(error))
    prefix = options.url_prefix or values.path
    if values.address and prefix != values.path:
        parser.error(f"--url-prefix: expected {values.path!r} as in the address, got {prefix!r}")
    if not (prefix.startswith("/") and prefix.endswith("/")):
        parser.error(f"--url-prefix: expected a path that starts and ends with /, got {prefix!r}")
    has_solutions = (ROOT / "solutions").is_dir()  # a copy that instructors hand out has none
    return build(
        options.out.resolve(),
        solutions=not options.no_solutions and has_solutions,
        url_prefix=prefix,
        run=options.run,
        api=not options.no_api,
        verbose=options.verbose,
    )


if __name__ == "__main__":
    sys.exit(main())
