"""`course_pkg.reference.baselines.counts` against a Counter and sets."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from course_pkg.reference.baselines.counts import count, numbers


@pytest.mark.parametrize("seed", range(20))
def test_equals_a_counter(seed):
    rng = np.random.default_rng(seed)
    V, order = int(rng.integers(2, 7)), int(rng.integers(1, 6))
    text = rng.integers(0, V, int(rng.integers(1, 80)))
    levels = count(text, V, order)
    grams = numbers(levels, text, V)
    assert len(levels) == order
    for k, level in enumerate(levels, 1):
        windows = [tuple(text[j : j + k].tolist()) for j in range(len(text) - k + 1)]
        expected = Counter(windows)
        if k < order:
            before = defaultdict(set)
            for j, window in enumerate(windows[1:]):
                before[window].add(text[j])
            expected = Counter({window: len(tokens) for window, tokens in before.items()})
        assert len(level.keys) == len(set(windows)) + 1
        assert level.counts[-1] == level.totals[-1] == level.kinds[-1] == 0
        for j, window in enumerate(windows):
            assert level.counts[grams[k][j]] == expected[window]
            behind = [n for gram, n in expected.items() if gram[:-1] == window[:-1]]
            h = grams[k - 1][j]
            assert (level.totals[h], level.kinds[h]) == (sum(behind), len(behind))


def test_what_was_never_seen_has_the_last_number():
    levels = count(np.array([0, 1, 0, 1]), 4, 3)
    texts = np.array([[0, 1, 0, 1], [1, 1, 0, 2], [3, 0, 1, 0]])
    found = numbers(levels, texts, 4)
    unseen = [found[k] == len(level.keys) - 1 for k, level in enumerate(levels, 1)]
    np.testing.assert_array_equal(unseen[0], (texts > 1))
    np.testing.assert_array_equal(unseen[1], [[0, 0, 0], [1, 0, 1], [1, 0, 0]])
    np.testing.assert_array_equal(unseen[2], [[0, 0], [1, 1], [1, 0]])


def test_the_text_is_left_as_it_was():
    text = np.array([0, 1, 0, 1])
    text.flags.writeable = False
    assert [len(level.counts) - 1 for level in count(text, 2, 3)] == [2, 2, 2]
