"""Write the page to print: the book, with its title page, in fonts that are the same anywhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from html import escape
from importlib.metadata import distribution
from pathlib import Path

from pdf_book.book import Book, contents_html

ROOT = Path(__file__).resolve().parents[2]

# The same on each machine: fonts that lie in installed packages whose versions are pinned. Only
# Chinese terms come in a font of the machine: no package of a bearable size has one.
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
)
CHINESE = re.compile("[\u2e80-\u9fff\uff00-\uffef]")


def font_file(package: str, file: str) -> Path:
    """Return where a font lies in an installed package."""
    path = Path(str(distribution(package).locate_file(file)))
    if not path.exists():
        raise SystemExit(f"build_pdf.py: {package} holds no {path.name}.")
    return path


def font_faces() -> str:
    """Return the style sheet that names the fonts."""
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-style: {style}; '
        f'src: url("{font_file(package, file).as_uri()}") }}'
        for family, weight, style, package, file in FONTS
    )


def has_chinese_font() -> bool:
    """Whether this machine has a font for the Chinese terms: they are too many to carry one.

    Where fontconfig is not used, as on macOS and Windows, the system brings one.
    """
    program = shutil.which("fc-list")
    if program is None:
        return True
    run = subprocess.run([program, ":lang=zh-cn", "file"], capture_output=True, text=True)
    return bool(run.stdout.strip())


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
<p>Set in Source Sans Pro and STIX Two (SIL Open Font License 1.1) and DejaVu (Bitstream Vera
licence).</p>
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
