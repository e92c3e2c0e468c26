"""What students get: it is complete, holds no solution, and works with other numbers."""

from __future__ import annotations

import json
import re
import zipfile

import pytest
from notebook_files import ROOT

from course_pkg.classroom.assigning import HERE, assign, check_solved, data_of
from course_pkg.classroom.assignment import load_assignment, with_seed
from course_pkg.classroom.wheel import make_wheel

SOURCES = sorted((ROOT / "solutions").glob("*.ipynb"))
LSTM = ROOT / "solutions" / "04-lstm.ipynb"


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    out = tmp_path_factory.mktemp("class") / "out"
    return out, assign([LSTM], out, seed=17)


def test_the_folder_is_complete_and_without_solutions(handed_out):
    out, names = handed_out
    wheel = next(name for name in names if name.endswith(".whl"))
    notebooks = {"book/04-lstm.ipynb", "exercises/04-lstm.ipynb"}
    chapter = (out / "book" / LSTM.name).read_text()
    recorded = {f"book/results/{name}" for name in re.findall(r"results/([\w-]+\.csv)", chapter)}
    assert recorded  # the chapter reads them, so it runs
    assert set(names) == {*notebooks, *recorded, "README.txt", wheel}
    readme = (out / "README.txt").read_text()
    assert readme.count("\n") == 3
    assert "grade ... --seed 17" in readme
    assert wheel in readme
    for name in names:
        if name.endswith(".ipynb"):
            assert "BEGIN SOLUTION" not in (out / name).read_text()
            assert "HIDDEN TESTS" not in (out / name).read_text()


def test_nothing_differs_but_the_seed_and_links_that_would_lead_nowhere(handed_out):
    out, _ = handed_out
    differing = []
    for folder in ("exercises", "book"):
        ours = json.loads((ROOT / folder / LSTM.name).read_text())
        theirs = json.loads((out / folder / LSTM.name).read_text())
        for cell, other in zip(ours["cells"], theirs["cells"], strict=True):
            before, after = "".join(cell.pop("source")), "".join(other.pop("source"))
            assert cell == other
            if before == after:
                continue
            differing.append(folder)
            if cell["cell_type"] == "code":
                assert re.sub(r"default_rng\(4\)", "default_rng(17)", before) == after
            else:
                left = re.sub(r"^\*\*Where\.\*\*.*", HERE, before, flags=re.MULTILINE)
                left = re.sub(r"\n\n\*When you have tried: .*solutions/.*", "", left)
                left = re.sub(r"\[([^]]*)\]\((?:\.\./book/)?05-gru\.ipynb\)", r"\1", left)
                assert left == after
    assert differing == ["exercises"] * 11  # where, the set-up, eight statements, what next


def links_of(folder, name):
    cells = json.loads((folder / "exercises" / name).read_text())["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    return re.findall(r"\]\(([^)\s#:]+\.(?:ipynb|md))", text)


def test_no_link_of_an_exercise_leads_out_of_the_pack(handed_out, tmp_path):
    out, _ = handed_out
    both = tmp_path / "both"
    assign([LSTM, LSTM.with_name("05-gru.ipynb")], both)
    for folder, name in ((out, "04-lstm"), (both, "04-lstm"), (both, "05-gru")):
        links = links_of(folder, f"{name}.ipynb")
        assert links
        for link in links:
            assert (folder / "exercises" / link).resolve().is_file(), link
            assert "solutions" not in link
    assert "05-gru.ipynb" not in links_of(out, "04-lstm.ipynb")
    assert "05-gru.ipynb" in links_of(both, "04-lstm.ipynb")


def test_the_wheel_holds_the_package_and_nothing_else(handed_out):
    out, names = handed_out
    (wheel,) = [name for name in names if name.endswith(".whl")]
    with zipfile.ZipFile(out / wheel) as pack:
        tops = {name.split("/")[0] for name in pack.namelist()}
        assert "course_pkg/py.typed" in pack.namelist()
    assert {top for top in tops if not top.endswith(".dist-info")} == {"course_pkg"}


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("notes")
    with pytest.raises(ValueError, match="out: expected an empty folder"):
        assign([LSTM], tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "notes"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_solution_that_fails_with_a_seed_is_not_handed_out(tmp_path):
    assignment = load_assignment(LSTM, seed=5)
    spoilt = [
        cell._replace(source=cell.source.replace("log10", "log")) if cell.name == "slope" else cell
        for cell in assignment.cells
    ]
    with pytest.raises(ValueError, match=r"seed: .* exercise 2 of 04-lstm"):
        check_solved(assignment._replace(cells=tuple(spoilt)))


def test_each_chapter_can_be_drawn_anew():
    for source in SOURCES:
        setup = next(c.source for c in load_assignment(source, seed=5).cells if c.name == "setup")
        assert setup.count("default_rng(5)") == 1, source.name
    with pytest.raises(ValueError, match="seed: this chapter's set-up draws no numbers"):
        with_seed("x = 1", 5)
    with pytest.raises(ValueError, match="seed: expected an integer of at least 0"):
        with_seed("default_rng(1)", -1)


def test_the_cards_are_those_of_the_data_that_are_loaded():
    found = {each.name for each in data_of(load_assignment(SOURCES[8]))}
    assert found == {"word-kinds", "word-kinds-text", "word-kinds-anew"}
    assert data_of(load_assignment(LSTM)) == []
    assert "agreement" in {each.name for each in data_of(load_assignment(SOURCES[6]))}


def test_no_course_no_wheel(tmp_path):
    with pytest.raises(ValueError, match=r"course: expected a copy of the course, .* lacks"):
        make_wheel(tmp_path, tmp_path)
