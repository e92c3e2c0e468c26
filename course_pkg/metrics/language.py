"""Cross-entropy of a language model in other units."""

from __future__ import annotations

import math

import numpy as np

from course_pkg.checks import check_number


def perplexity(nats: float) -> float:
    """Turn a mean cross-entropy in nats per symbol into a perplexity; NaN stays NaN.

    Examples
    --------
    >>> round(perplexity(math.log(10)), 6)  # as unsure as among 10 equal choices
    10.0
    """
    nats = _nats(nats)
    return math.inf if nats >= 700 else math.exp(nats)


def bits(nats: float) -> float:
    """Turn a mean cross-entropy in nats per symbol into bits per symbol; NaN stays NaN.

    Examples
    --------
    >>> bits(math.log(8))
    3.0
    """
    return _nats(nats) / math.log(2)


def _nats(nats: float) -> float:
    """Check a cross-entropy; where a model has gone wrong, it may be NaN."""
    if isinstance(nats, (float, np.floating)) and math.isnan(nats):
        return math.nan
    return check_number("nats", nats, "[0, inf]")
