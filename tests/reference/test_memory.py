"""What a function returns shares no memory with what it keeps, nor with what it was given."""

from functools import partial

import numpy as np
import pytest

from course_pkg.reference.cells import (
    gru,
    gru_reset_before,
    jordan,
    lstm,
    lstm_1997,
    lstm_coupled,
    lstm_layer_norm,
    lstm_peephole,
    mgu,
    rnn,
)
from course_pkg.reference.gradients import checkpointing
from course_pkg.reference.layers import (
    attention,
    attentional_state,
    batch_norm,
    embedding,
    layer_norm,
    linear,
    rms_norm,
)
from course_pkg.reference.losses import bce, mse
from course_pkg.reference.networks import (
    classifier,
    encoder,
    encoder_decoder,
    language_model,
    stack,
    unroll,
)
from tests.reference.cases import CELLS, random_params

T, B, I, H = 3, 2, 4, 5
rng = np.random.default_rng(0)


def normal(*shape):
    return rng.normal(size=shape)


def arrays_in(tree):
    """List all arrays inside tuples, lists and other objects."""
    if isinstance(tree, np.ndarray):
        return [tree]
    if isinstance(tree, (tuple, list)):
        return [array for part in tree for array in arrays_in(part)]
    return []


def vectors(*sizes):
    return [normal(size) for size in sizes]


def stacked(gates, *more):
    rows = gates * H
    return [normal(rows, I), normal(rows, H), *vectors(rows, rows, *more)]


X, STATE, SEQUENCE = normal(B, I), [normal(B, H), normal(B, H)], normal(T, B, I)
CASES = {
    f"{name} step": (module.step, X, *STATE[:count], module.Params(*params))
    for name, module, count, params in [
        ("rnn", rnn, 1, stacked(1)),
        ("gru", gru, 1, stacked(3)),
        ("lstm", lstm, 2, stacked(4)),
        ("mgu", mgu, 1, stacked(2)),
        ("gru_reset_before", gru_reset_before, 1, stacked(3)),
        ("lstm_1997", lstm_1997, 2, stacked(3)),
        ("lstm_coupled", lstm_coupled, 2, stacked(3)),
        ("lstm_peephole", lstm_peephole, 2, stacked(4, H, H, H)),
        ("lstm_layer_norm", lstm_layer_norm, 2, stacked(4, 4 * H, H, H)),
    ]
}
for name, cell in CELLS.items():
    params = random_params(cell, I, H, rng, np.float64)
    CASES[f"{name} forward"] = cell.forward, SEQUENCE, params
    CASES[f"{name} ragged"] = (
        lambda x, p, cell=cell: cell.forward(x, p, lengths=[3, 1]),
        SEQUENCE,
        params,
    )
    CASES[f"{name} unrolled"] = unroll.forward, cell, SEQUENCE, params, *STATE[: len(cell.STATES)]
    CASES[f"{name} stack"] = stack.forward, cell, SEQUENCE, [params]
    start = classifier.start(cell, I, H, 3, rng)
    CASES[f"{name} classifier"] = classifier.forward, cell, SEQUENCE, start
    start = language_model.start(cell, 3, I, H, rng)
    CASES[f"{name} language model"] = language_model.forward, cell, np.array([[2, 0]]), start
    ids = np.array([[2, 0], [1, 1]])
    CASES[f"{name} encoder"] = encoder.forward, cell, ids, normal(3, I), [params]
    for kind in encoder_decoder.ATTENTION:
        start = encoder_decoder.start(cell, 3, 4, I, 6, rng, attention=kind)
        CASES[f"{name} {kind}"] = encoder_decoder.forward, cell, ids, ids, start
QUERY, KEY = normal(T, B, H), normal(6, B, H)
PAIR = np.ones(H), np.zeros(H)
RUNNING = batch_norm.Running(np.zeros(H), np.ones(H))
CASES |= {
    "dot product": (attention.dot_product, QUERY, KEY, KEY),
    "additive": (
        attention.additive,
        QUERY,
        KEY,
        KEY,
        attention.AdditiveParams(normal(7, H), normal(7, H), normal(7)),
    ),
    "multiplicative": (
        attention.multiplicative,
        QUERY,
        KEY,
        KEY,
        attention.MultiplicativeParams(normal(H, H)),
    ),
    "attentional state": (
        attentional_state.forward,
        QUERY,
        KEY,
        None,
        linear.Params(normal(H, 2 * H), normal(H)),
    ),
    "batch norm, training": (
        partial(batch_norm.forward, training=True),
        QUERY,
        batch_norm.Params(*PAIR),
        RUNNING,
    ),
    "batch norm, evaluation": (
        partial(batch_norm.forward, training=False),
        QUERY,
        batch_norm.Params(*PAIR),
        RUNNING,
    ),
    "layer norm": (layer_norm.forward, QUERY, layer_norm.Params(*PAIR)),
    "rms norm": (rms_norm.forward, QUERY, PAIR[0]),
    "linear": (linear.forward, QUERY, linear.Params(normal(3, H), normal(3))),
    "embedding": (embedding.forward, np.array([[1, 0]]), normal(3, I)),
    "checkpointing": (checkpointing.forward, SEQUENCE, CASES["rnn forward"][2]),
    "jordan": (
        jordan.forward,
        SEQUENCE,
        jordan.Params(normal(H, I), normal(H, 3), normal(H), normal(3, H), normal(3)),
    ),
    "mse": (partial(mse.forward, reduction="none"), QUERY, KEY[:T]),
    "bce": (partial(bce.forward, reduction="none"), QUERY, np.ones_like(QUERY)),
}


@pytest.mark.parametrize("name", CASES)
def test_outputs_share_no_memory(name):
    function, *given = CASES[name]
    outputs, cache = function(*given)
    found = arrays_in(outputs)
    assert found
    for index, output in enumerate(found):
        for other in (*arrays_in(cache), *arrays_in(given), *found[:index]):
            assert not np.shares_memory(output, other)
