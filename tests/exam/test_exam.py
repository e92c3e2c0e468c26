"""The exam: three questions a chapter, answers whose points and numbers add up."""

import re

import pytest
from notebook_files import ROOT, notebooks_in

from tests.exam import numbers

QUESTION = re.compile(r"^### (\d+\.\d+) (.+) \((by hand|derive|judge), (\d+) points\)$", re.M)
ANSWER = re.compile(r"^### (\d+\.\d+) (.+)$", re.M)
BOLD = re.compile(r"\*\*([^*]+)\*\*")

QUESTIONS_PAGE = (ROOT / "book/instructors/exam-questions.md").read_text(encoding="utf-8")
ANSWERS_PAGE = (ROOT / "solutions/exam-answers.md").read_text(encoding="utf-8")
QUESTIONS = {m[1]: m for m in QUESTION.finditer(QUESTIONS_PAGE)}
CHAPTERS = [int(p.stem[:2]) for p in notebooks_in("book") if re.match(r"\d\d-", p.stem)]


def sections(page):
    """Return the text below each heading of a question, by number, and the titles."""
    parts = re.split(r"^#{2,3} ", page, flags=re.M)
    found = {}
    for part in parts:
        heading, _, text = part.partition("\n")
        if re.match(r"\d+\.\d+ ", heading):
            found[heading.split(" ")[0]] = text
    return found


TEXTS = sections(ANSWERS_PAGE)


def written(values):
    """Return numbers as they stand on the page; -0 is 0."""
    return [f"{round(value, digits) + 0.0:,.{digits}f}" for value, digits in values]


def test_each_chapter_has_three_questions_of_all_kinds_and_each_its_answer():
    expected = [f"{chapter}.{number}" for chapter in CHAPTERS for number in (1, 2, 3)]
    assert list(QUESTIONS) == expected
    for chapter in CHAPTERS:
        kinds = {QUESTIONS[f"{chapter}.{number}"][3] for number in (1, 2, 3)}
        assert kinds == {"by hand", "derive", "judge"}
    titles = {m[1]: m[2] for m in ANSWER.finditer(ANSWERS_PAGE)}
    assert titles == {number: question[2] for number, question in QUESTIONS.items()}


@pytest.mark.parametrize("number", QUESTIONS)
def test_the_scheme_gives_the_points_of_the_question(number):
    scheme = [int(points) for points in re.findall(r"^- \((\d+)\) ", TEXTS[number], re.M)]
    assert sum(scheme) == int(QUESTIONS[number][4])


@pytest.mark.parametrize("number", QUESTIONS)
def test_the_numbers_of_the_answer_are_computed(number):
    compute = getattr(numbers, f"q{number.replace('.', '_')}")
    assert BOLD.findall(TEXTS[number]) == written(compute())


def test_no_page_shows_an_answer_that_is_no_solution():
    assert not BOLD.search(QUESTIONS_PAGE)
    assert not re.search(r"\]\([^)]*exam-answers", QUESTIONS_PAGE)  # a site may lack that page
