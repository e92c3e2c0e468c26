"""`course_pkg.reference.checks`: what is let through unchanged, and what is refused how."""

import numpy as np
import pytest

from course_pkg.checks import check_flag, check_option, check_size
from course_pkg.reference.checks import Shapes, all_axes, check_ids, check_lengths, valid_steps
from course_pkg.reference.layers.softmax import check_mask


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_good_array_comes_back_itself(dtype):
    shapes = Shapes()
    x, W = np.zeros((5, 2, 3), dtype), np.zeros((16, 3), dtype)
    assert shapes.array("x", x, ("T", "B", "I")) is x
    assert shapes.array("W", W, ("4H", "I"), finite=True) is W
    assert shapes.sizes == {"T": 5, "B": 2, "I": 3, "H": 4}


def test_a_multiple_agrees_with_the_size_it_is_a_multiple_of():
    shapes = Shapes()
    shapes.array("h", np.zeros((2, 4)), ("B", "H"))
    shapes.array("W", np.zeros((12, 4)), ("3H", "H"))
    with pytest.raises(ValueError, match=r"b: expected shape \(3H,\) with H = 4 as in h, got \(4"):
        shapes.array("b", np.zeros(4), ("3H",))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_are_looked_at_only_when_asked(bad):
    array = np.array([1.0, bad])
    assert Shapes().array("b", array, ("H",)) is array
    with pytest.raises(ValueError, match="b: expected finite values, got NaN or infinity"):
        Shapes().array("b", array, ("H",), finite=True)


@pytest.mark.parametrize(
    ("value", "symbols", "error", "message"),
    [
        ([1.0], ("H",), TypeError, "b: expected a NumPy array, got list"),
        (None, ("H",), TypeError, "b: expected a NumPy array, got NoneType"),
        (np.zeros(2, int), ("H",), TypeError, "b: expected float32 or float64, got int64"),
        (np.zeros(2, np.float16), ("H",), TypeError, "b: expected float32 or float64, got float16"),
        (np.zeros(2, complex), ("H",), TypeError, "b: expected float32 or float64, got complex128"),
        (np.zeros(2, bool), ("H",), TypeError, "b: expected float32 or float64, got bool"),
        (np.array(["a"]), ("H",), TypeError, "b: expected float32 or float64, got <U1"),
        (np.zeros((2, 1)), ("H",), ValueError, r"b: expected shape \(H,\), got \(2, 1\)"),
        (np.zeros(()), ("H",), ValueError, r"b: expected shape \(H,\), got \(\)"),
        (np.zeros(2), ("B", "H"), ValueError, r"b: expected shape \(B, H\), got \(2,\)"),
        (np.zeros(0), ("H",), ValueError, r"b: expected shape \(H,\) with H >= 1, got \(0,\)"),
        (np.zeros(0), ("4H",), ValueError, r"b: expected shape \(4H,\) with H >= 1, got \(0,\)"),
        (np.zeros(6), ("4H",), ValueError, r"\(4H,\), so a multiple of 4, got \(6,\)"),
        (np.zeros((3, 4)), ("H", "H"), ValueError, r"\(H, H\) with H = 3 as in b, got \(3, 4\)"),
    ],
)
def test_array_refuses(value, symbols, error, message):
    with pytest.raises(error, match=message):
        Shapes().array("b", value, symbols)


def test_every_array_has_the_dtype_of_the_first():
    shapes = Shapes()
    shapes.array("x", np.zeros(2, np.float32), ("B",))
    with pytest.raises(TypeError, match="y: expected float32 as in x, got float64"):
        shapes.array("y", np.zeros(2), ("B",))


def test_a_size_of_one_does_not_broadcast():
    shapes = Shapes()
    shapes.array("x", np.zeros(2), ("B",))
    with pytest.raises(ValueError, match=r"y: expected shape \(B,\) with B = 2 as in x, got \(1,"):
        shapes.array("y", np.zeros(1), ("B",))


@pytest.mark.parametrize(
    "lengths", [[3, 1, 2], (3, 1, 2), np.array([3, 1, 2]), np.array([3, 1, 2], np.uint8)], ids=repr
)
def test_lengths_in_any_order_and_of_any_integer_type(lengths):
    np.testing.assert_array_equal(check_lengths(lengths, T=3, B=3), [3, 1, 2])


def test_lengths_come_back_as_a_copy():
    lengths = np.array([3, 1])
    assert not np.shares_memory(check_lengths(lengths, T=3, B=2), lengths)


@pytest.mark.parametrize(
    ("lengths", "error", "message"),
    [
        ([3, 0], ValueError, r"lengths: expected values in 1\.\.3, got 0"),
        ([-2, 3], ValueError, r"lengths: expected values in 1\.\.3, got -2"),
        ([3, 4], ValueError, r"lengths: expected values in 1\.\.3, got 4"),
        ([1.0, 2.0], TypeError, "lengths: expected integers, got float64"),
        (["1", "2"], TypeError, "lengths: expected integers, got <U1"),
        ([True, True], TypeError, "lengths: expected integers, got bool"),
        ([None, 1], TypeError, "lengths: expected integers, got object"),
        ([[1], [2, 3]], TypeError, r"lengths: expected integers, got \[\[1\], \[2, 3\]\]"),
        ([3], ValueError, r"lengths: expected shape \(B,\) = \(2,\), got \(1,\)"),
        ([3, 1, 2], ValueError, r"lengths: expected shape \(B,\) = \(2,\), got \(3,\)"),
        ([[3, 1]], ValueError, r"lengths: expected shape \(B,\) = \(2,\), got \(1, 2\)"),
        (3, ValueError, r"lengths: expected shape \(B,\) = \(2,\), got \(\)"),
    ],
    ids=str,
)
def test_check_lengths_refuses(lengths, error, message):
    with pytest.raises(error, match=message):
        check_lengths(lengths, T=3, B=2)


@pytest.mark.parametrize("lengths", [[3, 0], [1.0, 2.0], [True, True], [[1], [2, 3]], [3]], ids=str)
def test_check_lengths_blames_the_argument_of_the_caller(lengths):
    with pytest.raises((TypeError, ValueError), match=r"^source_lengths: expected"):
        check_lengths(lengths, T=3, B=2, name="source_lengths")


def test_valid_steps_are_those_before_the_end():
    mask = valid_steps(np.array([1, 3]), T=3)
    assert mask.shape == (3, 2, 1)
    assert mask[:, :, 0].tolist() == [[True, True], [False, True], [False, True]]


def test_check_option_returns_a_known_option():
    assert check_option("reset", "after", ("before", "after")) == "after"


@pytest.mark.parametrize("value", ["Before", "", None, 1, ["before"]], ids=repr)
def test_check_option_lists_what_it_expected(value):
    with pytest.raises(ValueError, match="reset: expected one of 'before', 'after', got") as error:
        check_option("reset", value, ("before", "after"))
    assert repr(value) in str(error.value)


@pytest.mark.parametrize("value", [1, 7, np.int32(7)], ids=repr)
def test_check_size_returns_a_plain_integer(value):
    assert type(check_size("H", value)) is int
    assert check_size("H", value) == value


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (0, ValueError, "H: expected an integer of at least 1, got 0"),
        (-3, ValueError, "H: expected an integer of at least 1, got -3"),
        (2.0, TypeError, "H: expected an integer, got float"),
        (True, TypeError, "H: expected an integer, got bool"),
        ("2", TypeError, "H: expected an integer, got str"),
        (None, TypeError, "H: expected an integer, got NoneType"),
    ],
    ids=repr,
)
def test_check_size_refuses(value, error, message):
    with pytest.raises(error, match=message):
        check_size("H", value)


def test_a_dtype_that_is_equal_but_another_object_is_accepted():
    marked = np.dtype(np.float64, metadata={"unit": "metre"})
    shapes = Shapes()
    shapes.array("x", np.zeros(3), ("I",))
    shapes.array("y", np.zeros(3, dtype=marked), ("I",))


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("kind", [np.matrix, np.ma.array])
@pytest.mark.parametrize(
    ("call", "dtype"),
    [
        (lambda a: Shapes().array("a", a, all_axes(a)), float),
        (lambda a: check_lengths(a, T=3, B=2), int),
        (lambda a: check_ids("a", a, 3), int),
        (lambda a: check_mask(a, a.shape), bool),
    ],
    ids=["array", "lengths", "ids", "mask"],
)
def test_arrays_with_operators_of_their_own_are_refused(call, dtype, kind):
    with pytest.raises(TypeError, match=r"expected a NumPy array, got (matrix|MaskedArray)"):
        call(kind(np.ones((1, 2), dtype)))


def test_a_memory_mapped_array_is_an_array(tmp_path):
    array = np.memmap(tmp_path / "a", dtype=np.float64, mode="w+", shape=(3,))
    assert Shapes().array("a", array, ("I",)) is array


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.uint64])
def test_lengths_become_int64(dtype):
    assert check_lengths(np.array([3, 1], dtype), T=3, B=2).dtype == np.int64


@pytest.mark.parametrize("lengths", [[True, 2], (2, np.True_)], ids=repr)
def test_a_bool_is_no_length(lengths):
    with pytest.raises(TypeError, match="lengths: expected integers, got bool"):
        check_lengths(lengths, T=3, B=2)


@pytest.mark.parametrize("value", [True, False, np.True_, np.False_], ids=repr)
def test_check_flag_returns_a_plain_bool(value):
    assert check_flag("training", value) is bool(value)


@pytest.mark.parametrize("value", ["no", 1, 0.0, None, np.array(True)], ids=repr)
def test_check_flag_refuses(value):
    with pytest.raises(TypeError, match="training: expected True or False, got ") as error:
        check_flag("training", value)
    assert repr(value) in str(error.value)


def test_an_array_is_no_option():
    with pytest.raises(ValueError, match="reset: expected one of 'before', 'after', got array"):
        check_option("reset", np.array(["before", "after"]), ("before", "after"))


def test_what_is_no_array_has_no_axes():
    assert all_axes([[1.0], [2.0, 3.0]]) == []
