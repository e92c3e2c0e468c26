"""The adding problem: add two marked numbers that lie far apart in a sequence of noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_generator, check_size

# Always to answer 1, the mean of the sum, has the variance of the sum of two uniform numbers.
ADDING_BASELINE = 1 / 6


def adding_problem(
    T: int, B: int, rng: np.random.Generator
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Draw a batch of the adding problem.

    Each step holds a number, uniform in [0, 1), and a mark. Two steps are marked with 1: one in
    the first half of the sequence, one in the second. The target is the sum of the two marked
    numbers.

    Parameters
    ----------
    T : int
        Number of steps, at least 2.
    B : int
        Number of sequences.
    rng : numpy.random.Generator

    Returns
    -------
    x : ndarray, (T, B, 2)
        Number and mark.
    target : ndarray, (B, 1)
        Always to answer 1 gives the mean squared error 1/6.

    Raises
    ------
    TypeError, ValueError
        If a size is no integer of at least 1 (T: 2), or ``rng`` is no generator.

    Notes
    -----
    Source: :cite:t:`hochreiterschmidhuber1997`, with other places for the marks; with numbers in
    [0, 1), as :cite:t:`le2015` use it.

    Examples
    --------
    >>> x, target = adding_problem(4, 1, np.random.default_rng(0))
    >>> x[:, 0].round(2)
    array([[0.85, 1.  ],
           [0.64, 0.  ],
           [0.51, 1.  ],
           [0.27, 0.  ]], dtype=float32)
    >>> target.round(2)
    array([[1.36]], dtype=float32)
    """
    T, B = check_size("T", T), check_size("B", B)
    if T < 2:
        raise ValueError(f"T: expected at least 2, one step for each marked number, got {T}")
    check_generator(rng)
    x = np.zeros((T, B, 2), dtype=np.float32)
    x[:, :, 0] = rng.random((T, B), dtype=np.float32)
    rows = np.arange(B)
    first, second = rng.integers(0, T // 2, B), rng.integers(T // 2, T, B)
    x[first, rows, 1] = x[second, rows, 1] = 1
    target = x[first, rows, 0] + x[second, rows, 0]  # (B,)
    return x, target[:, None]
