"""`tools/exercise_links.py`: each exercise leads to its solution, each notebook to the next."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from exercise_links import following, slug_of, with_links
from markdown_it import MarkdownIt
from myst_parser.mdit_to_docutils.base import compute_unique_slug
from nbformat.v4 import new_markdown_cell, new_notebook
from notebook_files import ROOT, dumps, notebooks_in, read, write

from course_pkg.classroom.links import change_texts, without_dead_links, without_solutions

LINK = re.compile(r"\]\(([^)\s#:]+\.ipynb)(?:#([^)\s]*))?\)")


def slugs_of_the_site(notebook):
    """Return what the site calls the headings of a notebook."""
    from markdown_it.tree import SyntaxTreeNode
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    found = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parsed = SyntaxTreeNode(MarkdownIt().use(dollarmath_plugin).parse(cell.source))
            for node in parsed.walk():
                if node.type == "heading":
                    found.append(compute_unique_slug(node, found))
    return found


def texts(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


@pytest.mark.parametrize("path", notebooks_in("exercises"), ids=lambda path: path.stem)
def test_each_link_leads_to_a_place_that_is_there(path):
    """From work/, too, which lies beside exercises/."""
    exercise, solution = read(path), read(ROOT / "solutions" / path.name)
    places = set(slugs_of_the_site(solution))
    to_solution = []
    for text in texts(exercise):
        for target, place in LINK.findall(text):
            assert (path.parent / target).resolve().is_file(), target
            if target.startswith("../solutions/"):
                to_solution.append(place)
                assert (ROOT / "work" / target).resolve() == ROOT / "solutions" / path.name
    numbers = [place.split("-")[1] for place in to_solution[:-1]]
    headings = [
        number for text in texts(solution) for number in re.findall(r"^## Exercise (\d+)", text)
    ]
    assert numbers == headings
    assert set(to_solution[:-1]) <= places
    assert to_solution[-1] == ""  # the whole


def test_the_notebooks_are_a_chain():
    after = following(notebooks_in("solutions"))
    contents = (ROOT / "_toc.yml").read_text()
    order = [f"{name}.ipynb" for name in re.findall(r"file: exercises/(\S+)", contents)]
    assert [after[name].name for name in order[:-1]] == order[1:]
    for name, next_one in after.items():
        assert f"]({next_one.name})." in texts(read(ROOT / "exercises" / name))[-1]
    assert order[-1] not in after


def test_without_a_table_of_contents_the_names_are_the_order(tmp_path):
    paths = [tmp_path / "solutions" / name for name in ("01-a.ipynb", "02-b.ipynb")]
    assert following(paths) == {"01-a.ipynb": paths[1]}
    (tmp_path / "_toc.yml").write_text("      - file: exercises/02-b\n")  # 01 is not in it yet
    assert following(paths) == {"01-a.ipynb": paths[1]}
    (tmp_path / "_toc.yml").write_text("- file: exercises/02-b\n  - file: exercises/01-a\n")
    assert following(paths) == {"02-b.ipynb": paths[0]}
    assert following([]) == {}


@pytest.mark.parametrize(
    ("heading", "slug"),
    [
        ("Exercise 2. Predict, then run (warm-up)", "exercise-2-predict-then-run-warm-up"),
        ("Exercise 4. What is `h_n`?", "exercise-4-what-is-h_n"),
        ("Exercise 5. The sigmoid's $\\sigma'$ bound", "exercise-5-the-sigmoids--bound"),
    ],
)
def test_the_place_is_what_the_site_calls_it(heading, slug):
    assert slug_of(f" {heading}") == slug
    notebook = new_notebook(cells=[new_markdown_cell(f"## {heading}")])
    assert slugs_of_the_site(notebook) == [slug]


def made_up(tmp_path):
    write(tmp_path / "02-b.ipynb", dumps(new_notebook(cells=[new_markdown_cell("# Exercises: B")])))
    cells = ["# Exercises: A", "## Exercise 1. One\n\nWrite `f`.", "## What next\n\nBack."]
    notebook = new_notebook(cells=[new_markdown_cell(text) for text in cells])
    return notebook, with_links(notebook, "01-a.ipynb", tmp_path / "02-b.ipynb")


def test_what_is_added_and_what_a_course_without_solutions_shows(tmp_path):
    before, after = made_up(tmp_path)
    assert texts(after) == [
        "# Exercises: A",
        "## Exercise 1. One\n\nWrite `f`.\n\n"
        "*When you have tried: [solution of exercise 1](../solutions/01-a.ipynb#exercise-1-one).*",
        "## What next\n\nBack.\n\nThe next notebook: [Exercises: B](02-b.ipynb).\n\n"
        "*When you have tried: [the solutions of this notebook](../solutions/01-a.ipynb).*",
    ]
    assert texts(before)[1].endswith("Write `f`.")  # it stays as it was
    after = json.loads(dumps(after))  # as the site and `assign` read it
    change_texts(after, without_solutions)
    after = nbformat.from_dict(after)
    for cell in after.cells:
        cell.source = "".join(cell.source)
    assert texts(after)[1] == texts(before)[1]
    assert "solutions" not in dumps(after)
    assert "[Exercises: B](02-b.ipynb)" in texts(after)[2]


def test_a_link_that_leads_nowhere_is_its_words():
    text = "[a](b.ipynb), [c](../book/d.ipynb#e), [f](https://g.org/h.ipynb), ![i](j.png)"
    assert without_dead_links(text, lambda path: False) == (
        "a, c, [f](https://g.org/h.ipynb), ![i](j.png)"
    )
    assert without_dead_links(text, lambda path: Path(path).name == "b.ipynb") == (
        "[a](b.ipynb), c, [f](https://g.org/h.ipynb), ![i](j.png)"
    )
