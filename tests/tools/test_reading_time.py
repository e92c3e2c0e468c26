"""`tools/reading_time.py`: what is counted, what it makes, and where it is written."""

import pytest
import reading_time
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from notebook_files import METADATA, dumps, read, write
from reading_time import Counts, counts_of, main, minutes_of, words_of
from sphinx_course.chapter_lists import card, table
from sphinx_course.chapters import ChapterError, read_chapter


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("Two words.", 2),
        ("# A heading - and *more*", 4),
        ("well-known, don't", 2),
        ("the state $h_{t-1} + W x$ turns", 4),
        ("call `rnn.forward(x, h)` now", 3),
        ("see [the exercises](../exercises/01-one.ipynb)", 3),
        ("by {term}`computational graph <graph>` and {cite:p}`elman1990,jordan1986`", 5),
        ("$$\na + b = c\n$$ (eq-one)\n\nafter", 1),
        ("```{math}\n:label: eq-x\na + b\n```\nafter", 1),
        ("\\begin{align*}\na &= b\n\\end{align*}\nafter", 1),
        (":::{admonition} Think first\n:class: think-first\nWhy so?\n:::", 4),
        ("```python\nx = 1\ny = 2\n```\nthat is all", 3),
        ("| a | b |\n|---|---|\n| 1 | two words |", 5),
        ("![a picture of three boxes](a.png)", 0),
        ("(planned)=\n## Planned", 1),
        ("before<br>after <span lang='zh'>循环</span>", 3),
    ],
)
def test_words_are_what_one_reads(markdown, words):
    assert words_of(markdown) == words


def notebook(*, words=300, equations=0, lines=0, folded=0, exercises=90):
    first = (
        "# T\n\n**Why?**\n\n:::{admonition} After this chapter you can\n:class: objectives\n"
        "- a\n- b\n- c\n:::\n\n"
        f"**Time.** Reading 1 minutes, exercises {exercises} minutes.\n\n"
        "**Before you start.** Nothing."
    )
    text = " ".join(["word"] * words) + "\n\n$$\na\n$$" * equations
    hidden = {"tags": ["hide-input"]}
    cells = [
        new_markdown_cell(first, id="a"),
        new_markdown_cell(text, id="b"),
        new_code_cell("x = 1\n\n" * lines, id="c"),
        new_code_cell("x = 1\n" * folded, metadata=hidden, id="d"),
    ]
    return new_notebook(cells=cells, metadata=METADATA)


def test_words_equations_and_open_code_count():
    first = counts_of(notebook(words=0)).words
    assert counts_of(notebook(words=50, equations=4, lines=7, folded=9)) == (50 + first, 4, 7)
    captioned = notebook(words=0)
    captioned.cells[2].metadata["mystnb"] = {"figure": {"caption": "Three more words."}}
    assert counts_of(captioned).words == first + 3


@pytest.mark.parametrize(
    ("counts", "minutes"),
    [
        (Counts(1500, 0, 0), (10, 10)),
        (Counts(1500, 10, 0), (25, 25)),
        (Counts(1500, 10, 300), (25, 45)),
        (Counts(1874, 0, 0), (10, 10)),
        (Counts(1875, 0, 0), (15, 15)),
        (Counts(1, 0, 0), (5, 5)),
    ],
)
def test_the_rule(counts, minutes):
    assert minutes_of(counts) == minutes


def test_the_command_writes_the_line_and_what_lists_chapters_reads_it(tmp_path, capsys):
    path = tmp_path / "01-one.ipynb"
    write(path, dumps(notebook(words=3000, equations=10, lines=600)))
    with pytest.raises(ChapterError, match="lacks the line '\\*\\*Time"):
        read_chapter(path)
    assert main([str(path)]) == 0
    assert "35 minutes, with the code 75" in capsys.readouterr().out
    chapter = read_chapter(path)
    assert chapter.minutes == (35, 75, 90)
    assert "Text 35 min, with the code 1 h 15 min, [exercises](" in card(chapter)
    assert "  - Text 35 min, with the code 1 h 15 min, [exercises](" in table([chapter])
    before = path.read_bytes()
    assert main([str(path)]) == 0
    assert path.read_bytes() == before


def test_a_notebook_without_the_line_is_left_alone(tmp_path, capsys):
    path = tmp_path / "01-one.ipynb"
    without = notebook()
    without.cells[0].source = "# T"
    write(path, dumps(without))
    assert main([str(path)]) == 1
    assert "the first cell lacks the line" in capsys.readouterr().err
    assert read(path).cells[0].source == "# T"


def test_all_chapters_are_the_default(monkeypatch, capsys):
    monkeypatch.setattr(reading_time, "notebooks_in", lambda folder: [])
    assert main([]) == 0
    assert capsys.readouterr().out == ""
