"""`gradients.rtrl`: the gradient of backpropagation through time, found forwards."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.cells import rnn
from course_pkg.reference.gradients import rtrl
from course_pkg.reference.gradients.gradcheck import relative_error
from tests.reference.compare import assert_gradients, freeze


def draw(T=6, B=3, I=2, H=4, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    sizes = [(H, I), (H, H), (H,), (H,), (T, B, I), (T, B, H), (B, H), (B, H)]
    arrays = [rng.normal(size=size).astype(dtype) for size in sizes]
    return rnn.Params(*arrays[:4]), *arrays[4:], rng.integers(1, T + 1, B)


@given(
    sizes=st.tuples(*[st.integers(1, 4)] * 4),
    nonlinearity=st.sampled_from(["tanh", "relu"]),
    with_h0=st.booleans(),
    with_dh_n=st.booleans(),
    ragged=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_equals_bptt(sizes, nonlinearity, with_h0, with_dh_n, ragged, seed):
    params, x, dy, h0, dh_n, lengths = draw(*sizes, seed=seed)
    h0, dh_n = h0 if with_h0 else None, dh_n if with_dh_n else None
    if ragged:
        for b, length in enumerate(lengths):
            x[length:, b] = dy[length:, b] = np.nan
    lengths = lengths if ragged else None
    freeze(*params, x, dy)
    _, cache = rnn.forward(x, params, h0, lengths=lengths, nonlinearity=nonlinearity)
    bptt = rnn.backward(dy, cache, dh_n)
    ours = rtrl.gradients(x, params, dy, h0, dh_n=dh_n, lengths=lengths, nonlinearity=nonlinearity)
    for name, gradient in zip(ours._fields, ours, strict=True):
        assert relative_error(gradient, getattr(bptt, name)) < 1e-12, name
    assert ours.db_ih is not ours.db_hh


def test_float32_stays_float32():
    params, x, dy, h0, dh_n, _ = draw(dtype=np.float32)
    _, cache = rnn.forward(x, params, h0)
    bptt = rnn.backward(dy, cache, dh_n)
    for gradient, theirs in zip(
        rtrl.gradients(x, params, dy, h0, dh_n=dh_n), bptt[1:], strict=True
    ):
        assert gradient.dtype == np.float32
        assert relative_error(gradient, theirs) < 1e-4


def test_finite_differences():
    params, x, dy, h0, _, _ = draw(T=3)
    ours = rtrl.gradients(x, params, dy, h0)

    def loss():
        return float((rnn.forward(x, params, h0)[0][0] * dy).sum())

    assert_gradients(loss, list(zip((h0, *params), ours, strict=True)))


def test_saturated_units_give_no_warning():
    params, x, dy, h0, _, _ = draw()
    assert all(np.isfinite(g).all() for g in rtrl.gradients(1e4 * x, params, dy, 1e4 * h0))


def test_the_sensitivity_is_the_derivative_of_the_state():
    params, x, _, h0, _, _ = draw(T=1, B=1, I=2, H=2)
    params = rnn.Params(*(0.3 * p for p in params))  # far from saturation
    start = rtrl.init(1, 2, 2, np.dtype(np.float64))
    h, s = rtrl.step(x[0], h0, start, params)
    _, s = rtrl.step(x[0], h, s, params)
    for k in range(2):

        def state(k=k):
            return float(rnn.step(x[0], rnn.step(x[0], h0, params)[0], params)[0][0, k])

        pairs = [
            (params.W_ih, s.to_params[0, k, :, :2]),
            (params.W_hh, s.to_params[0, k, :, 2:4]),
            (params.b_ih, s.to_params[0, k, :, 4]),
            (h0, s.to_h0[:, k]),
        ]
        assert_gradients(state, pairs)


def test_step_changes_nothing_it_is_given():
    params, x, _, h0, _, _ = draw()
    start = rtrl.init(3, 2, 4, np.dtype(np.float64))
    freeze(*start, h0, x)
    _, s = rtrl.step(x[0], h0, start, params)
    freeze(*s)
    rtrl.step(x[1], h0, s, params)


PARAMS, X, DY, H0, DH_N, _ = draw()
START = rtrl.init(3, 2, 4, np.dtype(np.float64))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: rtrl.gradients(X[0], PARAMS, DY), ValueError, "x: expected shape"),
        (lambda: rtrl.gradients(X, PARAMS, None), TypeError, "dy: .* got NoneType"),
        (lambda: rtrl.gradients(X, PARAMS, DY[:1]), ValueError, "dy: .* T = 6 as in x"),
        (lambda: rtrl.gradients(X, PARAMS, DY, H0[:1]), ValueError, "h0: .* B = 3 as in x"),
        (lambda: rtrl.gradients(X, PARAMS, DY, dh_n=H0[:1]), ValueError, "dh_n: .* B = 3"),
        (lambda: rtrl.gradients(X, PARAMS, DY, lengths=[1, 2]), ValueError, "lengths: .* shape"),
        (lambda: rtrl.gradients(X, PARAMS, DY, lengths=[1, 2, 7]), ValueError, "lengths: .* 7"),
        (lambda: rtrl.gradients(X, PARAMS, DY, nonlinearity="sin"), ValueError, "nonlinearity: "),
        (
            lambda: rtrl.gradients(X, PARAMS._replace(W_hh=PARAMS.W_ih), DY),
            ValueError,
            "W_hh: expected shape",
        ),
        (lambda: rtrl.gradients(X, PARAMS, DY[..., :3]), ValueError, "H = 3|H = 4"),
        (lambda: rtrl.step(X[0], H0, None, PARAMS), TypeError, "sensitivity: .* got NoneType"),
        (
            lambda: rtrl.step(X[0], H0, START._replace(to_h0=START.to_h0[:1]), PARAMS),
            ValueError,
            "sensitivity.to_h0: .* B = 3",
        ),
        (
            lambda: rtrl.step(X[0], H0, START._replace(to_params=START.to_params[..., 1:]), PARAMS),
            ValueError,
            r"sensitivity.to_params: .* I\+H\+1 = 7, got \(3, 4, 4, 6\)",
        ),
        (lambda: rtrl.step(X, H0, START, PARAMS), ValueError, "x: expected shape"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
