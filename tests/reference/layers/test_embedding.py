"""`layers.embedding` against torch, finite differences and its own definition."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.layers import embedding
from tests.reference.compare import DTYPES, assert_close, assert_gradients, freeze, to_torch


@pytest.mark.parametrize("padding_idx", [None, 0, 4])
@pytest.mark.parametrize("dtype", DTYPES)
def test_equals_torch(dtype, padding_idx):
    rng = np.random.default_rng(0)
    W = rng.normal(size=(5, 3)).astype(dtype)
    ids = np.array([[0, 4, 4, 2], [2, 2, 0, 4]])
    dx = rng.normal(size=(2, 4, 3)).astype(dtype)
    freeze(W, ids, dx)
    x, cache = embedding.forward(ids, W, padding_idx=padding_idx)
    W_t = to_torch(W)
    x_t = torch.nn.functional.embedding(torch.tensor(ids), W_t, padding_idx=padding_idx)
    x_t.backward(torch.tensor(dx))
    assert_close(x, x_t)
    assert_close(embedding.backward(dx, cache), W_t.grad)


@given(
    shape=st.lists(st.integers(1, 4), max_size=3),
    V=st.integers(1, 6),
    I=st.integers(1, 4),
    seed=st.integers(0, 2**16),
)
def test_is_a_one_hot_product(shape, V, I, seed):
    rng = np.random.default_rng(seed)
    W, ids = rng.normal(size=(V, I)), rng.integers(0, V, size=shape)
    ids = np.asarray(ids)
    one_hot = np.eye(V)[ids]  # (..., V)
    x, cache = embedding.forward(ids, W)
    assert np.array_equal(x, one_hot @ W)
    dx = rng.normal(size=x.shape)
    rows = one_hot.reshape(-1, V).T @ dx.reshape(-1, I)
    assert_close(embedding.backward(dx, cache), rows)


def test_only_rows_that_were_read_get_a_gradient():
    ids = np.array([[3, 1], [3, 3]])
    _, cache = embedding.forward(ids, np.ones((6, 2)))
    dW = embedding.backward(np.ones((2, 2, 2)), cache)
    assert np.array_equal(dW[:, 0], [0, 1, 0, 3, 0, 0])


def test_all_padding_gives_no_gradient():
    _, cache = embedding.forward(np.array([2, 2]), np.ones((3, 2)), padding_idx=2)
    assert np.array_equal(embedding.backward(np.ones((2, 2)), cache), np.zeros((3, 2)))


def test_finite_differences():
    rng = np.random.default_rng(1)
    W, ids, dx = rng.normal(size=(4, 3)), np.array([1, 1, 3]), rng.normal(size=(3, 3))
    _, cache = embedding.forward(ids, W)
    dW = embedding.backward(dx, cache)
    assert_gradients(lambda: float((embedding.forward(ids, W)[0] * dx).sum()), [(W, dW)])


def test_renaming_ids_with_their_rows_changes_nothing():
    rng = np.random.default_rng(2)
    W, ids, new_name = rng.normal(size=(5, 3)), rng.integers(0, 5, (4, 2)), rng.permutation(5)
    W_renamed = np.empty_like(W)
    W_renamed[new_name] = W
    assert np.array_equal(
        embedding.forward(new_name[ids], W_renamed)[0], embedding.forward(ids, W)[0]
    )


def test_the_cache_survives_a_batch_refilled_in_place():
    ids = np.array([1, 2])
    _, cache = embedding.forward(ids, np.ones((3, 1)))
    ids[:] = 0
    assert np.array_equal(embedding.backward(np.ones((2, 1)), cache).ravel(), [0, 1, 1])


def test_padded_steps_read_and_change_nothing():
    rng = np.random.default_rng(3)
    W, dx = rng.normal(size=(5, 3)), rng.normal(size=(3, 2, 3))
    lengths = [1, 3]
    valid = np.arange(3)[:, None] < lengths  # (T, B)
    dx[~valid] = 0  # as every layer above leaves it
    x, cache = embedding.forward_padded(np.array([[1, 2], [0, 3], [0, 1]]), W, lengths)
    W[0], W[4] = np.nan, np.inf
    freeze(W)
    for padding in (0, 4, -100, 7):
        ids = np.array([[1, 2], [padding, 3], [padding, 1]])
        x_2, cache_2 = embedding.forward_padded(ids, W, lengths)
        assert x_2.tobytes() == x.tobytes()
        assert embedding.backward(dx, cache_2).tobytes() == embedding.backward(dx, cache).tobytes()
    whole, _ = embedding.forward(np.array([[1, 2], [1, 3], [1, 1]]), np.nan_to_num(W))
    assert np.array_equal(x[valid], whole[valid])


def test_without_lengths_every_step_is_read():
    W = np.array([[np.nan], [1.0], [2.0]])
    assert embedding.forward_padded(np.array([[1], [2]]), W, None)[0].tolist() == [[[1]], [[2]]]
    with pytest.raises(ValueError, match=r"^W: expected finite values in every row that is read"):
        embedding.forward_padded(np.array([[1], [0]]), W, None)


W, IDS = np.zeros((3, 2)), np.array([[0, 1]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: embedding.forward([0, 1], W), TypeError, "ids: expected a NumPy array, got list"),
        (lambda: embedding.forward(np.array([1.0]), W), TypeError, "ids: .* got float64"),
        (lambda: embedding.forward(np.array([True]), W), TypeError, "ids: .* got bool"),
        (lambda: embedding.forward(np.array([0, 3]), W), ValueError, r"ids: .* 0\.\.2, got 3"),
        (lambda: embedding.forward(np.array([0, -1]), W), ValueError, "ids: .* got -1"),
        (lambda: embedding.forward(np.zeros((0, 2), int), W), ValueError, "ids: .* at least one"),
        (lambda: embedding.forward(IDS, W.astype(int)), TypeError, "W: .* got int64"),
        (lambda: embedding.forward(IDS, W[0]), ValueError, r"W: expected shape \(V, I\)"),
        (lambda: embedding.forward(IDS, W * np.nan), ValueError, "W: expected finite"),
        (lambda: embedding.forward(IDS, W, padding_idx=3), ValueError, "padding_idx: .* got 3"),
        (lambda: embedding.forward(IDS, W, padding_idx=0.5), TypeError, "padding_idx: .* float"),
        (lambda: embedding.forward(IDS, W, padding_idx=[0, 1]), TypeError, "padding_idx: .* list"),
        (lambda: embedding.forward(IDS, W, padding_idx=-1), ValueError, "padding_idx: .* got -1"),
        (lambda: embedding.forward_padded([[0]], W, None), TypeError, "^ids: .* got list"),
        (
            lambda: embedding.forward_padded(IDS[0], W, None),
            ValueError,
            r"^ids: .* shape \(steps, B\)",
        ),
        (
            lambda: embedding.forward_padded(IDS[:0], W, None),
            ValueError,
            r"^ids: .* shape \(steps, B\)",
        ),
        (lambda: embedding.forward_padded(1.0 * IDS, W, [1, 1]), TypeError, "^ids: .* float64"),
        (
            lambda: embedding.forward_padded(IDS + 2, W, [1, 1]),
            ValueError,
            r"^ids: .* 0\.\.2, got 3",
        ),
        (
            lambda: embedding.forward_padded(IDS, W, [1]),
            ValueError,
            r"^lengths: .* \(B,\) = \(2,\)",
        ),
        (
            lambda: embedding.forward_padded(IDS, W[0], None, names=("x", "table", "n")),
            ValueError,
            r"^table: expected shape \(V, I\)",
        ),
        (
            lambda: embedding.backward(np.zeros((1, 2, 1)), embedding.forward(IDS, W)[1]),
            ValueError,
            "dx: expected shape",
        ),
        (
            lambda: embedding.backward(np.zeros((2, 2)), embedding.forward(IDS, W)[1]),
            ValueError,
            "dx: expected shape",
        ),
        (
            lambda: embedding.backward(
                np.zeros((1, 2, 2), np.float32), embedding.forward(IDS, W)[1]
            ),
            TypeError,
            "dx: expected float64",
        ),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
