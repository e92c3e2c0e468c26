"""`tools/sphinx_course/api.py`: a room's docstring names its modules in order, all of them."""

import re

import pytest
from notebook_files import ROOT
from sphinx.errors import ExtensionError
from sphinx_course.api import link_modules, modules_of

import course_pkg

ROOMS = [
    ".".join(path.relative_to(ROOT).parts)
    for path in [ROOT / "course_pkg", *sorted((ROOT / "course_pkg").rglob("*/"))]
    if (path / "__init__.py").is_file()
]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_names_what_is_in_it(room):
    modules_of(ROOT.joinpath(*room.split(".")), room)


def test_every_room_has_one_page():
    pages = [ROOT / "book" / "api.md", *(ROOT / "book" / "api").rglob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    assert sorted(re.findall(r"^`+\{api-modules\} (\S+)$", text, flags=re.M)) == sorted(ROOMS)


@pytest.fixture
def room(tmp_path):
    """Return a function that makes a room with two modules and a room, and reads its order."""
    (tmp_path / "inner").mkdir()
    for name in (
        "lstm.py",
        "gru.py",
        "_private.py",
        "__main__.py",
        "notes.txt",
        "inner/__init__.py",
    ):
        (tmp_path / name).touch()
    (tmp_path / "__pycache__").mkdir()

    def order(docstring):
        (tmp_path / "__init__.py").write_text(f'"""{docstring}"""\n', encoding="utf-8")
        return modules_of(tmp_path, "p.room")

    return order


@pytest.mark.parametrize(
    "docstring",
    [
        "Cells: ``lstm``, ``gru``; ``inner``.",
        "Cells.\n\n``inner`` has more;\n``lstm`` comes before ``gru``.\n\nAll take ``params``.",
        "Takes ``params``.\n\n- ``lstm``: a ``Cell``, ``f(x)``.\n- ``gru``\n- ``inner``",
        "First ``lstm``, then ``...``.",
    ],
)
def test_the_order_is_that_of_the_paragraph_with_the_names(room, docstring):
    assert room(docstring) == ["lstm", "gru"]


@pytest.mark.parametrize(
    ("docstring", "complaint"),
    [
        ("``lstm``, ``inner``", "does not name ``gru``, which is there"),
        ("``lstm``, ``gru``", "does not name ``inner``, which is there"),
        ("``lstm``, ``gru``\n\n``inner``", "does not name ``inner``"),
        ("``lstm``, ``gru``, ``inner``, ``mgu``", "names ``mgu``, which is not there"),
        ("``lstm``, ``gru``, ``inner``, ``_private``", "names ``_private``, which is not there"),
        ("``lstm``, ``gru``, ``inner``, ``gru``", "names ``gru`` twice"),
        ("", "does not name ``gru``"),
    ],
)
def test_what_is_missing_or_wrong_is_named(room, docstring, complaint):
    with pytest.raises(ExtensionError, match=re.escape(complaint)):
        room(docstring)


def test_the_names_become_links():
    lines = ["A ``room``.", "", "First ``reference``,", "then ``models``.", "", "``x``", ""]
    link_modules(None, "module", "p", course_pkg, None, lines)
    first, then = "First :py:mod:`reference <p.reference>`,", "then :py:mod:`models <p.models>`."
    assert lines == ["A ``room``.", "", first, then, "", "``x``", ""]
