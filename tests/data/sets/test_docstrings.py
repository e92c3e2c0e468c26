"""Docstrings: what is read, what is kept of it, and that no part tells of another."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

from course_pkg.data.registry import load_labelled, load_text
from course_pkg.data.sets import docstring_text, docstrings, library
from course_pkg.data.sets.labelled import LabelledTexts
from course_pkg.data.sets.library import (
    ALIKE,
    FAMILIES,
    LONGEST,
    MASK,
    SHORTEST,
    family_texts,
    letters,
    prose,
    runs,
)
from course_pkg.data.text.tokens import words
from course_pkg.data.text.vocabulary import END

ONLY_IN_SOME = {"_pydatetime"}  # in Python 3.11 its docstrings stand in datetime
# Texts of Python 3.11, 3.12 and 3.13, and the parts in which all three were seen to have them.
STABLE = {
    "Return a list of folder names.": 0,
    "Kill the process with SIGKILL": 0,
    "Return a day as a table cell.": 1,
    "Returns a process pool object": 1,
    "Return an iterator over keys.": 2,
    "Base class for raw binary I/O.": 2,
}


def parts():
    return load_labelled("docstrings")[:3]


def runs_of(texts):
    return {run for text in texts for run in runs(text)}


def test_every_docstring_of_a_module_or_package_is_read_and_no_test_is(tmp_path):
    (tmp_path / "one.py").write_text(
        '"""A module."""\nclass C:\n    """A class."""\n    async def f(self):\n'
        '        """A method."""\n        def g():\n            "Inside."\n'
        'def h():\n    x = "no docstring"\n',
        encoding="utf-8",
    )
    (tmp_path / "two" / "tests").mkdir(parents=True)
    (tmp_path / "two" / "__init__.py").write_bytes(b"# coding: latin-1\n'A caf\xe9.'\n")
    (tmp_path / "two" / "inner.py").write_text("'Inner.'\n", encoding="utf-8")
    (tmp_path / "two" / "tests" / "inner.py").write_text("'A test.'\n", encoding="utf-8")
    (tmp_path / "three.py").write_text("'Not asked for.'\n", encoding="utf-8")
    found = list(library.docstrings(["one", "two", "missing"], tmp_path))
    assert Counter(found) == Counter(
        ["A module.", "A class.", "A method.", "Inside.", "A café.", "Inner."]
    )


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("One\n   two.\n\n\nThree.", "One two. Three."),
        ("See this:\n\n    >>> f(1)\n    2\n\nand that", "See this: and that"),
        ("Title\n=====\nText", "Title Text"),
        ("An asyncio Queue, queues, os.path", f"An {MASK} {MASK}, {MASK}, {MASK}.path"),
        ("EmailMessage of _pydecimal", f"EmailMessage of {MASK}"),
        ("a word of the cost", "a word of the cost"),
        ("", ""),
    ],
)
def test_prose_is_one_line_without_typed_examples_and_names(text, kept):
    assert prose(text) == kept
    assert prose(prose(text)) == kept


def test_runs_are_the_words_in_a_row():
    assert runs("One, TWO 3 three!") == {"one two three"}
    text = "a b c d e f g h"
    assert len(runs(text)) == len(text.split()) - ALIKE + 1
    assert runs("") == {""}


def test_the_sizes_are_those_promised():
    texts = load_labelled("docstrings")
    assert isinstance(texts, LabelledTexts)
    assert len(texts.train) >= 2000
    assert min(len(texts.valid), len(texts.test)) >= 500
    # 2,000 labels can be drawn evenly, and no class is rare where accuracy is measured.
    trained, *held_out = (Counter(label for _, label in part) for part in parts())
    assert set(trained) == set(range(len(texts.classes)))
    assert min(trained.values()) >= 2000 / len(texts.classes)
    assert all(min(counts.values()) >= 50 for counts in held_out)
    lengths = [len(text.split()) for part in parts() for text, _ in part]
    assert min(lengths) >= SHORTEST
    assert max(lengths) == LONGEST


def test_the_classes_are_those_of_the_modules():
    labels = {text: label for part in parts() for text, label in part}
    for label, family in enumerate(load_labelled("docstrings").classes):
        for text in library.docstrings(FAMILIES[family]):
            kept = prose(text, LONGEST)
            # It is there unless a copy stands for it, or it is short, or two families have it.
            assert labels.get(kept, label) == label


def test_no_text_comes_twice_and_near_copies_are_in_one_part():
    texts = [text for part in parts() for text, _ in part]
    assert len({letters(text) for text in texts}) == len(texts) == len(family_texts())
    first, second, third = ([text for text, _ in part] for part in parts())
    assert not runs_of(first) & runs_of(second + third)
    assert not runs_of(second) & runs_of(third)


def test_what_two_families_say_is_left_out(monkeypatch, tmp_path):
    for name, text in {"a": "The same four words.", "b": "the same FOUR words"}.items():
        (tmp_path / f"{name}.py").write_text(f"'{text}'\ndef f():\n  'Only of module {name} here'")
    monkeypatch.setattr(library, "FAMILIES", {"first": ("a",), "second": ("b",)})
    monkeypatch.setattr(library.sysconfig, "get_path", lambda _: str(tmp_path))
    assert library.family_texts.__wrapped__() == {
        "Only of module a here": "first",
        "Only of module b here": "second",
    }


def test_no_word_of_a_text_is_the_name_of_a_module_of_a_family():
    names = {name.strip("_") for family in FAMILIES.values() for name in family}
    for text in (text for part in parts() for text, _ in part):
        assert not names & {word.lower().strip("_") for word in words(text)}


def test_every_module_is_there_and_in_one_list():
    lists = [*FAMILIES.values(), docstring_text.TRAIN, docstring_text.VALID, docstring_text.TEST]
    names = [name for names in lists for name in names]
    assert len(names) == len(set(names))
    assert set(names) - ONLY_IN_SOME <= set(sys.stdlib_module_names)
    for name in set(names) - ONLY_IN_SOME - {"decimal", "datetime"}:
        assert next(library.docstrings([name]), ""), name


def test_a_text_is_in_the_same_part_whatever_the_version_of_python():
    where = {text: i for i, part in enumerate(parts()) for text, _ in part}
    for text, part in STABLE.items():
        assert where[text] == part


def test_nothing_depends_on_the_order_of_sets():
    code = (
        "import hashlib\n"
        "from course_pkg.data.sets.docstring_text import lines_of_parts\n"
        "from course_pkg.data.sets.docstrings import split_texts\n"
        "print(hashlib.sha256(repr((split_texts(), lines_of_parts())).encode()).hexdigest())"
    )
    sums = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(sums) == 1


def test_the_text_without_labels_holds_nothing_of_a_held_out_text():
    _, *held_out = parts()
    labelled = runs_of(text for part in held_out for text, _ in part)
    train, valid, test = map(runs_of, docstring_text.lines_of_parts())
    assert not labelled & (train | valid | test)
    assert not (train & valid) | (train & test) | (valid & test)


def test_the_text_comes_as_characters_and_as_words():
    for name in ("docstring-text", "family-text"):
        characters, tokens = load_text(name), load_text(name, "word")
        assert (characters.level, tokens.level) == ("char", "word")
        for i in range(3):
            assert characters[i].endswith("\n")
            assert characters[i].count("\n") == tokens[i].count(END)
            assert tokens[i][-1] == END
    assert len(load_text("docstring-text").train) > 600_000


def test_the_text_of_the_families_is_that_of_their_parts():
    for part, text in zip(parts(), load_text("family-text")[:3], strict=True):
        assert text.splitlines() == [line for line, _ in part]


def test_a_python_without_sources_is_refused_in_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(library.sysconfig, "get_path", lambda _: str(tmp_path))
    docstrings.split_texts.cache_clear()
    library.family_texts.cache_clear()
    try:
        with pytest.raises(ModuleNotFoundError, match=r"source files .* install a full Python"):
            load_labelled("docstrings")
    finally:
        docstrings.split_texts.cache_clear()
        library.family_texts.cache_clear()
