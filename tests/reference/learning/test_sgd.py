"""`course_pkg.reference.learning.sgd` against `torch.optim.SGD`."""

import itertools

import numpy as np
import pytest
import torch

from course_pkg.reference.layers import layer_norm
from course_pkg.reference.learning import sgd
from tests.reference.compare import DTYPES, assert_close, freeze

OPTIONS = [
    {"momentum": momentum, "nesterov": nesterov, "weight_decay": weight_decay}
    for momentum, nesterov, weight_decay in itertools.product(
        [0.0, 0.5, 0.9], [False, True], [0.0, 0.1]
    )
    if momentum or not nesterov
]


def draw(dtype=np.float64):
    """Return parameters in every kind of tree, and a function that draws gradients for them."""
    rng = np.random.default_rng(0)

    def like(*sizes):
        return [rng.normal(size=size).astype(dtype) for size in sizes]

    def tree():
        a, b, c, d, e = like((3, 2), (2,), (4,), (4,), ())
        return {"W": a, "b": b, "norm": layer_norm.Params(c, d), "rest": [np.asarray(e)]}

    return tree(), tree


def flat(tree):
    return [tree["W"], tree["b"], *tree["norm"], tree["rest"][0]]


def compare_with_torch(module, theirs, options, torch_options, dtype):
    """Take 100 steps with each, from the same start and along the same gradients."""
    params, draw_gradients = draw(dtype)
    tensors = [torch.tensor(p).requires_grad_() for p in flat(params)]
    optimiser = theirs(tensors, **torch_options)
    state = module.init(params)
    for _ in range(100):
        grads = draw_gradients()
        freeze(*flat(params), *flat(grads))
        for arrays in (part for part in state if isinstance(part, dict)):
            freeze(*arrays.values())
        for tensor, gradient in zip(tensors, flat(grads), strict=True):
            tensor.grad = torch.tensor(gradient)
        optimiser.step()
        params, state = module.update(params, grads, state, **options)
    assert isinstance(params["norm"], layer_norm.Params)
    assert isinstance(params["rest"], list)
    for ours, tensor in zip(flat(params), tensors, strict=True):
        assert_close(ours, tensor)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_equals_torch_after_100_steps(options, dtype):
    options = {"lr": 0.05, **options}
    compare_with_torch(sgd, torch.optim.SGD, options, options, dtype)


def test_a_rate_of_0_moves_nothing():
    params = {"w": np.array([1.0, 2.0])}
    new, _ = sgd.update(params, params, sgd.init(params), lr=0, momentum=0.9)
    assert np.array_equal(new["w"], params["w"])


W = {"w": np.ones(2)}
STATE = sgd.init(W)


def update(params=W, grads=W, state=STATE, lr=0.1, **options):
    return sgd.update(params, grads, state, lr=lr, **options)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: sgd.init({"w": [1.0]}), TypeError, r"params\['w.0'\]: .* got float"),
        (lambda: update(lr=-0.1), ValueError, "lr: .* got -0.1"),
        (lambda: update(lr=np.inf), ValueError, "lr: .* got inf"),
        (lambda: update(lr=np.nan), ValueError, "lr: .* got nan"),
        (lambda: update(lr="fast"), TypeError, "lr: .* got str"),
        (lambda: update(lr=None), TypeError, "lr: .* got NoneType"),
        (lambda: update(momentum=1.0), ValueError, "momentum: .* got 1.0"),
        (lambda: update(momentum=-0.5), ValueError, "momentum: .* got -0.5"),
        (lambda: update(weight_decay=-1.0), ValueError, "weight_decay: .* got -1.0"),
        (lambda: update(weight_decay=np.nan), ValueError, "weight_decay: .* got nan"),
        (lambda: update(nesterov=True), ValueError, "nesterov: expected momentum above 0"),
        (lambda: update(params=np.ones(2)), TypeError, "params: .* got ndarray"),
        (lambda: update(grads={"v": np.ones(2)}), ValueError, r"grads: .* \['w'\] as in params"),
        (lambda: update(grads={"w": np.ones(1)}), ValueError, r"grads\['w'\]: .* N0 = 2"),
        (lambda: update(grads={"w": np.ones((2, 1))}), ValueError, r"grads\['w'\]: expected shape"),
        (lambda: update(grads={"w": np.ones(2, "f")}), TypeError, r"grads\['w'\]: .* got float32"),
        (lambda: update(grads={"w": np.ones(2) * np.nan}), ValueError, r"grads\['w'\]: .*finite"),
        (lambda: update(params={"w": np.array([1, np.inf])}), ValueError, r"params\['w'\]: .*fin"),
        (lambda: update(state=sgd.init({"v": np.ones(2)})), ValueError, "state.velocity: .* got"),
        (lambda: update(state=sgd.init({"w": np.ones(3)})), ValueError, r"velocity\['w'\]: "),
        (lambda: update(state=None), TypeError, r"state: .* \(velocity\), got NoneType"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
