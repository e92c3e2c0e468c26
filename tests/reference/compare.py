"""How the tests of the reference compare arrays, with torch and with finite differences."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from course_pkg.reference.gradients.gradcheck import numerical_gradient, relative_error

TOLERANCE = {np.dtype(np.float64): 1e-10, np.dtype(np.float32): 1e-4}
DTYPES = (np.float64, np.float32)


def to_torch(array: np.ndarray) -> torch.Tensor:
    """Copy an array to a tensor that collects a gradient."""
    return torch.tensor(array).requires_grad_(np.issubdtype(array.dtype, np.floating))


def assert_close(ours: Any, theirs: Any, what: str = "") -> None:
    """Compare with a tensor or an array: same shape, same dtype, and 1e-10 (1e-4 in float32).

    The tolerance is relative to the largest entry, or absolute where all entries are below 1.
    """
    ours = np.asarray(ours)
    theirs = theirs.detach().numpy() if isinstance(theirs, torch.Tensor) else np.asarray(theirs)
    assert ours.dtype == theirs.dtype, what
    assert np.isfinite(ours).all(), what
    scale = max(1, abs(theirs).max(initial=0))
    assert ours.shape == theirs.shape, what
    assert abs(ours - theirs).max(initial=0) <= TOLERANCE[ours.dtype] * scale, what


def assert_loss_close(ours: float, theirs: torch.Tensor) -> None:
    """Compare a reduced loss, which ours gives as a Python float."""
    assert isinstance(ours, float)
    assert_close(np.asarray(ours, dtype=theirs.detach().numpy().dtype), theirs)


def freeze(*arrays: np.ndarray) -> None:
    """Make arrays read-only: a function that writes into its input then fails."""
    for array in filter(np.ndim, arrays):
        array.flags.writeable = False


def assert_gradients(
    loss: Callable[[], float], pairs: Sequence[tuple[np.ndarray, np.ndarray]], tol: float = 1e-7
) -> None:
    """Compare each (array, its gradient) with central finite differences of ``loss``."""
    for index, (array, gradient) in enumerate(pairs):
        estimate = numerical_gradient(loss, array)
        assert relative_error(gradient, estimate) <= tol, f"gradient {index}"
