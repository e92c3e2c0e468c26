"""The numbers in the answers to the exam questions, computed with the package.

Each function is named after its question and returns what stands in bold in the answer, in order:
a value and the number of decimals that are written.
"""

from __future__ import annotations

import math

import numpy as np

from course_pkg.metrics.intervals import wilson_interval
from course_pkg.metrics.language import Measured, bits, perplexity
from course_pkg.reference.cells import gru, gru_reset_before, lstm, rnn
from course_pkg.reference.gradients.gradcheck import numerical_gradient
from course_pkg.reference.layers import low_rank
from course_pkg.reference.layers.attention import dot_product
from course_pkg.reference.layers.softmax import softmax
from course_pkg.reference.learning import adam
from course_pkg.reference.learning.clip import clip_norm, clip_value, norm
from course_pkg.reference.losses import elastic_weights

Written = list[tuple[float, int]]


def one(value: float) -> np.ndarray:
    """A matrix of one entry."""
    return np.array([[float(value)]])


def logit(p: float) -> float:
    return math.log(p / (1 - p))


def letters(*word: int) -> list[float]:
    params = rnn.Params(W_ih=one(1), W_hh=one(0.5), b_ih=np.zeros(1), b_hh=np.zeros(1))
    x = np.array(word, dtype=float)[:, None, None]  # (T, 1, 1)
    (y, _), _ = rnn.forward(x, params)
    return y.ravel().tolist()


def q1_1() -> Written:
    last = {word: letters(*word)[-1] for word in np.ndindex(2, 2, 2)}
    assert len({round(h, 9) for h in last.values()}) == 8
    for word, h in last.items():
        assert h < math.tanh(0.5) if word[-1] == 0 else h >= math.tanh(1) - 1e-12
    found = [*letters(1, 0, 0), letters(0, 0, 1)[-1], math.tanh(0.5), math.tanh(1)]
    return [(h, 3) for h in found]


def q1_2() -> Written:
    steps = math.log(0.01) / math.log(0.9)
    first = next(k for k in range(1000) if 0.9**k < 0.01)
    return [(steps, 1), (first, 0)]


def q1_3() -> Written:
    return [(rnn.parameter_count(10, 20), 0)]


def q2_1() -> Written:
    u = np.array([0.5])

    def loss(constant: float | None = None) -> float:
        """The loss; a number for h_2 cuts the gradient there."""
        h_2 = u[0] * 1.0 + 2.0 if constant is None else constant
        return float(0.5 * (u[0] * h_2 + 3.0 - 10) ** 2)

    h = [1.0, 2.5, 4.25]
    assert np.allclose(np.array([0, *h[:2]]) * 0.5 + [1, 2, 3], h)
    slope = numerical_gradient(loss, u)[0]
    cut = numerical_gradient(lambda: loss(h[1]), u)[0]
    dh = h[-1] - 10
    return [(h[0], 0), (h[1], 1), (h[2], 2), (dh, 2), (slope / dh, 1), (slope, 2), (cut, 3)]


def q2_2() -> Written:
    """No number stands in the answer; the formulas are held against finite differences."""
    rng = np.random.default_rng(2)
    T, I, H = 5, 2, 3
    W, U, V = rng.normal(size=(H, I)), rng.normal(size=(H, H)), rng.normal(size=(H, H))
    x, target = rng.normal(size=(T, I)), rng.normal(size=(T, H))

    def states() -> list[np.ndarray]:
        h = [np.zeros(H), np.zeros(H)]  # h_{-1}, h_0
        for t in range(T):
            h.append(np.tanh(W @ x[t] + U @ h[-1] + V @ h[-2]))
        return h

    def loss() -> float:
        return float(0.5 * np.square(np.stack(states()[2:]) - target).sum())

    h = states()
    deltas = [np.zeros(H), np.zeros(H)]  # of steps T + 2 and T + 1
    dV = np.zeros_like(V)
    for t in reversed(range(T)):
        back = (h[t + 2] - target[t]) + U.T @ deltas[-1] + V.T @ deltas[-2]
        deltas.append((1 - h[t + 2] ** 2) * back)
        dV += np.outer(deltas[-1], h[t])
    assert np.allclose(dV, numerical_gradient(loss, V), atol=1e-7)
    return []


def q2_3() -> Written:
    parameters = rnn.parameter_count(3, 20) - 20  # one bias
    return [(parameters, 0), (20 * parameters, 0), (20 * parameters / 20, 0)]


def q3_1() -> Written:
    g = np.array([3.0, 4.0, 12.0])
    by_norm, total = clip_norm([g], 6.5)
    by_value = clip_value([g], 5.0)[0]

    def cosine(a: np.ndarray) -> float:
        return float(a @ g / norm([a]) / norm([g]))

    assert np.allclose(by_value[:2], g[:2])
    return [
        (total, 0),
        (by_norm[0][0], 1),
        *((value, 0) for value in by_norm[0][1:]),
        (by_value[2], 0),
        (cosine(by_norm[0]), 0),
        (cosine(by_value), 3),
    ]


def q3_2() -> Written:
    step = 1 / (100 * 2)
    return [(step, 3), ((1 - step * 2) ** 100, 3)]


def q3_3() -> Written:
    return []


def q4_1() -> Written:
    big = 100.0
    biases = np.array([logit(0.5), logit(0.9), math.atanh(0.8), big])
    params = lstm.Params(np.zeros((4, 1)), np.zeros((4, 1)), b_ih=biases, b_hh=np.zeros(4))
    h, c = one(0), one(0)
    cells, states = [], []
    for _ in range(500):
        (h, c), _ = lstm.step(one(0), h, c, params)
        cells.append(c.item())
        states.append(h.item())
    return [*((c, 3) for c in cells[:3]), (states[2], 3), (cells[-1], 0), (states[-1], 3)]


def q4_2() -> Written:
    found = []
    for f in (0.99, 0.5):
        biases = np.array([0.0, logit(f), 0.0, 0.0])
        params = lstm.Params(np.zeros((4, 1)), np.zeros((4, 1)), b_ih=biases, b_hh=np.zeros(4))
        _, cache = lstm.step(one(0), one(0), one(2), params)
        found.append(lstm.step_backward(one(0), one(1), cache).db_ih[1])
    return [(found[0], 4), (found[1], 1), (found[1] / found[0], 0)]


def q4_3() -> Written:
    gates = [1.0] * 98 + [0.0] * 2
    assert math.isclose(sum(gates) / 100, 0.98)
    return [(0.98**100, 3), (math.prod(gates), 0)]


def q5_1() -> Written:
    W_hh = np.array([[0.0], [0.0], [2.0]])
    biases = np.array([0.0, logit(0.75), 0.2])
    recurrent = np.array([0.0, 0.0, 0.4])
    W_ih = np.zeros((3, 1))
    after, cache = gru.step(one(0), one(0.5), gru.Params(W_ih, W_hh, biases, recurrent))
    before_params = gru_reset_before.Params(W_ih, W_hh, biases, recurrent)
    before, cache_before = gru_reset_before.step(one(0), one(0.5), before_params)
    return [
        (cache.n.item(), 3),
        (after.item(), 3),
        (cache_before.n.item(), 3),
        (before.item(), 3),
    ]


def q5_2() -> Written:
    """The formula is held against the GRU's own slope, with the reset gate open."""

    def slope(h: float, u: float, v: float, b: float) -> tuple[float, float]:
        W_hh = np.array([[0.0], [u], [v]])
        biases = np.array([100.0, b, 0.0])
        params = gru.Params(np.zeros((3, 1)), W_hh, biases, np.zeros(3))
        _, cache = gru.step(one(0), one(h), params)
        z, n = cache.z.item(), cache.n.item()
        formula = z + (h - n) * z * (1 - z) * u + (1 - z) * (1 - n**2) * v
        assert math.isclose(gru.step_backward(one(1), cache).dh.item(), formula)
        return formula, z

    slope(0.4, -1.3, 0.7, 0.2)
    (low, _), (high, z) = slope(0, 1, 0.5, 0), slope(0, 1, 0.5, 2)
    return [(low, 3), (z, 3), (high, 3)]


def q5_3() -> Written:
    lstm_count = lstm.parameter_count(64, 128)
    size = (-66 + math.sqrt(66**2 + 4 * lstm_count / 3)) / 2
    nearest = min(range(1, 300), key=lambda H: abs(gru.parameter_count(64, H) - lstm_count))
    return [(lstm_count, 0), (gru.parameter_count(64, 128), 0), (size, 1), (nearest, 0)]


def q6_1() -> Written:
    losses = np.array([[1.0, 1, 1, 1], [5, 0, 0, 0]])
    lengths = np.array([4, 1])
    steps = losses.sum() / lengths.sum()
    return [(steps, 1), ((losses.sum(1) / lengths).mean(), 0), (losses.mean(), 3)]


def q6_2() -> Written:
    params, state = {"w": np.zeros(1)}, adam.init({"w": np.zeros(1)})
    g = 3.0
    moved, state = adam.update(params, {"w": np.array([g])}, state, lr=1.0)
    first = -moved["w"][0]
    again, state = adam.update(moved, {"w": np.zeros(1)}, state, lr=1.0)
    second = moved["w"][0] - again["w"][0]
    assert math.isclose(first, 1, rel_tol=1e-6)
    m, v = state.m["w"][0] / (1 - 0.9**2) / g, state.v["w"][0] / (1 - 0.999**2) / g**2
    return [(m, 3), (v, 3), (second, 3)]


def q6_3() -> Written:
    error = math.sqrt(0.25 / 200)
    grid = np.linspace(-8, 8, 16001)
    below = np.array([0.5 * (1 + math.erf(x / math.sqrt(2))) for x in grid]) ** 50
    largest = float((grid[1:] * np.diff(below)).sum())
    assert round(largest, 2) == 2.25
    return [(error, 3), (0.5 + 2.25 * error, 3)]


def q7_1() -> Written:
    first = Measured(nats=-sum(math.log(p) for p in (1 / 2, 1 / 4, 1 / 8, 1 / 2)), tokens=4)
    second = Measured(nats=7 * math.log(2.2), tokens=7)
    assert math.isclose(second.perplexity, 2.2)
    return [
        (first.bits_per_token, 2),
        (first.perplexity, 3),
        (first.bits_per_character(14), 3),
        (bits(second.nats), 3),
        (second.bits_per_character(14), 3),
    ]


def q7_2() -> Written:
    p, q = np.array([1 / 2, 1 / 4, 1 / 4]), np.full(3, 1 / 3)
    entropy, cross = bits(-float(p @ np.log(p))), bits(-float(p @ np.log(q)))
    return [(entropy, 3), (cross, 3), (cross - entropy, 3)]


def q7_3() -> Written:
    nats = {window: (10 * 5.2 + (window - 10) * 4.4) / window for window in (50, 100)}
    return [
        (nats[50], 2),
        (perplexity(nats[50]), 1),
        (nats[100], 2),
        (perplexity(nats[100]), 1),
        (perplexity(4.4), 1),
    ]


def q8_1() -> Written:
    scores, values = np.array([1.0, 0.0, 1.0]), np.array([10.0, 0.0, 99.0])
    mask = np.array([True, True, False])
    right = softmax(scores, mask)
    key = scores[:, None, None]  # (S, 1, 1): with the query 1 the scores are these
    value = values[:, None, None]  # (S, 1, 1)
    (context, _), _ = dot_product(one(1)[None], key, value, mask[None, None])
    assert math.isclose(context.item(), float(right @ values))
    zero, late = softmax(np.where(mask, scores, 0)), softmax(scores) * mask
    return [
        *((w, 3) for w in right[:2]),
        (float(right @ values), 2),
        *((w, 3) for w in zero),
        (float(zero @ values), 2),
        *((w, 3) for w in late[:2]),
        (float(late @ values), 2),
    ]


def q8_2() -> Written:
    a, b = 2 * math.log(0.5), 4 * math.log(0.6)
    alpha = math.log2(b / a)
    assert b / 4 ** (alpha + 0.01) > a / 2 ** (alpha + 0.01)
    assert b / 4 ** (alpha - 0.01) < a / 2 ** (alpha - 0.01)
    return [(a, 3), (b, 3), (a / 2, 3), (b / 4, 3), (b / a, 3), (alpha, 3)]


def q8_3() -> Written:
    return []


def q9_1() -> Written:
    count = low_rank.count(512, 512, 4)
    params = low_rank.Params(W=np.zeros((2, 2)), A=np.array([[1.0, -1.0]]), B=np.zeros((2, 1)))
    _, cache = low_rank.forward(np.eye(2), params, alpha=1.0)
    G = np.array([[1.0, 2.0], [3.0, 4.0]])
    grads = low_rank.backward(G.T, cache)  # with x = I is dW = dy^T
    product = (params.B - 0.1 * grads.dB) @ (params.A - 0.1 * grads.dA)
    assert np.allclose(product[0], product[1])
    return [
        (count, 0),
        (100 * count / 512**2, 2),
        *((value, 0) for value in grads.dB.ravel()),
        *((value, 0) for value in grads.dA.ravel()),
        *((value, 1) for value in product[0]),
    ]


def q9_2() -> Written:
    def rests(theta: list[float], target: list[float], stiffness: list[float]) -> bool:
        """Whether the springs and task B pull equally hard."""
        where, zero = {"w": np.array(theta)}, {"w": np.zeros(len(theta))}
        _, cache = elastic_weights.forward(where, zero, {"w": np.array(stiffness)}, strength=1.0)
        pull = elastic_weights.backward(1.0, cache)["w"]
        return bool(np.allclose(pull + where["w"] - np.array(target), 0))

    assert rests([2.0], [10.0], [4.0])
    assert rests([1 / 3, 1 / 3], [1.0, 1.0], [2.0, 2.0])
    H = np.array([[2, -1.9], [-1.9, 2]])
    true = np.linalg.solve(H + np.eye(2), np.ones(2))
    return [(10 / (4 + 1), 0), (1 / 3, 3), (true[0], 3)]


def q9_3() -> Written:
    return [(end, 3) for correct in (82, 80) for end in wilson_interval(correct, 100)]
