"""Slides: all of a chapter's equations and figures, and nothing from another host."""

import re

import make_slides
import pytest
from bs4 import BeautifulSoup
from make_slides import main
from notebook_files import ROOT, notebooks_in, read
from slide_texts import CODE, EQUATION, equation_numbers, figures_of, plain, slides_of

STEMS = [path.stem for path in notebooks_in("book") if re.match(r"\d\d-", path.stem)]
HOST = re.compile(r"(?:src|href|url)\s*[=(:]\s*[\"']?\s*(?:https?:)?//|@import[^;]*//")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The slides of one chapter, as the command makes them."""
    out = tmp_path_factory.mktemp("slides")
    assert main(["04", "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def page(folder):
    (path,) = folder.glob("*.html")
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_nothing_is_asked_of_another_host(folder):
    texts = [*folder.glob("*.html"), *folder.glob("*.css"), *folder.rglob("reveal/**/*.css")]
    assert len(texts) > 4
    for path in texts:
        assert not HOST.search(path.read_text(encoding="utf-8")), path


def test_the_pattern_sees_other_hosts():
    for line in ('<script src="https://a.org/x.js">', "url(//a.org/x)", '@import "http://a.org"'):
        assert HOST.search(line)


def test_all_files_that_a_page_names_are_there(folder, page):
    names = [tag.get("src") or tag.get("href") for tag in page(["script", "link"])]
    assert {name for name in names if name} >= {"reveal/dist/reveal.js", "mathjax/tex-chtml.js"}
    for name in filter(None, names):
        assert (folder / name).is_file(), name
    css = (folder / "reveal/dist/theme/white.css").read_text(encoding="utf-8")
    for name in re.findall(r"@import url\(([^)]+)\)", css):
        assert (folder / "reveal/dist/theme" / name).is_file(), name
    assert "Hakim El Hattab" in (folder / "reveal/LICENSE").read_text(encoding="utf-8")


@pytest.mark.parametrize("stem", STEMS)
def test_every_labelled_equation_is_on_one_slide_with_its_number(stem):
    cells = [c for c in read(ROOT / "book" / f"{stem}.ipynb").cells if c.cell_type == "markdown"]
    found = [m for c in cells for m in EQUATION.findall(CODE.sub("", c.source)) if m[1]]
    text = "\n".join(slide.text for slide in slides_of(stem))
    tags = re.findall(r"\\tag\{([\d.]+)\}", text)
    assert sorted(tags) == sorted(equation_numbers()[label] for _, label in found)
    assert len(set(tags)) == len(tags)
    for formula, _ in found:
        assert formula.strip().splitlines()[0] in text


@pytest.mark.parametrize("stem", STEMS)
def test_every_figure_is_on_a_slide_with_alternative_text(stem):
    cells = [c for c in read(ROOT / "book" / f"{stem}.ipynb").cells if c.cell_type == "code"]
    expected = sum(
        "image/svg+xml" in output.get("data", {})
        or "<img" in output.get("data", {}).get("text/html", "")
        for cell in cells
        for output in cell.outputs
    )
    slides = [slide for slide in slides_of(stem) if 'class="picture"' in slide.text]
    assert len(slides) == expected == sum(len(list(figures_of(cell))) for cell in cells)
    images = [image for s in slides for image in BeautifulSoup(s.text, "html.parser")("img")]
    assert all(len(image["alt"]) >= 40 for image in images)


@pytest.mark.parametrize("stem", STEMS)
def test_headings_are_those_of_the_chapter_and_nothing_of_myst_is_left(stem):
    cells = read(ROOT / "book" / f"{stem}.ipynb").cells
    text = "\n".join(CODE.sub("", c.source) for c in cells if c.cell_type == "markdown")
    slides = slides_of(stem)
    opened = [re.match(r"## (.+)", slide.text)[1] for slide in slides[2:] if slide.kind == "slide"]
    assert opened == [plain(heading) for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)]
    for slide in slides:
        assert not re.search(r"\{[\w:-]+\}`|^:::|^```\{|^:[\w-]+: ", slide.text, re.MULTILINE)


def test_the_page_holds_a_section_for_each_slide(page):
    slides = slides_of(next(stem for stem in STEMS if stem.startswith("04")))
    leaves = [section for section in page("section") if not section("section")]
    assert len(leaves) == len(slides)
    assert page.title.text == "Slides: LSTM"
    numbers = re.findall(r"\\tag\{(4\.\d+)\}", page.text)
    assert len(numbers) == sum(number.startswith("4.") for number in equation_numbers().values())


def test_an_unknown_chapter_and_a_missing_package_are_said(tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit):
        main(["77", "--out", str(tmp_path)])
    assert "expected chapters out of 01, 02" in capsys.readouterr().err
    monkeypatch.setattr(make_slides, "PACKAGE", "no-such-package")
    with pytest.raises(SystemExit, match="need the package no-such-package, which"):
        main(["04", "--out", str(tmp_path)])
