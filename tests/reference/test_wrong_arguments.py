"""Plain tuples, wrong modules and wrong flags are refused by name, wherever they are given."""

import numpy as np
import pytest

from course_pkg.reference.cells import jordan
from course_pkg.reference.gradients import gradient_rates, rtrl
from course_pkg.reference.layers import (
    attention,
    attentional_state,
    batch_norm,
    linear,
    softmax,
)
from course_pkg.reference.learning import sgd
from course_pkg.reference.networks import (
    classifier,
    encoder,
    encoder_decoder,
    language_model,
    stack,
    unroll,
)
from tests.reference.cases import CELLS, random_params
from tests.reference.test_memory import CASES, SEQUENCE, STATE, B, H, I

rng = np.random.default_rng(0)
RNN, GRU = CELLS["rnn"], CELLS["gru"]
PARAMS = random_params(GRU, I, H, rng, np.float64)
PLAIN = random_params(RNN, I, H, rng, np.float64)
BACKWARDS = {  # what to call, and how many gradients go before the cache
    "rnn step": (RNN.step_backward, 1),
    "gru step": (GRU.step_backward, 1),
    "lstm step": (CELLS["lstm"].step_backward, 2),
    "rnn forward": (RNN.backward, 1),
    "gru forward": (GRU.backward, 1),
    "lstm forward": (CELLS["lstm"].backward, 1),
    "gru unrolled": (unroll.backward, 1),
    "gru stack": (stack.backward, 1),
    "gru classifier": (classifier.backward, 1),
    "gru language model": (language_model.backward, 1),
    "dot product": (attention.dot_product_backward, 1),
    "multiplicative": (attention.multiplicative_backward, 1),
    "attentional state": (attentional_state.backward, 1),
    "gru encoder": (encoder.backward, 1),
    "gru dot": (encoder_decoder.backward, 1),
    "linear": (linear.backward, 1),
    "jordan": (jordan.backward, 1),
}


@pytest.mark.parametrize("name", BACKWARDS)
def test_a_plain_tuple_is_no_cache(name):
    function, *given = CASES[name]
    backward, gradients = BACKWARDS[name]
    _, cache = function(*given)
    for wrong in (tuple(cache), PARAMS, None):
        with pytest.raises(TypeError, match="cache: expected a named tuple"):
            backward(*[None] * gradients, wrong)


@pytest.mark.parametrize("name", ["linear", "jordan", "layer norm", "rnn forward", "lstm step"])
def test_a_plain_tuple_is_no_parameters(name):
    function, *given, params = CASES[name]
    with pytest.raises(TypeError, match=r"params: expected a named tuple .* got tuple"):
        function(*given, tuple(params))


@pytest.mark.parametrize("cell", ["gru", None, np], ids=str)
@pytest.mark.parametrize(
    "call",
    [
        lambda cell: stack.forward(cell, SEQUENCE, [PARAMS]),
        lambda cell: unroll.forward(cell, SEQUENCE, PARAMS, STATE[0]),
        lambda cell: classifier.start(cell, I, H, 3, rng),
        lambda cell: classifier.forward(cell, SEQUENCE, PARAMS),
    ],
    ids=["stack", "unroll", "classifier start", "classifier"],
)
def test_a_name_is_no_cell(call, cell):
    with pytest.raises(TypeError, match=r"cell: expected a module .* got (str|NoneType|numpy)"):
        call(cell)


class Nameless:
    step = staticmethod(lambda x, h: None)
    step_backward = None


NARROW = random_params(RNN, I, H + 1, rng, np.float64)
DY = np.zeros((len(SEQUENCE), B, H))
READOUT = classifier.Params(PARAMS, (np.ones((3, H)), np.ones(3)))
NORM = batch_norm.Params(np.ones(H), np.zeros(H)), batch_norm.Running(np.zeros(H), np.ones(H))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: stack.forward(GRU, SEQUENCE, PARAMS), TypeError, "layers: .* got Params"),
        (lambda: stack.forward(GRU, SEQUENCE, None), TypeError, "layers: .* got NoneType"),
        (lambda: stack.forward(GRU, SEQUENCE, [PARAMS], masks=1), TypeError, "masks: .* got int"),
        (lambda: stack.forward(GRU, SEQUENCE, [PARAMS], D=True), ValueError, "D: .* got True"),
        (lambda: stack.forward(GRU, SEQUENCE, [PARAMS], D=2.0), ValueError, r"D: .* got 2\.0"),
        (
            lambda: unroll.forward(GRU, SEQUENCE, PARAMS, *STATE),
            TypeError,
            "states: expected the initial h, got 2 arrays",
        ),
        (
            lambda: unroll.forward(Nameless, SEQUENCE, PARAMS, STATE[0]),
            TypeError,
            r"cell: expected step\(x, \*states, params\), got step\(x, h\)",
        ),
        (lambda: rtrl.gradients(SEQUENCE, NARROW, DY), ValueError, "^dy: .* H = 6 as in W_ih"),
        (lambda: rtrl.gradients(SEQUENCE, tuple(PLAIN), DY), TypeError, "^params: .* got tuple"),
        (lambda: rtrl.init(0, I, H, np.dtype(float)), ValueError, "^B: .* got 0"),
        (lambda: rtrl.init(B, 1.0, H, np.dtype(float)), TypeError, "^I: .* got float"),
        (lambda: rtrl.init(B, I, H, np.dtype(int)), TypeError, "^dtype: .* got int64"),
        (lambda: classifier.forward(GRU, SEQUENCE, READOUT), TypeError, "params.readout: .* tuple"),
        (
            lambda: batch_norm.forward(DY, *NORM, training="no"),
            TypeError,
            "training: expected True or False, got 'no'",
        ),
        (
            lambda: sgd.update(PLAIN, PLAIN, sgd.init(PLAIN), lr=0.1, nesterov="no"),
            TypeError,
            "nesterov: expected True or False, got 'no'",
        ),
        (lambda: softmax.softmax([[1.0], [1.0, 2.0]]), TypeError, "logits: .* got list"),
        (
            lambda: gradient_rates.predicted_rate(DY * np.nan, PLAIN.W_hh),
            ValueError,
            "slope: expected finite values",
        ),
    ],
)
def test_the_argument_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
