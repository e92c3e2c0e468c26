"""`course_pkg.reference.baselines.nearest` by hand, and beside a loop over all pairs."""

import math

import numpy as np
import pytest

from course_pkg.reference.baselines.nearest import Nearest

SOURCES = [
    ["the", "cat", "sleeps"],
    ["the", "dog", "eats"],
    ["the", "dog", "eats", "the", "cat"],
    ["a", "cat"],
]
TARGETS = [["le", "chat", "dort"], ["le", "chien", "mange"], ["le", "chien", "mange"], []]


@pytest.mark.parametrize(
    ("source", "pair", "overlap"),
    [
        ("the dog sleeps eats", 1, 3 / 4),  # the dog eats: 3 of 4
        ("cat dog the eats", 2, 1),  # sets: neither order nor repetition counts
        ("the the the", 0, 1 / 3),  # of the first two, the first
        ("cat mouse", 3, 1 / 3),  # cat: 1 of 3; in the first pair 1 of 4
        ("mouse", 0, 0),
        ("", 0, 0),
    ],
)
def test_jaccard_by_hand(source, pair, overlap):
    model = Nearest.fit(SOURCES, TARGETS, rare_words_count_more=False)
    found = model.find(source.split())
    assert found.pair == pair
    assert found.overlap == pytest.approx(overlap, rel=1e-12)
    assert model.translate(source.split()) == TARGETS[pair]


def test_a_rare_word_counts_more_by_hand():
    # Of 4 sources, 3 have "the", 3 "cat", 1 "sleeps", 1 "a".
    often, once, never = (1 + math.log(5 / (1 + n)) for n in (3, 1, 0))
    model = Nearest.fit(SOURCES, TARGETS)
    found = model.find(["the", "sleeps", "new"])
    assert found.pair == 0
    expected = (often + once) / (2 * often + once + never)
    assert found.overlap == pytest.approx(expected, rel=1e-12)
    # Two pairs share one word of three, and only the weights tell them apart.
    pairs = [["of", "x"], ["rare", "x"], ["of", "y"], ["of", "z"]]
    even, weighted = (Nearest.fit(pairs, [[]] * 4, rare_words_count_more=w) for w in (False, True))
    assert even.find(["of", "rare"]).pair == 0
    assert weighted.find(["of", "rare"]).pair == 1


@pytest.mark.parametrize("seed", range(5))
def test_the_same_as_a_loop_over_all_pairs(seed):
    rng = np.random.default_rng(seed)

    def text():  # words that differ in how often they come, and some that training may lack
        return [f"w{int(k)}" for k in rng.exponential(6, size=rng.integers(0, 9))]

    sources = [text() for _ in range(200)]
    model = Nearest.fit(sources, [[str(n)] for n in range(200)])
    for _ in range(50):
        query = text()

        def weight(words):
            counts = [sum(word in source for source in sources) for word in sorted(words)]
            return math.fsum(1 + math.log(201 / (1 + count)) for count in counts)

        mine = set(query)
        both = [(weight(mine & set(s)), weight(mine | set(s))) for s in sources]
        overlaps = [shared / together if shared else 0.0 for shared, together in both]
        found = model.find(query)
        assert found.overlap == pytest.approx(max(overlaps), rel=1e-12)
        assert overlaps[found.pair] == pytest.approx(max(overlaps), rel=1e-12)


def test_a_training_source_finds_itself_and_its_translation_is_a_copy():
    model = Nearest.fit(SOURCES, TARGETS)
    for n, source in enumerate(SOURCES):
        assert model.find(source).pair == n
        assert model.find(source).overlap == pytest.approx(1)
    model.translate(SOURCES[0]).append("!")
    assert model.translate(SOURCES[0]) == TARGETS[0]


def test_messages():
    with pytest.raises(TypeError, match=r"targets\[1\]: expected a list of words, got str; cut"):
        Nearest.fit([["a"], ["b"]], [["a"], "b"])
    with pytest.raises(ValueError, match="targets: expected 2 of them, one for each of sources"):
        Nearest.fit([["a"], ["b"]], [["a"]])
    with pytest.raises(TypeError, match="rare_words_count_more: expected True or False, got 1"):
        Nearest.fit([["a"]], [["a"]], rare_words_count_more=1)
    with pytest.raises(TypeError, match="source: expected a list of words, got str; cut it"):
        Nearest.fit([["a"]], [["a"]]).find("a")
