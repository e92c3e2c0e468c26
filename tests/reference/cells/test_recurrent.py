"""What rnn, gru and lstm have in common: the contract of forward and backward."""

import inspect
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_pkg.reference.cells import gru, lstm, rnn
from course_pkg.reference.networks import unroll
from tests.reference.cases import CELLS, Case, Run, ragged, random_case, run_layer, run_torch
from tests.reference.compare import DTYPES, assert_close, assert_gradients, freeze

SIZES = [(5, 3, 4, 6), (1, 3, 4, 6), (5, 1, 4, 6), (5, 3, 1, 6), (5, 3, 4, 1), (1, 1, 1, 1)]


@pytest.fixture(params=CELLS)
def cell(request: pytest.FixtureRequest) -> Any:
    return CELLS[request.param]


def assert_same(ours: Run, theirs: Run) -> None:
    assert_close(ours.y, theirs.y, "y")
    assert_close(ours.dx, theirs.dx, "dx")
    for index, (a, b) in enumerate(zip(ours.final, theirs.final, strict=True)):
        assert_close(a, b, f"final state {index}")
    for index, (a, b) in enumerate(zip(ours.dstates, theirs.dstates, strict=True)):
        assert_close(a, b, f"gradient of initial state {index}")
    for layer, (a, b) in enumerate(zip(ours.dlayers, theirs.dlayers, strict=True)):
        for index, (da, db) in enumerate(zip(a, b, strict=True)):
            assert_close(da, db, f"layer {layer}, gradient of parameter {index}")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sizes", SIZES)
def test_equals_torch(cell: Any, sizes: tuple[int, ...], dtype: Any) -> None:
    case = random_case(cell, *sizes, dtype=dtype)
    assert_same(run_layer(cell, case), run_torch(cell, case))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sizes", SIZES)
def test_equals_torch_on_ragged_sequences(cell: Any, sizes: tuple[int, ...], dtype: Any) -> None:
    case = random_case(cell, *sizes, dtype=dtype)
    lengths = ragged(*sizes[:2])
    assert_same(run_layer(cell, case, lengths), run_torch(cell, case, lengths=lengths))


@given(data=st.data())
@settings(max_examples=40)
def test_equals_torch_for_any_sizes(data: st.DataObject) -> None:
    cell = CELLS[data.draw(st.sampled_from(sorted(CELLS)))]
    T, B = data.draw(st.integers(1, 7)), data.draw(st.integers(1, 5))
    I, H = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 9))
    lengths = data.draw(
        st.none() | st.lists(st.integers(1, T), min_size=B, max_size=B).map(np.array)
    )
    case = random_case(cell, T, B, I, H)
    assert_same(run_layer(cell, case, lengths), run_torch(cell, case, lengths=lengths))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("lengths", [None, [6, 2, 4]])
def test_equals_torch_when_saturated(cell: Any, dtype: Any, lengths: Any) -> None:
    case = random_case(cell, 6, 3, 4, 5, dtype=dtype)
    case = case._replace(x=100 * case.x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = run_layer(cell, case, lengths)
    assert_same(ours, run_torch(cell, case, lengths=lengths))


def test_huge_input_gives_no_warning_and_no_nan(cell: Any) -> None:
    case = random_case(cell, 6, 3, 4, 5)
    with np.errstate(all="raise", under="ignore"):
        run = run_layer(cell, case._replace(x=1e300 * np.sign(case.x)))
    assert all(np.isfinite(array).all() for array in (run.y, run.dx, *run.dlayers[0]))


@pytest.mark.parametrize("lengths", [None, [4, 1, 3]])
def test_agrees_with_finite_differences(cell: Any, lengths: Any) -> None:
    case = random_case(cell, 4, 3, 2, 3)
    run = run_layer(cell, case, lengths)

    def loss() -> float:
        y, final, *_ = run_layer(cell, case, lengths)
        pairs = zip([y, *final], [case.dy, *case.dstates], strict=True)
        return float(sum((output * gradient).sum() for output, gradient in pairs))

    arrays = [case.x, *case.states, *case.layers[0]]
    assert_gradients(loss, list(zip(arrays, [run.dx, *run.dstates, *run.dlayers[0]], strict=True)))


@pytest.mark.parametrize("lengths", [None, [5, 2, 3]])
def test_is_the_step_repeated(cell: Any, lengths: Any) -> None:
    """The loop to read and the code to use are the same function, and so are their gradients."""
    case = random_case(cell, 5, 3, 4, 6)
    x, (params,), states, dy, dstates = case
    (y, *final), cache = unroll.forward(cell, x, params, *(s[0] for s in states), lengths=lengths)
    grads = unroll.backward(dy, cache, *(d[0] for d in dstates))
    assert_same(
        run_layer(cell, case, lengths),
        Run(
            y,
            [s[None] for s in final],
            grads.dx,
            [d[None] for d in grads.dstates],
            [list(grads.dparams)],
        ),
    )


def test_padding_is_never_read(cell: Any) -> None:
    """Padded equals unpadded, whatever the padding holds; its own gradient is 0."""
    T, B = 5, 4
    lengths = np.array([3, 5, 1, 4])
    case = random_case(cell, T, B, 3, 4)
    for b, length in enumerate(lengths):
        case.x[length:, b] = [np.nan, np.inf, -1e300]
        case.dy[length:, b] = np.nan
    padded = run_layer(cell, case, lengths)
    summed = [np.zeros_like(array) for array in case.layers[0]]
    for b, length in enumerate(lengths):
        alone = Case(
            case.x[:length, b : b + 1],
            case.layers,
            [state[:, b : b + 1] for state in case.states],
            case.dy[:length, b : b + 1],
            [gradient[:, b : b + 1] for gradient in case.dstates],
        )
        run = run_layer(cell, alone)
        assert_close(padded.y[:length, b : b + 1], run.y)
        assert_close(padded.dx[:length, b : b + 1], run.dx)
        for ours, theirs in ((padded.final, run.final), (padded.dstates, run.dstates)):
            for a, single in zip(ours, theirs, strict=True):
                assert_close(a[:, b : b + 1], single)
        for total, gradient in zip(summed, run.dlayers[0], strict=True):
            total += gradient
        assert (padded.y[length:, b] == 0).all()
        assert (padded.dx[length:, b] == 0).all()
    for total, gradient in zip(summed, padded.dlayers[0], strict=True):
        assert_close(gradient, total)


def test_nothing_grows_in_the_padding() -> None:
    """A state that would overflow in 400 more steps must not, and must not spoil gradients."""
    case = random_case(rnn, 400, 2, 2, 3)
    params = case.layers[0]._replace(W_hh=10 * np.eye(3))
    lengths = [3, 5]
    with np.errstate(all="raise"):
        padded = run_layer(rnn, case._replace(layers=[params]), lengths, nonlinearity="relu")
    short = case._replace(x=case.x[:5], dy=case.dy[:5], layers=[params])
    unpadded = run_layer(rnn, short, lengths, nonlinearity="relu")
    assert_same(padded._replace(y=padded.y[:5], dx=padded.dx[:5]), unpadded)


def test_full_lengths_change_nothing(cell: Any) -> None:
    case = random_case(cell, 4, 3, 2, 5)
    assert_same(run_layer(cell, case, lengths=[4, 4, 4]), run_layer(cell, case))


def test_absent_states_are_zeros(cell: Any) -> None:
    x, (params,), states, *_ = random_case(cell, 4, 3, 2, 5)
    absent, _ = cell.forward(x, params)
    zeros, _ = cell.forward(x, params, *(np.zeros_like(state[0]) for state in states))
    for a, b in zip(absent, zeros, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("lengths", [None, [4, 1, 2]])
def test_absent_gradients_are_zeros(cell: Any, lengths: Any) -> None:
    x, (params,), states, dy, dstates = random_case(cell, 4, 3, 2, 5)
    _, cache = cell.forward(x, params, *(state[0] for state in states), lengths=lengths)
    final = [gradient[0] for gradient in dstates]
    zeros = [np.zeros_like(gradient) for gradient in final]
    pairs = [
        (cell.backward(dy, cache), cell.backward(dy, cache, *zeros)),
        (cell.backward(None, cache, *final), cell.backward(np.zeros_like(dy), cache, *final)),
        (cell.backward(None, cache), cell.backward(np.zeros_like(dy), cache, *zeros)),
    ]
    for absent, given_zeros in pairs:
        for a, b in zip(absent, given_zeros, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("lengths", [None, [4, 1, 2]])
def test_inputs_are_left_alone(cell: Any, lengths: Any) -> None:
    case = random_case(cell, 4, 3, 2, 5)
    freeze(case.x, case.dy, *case.layers[0], *case.states, *case.dstates)
    run_layer(cell, case, lengths)
    x, (params,), states, *_, dstates = case
    _, cache = cell.step(x[0], *(state[0] for state in states), params)
    cell.step_backward(*(gradient[0] for gradient in dstates), cache)


@pytest.mark.parametrize("lengths", [None, [4, 1, 2]])
def test_writing_into_results_leaves_the_cache_alone(cell: Any, lengths: Any) -> None:
    x, (params,), states, dy, dstates = random_case(cell, 4, 3, 2, 5)
    outputs, cache = cell.forward(x, params, *(state[0] for state in states), lengths=lengths)
    final = [gradient[0] for gradient in dstates]
    first = cell.backward(dy, cache, *final)
    kept = [gradient.copy() for gradient in first]
    for array in (*outputs, *first):
        array[...] = np.nan
    for a, b in zip(cell.backward(dy, cache, *final), kept, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_sequence_can_be_split(cell: Any) -> None:
    x, (params,), *_ = random_case(cell, 7, 3, 2, 5)
    (y, *whole), _ = cell.forward(x, params)
    (start, *middle), _ = cell.forward(x[:3], params)
    (end, *final), _ = cell.forward(x[3:], params, *middle)
    np.testing.assert_allclose(np.concatenate([start, end]), y, rtol=0, atol=1e-12)
    for a, b in zip(final, whole, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("name", "units"), [("rnn", 1), ("gru", 5), ("lstm", 7)])
def test_memory_of_the_cache(name: str, units: int) -> None:
    """In units of T*B*H numbers, without x and the parameters, which are not copied."""
    T, B, I, H = 200, 4, 3, 8
    case = random_case(CELLS[name], T, B, I, H)
    _, cache = CELLS[name].forward(case.x, case.layers[0])
    assert cache.x is case.x
    owned = [a for a in cache if isinstance(a, np.ndarray) and a is not case.x]
    total = sum(array.nbytes for array in owned) / (T * B * H * 8)
    assert units <= total <= units * 1.02 <= 12


def test_parameter_count(cell: Any) -> None:
    for L, D in ((1, 1), (3, 1), (1, 2), (2, 2)):
        layers = random_case(cell, 1, 1, 3, 5, L, D).layers
        assert cell.parameter_count(3, 5, L, D) == sum(a.size for p in layers for a in p)


# Bad input. Each entry: what is wrong, how to spoil good arguments, the error, and its message.

GOOD_SIZES = {"T": 4, "B": 3, "I": 2, "H": 5}


def spoil(array: np.ndarray, value: float) -> np.ndarray:
    bad = array.copy()
    bad.flat[-1] = value
    return bad


PARAMS_CASES = [
    ("W_ih", lambda a: a[:, :1], ValueError, r"W_ih: expected shape .* I = 2 as in x, got"),
    ("W_ih", lambda a: a[0], ValueError, r"W_ih: expected shape .*got"),
    ("W_ih", lambda a: a.astype(np.float32), TypeError, "W_ih: expected float64 as in"),
    ("W_ih", lambda a: spoil(a, np.nan), ValueError, "W_ih: expected finite values"),
    ("W_hh", lambda a: a[:, :1], ValueError, r"W_hh: expected shape .* H = 5 as in .*, got"),
    ("W_hh", lambda a: a[:-1], ValueError, r"W_hh: expected shape .* got"),
    ("W_hh", lambda a: spoil(a, np.inf), ValueError, "W_hh: expected finite values"),
    ("b_ih", lambda a: a[:1], ValueError, r"b_ih: expected shape .* got \(1,\)"),
    ("b_ih", lambda a: a[None], ValueError, r"b_ih: expected shape .* got \(1, "),
    ("b_ih", lambda a: a.tolist(), TypeError, "b_ih: expected a NumPy array, got list"),
    ("b_hh", lambda a: a[:1], ValueError, r"b_hh: expected shape .* got \(1,\)"),
    ("b_hh", lambda a: spoil(a, -np.inf), ValueError, "b_hh: expected finite values"),
    ("b_hh", lambda a: a.astype(int), TypeError, "b_hh: expected float32 or float64, got int64"),
]


@pytest.mark.parametrize(("field", "spoiled", "error", "message"), PARAMS_CASES)
@pytest.mark.parametrize("function", ["step", "forward"])
def test_bad_parameters(
    cell: Any, function: str, field: str, spoiled: Any, error: Any, message: str
) -> None:
    x, (params,), states, *_ = random_case(cell, *GOOD_SIZES.values())
    bad = params._replace(**{field: spoiled(getattr(params, field))})
    at_once, stepwise = (x, bad), (x[0], *(state[0] for state in states), bad)
    with pytest.raises(error, match=message):
        getattr(cell, function)(*(stepwise if function == "step" else at_once))


def test_parameters_of_the_wrong_kind(cell: Any) -> None:
    x, (params,), states, *_ = random_case(cell, *GOOD_SIZES.values())
    with pytest.raises(TypeError, match=r"params: expected .*W_ih, W_hh, b_ih, b_hh.*, got tuple"):
        cell.forward(x, tuple(params))
    with pytest.raises(TypeError, match=r"params: expected .*W_ih, W_hh, b_ih, b_hh.*, got list"):
        cell.step(x[0], *(state[0] for state in states), list(params))


def test_parameters_of_another_cell() -> None:
    case = random_case(lstm, *GOOD_SIZES.values())
    with pytest.raises(ValueError, match=r"W_ih: expected shape \(3H, I\).*multiple of 3"):
        gru.forward(case.x, case.layers[0])


ARRAY_CASES = [
    (lambda a: a[..., :-1], ValueError),
    (lambda a: a[..., :1, :], ValueError),  # one row is not broadcast to the batch
    (lambda a: a[..., 0], ValueError),
    (lambda a: a[None], ValueError),
    (lambda a: a[..., :0, :], ValueError),  # an empty batch
    (lambda a: a.astype(np.float32), TypeError),
    (lambda a: np.ones(a.shape, dtype=int), TypeError),
    (lambda a: a.tolist(), TypeError),
]


@pytest.mark.parametrize(("spoiled", "error"), ARRAY_CASES)
def test_bad_states_and_gradients(cell: Any, spoiled: Any, error: Any) -> None:
    """Every array argument in turn, of every function; the message names it."""
    x, (params,), states, dy, dstates = random_case(cell, *GOOD_SIZES.values())
    _, cache = cell.forward(x, params)
    states, dstates = [s[0] for s in states], [d[0] for d in dstates]
    _, step_cache = cell.step(x[0], *states, params)

    def each(arrays: list[np.ndarray]) -> Any:
        for index, array in enumerate(arrays):
            yield index, [*arrays[:index], spoiled(array), *arrays[index + 1 :]]

    for index, bad in each(states):
        name = cell.STATES[index]
        with pytest.raises(error, match=f"^{name}0: expected"):
            cell.forward(x, params, *bad)
        with pytest.raises(error, match=f"^{name}: expected"):
            cell.step(x[0], *bad, params)
    for index, bad in each(dstates):
        name = cell.STATES[index]
        with pytest.raises(error, match=f"^d{name}_n: expected"):
            cell.backward(dy, cache, *bad)
        with pytest.raises(error, match=f"^d{name}_next: expected"):
            cell.step_backward(*bad, step_cache)
    with pytest.raises(error, match=r"^dy: expected"):
        cell.backward(spoiled(dy), cache)


X_CASES = [
    (lambda x: x[0], ValueError, r"x: expected shape \(T, B, I\), got \(3, 2\)"),
    (lambda x: x[:0], ValueError, r"x: expected shape \(T, B, I\) with T >= 1, got \(0, 3, 2\)"),
    (lambda x: x[:, :0], ValueError, r"x: expected shape .* with B >= 1, got"),
    (lambda x: x[:, :, :0], ValueError, r"x: expected shape .* with I >= 1, got"),
    (lambda x: x.astype(int), TypeError, "x: expected float32 or float64, got int64"),
    (lambda x: x.astype(np.float16), TypeError, "x: expected float32 or float64, got float16"),
    (lambda x: x.astype(complex), TypeError, "x: expected float32 or float64, got complex128"),
    (lambda x: x.tolist(), TypeError, "x: expected a NumPy array, got list"),
]


@pytest.mark.parametrize(("spoiled", "error", "message"), X_CASES)
def test_bad_input(cell: Any, spoiled: Any, error: Any, message: str) -> None:
    x, (params,), *_ = random_case(cell, *GOOD_SIZES.values())
    with pytest.raises(error, match=message):
        cell.forward(spoiled(x), params)


LENGTHS_CASES = [
    ([4, 0, 1], ValueError, r"lengths: expected values in 1\.\.4, got 0"),
    ([4, -1, 1], ValueError, r"lengths: expected values in 1\.\.4, got -1"),
    ([4, 5, 1], ValueError, r"lengths: expected values in 1\.\.4, got 5"),
    ([4, 2], ValueError, r"lengths: expected shape \(B,\) = \(3,\), got \(2,\)"),
    ([[4], [2], [1]], ValueError, r"lengths: expected shape \(B,\) = \(3,\), got \(3, 1\)"),
    (4, ValueError, r"lengths: expected shape \(B,\) = \(3,\), got \(\)"),
    ([4.0, 2.0, 1.0], TypeError, "lengths: expected integers, got float64"),
    ([4.0, 2.5, 1.0], TypeError, "lengths: expected integers, got float64"),
    ([True, True, True], TypeError, "lengths: expected integers, got bool"),
]


@pytest.mark.parametrize(("lengths", "error", "message"), LENGTHS_CASES)
def test_bad_lengths(cell: Any, lengths: Any, error: Any, message: str) -> None:
    x, (params,), *_ = random_case(cell, *GOOD_SIZES.values())
    with pytest.raises(error, match=message):
        cell.forward(x, params, lengths=lengths)


def test_step_rejects_a_bad_input(cell: Any) -> None:
    x, (params,), states, *_ = random_case(cell, *GOOD_SIZES.values())
    states = [state[0] for state in states]
    for spoiled, error in ARRAY_CASES[1:]:
        with pytest.raises(error, match=r"^x: expected|^h: .* as in x|^W_ih: .* as in x"):
            cell.step(spoiled(x[0]), *states, params)
    with pytest.raises(ValueError, match=r"^W_ih: expected shape .* I = 1 as in x"):
        cell.step(x[0, :, :1], *states, params)


def test_every_cell_has_the_same_functions(cell: Any) -> None:
    """What stack and unroll rely on: the order of arguments and of gradients."""
    states = list(cell.STATES)
    assert list(inspect.signature(cell.step).parameters)[: 2 + len(states)] == [
        "x",
        *states,
        "params",
    ]
    assert list(inspect.signature(cell.forward).parameters)[: 2 + len(states)] == [
        "x",
        "params",
        *(f"{state}0" for state in states),
    ]
    names = [f"d{name}" for name in cell.Params._fields]
    assert list(cell.StepGrads._fields) == ["dx", *(f"d{state}" for state in states), *names]
    assert list(cell.Grads._fields) == ["dx", *(f"d{state}0" for state in states), *names]
