"""Cut the steps of a sequence into blocks that fit the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator

BLOCK_BYTES = 2**19  # half a megabyte, within a second-level cache


def time_blocks(T: int, bytes_per_step: int) -> Iterator[slice]:
    """Yield slices of time steps, the last block first.

    A backward pass needs factors that do not depend on the gradient, such as the slopes of the
    gates. Computed step by step, small networks spend their time on starting operations; computed
    for all steps at once, large ones wait for the memory. In blocks, neither happens.

    Parameters
    ----------
    T : int
        Number of steps.
    bytes_per_step : int
        Size of what is computed for one step.

    Yields
    ------
    slice
        From the end of the sequence to its start; together all T steps.

    Examples
    --------
    >>> list(time_blocks(5, bytes_per_step=200_000))
    [slice(3, 5, None), slice(1, 3, None), slice(0, 1, None)]
    """
    size = max(1, BLOCK_BYTES // bytes_per_step)
    for stop in range(T, 0, -size):
        yield slice(max(0, stop - size), stop)
