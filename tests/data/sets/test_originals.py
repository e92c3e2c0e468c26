"""The loaders on the public originals, where somebody has them.

The environment variable COURSE_ORIGINALS names a folder with any of them, under any name. Without
it these tests are skipped; nothing is downloaded.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from course_pkg.data.files.download import (
    DownloadError,
    get_by_hand,
    sha256_of,
    take_from,
)
from course_pkg.data.registry import find
from course_pkg.data.sets.banking77 import load_banking77
from course_pkg.data.sets.digits import load_digits
from course_pkg.data.sets.library import letters
from course_pkg.data.sets.pairs import by_source
from course_pkg.data.sets.polarity import load_polarity
from course_pkg.data.sets.ptb import load_ptb
from course_pkg.data.sets.tatoeba import TATOEBA_FILE, load_tatoeba
from course_pkg.data.sets.tinyshakespeare import load_tinyshakespeare
from course_pkg.data.sets.token_files import read_tokens
from course_pkg.data.sets.wikitext import load_wikitext2
from course_pkg.data.text.joined import join_words, split_words

FOLDER = os.environ.get("COURSE_ORIGINALS", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="COURSE_ORIGINALS names no folder of originals")


@cache
def originals():
    """Return the files of the folder by their SHA256."""
    return {sha256_of(path): path for path in sorted(Path(FOLDER).iterdir()) if path.is_file()}


def need(*sums):
    """Return the files with these SHA256, or skip."""
    missing = [sum_ for sum_ in sums if sum_ not in originals()]
    if missing:
        pytest.skip(f"{FOLDER} has no file with SHA256 {missing[0][:12]}...")
    return [originals()[sum_] for sum_ in sums]


def take(name):
    """Put the files of a data set where its loader looks, or skip."""
    try:
        take_from(FOLDER, name, find(name).files)
    except DownloadError as error:
        pytest.skip(str(error))


def test_tinyshakespeare():
    take("tinyshakespeare")
    corpus = load_tinyshakespeare()
    assert sum(map(len, corpus[:3])) == 1_115_394
    assert len(set("".join(corpus[:3]))) == 65
    assert corpus.valid.startswith("First Citizen:\nBefore we proceed any further, hear me speak.")


def test_ptb():
    take("ptb")
    corpus = load_ptb()
    assert [len(part) for part in corpus[:3]] == [929_589, 73_760, 82_430]
    assert len(set(corpus.train)) == 10_000


def test_wikitext2():
    take("wikitext2")
    assert [len(part) for part in load_wikitext2()[:3]] == [2_088_628, 217_646, 245_569]


def test_mnist():
    take("mnist")
    digits = load_digits("full")
    assert [len(part.labels) for part in digits[:3]] == [55_000, 5_000, 10_000]
    assert digits.test.labels[:5].tolist() == [7, 2, 1, 0, 4]


def test_the_twenty_thousand_pairs_of_tatoeba():
    need(TATOEBA_FILE.sha256)
    get_by_hand("tatoeba", TATOEBA_FILE, folder=FOLDER)
    pairs = load_tatoeba()
    # Of 20,000 lines, 78 differ from another one at most in white space and apostrophes.
    assert sum(map(len, pairs[:3])) == 19_922
    assert [len(part) for part in pairs[1:3]] == pytest.approx([1_000, 1_000], abs=10)
    trained = {source for source, _ in pairs.train}
    assert not trained & {source for part in pairs[1:3] for source, _ in part}
    assert len(by_source(pairs.test)) > 500
    texts = {text for part in pairs[:3] for pair in part for text in pair}
    assert all(join_words(split_words(text)) == text for text in texts)


def test_polarity():
    take("polarity")
    texts = load_polarity()
    assert sum(map(len, texts[:3])) == 10_662
    labels = [label for part in texts[:3] for _, label in part]
    assert labels.count(0) == labels.count(1) == 5_331
    assert [len(part) for part in texts[1:3]] == pytest.approx([1_066, 1_066], rel=0.06)
    labels_of = dict(text for part in texts[:3] for text in part)
    assert texts.classes[labels_of["effective but too-tepid biopic"]] == "positive"


def test_banking77():
    take("banking77")
    texts = load_banking77()
    assert len(texts.classes) == 77
    assert len(texts.test) == 3_080
    assert len(texts.train) + len(texts.valid) == pytest.approx(10_003 - 25, abs=10)
    assert len(texts.valid) == pytest.approx(1_000, abs=20)
    assert ("I am still waiting on my card?", texts.classes.index("card_arrival")) in texts.train
    trained = {letters(text) for part in texts[:2] for text, _ in part}
    assert not trained & {letters(text) for text, _ in texts.test}


@pytest.mark.parametrize(
    ("sum_", "count"),
    [
        ("f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8", 217_646),
        ("d790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0", 245_569),
    ],
    ids=["valid", "test"],
)
def test_the_tokens_of_wikitext2_are_counted_as_published(sum_, count):
    (path,) = need(sum_)
    assert len(read_tokens(path)) == count
