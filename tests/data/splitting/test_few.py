"""A few labels: as many of each class, the same by seed, and a larger draw holds a smaller."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.data.splitting.few import draw_evenly


@given(
    sizes=st.lists(st.integers(4, 9), min_size=1, max_size=5),
    count=st.integers(1, 20),
    seed=st.integers(0, 50),
)
def test_a_draw_is_even_and_a_larger_one_holds_it(sizes, count, seed):
    count = min(count, 4 * len(sizes))
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    drawn = draw_evenly(labels, count, seed=seed)
    counts = np.bincount(labels[drawn], minlength=len(sizes))
    assert counts.sum() == count == len(set(drawn.tolist()))
    assert counts.max() - counts.min() <= 1
    assert np.array_equal(drawn, draw_evenly(labels.tolist(), count, seed=seed))
    if count > 1:
        assert set(draw_evenly(labels, count - 1, seed=seed)) < set(drawn)


def test_another_seed_draws_others_and_which_class_has_one_more_is_drawn_too():
    labels = np.repeat([0, 1, 2], 50)
    draws = [draw_evenly(labels, 4, seed=seed) for seed in range(20)]
    assert len({tuple(draw) for draw in draws}) == 20
    more = {int(np.bincount(labels[draw]).argmax()) for draw in draws}
    assert more == {0, 1, 2}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([0, 0, 1], 4), ValueError, "labels: expected 2 examples of class 1 among 4 drawn"),
        (([], 1), ValueError, "labels: "),
        (([0.5], 1), TypeError, "labels: "),
        (([0, 1], 0), ValueError, "count: expected an integer of at least 1"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        draw_evenly(*arguments)
