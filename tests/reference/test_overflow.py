"""What overflows on the way is said at once, in the name of the argument that was too large."""

import numpy as np
import pytest

from course_pkg.reference.cells import lstm_layer_norm
from course_pkg.reference.layers import attention, batch_norm, layer_norm, rms_norm, softmax
from course_pkg.reference.learning import adam, clip, initialization, sgd
from course_pkg.reference.losses import cross_entropy, mse

rng = np.random.default_rng(0)
ONE, ZERO = np.ones(2, np.float32), np.zeros(2, np.float32)
NORM, RUNNING = layer_norm.Params(ONE, ZERO), batch_norm.Running(ZERO, ONE)
X = np.array([[1, 3], [2, 8]], np.float32)


def adam_update(w=1.0, g=1.0, dtype=np.float32, **options):
    params = {"w": np.full(2, w, dtype)}
    return adam.update(params, {"w": np.full(2, g, dtype)}, adam.init(params), **options)


def sgd_update(w=1.0, g=1.0, **options):
    params = {"w": np.full(2, w, np.float32)}
    grads, state = {"w": np.full(2, g, np.float32)}, sgd.State({"w": np.full(2, g, np.float32)})
    return sgd.update(params, grads, state, **{"lr": 0.1} | options)


def train_batch(x):
    return batch_norm.forward(x, batch_norm.Params(*NORM), RUNNING, training=True)


def normalised_step(**given):
    """Take a step with one array replaced; sizes of 1 would be normalised to 0."""
    W, b = rng.normal(size=(8, 2)).astype(np.float32), np.ones(8, np.float32)
    arrays = {"x": X, "h": X, "c": X} | given
    return lstm_layer_norm.step(*arrays.values(), lstm_layer_norm.Params(W, W, b, b, b, ONE, ZERO))


def additive(query=1.0, key=1.0, **params):
    given = {"W_q": np.eye(2), "W_k": -np.eye(2), "v": ONE} | params
    arrays = [np.asarray(array, np.float32) for array in given.values()]
    q, k = np.full((1, 1, 2), query, np.float32), np.full((1, 1, 2), key, np.float32)
    return attention.additive(q, k, np.ones_like(k), attention.AdditiveParams(*arrays))


def multiplicative(query, W):
    q, k = np.full((1, 1, 2), query, np.float32), np.full((1, 1, 2), 1e20, np.float32)
    params = attention.MultiplicativeParams(W * np.eye(2, dtype=np.float32))
    return attention.multiplicative(q, k, np.ones_like(k), params)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: adam_update(g=1e22), r"grads\['w'\]: .* squares fit into float32, got 1e\+22"),
        (lambda: adam_update(g=-1e200, dtype=np.float64), r"grads\['w'\]: .* float64, got 1e\+200"),
        (
            lambda: adam_update(w=1e20, weight_decay=1e5),
            r"grads\['w'\] \+ weight_decay \* params\['w'\]: .* squares .*, got 1e\+25",
        ),
        (
            lambda: adam_update(w=1e20, weight_decay=1e30, decoupled=True),
            r"weight_decay: expected parameters that fit into float32, got 1e\+30",
        ),
        (lambda: adam_update(lr=1e39), r"lr: expected steps that fit into float32, got 1e\+39"),
        (lambda: adam_update(eps=1e-50), "eps: expected a number above 0 in float32, got 1e-50"),
        (lambda: sgd_update(g=3e38, momentum=0.9), r"grads\['w'\]: .* velocity fit .* got 3e\+38"),
        (
            lambda: sgd_update(g=2.5e38, momentum=0.3, nesterov=True),
            r"grads\['w'\]: .* got 2.5e\+38",
        ),
        (lambda: sgd_update(w=1e20, weight_decay=1e30), r"grads\['w'\] \+ weight_decay .* got inf"),
        (lambda: sgd_update(g=1e20, lr=1e20), r"lr: expected steps that fit .* got 1e\+20"),
        (
            lambda: clip.norm([np.full(4, 1.7e308)]),
            r"grads: .* norm .* got entries up to 1.7e\+308",
        ),
        (lambda: layer_norm.forward(X * 1e20, NORM), r"x: .* squares fit into float32, got 8e\+20"),
        (lambda: layer_norm.forward(X + 3e38, NORM), r"x: .* squares fit into float32, got 3e\+38"),
        (lambda: layer_norm.forward(X, NORM, eps=1e-60), "eps: .* above 0 in float32, got 1e-60"),
        (lambda: rms_norm.forward(X * 1e20, ONE), r"x: .* squares fit into float32, got 8e\+20"),
        (lambda: rms_norm.forward(X, ONE, eps=1e-60), "eps: .* above 0 in float32, got 1e-60"),
        (lambda: train_batch(X * 1e20), r"x: .* squares fit into float32, got 8e\+20"),
        (lambda: normalised_step(x=X * 1e30), "W_ih x: .* squares fit into float32"),
        (lambda: normalised_step(h=X * 1e30), "W_hh h: .* squares fit into float32"),
        (lambda: normalised_step(c=X * 1e30), "^c: .* squares fit into float32"),
        (
            lambda: attention.dot_product(*[np.full((1, 1, 2), 1e20, np.float32)] * 3),
            r"query: expected values whose products with the keys fit into float32, got 1e\+20",
        ),
        (lambda: additive(query=1e20, W_q=1e20 * np.eye(2)), "query: .* products with W_q fit"),
        (lambda: additive(key=1e20, W_k=1e20 * np.eye(2)), "key: .* products with W_k fit"),
        (lambda: additive(query=9.0, v=[3e38, 3e38]), r"^v: .* sums fit into float32, got 3e\+38"),
        (lambda: multiplicative(1e20, 1e20), r"query: .* products with W fit .* got 1e\+20"),
        (lambda: multiplicative(1e10, 1e10), r"query: .* with W and the keys fit .* got 1e\+10"),
        (lambda: initialization.xavier_uniform(2, 2, rng, gain=1e39, dtype="f4"), "gain: .* 1e"),
        (lambda: initialization.xavier_uniform(2, 2, rng, gain=1e308), "gain: .* float64, got 1e"),
        (lambda: initialization.xavier_normal(2, 2, rng, gain=1e39, dtype="f4"), "gain: .* 1e"),
        (lambda: initialization.orthogonal(2, 2, rng, gain=1e39, dtype="f4"), "gain: .* got 1e"),
        (lambda: initialization.identity(2, scale=1e39, dtype="f4"), r"scale: .* got 1e\+39"),
        (lambda: initialization.forget_bias(2, -1e39, dtype="f4"), r"value: .* got 1e\+39"),
        (lambda: mse.backward(1e300, mse.forward(X, X)[1]), r"dloss: .* float32, got 1e\+300"),
    ],
)
def test_the_argument_at_fault_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("name", ["query", "key", "value"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_attention_names_what_is_not_finite(name, bad):
    arrays = {"query": X[None], "key": X[None], "value": X[None]}
    arrays[name] = np.where(X == 8, np.float32(bad), X)[None]
    params = attention.AdditiveParams(*[np.eye(2, dtype=np.float32)] * 2, ONE)
    for call in (
        lambda: attention.dot_product(**arrays),
        lambda: attention.additive(**arrays, params=params),
        lambda: attention.multiplicative(
            **arrays, params=attention.MultiplicativeParams(np.eye(2, dtype=np.float32))
        ),
    ):
        with pytest.raises(ValueError, match=f"^{name}: expected finite values.* got NaN or inf"):
            call()


def test_a_score_that_the_mask_hides_may_overflow():
    large = np.array([[[1e20]], [[1.0]]], np.float32)  # two queries, or two keys
    mask = np.array([[[False, True]], [[True, False]]])  # each sees the other's key
    (context, weights), _ = attention.dot_product(large, large, large, mask)
    assert np.array_equal(weights, mask)
    assert np.array_equal(context, large[::-1])


def test_a_given_nan_is_no_overflow():
    x = np.array([[np.nan, 3], [2, 8]], np.float32)
    for y in (layer_norm.forward(x, NORM)[0], rms_norm.forward(x, ONE)[0]):
        assert np.isnan(y[0]).all()
        assert np.isfinite(y[1]).all()


@pytest.mark.filterwarnings("error")
def test_what_fits_in_the_end_is_computed():
    far = np.array([3e38, -3e38], np.float32)
    assert np.array_equal(softmax.softmax(far), [1, 0])
    assert np.array_equal(softmax.log_softmax(far), [0, -np.inf])
    (clipped,) = clip.clip_value([ONE], 1e300)
    assert np.array_equal(clipped, ONE)
    targets, heavy = np.array([1, 1]), np.full(2, 3e38, np.float32)
    assert cross_entropy.forward(X, targets, weights=heavy)[0] == pytest.approx(
        cross_entropy.forward(X, targets)[0]
    )
