"""Low-rank updates: nothing changes at first, what is trained, merging, and the way back."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from course_pkg.models.adapters import add_low_rank, merge, trainable_share, unmerge
from course_pkg.models.classifier import SequenceClassifier
from course_pkg.models.language_model import LanguageModel
from course_pkg.models.recurrent import OURS, Recurrent
from course_pkg.models.seq2seq import Seq2Seq
from course_pkg.training.loop import fit
from course_pkg.training.recipes.saved_model import load_model, save_model
from course_pkg.training.settings import Settings
from tests.training.small import language

cells = pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
backends = pytest.mark.parametrize("backend", ["torch", "ours"])


def reader(**options):
    """A language model, and a call that runs it on fixed ids."""
    model = LanguageModel(**{"tokens": 9, "embedding": 5, "hidden": 4, "layers": 2} | options)
    ids = torch.arange(21).reshape(7, 3) * 5 % 9
    return model, lambda: model(ids)[0]


def labeller(**options):
    """A classifier of ragged sequences, read in both directions."""
    model = SequenceClassifier(
        classes=4, features=3, hidden=4, layers=2, bidirectional=True, **options
    )
    x = torch.sin(torch.arange(45.0)).reshape(5, 3, 3)
    return model, lambda: model(x.to(next(model.parameters()).dtype), [5, 1, 3])


def translator(**options):
    """A model that reads one text and writes another, with attention; its input is fed."""
    model = Seq2Seq(
        source_tokens=8, target_tokens=7, embedding=5, hidden=4, input_feeding=True, **options
    )
    source, target = torch.arange(10).reshape(5, 2) % 8, torch.arange(8).reshape(4, 2) % 7
    return model, lambda: model(source, target, [5, 3])[0]


MODELS = {"language model": reader, "classifier": labeller, "translator": translator}
models = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)


def move(model, seed=1):
    """Stand in for training: give every trained parameter other values."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                noise = torch.randn(parameter.shape, generator=random, dtype=torch.float64)
                parameter.add_(0.3 * noise.to(parameter.dtype))


@models
@cells
@backends
def test_before_training_nothing_has_changed(make, cell, backend):
    torch.manual_seed(0)
    model, run = make(cell=cell, backend=backend)
    base = copy.deepcopy(model.state_dict())
    # torch.matmul rounds in another way where a matrix is frozen, as the attention's are.
    model.requires_grad_(False)
    before = run()
    adapted = add_low_rank(model, rank=2)
    assert torch.equal(run(), before)
    matrices = {
        name
        for name, weight in base.items()
        if weight.dim() == 2 and "embedding" not in name and "attention" not in name
    }
    assert set(adapted) == matrices
    # What is frozen has its old values, and what is trained is A and B of each matrix.
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert len(trained) == 2 * len(adapted)
    assert all(name.endswith((".0.A", ".0.B")) for name in trained)


@models
@cells
@backends
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_merged_equals_adapted_and_the_way_back_is_exact(make, cell, backend, dtype):
    torch.manual_seed(0)
    model, run = make(cell=cell, backend=backend)
    model.to(dtype)
    names = list(model.state_dict())
    base = {name: weight.clone() for name, weight in model.state_dict().items()}
    before = run()
    adapted = add_low_rank(model, rank=2)
    move(model)
    moved, state = run(), copy.deepcopy(model.state_dict())
    assert (moved - before).abs().max() > 1e-3  # else the rest would say nothing
    trained = [name for name, p in model.named_parameters() if p.requires_grad]
    merged = merge(model)
    assert list(model.state_dict()) == names  # in their order too
    assert not any("Parametrized" in type(module).__name__ for module in model.modules())
    assert all(type(p) is nn.Parameter and p.requires_grad for p in model.parameters())
    torch.testing.assert_close(run(), moved, rtol=0, atol=1e-12 if dtype == torch.float64 else 1e-6)
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, base[name]) == (name not in adapted), name
    move(model, seed=2)  # whatever is done to the merged model
    unmerge(model, merged)
    again = model.state_dict()
    assert list(again) == list(state)
    assert [name for name, p in model.named_parameters() if p.requires_grad] == trained
    for name, weight in again.items():
        if "parametrizations" in name:
            assert torch.equal(weight, state[name]), name
            if name.endswith("original"):
                plain = name.replace("parametrizations.", "").removesuffix(".original")
                assert torch.equal(weight, base[plain]), name


@cells
@backends
def test_gradients_are_those_of_the_sum(cell, backend):
    """Against the chain rule, with the gradient of the merged weight from a plain model."""
    torch.manual_seed(0)
    network = Recurrent(cell, 3, 4, num_layers=2, bidirectional=True, backend=backend).double()
    x = torch.randn(5, 3, 3, dtype=torch.float64)
    names = add_low_rank(network, rank=2, alpha=3.0)
    move(network)

    def backward():
        network.zero_grad()
        y, state = network(x, lengths=[5, 1, 3])
        (y.sin().sum() + sum(s.cos().sum() for s in state)).backward()

    backward()
    updates = {}
    for name in names:
        where, _, weight = name.rpartition(".")
        low_rank = getattr(network.get_submodule(where).parametrizations, weight)[0]
        updates[name] = (low_rank, low_rank.A.grad.clone(), low_rank.B.grad.clone())
    merge(network)
    backward()
    assert len(updates) == 8  # two matrices, two directions, two layers
    for name, (low_rank, dA, dB) in updates.items():
        dW = network.get_parameter(name).grad
        torch.testing.assert_close(dA, 3 / 2 * low_rank.B.T @ dW, rtol=0, atol=1e-12)
        torch.testing.assert_close(dB, 3 / 2 * dW @ low_rank.A.T, rtol=0, atol=1e-12)


def test_each_place_of_a_tied_matrix_gets_the_same_update(tmp_path):
    torch.manual_seed(0)
    model, run = reader(embedding=4, tied=True, layers=1)
    before = run()
    assert "embedding.weight" in add_low_rank(model, rank=2)
    assert torch.equal(run(), before)
    move(model)
    moved = run()
    assert model.embedding.weight.equal(model.readout.weight)
    merge(model)
    assert model.embedding.weight is model.readout.weight
    assert torch.equal(run(), moved)
    save_model(tmp_path / "model.safetensors", model)
    loaded = load_model(tmp_path / "model.safetensors").model
    assert torch.equal(loaded(torch.arange(21).reshape(7, 3) * 5 % 9)[0], moved)


@backends
def test_weights_are_dropped_from_the_sum(backend):
    torch.manual_seed(0)
    model, run = reader(layers=1, weight_drop=0.5, backend=backend)
    add_low_rank(model, rank=2)
    move(model)
    if backend == "ours":
        with pytest.raises(NotImplementedError, match="weight_drop: expected 0 while W_hh"):
            run()
        return
    torch.manual_seed(5)
    adapted = run()
    merge(model)
    torch.manual_seed(5)
    assert torch.equal(run(), adapted)


def test_chosen_targets_and_whole_parts():
    model, _ = reader()
    assert add_low_rank(model, rank=1, targets=["linear"]) == ("readout.weight",)
    model, _ = reader()
    names = add_low_rank(model, rank=1, whole=["readout", "embedding.weight"])
    assert not any(name.startswith("readout") for name in names)
    assert len(names) == 4
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert {"readout.weight", "readout.bias", "embedding.weight"} < trained
    assert len(trained) == 3 + 8


def test_the_share_that_is_trained():
    model = LanguageModel(tokens=50, embedding=32, hidden=64)
    assert trainable_share(model) == 1
    total = sum(p.numel() for p in model.parameters())
    add_low_rank(model, rank=2, targets=["recurrent"])
    added = 2 * (256 + 32) + 2 * (256 + 64)
    assert trainable_share(model) == pytest.approx(added / (total + added), abs=1e-15)
    merge(model)
    assert sum(p.numel() for p in model.parameters()) == total


def test_a_matrix_of_two_rows_gets_no_more_than_rank_two():
    linear = nn.Linear(5, 2)
    add_low_rank(linear, rank=4, alpha=8.0)
    update = linear.parametrizations.weight[0]
    assert update.A.shape == (2, 5)
    assert update.scale == 4.0


def test_training_leaves_the_frozen_weights_alone_and_resumes_to_the_same_bits(tmp_path):
    def task():
        made = language(dropout_in=0.3, weight_drop=0.3, length=500)
        add_low_rank(made.model, rank=2)
        return made

    settings = Settings(epochs=2, lr=1e-2, weight_decay=0.1, checkpoint_every=1, patience=30)
    start = {name: weight.clone() for name, weight in task().model.state_dict().items()}
    whole = task()
    fit(whole, settings)

    broken, calls = task(), []

    def loss(*arguments):
        calls.append(1)
        if len(calls) == 10:
            raise InterruptedError
        return type(broken).loss(broken, *arguments)

    broken.loss = loss
    with pytest.raises(InterruptedError):
        fit(broken, settings, folder=tmp_path)
    resumed = task()
    fit(resumed, settings, folder=tmp_path, resume=True)
    for name, weight in whole.model.state_dict().items():
        assert torch.equal(weight, resumed.model.state_dict()[name]), name
        assert torch.equal(weight, start[name]) == (not name.endswith((".A", ".B"))), name


def test_only_a_merged_model_is_a_model_file(tmp_path):
    torch.manual_seed(0)
    model, _ = reader()
    add_low_rank(model, rank=2)
    move(model)
    merge(model)
    path = tmp_path / "model.safetensors"
    save_model(path, model)
    loaded, _ = load_model(path)
    assert [(n, w.tolist()) for n, w in loaded.state_dict().items()] == [
        (n, w.tolist()) for n, w in model.state_dict().items()
    ]


@cells
@backends
def test_what_is_trained_is_all_that_an_adapter_file_needs(cell, backend):
    model, run = reader(cell=cell, backend=backend)
    base = {name: weight.clone() for name, weight in model.state_dict().items()}
    add_low_rank(model, rank=2, whole=["readout"])
    move(model)
    kept = {name: p.detach().clone() for name, p in model.named_parameters() if p.requires_grad}
    again, run_again = reader(cell=cell, backend=backend)
    again.load_state_dict(base)
    add_low_rank(again, rank=2, whole=["readout"])
    missing, unexpected = again.load_state_dict(kept, strict=False)
    assert missing
    assert not unexpected
    assert torch.equal(run_again(), run())


@cells
def test_an_adapted_network_moves_to_the_other_backend(cell):
    """What is read from it is the sum."""
    torch.manual_seed(0)
    theirs = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[cell](3, 4, dtype=torch.float64)
    add_low_rank(theirs, rank=2)
    move(theirs)
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    ours = OURS[cell].from_torch(theirs)
    torch.testing.assert_close(ours(x)[0], theirs(x)[0], rtol=0, atol=1e-12)


def adapted():
    model, _ = reader()
    add_low_rank(model, rank=2)
    return model


REFUSED = {
    "no module": (lambda: add_low_rank([1], rank=2), "model: expected a Module, got list"),
    "rank": (lambda: add_low_rank(reader()[0], rank=0), "rank: expected an integer of at least 1"),
    "alpha": (lambda: add_low_rank(reader()[0], rank=2, alpha=0), "alpha: expected a number in"),
    "one text": (
        lambda: add_low_rank(reader()[0], rank=2, targets="linear"),
        "targets: expected a sequence of names, got 'linear'",
    ),
    "number": (
        lambda: add_low_rank(reader()[0], rank=2, targets=3),
        "targets: expected a sequence of names, got 3",
    ),
    "no target": (
        lambda: add_low_rank(reader()[0], rank=2, targets=[]),
        "targets: expected some of recurrent, linear, got none",
    ),
    "one part": (
        lambda: add_low_rank(reader()[0], rank=2, whole="readout"),
        "whole: expected a sequence of names, got 'readout'",
    ),
    "target": (
        lambda: add_low_rank(reader()[0], rank=2, targets=["attention"]),
        "targets: expected one of 'recurrent', 'linear', got 'attention'",
    ),
    "part": (
        lambda: add_low_rank(reader()[0], rank=2, whole=["head"]),
        "whole: expected the name of a part of the model, got 'head'",
    ),
    "nothing": (
        lambda: add_low_rank(nn.Embedding(3, 2), rank=2),
        "model: expected weights that are recurrent or linear, got none",
    ),
    "twice": (lambda: add_low_rank(adapted(), rank=2), "model: expected plain weights"),
    "merge": (lambda: merge(reader()[0]), "model: expected one with updates of low rank"),
    "unmerge": (lambda: unmerge(reader()[0], ()), "merged: expected what merge returned"),
    "another": (
        lambda: unmerge(nn.Linear(2, 2), merge(adapted())),
        "model: expected the one that was merged, with the weight recurrent",
    ),
    "no parameters": (lambda: trainable_share(nn.Tanh()), "model: expected parameters, got none"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused(case):
    call, message = REFUSED[case]
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_a_refused_call_changes_nothing():
    model, _ = reader()
    for options in ({"rank": 2, "alpha": -1.0}, {"rank": 0}, {"rank": 2, "whole": ["head"]}):
        with pytest.raises(ValueError, match="expected"):
            add_low_rank(model, **options)
    assert all(p.requires_grad for p in model.parameters())
    assert add_low_rank(model, rank=1)


def test_an_update_of_full_rank_can_be_any_matrix():
    """With r = min(O, I) the sum reaches a given weight: nothing is lost but the count."""
    rng = np.random.default_rng(0)
    linear = nn.Linear(3, 4, dtype=torch.float64)
    wanted = torch.tensor(rng.normal(size=(4, 3)))
    difference = wanted - linear.weight.detach()
    add_low_rank(linear, rank=3, alpha=3.0)
    update = linear.parametrizations.weight[0]
    with torch.no_grad():
        update.B.copy_(difference @ torch.linalg.inv(update.A))
    torch.testing.assert_close(linear.weight, wanted, rtol=0, atol=1e-12)
