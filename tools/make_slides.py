"""Make slides of chapters: ``python tools/make_slides.py [04 ...]``, into ``_build/slides``.

They are made of the chapters' own headings, equations, figures and questions, by nbconvert's
exporter for reveal.js. reveal.js and MathJax are copied out of installed packages, so the folder
works from the disk and without a network; nothing in it asks another host.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from nbformat.v4 import new_markdown_cell, new_notebook
from notebook_files import ROOT, notebooks_in, shown, write
from slide_texts import slides_of
from sphinx_course.chapters import read_chapter
from sphinx_course.tex_to_mathml import mathjax_folder

OUT = ROOT / "_build" / "slides"
TEMPLATES = ROOT / "tools" / "slides"
PACKAGE = "sphinx-revealjs"  # a Sphinx extension; only its copy of reveal.js is used
NEEDED = ("LICENSE", "dist/reset.css", "dist/reveal.css", "dist/reveal.js", "dist/theme/white.css")
MATHJAX = (
    "tex-chtml.js",  # reads TeX, writes HTML and, for screen readers, MathML
    "output/chtml/fonts/woff-v2",
    "input/tex/extensions",  # loaded only when a formula needs one, for example \boldsymbol
)
FONTS = "dist/theme/fonts/source-sans-pro"


def copy_libraries(out: Path) -> None:
    """Copy reveal.js, MathJax and the style into the folder of the slides.

    Raises
    ------
    SystemExit
        If the package that holds reveal.js is not installed; the message says how to get it.
    """
    try:
        source = Path(str(distribution(PACKAGE).locate_file("sphinx_revealjs/_static/revealjs")))
    except PackageNotFoundError:
        raise SystemExit(
            f"make_slides.py: the slides need the package {PACKAGE}, which holds reveal.js; "
            "make slides installs it, or: pip install '.[book]'"
        ) from None
    for name in NEEDED:
        (out / "reveal" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, out / "reveal" / name)
    shutil.copytree(source / FONTS, out / "reveal" / FONTS, dirs_exist_ok=True)
    for name in MATHJAX:
        start, target = mathjax_folder() / name, out / "mathjax" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if start.is_dir():
            shutil.copytree(start, target, dirs_exist_ok=True)
        else:
            shutil.copyfile(start, target)
    shutil.copyfile(TEMPLATES / "slides.css", out / "slides.css")


def slides_page(stem: str) -> str:
    """Return the slides of a chapter as HTML."""
    from nbconvert.exporters import SlidesExporter

    cells = [
        new_markdown_cell(
            slide.text, id=f"slide-{k}", metadata={"slideshow": {"slide_type": slide.kind}}
        )
        for k, slide in enumerate(slides_of(stem), start=1)
    ]
    title = read_chapter(ROOT / "book" / f"{stem}.ipynb").title
    notebook = new_notebook(cells=cells, metadata={"title": f"Slides: {title}"})
    exporter = SlidesExporter(
        template_name="course_slides",
        extra_template_basedirs=[str(TEMPLATES)],
        reveal_url_prefix="reveal",
        reveal_width="1100",
        reveal_height="700",
    )
    html, _ = exporter.from_notebook_node(notebook)
    return str(html)


def main(arguments: list[str] | None = None) -> int:
    """Make the slides and say where they are; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("chapters", nargs="*", help="such as 04; by default all")
    parser.add_argument("--out", type=Path, default=OUT, help="the folder to write into")
    options = parser.parse_args(arguments)
    stems = {path.stem[:2]: path.stem for path in notebooks_in("book")}
    wanted = options.chapters or list(stems)
    for number in wanted:
        if number not in stems:
            parser.error(f"expected chapters out of {', '.join(stems)}, got {number!r}")
    copy_libraries(options.out)
    for number in wanted:
        path = options.out / f"{stems[number]}.html"
        write(path, slides_page(stems[number]))
        print(f"{shown(path)}: {path.as_uri()}" if number == wanted[0] else shown(path))
    return 0


if __name__ == "__main__":
    sys.exit(main())
