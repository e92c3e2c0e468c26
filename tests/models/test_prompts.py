"""Learned prompts: a hard prompt read as vectors, the learned state, what is trained, decoding."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from course_pkg.decoding.greedy import greedy
from course_pkg.models.classifier import SequenceClassifier
from course_pkg.models.language_model import LanguageModel
from course_pkg.models.prompts import LearnedState, Prompt, SoftPrompt
from course_pkg.models.scorer import Scorer
from course_pkg.training.loop import fit
from course_pkg.training.settings import Settings
from course_pkg.training.tasks.next_token import PredictNext
from tests.training.small import text

cells = pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
backends = pytest.mark.parametrize("backend", ["torch", "ours"])
CLOSE = {"rtol": 0, "atol": 1e-12}


def make(seed=0, **options):
    torch.manual_seed(seed)
    return LanguageModel(**{"tokens": 7, "embedding": 5, "hidden": 4} | options).double()


def ids_of(T=6, B=3, V=7):
    return torch.randint(V, (T, B), generator=torch.Generator().manual_seed(1))


@cells
@backends
@pytest.mark.parametrize("layers", [1, 2])
def test_vectors_of_tokens_are_read_as_the_tokens_are(cell, backend, layers):
    model, hard, ids = make(cell=cell, backend=backend, layers=layers), [3, 1, 1, 6], ids_of()
    both = torch.cat([torch.tensor(hard)[:, None].expand(-1, 3), ids])
    expected, last = model(both)
    logits, state = SoftPrompt(model, 4, ids=hard)(ids)
    torch.testing.assert_close(logits, expected[4:], **CLOSE)
    for mine, other in zip(state, last, strict=True):
        torch.testing.assert_close(mine, other, **CLOSE)


def test_drawn_vectors_are_embeddings_of_tokens():
    model = make()
    vectors = SoftPrompt(model, 9).vectors
    assert all(any(torch.equal(v, e) for e in model.embedding.weight) for v in vectors)
    assert len({tuple(v.tolist()) for v in vectors}) > 1
    assert not torch.equal(vectors, SoftPrompt(model, 9).vectors)  # drawn anew


@cells
@backends
def test_a_learned_state_starts_where_the_model_starts(cell, backend):
    model = make(cell=cell, backend=backend, layers=2)
    prompt, ids = LearnedState(model), ids_of()
    assert torch.equal(prompt(ids)[0], model(ids)[0])
    with torch.no_grad():
        for number, part in enumerate(prompt.start):
            part.copy_(torch.sin(torch.arange(8.0) + number).reshape(2, 4))
    given = tuple(part[:, None].expand(-1, 3, -1).contiguous() for part in prompt.start)
    assert torch.equal(prompt(ids)[0], model(ids, given)[0])


@pytest.mark.parametrize("kind", [lambda m: SoftPrompt(m, 2), LearnedState], ids=["soft", "state"])
def test_reading_on_does_not_read_the_prompt_again(kind):
    prompt, ids = kind(make()), ids_of()
    whole, _ = prompt(ids)
    first, state = prompt(ids[:2])
    second, _ = prompt(ids[2:], state)
    torch.testing.assert_close(torch.cat([first, second]), whole, **CLOSE)


def soft(model):
    torch.manual_seed(2)
    return SoftPrompt(model, 3)


@cells
@pytest.mark.parametrize("kind", [soft, LearnedState])
def test_only_the_prompt_learns_and_it_learns_what_to_write(cell, kind):
    """One text after a fixed first token: the prompt alone makes it likelier."""
    model = make(cell=cell, hidden=12)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    prompt, wanted = kind(model), torch.tensor([0, 2, 5, 2])[:, None]

    def loss():
        return cross_entropy(prompt(wanted[:-1])[0][:, 0], wanted[1:, 0])

    trained = [p for p in prompt.parameters() if p.requires_grad]
    optimiser, start = torch.optim.Adam(trained, lr=0.1), loss().item()
    for _ in range(100):
        optimiser.zero_grad()
        found = loss()
        found.backward()
        optimiser.step()
    assert found.item() < start - 0.05
    assert all(weight.grad is None for weight in model.parameters())
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())


@pytest.mark.parametrize("kind", [lambda model: SoftPrompt(model, 2), LearnedState])
def test_windows_that_a_prompt_has_no_part_in_are_refused_in_a_sentence(kind):
    ids = text(300)
    prompt = kind(LanguageModel(tokens=7, embedding=6, hidden=12))
    task = PredictNext(prompt, {"train": ids[:200], "valid": ids[200:]}, batch=4, window=10)
    with pytest.raises(ValueError, match="task: expected batches whose loss depends on a weight"):
        fit(task, Settings(epochs=1))


def test_the_training_loop_trains_a_prompt_and_resumes_it(tmp_path):
    def task():
        torch.manual_seed(0)
        ids = text(500)
        model = LanguageModel(tokens=7, embedding=6, hidden=12, dropout=0.2)
        prompt = SoftPrompt(model, 2)
        return PredictNext(prompt, {"train": ids[:400], "valid": ids[400:]}, batch=4, window=100)

    settings = Settings(epochs=6, lr=0.05, checkpoint_every=1, patience=30)  # a window is all
    start = {name: weight.clone() for name, weight in task().model.state_dict().items()}
    whole = task()
    fit(whole, settings)
    broken, calls = task(), []

    def loss(*arguments):
        calls.append(1)
        if len(calls) == 4:
            raise InterruptedError
        return PredictNext.loss(broken, *arguments)

    broken.loss = loss
    with pytest.raises(InterruptedError):
        fit(broken, settings, folder=tmp_path)
    resumed = task()
    fit(resumed, settings, folder=tmp_path, resume=True)
    for name, weight in whole.model.state_dict().items():
        assert torch.equal(weight, resumed.model.state_dict()[name]), name
        assert torch.equal(weight, start[name]) == (name != "vectors"), name


@cells
@pytest.mark.parametrize("kind", [soft, LearnedState])
def test_a_decoder_starts_from_the_prompt(cell, kind):
    model = make(cell=cell, layers=2)
    prompt = kind(model)
    with torch.no_grad():
        for parameter in prompt.parameters():
            if parameter.requires_grad:
                parameter.add_(1.5)
    scorer, ids = Scorer(prompt), ids_of().numpy()
    expected = torch.log_softmax(prompt(torch.tensor(ids))[0], dim=2).detach().numpy()
    state = scorer.start(3)
    for t, row in enumerate(ids):
        log_probs, state = scorer.step(row, state)
        np.testing.assert_allclose(log_probs, expected[t], **CLOSE)
    written = greedy(scorer, [1], 4)
    with torch.no_grad():
        for n in range(4):
            so_far = torch.tensor([1, *written.ids[:n].tolist()])[:, None]
            assert prompt(so_far)[0][-1, 0].argmax() == written.ids[n]


def test_bad_input_is_named():
    other = SequenceClassifier(classes=2, features=3, hidden=4)
    for call, message in (
        (lambda: SoftPrompt(other, 2), "model: expected a LanguageModel, got SequenceClassifier"),
        (lambda: LearnedState(nn.LSTM(2, 3)), "model: expected a LanguageModel, got LSTM"),
        (lambda: SoftPrompt(make(), 0), "steps: expected an integer of at least 1, got 0"),
        (lambda: SoftPrompt(make(), 2, ids=[1]), r"ids: expected shape \(P,\) = \(2,\)"),
        (lambda: SoftPrompt(make(), 2, ids=[1, 7]), "ids: expected ids in 0..6, got 7"),
        (lambda: SoftPrompt(make(), 2)(torch.zeros(3)), "ids: expected a Tensor of int64"),
        (
            lambda: SoftPrompt(make(), 2)(torch.zeros(3, dtype=torch.long)),
            r"ids: expected shape \(T, B\)",
        ),
        (lambda: LearnedState(make()).state(0), "B: expected an integer of at least 1"),
        (lambda: Scorer(other), "model: expected a LanguageModel or a Prompt"),
    ):
        with pytest.raises((TypeError, ValueError), match=message):
            call()
    with pytest.raises(NotImplementedError):
        Prompt(make()).state(1)
