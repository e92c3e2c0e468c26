"""`cells.rnn` against torch, finite differences, and itself run another way."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.reference.cells import rnn
from course_pkg.reference.gradients.gradcheck import numerical_gradient, relative_error

SHAPES = [(1, 1, 1, 1), (1, 3, 2, 4), (6, 1, 2, 4), (6, 3, 1, 4), (6, 3, 2, 1), (7, 4, 3, 5)]
NONLINEARITIES = ["tanh", "relu"]
shapes = pytest.mark.parametrize("shape", SHAPES, ids=lambda s: "T{} B{} I{} H{}".format(*s))
nonlinearities = pytest.mark.parametrize("nonlinearity", NONLINEARITIES)


def draw_params(rng, I, H, dtype=np.float64):
    sizes = rnn.Params((H, I), (H, H), (H,), (H,))
    return rnn.Params(*(rng.normal(size=size).astype(dtype) for size in sizes))


def draw(shape, dtype=np.float64, seed=0):
    """Return parameters, input, initial state and gradients into both outputs."""
    T, B, I, H = shape
    rng = np.random.default_rng(seed)
    params = draw_params(rng, I, H, dtype)
    sizes = [(T, B, I), (B, H), (T, B, H), (B, H)]
    return params, *(rng.normal(size=size).astype(dtype) for size in sizes)


def torch_run(params, x, h0, dy, dh_n, nonlinearity):
    """Return y, h_n and the gradients, in the order of ``rnn.Grads``, by torch.nn.RNN."""
    H, I = params.W_ih.shape
    dtype = torch.from_numpy(x).dtype
    module = torch.nn.RNN(I, H, nonlinearity=nonlinearity, dtype=dtype)
    weights = [module.weight_ih_l0, module.weight_hh_l0, module.bias_ih_l0, module.bias_hh_l0]
    with torch.no_grad():
        for weight, value in zip(weights, params, strict=True):
            weight.copy_(torch.from_numpy(value))
    x_ = torch.tensor(x, requires_grad=True)
    start = np.zeros((x.shape[1], H), x.dtype) if h0 is None else h0
    h0_ = torch.tensor(start, requires_grad=True)
    y, h_n = module(x_, h0_[None]) if h0 is not None else module(x_)
    loss = torch.zeros((), dtype=dtype)
    if dy is not None:
        loss = loss + (y * torch.from_numpy(dy)).sum()
    if dh_n is not None:
        loss = loss + (h_n[0] * torch.from_numpy(dh_n)).sum()
    wanted = [x_, h0_, *weights] if h0 is not None else [x_, *weights]
    grads = [g.numpy() for g in torch.autograd.grad(loss, wanted)]
    if h0 is None:
        grads.insert(1, None)
    return y.detach().numpy(), h_n[0].detach().numpy(), grads


def assert_close(got, wanted, tolerance):
    assert got.shape == wanted.shape
    assert got.dtype == wanted.dtype
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("into", ["y and h_n", "y", "h_n"])
@pytest.mark.parametrize("start", ["h0", "no h0"])
@nonlinearities
@shapes
def test_forward_and_gradients_equal_torch(shape, nonlinearity, start, into):
    params, x, h0, dy, dh_n = draw(shape)
    h0 = h0 if start == "h0" else None
    dy = dy if "y" in into else None
    dh_n = dh_n if "h_n" in into else None
    y_torch, h_torch, grads_torch = torch_run(params, x, h0, dy, dh_n, nonlinearity)
    (y, h_n), cache = rnn.forward(x, params, h0, nonlinearity=nonlinearity)
    grads = rnn.backward(dy, cache, dh_n)
    # 1e-12 of the largest gradient: relu's states, and so its gradients, may grow with T.
    assert relative_error(y, y_torch) < 1e-12
    assert relative_error(h_n, h_torch) < 1e-12
    for name, got, wanted in zip(grads._fields, grads, grads_torch, strict=True):
        if wanted is not None:
            assert relative_error(got, wanted) < 1e-12, name


@nonlinearities
def test_float32_equals_torch_and_stays_float32(nonlinearity):
    params, x, h0, dy, dh_n = draw((7, 4, 3, 5), np.float32)
    y_torch, h_torch, grads_torch = torch_run(params, x, h0, dy, dh_n, nonlinearity)
    (y, h_n), cache = rnn.forward(x, params, h0, nonlinearity=nonlinearity)
    for got, wanted in zip(
        (y, h_n, *rnn.backward(dy, cache, dh_n)), (y_torch, h_torch, *grads_torch), strict=True
    ):
        assert got.dtype == np.float32
        assert relative_error(got, wanted) < 1e-4


@given(
    shape=st.tuples(*[st.integers(1, 6)] * 4),
    nonlinearity=st.sampled_from(NONLINEARITIES),
    seed=st.integers(0, 1000),
)
def test_any_shape_equals_torch(shape, nonlinearity, seed):
    params, x, h0, dy, dh_n = draw(shape, seed=seed)
    y_torch, h_torch, grads_torch = torch_run(params, x, h0, dy, dh_n, nonlinearity)
    (y, h_n), cache = rnn.forward(x, params, h0, nonlinearity=nonlinearity)
    for got, wanted in zip(
        (y, h_n, *rnn.backward(dy, cache, dh_n)), (y_torch, h_torch, *grads_torch), strict=True
    ):
        assert got.shape == wanted.shape
        assert relative_error(got, wanted) < 1e-12


@nonlinearities
@shapes
def test_a_step_is_a_sequence_of_one(shape, nonlinearity):
    params, x, h0, dy, _ = draw(shape)
    h_next, step_cache = rnn.step(x[0], h0, params, nonlinearity)
    (y, h_n), cache = rnn.forward(x[:1], params, h0, nonlinearity=nonlinearity)
    assert_close(h_next, y[0], 1e-14)
    assert_close(h_next, h_n, 1e-14)
    one, many = rnn.step_backward(dy[0], step_cache), rnn.backward(dy[:1], cache)
    assert_close(one.dx, many.dx[0], 1e-13)
    for got, wanted in zip(one[1:], many[1:], strict=True):
        assert_close(got, wanted, 1e-13)


@nonlinearities
def test_stepping_back_through_every_step_gives_the_sequence_gradients(nonlinearity):
    params, x, h, dy, dh_n = draw((5, 3, 2, 4))
    (_, _), cache = rnn.forward(x, params, h, nonlinearity=nonlinearity)
    caches = []
    for x_t in x:
        h, step_cache = rnn.step(x_t, h, params, nonlinearity)
        caches.append(step_cache)
    dh, dx, sums = dh_n, [], [0, 0, 0, 0]
    for dy_t, step_cache in zip(dy[::-1], caches[::-1], strict=True):
        grads = rnn.step_backward(dh + dy_t, step_cache)
        dh = grads.dh
        dx.insert(0, grads.dx)
        sums = [total + part for total, part in zip(sums, grads[2:], strict=True)]
    for got, wanted in zip((np.array(dx), dh, *sums), rnn.backward(dy, cache, dh_n), strict=True):
        assert relative_error(got, wanted) < 1e-13


@pytest.mark.parametrize("lengths", [None, [4, 1, 3]], ids=["full", "ragged"])
@nonlinearities
def test_gradients_equal_finite_differences(nonlinearity, lengths):
    params, x, h0, dy, dh_n = draw((4, 3, 2, 3), seed=1)

    def run():
        return rnn.forward(x, params, h0, lengths=lengths, nonlinearity=nonlinearity)

    def loss():
        (y, h_n), _ = run()
        return float((y * dy).sum() + (h_n * dh_n).sum())

    _, cache = run()
    if nonlinearity == "relu":  # no activation so near the kink that a step of 1e-6 crosses it
        a = x @ params.W_ih.T + params.b_ih + cache.h[:-1] @ params.W_hh.T + params.b_hh
        assert np.abs(a).min() > 1e-4
    grads = rnn.backward(dy, cache, dh_n)
    for got, array in zip(grads, (x, h0, *params), strict=True):
        assert relative_error(got, numerical_gradient(loss, array)) < 1e-7


@nonlinearities
def test_step_gradients_equal_finite_differences(nonlinearity):
    params, x, h, dy, _ = draw((1, 3, 2, 4), seed=2)

    def loss():
        return float((rnn.step(x[0], h, params, nonlinearity)[0] * dy[0]).sum())

    _, cache = rnn.step(x[0], h, params, nonlinearity)
    if nonlinearity == "relu":
        a = x[0] @ params.W_ih.T + params.b_ih + h @ params.W_hh.T + params.b_hh
        assert np.abs(a).min() > 1e-4
    grads = rnn.step_backward(dy[0], cache)
    for name, got, array in zip(grads._fields, grads, (x, h, *params), strict=True):
        wanted = numerical_gradient(loss, array)
        assert relative_error(got, wanted[0] if name == "dx" else wanted) < 1e-7


@pytest.mark.parametrize("padding", [0.0, 1e30, np.nan, np.inf])
@pytest.mark.parametrize("lengths", [[5, 5, 5], [2, 5, 1], [1, 1, 1], [3, 4, 2]], ids=str)
@nonlinearities
def test_padded_equals_each_sequence_alone(lengths, nonlinearity, padding):
    params, x, h0, dy, dh_n = draw((5, 3, 2, 4))
    for b, length in enumerate(lengths):
        x[length:, b] = padding
        dy[length:, b] = padding  # what flows into an output that does not exist is not used
    (y, h_n), cache = rnn.forward(x, params, h0, lengths=lengths, nonlinearity=nonlinearity)
    grads = rnn.backward(dy, cache, dh_n)
    sums = [np.zeros_like(value) for value in params]
    for b, length in enumerate(lengths):
        one = np.s_[:length, b : b + 1]
        (y_alone, h_alone), cache_alone = rnn.forward(
            x[one], params, h0[b : b + 1], nonlinearity=nonlinearity
        )
        alone = rnn.backward(dy[one], cache_alone, dh_n[b : b + 1])
        assert_close(y[one], y_alone, 1e-12)
        assert_close(h_n[b], h_alone[0], 1e-12)
        assert_close(grads.dx[one], alone.dx, 1e-12)
        assert_close(grads.dh0[b], alone.dh0[0], 1e-12)
        assert not y[length:, b].any()
        assert not grads.dx[length:, b].any()
        sums = [total + part for total, part in zip(sums, alone[2:], strict=True)]
    for got, wanted in zip(grads[2:], sums, strict=True):
        assert_close(got, wanted, 1e-11)


@given(
    shape=st.tuples(*[st.integers(1, 5)] * 4),
    data=st.data(),
    into=st.sampled_from(["y and h_n", "y", "h_n"]),
)
def test_what_the_padding_holds_changes_nothing(shape, data, into):
    T, B, _, _ = shape
    lengths = data.draw(st.lists(st.integers(1, T), min_size=B, max_size=B))
    params, x, h0, dy, dh_n = draw(shape)
    behind = np.arange(T)[:, None] >= np.array(lengths)  # (T, B)
    spoiled = np.where(behind[:, :, None], np.nan, x)
    dy = dy if "y" in into else None
    dh_n = dh_n if "h_n" in into else None
    results = []
    for inputs in (x, spoiled):
        (y, h_n), cache = rnn.forward(inputs, params, h0, lengths=lengths)
        results.append((y, h_n, *rnn.backward(dy, cache, dh_n)))
    for clean, padded in zip(*results, strict=True):
        assert np.isfinite(padded).all()
        np.testing.assert_array_equal(clean, padded)


def test_full_lengths_change_nothing():
    params, x, h0, dy, dh_n = draw((5, 3, 2, 4))
    (y, h_n), cache = rnn.forward(x, params, h0)
    (y_full, h_full), cache_full = rnn.forward(x, params, h0, lengths=np.array([5, 5, 5]))
    assert_close(y_full, y, 1e-15)
    assert_close(h_full, h_n, 1e-15)
    full = rnn.backward(dy, cache_full, dh_n)
    for got, wanted in zip(full, rnn.backward(dy, cache, dh_n), strict=True):
        assert_close(got, wanted, 1e-13)


@pytest.mark.parametrize("cut", [1, 3, 6])
@nonlinearities
def test_splitting_and_carrying_the_state(nonlinearity, cut):
    params, x, h0, dy, dh_n = draw((7, 3, 2, 4))
    (y, h_n), cache = rnn.forward(x, params, h0, nonlinearity=nonlinearity)
    (y_1, middle), cache_1 = rnn.forward(x[:cut], params, h0, nonlinearity=nonlinearity)
    (y_2, end), cache_2 = rnn.forward(x[cut:], params, middle, nonlinearity=nonlinearity)
    assert_close(np.concatenate([y_1, y_2]), y, 1e-12)
    assert_close(end, h_n, 1e-12)
    whole = rnn.backward(dy, cache, dh_n)
    late = rnn.backward(dy[cut:], cache_2, dh_n)
    early = rnn.backward(dy[:cut], cache_1, late.dh0)  # the gradient is carried as well
    assert relative_error(np.concatenate([early.dx, late.dx]), whole.dx) < 1e-12
    assert relative_error(early.dh0, whole.dh0) < 1e-12
    for first, second, both in zip(early[2:], late[2:], whole[2:], strict=True):
        assert relative_error(first + second, both) < 1e-12


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saturated_inputs_neither_warn_nor_overflow(dtype):
    params, x, h0, dy, dh_n = draw((6, 3, 2, 4), dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (y, h_n), cache = rnn.forward(100 * x, params, h0)
        grads = rnn.backward(dy, cache, dh_n)
    assert np.abs(y).max() <= 1
    assert (np.abs(y) > 0.999).mean() > 0.9
    assert all(np.isfinite(array).all() for array in (h_n, *grads))
    y_torch, _, grads_torch = torch_run(params, 100 * x, h0, dy, dh_n, "tanh")
    tolerance = 1e-12 if dtype == np.float64 else 1e-4
    assert relative_error(y, y_torch) < tolerance
    for got, wanted in zip(grads, grads_torch, strict=True):
        assert relative_error(got, wanted) < tolerance


@pytest.mark.parametrize("lengths", [None, np.array([2, 4, 1])], ids=["full", "ragged"])
def test_inputs_are_never_modified(lengths):
    params, x, h0, dy, dh_n = draw((4, 3, 2, 4))
    arrays = [x, h0, dy, dh_n, *params] + ([] if lengths is None else [lengths])
    for array in arrays:
        array.flags.writeable = False  # writing into one of them would raise
    _, cache = rnn.forward(x, params, h0, lengths=lengths)
    rnn.backward(dy, cache, dh_n)
    _, step_cache = rnn.step(x[0], h0, params)
    rnn.step_backward(dy[0], step_cache)


@pytest.mark.parametrize("lengths", [None, [4, 4, 4], [2, 4, 1]], ids=["none", "full", "ragged"])
def test_a_caller_who_changes_the_outputs_does_not_change_the_gradients(lengths):
    params, x, h0, dy, dh_n = draw((4, 3, 2, 4))
    (y, h_n), cache = rnn.forward(x, params, h0, lengths=lengths)
    before = rnn.backward(dy, cache, dh_n)
    y[:], h_n[:] = 9, 9
    for got, wanted in zip(rnn.backward(dy, cache, dh_n), before, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_the_same_cache_can_be_used_twice_and_the_gradients_share_no_memory():
    params, x, h0, dy, dh_n = draw((4, 3, 2, 4))
    _, cache = rnn.forward(x, params, h0)
    first = rnn.backward(dy, cache, dh_n)
    for one, other in zip(first, rnn.backward(dy, cache, dh_n), strict=True):
        np.testing.assert_array_equal(one, other)
    for i, one in enumerate(first):
        assert not any(np.shares_memory(one, other) for other in first[i + 1 :])
        assert not any(np.shares_memory(one, other) for other in (dy, dh_n, *params))


def test_a_caller_who_changes_lengths_does_not_change_the_gradients():
    params, x, h0, dy, dh_n = draw((4, 3, 2, 4))
    lengths = np.array([2, 4, 1])
    _, cache = rnn.forward(x, params, h0, lengths=lengths)
    before = rnn.backward(dy, cache, dh_n)
    lengths[:] = 4
    for got, wanted in zip(rnn.backward(dy, cache, dh_n), before, strict=True):
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("D", [1, 2])
@pytest.mark.parametrize("L", [1, 2, 3])
@pytest.mark.parametrize(("I", "H"), [(1, 1), (3, 4), (5, 2)])
def test_parameter_count_is_that_of_torch(I, H, L, D):
    module = torch.nn.RNN(I, H, num_layers=L, bidirectional=D == 2)
    assert rnn.parameter_count(I, H, L, D) == sum(p.numel() for p in module.parameters())


# Bad input: what is changed, the error's type, and what its message says.

FLOAT32 = np.zeros((3, 2), np.float32)
BAD_STEPS = {
    "x is a list": ({"x": [[1.0]]}, TypeError, "x: expected a NumPy array, got list"),
    "x is integer": ({"x": np.zeros((3, 2), int)}, TypeError, "x: expected float32 or float64"),
    "x has time": ({"x": np.zeros((5, 3, 2))}, ValueError, r"x: expected shape \(B, I\), got"),
    "x is empty": ({"x": np.zeros((0, 2))}, ValueError, "x: .* with B >= 1, got"),
    "h mixes dtypes": ({"h": np.zeros((3, 4), np.float32)}, TypeError, "h: expected float64 as in"),
    "h has one row": ({"h": np.zeros((1, 4))}, ValueError, "h: .* with B = 3 as in x, got"),
    "h is too wide": ({"h": np.zeros((3, 5))}, ValueError, "h: .* with H = 4 as in W_ih, got"),
    "x is too wide": ({"x": np.zeros((3, 7))}, ValueError, "W_ih: .* with I = 7 as in x, got"),
    "W_hh is not square": (
        {"W_hh": np.zeros((4, 3))},
        ValueError,
        "W_hh: .* with H = 4 as in W_ih",
    ),
    "b_ih has size 1": ({"b_ih": np.zeros(1)}, ValueError, "b_ih: .* with H = 4 as in W_ih, got"),
    "b_hh is a column": ({"b_hh": np.zeros((4, 1))}, ValueError, r"b_hh: expected shape \(H,\)"),
    "W_ih holds NaN": ({"W_ih": np.full((4, 2), np.nan)}, ValueError, "W_ih: expected finite"),
    "b_ih holds NaN": ({"b_ih": np.full(4, np.nan)}, ValueError, "b_ih: expected finite"),
    "W_hh holds NaN": ({"W_hh": np.full((4, 4), np.nan)}, ValueError, "W_hh: expected finite"),
    "b_hh is infinite": ({"b_hh": np.full(4, np.inf)}, ValueError, "b_hh: expected finite"),
    "unknown option": ({"nonlinearity": "sine"}, ValueError, "nonlinearity: expected one of"),
}
BAD_SEQUENCES = {
    "x is a list": ({"x": [[[1.0]]]}, TypeError, "x: expected a NumPy array, got list"),
    "x is integer": ({"x": np.zeros((5, 3, 2), int)}, TypeError, "x: expected float32 or float64"),
    "x has no batch": ({"x": np.zeros((5, 2))}, ValueError, r"x: expected shape \(T, B, I\), got"),
    "no steps": ({"x": np.zeros((0, 3, 2))}, ValueError, "x: .* with T >= 1, got"),
    "no sequences": ({"x": np.zeros((5, 0, 2))}, ValueError, "x: .* with B >= 1, got"),
    "x is too wide": ({"x": np.zeros((5, 3, 7))}, ValueError, "W_ih: .* with I = 7 as in x, got"),
    "W_ih mixes dtypes": ({"W_ih": np.zeros((4, 2), np.float32)}, TypeError, "W_ih: .* as in x"),
    "W_hh is not square": ({"W_hh": np.zeros((4, 3))}, ValueError, "W_hh: .* with H = 4"),
    "b_ih has size 1": ({"b_ih": np.zeros(1)}, ValueError, "b_ih: .* with H = 4 as in W_ih, got"),
    "b_hh has size 1": ({"b_hh": np.zeros(1)}, ValueError, "b_hh: .* with H = 4 as in W_ih, got"),
    "W_hh holds NaN": ({"W_hh": np.full((4, 4), np.nan)}, ValueError, "W_hh: expected finite"),
    "h0 has one row": ({"h0": np.zeros((1, 4))}, ValueError, "h0: .* with B = 3 as in x, got"),
    "h0 is too narrow": ({"h0": np.zeros((3, 1))}, ValueError, "h0: .* with H = 4 as in W_ih"),
    "h0 has layers": ({"h0": np.zeros((1, 3, 4))}, ValueError, r"h0: expected shape \(B, H\), got"),
    "h0 mixes dtypes": ({"h0": np.zeros((3, 4), np.float32)}, TypeError, "h0: expected float64"),
    "a zero length": ({"lengths": [5, 0, 1]}, ValueError, r"lengths: .* in 1\.\.5, got 0"),
    "a negative length": ({"lengths": [5, -1, 1]}, ValueError, r"lengths: .* in 1\.\.5, got -1"),
    "too long": ({"lengths": [5, 6, 1]}, ValueError, r"lengths: .* in 1\.\.5, got 6"),
    "fractional": ({"lengths": [5, 2.5, 1]}, TypeError, "lengths: expected integers, got float64"),
    "boolean": ({"lengths": [True] * 3}, TypeError, "lengths: expected integers, got bool"),
    "too few lengths": ({"lengths": [5, 1]}, ValueError, r"lengths: .* = \(3,\), got \(2,\)"),
    "one length": ({"lengths": 5}, ValueError, r"lengths: .* = \(3,\), got \(\)"),
    "no lengths": ({"lengths": []}, (TypeError, ValueError), "lengths: expected"),
    "uneven lengths": ({"lengths": [[1, 2], [3]]}, (TypeError, ValueError), "lengths: expected"),
    "unknown option": ({"nonlinearity": "sine"}, ValueError, "nonlinearity: expected one of"),
    "option is a list": ({"nonlinearity": ["tanh"]}, ValueError, "nonlinearity: expected one of"),
}
BAD_GRADIENTS = {
    "dy is a number": ({"dy": 1.0}, TypeError, "dy: expected a NumPy array, got float"),
    "dy is integer": ({"dy": np.ones((5, 3, 4), int)}, TypeError, "dy: expected float32 or"),
    "dy is float32": ({"dy": np.ones((5, 3, 4), np.float32)}, TypeError, "dy: expected float64"),
    "dy is one step": ({"dy": np.ones((1, 3, 4))}, ValueError, "dy: .* with T = 5 as in y"),
    "dy is one sequence": ({"dy": np.ones((5, 1, 4))}, ValueError, "dy: .* with B = 3 as in y"),
    "dy is one unit": ({"dy": np.ones((5, 3, 1))}, ValueError, "dy: .* with H = 4 as in y"),
    "dy has no time": ({"dy": np.ones((3, 4))}, ValueError, r"dy: expected shape \(T, B, H\)"),
    "dh_n is one row": ({"dh_n": np.ones((1, 4))}, ValueError, "dh_n: .* with B = 3 as in y"),
    "dh_n has layers": ({"dh_n": np.ones((1, 3, 4))}, ValueError, r"dh_n: expected shape \(B, H\)"),
    "dh_n is float32": ({"dh_n": np.ones((3, 4), np.float32)}, TypeError, "dh_n: expected float64"),
}


def table(cases):
    return pytest.mark.parametrize(("change", "error", "message"), cases.values(), ids=cases)


def changed_params(params, change):
    """Split a change into new parameters and the other arguments."""
    named = {name: change[name] for name in params._fields if name in change}
    return params._replace(**named), {k: v for k, v in change.items() if k not in named}


@table(BAD_STEPS)
def test_step_refuses(change, error, message):
    params, x, h, _, _ = draw((1, 3, 2, 4))
    params, others = changed_params(params, change)
    with pytest.raises(error, match=message):
        rnn.step(**{"x": x[0], "h": h, "params": params, **others})


@table(BAD_SEQUENCES)
def test_forward_refuses(change, error, message):
    params, x, h0, _, _ = draw((5, 3, 2, 4))
    params, others = changed_params(params, change)
    with pytest.raises(error, match=message):
        rnn.forward(**{"x": x, "params": params, "h0": h0, **others})


@table(BAD_GRADIENTS)
def test_backward_refuses(change, error, message):
    params, x, h0, dy, dh_n = draw((5, 3, 2, 4))
    _, cache = rnn.forward(x, params, h0)
    with pytest.raises(error, match=message):
        rnn.backward(**{"dy": dy, "cache": cache, "dh_n": dh_n, **change})


@pytest.mark.parametrize(
    ("dh_next", "error", "message"),
    [
        (1.0, TypeError, "dh_next: expected a NumPy array, got float"),
        (np.ones((3, 4), int), TypeError, "dh_next: expected float32 or float64, got int64"),
        (np.ones((3, 4), np.float32), TypeError, "dh_next: expected float64 as in h_next"),
        (np.ones((1, 4)), ValueError, "dh_next: .* with B = 3 as in h_next"),
        (np.ones((3, 1)), ValueError, "dh_next: .* with H = 4 as in h_next"),
        (np.ones(4), ValueError, r"dh_next: expected shape \(B, H\), got \(4,\)"),
    ],
    ids=["number", "integer", "float32", "one row", "one unit", "no batch"],
)
def test_step_backward_refuses(dh_next, error, message):
    params, x, h, _, _ = draw((1, 3, 2, 4))
    _, cache = rnn.step(x[0], h, params)
    with pytest.raises(error, match=message):
        rnn.step_backward(dh_next, cache)


@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        ((0, 4), ValueError, "I: expected an integer of at least 1, got 0"),
        ((3, -4), ValueError, "H: expected an integer of at least 1, got -4"),
        ((3, 4, 0), ValueError, "L: expected an integer of at least 1, got 0"),
        ((3, 4, 1, 3), ValueError, "D: expected 1 or 2, got 3"),
        ((3.0, 4), TypeError, "I: expected an integer, got float"),
        ((3, "4"), TypeError, "H: expected an integer, got str"),
        ((3, 4, True), TypeError, "L: expected an integer, got bool"),
    ],
    ids=str,
)
def test_parameter_count_refuses(sizes, error, message):
    with pytest.raises(error, match=message):
        rnn.parameter_count(*sizes)
