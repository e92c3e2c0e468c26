"""Stacks of layers against torch.nn: layers, directions, lengths and dropout masks."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_pkg.reference.cells import gru, lstm, rnn
from course_pkg.reference.networks import stack
from tests.reference.cases import CELLS, Case, Run, ragged, random_case, run_torch
from tests.reference.cells.test_recurrent import assert_same
from tests.reference.compare import DTYPES, assert_close, assert_gradients, freeze, to_torch


@pytest.fixture(params=CELLS)
def cell(request: pytest.FixtureRequest) -> Any:
    return CELLS[request.param]


def run_stack(cell: Any, case: Case, D: int = 1, **options: Any) -> Run:
    x, layers, states, dy, dstates = case
    (y, *final), cache = stack.forward(cell, x, layers, *states, D=D, **options)
    dx, before, gradients = stack.backward(dy, cache, *dstates)
    return Run(y, final, dx, list(before), [list(layer) for layer in gradients])


def random_masks(T: int, B: int, width: int, L: int, dtype: Any = np.float64) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [(2.0 * (rng.random((T, B, width)) < 0.5)).astype(dtype) for _ in range(L - 1)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("lengths", [False, True])
@pytest.mark.parametrize("D", [1, 2])
@pytest.mark.parametrize("L", [1, 2, 3])
def test_equals_torch(cell: Any, L: int, D: int, lengths: bool, dtype: Any) -> None:
    case = random_case(cell, 5, 3, 4, 6, L, D, dtype)
    n = ragged(5, 3) if lengths else None
    assert_same(run_stack(cell, case, D, lengths=n), run_torch(cell, case, D, lengths=n))


@given(data=st.data())
@settings(max_examples=30)
def test_equals_torch_for_any_sizes(data: st.DataObject) -> None:
    cell = CELLS[data.draw(st.sampled_from(sorted(CELLS)))]
    T, B, I, H = (data.draw(st.integers(1, 5)) for _ in "TBIH")
    L, D = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 2))
    lengths = data.draw(
        st.none() | st.lists(st.integers(1, T), min_size=B, max_size=B).map(np.array)
    )
    case = random_case(cell, T, B, I, H, L, D)
    ours = run_stack(cell, case, D, lengths=lengths)
    assert_same(ours, run_torch(cell, case, D, lengths=lengths))


def test_relu() -> None:
    case = random_case(rnn, 4, 3, 2, 5, L=2, D=2)
    ours = run_stack(rnn, case, 2, nonlinearity="relu")
    assert_same(ours, run_torch(rnn, case, 2, nonlinearity="relu"))


@pytest.mark.parametrize("lengths", [None, [4, 1, 3]])
@pytest.mark.parametrize("D", [1, 2])
def test_masks_multiply_between_the_layers_only(cell: Any, D: int, lengths: Any) -> None:
    """Three layers with masks are three stacks of one layer, multiplied by hand in torch."""
    T, B, I, H, L = 4, 3, 2, 5, 3
    case = random_case(cell, T, B, I, H, L, D)
    masks = random_masks(T, B, D * H, L)
    ours = run_stack(cell, case, D, lengths=lengths, masks=masks)

    runs = []
    x = case.x
    for layer in range(L):  # forward, with no gradients asked for
        part = slice(layer * D, (layer + 1) * D)
        one = Case(
            x,
            case.layers[part],
            [state[part] for state in case.states],
            case.dy,
            [gradient[part] for gradient in case.dstates],
        )
        runs.append(one)
        y = run_torch(cell, one, D, lengths=lengths).y.detach().numpy()
        x = y * masks[layer] if layer < L - 1 else y
    assert_close(ours.y, x)

    dy = case.dy
    for layer in reversed(range(L)):  # backward, each layer fed with the gradient from above
        theirs = run_torch(cell, runs[layer]._replace(dy=dy), D, lengths=lengths)
        for direction in range(D):
            index = layer * D + direction
            for a, b in zip(ours.dlayers[index], theirs.dlayers[direction], strict=True):
                assert_close(a, b)
            for a, b in zip(ours.dstates, theirs.dstates, strict=True):
                assert_close(a[index], b[direction])
        dy = theirs.dx.numpy() * masks[layer - 1] if layer > 0 else theirs.dx.numpy()
    assert_close(ours.dx, dy)


def test_masks_may_come_as_one_array(cell: Any) -> None:
    case = random_case(cell, 4, 3, 2, 5, L=3)
    masks = random_masks(4, 3, 5, 3)
    assert_same(run_stack(cell, case, masks=np.stack(masks)), run_stack(cell, case, masks=masks))


def test_masks_are_not_those_of_torch_but_do_the_same() -> None:
    """With dropout 0.5 and the masks read off torch's own run, the outputs agree."""
    T, B, I, H = 6, 4, 3, 5
    torch.manual_seed(0)
    net = torch.nn.LSTM(I, H, num_layers=2, dropout=0.5).double()
    layers = [
        lstm.Params(
            *(
                getattr(net, f"{part}_l{layer}").detach().numpy()
                for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
        )
        for layer in range(2)
    ]
    x = np.random.default_rng(0).normal(size=(T, B, I))
    torch.manual_seed(1)
    y, _ = net(torch.from_numpy(x))
    torch.manual_seed(1)
    mask = torch.nn.functional.dropout(torch.ones(T, B, H, dtype=torch.float64), 0.5).numpy()
    (ours, _, _), _ = stack.forward(lstm, x, layers, masks=[mask])
    assert_close(ours, y)


@pytest.mark.parametrize("lengths", [None, [3, 1]])
def test_agrees_with_finite_differences(cell: Any, lengths: Any) -> None:
    case = random_case(cell, 3, 2, 2, 2, L=2, D=2)
    masks = random_masks(3, 2, 4, 2)
    run = run_stack(cell, case, 2, lengths=lengths, masks=masks)

    def loss() -> float:
        (y, *final), _ = stack.forward(
            cell, case.x, case.layers, *case.states, D=2, lengths=lengths, masks=masks
        )
        pairs = zip([y, *final], [case.dy, *case.dstates], strict=True)
        return float(sum((output * gradient).sum() for output, gradient in pairs))

    arrays = [case.x, *case.states, *(array for layer in case.layers for array in layer)]
    gradients = [run.dx, *run.dstates, *(array for layer in run.dlayers for array in layer)]
    assert_gradients(loss, list(zip(arrays, gradients, strict=True)))


def test_padding_is_never_read(cell: Any) -> None:
    lengths = np.array([2, 5, 3])
    case = random_case(cell, 5, 3, 2, 4, L=2, D=2)
    clean = run_stack(cell, case, 2, lengths=lengths)
    for b, length in enumerate(lengths):
        case.x[length:, b] = np.nan
        case.dy[length:, b] = np.nan
    spoiled = run_stack(cell, case, 2, lengths=lengths)
    assert_same(spoiled, clean)
    for b, length in enumerate(lengths):
        assert (spoiled.y[length:, b] == 0).all()
        assert (spoiled.dx[length:, b] == 0).all()


def test_the_reverse_direction_starts_at_each_own_end(cell: Any) -> None:
    """The last valid output of the reverse direction has seen one step only."""
    T, B, H = 5, 3, 4
    lengths = np.array([2, 5, 3])
    case = random_case(cell, T, B, 2, H, D=2)
    (y, *_), _ = stack.forward(cell, case.x, case.layers, *case.states, D=2, lengths=lengths)
    for b, length in enumerate(lengths):
        last = case.x[length - 1 : length, b : b + 1]
        (alone, *_), _ = cell.forward(
            last, case.layers[1], *(state[1, b : b + 1] for state in case.states)
        )
        assert_close(y[length - 1, b, H:], alone[0, 0])


def test_absent_states_and_gradients_are_zeros(cell: Any) -> None:
    case = random_case(cell, 4, 3, 2, 5, L=2, D=2)
    zeros = [np.zeros_like(state) for state in case.states]
    absent, cache = stack.forward(cell, case.x, case.layers, D=2)
    with_zeros, _ = stack.forward(cell, case.x, case.layers, *zeros, D=2)
    for a, b in zip(absent, with_zeros, strict=True):
        np.testing.assert_array_equal(a, b)
    pairs = [
        (stack.backward(case.dy, cache), stack.backward(case.dy, cache, *zeros)),
        (
            stack.backward(None, cache, *case.dstates),
            stack.backward(np.zeros_like(case.dy), cache, *case.dstates),
        ),
    ]
    if cell is lstm:
        partly = stack.backward(case.dy, cache, None, case.dstates[1])
        pairs.append((partly, stack.backward(case.dy, cache, zeros[0], case.dstates[1])))
    for a, b in pairs:
        np.testing.assert_array_equal(a.dx, b.dx)
        np.testing.assert_array_equal(a.layers[0].W_ih, b.layers[0].W_ih)


def test_inputs_and_cache_are_left_alone(cell: Any) -> None:
    case = random_case(cell, 4, 3, 2, 5, L=2, D=2)
    masks = random_masks(4, 3, 10, 2)
    freeze(case.x, case.dy, *case.states, *case.dstates, *masks)
    for layer in case.layers:
        freeze(*layer)
    options = {"D": 2, "lengths": [4, 1, 2], "masks": masks}
    outputs, cache = stack.forward(cell, case.x, case.layers, *case.states, **options)
    first = stack.backward(case.dy, cache, *case.dstates)
    kept = [first.dx.copy(), *(array.copy() for array in first.layers[0])]
    masks[0].flags.writeable = True
    for array in (*outputs, masks[0], first.dx, *first.dstates, *first.layers[0]):
        array[...] = np.nan
    again = stack.backward(case.dy, cache, *case.dstates)
    for a, b in zip([again.dx, *again.layers[0]], kept, strict=True):
        np.testing.assert_array_equal(a, b)


def test_gradients_have_the_type_of_the_parameters(cell: Any) -> None:
    case = random_case(cell, 4, 3, 2, 5, L=2)
    _, cache = stack.forward(cell, case.x, case.layers)
    for layer, gradients in zip(case.layers, stack.backward(case.dy, cache).layers, strict=True):
        assert type(gradients) is cell.Params
        assert [a.shape for a in gradients] == [a.shape for a in layer]


def test_a_tag_that_depends_on_the_next_word() -> None:
    """One direction cannot know the next input; two can: the output's gradient says so."""
    for D, sees_the_future in ((1, False), (2, True)):
        case = random_case(gru, 4, 1, 2, 3, D=D)
        _, cache = stack.forward(gru, case.x, case.layers, D=D)
        dy = np.zeros_like(case.dy)
        dy[1] = 1
        later = stack.backward(dy, cache).dx[2:]
        assert (abs(later).max() > 1e-3) == sees_the_future


def test_reversed_steps_applied_twice_is_the_identity() -> None:
    x = to_torch(np.random.default_rng(0).normal(size=(5, 3, 2))).detach().numpy()
    index = stack.reversed_steps(np.array([5, 1, 3]), 5)
    np.testing.assert_array_equal(x[index][index], x)
    np.testing.assert_array_equal(x[index][:3, 2], x[:3, 2][::-1])
    np.testing.assert_array_equal(x[index][3:, 2], x[3:, 2])


FORWARD_CASES = [
    ({"D": 3}, ValueError, "D: expected 1 or 2, got 3"),
    ({"D": 2}, ValueError, r"layers\[1\].W_ih: expected shape .* I = 2 as in x, got"),
    ({"layers": []}, ValueError, "layers: expected L.D with D = 1 and L >= 1, got 0"),
    ({"layers": lambda a: a[:1], "D": 2}, ValueError, "layers: expected L.D with D = 2 .* got 1"),
    ({"layers": lambda a: [tuple(a[0]), *a[1:]]}, TypeError, r"layers\[0\]: expected .*got tuple"),
    (
        {"layers": lambda a: [a[0], a[1]._replace(b_hh=a[1].b_hh * np.inf), *a[2:]]},
        ValueError,
        r"layers\[1\].b_hh: expected finite",
    ),
    (
        {"layers": lambda a: [a[0], a[1]._replace(W_ih=a[1].W_ih[:, :2]), *a[2:]]},
        ValueError,
        r"layers\[1\].W_ih: expected shape \(4H, H\) with H = 5 as in .*got \(20, 2\)",
    ),
    ({"x": lambda a: a[0]}, ValueError, r"x: expected shape \(T, B, I\)"),
    ({"x": lambda a: a[:0]}, ValueError, r"x: expected shape .* T >= 1"),
    ({"x": lambda a: a.astype(int)}, TypeError, "x: expected float32 or float64, got int64"),
    ({"states": lambda a: a[:1]}, TypeError, "states: expected h0, c0 or nothing, got 1 arrays"),
    ({"states": lambda a: [*a, a[0]]}, TypeError, "states: expected h0, c0 .* got 3 arrays"),
    ({"states": lambda a: [a[0], a[1][:3]]}, ValueError, r"c0: expected shape \(4, B, H\), got"),
    ({"states": lambda a: [a[0][:, :1], a[1]]}, ValueError, r"h0: expected .* B = 3 as in x"),
    ({"states": lambda a: [a[0], a[1].tolist()]}, TypeError, "c0: expected a NumPy array"),
    ({"masks": [np.ones((4, 3, 5))]}, ValueError, "masks: expected L-1 = 3, got 1"),
    (
        {"masks": [np.ones((4, 3, 5)), np.ones((4, 1, 5)), np.ones((4, 3, 5))]},
        ValueError,
        r"masks\[1\]: expected shape \(T, B, H\) with B = 3 as in x, got \(4, 1, 5\)",
    ),
    ({"masks": [np.ones((4, 3, 5), dtype=bool)] * 3}, TypeError, r"masks\[0\]: expected float"),
    ({"masks": [np.full((4, 3, 5), np.nan)] * 3}, ValueError, r"masks\[0\]: expected finite"),
    ({"lengths": [4, 0, 1]}, ValueError, r"lengths: expected values in 1\.\.4, got 0"),
    ({"lengths": [4, 2]}, ValueError, r"lengths: expected shape \(B,\) = \(3,\), got \(2,\)"),
    ({"lengths": [4.0, 2.0, 1.0]}, TypeError, "lengths: expected integers, got float64"),
]


@pytest.mark.parametrize(("change", "error", "message"), FORWARD_CASES)
def test_bad_input(change: dict[str, Any], error: Any, message: str) -> None:
    case = random_case(lstm, 4, 3, 2, 5, L=4)
    good = {"x": case.x, "layers": case.layers, "states": case.states, "D": 1}
    changed = {
        name: value(good[name]) if callable(value) else value for name, value in change.items()
    }
    arguments = good | changed
    x, layers, states = (arguments.pop(name) for name in ("x", "layers", "states"))
    with pytest.raises(error, match=message):
        stack.forward(lstm, x, layers, *states, **arguments)


@pytest.mark.parametrize("D", [1, 2])
def test_bad_gradients(D: int) -> None:
    case = random_case(lstm, 4, 3, 2, 5, L=2, D=D)
    _, cache = stack.forward(lstm, case.x, case.layers, D=D)
    dh, dc = case.dstates
    with pytest.raises(ValueError, match=r"^dy: expected shape .* got \(4, 3, 1\)"):
        stack.backward(case.dy[:, :, :1], cache)
    with pytest.raises(
        ValueError, match=rf"^dc_n: expected shape \({2 * D}, B, H\), got \(1, 3, 5"
    ):
        stack.backward(case.dy, cache, dh, dc[:1])
    with pytest.raises(TypeError, match=r"^dh_n: expected float32 or float64, got int64"):
        stack.backward(case.dy, cache, dh.astype(int))
    with pytest.raises(TypeError, match=r"dstates: expected at most dh_n, dc_n, got 3 arrays"):
        stack.backward(case.dy, cache, dh, dc, dc)


def test_unknown_option() -> None:
    case = random_case(rnn, 4, 3, 2, 5)
    with pytest.raises(ValueError, match="nonlinearity: expected one of 'tanh', 'relu', got 'x'"):
        stack.forward(rnn, case.x, case.layers, nonlinearity="x")


def test_lengths_without_a_sign_are_reversed_alike():
    x, layers, states, *_ = random_case(rnn, 4, 3, 2, 3, D=2)
    wanted, _ = stack.forward(rnn, x, layers, *states, D=2, lengths=[4, 1, 2])
    for dtype in (np.uint8, np.uint64):
        lengths = np.array([4, 1, 2], dtype)
        found, _ = stack.forward(rnn, x, layers, *states, D=2, lengths=lengths)
        assert np.array_equal(found[0], wanted[0])
        steps, _ = stack.reversed_steps(lengths, 4)
        assert steps.dtype == np.int64
