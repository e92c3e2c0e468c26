"""The GRU's gates, each by its extreme values, and its published conventions."""

import numpy as np
import pytest

from course_pkg.reference.cells import (
    gru,
    gru_conventions,
    gru_reset_before,
    leaky,
    lstm_1997,
    mgu,
)
from course_pkg.reference.layers.activations import sigmoid
from course_pkg.reference.networks import unroll
from tests.reference.cases import random_case
from tests.reference.compare import freeze

H = 3
OPEN, SHUT = 1000.0, -1000.0


def forced(gate: str, value: float) -> gru.Params:
    """Make parameters with one gate set by its bias alone."""
    params = random_case(gru, 1, 1, 2, H).layers[0]
    W_ih, W_hh, b_ih, b_hh = (array.copy() for array in params)
    block = slice("rzn".index(gate) * H, ("rzn".index(gate) + 1) * H)
    W_ih[block], W_hh[block], b_ih[block], b_hh[block] = 0, 0, value, 0
    return gru.Params(W_ih, W_hh, b_ih, b_hh)


@pytest.fixture
def arrays() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(2, 2)), rng.normal(size=(2, H))


@pytest.mark.parametrize("cell", [gru, gru_reset_before])
class TestGates:
    def test_update_gate_1_copies_the_state(self, cell, arrays) -> None:
        x, h = arrays
        params = cell.Params(*forced("z", OPEN))
        np.testing.assert_array_equal(cell.step(x, h, params)[0], h)

    def test_update_gate_0_replaces_it_by_the_candidate(self, cell, arrays) -> None:
        x, h = arrays
        h_next, cache = cell.step(x, h, cell.Params(*forced("z", SHUT)))
        np.testing.assert_array_equal(h_next, cache.n)

    def test_reset_gate_0_hides_the_state_from_the_candidate(self, cell, arrays) -> None:
        x, h = arrays
        params = cell.Params(*forced("r", SHUT))
        _, one = cell.step(x, h, params)
        _, two = cell.step(x, -5 * h, params)
        np.testing.assert_array_equal(one.n, two.n)
        assert abs(one.z - two.z).max() > 0.1

    def test_the_state_stays_between_the_old_one_and_the_candidate(self, cell, arrays) -> None:
        x, h = arrays
        h_next, cache = cell.step(x, h, cell.Params(*random_case(gru, 1, 1, 2, H).layers[0]))
        assert (np.minimum(h, cache.n) <= h_next).all()
        assert (h_next <= np.maximum(h, cache.n)).all()


def test_reset_before_and_after_are_two_networks() -> None:
    case = random_case(gru, 10, 4, 3, 8)
    (after, _), _ = gru.forward(case.x, case.layers[0])
    before = gru_reset_before.Params(*case.layers[0])
    (y, _), _ = unroll.forward(gru_reset_before, case.x, before, np.zeros((4, 8)))
    assert abs(y - after).max() > 0.1


def test_the_other_convention_by_negated_rows() -> None:
    """A step written in the convention z n + (1 - z) h agrees after the conversion."""
    case = random_case(gru, 1, 4, 3, 5)
    params, x, h = case.layers[0], case.x[0], case.states[0][0]
    turned = gru_conventions.negate_update_gate(params)
    W_ih, W_hh, b_ih, b_hh = turned
    x_r, x_z, x_n = np.split(x @ W_ih.T + b_ih, 3, axis=1)
    h_r, h_z, m = np.split(h @ W_hh.T + b_hh, 3, axis=1)
    r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
    n = np.tanh(x_n + r * m)
    np.testing.assert_allclose(z * n + (1 - z) * h, gru.step(x, h, params)[0], rtol=0, atol=1e-15)


@pytest.mark.parametrize("kind", [gru.Params, gru_reset_before.Params])
def test_twice_is_the_identity(kind) -> None:
    params = kind(*random_case(gru, 1, 1, 3, 5).layers[0])
    freeze(*params)
    once = gru_conventions.negate_update_gate(params)
    assert type(once) is kind
    for a, b, c in zip(params, once, gru_conventions.negate_update_gate(once), strict=True):
        np.testing.assert_array_equal(a, c)
        np.testing.assert_array_equal(a[5:10], -b[5:10])
        np.testing.assert_array_equal(a[:5], b[:5])
        np.testing.assert_array_equal(a[10:], b[10:])


def test_the_minimal_gated_unit_is_the_gru_before_with_both_gates_tied() -> None:
    """With r = f and z = 1 - f, that is the rows of r copied to z with the other sign."""
    case = random_case(gru, 6, 4, 3, 5)
    f_n = [np.split(array, 3)[1:] for array in case.layers[0]]  # two of the three blocks
    small = mgu.Params(*(np.concatenate([f, n]) for f, n in f_n))
    large = gru_reset_before.Params(*(np.concatenate([f, -f, n]) for f, n in f_n))
    (y, _), _ = unroll.forward(mgu, case.x, small, case.states[0][0])
    (expected, _), _ = unroll.forward(gru_reset_before, case.x, large, case.states[0][0])
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-14)


def test_a_fixed_update_gate_is_exponential_smoothing_of_the_candidate() -> None:
    rng = np.random.default_rng(0)
    x, h0 = rng.normal(size=(20, 2, 3)), rng.normal(size=(2, 3))
    W_ih = np.concatenate([np.zeros((6, 3)), np.eye(3)])
    b = np.repeat([0.0, np.log(0.8 / 0.2), 0.0], 3)  # sigmoid(log 4) = 0.8
    params = gru.Params(W_ih, np.zeros((9, 3)), b, np.zeros(9))
    (y, _), _ = gru.forward(x, params, h0)
    np.testing.assert_allclose(y, leaky.smooth(np.tanh(x), 0.8, h0), rtol=0, atol=1e-14)


def test_conversion_rejects_bad_parameters() -> None:
    params = random_case(gru, 1, 1, 3, 5).layers[0]
    with pytest.raises(ValueError, match=r"b_hh: expected shape \(3H,\) .* got \(1,\)"):
        gru_conventions.negate_update_gate(params._replace(b_hh=np.ones(1)))
    with pytest.raises(TypeError, match=r"params: expected .* got tuple"):
        gru_conventions.negate_update_gate(tuple(params))
    with pytest.raises(TypeError, match=r"expected gru.Params or .* got .*lstm_1997.Params"):
        gru_conventions.negate_update_gate(lstm_1997.Params(*params))


def test_three_times_the_parameters_of_the_plain_network() -> None:
    assert gru.parameter_count(10, 20) == 3 * (20 * 10 + 20 * 20 + 2 * 20)
