"""Gate orders: round trips, the meaning of each gate, and the libraries where installed."""

import os
from typing import Any

import numpy as np
import pytest

from course_pkg.reference.cells import gate_orders, gru, lstm
from course_pkg.reference.layers.activations import sigmoid
from tests.reference.cases import CELLS, random_case
from tests.reference.compare import assert_close, freeze

T, B, I, H = 5, 3, 4, 6


@pytest.fixture(params=["lstm", "gru"])
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def params_of(name: str, dtype: Any = np.float64) -> Any:
    params = random_case(CELLS[name], T, B, I, H, dtype=dtype).layers[0]
    freeze(*params)
    return params


def test_onnx_and_back(name: str) -> None:
    params = params_of(name)
    back = gate_orders.from_onnx(gate_orders.to_onnx(params, name), name)
    assert type(back) is CELLS[name].Params
    for a, b in zip(params, back, strict=True):
        np.testing.assert_array_equal(a, b)


def test_keras_and_back(name: str) -> None:
    params = params_of(name)
    back = gate_orders.from_keras(gate_orders.to_keras(params, name), name)
    assert type(back) is CELLS[name].Params
    np.testing.assert_array_equal(back.W_ih, params.W_ih)
    np.testing.assert_array_equal(back.W_hh, params.W_hh)
    if name == "gru":
        np.testing.assert_array_equal(back.b_ih, params.b_ih)
        np.testing.assert_array_equal(back.b_hh, params.b_hh)
    else:  # one bias: only the sum can come back
        np.testing.assert_array_equal(back.b_ih, params.b_ih + params.b_hh)
        assert (back.b_hh == 0).all()


def test_converted_parameters_are_the_same_network(name: str) -> None:
    case = random_case(CELLS[name], T, B, I, H)
    back = gate_orders.from_keras(gate_orders.to_keras(case.layers[0], name), name)
    (y, *_), _ = CELLS[name].forward(case.x, back)
    assert_close(y, CELLS[name].forward(case.x, case.layers[0])[0][0])


def test_results_are_copies(name: str) -> None:
    params = params_of(name)
    keras, onnx = gate_orders.to_keras(params, name), gate_orders.to_onnx(params, name)
    freeze(*keras, *onnx)
    for ours in (*keras, *onnx):
        assert not any(np.shares_memory(ours, array) for array in params)
    for back in (gate_orders.from_keras(keras, name), gate_orders.from_onnx(onnx, name)):
        for array in back:
            array[...] = 0  # writable, and no input is touched: those are frozen


# The meaning of each layout, by its library's documented equations.


def step_by_keras_equations(name: str, weights: Any, x: Any, h: Any, c: Any) -> Any:
    a_x, a_h = x @ weights.kernel, h @ weights.recurrent_kernel
    if name == "lstm":
        i, f, g, o = np.split(a_x + a_h + weights.bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c)
    x_z, x_r, x_n = np.split(a_x + weights.bias[0], 3, axis=1)
    h_z, h_r, h_n = np.split(a_h + weights.bias[1], 3, axis=1)
    z = sigmoid(x_z + h_z)
    return z * h + (1 - z) * np.tanh(x_n + sigmoid(x_r + h_r) * h_n)


def step_by_onnx_equations(name: str, weights: Any, x: Any, h: Any, c: Any) -> Any:
    (W,), (R,), (bias,) = weights
    b_x, b_h = np.split(bias, 2)
    a_x, a_h = x @ W.T + b_x, h @ R.T + b_h
    if name == "lstm":
        i, o, f, g = np.split(a_x + a_h, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c)
    x_z, x_r, x_n = np.split(a_x, 3, axis=1)
    h_z, h_r, h_n = np.split(a_h, 3, axis=1)
    z = sigmoid(x_z + h_z)
    return (1 - z) * np.tanh(x_n + sigmoid(x_r + h_r) * h_n) + z * h


@pytest.mark.parametrize(
    ("convert", "step"),
    [
        (gate_orders.to_keras, step_by_keras_equations),
        (gate_orders.to_onnx, step_by_onnx_equations),
    ],
)
def test_each_gate_lands_where_its_library_reads_it(name: str, convert: Any, step: Any) -> None:
    case = random_case(CELLS[name], T, B, I, H)
    params, x = case.layers[0], case.x[0]
    states = [state[0] for state in case.states]
    out, _ = CELLS[name].step(x, *states, params)
    h_next = out[0] if name == "lstm" else out
    assert_close(step(name, convert(params, name), x, states[0], states[-1]), h_next)


def test_keras_itself(name: str) -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    case = random_case(CELLS[name], T, B, I, H, dtype=np.float32)
    layer = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}[name](H, return_sequences=True)
    batch_major = case.x.transpose(1, 0, 2)
    layer(batch_major)  # makes the weights
    layer.set_weights(list(gate_orders.to_keras(case.layers[0], name)))
    theirs = keras.ops.convert_to_numpy(layer(batch_major)).transpose(1, 0, 2)
    (y, *_), _ = CELLS[name].forward(case.x, case.layers[0])
    assert_close(y, theirs)
    back = gate_orders.from_keras(gate_orders.KerasWeights(*layer.get_weights()), name)
    (y, *_), _ = CELLS[name].forward(case.x, back)
    assert_close(y, theirs)


def test_onnx_itself(name: str) -> None:
    onnx = pytest.importorskip("onnx", reason="ONNX is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    case = random_case(CELLS[name], T, B, I, H, dtype=np.float32)
    weights = gate_orders.to_onnx(case.layers[0], name)
    float_info = [
        onnx.helper.make_tensor_value_info(label, onnx.TensorProto.FLOAT, None) for label in "xy"
    ]
    node = onnx.helper.make_node(
        name.upper(),
        ["x", "W", "R", "B"],
        ["y"],
        hidden_size=H,
        **({"linear_before_reset": 1} if name == "gru" else {}),
    )
    graph = onnx.helper.make_graph(
        [node],
        name,
        float_info[:1],
        float_info[1:],
        [onnx.numpy_helper.from_array(getattr(weights, label), label) for label in "WRB"],
    )
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 14)], ir_version=8
    )
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (theirs,) = session.run(None, {"x": case.x})  # (T, directions, B, H)
    (y, *_), _ = CELLS[name].forward(case.x, case.layers[0])
    assert_close(y, theirs[:, 0])


# Bad input.

ROWS = np.arange(6.0)
REORDER_CASES = [
    (([1.0], "rzn", "zrn"), TypeError, "array: expected a NumPy array, got list"),
    ((ROWS, "", ""), ValueError, "order: expected different letters, got ''"),
    ((ROWS, "rrn", "rrn"), ValueError, "order: expected different letters, got 'rrn'"),
    ((ROWS, "rzn", "zr"), ValueError, "new_order: expected the letters of 'rzn', got 'zr'"),
    ((ROWS, "rzn", "zrr"), ValueError, "new_order: expected the letters of 'rzn', got 'zrr'"),
    ((ROWS, "ifgo", "iofg"), ValueError, r"array: expected a multiple of 4 rows.* got shape \(6,"),
    ((ROWS[:0], "rzn", "zrn"), ValueError, r"array: expected a multiple of 3 rows.*shape \(0,"),
    ((np.array(1.0), "rzn", "zrn"), ValueError, r"array: expected a multiple of 3.*shape \(\)"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), REORDER_CASES)
def test_bad_order(arguments: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        gate_orders.reorder(*arguments)


@pytest.mark.parametrize("convert", [gate_orders.to_keras, gate_orders.to_onnx])
def test_bad_parameters(convert: Any) -> None:
    params = params_of("lstm")
    for bad, cell, error, message in (
        (params, "rnn", ValueError, "cell: expected one of 'lstm', 'gru', got 'rnn'"),
        (tuple(params), "lstm", TypeError, "params: expected a named tuple"),
        (params._replace(b_hh=np.ones(1)), "lstm", ValueError, r"b_hh: .* got \(1,\)"),
        (params._replace(W_hh=params.W_hh * np.nan), "lstm", ValueError, "W_hh: expected finite"),
        (params_of("gru")._replace(W_ih=np.ones((20, 4))), "gru", ValueError, "W_ih: .*multiple"),
    ):
        with pytest.raises(error, match=message):
            convert(bad, cell)


@pytest.mark.parametrize(
    ("to", "back"),
    [
        (gate_orders.to_keras, gate_orders.from_keras),
        (gate_orders.to_onnx, gate_orders.from_onnx),
    ],
)
def test_bad_weights(name: str, to: Any, back: Any) -> None:
    weights = to(params_of(name), name)
    with pytest.raises(ValueError, match="cell: expected one of 'lstm', 'gru', got 'x'"):
        back(weights, "x")
    with pytest.raises(TypeError, match="weights: expected a named tuple"):
        back(tuple(weights), name)
    for field in weights._fields:
        array = getattr(weights, field)
        for bad, error in (
            (array[None], ValueError),
            (array[:, :-1] if array.ndim > 1 else array[:-1], ValueError),  # not whole blocks
            (array * np.nan, ValueError),
            (array.astype(int), TypeError),
        ):
            with pytest.raises(error, match="expected"):
                back(weights._replace(**{field: bad}), name)


def test_a_gru_of_keras_with_one_bias_is_refused() -> None:
    """It has the reset gate before the product, and would give other numbers."""
    weights = gate_orders.to_keras(params_of("gru"), "gru")
    with pytest.raises(ValueError, match=r"bias: expected shape \(2, 3H\), got \(18,\)"):
        gate_orders.from_keras(weights._replace(bias=weights.bias[0]), "gru")


def test_two_directions_of_onnx_are_refused() -> None:
    weights = gate_orders.to_onnx(params_of("lstm"), "lstm")
    with pytest.raises(ValueError, match=r"W: expected shape \(1, 4H, I\), got \(2, 24, 4\)"):
        gate_orders.from_onnx(weights._replace(W=np.concatenate([weights.W] * 2)), "lstm")


def test_types() -> None:
    assert lstm.Params._fields == gru.Params._fields  # what the conversions rely on
