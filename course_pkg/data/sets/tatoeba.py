"""Short English sentences with French translations by volunteers, in a file that you bring."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import replace

import numpy as np

from course_pkg.checks import check_seed, check_size
from course_pkg.data.files.download import (
    RemoteFile,
    get_by_hand,
    sha256_of,
)
from course_pkg.data.files.utf8 import read_utf8
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.pairs import Pair, Pairs, split_pairs

TATOEBA_CARD = DataCard(
    name="Tatoeba, English to French",
    origin="sentences of tatoeba.org, as pairs from manythings.org/anki (fra.txt in fra-eng.zip)",
    size="grows from year to year. Tried with 20,000 short pairs out of it (SHA256 03d03fe4...), "
    "not with the whole file",
    licence="CC BY 2.0 FR: name tatoeba.org, and the authors in the third column",
    citation="Tatoeba, https://tatoeba.org; pairs by C. Kelly, https://www.manythings.org/anki/",
    not_fit_for="comparing with published numbers, which use other years and parts; long or "
    "specialised sentences. One French sentence may translate English ones of two parts",
)
# The file on the server changes as Tatoeba grows, so no sum is asked for. This one is the sum of
# the 20,000 pairs that the loader was tried with: they are known under any name.
TATOEBA_FILE = RemoteFile(
    "fra.txt",
    "https://www.manythings.org/anki/",
    "03d03fe46ba2e936a4680c539bfa59f2d12f8f2952b14f8e57e6bd8428dd2e10",
)


def read_translations(path: str | os.PathLike[str]) -> list[Pair]:
    """Read pairs from lines of two or three columns with tabs between them.

    The third column, who wrote the sentences, is dropped, and so is a pair that comes again.
    White space of every kind becomes one space, a curly apostrophe a straight one, and a letter
    with an accent one code point; capitals and marks stay.

    Parameters
    ----------
    path : path
        Text in UTF-8.

    Returns
    -------
    list of (str, str)
        In the order of the file.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If a line has other columns or an empty text; the message names the line.
    """
    pairs: dict[Pair, None] = {}
    for number, line in enumerate(read_utf8(path).split("\n"), start=1):
        if not line.strip():
            continue
        columns = line.split("\t")
        texts = [_plain(column) for column in columns[:2]]
        if len(columns) not in (2, 3) or not all(texts):
            raise ValueError(
                f"{path}, line {number}: expected two texts, and perhaps their authors, with tabs "
                f"between them, got {line!r}"
            )
        pairs[texts[0], texts[1]] = None
    if not pairs:
        raise ValueError(f"{path}: expected at least one pair, got an empty file")
    return list(pairs)


def load_tatoeba(held_out: int = 1_000, seed: int = 0) -> Pairs:
    """Load the pairs out of ``fra.txt`` in the data folder, where you have put it.

    All pairs of one English sentence are in one part, also where it differs in capitals or marks
    alone ("I won!", "I won."). A sentence often has several translations:
    :func:`course_pkg.data.sets.pairs.by_source` gives them as references.

    Parameters
    ----------
    held_out : int
        About how many validation pairs, and test pairs, there are.
    seed : int, at least 0
        Of the split.

    Returns
    -------
    Pairs
        Words and marks on both sides. Its card says which file was read.

    Raises
    ------
    DownloadError
        If the file is not there; the message says where to get it.
    TypeError, ValueError
        If the file or a number is none of these.
    """
    check_size("held_out", held_out)
    rng = np.random.default_rng(check_seed(seed))
    path = get_by_hand("tatoeba", TATOEBA_FILE)
    pairs = read_translations(path)
    card = replace(
        TATOEBA_CARD, size=f"{len(pairs):,} pairs, out of a file with SHA256 {sha256_of(path)}"
    )
    # The file has short sentences first: the order becomes random, all of a sentence together.
    names = sorted({_letters(source) for source, _ in pairs})
    place = dict(zip(names, rng.permutation(len(names)).tolist(), strict=True))
    pairs.sort(key=lambda pair: place[_letters(pair[0])])
    groups = [_letters(source) for source, _ in pairs]
    return split_pairs(pairs, groups, ("word", "word"), card, held_out=held_out, rng=rng)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).replace("’", "'").split())


def _letters(text: str) -> str:
    """Return the letters and digits of a text without capitals, or a text that has none."""
    return "".join(filter(str.isalnum, text.casefold())) or text
