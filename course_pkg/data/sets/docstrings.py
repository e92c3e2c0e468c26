"""Real texts with real labels without a download: docstrings, and what their modules are for."""

from __future__ import annotations

import platform
from functools import cache

from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.labelled import Example, LabelledTexts, place_of
from course_pkg.data.sets.library import FAMILIES, family_texts, letters, runs

DOCSTRINGS_CARD = DataCard(
    name="Docstrings by module family",
    origin=(
        "the source files of the standard library of the running Python, "
        f"{platform.python_version()}"
    ),
    size=(
        "about 3,400 texts of 4 to 60 words (Python 3.11): 2,400 training, 520 validation, 510 test"
    ),
    licence="PSF licence",
    citation="The Python Standard Library, Python Software Foundation",
    not_fit_for=(
        "comparison between versions of Python: 3.11, 3.12 and 3.13 share nine texts in ten. Nor "
        "as a sample of English. Which family a module is in was decided for this course, and "
        "some texts, such as 'Return True if it is empty', fit any of them"
    ),
)
HELD_OUT = 0.15  # share of the validation part, and of the test part


def load_docstrings() -> LabelledTexts:
    """Load docstrings of the standard library, each with the family of its module.

    A text is the prose of a docstring in one line, without typed examples, cut off after 60 words.
    Names of the families' modules are masked: they would give the label away. Texts that share six
    words in a row are in one part. Which part that is depends on the texts alone, so one version
    of Python puts a text where another one puts it, save a few.

    Returns
    -------
    LabelledTexts
        Words. Each part is in an order that says nothing.

    Raises
    ------
    ModuleNotFoundError
        If this Python came without the source files of its library.

    Examples
    --------
    >>> texts = load_docstrings()
    >>> texts.classes
    ('concurrency', 'files', 'mail', 'numbers', 'testing', 'web')
    >>> len(texts.train) > 2000, len(texts.valid) > 500, len(texts.test) > 500
    (True, True, True)
    """
    train, valid, test = map(list, split_texts())
    return LabelledTexts(train, valid, test, tuple(FAMILIES), "word", DOCSTRINGS_CARD)


@cache
def split_texts() -> tuple[list[Example], list[Example], list[Example]]:
    """Return the three parts."""
    texts = family_texts()
    classes = list(FAMILIES)
    parts: tuple[list[Example], list[Example], list[Example]] = ([], [], [])
    for group in _groups(list(texts)):
        place = place_of(min(map(letters, group)))
        part = parts[2 if place < HELD_OUT else 1 if place < 2 * HELD_OUT else 0]
        part += [(text, classes.index(texts[text])) for text in group]
    for part in parts:
        part.sort(key=lambda example: place_of(example[0]))
    return parts


def _groups(texts: list[str]) -> list[list[str]]:
    """Return the texts in groups: two that share a run of words are in one."""
    leader = list(range(len(texts)))

    def first(i: int) -> int:
        while leader[i] != i:
            leader[i] = leader[leader[i]]  # the way gets shorter
            i = leader[i]
        return i

    seen: dict[str, int] = {}
    for i, text in enumerate(texts):
        for run in runs(text):
            leader[first(i)] = first(seen.setdefault(run, i))
    groups: dict[int, list[str]] = {}
    for i, text in enumerate(texts):
        groups.setdefault(first(i), []).append(text)
    return list(groups.values())
