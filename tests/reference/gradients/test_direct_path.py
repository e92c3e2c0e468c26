"""The direct path against the gradients that flow when every other road is closed."""

import numpy as np
import pytest

from course_pkg.reference.cells import lstm, lstm_1997
from course_pkg.reference.gradients.direct_path import direct_path
from course_pkg.reference.networks import unroll
from tests.reference.compare import DTYPES, assert_close, freeze

T, B, I, H = 6, 3, 2, 4


def gates_of(cache):
    return np.split(cache.gates, 4, axis=2)[1]  # i, f, g, o


@pytest.mark.parametrize("dtype", DTYPES)
def test_is_the_whole_gradient_where_the_gates_do_not_read_the_state(dtype):
    """With W_hh = 0 the cell can reach later cells by no other road."""
    rng = np.random.default_rng(0)
    shapes = [(4 * H, I), (4 * H, H), (4 * H,), (4 * H,)]
    params = lstm.Params(*(rng.normal(size=s).astype(dtype) for s in shapes))
    params = params._replace(W_hh=np.zeros_like(params.W_hh))
    x = rng.normal(size=(T, B, I)).astype(dtype)
    dc_n = rng.normal(size=(B, H)).astype(dtype)
    c = None
    for k in range(T):  # from k steps on
        _, cache = lstm.forward(x[k:], params, None, c)
        grads = lstm.backward(None, cache, dc_n=dc_n)
        whole = direct_path(gates_of(lstm.forward(x, params)[1]))
        assert whole.dtype == dtype
        assert_close(grads.dc0, whole[k] * dc_n)
        (_, _, c), _ = lstm.forward(x[: k + 1], params)
    assert_close(whole[T], np.ones((B, H), dtype))


def test_the_cell_of_1997_passes_all_on():
    rng = np.random.default_rng(1)
    params = lstm_1997.Params(*(rng.normal(size=s) for s in [(12, I), (12, H), (12,), (12,)]))
    params = params._replace(W_hh=np.zeros_like(params.W_hh))
    states = np.zeros((B, H)), np.zeros((B, H))
    _, cache = unroll.forward(lstm_1997, rng.normal(size=(T, B, I)), params, *states)
    dc_n = rng.normal(size=(B, H))
    _, dc0 = unroll.backward(None, cache, None, dc_n).dstates
    assert_close(dc0, direct_path(np.ones((T, B, H)))[0] * dc_n)


def test_one_step_and_an_untouched_input():
    f = np.full((1, 1, 1), 0.25)
    freeze(f)
    np.testing.assert_array_equal(direct_path(f).ravel(), [0.25, 1.0])


@pytest.mark.parametrize(
    ("f", "error", "message"),
    [
        (np.ones((2, 3)), ValueError, r"f: expected shape \(T, B, H\)"),
        (np.ones((0, 2, 3)), ValueError, "f: expected"),
        (np.ones((2, 3, 1), dtype=int), TypeError, "f: expected"),
        ([[[1.0]]], TypeError, "f: expected a NumPy array, got list"),
    ],
)
def test_bad_input(f, error, message):
    with pytest.raises(error, match=message):
        direct_path(f)
