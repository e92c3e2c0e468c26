"""Points for answers in words: a person's table is read as any spreadsheet writes it, and kept."""

from __future__ import annotations

import csv
import io
import json

import pytest

from course_pkg.__main__ import main
from course_pkg.classroom import page, table, written
from course_pkg.classroom.assignment import Assignment, Cell
from course_pkg.classroom.grading import Mark, Result
from tests.classroom import parts_made_up as made_up

ASKED = Assignment(
    "04-lstm",
    (
        Cell("answer", "slope", "", "", 1),
        Cell("check", "slope-check", "", "", 1, 2.0),
        Cell("words", "proof", "", "", 1, 3.0),
        Cell("words", "critique", "", "", 2, 4.0),
    ),
    {1: "The slope", 2: "A report"},
)
STUDENTS = [("=Müller; Zoë", "7"), ("ben", ""), ("Kim", "1"), ("Kim", "2")]


def a_class(words=None):
    """Return results in which everybody has answered in words, most the same."""
    words = words or {}

    def result(student, number):
        text = words.get((student, number), "One seed, and no baseline.")
        by_hand = [
            Mark(number, "by hand", 0, most, [], name, text)
            for number, name, most in ((1, "proof", 3), (2, "critique", 4))
        ]
        return Result(student, number, "x.ipynb", "graded", "", [Mark(1, "right", 2, 2), *by_hand])

    return [result(*each) for each in STUDENTS]


def fill(path, points, *, separator=",", encoding="utf-8", comment="", columns=written.COLUMNS):
    """Fill in the table as a person does with a spreadsheet: points by row, as it counts them."""
    lines = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    for number, value in points.items():
        lines[number - 2] |= {"points": value, "comment": comment}
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, delimiter=separator, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(lines)
    path.write_bytes(text.getvalue().encode(encoding))


def read(path, results=None):
    students = [(each.student, each.id) for each in results or a_class()]
    return written.filled_in(written.read_points(path), ASKED, students, path.name)


@pytest.fixture
def path(tmp_path):
    written.add_rows(tmp_path / page.TABLE, a_class())
    return tmp_path / page.TABLE


def test_each_answer_in_words_has_a_row(path):
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    assert [(row["student"], row["id"], row["cell"], row["out_of"]) for row in rows] == [
        (table.plain_cell(student), number, name, most)
        for student, number in STUDENTS
        for name, most in (("proof", "3"), ("critique", "4"))
    ]
    assert {row["points"] + row["comment"] for row in rows} == {""}
    assert read(path) == []


@pytest.mark.parametrize(
    ("separator", "encoding", "points"),
    [
        (",", "utf-8", "2.5"),
        (",", "utf-8-sig", "2.5"),
        (";", "utf-8-sig", "2,5"),
        (";", "cp1252", " 2,5 "),
        ("\t", "utf-16", "2.5"),
    ],
)
def test_points_count_whatever_a_spreadsheet_makes_of_the_table(path, separator, encoding, points):
    comment = 'Write what "better" means;\nand, please, how often.'
    fill(path, {2: points, 9: "0"}, separator=separator, encoding=encoding, comment=comment)
    first, *between, last = written.with_points(a_class(), read(path))
    assert (first.total(), last.total()) == (4.5, 2)
    assert [each.total() for each in between] == [2, 2]
    assert first.marks[1].lines == [comment]
    assert [mark.state for mark in first.marks] == ["right", "read", "by hand"]
    assert [mark.state for mark in last.marks] == ["right", "by hand", "read"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_what_stands_there_stays_and_rows_are_added_at_the_end(path, encoding):
    columns = ("comment", "points", "note", "student", "id", "cell", "text")  # in another order
    fill(path, {3: "4"}, separator=";", encoding=encoding, comment="Gut", columns=columns)
    before = path.read_text(encoding).rstrip("\r\n")
    path.write_bytes(before.encode(encoding))  # without an end of the last line
    results = [*a_class(), Result("Łukasz", "", "x", "graded", "", a_class()[0].marks)]
    written.add_rows(path, written.with_points(results, read(path)))
    sheet = written.read_points(path)
    assert sheet.content.startswith(before)
    assert [row["student"] for _, row in sheet.rows[8:]] == ["Łukasz"] * 2
    assert [row["cell"] for _, row in sheet.rows[8:]] == ["proof", "critique"]
    again = path.read_bytes()
    written.add_rows(path, written.with_points(results, read(path)))
    assert path.read_bytes() == again


def test_another_answer_waits_for_points_of_its_own(path):
    fill(path, {4: "3", 5: "4"}, comment="Fine")
    later = a_class({("ben", ""): "Three seeds."})
    found = read(path)
    (_, ben, *_) = marked = written.with_points(later, found)
    assert ben.total() == 2
    assert [each.row for each in written.outdated(later, found)] == [4, 5]
    before = path.read_text("utf-8")
    written.add_rows(path, marked)
    assert path.read_text("utf-8").startswith(before)
    assert [row["student"] for _, row in written.read_points(path).rows[8:]] == ["ben", "ben"]
    assert written.with_points(a_class(), found)[1].total() == 9  # handed in again as it was


@pytest.mark.parametrize("gone", ["id", "text", "exercise"])
def test_a_table_without_a_column_gets_no_row_twice(path, gone):
    columns = [name for name in written.COLUMNS if name != gone]
    fill(path, {4: "3"}, columns=columns)
    before = path.read_bytes()
    for _ in range(2):
        written.add_rows(path, written.with_points(a_class(), read(path)))
        assert path.read_bytes() == before
    later = Result("Łukasz", "3", "x", "graded", "", a_class()[0].marks)
    written.add_rows(path, [*a_class(), later])
    assert len(written.read_points(path).rows) == 10


def test_a_notebook_that_cannot_be_graded_is_not_said_to_hold_another_answer(path):
    fill(path, {4: "3", 8: "1"})
    found = read(path)
    later = a_class({("Kim", "2"): "Three seeds."})
    later[1] = Result("ben", "", "x.ipynb", "not graded", "damaged", [])
    assert [each.row for each in written.outdated(later, found)] == [8]


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ("4", "row 2, column points: expected a number from 0 to 3, got '4'"),
        ("-1", "row 2, column points: expected a number from 0 to 3, got '-1'"),
        ("nan", "row 2, column points: expected a number"),
        ("two", "row 2, column points: expected a number"),
        ("1/2", "row 2, column points: expected a number"),
        ("0_1", "row 2, column points: expected a number"),
    ],
)
def test_points_that_cannot_be_are_named(path, points, words):
    fill(path, {2: points})
    with pytest.raises(ValueError, match=words):
        read(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((",7,1,proof", ",7,1,prof"), "row 2, column cell: expected .* proof, critique; got 'prof"),
        (("ben,,1,proof", "bne,,1,proof"), "row 4, column student: nobody called 'bne'"),
        (("Kim,2,1", "Kim,3,1"), "row 8, column student: nobody called 'Kim'"),
        (("student,id", "name,id"), "row 1: expected the columns student, .*; student missing"),
        (("out_of,points", "out_of,grade"), "row 1: expected the columns .*; points missing"),
        (("ben,,1", '"ben,,1'), "damaged"),
        (("ben", "b\0n"), "damaged"),
        (("ben,,2,critique", "ben,,1,proof"), "row 5, column points: '2' .* row 4 gives 1"),
    ],
)
def test_a_row_that_cannot_be_meant_is_named(path, change, words):
    fill(path, {2: "1", 4: "1", 5: "2", 8: "1"})
    text = path.read_text("utf-8")
    assert change[0] in text
    path.write_bytes(text.replace(*change, 1).encode())
    with pytest.raises(ValueError, match=f"{page.TABLE}.*{words}"):
        read(path)


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"\xff\xfe\x00", b"\x81\x8d\x00\x01"])
def test_what_is_no_table_is_one_sentence(tmp_path, content):
    (tmp_path / "points.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"points\.csv.*(CSV|expected the columns)"):
        written.read_points(tmp_path / "points.csv")


def test_tables_and_pages_say_what_a_person_has_given(path):
    fill(path, {4: "2", 5: "3"}, comment="<b>How often?</b>")
    results = written.with_points(a_class(), read(path))
    rows = {
        row["student"] + row["id"]: row
        for row in csv.DictReader(io.StringIO(table.grades(ASKED, results)))
    }
    ben, kim = rows["ben"], rows["Kim1"]
    assert (ben["points"], ben["out_of"], ben["by_hand"]) == ("7", "9", "0")
    assert (ben["exercise 1 (5)"], ben["exercise 2 (4)"]) == ("4", "3")
    assert (kim["points"], kim["by_hand"]) == ("2", "7")
    assert (kim["exercise 1 (5)"], kim["exercise 2 (4)"]) == ("2", "")  # waits, and is not 0
    assert ",ben,7," in table.moodle(results)
    assert "ben,,,,,7" in table.canvas(ASKED, results)
    own = page.page(ASKED, results[1])
    for words in ("7 of 9 points.", "2 of 3 points.", "3 of 4 points.", "A person has read this."):
        assert words in own
    assert "wait for a person" not in own
    assert "&lt;b&gt;How often?" in own
    everything = page.answers(ASKED, results)
    assert everything.count("One seed, and no baseline.") == 8
    assert "ben: 2, of 3" in everything
    assert "Kim: waits, of 4" in everything


def a_course(folder):
    """Write a chapter of one check and one answer in words, and return it with what is given."""
    made = made_up.notebook()
    words = made_up.cell("markdown", "Its rubric.", "why", points=2, solution=True, grade=True)
    made["cells"] += [made_up.cell("markdown", "## Exercise 2. Why?\n", "two"), words]
    (folder / "99-words.ipynb").write_text(json.dumps(made))
    return folder / "99-words.ipynb", made


def test_the_command_reads_the_table_and_goes_on(tmp_path, capsys):
    source, made = a_course(tmp_path)
    made["cells"][3]["source"] = made_up.RIGHT
    made["cells"][-1]["source"] = "As it doubles."
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "anna.ipynb").write_text(json.dumps(made))
    out = tmp_path / "out"
    command = ["grade", str(source), str(tmp_path / "in"), "--out", str(out)]
    assert main(command) == 0
    assert "Answers in words that wait for points: 1." in capsys.readouterr().out
    assert "As it doubles." in (out / "written-answers.html").read_text()
    before = (out / page.TABLE).read_bytes()
    assert main(command) == 0
    assert (out / page.TABLE).read_bytes() == before

    fill(out / page.TABLE, {2: "3"})
    bad, grades = (out / page.TABLE).read_bytes(), (out / "grades.csv").read_bytes()
    capsys.readouterr()
    assert main(command) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "written-points.csv, row 2, column points: expected a number from 0 to 2" in said
    assert ((out / page.TABLE).read_bytes(), (out / "grades.csv").read_bytes()) == (bad, grades)

    fill(out / page.TABLE, {2: "1,5"}, separator=";", comment="And if x is 0?")
    filled = (out / page.TABLE).read_bytes()
    assert main(command) == 0
    (row,) = csv.DictReader((out / "grades.csv").read_text().splitlines())
    assert (row["points"], row["out_of"], row["by_hand"]) == ("4.5", "5", "0")
    (own,) = (out / "feedback").iterdir()
    assert "And if x is 0?" in own.read_text()
    assert (out / page.TABLE).read_bytes() == filled
    assert main([*command, "--moodle-feedback"]) == 1
    assert "moodle-feedback: expected the zip file that Moodle" in capsys.readouterr().err
