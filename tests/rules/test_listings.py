"""A program that a chapter shows and offers as a file is the same in both places."""

import json
from pathlib import Path

import pytest

BOOK = Path(__file__).parents[2] / "book"
FILES = sorted((BOOK / "files").glob("*.py"))


def lines(text: str) -> list[str]:
    """List the lines that are not empty: between two cells the file may have more empty ones."""
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def shown(stem: str) -> list[str]:
    """List the lines of all cells with the tag ``file-STEM``, in order."""
    return [
        line
        for notebook in sorted(BOOK.glob("[0-9][0-9]-*.ipynb"))
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        if f"file-{stem}" in cell["metadata"].get("tags", [])
        for line in lines("".join(cell["source"]))
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_file_ends_with_what_the_chapter_shows(path):
    cells, program = shown(path.stem), lines(path.read_text(encoding="utf-8"))
    assert cells, f"no cell of a chapter has the tag file-{path.stem}"
    assert program[-len(cells) :] == cells


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_rest_of_the_file_imports_and_reads_and_no_more(path):
    program = lines(path.read_text(encoding="utf-8"))
    head = program[: len(program) - len(shown(path.stem))]
    assert all(line.startswith(('"""', "import ", "from ", "own = ", "text = ")) for line in head)
