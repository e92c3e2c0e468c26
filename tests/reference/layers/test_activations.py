"""The sigmoid."""

import numpy as np
import pytest
import torch

from course_pkg.reference.layers.activations import sigmoid
from tests.reference.compare import DTYPES


@pytest.mark.parametrize("dtype", DTYPES)
def test_equals_torch(dtype: type) -> None:
    a = np.linspace(-60, 60, 10_001, dtype=dtype)
    ours = sigmoid(a)
    assert ours.dtype == dtype
    theirs = torch.from_numpy(a).sigmoid().numpy()
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=2 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_extreme_values_give_no_warning(dtype: type) -> None:
    largest = np.finfo(dtype).max
    with np.errstate(all="raise"):
        ours = sigmoid(np.array([-largest, -np.inf, 0, largest, np.inf], dtype=dtype))
    np.testing.assert_array_equal(ours, [0, 0, 0.5, 1, 1])


def test_1_minus_sigmoid_is_the_sigmoid_of_minus() -> None:
    a = np.linspace(-60, 60, 1001)
    np.testing.assert_allclose(1 - sigmoid(a), sigmoid(-a), rtol=0, atol=1e-15)
