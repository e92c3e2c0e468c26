"""Teaching plans: every hour is one that a chapter states, and nothing comes before its time."""

import re

import pytest
from notebook_files import ROOT, notebooks_in
from sphinx_course.chapters import read_chapter
from sphinx_course.exercise_tables import read_exercises
from sphinx_course.teaching_plans import Course, parse, sections_of, shares, table

CHAPTERS = [read_chapter(path) for path in notebooks_in("book")]
COURSE = Course(ROOT, CHAPTERS)
PAGE = (ROOT / "book" / "instructors" / "teaching-plans.md").read_text(encoding="utf-8")
PLANS = {
    len(weeks): weeks
    for text in re.findall(r"^```\{teaching-plan\}\n(.+?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    for weeks in [parse(text.splitlines(), COURSE)]
}


def parts_of(plan, kind, number):
    return [p for week in plan for p in week.parts if (p.kind, p.number) == (kind, number)]


def test_there_are_plans_for_6_10_and_14_weeks():
    assert list(PLANS) == [6, 10, 14]
    assert all(week.activity for plan in PLANS.values() for week in plan)


@pytest.mark.parametrize("weeks", [10, 14])
def test_the_long_plans_hold_everything_once_and_the_hours_are_those_of_the_chapters(weeks):
    plan = PLANS[weeks]
    for chapter in CHAPTERS:
        for kind, stated in (
            ("read", chapter.minutes.text_and_code),
            ("exercises", chapter.minutes.exercises),
        ):
            parts = parts_of(plan, kind, chapter.number)
            assert sum(part.end - part.first for part in parts) == parts[0].of
            assert sum(part.minutes for part in parts) == stated
    projects = 0
    for number in (1, 2):
        parts = parts_of(plan, "project", number)
        assert [part.end for part in parts] == list(range(1, parts[0].of + 1))
        minutes = sum(part.minutes for part in parts)
        assert minutes == COURSE.project(number).minutes
        projects += minutes
    stated = sum(c.minutes.text_and_code + c.minutes.exercises for c in CHAPTERS)
    assert sum(week.minutes for week in plan) == stated + projects


def test_the_short_plan_takes_its_chapters_whole_but_one():
    plan = PLANS[6]
    whole = {
        chapter.number
        for chapter in CHAPTERS
        if sum(p.minutes for p in parts_of(plan, "read", chapter.number))
        == chapter.minutes.text_and_code
        and sum(p.minutes for p in parts_of(plan, "exercises", chapter.number))
        == chapter.minutes.exercises
    }
    assert whole == {1, 2, 3, 4, 6, 7}
    names, weights = sections_of(next((ROOT / "book").glob("05-*.ipynb")))
    (part,) = parts_of(plan, "read", 5)
    assert part.minutes == sum(shares(weights, CHAPTERS[4].minutes.text_and_code)[: part.end])
    assert names[part.end] == "One unit, by hand"


@pytest.mark.parametrize("plan", PLANS.values(), ids=map(str, PLANS))
def test_the_table_says_these_hours(plan):
    written = table(plan)
    minutes = 0
    for hours, rest in re.findall(r"^    (?:(\d+) h)?(?: ?(\d+) min)?$", written, re.MULTILINE):
        minutes += 60 * int(hours or 0) + int(rest or 0)
    total = re.search(r"^Together (?:(\d+) h)?(?: ?(\d+) min)? at home", written, re.MULTILINE)
    assert minutes == 60 * int(total[1] or 0) + int(total[2] or 0)


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.stem)
def test_sections_add_up_to_the_chapter(chapter):
    _, weights = sections_of(ROOT / "book" / f"{chapter.stem}.ipynb")
    assert abs(sum(weights) - chapter.minutes.text_and_code) < 5
    assert sum(shares(weights, chapter.minutes.text_and_code)) == chapter.minutes.text_and_code
    weights = [e.points + e.by_hand for e in read_exercises(ROOT, chapter.stem)]
    assert sum(shares(weights, chapter.minutes.exercises)) == chapter.minutes.exercises


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["2 | read 01 | Talk."], "week 1: expected"),
        (["1 | read 01"], "week 1: expected"),
        (["1 | look 01 | Talk."], "expected 'read NN'"),
        (["1 | read 77 | Talk."], "there is no chapter 77"),
        (['1 | read 01 until "Nowhere" | Talk.'], "no section 'Nowhere'"),
        (['1 | read 01 from "Summary" until "Shapes, and a trap" | Talk.'], "does not come after"),
        (["1 | exercises 01 3-9 | Talk."], "exercises 1 to 8, not 3-9"),
        (["1 | read 01 | Talk.", "2 | read 01 | Talk."], "week 2: read 01: some of it twice"),
        (["1 | exercises 01 1-4; exercises 01 4-8 | Talk."], "exercises 01: some of it twice"),
        (["1 | read 02 | Talk.", "2 | read 01 | Talk."], "chapter 02 needs chapter 01"),
        (["1 | project 1 3/2 | Talk."], "project 1: there is no week 3 of 2"),
        (["1 | project 1 | Talk.", "2 | project 1 1/2 | Talk."], "project 01: some of it twice"),
        (["1 | read 01 | Talk.", "2 | read 03 | Talk."], "chapter 03 needs chapter 02"),
    ],
)
def test_a_plan_that_does_not_hold_is_refused(lines, complaint):
    with pytest.raises(ValueError, match=complaint):
        parse(lines, COURSE)


def test_a_project_counts_once_its_notebook_states_a_time(tmp_path):
    (tmp_path / "exercises").mkdir()
    course = Course(tmp_path, CHAPTERS)
    assert course.project(1).minutes == 0
    (tmp_path / "exercises" / "project-1-series.ipynb").write_text("**Time.** About 4 hours.")
    assert course.project(1).minutes == 240
    assert [course.project(1, week, 3).minutes for week in (1, 2, 3)] == [80, 80, 80]
    assert course.project(1, 2, 3).text.endswith("project-1-series.ipynb), week 2 of 3")
    assert "(/exercises/project-1-series.ipynb)" in course.project(1).text
