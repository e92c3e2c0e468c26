"""`course_pkg.reference.losses.elastic_weights` against torch, differences and exact curvature."""

from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.layers.softmax import log_softmax
from course_pkg.reference.losses import cross_entropy, elastic_weights
from tests.reference.compare import (
    DTYPES,
    assert_close,
    assert_gradients,
    assert_loss_close,
    freeze,
    to_torch,
)


class Params(NamedTuple):
    W: np.ndarray
    b: np.ndarray


def three(rng, dtype=np.float64):
    """Return weights, an anchor and the Fisher information of two layers."""

    def drawn():
        return [
            Params(rng.normal(size=(3, 2)).astype(dtype), rng.normal(size=3).astype(dtype))
            for _ in range(2)
        ]

    F = [Params(layer.W**2, layer.b**2) for layer in drawn()]
    return drawn(), drawn(), F


@given(seed=st.integers(0, 2**16), dtype=st.sampled_from(DTYPES), strength=st.floats(0, 1e3))
def test_equals_torch(seed, dtype, strength):
    theta, star, F = three(np.random.default_rng(seed), dtype)
    freeze(*(array for tree in (theta, star, F) for layer in tree for array in layer))
    ours, cache = elastic_weights.forward(theta, star, F, strength=strength)
    theta_t = [[to_torch(array) for array in layer] for layer in theta]
    theirs = sum(
        0.5 * strength * (torch.tensor(f) * (w - torch.tensor(a)) ** 2).sum()
        for layers in zip(theta_t, star, F, strict=True)
        for w, a, f in zip(*layers, strict=True)
    )
    assert_loss_close(ours, theirs)
    (-1.5 * theirs).backward()
    grads = elastic_weights.backward(-1.5, cache)
    assert isinstance(grads[0], Params)
    for layer, layer_t in zip(grads, theta_t, strict=True):
        for g, w in zip(layer, layer_t, strict=True):
            assert_close(g, w.grad)


def test_finite_differences():
    theta, star, F = three(np.random.default_rng(0))

    def run():
        return elastic_weights.forward(theta, star, F, strength=0.7)

    grads = elastic_weights.backward(1.0, run()[1])
    pairs = [(w, g) for pair in zip(theta, grads, strict=True) for w, g in zip(*pair, strict=True)]
    assert_gradients(lambda: run()[0], pairs)


def test_the_anchor_is_the_minimum_and_costs_nothing():
    _, star, F = three(np.random.default_rng(1))
    penalty, cache = elastic_weights.forward(star, star, F, strength=5.0)
    assert penalty == 0
    assert not any(np.any(g) for layer in elastic_weights.backward(1.0, cache) for g in layer)


def softmax_regression(rng, N=40, K=3, I=2):
    """Return inputs, weights, the probabilities and the gradient of log p for each label."""
    x, W = rng.normal(size=(N, I)), rng.normal(size=(K, I))
    p = np.exp(log_softmax(x @ W.T))  # (N, K)
    grads = (np.eye(K) - p[:, None, :])[..., None] * x[:, None, None, :]  # (N, K labels, K, I)
    return x, W, p, grads


def test_with_the_models_own_probabilities_it_is_the_curvature_of_the_loss():
    """In a linear model the Fisher information is the Hessian, whatever the labels are."""
    rng = np.random.default_rng(2)
    x, W, p, grads = softmax_regression(rng)
    F = elastic_weights.fisher(
        {"W": grads.reshape(-1, *W.shape)}, weights=(p / len(x)).reshape(-1)
    )["W"]
    labels = rng.integers(3, size=len(x))
    eps, hessian = 1e-4, np.empty_like(W)
    for index in np.ndindex(*W.shape):
        losses = []
        for step in (-eps, 0, eps):
            moved = W.copy()
            moved[index] += step
            losses.append(cross_entropy.forward(x @ moved.T, labels)[0])
        hessian[index] = (losses[0] - 2 * losses[1] + losses[2]) / eps**2
    assert abs(F - hessian).max() < 1e-6


def test_labels_drawn_from_the_model_come_near_it_and_those_of_the_data_do_not():
    rng = np.random.default_rng(3)
    x, W, p, grads = softmax_regression(rng, N=20_000)
    exact = elastic_weights.fisher(
        {"W": grads.reshape(-1, *W.shape)}, weights=(p / len(x)).reshape(-1)
    )["W"]
    rows = np.arange(len(x))
    drawn = (rng.random(len(x))[:, None] > p.cumsum(axis=1)).sum(axis=1)
    sampled = elastic_weights.fisher({"W": grads[rows, drawn]})["W"]
    worst = p.argmin(axis=1)  # labels that the model does not expect
    empirical = elastic_weights.fisher({"W": grads[rows, worst]})["W"]
    assert abs(sampled / exact - 1).max() < 0.1
    assert empirical.sum() > 1.5 * exact.sum()


def test_squares_come_before_the_mean():
    g = np.array([[1.0, 2.0], [-1.0, 2.0]])
    found = elastic_weights.fisher(Params(g[:, :, None], g))
    assert np.array_equal(found.b, [1, 4])  # of the mean gradient: 0 and 4
    assert found.W.shape == (2, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"strength": -1.0}, r"strength: expected a number in \[0, inf\)"),
        ({"information": {"w": -np.ones(2)}}, r"information\['w'\]: expected no negative value"),
        ({"information": {"w": np.ones(3)}}, r"information\['w'\]: expected shape"),
        ({"anchor": {"v": np.ones(2)}}, "anchor: expected arrays named"),
        ({"anchor": {"w": np.array([1, np.nan])}}, r"anchor\['w'\]: expected finite values"),
        ({"params": {"w": np.array([1, np.inf])}}, r"params\['w'\]: expected finite values"),
        ({"params": {"w": np.array([1e200, 0])}}, r"params\['w'\]: expected distances"),
    ],
)
def test_wrong_arguments_are_refused(change, message):
    given = {name: {"w": np.ones(2)} for name in ("params", "anchor", "information")}
    given = {**given, "strength": 1.0, **change}
    strength = given.pop("strength")
    with pytest.raises(ValueError, match=message):
        elastic_weights.forward(*given.values(), strength=strength)


@pytest.mark.parametrize(
    ("grads", "weights", "message"),
    [
        ({"w": np.float64(1)}, None, r"grads\['w'\]: expected shape \(N, ...\)"),
        ({"w": np.ones(2), "v": np.ones(3)}, None, r"grads\['v'\]: expected shape"),
        ({"w": np.array([1, np.nan])}, None, r"grads\['w'\]: expected finite values"),
        ({"w": np.array([1e200])}, None, r"grads\['w'\]: expected values whose squares"),
        ({"w": np.ones(2)}, np.array([1.0, -1.0]), "weights: expected no negative value"),
        ({"w": np.ones(2)}, np.ones(3), "weights: expected shape"),
    ],
)
def test_gradients_that_do_not_fit_are_refused(grads, weights, message):
    with pytest.raises(ValueError, match=message):
        elastic_weights.fisher(grads, weights)


def test_a_plain_tuple_is_no_cache():
    with pytest.raises(TypeError, match="cache: expected a named tuple"):
        elastic_weights.backward(1.0, (1, 2))
