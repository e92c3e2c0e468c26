"""`course_pkg.reference.learning.adam` against `torch.optim.Adam` and `AdamW`."""

import itertools

import numpy as np
import pytest
import torch

from course_pkg.reference.learning import adam, sgd
from tests.reference.compare import DTYPES
from tests.reference.learning.test_sgd import compare_with_torch

OPTIONS = [
    {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
    for lr, betas, eps, weight_decay in itertools.product(
        [1e-3, 0.05], [(0.9, 0.999), (0.0, 0.5)], [1e-8, 1e-3], [0.0, 0.1]
    )
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("decoupled", [False, True])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_equals_torch_after_100_steps(options, decoupled, dtype):
    theirs = torch.optim.AdamW if decoupled else torch.optim.Adam
    ours = {name: value for name, value in options.items() if name != "betas"}
    ours |= {"beta1": options["betas"][0], "beta2": options["betas"][1], "decoupled": decoupled}
    compare_with_torch(adam, theirs, ours, options, dtype)


def test_defaults_are_torchs():
    compare_with_torch(adam, torch.optim.Adam, {}, {}, np.float64)


def test_a_gradient_of_0_moves_nothing():
    params = {"w": np.array([1.0, -2.0])}
    new, state = adam.update(params, {"w": np.zeros(2)}, adam.init(params), lr=0.1)
    assert np.array_equal(new["w"], params["w"])
    assert state.step == 1


def test_a_running_square_near_the_largest_float_is_divided_after_its_root():
    params, grads = {"w": np.ones(1, np.float32)}, {"w": np.full(1, 1e20, np.float32)}
    new, _ = adam.update(params, grads, adam.init(params), lr=0.1)
    np.testing.assert_allclose(new["w"], [0.9], rtol=1e-6)


W = {"w": np.ones(2)}
STATE = adam.init(W)


def update(params=W, grads=W, state=STATE, **options):
    return adam.update(params, grads, state, **options)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: adam.init([]), ValueError, "params: expected at least one array"),
        (lambda: update(lr=-1), ValueError, "lr: .* got -1"),
        (lambda: update(lr=np.inf), ValueError, "lr: .* got inf"),
        (lambda: update(beta1=1.0), ValueError, "beta1: .* got 1.0"),
        (lambda: update(beta1=-0.1), ValueError, "beta1: .* got -0.1"),
        (lambda: update(beta2=1.5), ValueError, "beta2: .* got 1.5"),
        (lambda: update(beta2=np.nan), ValueError, "beta2: .* got nan"),
        (lambda: update(decoupled="no"), TypeError, "decoupled: .* got 'no'"),
        (lambda: update(state=STATE._replace(step=0.5)), TypeError, "state.step: .* got float"),
        (lambda: update(state=STATE._replace(step=-1)), ValueError, "state.step: .* got -1"),
        (lambda: update(eps=0.0), ValueError, "eps: .* got 0.0"),
        (lambda: update(weight_decay=-0.1), ValueError, "weight_decay: .* got -0.1"),
        (lambda: update(grads={"w": np.ones(1)}), ValueError, r"grads\['w'\]: .* N0 = 2"),
        (lambda: update(params={"w": np.ones(2) / 0.0}), ValueError, r"params\['w'\]: .*finite"),
        (lambda: update(state=sgd.init(W)), TypeError, r"state: .* \(step, m, v\), got State"),
        (lambda: update(state=STATE._replace(m={})), ValueError, "state.m: expected at least one"),
        (lambda: update(state=STATE._replace(v={"w": np.ones(1)})), ValueError, r"state.v\['w'\]"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
