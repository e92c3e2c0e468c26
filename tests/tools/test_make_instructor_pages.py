"""`tools/make_instructor_pages.py`: the page says what the tests of the checks hold."""

import re

import make_instructor_pages
import pytest
from make_instructor_pages import PAGE, Row, made, main, page, rows_of

from course_pkg.classroom.assignment import Assignment, Cell
from tests.exercises import RIGHT

MADE_UP = Assignment(
    "01-one",
    (
        Cell("answer", "double", "a", "", 1),
        Cell("check", "double-check", "b", "", 1, 2.0),
        Cell("answer", "halve", "c", "", 2),
        Cell("check", "halve-check", "d", "", 2, 2.0),
        Cell("words", "why", "e", "", 3, 2.0),
    ),
    {1: "Double", 2: "Halve (challenge)", 3: "Why?"},
)


def test_the_page_is_up_to_date(capsys):
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_wrong_and_right_answers_are_counted_for_each_check():
    answers = [("halve", RIGHT, ""), ("halve", "twice too much", ""), ("halve", "a sign", "")]
    assert rows_of(MADE_UP, answers) == [Row(1, "Double", 0, 0), Row(2, "Halve (challenge)", 2, 1)]


def test_an_answer_to_nothing_is_refused():
    with pytest.raises(ValueError, match="01-one: there is no exercise 'treble'"):
        rows_of(MADE_UP, [("treble", RIGHT, "")])


def test_the_sums_are_those_of_the_rows():
    written = made()
    pairs = re.findall(r"^\| \d+\. .+ \| (\d+) \| (\d+) \|$", written, re.MULTILINE)
    wrong, right, checks = map(
        int,
        re.search(r"(\d+) wrong answers and (\d+) right ones, for (\d+) checks", written).groups(),
    )
    assert (wrong, right) == tuple(sum(map(int, column)) for column in zip(*pairs, strict=True))
    assert checks == len(pairs)


def test_every_check_has_met_four_wrong_answers_and_two_right_ones():
    rows = re.findall(r"^\| (\d+\. .+) \| (\d+) \| (\d+) \|$", made(), re.MULTILINE)
    assert len(rows) > 60
    weak = [row for row in rows if int(row[1]) < 4 or int(row[2]) < 2]
    assert not weak, "wrong and right answers:\n" + "\n".join(map(str, weak))


def test_an_old_page_is_noticed_and_written_anew(tmp_path, monkeypatch, capsys):
    old = tmp_path / PAGE.name
    old.write_text(page({"01-one": ("One", [Row(1, "Double", 9, 9)])}))
    monkeypatch.setattr(make_instructor_pages, "PAGE", old)
    assert main(["--check"]) == 1
    assert "out of date; run python tools/make_instructor_pages.py" in capsys.readouterr().err
    assert main([]) == 0
    assert main(["--check"]) == 0
