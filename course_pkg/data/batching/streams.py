"""One long text as B streams, read window by window: the batches of truncated BPTT."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from course_pkg.checks import check_integer, check_size
from course_pkg.reference.checks import IntArray, check_array


class StreamWindow(NamedTuple):
    """Some steps of every stream, and for each step the token that comes next."""

    x: IntArray  # (T, B), the tokens that are read
    y: IntArray  # (T, B), the token behind each: the target
    first: bool  # whether the streams begin here: start with a zero state, else carry it on


class TokenStreams(Sequence[StreamWindow]):
    """Cut a long row of tokens into B streams side by side, and these into windows.

    Window k + 1 goes on, in each column, exactly where window k ended. So the final state of
    one window is the right initial state of the next; without its history
    (``state.detach()`` in PyTorch), or the graph would reach back to the first window.

    Windows are views: nothing is copied, and an epoch leaves nothing behind. They can be asked
    for by number, so that a run which was stopped goes on in the middle of an epoch.

    Parameters
    ----------
    ids : ndarray of int, (N,)
        The tokens of a whole text.
    B : int
        Number of streams. The up to B - 1 tokens that do not fill a row are left out.
    T : int
        Steps in a window. The last one may be shorter.

    Raises
    ------
    TypeError, ValueError
        If ``ids`` is no row of B + 1 integers or more, or a size is no integer of at least 1.

    Examples
    --------
    >>> import numpy as np
    >>> streams = TokenStreams(np.arange(9), B=2, T=3)
    >>> for x, y, first in streams:  # stream 0 reads 0 to 3, stream 1 reads 4 to 7
    ...     print(x.T.tolist(), y.T.tolist(), first)
    [[0, 1, 2], [4, 5, 6]] [[1, 2, 3], [5, 6, 7]] True
    [[3], [7]] [[4], [8]] False
    """

    def __init__(self, ids: IntArray, B: int, T: int) -> None:
        self.B, self.T = check_size("B", B), check_size("T", T)
        check_array("ids", ids)
        if ids.dtype.kind not in "iu":
            raise TypeError(f"ids: expected integers, got {ids.dtype}")
        if ids.ndim != 1 or len(ids) <= B:
            raise ValueError(f"ids: expected shape (N,) with N > B = {B}, got {ids.shape}")
        self.steps = (len(ids) - 1) // B  # the last token is a target only
        self._x = ids[: self.steps * B].reshape(B, self.steps).T  # (steps, B), a view
        self._y = ids[1 : self.steps * B + 1].reshape(B, self.steps).T

    def __len__(self) -> int:
        """Return the number of windows in an epoch."""
        return -(-self.steps // self.T)

    def __getitem__(self, k: int) -> StreamWindow:  # type: ignore[override]
        """Return window number ``k``, counted from 0; slices are refused."""
        if not 0 <= check_integer("k", k) < len(self):
            raise IndexError(f"k: expected a window in 0..{len(self) - 1}, got {k}")
        steps = slice(k * self.T, (k + 1) * self.T)
        return StreamWindow(self._x[steps], self._y[steps], first=k == 0)

    def __iter__(self) -> Iterator[StreamWindow]:
        """Yield the windows of one epoch in order."""
        return (self[k] for k in range(len(self)))
