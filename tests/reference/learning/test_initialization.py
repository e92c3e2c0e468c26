"""`course_pkg.reference.learning.initialization`: the distributions that the docstrings promise."""

import math

import numpy as np
import pytest
import torch

from course_pkg.reference.learning import initialization as init
from tests.reference.compare import DTYPES


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("draw", [init.xavier_uniform, init.xavier_normal])
@pytest.mark.parametrize("gain", [1.0, 0.5])
def test_xavier_has_the_variance_of_torchs(draw, gain):
    n_out, n_in = 300, 500
    theirs = torch.empty(n_out, n_in)
    torch.manual_seed(0)
    getattr(torch.nn.init, f"{draw.__name__}_")(theirs, gain=gain)
    ours = draw(n_out, n_in, rng(), gain=gain)
    assert ours.shape == (n_out, n_in)
    # The standard error of a standard deviation from 150,000 numbers is below 0.2 %.
    assert ours.std() == pytest.approx(theirs.std().item(), rel=0.01)
    assert ours.std() == pytest.approx(gain * math.sqrt(2 / (n_out + n_in)), rel=0.01)
    assert abs(ours.mean()) < 5 * ours.std() / math.sqrt(ours.size)
    kurtosis = ((ours / ours.std()) ** 4).mean()  # 1.8 if uniform, 3 if normal
    assert kurtosis == pytest.approx(1.8 if draw is init.xavier_uniform else 3, rel=0.03)


def test_xavier_uniform_reaches_its_bound_and_not_further():
    bound = math.sqrt(6 / 500)
    W = init.xavier_uniform(200, 300, rng())
    assert 0.999 * bound < abs(W).max() <= bound


@pytest.mark.parametrize(("n_out", "n_in"), [(1, 1), (4, 4), (6, 3), (3, 6)])
@pytest.mark.parametrize("gain", [1.0, 1.5])
def test_orthogonal(n_out, n_in, gain):
    W = init.orthogonal(n_out, n_in, rng(), gain=gain)
    assert W.shape == (n_out, n_in)
    small = W.T @ W if n_out >= n_in else W @ W.T
    assert abs(small - gain**2 * np.eye(min(n_out, n_in))).max() < 1e-12


def test_orthogonal_is_uniform_over_rotations_and_reflections():
    random = rng()
    draws = np.array([init.orthogonal(3, 3, random) for _ in range(4000)])
    assert abs(np.mean(np.linalg.det(draws) > 0) - 0.5) < 0.04  # 5 standard errors
    assert abs(draws.mean(axis=0)).max() < 5 * math.sqrt(1 / 3 / 4000)  # no preferred direction
    traces = np.trace(draws, axis1=1, axis2=2)
    assert abs(traces.mean()) < 5 / math.sqrt(4000)
    assert traces.var() == pytest.approx(1, abs=0.15)  # that of the Haar measure


def test_identity_and_forget_bias():
    assert np.array_equal(init.identity(3, scale=0.5), 0.5 * np.eye(3))
    assert np.array_equal(init.forget_bias(2, 3.0).reshape(4, 2)[:, 0], [0, 3, 0, 0])
    assert np.array_equal(init.forget_bias(1), [0, 1, 0, 0])


def test_chrono_bias():
    i, f, g, o = init.chrono_bias(20_000, 50, rng()).reshape(4, -1)
    assert np.array_equal(i, -f)
    assert not g.any()
    assert not o.any()
    times = np.exp(f)
    assert times.min() >= 1
    assert times.max() <= 49
    # Uniform in [1, 49]: mean 25, variance 48^2 / 12; within 5 standard errors.
    assert times.mean() == pytest.approx(25, abs=5 * 48 / math.sqrt(12 * 20_000))
    assert times.var() == pytest.approx(48**2 / 12, rel=0.03)
    assert not init.chrono_bias(5, 2, rng()).any()


DRAWS = {
    "xavier_uniform": lambda **o: init.xavier_uniform(3, 2, rng(), **o),
    "xavier_normal": lambda **o: init.xavier_normal(3, 2, rng(), **o),
    "orthogonal": lambda **o: init.orthogonal(3, 2, rng(), **o),
    "identity": lambda **o: init.identity(3, **o),
    "forget_bias": lambda **o: init.forget_bias(3, **o),
    "chrono_bias": lambda **o: init.chrono_bias(3, 9, rng(), **o),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_dtype_and_repetition(draw):
    for dtype in DTYPES:
        assert draw(dtype=dtype).dtype == dtype
        assert np.array_equal(draw(dtype=dtype), draw(dtype=dtype))
    assert draw().dtype == np.float64
    for bad in (int, "float16", "nonsense", np.complex128):
        with pytest.raises(TypeError, match="dtype: expected float32 or float64, got"):
            draw(dtype=bad)


@pytest.mark.parametrize("draw", [init.xavier_uniform, init.xavier_normal, init.orthogonal])
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_out": 0}, ValueError, "n_out: .* got 0"),
        ({"n_in": -1}, ValueError, "n_in: .* got -1"),
        ({"n_in": 2.0}, TypeError, "n_in: .* got float"),
        ({"rng": 0}, TypeError, "rng: .* got int"),
        ({"rng": np.random.RandomState(0)}, TypeError, "rng: .* got RandomState"),
        ({"gain": 0.0}, ValueError, "gain: .* got 0.0"),
        ({"gain": np.inf}, ValueError, "gain: .* got inf"),
    ],
)
def test_bad_weights(draw, arguments, error, message):
    with pytest.raises(error, match=message):
        draw(**{"n_out": 3, "n_in": 2, "rng": rng(), **arguments})


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: init.identity(0), ValueError, "H: .* got 0"),
        (lambda: init.identity(2, scale=np.nan), ValueError, "scale: .* got nan"),
        (lambda: init.forget_bias(True), TypeError, "H: .* got bool"),
        (lambda: init.forget_bias(2, np.inf), ValueError, "value: .* got inf"),
        (lambda: init.chrono_bias(1.5, 9, rng()), TypeError, "H: .* got float"),
        (lambda: init.chrono_bias(2, 1.9, rng()), ValueError, "T_max: .* got 1.9"),
        (lambda: init.chrono_bias(2, 9, None), TypeError, "rng: .* got NoneType"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
