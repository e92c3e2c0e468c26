"""Does a model know when it is right? Of all answers it is 80 % sure of, 80 % should be right."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_size

Floats = npt.NDArray[np.float64]


class Reliability(NamedTuple):
    """What was said and what came true, in M bins of confidence."""

    said: Floats  # (M,), mean confidence; NaN in an empty bin
    true: Floats  # (M,), share of right answers; NaN in an empty bin
    answers: npt.NDArray[np.int64]  # (M,), their number

    @property
    def error(self) -> float:
        """The expected calibration error, which is the mean gap between said and true.

        Notes
        -----
        ``ECE = sum_m answers_m / N |true_m - said_m|``, over M bins and N answers. It depends on
        the bins, and a model that always says the share of the most frequent class has none: it
        speaks of honesty, and not of how often the answers are right.

        Source: :cite:t:`guo2017`.
        """
        filled = self.answers > 0
        gaps = np.abs(self.true - self.said)[filled]
        return float((self.answers[filled] * gaps).sum() / self.answers.sum())


def reliability(
    confidence: npt.NDArray[np.floating], right: npt.NDArray[np.bool_], *, bins: int = 10
) -> Reliability:
    """Compare how sure a model was with how often it was right.

    Parameters
    ----------
    confidence : ndarray, (N,), values in [0, 1]
        The probability that the model gave to its answer.
    right : ndarray of bool, (N,)
        Whether the answer was right.
    bins : int
        M bins of equal width, each with its upper end, the first with both.

    Returns
    -------
    Reliability

    Raises
    ------
    TypeError, ValueError
        If an array has the wrong type or shape, is empty, or a confidence is outside [0, 1].

    Notes
    -----
    Source: :cite:t:`guo2017`.

    Examples
    --------
    Four answers given with 95 %, of which three are right.

    >>> found = reliability(np.full(4, 0.95), np.array([True, True, True, False]))
    >>> found.true[-1], round(found.error, 2)
    (np.float64(0.75), 0.2)
    """
    M = check_size("bins", bins)
    for name, value, kind in (("confidence", confidence, "f"), ("right", right, "b")):
        if not isinstance(value, np.ndarray):
            raise TypeError(f"{name}: expected a NumPy array, got {type(value).__name__}")
        if value.dtype.kind != kind:
            wanted = "floats" if kind == "f" else "bool"
            raise TypeError(f"{name}: expected {wanted}, got {value.dtype}")
    if confidence.ndim != 1 or confidence.size == 0:
        raise ValueError(f"confidence: expected shape (N,) with N >= 1, got {confidence.shape}")
    if right.shape != confidence.shape:
        raise ValueError(f"right: expected shape {confidence.shape}, got {right.shape}")
    for bad in confidence[~((confidence >= 0) & (confidence <= 1))]:
        raise ValueError(f"confidence: expected values in [0, 1], got {bad}")
    place = np.clip(np.ceil(confidence.astype(np.float64) * M).astype(np.int64) - 1, 0, M - 1)
    count = np.bincount(place, minlength=M)
    with np.errstate(invalid="ignore"):  # nothing divided by nothing
        said = np.bincount(place, confidence, M) / count
        true = np.bincount(place, right, M) / count
    return Reliability(said, true, count)
