"""`course_pkg.reference.baselines.word_by_word`: by hand, by its definition, on known truth."""

import itertools
import math
from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest

from course_pkg.reference.baselines.word_by_word import EMPTY, WordByWord

GERMAN = [["das", "haus"], ["das", "buch"], ["ein", "buch"]]
ENGLISH = [["the", "house"], ["the", "book"], ["a", "book"]]


def by_definition(sources, targets, passes):
    """Go through all alignments: which source word each target word comes from, one by one.

    Returns the table after the passes, and -log p(f | e) per target word before each.
    """
    words = {f for target in targets for f in target}
    table = defaultdict(lambda: Fraction(1, len(words)))
    nats = []
    for _ in range(passes):
        counts, cost = defaultdict(Fraction), 0.0
        for source, target in zip(sources, targets, strict=True):
            e = [EMPTY, *source]
            weight = {}  # of each alignment, its probability together with the target
            for alignment in itertools.product(range(len(e)), repeat=len(target)):
                p = Fraction(1, len(e) ** len(target))
                for f, i in zip(target, alignment, strict=True):
                    p *= table[e[i], f]
                weight[alignment] = p
            cost -= math.log(sum(weight.values()))
            for alignment, p in weight.items():
                for f, i in zip(target, alignment, strict=True):
                    counts[e[i], f] += p / sum(weight.values())
        nats.append(cost / sum(map(len, targets)))
        totals = defaultdict(Fraction)
        for (e_i, _), count in counts.items():
            totals[e_i] += count
        table = defaultdict(Fraction, {pair: c / totals[pair[0]] for pair, c in counts.items()})
    return table, nats


def test_one_pass_by_hand():
    # Each English word is shared by das, haus and the empty word alike: a third each.
    # das: the 1/3 + 1/3, house 1/3, book 1/3, together 4/3.
    model = WordByWord.fit(GERMAN, ENGLISH, passes=1)
    assert model.partners_of("das") == pytest.approx({"the": 1 / 2, "house": 1 / 4, "book": 1 / 4})
    assert model.partners_of("haus") == pytest.approx({"the": 1 / 2, "house": 1 / 2})
    third = pytest.approx({"the": 1 / 3, "book": 1 / 3, "house": 1 / 6, "a": 1 / 6})
    assert model.partners_of(EMPTY) == third
    assert model.nats == pytest.approx((math.log(4),))  # even guesses among 4 words


def test_two_passes_by_hand():
    # "the" beside haus: das 1/2, haus 1/2, empty 1/3, so haus gets 3/8. "house" beside haus: das
    # 1/4, haus 1/2, empty 1/6, so haus gets 6/11.
    the, house = 3 / 8, 6 / 11
    model = WordByWord.fit(GERMAN, ENGLISH, passes=2)
    expected = {"house": house / (the + house), "the": the / (the + house)}
    assert model.partners_of("haus") == pytest.approx(expected, rel=1e-12)
    assert next(iter(model.partners_of("haus"))) == "house"


@pytest.mark.parametrize("passes", [1, 2, 4])
def test_the_same_as_through_all_alignments(passes):
    sources = [["a", "b"], ["b", "c", "b"], ["a"], ["c", "d"], []]  # b twice; nothing at all
    targets = [["x", "y"], ["y", "y", "z"], [], ["z", "w", "x"], ["w"]]
    table, nats = by_definition(sources, targets, passes)
    model = WordByWord.fit(sources, targets, passes=passes)
    assert model.nats == pytest.approx(nats, rel=1e-12)
    for word in [EMPTY, "a", "b", "c", "d"]:
        expected = {f: float(p) for (e, f), p in table.items() if e == word}
        assert model.partners_of(word) == pytest.approx(expected, rel=1e-12)
        probabilities = list(model.partners_of(word).values())
        assert probabilities == sorted(probabilities, reverse=True)


def planted(seed, sentences=300, V=40):
    """Draw sources, and targets by a secret dictionary, in another order."""
    rng = np.random.default_rng(seed)
    dictionary = rng.permutation(V)
    sources = [rng.integers(V, size=rng.integers(2, 8)) for _ in range(sentences)]
    targets = [rng.permutation(dictionary[source]) for source in sources]
    words = [[f"x{k}" for k in source] for source in sources]
    return words, [[f"y{k}" for k in target] for target in targets], dictionary


@pytest.mark.parametrize("seed", range(10))
def test_a_secret_dictionary_is_found(seed):
    sources, targets, dictionary = planted(seed)
    model = WordByWord.fit(sources, targets)
    found = model.translate([f"x{k}" for k in range(len(dictionary))])
    assert found == [f"y{k}" for k in dictionary]


def test_no_pass_makes_the_training_text_less_likely():
    sources, targets, _ = planted(0)
    nats = WordByWord.fit(sources, targets, passes=30).nats
    assert (np.diff(nats) <= 1e-12).all()
    assert nats[0] == pytest.approx(math.log(40))
    assert nats[-1] < nats[0] / 1.5


def test_what_was_never_seen_stays():
    model = WordByWord.fit([["das", "haus"], ["leer"]], [["the", "house"], []])
    assert model.translate(["Haus", "leer", "!"]) == ["Haus", "leer", "!"]
    assert model.translate([]) == []
    assert model.partners_of("Haus") == model.partners_of("leer") == {}


def test_of_equal_partners_the_first_seen_is_taken():
    model = WordByWord.fit([["e"], ["e"]], [["z", "y"], ["x"]])
    assert model.translate(["e"]) == ["z"]


def test_messages():
    with pytest.raises(ValueError, match="targets: expected at least one word, got empty texts"):
        WordByWord.fit([["a"]], [[]])
    with pytest.raises(ValueError, match="passes: expected an integer of at least 1, got 0"):
        WordByWord.fit([["a"]], [["b"]], passes=0)
    with pytest.raises(TypeError, match=r"targets\[0\]: expected a list of words, got str; cut"):
        WordByWord.fit([["a"]], ["b"])
    model = WordByWord.fit([["a"]], [["b"]])
    with pytest.raises(TypeError, match="source: expected a list of words, got str; cut it"):
        model.translate("a b")
    with pytest.raises(TypeError, match=r"word: expected a word \(str\), got int"):
        model.partners_of(3)
