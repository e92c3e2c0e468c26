"""Input checks of the reference: every message says what was expected and what came."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_number

Array = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.integer[Any]]
FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def check_array(name: str, value: object) -> None:
    """Raise unless ``value`` is a NumPy array whose operators mean what they mean here.

    ``*`` is another product for ``np.matrix``, and a masked array hides values that a sum must
    not leave out.

    Examples
    --------
    >>> check_array("x", np.ma.array([1.0]))
    Traceback (most recent call last):
        ...
    TypeError: x: expected a NumPy array, got MaskedArray
    """
    if not isinstance(value, np.ndarray) or isinstance(value, (np.matrix, np.ma.MaskedArray)):
        raise TypeError(f"{name}: expected a NumPy array, got {type(value).__name__}")


class Shapes:
    """Check arrays against symbolic shapes such as ``("T", "B", "I")``.

    The first array that uses a symbol fixes its size; later arrays must agree. So one object
    per call of a public function finds every mismatch between any two arguments. A size of 1
    never broadcasts, and all arrays must have the dtype of the first.

    Examples
    --------
    >>> import numpy as np
    >>> shapes = Shapes()
    >>> _ = shapes.array("x", np.zeros((5, 2, 3)), ("T", "B", "I"))
    >>> shapes.array("W_ih", np.zeros((4, 7)), ("H", "I"))
    Traceback (most recent call last):
        ...
    ValueError: W_ih: expected shape (H, I) with I = 3 as in x, got (4, 7)
    """

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self._fixed_by: dict[str, str] = {}
        self._dtype: np.dtype[Any] | None = None
        self._dtype_from = ""

    def array(
        self, name: str, value: Array, symbols: Sequence[str], *, finite: bool = False
    ) -> Array:
        """Return ``value`` unchanged, or raise.

        Parameters
        ----------
        name : str
            The argument's name, for the message.
        value : ndarray
            A float32 or float64 array.
        symbols : sequence of str
            One symbol per axis. A symbol like ``"4H"`` means four times the size of ``H``, and
            one like ``"2"`` the number itself.
        finite : bool
            Whether NaN and infinity are refused.

        Returns
        -------
        ndarray
            The same array.

        Raises
        ------
        TypeError
            If ``value`` is no NumPy array, or not float32 or float64, or of another dtype
            than the arrays before it.
        ValueError
            If the rank or a size is wrong, a size is 0, or a value is not finite.
        """
        if type(value) is not np.ndarray:
            check_array(name, value)
        if value.dtype is not self._dtype:
            self._check_dtype(name, value.dtype)
        got = value.shape
        if len(got) != len(symbols):
            raise ValueError(f"{name}: expected shape {_written(symbols)}, got {got}")
        for symbol, size in zip(symbols, got, strict=True):
            if self.sizes.get(symbol) != size:  # new or wrong, or no plain letter
                self._check_size(name, symbol, size, symbols, got)
        if finite and not np.isfinite(value).all():
            raise ValueError(f"{name}: expected finite values, got NaN or infinity")
        return value

    def _check_dtype(self, name: str, dtype: np.dtype[Any]) -> None:
        if dtype not in FLOATS:
            raise TypeError(f"{name}: expected float32 or float64, got {dtype}")
        if self._dtype is None:
            self._dtype, self._dtype_from = dtype, name
        elif dtype != self._dtype:
            raise TypeError(f"{name}: expected {self._dtype} as in {self._dtype_from}, got {dtype}")

    def _check_size(
        self, name: str, symbol: str, size: int, symbols: Sequence[str], got: tuple[int, ...]
    ) -> None:
        if symbol.isdigit():
            if size != int(symbol):
                raise ValueError(f"{name}: expected shape {_written(symbols)}, got {got}")
            return
        factor, letter = (int(symbol[:-1]), symbol[-1]) if symbol[0].isdigit() else (1, symbol)
        if size == 0:
            raise ValueError(
                f"{name}: expected shape {_written(symbols)} with {letter} >= 1, got {got}"
            )
        known = self.sizes.get(letter)
        if known is None:
            if size % factor:
                raise ValueError(
                    f"{name}: expected shape {_written(symbols)}, so a multiple of {factor}, "
                    f"got {got}"
                )
            self.sizes[letter], self._fixed_by[letter] = size // factor, name
        elif size != factor * known:
            where = self._fixed_by[letter]
            raise ValueError(
                f"{name}: expected shape {_written(symbols)} with {letter} = {known} "
                f"as in {where}, got {got}"
            )


def _written(symbols: Sequence[str]) -> str:
    """Write a symbolic shape as Python writes a tuple."""
    return f"({', '.join(symbols)}{',' if len(symbols) == 1 else ''})"


def check_lengths(
    lengths: Sequence[int] | IntArray, T: int, B: int, *, name: str = "lengths", least: int = 1
) -> IntArray:
    """Return ``lengths`` as an int64 array of shape (B,), each in 1..T, or raise.

    Parameters
    ----------
    lengths : (B,) integers
        The number of valid steps of each sequence, in any order.
    T, B : int
        Number of steps and of sequences in the batch.
    name : str
        What the caller's argument is called, where a function takes several lengths.
    least : int
        0 where a sequence may be empty.

    Returns
    -------
    ndarray of int64, (B,)
        A copy: the caches keep it, and the caller may go on to change the original.

    Raises
    ------
    TypeError
        If the values are not integers.
    ValueError
        If there are not B of them, or one is outside ``least``..T.

    Examples
    --------
    >>> check_lengths([3, 1], T=3, B=2)
    array([3, 1])
    >>> check_lengths([3, 0], T=3, B=2)
    Traceback (most recent call last):
        ...
    ValueError: lengths: expected values in 1..3, got 0
    """
    if isinstance(lengths, np.ndarray):
        check_array(name, lengths)
    elif isinstance(lengths, (list, tuple)) and any(
        isinstance(length, (bool, np.bool_)) for length in lengths
    ):  # NumPy would read True as 1
        raise TypeError(f"{name}: expected integers, got bool")
    try:
        array = np.array(lengths)
    except ValueError:  # NumPy's word for rows of different sizes
        raise TypeError(f"{name}: expected integers, got {lengths!r}") from None
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: expected integers, got {array.dtype}")
    if array.shape != (B,):
        raise ValueError(f"{name}: expected shape (B,) = ({B},), got {array.shape}")
    for bad in array[(array < least) | (array > T)]:
        raise ValueError(f"{name}: expected values in {least}..{T}, got {bad}")
    return array.astype(np.int64)


def valid_steps(lengths: IntArray, T: int) -> npt.NDArray[np.bool_]:
    """Return the mask (T, B, 1) that is true where a step is inside its sequence.

    Examples
    --------
    >>> valid_steps(np.array([2, 1]), T=2)[:, :, 0]
    array([[ True,  True],
           [ True, False]])
    """
    return (np.arange(T)[:, None] < lengths)[:, :, None]


def check_params(
    shapes: Shapes,
    params: object,
    fields: Sequence[str],
    gates: int,
    *,
    name: str = "",
    inputs: str = "I",
) -> None:
    """Check the parameters of one recurrent layer: weights stacked gate by gate, and vectors.

    Parameters
    ----------
    shapes : Shapes
        The checks of the call so far; ``H`` and ``I`` are fixed or compared.
    params : named tuple of ndarrays
        ``W_ih (gates*H, I)``, ``W_hh (gates*H, H)``, ``b_ih`` and ``b_hh (gates*H,)``; every
        further field is a vector ``(H,)``.
    fields : sequence of str
        The names that ``params`` must have, in order.
    gates : int
        Number of row blocks.
    name : str
        What to call one set of parameters among several; by default the argument is ``params``.
    inputs : str
        The symbol of the input size.

    Raises
    ------
    TypeError
        If ``params`` is no such named tuple, or an array has the wrong type.
    ValueError
        If an array has the wrong rank or size, or is not finite.

    Examples
    --------
    >>> check_params(Shapes(), [1, 2], ("W_ih", "W_hh"), gates=1)
    Traceback (most recent call last):
        ...
    TypeError: params: expected a named tuple (W_ih, W_hh), got list
    """
    check_named_tuple(name or "params", params, fields)
    rows = "H" if gates == 1 else f"{gates}H"
    known = {"W_ih": (rows, inputs), "W_hh": (rows, "H"), "b_ih": (rows,), "b_hh": (rows,)}
    for field in fields:
        label = f"{name}.{field}" if name else field
        shapes.array(label, getattr(params, field), known.get(field, ("H",)), finite=True)


def check_named_tuple(name: str, value: object, fields: Sequence[str]) -> None:
    """Raise unless ``value`` is a named tuple with these fields.

    Examples
    --------
    >>> check_named_tuple("params", [1, 2], ("gain", "bias"))
    Traceback (most recent call last):
        ...
    TypeError: params: expected a named tuple (gain, bias), got list
    """
    if getattr(value, "_fields", None) != tuple(fields):
        listed = ", ".join(fields)
        raise TypeError(f"{name}: expected a named tuple ({listed}), got {type(value).__name__}")


def check_cell(cell: object, names: Sequence[str]) -> None:
    """Raise unless ``cell`` is a module, or another object, that has these names.

    Examples
    --------
    >>> check_cell("gru", ("step", "step_backward"))
    Traceback (most recent call last):
        ...
    TypeError: cell: expected a module with step and step_backward, got str
    """
    if not all(hasattr(cell, name) for name in names):
        listed = f"{', '.join(names[:-1])} and {names[-1]}"
        came = getattr(cell, "__name__", type(cell).__name__)
        raise TypeError(f"cell: expected a module with {listed}, got {came}")


def all_axes(value: Array) -> list[str]:
    """Name every axis of an array, one symbol each: :class:`Shapes` then holds others to them.

    What is no array has no axes here; :class:`Shapes` refuses it.

    Examples
    --------
    >>> all_axes(np.zeros((5, 2, 3)))
    ['N0', 'N1', 'N2']
    """
    return [f"N{axis}" for axis in range(getattr(value, "ndim", 0))]


def leading_axes(value: Array) -> list[str]:
    """Name every axis of an array but the last.

    Examples
    --------
    >>> leading_axes(np.zeros((5, 2, 3)))
    ['N0', 'N1']
    """
    return all_axes(value)[:-1]


def check_ids(name: str, ids: IntArray, count: int, *, ignore: int | None = None) -> IntArray:
    """Return ``ids`` unchanged if it is a non-empty array of integers in 0..count-1, or raise.

    Entries equal to ``ignore`` are let through.

    Examples
    --------
    >>> check_ids("targets", np.array([0, 5]), count=5)
    Traceback (most recent call last):
        ...
    ValueError: targets: expected ids in 0..4, got 5
    """
    check_array(name, ids)
    if ids.dtype.kind not in "iu":
        raise TypeError(f"{name}: expected integers, got {ids.dtype}")
    if ids.size == 0:
        raise ValueError(f"{name}: expected at least one id, got shape {ids.shape}")
    outside = (ids < 0) | (ids >= count)
    if ignore is not None:
        outside &= ids != ignore
    for bad in ids[outside]:
        raise ValueError(f"{name}: expected ids in 0..{count - 1}, got {bad}")
    return ids


def check_fits(name: str, given: Array | float, result: Array, what: str) -> None:
    """Raise where ``result`` is too large for its dtype, in the name of what it was computed from.

    Infinity would only be noticed later, under the name of another argument. A NaN that was given
    is let through. The computation itself belongs into ``np.errstate(over="ignore")``.

    Examples
    --------
    >>> w = np.array([1e30], dtype=np.float32)
    >>> with np.errstate(over="ignore"):
    ...     squares = w * w
    >>> check_fits("w", w, squares, "values whose squares")
    Traceback (most recent call last):
        ...
    ValueError: w: expected values whose squares fit into float32, got 1e+30
    """
    if not (np.isfinite(result).all() or np.isnan(given).any()):
        largest = np.abs(given).max()
        raise ValueError(f"{name}: expected {what} fit into {result.dtype}, got {largest:g}")


def check_eps(eps: float, dtype: np.dtype[Any]) -> float:
    """Return ``eps`` as a float if it is a number above 0, in ``dtype`` too, or raise.

    Examples
    --------
    >>> check_eps(1e-50, np.dtype(np.float32))
    Traceback (most recent call last):
        ...
    ValueError: eps: expected a number above 0 in float32, got 1e-50
    """
    eps = check_number("eps", eps, "(0, inf)")
    if dtype.type(eps) == 0:
        raise ValueError(f"eps: expected a number above 0 in {dtype}, got {eps}")
    return eps
