"""The LSTM's gates, each by its extreme values."""

import numpy as np
import pytest

from course_pkg.reference.cells import lstm
from tests.reference.cases import random_case

H = 3
OPEN, SHUT = 1000.0, -1000.0


def forced(**gates: float) -> lstm.Params:
    """Make parameters whose gates are set by the biases alone, and whose candidate varies."""
    params = random_case(lstm, 1, 1, 2, H).layers[0]
    W_ih, W_hh, b_ih = (array.copy() for array in params[:3])
    for gate, value in gates.items():
        block = slice("ifgo".index(gate) * H, ("ifgo".index(gate) + 1) * H)
        W_ih[block], W_hh[block], b_ih[block] = 0, 0, value
    return lstm.Params(W_ih, W_hh, b_ih, np.zeros(4 * H))


@pytest.fixture
def arrays() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(2, 2)), rng.normal(size=(2, H)), rng.normal(size=(2, H))


def candidate(x: np.ndarray, h: np.ndarray, params: lstm.Params) -> np.ndarray:
    block = slice(2 * H, 3 * H)
    return np.tanh(x @ params.W_ih[block].T + h @ params.W_hh[block].T + params.b_ih[block])


def test_kept_and_not_written(arrays: tuple[np.ndarray, ...]) -> None:
    x, h, c = arrays
    (_, c_next), _ = lstm.step(x, h, c, forced(f=OPEN, i=SHUT))
    np.testing.assert_array_equal(c_next, c)


def test_forgotten_and_written(arrays: tuple[np.ndarray, ...]) -> None:
    x, h, c = arrays
    params = forced(f=SHUT, i=OPEN)
    (_, c_next), _ = lstm.step(x, h, c, params)
    np.testing.assert_allclose(c_next, candidate(x, h, params), rtol=0, atol=1e-15)


def test_kept_and_written(arrays: tuple[np.ndarray, ...]) -> None:
    """The two gates are independent: the cell may grow beyond 1."""
    x, h, c = arrays
    params = forced(f=OPEN, i=OPEN, g=OPEN)
    for _ in range(3):
        (h, c_next), _ = lstm.step(x, h, c, params)
        np.testing.assert_allclose(c_next, c + 1, rtol=0, atol=1e-15)
        c = c_next
    assert abs(c).max() > 2


def test_hidden_but_kept_then_shown(arrays: tuple[np.ndarray, ...]) -> None:
    x, h, c = arrays
    (h, c), _ = lstm.step(x, h, np.full_like(c, 2.0), forced(f=OPEN, i=SHUT, o=SHUT))
    assert (h == 0).all()
    assert (c == 2).all()
    (h, c), _ = lstm.step(x, h, c, forced(f=OPEN, i=SHUT, o=OPEN))
    np.testing.assert_allclose(h, np.tanh(2), rtol=0, atol=1e-15)


def test_the_cell_does_not_depend_on_the_output_gate(arrays: tuple[np.ndarray, ...]) -> None:
    x, h, c = arrays
    _, cache = lstm.step(x, h, c, random_case(lstm, 1, 2, 2, H).layers[0])
    grads = lstm.step_backward(np.zeros_like(h), np.ones_like(c), cache)
    assert (grads.db_ih[3 * H :] == 0).all()
    assert (grads.db_ih[: 3 * H] != 0).all()


def test_the_direct_path_is_the_product_of_the_forget_gates() -> None:
    """Without recurrent weights the cell's gradient is the product of f over the steps."""
    case = random_case(lstm, 6, 2, 2, H)
    params = case.layers[0]._replace(W_hh=np.zeros((4 * H, H)))
    _, cache = lstm.forward(case.x, params)
    dc0 = lstm.backward(None, cache, dc_n=np.ones((2, H))).dc0
    f = cache.gates[:, :, H : 2 * H]
    np.testing.assert_allclose(dc0, f.prod(axis=0), rtol=1e-12)


def test_four_times_the_parameters_of_the_plain_network() -> None:
    assert lstm.parameter_count(10, 20) == 4 * (20 * 10 + 20 * 20 + 2 * 20)
    # Zaremba, Sutskever and Vinyals (2014), small model, the recurrent part with two biases.
    assert lstm.parameter_count(200, 200, L=2) == 643_200
