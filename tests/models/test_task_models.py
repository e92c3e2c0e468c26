"""The task models: their parts put together by hand, padding, starts, bad input."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from course_pkg.models.checks import check_id_range
from course_pkg.models.classifier import POOLINGS, SequenceClassifier
from course_pkg.models.language_model import LanguageModel
from course_pkg.models.recurrent import Recurrent, start_orthogonal

cells = pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
backends = pytest.mark.parametrize("backend", ["torch", "ours"])
CLOSE = {"rtol": 0, "atol": 1e-10}


def pair(make, cell):
    """The same model with torch's kernels and with ours."""
    theirs, ours = make(cell, "torch").double(), make(cell, "ours").double()
    with torch.no_grad():
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            mine.copy_(other)
    return theirs, ours


def recurrent(cell, backend):
    return Recurrent(cell, 3, 4, num_layers=2, bidirectional=True, backend=backend)


@cells
@pytest.mark.parametrize("lengths", [None, [5, 1, 3], torch.tensor([2, 5, 5])])
@pytest.mark.parametrize("with_state", [False, True])
def test_both_backends_give_the_same_numbers(cell, lengths, with_state):
    theirs, ours = pair(recurrent, cell)
    torch.manual_seed(0)
    count = 2 if cell == "lstm" else 1
    state = tuple(torch.randn(4, 3, 4).double() for _ in range(count)) if with_state else ()
    results = []
    for network in (theirs, ours):
        x = torch.randn(5, 3, 3, generator=torch.Generator().manual_seed(1)).double()
        x.requires_grad_()
        y, last = network(x, state, lengths)
        assert y.shape == (5, 3, 8)
        assert [s.shape for s in last] == count * [(4, 3, 4)]
        (y.sum() + sum((s * s).sum() for s in last)).backward()
        results.append([y, *last, x.grad, *(p.grad for p in network.parameters())])
    for theirs_, ours_ in zip(*results, strict=True):
        torch.testing.assert_close(ours_, theirs_, **CLOSE)


@cells
@backends
@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_class_does_not_depend_on_the_padding(cell, backend, pooling):
    torch.manual_seed(0)
    model = SequenceClassifier(
        classes=3, features=2, hidden=4, layers=2, bidirectional=True, cell=cell,
        pooling=pooling, backend=backend,
    ).double()  # fmt: skip
    x = torch.randn(6, 3, 2).double()
    lengths = [6, 2, 4]
    together = model(x, lengths)
    spoilt = x.clone()
    for b, length in enumerate(lengths):
        spoilt[length:, b] = 1e6
        alone = model(x[:length, b : b + 1])
        torch.testing.assert_close(together[b : b + 1], alone, **CLOSE)
    torch.testing.assert_close(model(spoilt, lengths), together, **CLOSE)


@backends
def test_the_last_state_of_each_direction_is_read(backend):
    torch.manual_seed(0)
    model = SequenceClassifier(
        classes=3, features=2, hidden=4, bidirectional=True, backend=backend
    ).double()
    x = torch.randn(6, 2, 2).double()
    y, _ = model.recurrent(x)
    v = torch.cat([y[-1, :, :4], y[0, :, 4:]], dim=1)
    torch.testing.assert_close(model(x), model.readout(v), **CLOSE)


@backends
@pytest.mark.parametrize("ragged", [False, True])
def test_a_pooled_vector_is_that_of_each_sequence_alone(backend, ragged):
    torch.manual_seed(0)
    x, lengths = torch.randn(6, 3, 2).double(), [6, 2, 4] if ragged else [6, 6, 6]
    made = {}
    for pooling in POOLINGS:
        torch.manual_seed(1)
        model = SequenceClassifier(
            classes=3, features=2, hidden=4, bidirectional=True, pooling=pooling, backend=backend
        ).double()
        model.readout = nn.Identity()
        made[pooling] = model(x, lengths if ragged else None)
    for b, length in enumerate(lengths):
        y, (h, _) = model.recurrent(x[:length, b : b + 1])
        for pooling, expected in (
            ("last", torch.cat([h[0], h[1]], dim=1)),
            ("max", y.max(dim=0).values),
            ("mean", y.mean(dim=0)),
        ):
            torch.testing.assert_close(made[pooling][b : b + 1], expected, **CLOSE)
    both = torch.cat([made["last"], made["max"], made["mean"]], dim=1)
    assert torch.equal(made["concat"], both)


def test_the_largest_output_may_be_below_the_zeros_of_the_padding():
    model = SequenceClassifier(classes=2, features=1, hidden=1, cell="rnn", pooling="max")
    with torch.no_grad():
        for weight in model.recurrent.parameters():
            weight.fill_(0.0)
        model.recurrent.network.bias_ih_l0.fill_(-1.0)  # all outputs are tanh(-1)
    model.readout = nn.Identity()
    v = model(torch.zeros(5, 2, 1), [5, 2])
    torch.testing.assert_close(v, torch.tanh(torch.tensor([[-1.0], [-1.0]])))


@backends
@pytest.mark.parametrize("pooling", POOLINGS)
def test_no_gradient_comes_from_the_padding_and_none_is_lost_to_nan(backend, pooling):
    torch.manual_seed(0)
    model = SequenceClassifier(
        classes=3, features=2, hidden=4, pooling=pooling, backend=backend
    ).double()
    lengths, found = [6, 2, 4], []
    for filler in (0.0, torch.nan):
        x = torch.randn(6, 3, 2, generator=torch.Generator().manual_seed(1)).double()
        for b, length in enumerate(lengths):
            x[length:, b] = filler
        x.requires_grad_()
        model.zero_grad()
        model(x, lengths).square().sum().backward()
        found.append([x.grad, *(p.grad.clone() for p in model.parameters())])
        for b, length in enumerate(lengths):
            assert (x.grad[length:, b] == 0).all()
            assert (x.grad[:length, b] != 0).any()
    for clean, spoilt in zip(*found, strict=True):
        torch.testing.assert_close(spoilt, clean, rtol=0, atol=0)


@backends
@pytest.mark.parametrize("pooling", POOLINGS)
def test_the_padding_of_ids_is_not_read(backend, pooling):
    model = SequenceClassifier(
        classes=2, tokens=9, embedding=5, hidden=4, pooling=pooling, backend=backend
    )
    ids = torch.randint(9, (7, 3))
    lengths = [7, 2, 4]
    padded = torch.where(torch.arange(7)[:, None] < torch.tensor(lengths), ids, -1)
    torch.testing.assert_close(model(padded, lengths), model(ids, lengths), rtol=0, atol=0)


@cells
@backends
def test_both_backends_check_their_input(cell, backend):
    network = Recurrent(cell, 3, 4, num_layers=2, backend=backend)
    x, h = torch.zeros(5, 2, 3), torch.zeros(2, 2, 4)
    both = (h, h) if cell == "lstm" else (h,)
    for arguments, error, message in [
        ((x[0],), ValueError, r"x: expected shape \(T, B, I\) with I = 3, got \(2, 3\)"),
        ((x[..., :2],), ValueError, "x: .* with I = 3, got"),
        ((x[:0],), ValueError, "x: expected shape"),
        ((x[:, :0],), ValueError, "x: expected shape"),
        ((x.numpy(),), TypeError, "x: expected a Tensor, got ndarray"),
        ((x.double(),), TypeError, "x: expected torch.float32 as in the parameters"),
        ((x, h), TypeError, "state: expected a tuple .* got Tensor"),
        ((x, (*both, h)), TypeError, "state: expected a tuple .* got tuple of"),
        ((x, (h[:1], *both[1:])), ValueError, r"h0: .* = \(2, 2, 4\), got \(1, 2, 4\)"),
        ((x, (*both[1:], h.double())), TypeError, "expected torch.float32 as in the parameters"),
    ]:
        with pytest.raises(error, match=message):
            network(*arguments)
    y, _ = network(x, both)
    torch.testing.assert_close(network(x, list(both))[0], y, rtol=0, atol=0)
    torch.testing.assert_close(network(x, None)[0], y, rtol=0, atol=0)


def test_export_of_ragged_batches_needs_our_backend():
    x, lengths = torch.randn(5, 2, 3), torch.tensor([5, 2])
    for backend in ("torch", "ours"):
        network = Recurrent("gru", 3, 4, backend=backend)
        if backend == "torch":
            with pytest.raises(Exception, match="use backend='ours'"):
                torch.export.export(network, (x, (), lengths))
        else:
            exported = torch.export.export(network, (x, (), lengths)).module()
            wanted, _ = network(x, (), lengths)
            torch.testing.assert_close(exported(x, (), lengths)[0], wanted, rtol=0, atol=0)


def test_ids_are_embedded():
    model = SequenceClassifier(classes=2, tokens=9, embedding=5, hidden=4)
    ids = torch.randint(9, (7, 3))
    _, (h, _) = model.recurrent(model.embedding(ids))
    torch.testing.assert_close(model(ids), model.readout(h[-1]))


@cells
@backends
def test_a_text_read_in_pieces_gives_the_same_scores(cell, backend):
    torch.manual_seed(0)
    model = LanguageModel(tokens=9, embedding=5, hidden=4, layers=2, cell=cell, backend=backend)
    model.double()
    ids = torch.randint(9, (10, 3))
    whole, last = model(ids)
    first, state = model(ids[:4])
    second, end = model(ids[4:], state)
    torch.testing.assert_close(torch.cat([first, second]), whole, **CLOSE)
    for a, b in zip(end, last, strict=True):
        torch.testing.assert_close(a, b, **CLOSE)


def test_a_score_does_not_depend_on_what_comes_later():
    model = LanguageModel(tokens=9, hidden=4).double()
    ids = torch.randint(9, (10, 2))
    later = ids.clone()
    later[6:] = (later[6:] + 1) % 9
    torch.testing.assert_close(model(later)[0][:6], model(ids)[0][:6], **CLOSE)
    assert not torch.allclose(model(later)[0][6:], model(ids)[0][6:])


def test_tied_weights_are_one_matrix_with_both_gradients():
    model = LanguageModel(tokens=9, embedding=4, hidden=4, tied=True)
    assert model.readout.weight is model.embedding.weight
    assert sum(p.numel() for p in model.parameters()) == 9 * 4 + 9 + 4 * (16 + 16 + 4 + 4)
    model(torch.zeros(2, 1, dtype=torch.long))[0].sum().backward()
    assert (model.embedding.weight.grad.abs().sum(dim=1) > 0).all()  # as readout: every row


@cells
@backends
def test_the_orthogonal_start(cell, backend):
    H = 6
    network = Recurrent(cell, 5, H, num_layers=2, backend=backend, start="orthogonal")
    for name, parameter in network.named_parameters():
        last = name.rsplit(".", 1)[-1]
        if parameter.dim() == 1:
            expected = torch.zeros_like(parameter)
            if cell == "lstm" and "ih" in last:
                expected[H : 2 * H] = 1
            assert torch.equal(parameter, expected)
        else:
            for block in parameter.split(H):
                if "hh" in last:
                    torch.testing.assert_close(block @ block.T, torch.eye(H), rtol=0, atol=1e-5)
                else:
                    bound = np.sqrt(6 / sum(block.shape))
                    assert 0.6 * bound < block.abs().max().item() <= bound


def test_dropout_acts_while_training_only():
    torch.manual_seed(0)
    for model, x in [
        (SequenceClassifier(classes=2, features=3, hidden=8, dropout=0.5), torch.randn(4, 2, 3)),
        (LanguageModel(tokens=9, hidden=8, dropout=0.5), torch.randint(9, (4, 2))),
    ]:
        scores = [model(x) for _ in range(2)]
        first, second = (s[0] if isinstance(s, tuple) else s for s in scores)
        assert not torch.equal(first, second)
        model.eval()
        scores = [model(x) for _ in range(2)]
        first, second = (s[0] if isinstance(s, tuple) else s for s in scores)
        assert torch.equal(first, second)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_mean_over_time_is_exact_in_half_precision(dtype, ragged, bidirectional):
    """A bfloat16 knows no 257: neither the sum of so many outputs nor their number may be one."""
    T, lengths = 700, [257, 700, 3, 511]
    torch.manual_seed(0)
    model = SequenceClassifier(
        classes=3, features=2, hidden=4, bidirectional=bidirectional, pooling="mean"
    ).to(dtype)
    x = torch.randn(T, 4, 2).to(dtype) + 1
    arguments = (x, lengths) if ragged else (x,)
    y, _ = model.recurrent(x, lengths=lengths if ragged else None)
    means = y.double().sum(dim=0) / (torch.tensor(lengths)[:, None] if ragged else T)
    assert torch.equal(model(*arguments), model.readout(means.float().to(dtype)))


def test_a_sum_over_time_may_be_larger_than_the_largest_half():
    class Ones(nn.Module):
        """Stands for a network whose outputs are 1."""

        def forward(self, x, state=(), lengths=None):
            return torch.ones_like(x), ()

    model = SequenceClassifier(classes=2, features=1, hidden=1, pooling="mean").half()
    model.recurrent, model.readout = Ones(), nn.Identity()
    x = torch.zeros(70_000, 2, 1).half()  # a half ends at 65504
    for arguments in ((x,), (x, [70_000, 70_000])):
        assert (model(*arguments) == 1).all()


def readers(backend="ours"):
    """The task models that read ids 0..8, the name of their argument, and a call."""
    classifier = SequenceClassifier(classes=2, tokens=9, embedding=5, hidden=4, backend=backend)
    language = LanguageModel(tokens=9, embedding=5, hidden=4, backend=backend)
    return [("x", classifier, lambda out: out), ("ids", language, lambda out: out[0])]


@backends
@pytest.mark.parametrize("dtype", [torch.int64, torch.int32])
@pytest.mark.parametrize("bad", [9, -1, 2**31 - 1, -(2**31)])
def test_an_id_out_of_range_is_named(backend, dtype, bad):
    for argument, model, _ in readers(backend):
        ids = torch.randint(9, (6, 3), dtype=dtype)
        model(ids)
        ids[4, 1] = bad
        with pytest.raises(ValueError, match=rf"^{argument}: expected ids in 0\.\.8, got {bad}$"):
            model(ids)
    _, classifier, _ = readers(backend)[0]
    classifier(ids, lengths=[6, 4, 1])  # behind the end nobody looks
    with pytest.raises(ValueError, match=rf"^x: expected ids in 0\.\.8, got {bad}$"):
        classifier(ids, lengths=[6, 5, 1])


def test_ids_are_read_where_their_values_cannot_be_seen():
    ids, lengths = torch.randint(9, (3, 3)), torch.tensor([3, 1, 2])
    padded = torch.where(torch.arange(3)[:, None] < lengths, ids, -1)
    for argument, model, scores in readers():
        arguments = (padded, lengths) if argument == "x" else (ids,)
        wanted = scores(model(*arguments))
        compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
        torch.testing.assert_close(scores(compiled(*arguments)), wanted, rtol=0, atol=1e-6)
        exported = torch.export.export(model, arguments)
        torch.testing.assert_close(scores(exported.module()(*arguments)), wanted, rtol=0, atol=1e-6)
        assert "aminmax" not in exported.graph_module.code
        meta = model.to("meta")
        assert scores(meta(*(a.to("meta") for a in arguments))).shape == wanted.shape
    rows = torch.stack([ids, ids + 100])
    torch.vmap(lambda ids: check_id_range("ids", ids, 9) or ids)(rows)


def test_dropout_of_the_task_models_needs_no_second_layer():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SequenceClassifier(classes=2, features=3, hidden=4, dropout=0.5)
        LanguageModel(tokens=9, hidden=4, dropout=0.5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Recurrent("elman", 1, 1), ValueError, "cell: expected one of 'rnn', 'gru', 'l"),
        (lambda: Recurrent("rnn", 1, 0), ValueError, "hidden_size: expected an integer of at"),
        (lambda: Recurrent("rnn", 1, 1, backend="jax"), ValueError, "backend: expected one of"),
        (lambda: Recurrent("rnn", 1, 1, start="ones"), ValueError, "start: expected one of"),
        (lambda: start_orthogonal(nn.LSTM(1, 1), "x"), ValueError, "cell: expected one of"),
        (
            lambda: Recurrent("rnn", 1, 1)(torch.zeros(2, 1, 1), lengths=[3]),
            ValueError,
            "lengths: expected values in 1..2, got 3",
        ),
        (lambda: SequenceClassifier(classes=1, features=1), ValueError, "classes: expected an in"),
        (lambda: SequenceClassifier(classes=2), ValueError, "features, tokens: expected exactly"),
        (
            lambda: SequenceClassifier(classes=2, features=1, tokens=1),
            ValueError,
            "features, tokens: expected exactly one of the two, got features=1 and tokens=1",
        ),
        (
            lambda: SequenceClassifier(classes=2, features=1, pooling="sum"),
            ValueError,
            "pooling: expected one of 'last', 'mean', 'max', 'concat', got 'sum'",
        ),
        (
            lambda: SequenceClassifier(classes=2, features=1, dropout=1.0),
            ValueError,
            "dropout: expected a number in",
        ),
        (
            lambda: SequenceClassifier(classes=2, tokens=3, embedding=0),
            ValueError,
            "embedding: expected an integer of at least 1",
        ),
        (lambda: SequenceClassifier(classes=2, features=0), ValueError, "features: .* got 0"),
        (lambda: SequenceClassifier(classes=2, features=1, hidden=0), ValueError, "^hidden: .* 0"),
        (lambda: SequenceClassifier(classes=2, features=1, layers=0), ValueError, "^layers: .* 0"),
        (
            lambda: SequenceClassifier(classes=2, tokens=3)(torch.zeros(4, 2)),
            TypeError,
            "x: expected a Tensor of int64 or int32, got torch.float32",
        ),
        (
            lambda: LanguageModel(tokens=3)(torch.zeros(4, dtype=torch.long)),
            ValueError,
            r"ids: expected shape \(T, B\), got \(4,\)",
        ),
        (
            lambda: LanguageModel(tokens=3)([[0]]),
            TypeError,
            "ids: expected a Tensor of int64 or int32, got list",
        ),
        (lambda: LanguageModel(tokens=3, hidden=0), ValueError, "^hidden: .* got 0"),
        (lambda: LanguageModel(tokens=3, layers=0), ValueError, "^layers: .* got 0"),
        (lambda: LanguageModel(tokens=3, tied="no"), TypeError, "tied: .* got 'no'"),
        (
            lambda: start_orthogonal(nn.GRU(2, 4), "lstm"),
            ValueError,
            r"network: expected 4H rows in weight_hh_l0 of a 'lstm' cell, got shape \(12, 4\)",
        ),
        (lambda: start_orthogonal(nn.GRU, "gru"), TypeError, "network: expected a module, got ty"),
        (lambda: LanguageModel(tokens=0), ValueError, "tokens: expected an integer of at least"),
        (lambda: LanguageModel(tokens=9, dropout=-0.1), ValueError, "dropout: expected a number"),
        (
            lambda: LanguageModel(tokens=9, embedding=3, hidden=4, tied=True),
            ValueError,
            "embedding: expected hidden = 4 for tied weights, got 3",
        ),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
