"""The graph of chapters: an arrow for each need that a chapter states, and a link for each box."""

import re

import pytest
from bs4 import BeautifulSoup
from notebook_files import ROOT, notebooks_in
from sphinx_course.chapter_graph import BOX, BOX_WIDTH, WIDTH, draw, needs
from sphinx_course.chapters import Chapter, read_chapter

CHAPTERS = [read_chapter(path) for path in notebooks_in("book")]


def made_up(number, before):
    return Chapter(f"0{number}-name", number, f"Title {number}", "Why?", (), (5, 5, 5), before)


THREE = [
    made_up(1, "Nothing."),
    made_up(2, "[Chapter 01](01-name.ipynb)."),
    made_up(
        3, "[Chapter 01](01-name.ipynb) and [chapter 02](02-name.ipynb); [words](glossary.md)."
    ),
]
LINKS = {1: "one.html", 2: "two.html", 3: "a&b.html"}


def test_needs_are_the_links_of_before_you_start():
    assert needs(THREE) == {1: [], 2: [1], 3: [1, 2]}


@pytest.mark.parametrize("number", [3, 7])
def test_a_later_or_unknown_chapter_is_refused(number):
    wrong = [*THREE[:2], made_up(3, f"[Chapter](0{number}-name.ipynb).")]
    with pytest.raises(ValueError, match=f"names chapter 0{number}"):
        needs(wrong)


def test_boxes_are_links_and_each_need_is_an_arrow():
    drawing = BeautifulSoup(draw(THREE, LINKS), "html.parser").svg
    assert {a.text: a["href"] for a in drawing("a")} == {
        "1. Title 1": "one.html",
        "2. Title 2": "two.html",
        "3. Title 3": "a&b.html",
    }
    assert [len(group("path", class_="head")) for group in drawing("g")] == [0, 1, 2]
    assert "Chapter 3 needs 1 and 2." in drawing["aria-label"]


def test_each_arrow_of_the_course_ends_at_the_box_that_needs_it():
    links = {chapter.number: f"{chapter.stem}.html" for chapter in CHAPTERS}
    drawing = BeautifulSoup(draw(CHAPTERS, links), "html.parser").svg
    groups = drawing("g")
    needed = needs(CHAPTERS)
    assert sum(map(len, needed.values())) > len(CHAPTERS)
    boxes = {int(group.text.split(".")[0]): group.rect for group in groups}
    for number, group in zip(needed, groups, strict=True):
        top = float(boxes[number]["y"])
        ends = [path["d"] for path in group("path", class_="head")]
        starts = [path["d"] for path in group("path", class_="line")]
        assert len(ends) == len(needed[number])
        for start, line, head in zip(needed[number], starts, ends, strict=True):
            x, y = map(float, re.match(r"M([\d.]+) ([\d.]+)l", head).groups())
            assert top <= y <= top + BOX
            assert x <= BOX_WIDTH + 2
            y = float(re.match(r"M[\d.]+ ([\d.]+)", line)[1])
            assert float(boxes[start]["y"]) <= y <= float(boxes[start]["y"]) + BOX
        numbers = [float(n) for line in starts for n in re.findall(r"[\d.]+", line)[::2]]
        assert max(numbers, default=0) <= max(WIDTH, *map(float, drawing["viewbox"].split()))


def test_titles_fit_their_boxes():
    drawing = BeautifulSoup(draw(CHAPTERS, dict.fromkeys(range(1, 99), "x")), "html.parser").svg
    assert max(len(line.text) for line in drawing("tspan")) * 8.4 < BOX_WIDTH
    assert max(len(text("tspan")) for text in drawing("text")) <= 2


def test_on_the_site_every_box_leads_to_its_chapter(site):
    page = site / "book" / "instructors" / "chapters.html"
    boxes = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select(
        "svg.chapter-graph a"
    )
    assert [(page.parent / box["href"]).resolve().name for box in boxes] == [
        f"{chapter.stem}.html" for chapter in CHAPTERS
    ]
    assert all((page.parent / box["href"]).exists() for box in boxes)
    assert (ROOT / "book" / "site" / "flow-chart.css").read_text().count("chapter-graph") >= 1
