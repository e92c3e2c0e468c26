"""`gradients.checkpointing`: the gradient of `rnn.backward` out of fewer states."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.cells import rnn
from course_pkg.reference.gradients import checkpointing
from course_pkg.reference.gradients.gradcheck import relative_error
from tests.reference.compare import assert_gradients, freeze


def draw(T=7, B=3, I=2, H=4, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    sizes = [(H, I), (H, H), (H,), (H,), (T, B, I), (T, B, H), (B, H), (B, H)]
    arrays = [rng.normal(size=size).astype(dtype) for size in sizes]
    return rnn.Params(*arrays[:4]), *arrays[4:]


@given(
    sizes=st.tuples(st.integers(1, 9), *[st.integers(1, 4)] * 3),
    segment=st.one_of(st.none(), st.integers(1, 11)),
    nonlinearity=st.sampled_from(["tanh", "relu"]),
    with_h0=st.booleans(),
    into=st.sampled_from(["y and h_n", "y", "h_n"]),
    seed=st.integers(0, 2**16),
)
def test_equals_the_whole(sizes, segment, nonlinearity, with_h0, into, seed):
    params, x, dy, h0, dh_n = draw(*sizes, seed=seed)
    h0 = h0 if with_h0 else None
    dy = dy if "y" in into else None
    dh_n = dh_n if "h_n" in into else None
    freeze(*params, x, *(a for a in (dy, h0, dh_n) if a is not None))
    (y, last), whole_cache = rnn.forward(x, params, h0, nonlinearity=nonlinearity)
    whole = rnn.backward(dy, whole_cache, dh_n)
    seen = {}

    def dy_of(steps, states):
        seen[steps.start] = states
        return dy[steps]

    h_n, cache = checkpointing.forward(x, params, h0, segment=segment, nonlinearity=nonlinearity)
    ours = checkpointing.backward(None if dy is None else dy_of, cache, dh_n)
    assert relative_error(h_n, last) < 1e-12
    for name, got, wanted in zip(ours._fields, ours, whole, strict=True):
        assert got.shape == wanted.shape, name
        assert relative_error(got, wanted) < 1e-12, name
    if dy is not None:
        assert list(seen) == sorted(seen, reverse=True)  # the last segment first
        assert relative_error(np.concatenate([seen[t] for t in sorted(seen)]), y) < 1e-12


def test_a_loss_can_be_computed_on_the_way_back():
    params, x, target, h0, _ = draw()
    (y, _), whole_cache = rnn.forward(x, params, h0)
    whole = rnn.backward(y - target, whole_cache)
    losses = []

    def dy_of(steps, states):
        losses.append(0.5 * ((states - target[steps]) ** 2).sum())
        return states - target[steps]

    _, cache = checkpointing.forward(x, params, h0)
    ours = checkpointing.backward(dy_of, cache)
    assert abs(sum(losses) - 0.5 * ((y - target) ** 2).sum()) < 1e-11
    for got, wanted in zip(ours, whole, strict=True):
        assert relative_error(got, wanted) < 1e-12


def test_finite_differences():
    params, x, dy, h0, dh_n = draw(T=4)
    _, cache = checkpointing.forward(x, params, h0, segment=3)
    ours = checkpointing.backward(lambda steps, _: dy[steps], cache, dh_n)

    def loss():
        (y, h_n), _ = rnn.forward(x, params, h0)
        return float((y * dy).sum() + (h_n * dh_n).sum())

    assert_gradients(loss, list(zip((x, h0, *params), ours, strict=True)))


def test_float32_stays_float32():
    params, x, dy, h0, dh_n = draw(dtype=np.float32)
    h_n, cache = checkpointing.forward(x, params, h0)
    ours = checkpointing.backward(lambda steps, _: dy[steps], cache, dh_n)
    assert {a.dtype for a in (h_n, cache.starts, *ours)} == {np.dtype(np.float32)}


@given(T=st.integers(1, 3000))
def test_the_best_segment_is_the_best(T):
    fewest = min(checkpointing.states_kept(T, s) for s in range(1, min(T, 120) + 1))
    assert checkpointing.states_kept(T, checkpointing.best_segment(T)) == fewest


def test_the_states_kept_are_counted_right():
    params, x, _, _, _ = draw(T=11)
    for segment in range(1, 14):
        _, cache = checkpointing.forward(x, params, segment=segment)
        assert len(cache.starts) + min(segment, 11) == checkpointing.states_kept(11, segment)


def test_memory_grows_like_the_root():
    def peak(T):
        params, x, _, _, _ = draw(T=T, B=4, I=1, H=64)
        params = rnn.Params(*(0.1 * p for p in params))
        tracemalloc.start()
        _, cache = checkpointing.forward(x, params)
        checkpointing.backward(lambda _, y: y, cache)
        result = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return result

    assert peak(1600) < 5 * peak(100)  # 16 times the steps; the root gives 4


PARAMS, X, DY, H0, DH_N = draw()
_, CACHE = checkpointing.forward(X, PARAMS, H0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: checkpointing.states_kept(0, 1), ValueError, "T: expected an integer"),
        (lambda: checkpointing.states_kept(3, 0), ValueError, "segment: expected an integer"),
        (lambda: checkpointing.best_segment(2.0), TypeError, "T: expected an integer"),
        (lambda: checkpointing.forward(X[0], PARAMS), ValueError, "x: expected shape"),
        (lambda: checkpointing.forward(None, PARAMS), TypeError, "x: .* got NoneType"),
        (lambda: checkpointing.forward(X, PARAMS, H0[:1]), ValueError, "h0: .* B = 3 as in x"),
        (lambda: checkpointing.forward(X, PARAMS, segment=0), ValueError, "segment: expected"),
        (lambda: checkpointing.forward(X, PARAMS[:2]), TypeError, "params: expected a named"),
        (
            lambda: checkpointing.forward(X, PARAMS, nonlinearity="sin"),
            ValueError,
            "nonlinearity: ",
        ),
        (lambda: checkpointing.backward(None, None), TypeError, "cache: .* got NoneType"),
        (lambda: checkpointing.backward(None, CACHE, H0[:1]), ValueError, "dh_n: .* B = 3"),
        (lambda: checkpointing.backward(lambda s, y: DY, CACHE), ValueError, "dy: expected"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
