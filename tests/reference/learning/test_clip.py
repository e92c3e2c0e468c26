"""`course_pkg.reference.learning.clip` against `torch.nn.utils`."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.learning import clip
from tests.reference.compare import DTYPES, assert_close, freeze


def draw(seed, dtype, scale):
    rng = np.random.default_rng(seed)
    sizes = [(3, 2), (4,), ()]
    arrays = [np.asarray(scale * rng.normal(size=s), dtype=dtype) for s in sizes]
    freeze(*arrays)
    tensors = [torch.zeros(a.shape, dtype=torch.tensor(a).dtype).requires_grad_() for a in arrays]
    for tensor, array in zip(tensors, arrays, strict=True):
        tensor.grad = torch.tensor(array)
    return arrays, tensors


@given(
    limit=st.sampled_from([1e-3, 0.5, 1.0, 5.0, 1e3]),
    scale=st.sampled_from([1e-3, 1.0, 1e3]),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 2**16),
)
def test_equals_torch(limit, scale, dtype, seed):
    arrays, tensors = draw(seed, dtype, scale)
    clipped, total_norm = clip.clip_norm(arrays, limit)
    norm_t = torch.nn.utils.clip_grad_norm_(tensors, limit)
    assert_close(np.asarray(total_norm, dtype), norm_t)
    for ours, tensor in zip(clipped, tensors, strict=True):
        assert_close(ours, tensor.grad)
    _, tensors = draw(seed, dtype, scale)
    torch.nn.utils.clip_grad_value_(tensors, limit)
    for ours, tensor in zip(clip.clip_value(arrays, limit), tensors, strict=True):
        assert_close(ours, tensor.grad)


def test_norm_clipping_keeps_the_direction_and_value_clipping_does_not():
    grads = {"W": np.array([30.0, 4.0]), "b": np.array([-5.0])}
    g = np.concatenate(list(grads.values()))

    def cosine(clipped):
        c = np.concatenate(list(clipped.values()))
        return c @ g / np.linalg.norm(c) / np.linalg.norm(g)

    clipped, _ = clip.clip_norm(grads, 1.0)
    assert clip.norm(clipped) == pytest.approx(1, abs=1e-6)
    assert cosine(clipped) == pytest.approx(1, abs=1e-12)
    assert cosine(clip.clip_value(grads, 1.0)) < 0.9


def test_short_gradients_pass_unchanged():
    grads = {"W": np.array([0.3, -0.4])}
    clipped, total_norm = clip.clip_norm(grads, 1.0)
    assert total_norm == pytest.approx(0.5, abs=1e-15)
    assert np.array_equal(clipped["W"], grads["W"])
    assert np.array_equal(clip.clip_value(grads, 1.0)["W"], grads["W"])


def test_extremes():
    assert clip.norm([np.zeros(3)]) == 0
    assert np.array_equal(clip.clip_norm([np.zeros(3)], 1.0)[0][0], np.zeros(3))
    assert clip.norm([np.array([3e200, 4e200])]) == pytest.approx(5e200)
    clipped, _ = clip.clip_norm([np.array([3e200, 4e200])], 1.0)
    assert np.allclose(clipped[0], [0.6, 0.8])
    assert clip.norm([np.array([3e30, 4e30], np.float32)]) == pytest.approx(5e30)


@pytest.mark.parametrize(
    ("size", "dtype"),
    [(1.0, np.float64), (1e300, np.float64), (1e-310, np.float64), (1e37, np.float32)],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_array_all_zero(place, size, dtype):
    """Whichever it is, the largest entry of the others, here a negative one, is the scale."""
    others = [np.array([-4 * size, 0], dtype), np.array([[0, -3 * size]], dtype)]
    grads = [*others[:place], np.zeros(3, dtype), *others[place:]]
    freeze(*grads)
    assert clip.norm(grads) == pytest.approx(5 * size, rel=1e-6, abs=0)
    clipped, _ = clip.clip_norm(grads, 1e301)
    assert all(np.array_equal(ours, given) for ours, given in zip(clipped, grads, strict=True))


G = {"w": np.ones(2)}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: clip.norm(np.ones(2)), TypeError, "grads: .* got ndarray"),
        (lambda: clip.norm({}), ValueError, "grads: expected at least one array"),
        (lambda: clip.clip_norm({"w": np.array([np.nan])}, 1), ValueError, r"grads\['w'\]: .*fin"),
        (lambda: clip.clip_norm({"w": np.array([1])}, 1), TypeError, r"grads\['w'\]: .* int64"),
        (lambda: clip.clip_norm({"w": None}, 1), TypeError, r"grads\['w'\]: .* got NoneType"),
        (lambda: clip.clip_norm(G, 0), ValueError, "max_norm: .* got 0"),
        (lambda: clip.clip_norm(G, np.inf), ValueError, "max_norm: .* got inf"),
        (lambda: clip.clip_norm(G, "1"), TypeError, "max_norm: .* got str"),
        (lambda: clip.clip_value(G, -1.0), ValueError, "limit: .* got -1.0"),
        (lambda: clip.clip_value(G, np.nan), ValueError, "limit: .* got nan"),
        (lambda: clip.clip_value({"w": np.array([np.inf])}, 1), ValueError, r"grads\['w'\]: .*fin"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
