"""`course_pkg.reference.gradients.gradcheck`: right where the derivative is known, and strict."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from course_pkg.reference.gradients.gradcheck import numerical_gradient, relative_error


@given(arrays(np.float64, array_shapes(max_dims=3, max_side=4), elements=st.floats(-3, 3)))
def test_the_gradient_of_a_sum_of_sines_is_the_cosine(array):
    gradient = numerical_gradient(lambda: float(np.sin(array).sum()), array)
    np.testing.assert_allclose(gradient, np.cos(array), rtol=0, atol=1e-8)


def test_it_sees_how_entries_act_together():
    A, x = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])
    gradient = numerical_gradient(lambda: float(x @ A @ x), A)
    np.testing.assert_allclose(gradient, np.outer(x, x), rtol=1e-8)


def test_a_wrong_gradient_is_seen():
    array = np.array([0.3, -0.8])
    gradient = numerical_gradient(lambda: float(np.tanh(array).sum()), array)
    assert relative_error(gradient, 1 - np.tanh(array) ** 2) < 1e-9
    assert relative_error(gradient, 1 - np.tanh(array)) > 0.1


@pytest.mark.parametrize("array", [np.array(2.0), np.zeros((2, 0)), np.ones((4, 4))[::2, ::3].T])
def test_scalars_empty_and_strided_arrays(array):
    gradient = numerical_gradient(lambda: float((array**2).sum()), array)
    assert gradient.shape == array.shape
    np.testing.assert_allclose(gradient, 2 * array, rtol=1e-8)


def test_eps_is_half_the_distance():
    array = np.array([0.0])
    # For x**3 the central difference at 0 is eps**2 exactly.
    gradient = numerical_gradient(lambda: float((array**3).sum()), array, eps=0.5)
    assert gradient[0] == pytest.approx(0.25)


def test_the_array_is_put_back():
    array = np.array([0.1, 1e17, -3.3])
    before = array.copy()
    numerical_gradient(lambda: float(array.sum()), array)
    np.testing.assert_array_equal(array, before)


def test_the_array_is_put_back_when_the_function_raises():
    array = np.array([1.0, 2.0])

    def fails():
        raise ArithmeticError("no loss today")

    with pytest.raises(ArithmeticError, match="no loss today"):
        numerical_gradient(fails, array)
    np.testing.assert_array_equal(array, [1.0, 2.0])


def read_only():
    array = np.ones(2)
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"array": [1.0]}, TypeError, "array: expected a NumPy array, got list"),
        ({"array": np.ones(2, np.float32)}, TypeError, "array: expected a float64 .* got float32"),
        ({"array": np.ones(2, int)}, TypeError, "array: expected a float64 array, got int64"),
        ({"array": read_only()}, ValueError, "array: .* written to, got a read-only one"),
        ({"f": 3.0}, TypeError, "f: expected a function without arguments, got float"),
        ({"f": lambda: None}, TypeError, r"f\(\): expected a number, got NoneType"),
        ({"f": lambda: np.ones(2)}, TypeError, r"f\(\): expected a number, got ndarray"),
        ({"f": lambda: True}, TypeError, r"f\(\): expected a number, got bool"),
        ({"eps": 0}, ValueError, "eps: expected a positive number, got 0"),
        ({"eps": -1e-6}, ValueError, "eps: expected a positive number, got -1e-06"),
        ({"eps": math.nan}, ValueError, "eps: expected a positive number, got nan"),
        ({"eps": math.inf}, ValueError, "eps: expected a positive number, got inf"),
        ({"eps": "small"}, TypeError, "eps: expected a number, got str"),
    ],
)
def test_numerical_gradient_refuses(change, error, message):
    with pytest.raises(error, match=message):
        numerical_gradient(**{"f": lambda: 1.0, "array": np.ones(2), **change})


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0),
        ([0.0, 0.0], [0.0, 0.0], 0.0),
        ([0.0], [2.0], 1.0),
        ([0.0], [1e-8], 1.0),
        ([-4.0, 0.0], [-4.0, 1.0], 0.25),
        ([1e-9, 1.0], [2e-9, 1.0], 1e-9),
        ([1.0], [-1.0], 2.0),
        ([], [], 0.0),
    ],
)
def test_relative_error_of_known_pairs(a, b, wanted):
    a, b = np.array(a), np.array(b)
    assert relative_error(a, b) == pytest.approx(wanted, rel=1e-12, abs=0)
    assert relative_error(b, a) == relative_error(a, b)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("other", [0.0, 1.0, np.nan, np.inf])
def test_relative_error_never_passes_what_is_not_finite(bad, other):
    for a, b in ((bad, other), (other, bad)):
        assert math.isnan(relative_error(np.array([a, 0.0]), np.array([b, 0.0])))


@pytest.mark.parametrize(
    ("a", "b", "error", "message"),
    [
        (np.ones(2), np.ones(3), ValueError, r"b: expected shape \(2,\) as in a, got \(3,\)"),
        (np.ones(2), np.ones((2, 1)), ValueError, r"b: expected shape \(2,\) as in a, got \(2, 1"),
        ([1.0], np.ones(1), TypeError, "a: expected a NumPy array, got list"),
        (np.ones(1), 1.0, TypeError, "b: expected a NumPy array, got float"),
        (np.ones(1, np.uint8), np.ones(1), TypeError, "a: expected an array of floats, got uint8"),
        (np.ones(1), np.ones(1, int), TypeError, "b: expected an array of floats, got int64"),
    ],
)
def test_relative_error_refuses(a, b, error, message):
    with pytest.raises(error, match=message):
        relative_error(a, b)
