"""The variants of LSTM and GRU against torch's autograd on their equations."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_pkg.reference.cells import (
    gru_reset_before,
    lstm,
    lstm_1997,
    lstm_coupled,
    lstm_layer_norm,
    lstm_peephole,
    mgu,
)
from course_pkg.reference.networks import unroll
from tests.reference.cases import random_case
from tests.reference.compare import DTYPES, assert_close, assert_gradients, freeze, to_torch

# The equations once more, in torch, and shaped like the modules' `step`.


def torch_1997(x, h, c, p):
    i, g, o = (x @ p.W_ih.T + p.b_ih + h @ p.W_hh.T + p.b_hh).chunk(3, 1)
    c = c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def torch_coupled(x, h, c, p):
    i, g, o = (x @ p.W_ih.T + p.b_ih + h @ p.W_hh.T + p.b_hh).chunk(3, 1)
    c = (1 - i.sigmoid()) * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def torch_peephole(x, h, c, p):
    i, f, g, o = (x @ p.W_ih.T + p.b_ih + h @ p.W_hh.T + p.b_hh).chunk(4, 1)
    c_next = (f + p.p_f * c).sigmoid() * c + (i + p.p_i * c).sigmoid() * g.tanh()
    return (o + p.p_o * c_next).sigmoid() * c_next.tanh(), c_next


def torch_layer_norm(x, h, c, p):
    H4, H = p.b.shape, p.gain_c.shape
    norm = torch.nn.functional.layer_norm
    a = norm(x @ p.W_ih.T, H4, p.gain_ih) + norm(h @ p.W_hh.T, H4, p.gain_hh) + p.b
    i, f, g, o = a.chunk(4, 1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * norm(c, H, p.gain_c, p.bias_c).tanh(), c


def torch_reset_before(x, h, p):
    r, z, n = p.W_hh.chunk(3)
    x_r, x_z, x_n = (x @ p.W_ih.T + p.b_ih + p.b_hh).chunk(3, 1)
    reset, update = (x_r + h @ r.T).sigmoid(), (x_z + h @ z.T).sigmoid()
    new = (x_n + (reset * h) @ n.T).tanh()
    return ((1 - update) * new + update * h,)


def torch_mgu(x, h, p):
    f, n = p.W_hh.chunk(2)
    x_f, x_n = (x @ p.W_ih.T + p.b_ih + p.b_hh).chunk(2, 1)
    gate = (x_f + h @ f.T).sigmoid()
    new = (x_n + (gate * h) @ n.T).tanh()
    return ((1 - gate) * h + gate * new,)


class Variant(NamedTuple):
    cell: Any
    states: int
    shapes: Callable[[int, int], list[tuple[int, ...]]]
    in_torch: Callable[..., Any]


def stacked(gates: int, *more: str) -> Callable[[int, int], list[tuple[int, ...]]]:
    def shapes(I: int, H: int) -> list[tuple[int, ...]]:
        G = gates * H
        return [(G, I), (G, H), (G,), (G,), *[(H,)] * len(more)]

    return shapes


VARIANTS = {
    "1997": Variant(lstm_1997, 2, stacked(3), torch_1997),
    "coupled": Variant(lstm_coupled, 2, stacked(3), torch_coupled),
    "peephole": Variant(lstm_peephole, 2, stacked(4, "p_i", "p_f", "p_o"), torch_peephole),
    "layer_norm": Variant(
        lstm_layer_norm,
        2,
        lambda I, H: [(4 * H, I), (4 * H, H), (4 * H,), (4 * H,), (4 * H,), (H,), (H,)],
        torch_layer_norm,
    ),
    "reset_before": Variant(gru_reset_before, 1, stacked(3), torch_reset_before),
    "mgu": Variant(mgu, 1, stacked(2), torch_mgu),
}


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> Variant:
    return VARIANTS[request.param]


def random_arrays(variant: Variant, T: int, B: int, I: int, H: int, dtype: Any = np.float64):
    rng = np.random.default_rng([T, B, I, H])

    def normal(*shape: int) -> np.ndarray:
        return rng.normal(size=shape).astype(dtype)

    params = variant.cell.Params(*(normal(*shape) for shape in variant.shapes(I, H)))
    states = [normal(B, H) for _ in range(variant.states)]
    dstates = [normal(B, H) for _ in range(variant.states)]
    return normal(T, B, I), params, states, normal(T, B, H), dstates


def run_torch(variant: Variant, x, params, states, dy, dstates, lengths):
    """Loop over the sequences one by one, so that there is no padding at all."""
    tensors = [to_torch(array) for array in (x, *states, *params)]
    tx, start, tp = tensors[0], tensors[1 : 1 + len(states)], tensors[1 + len(states) :]
    named = type(params)(*tp)
    y = torch.zeros(dy.shape, dtype=tx.dtype)
    finals = []
    for b, length in enumerate(lengths):
        now = [state[b : b + 1] for state in start]
        for t in range(length):
            now = list(variant.in_torch(tx[t, b : b + 1], *now, named))
            y[t, b] = now[0][0]
        finals.append(now)
    final = [torch.cat(states) for states in zip(*finals, strict=True)]
    torch.autograd.backward([y, *final], [torch.from_numpy(d) for d in (dy, *dstates)])
    return [y, *final], [tensor.grad for tensor in tensors]


def run_ours(variant: Variant, x, params, states, dy, dstates, lengths=None):
    outputs, cache = unroll.forward(variant.cell, x, params, *states, lengths=lengths)
    grads = unroll.backward(dy, cache, *dstates)
    return list(outputs), [grads.dx, *grads.dstates, *grads.dparams]


def assert_all_close(ours, theirs) -> None:
    for group, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        for index, (array, tensor) in enumerate(zip(a, b, strict=True)):
            assert_close(array, tensor, f"{('output', 'gradient')[group]} {index}")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sizes", [(4, 3, 2, 5), (1, 1, 1, 2), (3, 1, 4, 2)])
def test_equals_autograd(variant: Variant, sizes: tuple[int, ...], dtype: Any) -> None:
    arrays = random_arrays(variant, *sizes, dtype=dtype)
    T, B = sizes[:2]
    assert_all_close(run_ours(variant, *arrays), run_torch(variant, *arrays, [T] * B))


@given(data=st.data())
@settings(max_examples=25)
def test_equals_autograd_for_any_sizes(data: st.DataObject) -> None:
    variant = VARIANTS[data.draw(st.sampled_from(sorted(VARIANTS)))]
    T, B, I = (data.draw(st.integers(1, 4)) for _ in "TBI")
    H = data.draw(st.integers(2, 5))  # layer norm of one number is a constant
    lengths = data.draw(st.lists(st.integers(1, T), min_size=B, max_size=B))
    arrays = random_arrays(variant, T, B, I, H)
    for b, length in enumerate(lengths):
        arrays[3][length:, b] = 0  # dy: nothing comes in behind the end
    assert_all_close(run_ours(variant, *arrays, lengths), run_torch(variant, *arrays, lengths))


@pytest.mark.parametrize("lengths", [None, [3, 1]])
def test_agrees_with_finite_differences(variant: Variant, lengths: Any) -> None:
    x, params, states, dy, dstates = random_arrays(variant, 3, 2, 2, 3)
    _, gradients = run_ours(variant, x, params, states, dy, dstates, lengths)

    def loss() -> float:
        outputs, _ = unroll.forward(variant.cell, x, params, *states, lengths=lengths)
        pairs = zip(outputs, [dy, *dstates], strict=True)
        return float(sum((output * gradient).sum() for output, gradient in pairs))

    assert_gradients(loss, list(zip([x, *states, *params], gradients, strict=True)))


def test_padding_is_never_read(variant: Variant) -> None:
    x, params, states, dy, dstates = random_arrays(variant, 4, 3, 2, 3)
    lengths = [2, 4, 1]
    clean = run_ours(variant, x, params, states, dy, dstates, lengths)
    for b, length in enumerate(lengths):
        x[length:, b] = np.nan
        dy[length:, b] = np.nan
    spoiled = run_ours(variant, x, params, states, dy, dstates, lengths)
    assert_all_close(spoiled, clean)
    for b, length in enumerate(lengths):
        assert (spoiled[0][0][length:, b] == 0).all()
        assert (spoiled[1][0][length:, b] == 0).all()


def test_saturated_gates_give_no_warning_and_no_nan(variant: Variant) -> None:
    x, *rest = random_arrays(variant, 4, 3, 2, 3)
    with np.errstate(all="raise", under="ignore"):
        outputs, gradients = run_ours(variant, 100 * x, *rest)
    assert all(np.isfinite(array).all() for array in (*outputs, *gradients))


def test_inputs_are_left_alone(variant: Variant) -> None:
    x, params, states, dy, dstates = random_arrays(variant, 4, 3, 2, 3)
    freeze(x, *params, *states, dy, *dstates)
    run_ours(variant, x, params, states, dy, dstates, [4, 1, 2])


def test_gradients_carry_the_names_of_what_they_belong_to(variant: Variant) -> None:
    states = ("dh", "dc")[: variant.states]
    params = [f"d{name}" for name in variant.cell.Params._fields]
    assert list(variant.cell.StepGrads._fields) == ["dx", *states, *params]


def test_peepholes_of_0_are_the_plain_lstm() -> None:
    case = random_case(lstm, 5, 3, 2, 4)
    params = lstm_peephole.Params(*case.layers[0], *[np.zeros(4)] * 3)
    states = [state[0] for state in case.states]
    ours, _ = unroll.forward(lstm_peephole, case.x, params, *states)
    plain, _ = lstm.forward(case.x, case.layers[0], *states)
    for a, b in zip(ours, plain, strict=True):
        assert_close(a, b)


def test_an_open_forget_gate_is_the_cell_of_1997() -> None:
    """With f = 1 the LSTM keeps all, which is what it did before it had a forget gate."""
    x, params, states, *_ = random_arrays(VARIANTS["1997"], 5, 3, 2, 4)

    def with_f(array: np.ndarray, value: float) -> np.ndarray:
        i, g, o = np.split(array, 3)
        return np.concatenate([i, np.full_like(i, value), g, o])

    W_ih, W_hh, b_ih, b_hh = params
    full = lstm.Params(with_f(W_ih, 0), with_f(W_hh, 0), with_f(b_ih, 1000), with_f(b_hh, 0))
    ours, _ = unroll.forward(lstm_1997, x, params, *states)
    plain, _ = lstm.forward(x, full, *states)
    for a, b in zip(ours, plain, strict=True):
        assert_close(a, b)


# Bad input, for every variant and every argument of step and step_backward.

SPOILED = [
    (lambda a: a[..., :-1], ValueError),
    (lambda a: a[:1], ValueError),  # one row is not broadcast
    (lambda a: a[None], ValueError),
    (lambda a: a[:0], ValueError),
    (lambda a: a.astype(np.float32), TypeError),
    (lambda a: np.ones(a.shape, dtype=int), TypeError),
    (lambda a: a.tolist(), TypeError),
]


@pytest.mark.parametrize(("spoiled", "error"), SPOILED)
def test_bad_states_and_gradients(variant: Variant, spoiled: Any, error: Any) -> None:
    x, params, states, _, dstates = random_arrays(variant, 4, 3, 2, 5)
    _, cache = variant.cell.step(x[0], *states, params)
    for index, name in enumerate(("h", "c")[: variant.states]):
        bad = [*states[:index], spoiled(states[index]), *states[index + 1 :]]
        with pytest.raises(error, match=f"^{name}: expected"):
            variant.cell.step(x[0], *bad, params)
        bad = [*dstates[:index], spoiled(dstates[index]), *dstates[index + 1 :]]
        with pytest.raises(error, match=f"^d{name}_next: expected"):
            variant.cell.step_backward(*bad, cache)


@pytest.mark.parametrize(("spoiled", "error"), SPOILED)
def test_bad_parameters(variant: Variant, spoiled: Any, error: Any) -> None:
    x, params, states, *_ = random_arrays(variant, 4, 3, 2, 5)
    for field in params._fields:
        bad = params._replace(**{field: spoiled(getattr(params, field))})
        with pytest.raises(error, match="expected"):
            variant.cell.step(x[0], *states, bad)
        bad = params._replace(**{field: getattr(params, field) * np.nan})
        with pytest.raises(ValueError, match=f"^{field}: expected finite values"):
            variant.cell.step(x[0], *states, bad)


def test_bad_input(variant: Variant) -> None:
    x, params, states, *_ = random_arrays(variant, 4, 3, 2, 5)
    for bad, error in (
        (x, ValueError),
        (x[0, :0], ValueError),
        (x[0].astype(int), TypeError),
        (x[0].tolist(), TypeError),
    ):
        with pytest.raises(error, match=r"^x: expected"):
            variant.cell.step(bad, *states, params)
    with pytest.raises(TypeError, match=r"^params: expected .* got tuple"):
        variant.cell.step(x[0], *states, tuple(params))


class TestUnroll:
    case = random_arrays(VARIANTS["peephole"], 4, 3, 2, 5)

    def test_bad_forward(self) -> None:
        x, params, states, *_ = self.case
        for bad, error, message in (
            ((x[0], params, *states), ValueError, r"^x: expected shape \(T, B, I\)"),
            ((x[:0], params, *states), ValueError, r"^x: expected shape .* T >= 1"),
            ((x.astype(int), params, *states), TypeError, "^x: expected float"),
            ((x, params), TypeError, "^states: expected the initial h, c, got 0 arrays"),
            ((x, params, states[0][:1], states[1]), ValueError, r"^states\[0\]: .* B = 3 as in x"),
            ((x, params, states[0], states[1][:, :1]), ValueError, r"^states\[1\]: .* H = 5 as in"),
        ):
            with pytest.raises(error, match=message):
                unroll.forward(lstm_peephole, *bad)
        with pytest.raises(ValueError, match=r"^lengths: expected values in 1\.\.4, got 5"):
            unroll.forward(lstm_peephole, x, params, *states, lengths=[5, 1, 1])

    def test_bad_backward(self) -> None:
        x, params, states, dy, dstates = self.case
        _, cache = unroll.forward(lstm_peephole, x, params, *states)
        for bad, error, message in (
            ((dy[:, :1],), ValueError, r"^dy: expected shape \(T, B, H\) with B = 3"),
            ((dy, dstates[0][:1]), ValueError, r"^dstates\[0\]: expected shape \(B, H\)"),
            ((dy, None, dstates[1].astype(int)), TypeError, r"^dstates\[1\]: expected float"),
            ((dy, *dstates, dstates[0]), TypeError, "^dstates: expected at most 2, got 3"),
        ):
            with pytest.raises(error, match=message):
                unroll.backward(bad[0], cache, *bad[1:])

    def test_absent_gradients_are_zeros(self) -> None:
        x, params, states, dy, dstates = self.case
        _, cache = unroll.forward(lstm_peephole, x, params, *states)
        zeros = [np.zeros_like(state) for state in states]
        for absent, explicit in (
            (unroll.backward(dy, cache), unroll.backward(dy, cache, *zeros)),
            (
                unroll.backward(None, cache, None, dstates[1]),
                unroll.backward(np.zeros_like(dy), cache, zeros[0], dstates[1]),
            ),
        ):
            for a, b in zip(absent.dparams, explicit.dparams, strict=True):
                np.testing.assert_array_equal(a, b)

    def test_writing_into_results_leaves_the_cache_alone(self) -> None:
        x, params, states, dy, dstates = self.case
        outputs, cache = unroll.forward(lstm_peephole, x, params, *states)
        first = unroll.backward(dy, cache, *dstates)
        kept = [array.copy() for array in first.dparams]
        for array in (*outputs, first.dx, *first.dstates, *first.dparams):
            array[...] = np.nan
        for a, b in zip(unroll.backward(dy, cache, *dstates).dparams, kept, strict=True):
            np.testing.assert_array_equal(a, b)
