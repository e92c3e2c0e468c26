"""Cross-entropy in other units, also where a model has gone wrong."""

import math

import numpy as np
import pytest

from course_pkg.metrics.language import bits, perplexity


def test_a_huge_loss_has_an_infinite_perplexity():
    assert perplexity(1e4) == math.inf
    assert bits(math.inf) == math.inf


@pytest.mark.parametrize("nan", [math.nan, np.float32("nan"), np.float64("nan")])
def test_a_loss_that_is_nan_has_a_perplexity_that_is_nan(nan):
    assert math.isnan(perplexity(nan))
    assert math.isnan(bits(nan))


def test_a_loss_below_0_is_refused():
    with pytest.raises(ValueError, match="nats: expected a number"):
        perplexity(-1)
