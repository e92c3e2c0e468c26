"""The files of the built site: no dead link or anchor, nothing from a third party."""

import re

import pytest
from notebook_files import shown

from tests.rules.published import BOOK, report
from tests.site.links import (
    head_complaints,
    page_complaints,
    page_of,
    pages,
    parsed,
    style_complaints,
)

CHAPTERS = pytest.mark.parametrize("chapter", BOOK, ids=[shown(path) for path in BOOK])


def test_the_site_has_its_pages(site):
    names = {str(page.relative_to(site)) for page in pages(site)}
    assert {"index.html", "search.html", "404.html", "book/index.html"} <= names
    for chapter in BOOK:
        for folder in ("book", "exercises", "solutions"):
            assert f"{folder}/{chapter.stem}.html" in names


def test_no_dead_link_and_no_third_party(site):
    report([sentence for page in pages(site) for sentence in page_complaints(page, site)])


def test_style_sheets_load_from_the_site_alone(site):
    sheets = sorted(site.rglob("*.css"))
    assert sheets
    report([sentence for sheet in sheets for sentence in style_complaints(sheet, site)])


def test_every_page_has_title_and_language(site):
    report([sentence for page in pages(site) for sentence in head_complaints(page, site)])


def article_links(page):
    """Return the files that the text of a page, without menus, links to."""
    links = parsed(page).select("article a[href]")
    return {(page.parent / link["href"].split("#")[0]).resolve() for link in links}


@CHAPTERS
def test_a_chapter_links_to_its_exercises(site, chapter):
    page = site / "book" / f"{chapter.stem}.html"
    assert (site / "exercises" / f"{chapter.stem}.html").resolve() in article_links(page)


@CHAPTERS
@pytest.mark.parametrize("folder", ["book", "exercises"])
def test_a_notebook_can_be_downloaded_as_it_is(site, chapter, folder):
    page = site / folder / f"{chapter.stem}.html"
    downloads = {
        (page.parent / address).resolve()
        for address, _ in page_of(page).addresses
        if address.endswith(f"{chapter.stem}.ipynb")
    }
    source = chapter.parents[1] / folder / chapter.name
    assert source.read_bytes() in [path.read_bytes() for path in downloads]


def test_without_solutions_there_is_no_trace_of_them(site_without_solutions):
    site = site_without_solutions
    assert pages(site)
    left = [str(path.relative_to(site)) for path in site.rglob("*solutions*")]
    assert left == []
    report(
        [
            f"{page.relative_to(site)}: links to {address!r}."
            for page in pages(site)
            for address, _ in page_of(page).addresses
            if "solutions/" in address
        ]
    )
    assert "solutions/" not in (site / "searchindex.js").read_text(encoding="utf-8")


def test_the_pages_of_the_api_lead_to_no_solution(site):
    """So these pages are right in the site without solutions, too, which is tried without them."""
    found = [page for page in pages(site) if page.relative_to(site).parts[0] == "_modules"]
    found += sorted((site / "book" / "api").rglob("*.html"))
    assert len(found) > 100
    texts = {page: page.read_text(encoding="utf-8").partition("<article")[2] for page in found}
    assert all(texts.values())
    report(
        [
            f"{page.relative_to(site)}: links to {address!r}."
            for page, text in texts.items()
            for address in re.findall(r'href="([^"]*)"', text.partition("</article>")[0])
            if "solutions/" in address
        ]
    )


def test_without_solutions_nothing_is_dead(site_without_solutions):
    site = site_without_solutions
    report([sentence for page in pages(site) for sentence in page_complaints(page, site)])


# A folder made by hand, to see that the rules see.


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "index.html").write_text("<h1 id='top'>Sub</h1>", encoding="utf-8")
    (tmp_path / "a b.png").touch()
    return tmp_path


def complaints(folder, body):
    page = folder / "page.html"
    page.write_text(f"<html><body id='here'>{body}</body></html>", encoding="utf-8")
    page_of.cache_clear()
    return page_complaints(page, folder)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("<a href='gone.html'>x</a>", "'gone.html' leads to a file that is not there"),
        ("<a href='sub/index.html#gone'>x</a>", "leads to an anchor that is not there"),
        ("<a href='#gone'>x</a>", "'#gone' leads to an anchor that is not there"),
        ("<a href='/sub/index.html'>x</a>", "starts at the root of the host"),
        ("<a href='../../x'>x</a>", "leads to a file that is not there"),
        ("<meta http-equiv='Refresh' content='0; url=gone.html'>", "'gone.html' leads to a file"),
        ("<img src='gone.png'>", "'gone.png' leads to a file that is not there"),
        ("<img srcset='gone.png 2x'>", "'gone.png' leads to a file that is not there"),
        ("<script src='https://cdn.example/x.js'></script>", "from a third party"),
        ("<script src='//cdn.example/x.js'></script>", "from a third party"),
        ("<link rel='stylesheet' href='https://x.example/a.css'>", "from a third party"),
        ("<img src='http://x.example/a.png'>", "from a third party"),
        ("<p style='background: url(https://x.example/a.png)'></p>", "from a third party"),
        ("<style>@import 'https://x.example/a.css';</style>", "from a third party"),
    ],
)
def test_the_rule_sees_a_bad_address(folder, body, complaint):
    (sentence,) = complaints(folder, body)
    assert sentence.startswith("page.html: ")
    assert complaint in sentence


@pytest.mark.parametrize(
    "body",
    [
        "<a href='sub/index.html#top'>x</a><a href='sub/#top'>y</a><a href='#here'>z</a>",
        "<a href='https://example.org'>x</a><a href='mailto:a@example.org'>y</a><a href='#'>z</a>",
        "<img src='a%20b.png'><img src='data:image/png;base64,AA'>",
        "<a href='page.html?q=x'>x</a><link rel='canonical' href='https://example.org'>",
    ],
)
def test_the_rule_accepts_good_addresses(folder, body):
    assert complaints(folder, body) == []


def test_the_rule_sees_bad_style_sheets(folder):
    sheet = folder / "x.css"
    sheet.write_text(
        "/* url(https://in.a/comment) */ a { background: url('a b.png') } "
        "@import url(https://x.example/font.css); b { src: url(gone.woff2?v=1) }"
    )
    assert style_complaints(sheet, folder) == [
        "x.css: loads 'https://x.example/font.css' from a third party.",
        "x.css: 'gone.woff2?v=1' leads to a file that is not there.",
    ]


def test_the_rule_sees_a_bare_head(folder):
    page = folder / "bare.html"
    page.write_text("<html><head><title> </title><meta name='description' content=''></head>")
    assert len(head_complaints(page, folder)) == 3
