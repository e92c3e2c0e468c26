"""`course_pkg.reference.losses.reduction`; the tests of the losses hold it against torch."""

import numpy as np
import pytest

from course_pkg.reference.losses.reduction import check_reduction, reduce, spread

LOSSES = np.array([[1.0, 2.0], [3.0, 6.0]])


@pytest.mark.parametrize(("reduction", "expected"), [("mean", 3.0), ("sum", 12.0)])
def test_the_gradient_is_what_each_loss_adds(reduction, expected):
    assert reduce(LOSSES, reduction, total=4) == expected
    gradient = spread(2.0, LOSSES, reduction, total=4)
    changed = LOSSES + np.array([[0.5, 0], [0, 0]])
    difference = reduce(changed, reduction, total=4) - expected
    assert 2 * difference == pytest.approx(0.5 * gradient[0, 0], rel=1e-12)
    assert (gradient == gradient[0, 0]).all()


def test_none_passes_everything_through():
    assert np.array_equal(reduce(LOSSES, "none", total=4), LOSSES)
    assert np.array_equal(spread(LOSSES, LOSSES, "none", total=4), LOSSES)


def test_other_words_are_refused():
    with pytest.raises(ValueError, match="reduction: expected one of 'mean', 'sum', 'none', got"):
        check_reduction("average")
