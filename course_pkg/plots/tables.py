"""A table that says that two computations agree, and cannot be shown unless they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_number


@dataclass(frozen=True, repr=False)
class ParityTable:
    """Rows of (what was compared, how many numbers), all within one tolerance.

    It is one line, which unfolds in a notebook and on a page; as text the table stands below it.
    """

    rows: tuple[tuple[str, int], ...]
    tolerance: float

    @property
    def _bound(self) -> str:
        return f"below {self.tolerance}"

    @property
    def _counts(self) -> str:
        """Say how much was compared, with what the bound is said of."""
        comparisons, numbers = len(self.rows), sum(size for _, size in self.rows)
        return (
            f"{comparisons} comparison{'s' * (comparisons > 1)}, "
            f"{numbers:,} number{'s' * (numbers > 1)}:{' all' * (numbers > 1)}"
        )

    def __str__(self) -> str:
        """Return the line, and the table as aligned text."""
        width = max(len(name) for name, _ in self.rows)
        lines = [f"{self._counts} {self._bound}", f"{'compared':<{width}}  numbers  difference"]
        lines += [f"{name:<{width}}  {size:>7}  {self._bound}" for name, size in self.rows]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        # A narrow screen must not break a number such as 1e-12 at its sign.
        bound = f'<span style="white-space: nowrap">{self._bound}</span>'
        body = "".join(
            f"<tr><td>{escape(name)}</td><td>{size}</td><td>{bound}</td></tr>"
            for name, size in self.rows
        )
        head = "<tr><th>compared</th><th>numbers</th><th>difference</th></tr>"
        return (
            f'<details class="parity"><summary>{self._counts} {bound}</summary>'
            f"<table><thead>{head}</thead><tbody>{body}</tbody></table></details>"
        )


def parity_table(
    pairs: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]], tolerance: float = 1e-12
) -> ParityTable:
    """Compare pairs of arrays; return the table if all agree, raise if one does not.

    The table shows the bound, not the difference itself: the last bits of a sum depend on the
    machine, the bound does not.

    Parameters
    ----------
    pairs : mapping of name to (array, array)
        What to compare; torch tensors that need a gradient must be detached first.
    tolerance : float
        The largest allowed absolute difference.

    Returns
    -------
    ParityTable
        Shown in a notebook as one line that unfolds to the table, and as text by ``print``.

    Raises
    ------
    TypeError
        If something to compare holds no numbers.
    ValueError
        If there is nothing to compare, or the tolerance is not positive and finite.
    AssertionError
        If the shapes of a pair differ, or the values differ by the tolerance or more; NaN
        differs from everything.

    Examples
    --------
    >>> print(parity_table({"one third": (np.array([1 / 3]), np.array([2 / 6]))}))
    1 comparison, 1 number: below 1e-12
    compared   numbers  difference
    one third        1  below 1e-12
    """
    if not pairs:
        raise ValueError("pairs: expected at least one pair of arrays, got none")
    tolerance = check_number("tolerance", tolerance, "(0, inf)")
    rows = []
    for name, (first, second) in pairs.items():
        a: npt.NDArray[Any] = np.asarray(first)
        b: npt.NDArray[Any] = np.asarray(second)
        if a.shape != b.shape:
            raise AssertionError(f"{name}: the shapes {a.shape} and {b.shape} differ")
        for array in (a, b):
            if array.dtype.kind not in "iufc":
                raise TypeError(f"{name}: expected numbers, got {array.dtype}")
        if a.size == 0:
            raise ValueError(f"{name}: expected at least one entry, got shape {a.shape}")
        # In a signed type: of unsigned integers, 0 - 1 is the largest there is.
        largest = float(np.abs(np.subtract(a, b, dtype=np.result_type(a, b, np.int64))).max())
        if not largest < tolerance:
            raise AssertionError(f"{name}: the largest difference is {largest:.3g}")
        rows.append((name, a.size))
    return ParityTable(tuple(rows), tolerance)
