"""The NumPy language model against the PyTorch one and finite differences."""

import numpy as np
import pytest
import torch

from course_pkg.models.language_model import LanguageModel
from course_pkg.reference.cells import lstm, rnn
from course_pkg.reference.layers import linear
from course_pkg.reference.learning.tree import pick_gradients
from course_pkg.reference.losses import cross_entropy
from course_pkg.reference.networks import language_model
from tests.reference.cases import CELLS
from tests.reference.compare import assert_close, assert_gradients, freeze

cells = pytest.mark.parametrize("kind", CELLS)
sizes = pytest.mark.parametrize(
    ("T", "B", "V", "E", "H"),
    [(5, 3, 7, 2, 4), (1, 3, 7, 2, 4), (5, 1, 7, 2, 4), (5, 3, 7, 2, 1), (1, 1, 2, 1, 1)],
)


def as_torch(kind, params):
    """Build the PyTorch model with these weights."""
    (V, E), H = params.embedding.shape, params.cell.W_hh.shape[1]
    model = LanguageModel(tokens=V, embedding=E, cell=kind, hidden=H).double()
    arrays = [params.embedding, *params.cell, *params.readout]
    with torch.no_grad():
        for parameter, array in zip(model.parameters(), arrays, strict=True):
            parameter.copy_(torch.from_numpy(array))
    return model


def case(kind, T, B, V, E, H):
    cell, rng = CELLS[kind], np.random.default_rng([T, B, V, E, H])
    params = language_model.start(cell, V, E, H, rng)
    params = params._replace(readout=params.readout._replace(b=rng.normal(size=V)))
    ids = rng.integers(V, size=(T, B))
    dlogits = rng.normal(size=(T, B, V))
    states, dstates = ([rng.normal(size=(B, H)) for _ in cell.STATES] for _ in range(2))
    return cell, params, ids, dlogits, states, dstates


@cells
@sizes
@pytest.mark.parametrize("carried", [False, True])
def test_numbers_and_gradients_are_torchs(kind, T, B, V, E, H, carried):
    cell, params, ids, dlogits, states, dstates = case(kind, T, B, V, E, H)
    model = as_torch(kind, params)
    freeze(ids, dlogits, params.embedding, *params.cell, *params.readout, *states, *dstates)
    (logits, *final), cache = language_model.forward(
        cell, ids, params, *(states if carried else [])
    )
    grads = language_model.backward(dlogits, cache, *(dstates if carried else []))

    before = tuple(torch.tensor(state[None], requires_grad=True) for state in states)
    theirs, after = model(torch.tensor(ids), before if carried else ())
    outputs, into = [theirs], [torch.tensor(dlogits)]
    if carried:
        outputs += after
        into += [torch.tensor(gradient[None]) for gradient in dstates]
    torch.autograd.backward(outputs, into)
    assert_close(logits, theirs)
    for ours, other in zip(final, after, strict=True):
        assert_close(ours, other[0])
    if carried:
        for ours, state in zip(grads.dstates, before, strict=True):
            assert_close(ours, state.grad[0])
    ours = [grads.embedding, *grads.cell, *grads.readout]
    for gradient, (name, parameter) in zip(ours, model.named_parameters(), strict=True):
        assert_close(gradient, parameter.grad, name)


@cells
@pytest.mark.parametrize(("T", "B", "V", "E", "H"), [(4, 2, 5, 3, 2), (1, 1, 2, 1, 1)])
def test_gradients_are_finite_differences(kind, T, B, V, E, H):
    cell, params, ids, _, states, dstates = case(kind, T, B, V, E, H)
    targets = np.random.default_rng(0).integers(V, size=(T, B))

    def run():
        (logits, *final), cache = language_model.forward(cell, ids, params, *states)
        loss, loss_cache = cross_entropy.forward(logits, targets)
        sums = sum(float((d * s).sum()) for d, s in zip(dstates, final, strict=True))
        return float(loss) + sums, cross_entropy.backward(1.0, loss_cache), cache

    _, dlogits, cache = run()
    grads = language_model.backward(dlogits, cache, *dstates)
    picked = pick_gradients(params, grads)
    arrays = [params.embedding, *params.cell, *params.readout, *states]
    found = [picked.embedding, *picked.cell, *picked.readout, *grads.dstates]
    assert_gradients(lambda: run()[0], list(zip(arrays, found, strict=True)))


@cells
def test_a_state_that_was_not_used_gets_no_gradient(kind):
    cell, params, ids, dlogits, states, _ = case(kind, 4, 2, 5, 3, 2)
    _, cache = language_model.forward(cell, ids, params, *states)
    without = language_model.backward(dlogits, cache)
    zeros = language_model.backward(dlogits, cache, *(np.zeros_like(state) for state in states))
    nones = language_model.backward(dlogits, cache, *(None for _ in states))
    for other in (zeros, nones):
        for a, b in zip(without.dstates, other.dstates, strict=True):
            np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(without.embedding, other.embedding)


@cells
def test_a_text_may_be_read_in_two_parts(kind):
    cell, params, ids, dlogits, states, dstates = case(kind, 5, 3, 7, 2, 4)
    (whole, *last), cache = language_model.forward(cell, ids, params, *states)
    grads = language_model.backward(dlogits, cache, *dstates)
    (first, *middle), cache_1 = language_model.forward(cell, ids[:2], params, *states)
    (second, *end), cache_2 = language_model.forward(cell, ids[2:], params, *middle)
    back_2 = language_model.backward(dlogits[2:], cache_2, *dstates)
    back_1 = language_model.backward(dlogits[:2], cache_1, *back_2.dstates)
    np.testing.assert_allclose(np.concatenate([first, second]), whole, rtol=0, atol=1e-12)
    for a, b in zip([*end, *back_1.dstates], [*last, *grads.dstates], strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)
    total = back_1.embedding + back_2.embedding
    np.testing.assert_allclose(total, grads.embedding, rtol=0, atol=1e-12)


def test_tied_weights_get_the_sum_of_both_gradients():
    cell, params, ids, dlogits, _, _ = case("gru", 4, 2, 5, 3, 3)
    tied = params._replace(readout=params.readout._replace(W=params.embedding))
    _, cache = language_model.forward(cell, ids, tied)
    grads = language_model.backward(dlogits, cache)
    model = LanguageModel(tokens=5, embedding=3, cell="gru", hidden=3, tied=True).double()
    with torch.no_grad():
        for parameter, array in zip(
            model.parameters(), [params.embedding, *params.cell, params.readout.b], strict=True
        ):
            parameter.copy_(torch.from_numpy(array))
    model(torch.tensor(ids))[0].backward(torch.tensor(dlogits))
    assert_close(grads.embedding + grads.readout.W, model.embedding.weight.grad)


@cells
def test_float32_stays_float32(kind):
    params = language_model.start(CELLS[kind], 5, 3, 2, np.random.default_rng(0), dtype=np.float32)
    outputs, cache = language_model.forward(CELLS[kind], np.array([[1], [0]]), params)
    grads = language_model.backward(outputs[0], cache)
    arrays = [*outputs, *grads.dstates, grads.embedding, *grads.cell, *grads.readout]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}


def test_the_embeddings_start_with_length_1():
    params = language_model.start(rnn, 2000, 16, 4, np.random.default_rng(0))
    # Squared lengths average 1, with a standard deviation of sqrt(2 / 16 / 2000) = 0.008.
    assert (params.embedding**2).sum(axis=1).mean() == pytest.approx(1, abs=0.04)


RNG = np.random.default_rng(0)
PARAMS = language_model.start(rnn, 3, 2, 4, RNG)
IDS = np.zeros((5, 1), dtype=int)
STATE = np.zeros((1, 4))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: language_model.start(rnn, 0, 1, 2, RNG), ValueError, "^V: .* got 0"),
        (lambda: language_model.start(rnn, 1, 1.5, 2, RNG), TypeError, "^E: .* got float"),
        (lambda: language_model.start(rnn, 1, 1, 0, RNG), ValueError, "^H: .* got 0"),
        (lambda: language_model.start(rnn, 1, 1, 2, 0), TypeError, "^rng: .* got int"),
        (lambda: language_model.start("rnn", 1, 1, 2, RNG), TypeError, "^cell: .* got str"),
        (
            lambda: language_model.start(rnn, 1, 1, 2, RNG, dtype=int),
            TypeError,
            "^dtype: .* got int64",
        ),
        (lambda: language_model.forward(None, IDS, PARAMS), TypeError, "^cell: .* got NoneType"),
        (lambda: language_model.forward(rnn, IDS[0], PARAMS), ValueError, r"^ids: .*\(T, B\)"),
        (lambda: language_model.forward(rnn, IDS + 3, PARAMS), ValueError, "^ids: .* 0..2, got 3"),
        (lambda: language_model.forward(rnn, IDS * 1.0, PARAMS), TypeError, "^ids: .* got float64"),
        (
            lambda: language_model.forward(rnn, IDS, PARAMS.cell),
            TypeError,
            r"^params: expected a named tuple \(embedding, cell, readout\), got Params",
        ),
        (
            lambda: language_model.forward(rnn, IDS, PARAMS._replace(embedding=np.zeros((3, 5)))),
            ValueError,
            r"^params.cell.W_ih: expected shape \(H, E\) with E = 5 as in params.embedding",
        ),
        (
            lambda: language_model.forward(
                rnn, IDS, PARAMS._replace(readout=linear.Params(np.zeros((2, 4)), np.zeros(2)))
            ),
            ValueError,
            r"^params.readout.W: expected shape \(V, H\) with V = 3 as in params.embedding",
        ),
        (
            lambda: language_model.forward(
                rnn,
                IDS,
                PARAMS._replace(readout=linear.Params(np.ones((3, 4)), np.ones(3) * np.inf)),
            ),
            ValueError,
            "^params.readout.b: expected finite values",
        ),
        (
            lambda: language_model.forward(lstm, IDS, PARAMS),
            ValueError,
            r"^params.cell.W_hh: expected shape \(4H, H\) with H = 1 as in params.cell.W_ih, got",
        ),
        (
            lambda: language_model.forward(rnn, IDS, PARAMS, STATE, STATE),
            TypeError,
            "^states: expected h0 or nothing, got 2 arrays",
        ),
        (
            lambda: language_model.forward(rnn, IDS, PARAMS, np.zeros((2, 4))),
            ValueError,
            r"^h0: expected shape \(1, H\), got \(2, 4\)",
        ),
        (
            lambda: language_model.backward(
                np.zeros((5, 1, 4)), language_model.forward(rnn, IDS, PARAMS)[1]
            ),
            ValueError,
            r"^dlogits: expected shape \(T, B, V\) with V = 3",
        ),
        (
            lambda: language_model.backward(
                np.zeros((5, 1, 3)), language_model.forward(rnn, IDS, PARAMS)[1], STATE, STATE
            ),
            TypeError,
            "^dstates: expected at most dh_n, got 2 arrays",
        ),
        (
            lambda: language_model.backward(
                np.zeros((5, 1, 3)), language_model.forward(rnn, IDS, PARAMS)[1], STATE[:, :2]
            ),
            ValueError,
            "^dh_n: expected shape",
        ),
        (
            lambda: language_model.backward(np.zeros((5, 1, 3)), None),
            TypeError,
            "^cache: expected a named tuple",
        ),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
