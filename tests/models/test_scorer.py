"""The PyTorch language model token by token: the whole sequence at once, and NumPy's same text."""

import numpy as np
import pytest
import torch

from course_pkg.decoding.sample import sample
from course_pkg.models.classifier import SequenceClassifier
from course_pkg.models.language_model import LanguageModel
from course_pkg.models.scorer import Scorer
from course_pkg.reference.networks import language_model, scorer
from tests.models.cases import devices
from tests.reference.cases import CELLS
from tests.reference.networks.test_language_model import as_torch

cells = pytest.mark.parametrize("cell", CELLS)
options = pytest.mark.parametrize("more", [{}, {"layers": 2, "backend": "ours"}, {"tied": True}])
CLOSE = {"rtol": 0, "atol": 1e-12}


def make(cell="lstm", **more):
    torch.manual_seed(0)
    settings = {"tokens": 7, "embedding": 4, "hidden": 4, "cell": cell} | more
    return LanguageModel(**settings).double()


def ids_of(T=6, B=3):
    return np.random.default_rng([T, B]).integers(7, size=(T, B))


@cells
@options
@pytest.mark.parametrize("B", [3, 1])
def test_step_by_step_is_the_whole_sequence(cell, more, B):
    model, ids = make(cell, **more), ids_of(B=B)
    logits, final = model(torch.tensor(ids))
    expected = torch.log_softmax(logits, dim=2).detach().numpy()
    scorer, given = Scorer(model), ids.copy()
    given.flags.writeable = False
    state = scorer.start(B)
    for t in range(len(ids)):
        before = [part.clone() for part in state]
        log_probs, after = scorer.step(given[t], state)
        assert all(torch.equal(a, b) for a, b in zip(before, state, strict=True))
        assert log_probs.dtype == np.float64
        np.testing.assert_allclose(log_probs, expected[t], **CLOSE)
        state = after
    for ours, theirs in zip(state, final, strict=True):
        torch.testing.assert_close(ours, theirs.detach(), **CLOSE)


@cells
@options
@devices
def test_picked_rows_go_on_as_they_would_have(cell, more, device):
    scorer, ids = Scorer(make(cell, **more).to(device)), ids_of()
    _, state = scorer.step(ids[0], scorer.start(3))
    expected, _ = scorer.step(ids[1], state)
    rows = np.array([2, 0, 2, 1])
    picked, _ = scorer.step(ids[1][rows], scorer.pick(state, rows))
    np.testing.assert_allclose(picked, expected[rows], **CLOSE)


def test_nothing_is_dropped_and_the_mode_stays():
    model = make(dropout=0.5)
    model.recurrent.eval()  # as when a part is frozen
    modes = [part.training for part in model.modules()]
    assert len(set(modes)) == 2
    scorer = Scorer(model)
    first, state = scorer.step(np.array([3]), scorer.start(1))
    second, _ = scorer.step(np.array([3]), scorer.start(1))
    np.testing.assert_array_equal(first, second)
    assert [part.training for part in model.modules()] == modes
    assert not any(part.requires_grad for part in state)
    with torch.no_grad():
        logits, _ = model.eval()(torch.tensor([[3]]))
    np.testing.assert_allclose(first, torch.log_softmax(logits[0], dim=1), **CLOSE)


def test_the_mode_stays_where_a_step_fails():
    model = make(dropout=0.5)
    scorer = Scorer(model)
    with pytest.raises(ValueError, match="h0: expected shape"):
        scorer.step(np.array([3, 3]), scorer.start(1))
    assert all(part.training for part in model.modules())


def test_the_weights_are_those_of_the_model_as_it_is_trained():
    model = make()
    scorer = Scorer(model)
    before, _ = scorer.step(np.array([3]), scorer.start(1))
    optimiser = torch.optim.SGD(model.parameters(), lr=1.0)
    model(torch.tensor([[3]]))[0].square().sum().backward()
    optimiser.step()
    after, _ = scorer.step(np.array([3]), scorer.start(1))
    assert abs(after - before).max() > 0.01


@cells
@pytest.mark.parametrize("filters", [{}, {"temperature": 0.7, "top_k": 9, "top_p": 0.9}])
def test_numpy_and_torch_write_the_same_text(cell, filters):
    params = language_model.start(CELLS[cell], 30, 8, 16, np.random.default_rng(0))
    # Scores that differ more than those of a start: the text then depends on what was read.
    params = params._replace(readout=params.readout._replace(W=6 * params.readout.W))
    ours, theirs = scorer.Scorer(params, CELLS[cell]), Scorer(as_torch(cell, params))
    texts = []
    for model in (ours, theirs):
        rng = np.random.default_rng(1)
        texts.append(sample(model, [3, 1, 4], 300, rng, **filters))
    np.testing.assert_array_equal(texts[0].ids, texts[1].ids)
    assert len(set(texts[0].ids)) > 10
    np.testing.assert_allclose(texts[0].log_probs, texts[1].log_probs, rtol=0, atol=1e-10)


SCORER, IDS = Scorer(make()), ids_of()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: Scorer(SequenceClassifier(classes=2, tokens=3)),
            TypeError,
            "^model: expected a LanguageModel or a Prompt, got SequenceClassifier",
        ),
        (lambda: SCORER.start(0), ValueError, "^B: .* got 0"),
        (lambda: SCORER.step(IDS, SCORER.start(3)), ValueError, r"^ids: expected shape \(B,\)"),
        (lambda: SCORER.step([1], SCORER.start(1)), TypeError, "^ids: .* got list"),
        (lambda: SCORER.step(IDS[0] + 7, SCORER.start(3)), ValueError, r"^ids: .* 0\.\.6"),
        (lambda: SCORER.step(IDS[0], SCORER.start(3)[0]), TypeError, "^state: .* got Tensor"),
        (lambda: SCORER.pick(SCORER.start(3), np.array([3])), ValueError, r"^rows: .* 0\.\.2"),
        (lambda: SCORER.pick(SCORER.start(3), np.array([0.0])), TypeError, "^rows: .* got float"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
