"""The start page: a figure that moves, a button at once, cards soon, and little to load."""

import gzip
import itertools
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from notebook_files import ROOT, notebooks_in
from sphinx_course import explorers

from tests.site.inspection import AXE_OPTIONS, NARROW, TOO_WIDE, WIDE, chromium, reader, turn_dark
from tests.site.small_site import build_small_site

SCREENS = 2  # of a phone, before the first card
CHAPTERS = [path.stem for path in notebooks_in("book")]


@pytest.fixture(scope="module")
def article(site):
    text = (site / "book" / "index.html").read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser").find("article")


def test_headings_are_in_order(article):
    levels = [int(heading.name[1]) for heading in article.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_each_chapter_has_a_card_with_question_and_time_and_nothing_else(article):
    cards = article.find_all(class_="chapter-card")
    links = [[link["href"] for link in card("a")] for card in cards]
    assert links == [[f"{stem}.html", f"../exercises/{stem}.html"] for stem in CHAPTERS]
    for card in cards:
        question, time = card("p", class_="sd-card-text")
        assert question.text.endswith("?")
        assert re.fullmatch(r"Text .+, with the code .+, exercises .+", time.text)
        assert not card("li")


def test_one_link_leads_to_the_start_and_one_to_installing(article):
    buttons = article.select(".start-buttons a")
    assert [button["href"] for button in buttons] == [f"{CHAPTERS[0]}.html", "downloads.html"]


def test_the_hours_are_the_sums_of_the_chapters(article):
    said = re.search(r"takes about (\d+) hours, their exercises (\d+)\.", article.text)
    first = [card.find(class_="card-time").text for card in article(class_="chapter-card")]

    def hours(pattern):
        times = [re.search(pattern, text)[1] for text in first]
        parts = [re.findall(r"(\d+) (h|min)", time) for time in times]
        return sum(int(n) / (1 if unit == "h" else 60) for time in parts for n, unit in time)

    assert int(said[1]) == pytest.approx(hours("Text (.+), with"), abs=0.5)
    assert int(said[2]) == pytest.approx(hours("exercises (.+)$"), abs=0.5)


def test_figure_and_style_weigh_little(site):
    figure = explorers.load("lengths", ROOT).html("x").encode()
    assert len(gzip.compress(figure)) < 4_000
    assert len(gzip.compress((site / "_static" / "start.css").read_bytes())) < 1_500
    loads = [
        path.name for path in (site / "book").glob("*.html") if "start.css" in path.read_text()
    ]
    assert loads == ["index.html"]


@pytest.mark.browser
def test_the_first_screens_the_figure_and_both_modes(site):
    """One visit serves all looks at the page."""
    base = site.resolve().as_uri()
    made = explorers.load("lengths", ROOT)
    with chromium() as browser, reader(browser, "light", base) as (page, troubles):
        page.goto(f"{base}/book/index.html")
        page.evaluate("document.fonts.ready")
        button, card = page.locator(".start-buttons a").first, page.locator(".chapter-card").first
        for size in (NARROW, WIDE):
            page.set_viewport_size(size)
            box = button.bounding_box()
            assert box["y"] + box["height"] < size["height"]
            assert page.locator("course-explorer input").bounding_box()["y"] < size["height"]
            assert page.evaluate(TOO_WIDE) == []
            drawing = page.locator("course-explorer svg")
            assert drawing.evaluate("svg => 15 * svg.getScreenCTM().a") > 11  # words can be read
            outside = """svg => [...svg.querySelectorAll('text')].filter(text => {
                const { x, width } = text.getBBox()
                return x < 0 || x + width > svg.viewBox.baseVal.width
            }).map(text => text.textContent)"""
            page.locator("course-explorer input").focus()
            page.keyboard.press("End")  # the longest row of signs
            assert drawing.evaluate(outside) == []
            page.keyboard.press("Home")
        page.set_viewport_size(NARROW)
        assert card.bounding_box()["y"] < SCREENS * NARROW["height"]

        element = page.locator("course-explorer")
        slider = element.get_by_role("slider", name="Signs in the sequence")
        slider.focus()
        for _ in range(15):
            page.keyboard.press("ArrowRight")
        assert slider.get_attribute("aria-valuetext") == "21"
        shown = element.get_by_role("status").text_content()
        assert shown == "21 signs: right in 100 %, 97.8 % and 0 % of 500 sequences."
        # Python draws the opening's texts, the script those of the setting.
        marks = element.locator("[data-mark]").evaluate_all("all => all.map(g => g.dataset.mark)")
        assert [int(mark) for mark in marks] == list(made.picture(15).values)
        says = [str(said) for said in made.picture(15).says]
        for part in element.locator("[data-says]").all():
            assert part.text_content() == says[int(part.get_attribute("data-says"))]

        for turn in (lambda page: None, turn_dark):
            turn(page)
            found = Axe().run(page, context="article", options=AXE_OPTIONS).response["violations"]
            assert [rule["id"] for rule in found] == []
        # Nothing moves by itself.
        assert page.evaluate("document.getAnimations().length") == 0
    assert troubles == []


@pytest.mark.parametrize("with_run", [False, True])
def test_some_words_stand_only_where_exercises_run_in_the_page(with_run, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "index.md").write_text(
        "# A page\n\nYou can read.\n\n```{only-with-run}\nYou can press *Run*.\n```\n"
    )
    files = tmp_path / "files"
    files.mkdir()
    parts = ("sphinx_course.start_page", "sphinx_course.run_in_page")
    pages = build_small_site(source, *parts, course_run_files=str(files) if with_run else "")
    text = BeautifulSoup((pages / "index.html").read_text(), "html.parser").find("article").text
    assert "You can read." in text
    assert ("You can press Run." in text) == with_run


def test_so_it_is_on_the_start_page_itself(site, article):
    source = (ROOT / "book" / "index.md").read_text(encoding="utf-8")
    (words,) = re.findall(r"\{only-with-run\}\n(.+?)[\n.,:;]", source)
    assert (words in article.text) == (site / "_static" / "run").exists()
