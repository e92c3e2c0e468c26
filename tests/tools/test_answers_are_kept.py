"""What a learner has written is never overwritten, deleted, or called an error."""

import json

import copy_exercises
import make_exercises
import pytest
from copy_exercises import copy_exercises as copied
from make_exercises import differences, wanted_exercises
from nbformat.v4 import new_code_cell
from notebook_files import dumps, is_as_made, read, write

from tests.tools.samples import solution_notebook

ANSWER = "def double(x):\n    return x + x"


def change(path, edit):
    """Edit a notebook file the way JupyterLab would save it."""
    notebook = read(path)
    edit(notebook)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False), encoding="utf-8")
    return path.read_bytes()


def solve(notebook):
    notebook.cells[1].source = ANSWER


def take_note(notebook):
    notebook.cells.append(new_code_cell("double(21)"))


def run_only(notebook):
    notebook.metadata["kernelspec"]["display_name"] = "Python 3 (ipykernel)"
    notebook.cells[1].execution_count = 3
    notebook.cells[1].outputs = [{"output_type": "stream", "name": "stdout", "text": "defined"}]


@pytest.fixture
def exercise(project):
    """The exercise of the project, just made."""
    assert make_exercises.main([]) == 0
    return project / "exercises" / "01-one.ipynb"


@pytest.fixture
def new_solution(project):
    """A function that changes the solution, so that its exercise is another one."""

    def rewrite(title):
        solution = solution_notebook()
        solution.cells[0].source = f"# {title}"
        write(project / "solutions" / "01-one.ipynb", dumps(solution))

    return rewrite


# make exercises


def test_what_was_just_made_passes_the_check(exercise, project, capsys):
    first = exercise.read_bytes()
    assert make_exercises.main(["--check"]) == 0
    capsys.readouterr()
    assert make_exercises.main([]) == 0
    assert "unchanged" in capsys.readouterr().out
    assert exercise.read_bytes() == first
    assert not list(project.rglob("*.part"))


@pytest.mark.parametrize("edit", [solve, take_note])
@pytest.mark.parametrize("outdated", [False, True])
def test_answers_are_not_overwritten(exercise, new_solution, edit, outdated, capsys):
    written = change(exercise, edit)
    if outdated:
        new_solution("Others")
    assert make_exercises.main([]) == 1
    message = capsys.readouterr().err
    assert "01-one.ipynb holds answers or notes, so it is left as it is" in message
    assert "Move it to work/" in message
    assert exercise.read_bytes() == written
    assert make_exercises.main(["--check"]) == 0
    assert "make exercises" not in capsys.readouterr().err


def test_an_unreadable_exercise_is_not_overwritten(exercise, capsys):
    exercise.write_text("<<<<<<< HEAD")
    assert make_exercises.main([]) == 1
    assert exercise.read_text() == "<<<<<<< HEAD"


def test_a_learners_own_files_stay(exercise, project, capsys):
    for name in ("01-my-answers.ipynb", "Untitled.ipynb", "Zoës Lösung 课程.ipynb"):
        (project / "exercises" / name).write_bytes(change(exercise, solve))
    make_exercises.main([])
    assert len(list((project / "exercises").iterdir())) == 4
    assert "01-my-answers.ipynb: left alone, as there is no solutions/" in capsys.readouterr().out
    assert make_exercises.main(["--check"]) == 0


def test_an_exercise_that_was_only_run_is_no_fault_and_may_be_made_anew(exercise, capsys):
    first = exercise.read_bytes()
    change(exercise, run_only)
    assert make_exercises.main(["--check"]) == 0
    assert capsys.readouterr().err == ""
    assert make_exercises.main([]) == 0
    assert exercise.read_bytes() == first


@pytest.mark.parametrize("saved", [False, True])
def test_an_outdated_exercise_without_answers_fails_the_check(
    exercise, new_solution, saved, capsys
):
    if saved:
        change(exercise, run_only)
    new_solution("Others")
    assert make_exercises.main(["--check"]) == 1
    assert "01-one.ipynb differs from what solutions/01-one.ipynb" in capsys.readouterr().err
    assert make_exercises.main([]) == 0
    assert make_exercises.main(["--check"]) == 0
    assert read(exercise).cells[0].source == "# Others"


def test_missing_and_left_over_exercises_fail_the_check(exercise, project, capsys):
    exercise.rename(exercise.with_name("02-two.ipynb"))
    assert make_exercises.main(["--check"]) == 1
    message = capsys.readouterr().err
    assert "01-one.ipynb is missing" in message
    assert "02-two.ipynb is left over: there is no solutions/02-two.ipynb" in message
    assert make_exercises.main([]) == 0
    assert exercise.with_name("02-two.ipynb").exists()


@pytest.mark.parametrize("edit", [solve, take_note, run_only])
def test_before_a_change_lands_nothing_may_differ(exercise, project, edit):
    change(exercise, edit)
    wanted = wanted_exercises([project / "solutions" / "01-one.ipynb"])
    assert differences(wanted, exercise.parent)[0] == []
    faults, personal = differences(wanted, exercise.parent, strict=True)
    assert len(faults) == 1
    assert "01-one.ipynb" in faults[0]
    assert personal == []


def test_a_refusal_names_the_file_and_writes_nothing(project, solution, capsys):
    del solution.cells[2].metadata["nbgrader"]["points"]
    write(project / "solutions" / "01-one.ipynb", dumps(solution))
    assert make_exercises.main([]) == 1
    assert "01-one.ipynb: cell 3 (id 'check', grade_id 'double-check')" in capsys.readouterr().err
    assert not (project / "exercises").exists()


# make lab


@pytest.fixture
def work(project):
    return project / "work"


@pytest.fixture
def fetch(exercise, work):
    """A function that does what `make lab` does, and returns its sentences."""
    return lambda: copied(sorted(exercise.parent.glob("*.ipynb")), work)


def names(work):
    return sorted(path.name for path in work.iterdir())


def test_copies_are_made_when_they_are_missing(fetch, exercise, work):
    (sentence,) = fetch()
    assert "your copies of the exercises, 1 new" in sentence
    assert (work / exercise.name).read_bytes() == exercise.read_bytes()
    assert fetch() == []
    (work / exercise.name).unlink()
    assert len(fetch()) == 1
    assert names(work) == ["01-one.ipynb"]


@pytest.mark.parametrize("edit", [solve, take_note, run_only])
def test_a_copy_of_this_version_is_left_alone(fetch, exercise, work, edit):
    fetch()
    saved = change(work / exercise.name, edit)
    assert fetch() == []
    assert (work / exercise.name).read_bytes() == saved
    assert names(work) == ["01-one.ipynb"]


@pytest.mark.parametrize("edit", [lambda notebook: None, run_only])
def test_a_copy_without_answers_follows_the_exercise(fetch, exercise, work, new_solution, edit):
    fetch()
    change(work / exercise.name, edit)
    new_solution("Others")
    make_exercises.main([])
    (sentence,) = fetch()
    assert "brought up to date; it held no answers" in sentence
    assert (work / exercise.name).read_bytes() == exercise.read_bytes()
    assert names(work) == ["01-one.ipynb"]


@pytest.mark.parametrize("edit", [solve, take_note])
def test_a_new_version_is_laid_beside_answers(fetch, exercise, work, new_solution, edit):
    fetch()
    mine = change(work / exercise.name, edit)
    new_solution("Others")
    make_exercises.main([])
    (sentence,) = fetch()
    assert "01-one.ipynb: this exercise has changed since you began" in sentence
    assert sentence.endswith("01-one-new.ipynb.")
    assert (work / exercise.name).read_bytes() == mine
    assert (work / "01-one-new.ipynb").read_bytes() == exercise.read_bytes()
    assert fetch() == []  # once is enough

    # A third version takes the place of the second, in which nobody has written ...
    new_solution("Third")
    make_exercises.main([])
    fetch()
    assert names(work) == ["01-one-new.ipynb", "01-one.ipynb"]
    assert (work / "01-one-new.ipynb").read_bytes() == exercise.read_bytes()
    # ... and a fourth lies beside both when somebody has.
    also_mine = change(work / "01-one-new.ipynb", edit)
    new_solution("Fourth")
    make_exercises.main([])
    fetch()
    assert names(work) == ["01-one-new-2.ipynb", "01-one-new.ipynb", "01-one.ipynb"]
    assert (work / exercise.name).read_bytes() == mine
    assert (work / "01-one-new.ipynb").read_bytes() == also_mine


def test_a_copy_that_lost_its_hash_or_its_sense_counts_as_written_in(fetch, exercise, work):
    fetch()
    for spoilt in (dumps(solution_notebook()), "no notebook"):
        (work / exercise.name).write_text(spoilt)
        (sentence,) = fetch()
        assert "01-one-new.ipynb" in sentence
        assert (work / exercise.name).read_text() == spoilt
        (work / "01-one-new.ipynb").unlink()


@pytest.mark.parametrize("course", ["RNN", {"cells_as_made": ["one"]}, None])
def test_what_another_notebook_holds_under_the_same_key_does_not_matter(fetch, work, course):
    work.mkdir()
    mine = solution_notebook()
    mine.metadata["course"] = course
    (work / "lecture.ipynb").write_text(dumps(mine))
    (sentence,) = fetch()
    assert "your copies of the exercises, 1 new" in sentence


def test_a_link_to_what_is_not_there_today_stays(fetch, exercise, work, tmp_path):
    work.mkdir()
    (work / exercise.name).symlink_to(tmp_path / "disk" / exercise.name)
    (sentence,) = fetch()
    assert sentence.endswith("01-one-new.ipynb.")
    assert (work / exercise.name).readlink() == tmp_path / "disk" / exercise.name


def test_answers_given_in_exercises_come_along(fetch, exercise, work):
    written = change(exercise, solve)
    fetch()
    assert read(work / exercise.name).cells[1].source == ANSWER
    assert exercise.read_bytes() == written
    assert not is_as_made(read(work / exercise.name))
    assert fetch() == []


def test_a_learners_other_files_do_not_matter(fetch, exercise, work):
    work.mkdir()
    (work / "Untitled.ipynb").write_text("")
    (work / "Mein Versuch 课程.ipynb").write_bytes(change(exercise, solve))
    (work / "notes.txt").touch()
    (work / "folder.ipynb").mkdir()
    before = {path: path.read_bytes() for path in work.iterdir() if path.is_file()}
    fetch()
    assert all(path.read_bytes() == content for path, content in before.items())
    assert (work / exercise.name).exists()


def test_one_exercise_that_cannot_be_read_does_not_keep_the_others(fetch, exercise, work):
    (exercise.parent / "00-broken.ipynb").write_text("<<<<<<< HEAD")
    first, second = fetch()
    assert "your copies of the exercises, 1 new" in first
    assert "00-broken.ipynb cannot be read" in second


# Beside a chapter of the same name.


@pytest.fixture
def chapter(project, new_solution):
    """A chapter 01-one, whose exercise leads on to the next, and an exercise without a chapter."""
    (project / "book").mkdir()
    for name in ("01-one", "02-two"):
        (project / "book" / f"{name}.ipynb").touch()
    new_solution(
        "[Next](02-two.ipynb#start), [chapter](../book/01-one.ipynb), [p](project-1.ipynb)"
    )
    make_exercises.main([])
    write(project / "exercises" / "project-1.ipynb", dumps(solution_notebook()))
    return project / "book" / "01-one.ipynb"


def test_a_copy_has_a_name_of_its_own_and_leads_to_copies(chapter, fetch, exercise, work):
    fetch()
    assert names(work) == ["01-one-exercises.ipynb", "project-1.ipynb"]
    copy = read(work / "01-one-exercises.ipynb")
    assert copy.cells[0].source == (
        "# [Next](02-two-exercises.ipynb#start), [chapter](../book/01-one.ipynb), "
        "[p](project-1.ipynb)"
    )
    assert copy.cells[1:] == read(exercise).cells[1:]
    assert fetch() == []


@pytest.mark.parametrize("edit", [solve, take_note, run_only, lambda notebook: None])
def test_such_a_copy_follows_the_exercise_unless_somebody_wrote_in_it(
    chapter, fetch, work, new_solution, edit
):
    fetch()
    saved = change(work / "01-one-exercises.ipynb", edit)
    assert fetch() == []
    new_solution("Others")
    make_exercises.main([])
    (sentence,) = fetch()
    if edit in (solve, take_note):
        assert sentence.endswith("01-one-exercises-new.ipynb.")
        assert (work / "01-one-exercises.ipynb").read_bytes() == saved
    else:
        assert "01-one-exercises.ipynb: brought up to date" in sentence
        assert read(work / "01-one-exercises.ipynb").cells[0].source == "# Others"
    assert fetch() == []


@pytest.mark.parametrize("edit", [solve, lambda notebook: None])
def test_a_copy_from_before_stays_and_counts(chapter, fetch, exercise, work, new_solution, edit):
    work.mkdir()
    (work / exercise.name).write_bytes(exercise.read_bytes())
    saved = change(work / exercise.name, edit)
    fetch()
    assert names(work) == ["01-one.ipynb", "project-1.ipynb"]
    assert (work / exercise.name).read_bytes() == saved
    new_solution("Others")
    make_exercises.main([])
    (sentence,) = fetch()
    if edit is solve:
        assert sentence.endswith("01-one-new.ipynb.")
        assert (work / exercise.name).read_bytes() == saved
    else:
        assert "01-one.ipynb: brought up to date" in sentence
    assert fetch() == []


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path, monkeypatch, capsys):
    (tmp_path / "work").touch()
    monkeypatch.setattr(copy_exercises, "ROOT", tmp_path)
    assert copy_exercises.main() == 1
    assert capsys.readouterr().err.startswith("work/ could not be filled")
