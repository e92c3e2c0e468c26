"""Scaling numbers: with what the training part says, and nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from course_pkg.reference.checks import check_array

SMALLEST = 1e-30  # division by less could overflow in single precision
Numbers = npt.NDArray[np.floating[Any]]


class Scaler(ABC):
    """Subtract an offset and divide by a unit, each learned once from the training part.

    ``transform`` before ``fit`` is refused, and so is a second ``fit``: the commonest leak is
    to fit again on the test part. Ids are refused too: they are names, not amounts.
    """

    offset: Numbers | None = None  # (I,), or () for a single series
    unit: Numbers | None = None  # the same shape, above 0

    @abstractmethod
    def _learn(self, rows: Numbers) -> tuple[Numbers, Numbers]:
        """Return offset and unit of the rows (N, I)."""

    def fit(self, train: Numbers, *, mask: npt.NDArray[np.bool_] | None = None) -> Self:
        """Learn offset and unit from the training part.

        Parameters
        ----------
        train : ndarray of floats, (N,) or (..., I)
            One series, or features along the last axis; all other axes are counted together.
        mask : ndarray of bool, (...), optional
            Which steps count: all but the padding. The shape of ``train`` without its last axis.

        Returns
        -------
        Scaler
            Itself.

        Raises
        ------
        TypeError, ValueError
            If the values are no floats, or not finite, or none, or so large that their mean or
            spread is not finite, or the mask does not fit.
        RuntimeError
            If it was fitted before.
        """
        if self.offset is not None:
            raise RuntimeError(
                "fit: this scaler has been fitted; fitting again would let other data in. "
                "Make a new one for new training data"
            )
        array = _floats("train", train)
        rows = array[:, None] if array.ndim == 1 else array.reshape(-1, array.shape[-1])
        if mask is not None:
            if isinstance(mask, np.ndarray):
                check_array("mask", mask)
            expected = array.shape[:-1] if array.ndim > 1 else array.shape
            if not isinstance(mask, np.ndarray) or mask.dtype != bool or mask.shape != expected:
                raise ValueError(
                    f"mask: expected bool of shape {expected}, got "
                    f"{getattr(mask, 'dtype', type(mask).__name__)} of shape {np.shape(mask)}"
                )
            rows = rows[mask.ravel()]
        if len(rows) == 0:
            raise ValueError("train: expected at least one step, got none")
        if not np.isfinite(rows).all():
            raise ValueError("train: expected finite values, got NaN or infinity")
        with np.errstate(over="ignore", invalid="ignore"):
            offset, unit = self._learn(rows)
        if not (np.isfinite(offset).all() and np.isfinite(unit).all()):
            raise ValueError("train: expected values whose mean and spread are finite")
        # A feature that never changes becomes 0. Its deviation may be some rounding instead of 0.
        rounding = 4 * np.finfo(np.float64).eps * np.abs(rows).max(axis=0) + SMALLEST
        unit = np.where(unit > rounding, unit, 1)
        shape = () if array.ndim == 1 else offset.shape
        self.offset, self.unit = offset.reshape(shape), unit.reshape(shape)
        return self

    def transform(self, x: Numbers) -> Numbers:
        """Return ``(x - offset) / unit``, in the shape of ``x``.

        Raises
        ------
        RuntimeError
            If it has not been fitted.
        TypeError, ValueError
            If the values are no floats, or the number of features is another, or a scaled value
            is too large for its type.
        """
        offset, unit = self._fitted("transform", x)
        with np.errstate(over="ignore", invalid="ignore"):
            return _still_finite("x", x, (x - offset) / unit)

    def inverse(self, z: Numbers) -> Numbers:
        """Return ``z * unit + offset``: scaled values in their own unit again.

        Raises
        ------
        RuntimeError
            If it has not been fitted.
        TypeError, ValueError
            If the values are no floats, or the number of features is another, or a scaled value
            is too large for its type.
        """
        offset, unit = self._fitted("inverse", z)
        with np.errstate(over="ignore", invalid="ignore"):
            return _still_finite("z", z, z * unit + offset)

    def _fitted(self, what: str, x: Numbers) -> tuple[Numbers, Numbers]:
        if self.offset is None or self.unit is None:
            raise RuntimeError(f"{what}: this scaler knows nothing yet; call fit(train) first")
        name = "x" if what == "transform" else "z"
        array = _floats(name, x)
        if self.offset.ndim == 0 and array.ndim != 1:
            raise ValueError(
                f"{name}: expected shape (N,) as in fit, got {array.shape}; "
                "to scale windows of a series too, fit on shape (N, 1)"
            )
        if self.offset.ndim and array.shape[-1:] != self.offset.shape:
            raise ValueError(
                f"{name}: expected shape (..., {len(self.offset)}) as in fit, got {array.shape}"
            )
        with np.errstate(over="ignore"):
            return self.offset.astype(array.dtype), self.unit.astype(array.dtype)


class StandardScaler(Scaler):
    """Scale to mean 0 and standard deviation 1 on the training part.

    Examples
    --------
    >>> train, test = np.array([1.0, 2.0, 3.0]), np.array([4.0])
    >>> scaler = StandardScaler().fit(train)
    >>> scaler.transform(test).round(3)
    array([2.449])
    >>> scaler.inverse(scaler.transform(test))
    array([4.])
    >>> StandardScaler().transform(test)
    Traceback (most recent call last):
        ...
    RuntimeError: transform: this scaler knows nothing yet; call fit(train) first
    """

    def _learn(self, rows: Numbers) -> tuple[Numbers, Numbers]:
        return rows.mean(axis=0, dtype=np.float64), rows.std(axis=0, dtype=np.float64)


class MinMaxScaler(Scaler):
    """Scale the training part to 0..1; later values may lie outside.

    Examples
    --------
    >>> scaler = MinMaxScaler().fit(np.array([[0.0, 10.0], [4.0, 30.0]]))
    >>> scaler.transform(np.array([[1.0, 40.0]]))
    array([[0.25, 1.5 ]])
    """

    def _learn(self, rows: Numbers) -> tuple[Numbers, Numbers]:
        low = rows.min(axis=0).astype(np.float64)
        return low, rows.max(axis=0) - low


def _still_finite(name: str, before: Numbers, after: Numbers) -> Numbers:
    """Return the scaled values, or raise if a finite one has become infinite."""
    if (np.isfinite(before) & ~np.isfinite(after)).any():
        raise ValueError(
            f"{name}: expected values that {after.dtype} can hold when scaled, got larger ones; "
            "scale in float64"
        )
    return after


def _floats(name: str, x: Numbers) -> Numbers:
    check_array(name, x)
    if x.dtype.kind in "iu":
        raise TypeError(
            f"{name}: expected floats, got {x.dtype}; ids are names, not amounts: embed them. "
            "Amounts that came as integers: .astype(float)"
        )
    if x.dtype not in (np.float32, np.float64):
        raise TypeError(f"{name}: expected float32 or float64, got {x.dtype}")
    if x.ndim == 0:
        raise ValueError(f"{name}: expected shape (N,) or (..., I), got ()")
    return x
