"""The book as a PDF: what is in it, where its links lead, and that all of its letters are there."""

import re
import sys

import build_pdf
import chromium as installed
import pikepdf
import pytest
import yaml
from bs4 import BeautifulSoup
from build_book import fitting_pdf, made_of, note_of
from build_pdf import edition, main, parts_of
from downloads import FOLDER, make_downloads, pdf_name, wheel_name, zip_name
from fontTools.ttLib import TTFont
from notebook_files import ROOT
from pdf_book import printing
from pdf_book.book import Part, contents_html, make_book
from pdf_book.pages import on_the_site, target_of
from pdf_book.paper import CHINESE, FONTS, font_file, has_chinese_font, page_to_print

from tests.site.inspection import chromium
from tests.site.small_site import build_small_site

SET_UP, CHECK = "Set-up: run this first", "Check of exercise 1"
CELL = """<div class="cell"><details class="hide"><summary><p>{bar}</p></summary>
<div class="cell_input"><pre>{code}</pre></div></details><p>{output}</p></div>"""
LONG_PAGE = f"""<html><head><link rel="stylesheet" href="_static/site.css">
<link rel="stylesheet" href="_static/start.css">
<script src="theme.js"></script></head><body><nav>the site's frame</nav>
<article class="bd-article"><section id="start"><h1>Start page</h1>
<div class="toctree-wrapper">
<span id="document-book/01-one"></span><section id="one"><h2>1. One<a class="headerlink">#</a></h2>
<p>See <a class="t1" href="#summary">below</a>, <a class="t2" href="#document-book/02-two">two</a>,
<a class="t3" href="#document-book/02-two#summary">its end</a>,
<a class="t4" href="#document-book/api#x">the reference</a>,
<a class="t5" href="_downloads/a.csv">numbers</a>,
<a class="t6" href="https://example.org/">elsewhere</a>.</p><details><p>Folded.</p></details>
<section id="summary"><h3>Summary</h3></section>
<div class="toctree-wrapper"><span id="document-exercises/01-one"></span><section id="tasks">
<h3>Exercises: one</h3><p>Read all first.</p>
<section id="set-up"><h4>Set-up</h4>{CELL.format(bar=SET_UP, code="import x", output="")}</section>
<section id="task-1"><h4>Task 1</h4><p>Add two numbers.</p>
<p><a class="t7" href="#set-up">How</a></p>
{CELL.format(bar=CHECK, code="assert add(1, 1) == 2", output="wrong")}</section>
</section></div></section>
<span id="document-book/02-two"></span><section id="two"><h2>2. Two</h2>
<p><a class="t8" href="#summary">its own</a></p><section id="summary"><h3>Summary</h3></section>
</section></div><div class="toctree-wrapper">
<span id="document-solutions/01-one"></span><section id="answers"><h2>Solutions: one</h2>
<p>Read all first.</p><section id="task-1"><h4>Task 1</h4><p>Add two numbers.</p><p id="new">Use a
plus sign.</p>{CELL.format(bar=CHECK, code="assert add(1, 1) == 2", output="solved")}
</section></section></div></section></article></body></html>"""
PARTS = [Part("Part I", ["book/01-one", "book/02-two"]), Part("Answers", ["solutions/01-one"])]


def words(tag):
    return " ".join(tag.get_text(" ").split())


@pytest.fixture(scope="module")
def book():
    return make_book(LONG_PAGE, PARTS)


@pytest.fixture(scope="module")
def text(book):
    return BeautifulSoup(book.body, "html.parser")


def test_the_book_has_all_but_the_reference_and_what_instructors_need():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    everything = [name for part in parts_of(toc) for name in part.chapters]
    kept = [name for part in parts_of(edition(toc, solutions=True)) for name in part.chapters]
    left_out = [name for name in everything if name not in kept]
    assert kept == [name for name in everything if name in kept]  # in order
    assert {"book/api", "book/instructors", "solutions/exam-answers"} <= set(left_out)
    assert not [
        name for name in left_out if re.search(r"/\d\d-|glossary|notation|references", name)
    ]
    without = [name for part in parts_of(edition(toc, solutions=False)) for name in part.chapters]
    assert without == [name for name in kept if not name.startswith("solutions/")]


def test_each_page_has_its_own_ids_and_links_lead_to_them(book, text):
    ids = [tag["id"] for tag in text.select("[id]")]
    assert len(ids) == len(set(ids))
    assert book.wrong == []
    found = {k: text.select_one(f"a.t{k}") for k in range(1, 9)}
    assert found[1]["href"] == "#book-01-one--summary"
    assert found[2]["href"] == "#book-02-two"
    assert found[3]["href"] == found[8]["href"] == "#book-02-two--summary"
    assert found[6]["href"] == "https://example.org/"
    for link in text.select("a[href^='#']"):
        assert text.find(id=link["href"][1:]) is not None, link


def test_links_out_of_the_book_are_plain_words(text):
    assert text.select_one("a.t4") is None
    assert text.select_one("a.t5") is None
    assert "the reference, numbers," in words(text)


def test_where_the_site_has_an_address_they_lead_there():
    text = BeautifulSoup(make_book(LONG_PAGE, PARTS, "https://x.org/c/").body, "html.parser")
    assert text.select_one("a.t4")["href"] == "https://x.org/c/book/api.html#x"
    assert text.select_one("a.t5")["href"] == "https://x.org/c/_downloads/a.csv"
    assert (
        on_the_site("../downloads/a.zip", "https://x.org/c/") == "https://x.org/c/downloads/a.zip"
    )


def test_a_link_to_nothing_is_named():
    wrong = make_book(LONG_PAGE.replace("#document-book/02-two#summary", "#gone"), PARTS).wrong
    assert wrong == ["book/01-one: the link #gone leads to nothing in the book."]
    with pytest.raises(ValueError, match=r"book/a: the link #document-book/b#x leads to nothing"):
        target_of("#document-book/b#x", "book/a", {"book-b"})


def test_nothing_is_folded_and_the_frame_is_gone(book, text):
    assert all(fold.has_attr("open") for fold in text.select("details"))
    assert not text.select("script, .headerlink, nav")
    assert "frame" not in words(text)
    assert "Start page" not in words(text)
    assert "site.css" in book.head
    assert "start.css" not in book.head
    assert "theme.js" not in book.head


def test_set_up_and_checks_are_not_printed(text):
    assert "assert add" not in words(text)
    assert "import x" not in words(text)
    assert text.select_one("a.t7")["href"] == "#exercises-01-one"


def test_solutions_do_not_repeat_the_exercises(text):
    page = text.find(id="solutions-01-one")
    assert "Add two numbers" not in words(page)
    assert "Read all first" not in words(page)
    assert "Use a plus sign" in words(page)
    assert [link["href"] for link in page.select("a.page-of")] == [
        "#exercises-01-one",
        "#exercises-01-one--task-1",
    ]
    assert words(text).count("Add two numbers") == 1


def test_contents(book):
    assert [(entry.level, entry.text) for entry in book.contents] == [
        (0, "Part I"),
        (1, "1. One"),
        (2, "Summary"),
        (2, "Exercises: one"),
        (1, "2. Two"),
        (2, "Summary"),
        (0, "Answers"),
        (1, "Solutions: one"),
    ]
    html = BeautifulSoup(contents_html(book.contents, {"book-02-two": 7}), "html.parser")
    assert words(html.select("li")[4]) == "2. Two 7"


def test_the_fonts_have_all_letters_of_the_pages():
    """Else empty boxes would be printed, or letters of whatever font the machine has.

    That is so for Chinese terms alone, and the command says when there is none.
    """
    have = {sign for font in FONTS for sign in TTFont(font_file(*font[3:])).getBestCmap()}
    wanted = {
        sign
        for folder in ("book", "exercises", "solutions")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".md", ".ipynb")
        for sign in path.read_text(encoding="utf-8")
        if not sign.isspace()
    }
    missing = [sign for sign in sorted(wanted) if ord(sign) not in have]
    assert [sign for sign in missing if not CHINESE.match(sign)] == []


def test_a_machine_without_a_chinese_font_is_known(tmp_path, monkeypatch):
    program = tmp_path / "fc-list"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert has_chinese_font()  # no fontconfig: the system brings one
    for printed, found in (("", False), ("/fonts/some.ttc:", True)):
        program.write_text(f"#!/bin/sh\nprintf '{printed}'\n")
        program.chmod(0o755)
        assert has_chinese_font() == found


def test_without_chromium_it_says_so_and_destroys_nothing(tmp_path, monkeypatch, capsys):
    (tmp_path / pdf_name()).write_text("an older one")
    monkeypatch.setattr(installed, "NAMES", ("no-such-browser",))
    monkeypatch.setattr(sys, "argv", ["build_pdf.py", "--out", str(tmp_path)])
    assert main() == 1
    assert (
        "The PDF was not made: it is printed by Chromium, and none of the"
        in capsys.readouterr().err
    )
    assert [path.name for path in tmp_path.iterdir()] == [pdf_name()]


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """A book of two chapters, from Markdown to paper, and what was found wrong with it."""
    folder = tmp_path_factory.mktemp("small-book")
    (folder / "book").mkdir()
    chapters = {
        "01-one": "# One\n\nSee [the end of two](last).\n\n## The end\n\nα 循环.\n",
        "02-two": "# Two\n\nSee [the end](#last): *i*, `c`.\n\n(last)=\n## The end\n\nYes.\n",
    }
    for name, source in chapters.items():
        (folder / "book" / f"{name}.md").write_text(source, encoding="utf-8")
    toc = "# Start\n\n```{toctree}\nbook/01-one\nbook/02-two\n```\n"
    (folder / "index.md").write_text(toc)
    html = build_small_site(folder, "sphinx_course.one_page", builder="singlehtml")
    book = make_book((html / "index.html").read_text(encoding="utf-8"), PARTS)
    assert book.wrong == []
    bad = 'Yes. <span class="math">\\bad</span>'  # a formula that nothing has set
    page = html / "book-to-print.html"
    page.write_text(
        page_to_print(book._replace(body=book.body.replace("Yes.", bad)), True), encoding="utf-8"
    )
    with chromium():  # skips where there is none
        pass
    wrong = printing.print_book(page, folder / "book.pdf", installed.find_chromium())
    return folder / "book.pdf", wrong


@pytest.mark.browser
def test_a_formula_that_is_not_set_is_named(printed):
    assert printed[1] == ["formula: '\\\\bad'"]


@pytest.mark.browser
def test_a_heading_without_a_bookmark_is_named_and_no_draft_is_left(tmp_path):
    with chromium():  # skips where there is none
        pass
    page = tmp_path / "page.html"
    page.write_text("<!DOCTYPE html><h1>One</h1><h2></h2>")
    wrong = printing.print_book(page, tmp_path / "book.pdf", installed.find_chromium())
    assert wrong == ["2 headings have 1 bookmarks."]
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def bookmarks(items):
    return [(item.title, bookmarks(item.children)) for item in items]


@pytest.mark.browser
def test_the_pdf_has_bookmarks_links_and_its_fonts(printed):
    with pikepdf.open(printed[0]) as pdf:
        with pdf.open_outline() as outline:
            marks = bookmarks(outline.root)
        links = [
            str(note.Dest if "/Dest" in note else note.A.D)
            for page in pdf.pages
            for note in page.get("/Annots", [])
            if "/Dest" in note or note.A.S == "/GoTo"
        ]
        fonts = [item for item in pdf.objects if is_a(item, "/Font")]
        descriptors = [item for item in pdf.objects if is_a(item, "/FontDescriptor")]
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.Lang == "en"
        pages = len(pdf.pages)
    assert [title for title, _ in marks] == ["Contents", "Part I"]
    assert marks[1][1] == [("One", [("The end", [])]), ("Two", [("The end", [])])]
    targets = printing.pages_of_targets(printed[0])
    assert {name.removeprefix("/") for name in links} <= set(targets)
    assert targets["book-01-one"] == 4  # title, imprint, contents
    assert targets["book-02-two--last"] == targets["book-02-two"] == pages == 5
    assert fonts
    assert descriptors
    for item in descriptors:
        assert "/FontFile2" in item or "/FontFile3" in item or "/FontFile" in item, item
    names = {str(item.FontName) for item in descriptors}
    assert any("SourceSans" in name for name in names)


def is_a(item, kind):
    return isinstance(item, pikepdf.Dictionary) and item.get("/Type") == kind


def test_a_page_speaks_of_the_pdf_when_it_is_made(tmp_path):
    source = "# Files\n\n```{when-made} pdf\nOn paper: {course-file}`pdf`.\n```\n"
    for name in ("without", "with"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.md").write_text(source)
    found = {}
    for name in ("without", "with"):
        settings = {"course_has_pdf": name == "with"}
        html = build_small_site(tmp_path / name, "sphinx_course.course_files", **settings)
        page = BeautifulSoup((html / "index.html").read_text(encoding="utf-8"), "html.parser")
        found[name] = [link["href"] for link in page.select("article a") if "pdf" in link.text]
        assert ("On paper" in page.select_one("article").text) == (name == "with")
    assert found == {"without": [], "with": [f"downloads/{pdf_name()}"]}


def test_the_pdf_is_put_beside_the_other_files(tmp_path):
    pdf = tmp_path / pdf_name()
    pdf.write_bytes(b"%PDF")
    make_downloads(tmp_path / "html", pdf=pdf)
    found = {path.name for path in (tmp_path / "html" / FOLDER).iterdir()}
    assert found == {pdf_name(), zip_name(), wheel_name()}
    make_downloads(tmp_path / "html")
    assert not (tmp_path / "html" / FOLDER / pdf_name()).exists()


def test_a_pdf_of_an_older_text_is_left_out_and_named(tmp_path, capsys):
    assert fitting_pdf(tmp_path, solutions=True) is None
    assert capsys.readouterr().out == ""
    pdf = tmp_path / pdf_name()
    pdf.write_bytes(b"%PDF")
    for text in (None, "an older text", made_of(solutions=False)):
        if text is not None:
            note_of(pdf).write_text(text)
        assert fitting_pdf(tmp_path, solutions=True) is None
        assert f"{pdf.name} was made of something older" in capsys.readouterr().out
    note_of(pdf).write_text(made_of(solutions=True))
    assert fitting_pdf(tmp_path, solutions=True) == pdf


def test_a_pdf_that_was_just_made_fits(tmp_path, monkeypatch):
    def long_page(out, *_):
        out.mkdir()
        (out / "index.html").write_text(LONG_PAGE)
        return out / "index.html"

    def printed(source, part, chromium):
        part.write_bytes(b"%PDF")
        return []

    monkeypatch.setattr(build_pdf, "find_chromium", lambda: "chromium")
    monkeypatch.setattr(build_pdf, "write_long_page", long_page)
    monkeypatch.setattr(build_pdf, "print_book", printed)
    assert build_pdf.build(tmp_path, solutions=True, verbose=False) == 0
    assert fitting_pdf(tmp_path, solutions=True) == tmp_path / pdf_name()
