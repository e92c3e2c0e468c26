"""The checks of ids, numbers and named tuples in `course_pkg.reference.checks`."""

import numpy as np
import pytest

from course_pkg.checks import check_number
from course_pkg.reference.checks import check_ids, check_named_tuple


@pytest.mark.parametrize(
    ("interval", "inside", "outside"),
    [
        ("[0, 1)", [0, 0.0, 0.5, np.float32(0.25), np.int64(0)], [-1e-9, 1.0, np.nan, np.inf]),
        ("(0, 1]", [1, 1e-300], [0, 1.5]),
        ("(0, inf)", [1e-300, 1e300], [0.0, np.inf, np.nan]),
        ("(-inf, inf)", [-1e300, 0, 1e300], [-np.inf, np.inf, np.nan]),
    ],
)
def test_numbers(interval, inside, outside):
    for value in inside:
        number = check_number("n", value, interval)
        assert type(number) is float
        assert number == value
    for value in outside:
        with pytest.raises(ValueError, match=r"n: expected a number in .* got"):
            check_number("n", value, interval)
    for value in (True, np.True_, "1", None, 1j, np.ones(1)):
        with pytest.raises(TypeError, match="n: expected a number, got"):
            check_number("n", value, interval)


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint8])
def test_ids(dtype):
    ids = np.array([[0, 4], [2, 1]], dtype)
    assert check_ids("ids", ids, 5) is ids
    with pytest.raises(ValueError, match=r"ids: expected ids in 0\.\.3, got 4"):
        check_ids("ids", ids, 4)
    assert check_ids("ids", ids, 4, ignore=4) is ids
    with pytest.raises(ValueError, match="got 4"):
        check_ids("ids", ids, 4, ignore=2)


def test_named_tuples():
    with pytest.raises(TypeError, match=r"p: expected a named tuple \(a, b\), got tuple"):
        check_named_tuple("p", (1, 2), ["a", "b"])


def test_an_integer_that_no_float_holds():
    with pytest.raises(
        ValueError, match="n: expected a number that a float holds, got a larger int"
    ):
        check_number("n", 10**400, "(0, inf)")
