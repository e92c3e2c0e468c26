"""A made-up class is graded without a wrong point, whatever its notebooks do."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile

import pytest
from notebook_files import ROOT

from course_pkg.classroom import page, table
from course_pkg.classroom.assignment import load_assignment, stub_of
from course_pkg.classroom.grading import Mark, Result, grade_all, grade_work
from course_pkg.classroom.handed_in import Work, collect
from course_pkg.classroom.judging import Limits
from course_pkg.classroom.repair import plan
from course_pkg.classroom.submission import Handed, read_submission
from tests.classroom.made_up import ALL, CHAPTER, MOST, POINTS, rows, some_more

SOURCE = ROOT / "solutions" / f"{CHAPTER}.ipynb"
LIMITS = Limits(seconds=4)
ROWS = [*rows(), *some_more(1)]


@pytest.fixture(scope="module")
def assignment():
    return load_assignment(SOURCE)


@pytest.fixture(scope="module")
def graded(assignment, tmp_path_factory):
    """What became of each row, by name."""
    works = [Work(row.name, "", ((f"{row.name}/x.ipynb", row.content),)) for row in ROWS]
    folder = tmp_path_factory.mktemp("results")
    return {each.student: each for each in grade_all(works, assignment, folder, limits=LIMITS)}


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_row_has_its_points_and_a_reason(row, graded):
    result = graded[row.name]
    assert (result.total(), result.status) == (row.points, row.status), result.reason
    if row.status != "graded":
        assert result.reason


def test_an_answer_that_ends_the_process_costs_no_other(assignment, graded):
    marks = graded["ends in the check"].marks
    checked = {mark.exercise: mark.state for mark in marks if mark.state != "blank"}  # in words
    assert checked == dict.fromkeys(assignment.points(), "right") | {2: "wrong"}


def test_what_looks_at_frames_waits_for_a_person_from_there_on(graded):
    states = [mark.state for mark in graded["frames"].marks if mark.state != "blank"]
    assert states == ["right", *["look"] * (len(ALL) - 1)]
    assert "_getframe" in graded["frames"].reason


def test_the_stub_is_what_is_handed_out():
    for chapter in sorted((ROOT / "solutions").glob("*.ipynb")):
        exercise = json.loads((ROOT / "exercises" / chapter.name).read_text())
        handed_out = {cell["id"]: "".join(cell["source"]) for cell in exercise["cells"]}
        for cell in load_assignment(chapter).cells:
            if cell.kind == "answer":
                assert stub_of(cell.source) == handed_out[cell.id].rstrip("\n"), cell.name


def test_the_points_are_those_of_the_source(assignment):
    assert sum(assignment.points().values()) == MOST
    assert list(assignment.points().values()) == [POINTS[name] for name in ALL]
    by_hand = load_assignment(ROOT / "solutions" / "08-sequence-to-sequence.ipynb").by_hand()
    assert by_hand == {4: 3.0, 8: 5.0}


def test_a_cell_of_the_course_is_never_taken_from_what_was_handed_in(assignment):
    changed = [row for row in ROWS if row.name == "checks replaced"]
    steps = plan(assignment, read_submission(changed[0].content)).steps
    own = {cell.name: cell.source for cell in assignment.cells}
    ours = [step for step in steps if step.kind != "written"]
    assert len(ours) == 11
    assert all(step.source == own[step.name] for step in ours)


def test_a_cell_in_which_one_looks_at_a_training_is_not_run(assignment):
    look = Handed(True, "span-look", "", "print(learning_curve(0.0, 60, 1, 10_000))")
    used = look._replace(source="def helper():\n    return 3")  # an answer may call it
    sources = [step.source for step in plan(assignment, [look, used]).steps]
    assert look.source not in sources
    assert used.source in sources


def test_the_table_tells_0_from_what_could_not_be_graded(assignment, graded):
    found = csv.DictReader(io.StringIO(table.grades(assignment, list(graded.values()))))
    points = {row["student"]: row["points"] for row in found}
    assert (points["blank"], points["cut off"], points["right"]) == ("0", "", "21")
    assert points["Müller, Zoë 26"] == "21"


def test_names_are_no_formulas_and_no_markup(assignment):
    hostile = Result("=cmd()<script>", "7", "f", "graded", "@x", [Mark(1, "wrong", 0, 2, ["<b>"])])
    assert "'=cmd()" in table.grades(assignment, [hostile])
    assert "Participant 7" in table.moodle([hostile])
    text = page.page(assignment, hostile)
    assert "<script>" not in text
    assert "<b>" not in text
    assert page.file_name(hostile).endswith(".html")
    assert not set(page.file_name(hostile)) & set('/\\<>:"|?*=()')


def test_a_page_holds_messages_and_no_test(assignment, graded):
    text = page.page(assignment, graded["loop"])
    assert "ran longer than 4 seconds" in text
    for hidden in ("def slope_check", "HIDDEN TESTS", "check_array("):
        assert hidden not in text


def command(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "course_pkg", "grade", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def a_zip(path, files):
    with zipfile.ZipFile(path, "w") as pack:
        for name, content in files.items():
            pack.writestr(name, content)
    return path


def test_the_zip_of_moodle_and_of_canvas(tmp_path):
    content = next(row.content for row in ROWS if row.name == "three")
    pack = a_zip(
        tmp_path / "work.zip",
        {
            "Ann Lee_4711_assignsubmission_file_/mine.ipynb": content,
            "Ann Lee_4711_assignsubmission_file_/.ipynb_checkpoints/mine.ipynb": b"",
            "__MACOSX/Ann Lee_4711_assignsubmission_file_/mine.ipynb": b"",
            "leeben_LATE_4712_99_04-lstm-2.ipynb": content,
            "Cy_4713_assignsubmission_file_/report.pdf": b"%PDF",
        },
    )
    refused = command("04", pack, "--out", tmp_path / "out", "--moodle-feedback")
    assert "has no such folder for 'leeben'" in refused.stderr
    run = command("04", pack, "--out", tmp_path / "out")
    assert run.returncode == 0, run.stderr
    with (tmp_path / "out" / "grades.csv").open() as file:
        found = {row["student"]: row for row in csv.DictReader(file)}
    assert [found[name]["id"] for name in ("Ann Lee", "leeben")] == ["4711", "4712"]
    assert {name: row["points"] for name, row in found.items()} == {
        "Ann Lee": "7",
        "leeben": "7",
        "Cy": "",
    }
    assert found["Cy"]["reason"] == "no notebook"
    assert "Participant 4711,Ann Lee,7" in (tmp_path / "out" / "moodle.csv").read_text()
    assert "leeben,4712,,,,7" in (tmp_path / "out" / "canvas.csv").read_text()
    assert "Ann Lee; leeben" in (tmp_path / "out" / "similar.csv").read_text()


def test_moodle_takes_the_feedback_of_all_in_one_zip(tmp_path):
    """Moodle splits what comes first in a path at its underscores: name, number, kind, plugin."""
    places = {
        "Ann Lee_4711_assignsubmission_file_/sub/mine.ipynb": "Ann Lee_4711_assignsubmission_file_",
        "Ben Wu_4712_assignsubmission_file_04.ipynb": "Ben Wu_4712_assignsubmission_file_",
        "Cy_4713_assignsubmission_file/04.ipynb": "Cy_4713_assignsubmission_file",  # from 4.1 on
    }
    pack = a_zip(tmp_path / "work.zip", dict.fromkeys(places, b"no notebook"))
    out = tmp_path / "out"
    for _ in range(2):
        run = command("04", pack, "--out", out, "--moodle-feedback")
        assert run.returncode == 0, run.stderr
        content = (out / "moodle-feedback.zip").read_bytes()
        with zipfile.ZipFile(io.BytesIO(content)) as made:
            names = made.namelist()
            assert names == [f"{folder}/feedback-04-lstm.html" for folder in places.values()]
            for name, number in zip(names, ("4711", "4712", "4713"), strict=True):
                _, found, kind, plugin = name.split("/")[0].split("_", 4)[:4]
                assert (found, kind, plugin) == (number, "assignsubmission", "file")
            assert "could not be graded" in made.read(names[0]).decode()


@pytest.mark.parametrize(
    ("handed_in", "told"),
    [("default_rng(17)", True), ("default_rng(4)", False), ("my_rng", False)],
)
def test_another_seed_is_told_and_costs_nothing(assignment, handed_in, told):
    (setup,) = [cell for cell in assignment.cells if cell.name == "setup"]
    theirs = setup.source.replace("default_rng(4)", handed_in)
    planned = plan(assignment, [Handed(True, "setup", "", theirs)])
    assert ("--seed 17" in " ".join(planned.notes)) == told
    assert planned.steps[0].source == setup.source


@pytest.mark.parametrize("name", ["../out.ipynb", "/abs.ipynb", "a/../../b.ipynb", "C:/x.ipynb"])
def test_a_zip_that_points_out_of_itself_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="outside of itself"):
        collect(a_zip(tmp_path / "bad.zip", {name: b"{}"}))


def test_a_zip_with_a_link_is_refused(tmp_path):
    info = zipfile.ZipInfo("anna.ipynb")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as pack:
        pack.writestr(info, "/etc/passwd")
    with pytest.raises(ValueError, match="a link"):
        collect(tmp_path / "bad.zip")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no more", b"text"])
def test_what_is_no_zip_is_one_sentence(tmp_path, content):
    (tmp_path / "bad.zip").write_bytes(content)
    with pytest.raises(ValueError, match="submissions: "):
        collect(tmp_path / "bad.zip")


def test_no_notebook_and_two_notebooks(tmp_path, assignment):
    three, right = (next(r.content for r in ROWS if r.name == name) for name in ("three", "right"))
    (tmp_path / "anna").mkdir()
    (tmp_path / "anna" / "report.pdf").write_bytes(b"%PDF")
    for name, content in (("old", three), ("new", right)):
        (tmp_path / "ben").mkdir(exist_ok=True)
        (tmp_path / "ben" / f"{name}.ipynb").write_bytes(content)
    anna, ben = (grade_work(work, assignment, LIMITS) for work in collect(tmp_path))
    assert (anna.status, anna.reason) == ("not graded", "no notebook")
    assert ben.status == "not graded"
    assert "new.ipynb" in ben.reason
    assert "old.ipynb" in ben.reason


def test_killed_and_called_again_it_gives_the_same_table(tmp_path):
    for row in some_more(4, seed=1):
        (tmp_path / "work").mkdir(exist_ok=True)
        (tmp_path / "work" / f"{row.name}.ipynb").write_bytes(row.content)
    whole = command("04", tmp_path / "work", "--out", tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "course_pkg", "grade", "04", tmp_path / "work", "--out", out],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
    )
    while len(list((out / "results").glob("*.json"))) < 1:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (out / "grades.csv").exists()
    again = command("04", tmp_path / "work", "--out", out)
    assert again.returncode == 0, again.stderr
    for name in ("grades.csv", "moodle.csv", "canvas.csv", "similar.csv"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("99", "."), "chapter: expected the number of a chapter"),
        (("four", "."), "chapter: expected the number of a chapter"),
        (("04", "nowhere"), "submissions: expected a folder or a zip file"),
        (("04", "README.md"), "submissions: expected a folder or a zip file"),
        (("README.ipynb", "."), "README.ipynb"),
        (("04", "book/api", "--jobs", "0"), "jobs: expected an integer of at least 1"),
        (("04", "book/api", "--seconds", "-1"), "seconds, memory: expected numbers above 0"),
        (("04", "book/api/reference"), "holds no notebooks"),
    ],
)
def test_a_mistake_is_one_sentence(arguments, words, tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "course_pkg", "grade", *arguments, "--out", tmp_path / "out"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 1
    assert run.stderr.startswith("error: ")
    assert words in run.stderr
    assert run.stderr.count("\n") == 1


def test_a_page_tells_that_words_are_waiting(assignment):
    marks = [Mark(1, "right", 2, 2), Mark(7, "by hand", 0, 4)]
    text = page.page(assignment, Result("Ann", "", "f", "graded", "", marks))
    assert "Up to 4 of them wait for a person" in text
    assert "Exercise 7, in words." in text
    assert "up to 4 points" in text


def test_a_platform_is_not_told_what_was_repaired():
    mended = Result("Ann", "7", "f", "graded", "a cell was split", [Mark(1, "right", 2, 2)])
    refused = Result("Ben", "8", "f", "not graded", "no notebook")
    text = table.moodle([mended, refused])
    assert "split" not in text
    assert "no notebook" in text
