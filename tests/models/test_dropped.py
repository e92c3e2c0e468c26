"""Dropout inside a language model against the same masks applied step by step by hand."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from course_pkg.models.dropped import drop, run_dropped
from course_pkg.models.language_model import LanguageModel
from course_pkg.models.recurrent import Recurrent

cells = pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
backends = pytest.mark.parametrize("backend", ["torch", "ours"])
CLOSE = {"rtol": 0, "atol": 1e-10}
OPTIONS = ("dropout_in", "dropout_out", "weight_drop")


def model(**options):
    torch.manual_seed(3)
    return LanguageModel(**{"tokens": 9, "embedding": 5, "hidden": 4, **options}).double()


def ids(T=7, B=3, seed=1):
    return torch.randint(9, (T, B), generator=torch.Generator().manual_seed(seed))


def matrices(network, l):
    """Return W_ih, W_hh, b_ih, b_hh of a layer, by either backend's names."""
    if network.backend == "ours":
        layer = network.network.layers[l]
        return layer.W_ih, layer.W_hh, layer.b_ih, layer.b_hh
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return tuple(getattr(network.network, f"{name}_l{l}") for name in names)


def one_step(cell, x, states, W_ih, W_hh, b_ih, b_hh):
    """One step of a layer, with the equations of chapters 1, 4 and 5."""
    a, r = x @ W_ih.T + b_ih, states[0] @ W_hh.T + b_hh
    if cell == "rnn":
        return [torch.tanh(a + r)]
    if cell == "gru":
        (a_r, a_z, a_n), (r_r, r_z, r_n) = a.chunk(3, dim=1), r.chunk(3, dim=1)
        reset, z = torch.sigmoid(a_r + r_r), torch.sigmoid(a_z + r_z)
        return [(1 - z) * torch.tanh(a_n + reset * r_n) + z * states[0]]
    i, f, g, o = (a + r).chunk(4, dim=1)
    c = torch.sigmoid(f) * states[1] + torch.sigmoid(i) * torch.tanh(g)
    return [torch.sigmoid(o) * torch.tanh(c), c]


def by_hand(network, x, state, W_masks, between):
    """Run every layer step by step with the given masks."""
    ends = []
    for l, mask in enumerate(W_masks):
        x = x if l == 0 else x * between[l - 1]
        W_ih, W_hh, b_ih, b_hh = matrices(network, l)
        states, outputs = [s[l] for s in state], []
        for x_t in x:
            states = one_step(network.cell, x_t, states, W_ih, W_hh * mask, b_ih, b_hh)
            outputs.append(states[0])
        x = torch.stack(outputs)
        ends.append(states)
    return x, [torch.stack(each) for each in zip(*ends, strict=True)]


@cells
@backends
@pytest.mark.parametrize("same_mask", [False, True])
def test_one_mask_for_all_steps_of_a_window_and_gradients_through_it(cell, backend, same_mask):
    torch.manual_seed(0)
    network = Recurrent(cell, 5, 4, num_layers=2, backend=backend).double()
    x = torch.randn(7, 3, 5).double()
    state = tuple(torch.randn(2, 3, 4).double() for _ in range(2 if cell == "lstm" else 1))
    ones = torch.ones_like(matrices(network, 0)[1])

    torch.manual_seed(11)  # the same draws in the same order: W_hh, between, W_hh
    first = functional.dropout(ones, 0.4)
    steps = torch.ones(1 if same_mask else 7, 3, 4).double()
    between = functional.dropout(steps, 0.3)
    masks = [first, functional.dropout(ones, 0.4)]
    assert set(first.unique().tolist()) == {0.0, 1 / 0.6}

    results = []
    for run in (
        lambda: by_hand(network, x, state, masks, [between]),
        lambda: run_dropped(network, x, state, between=0.3, same_mask=same_mask, weight_drop=0.4),
    ):
        torch.manual_seed(11)
        network.zero_grad()
        y, last = run()
        (y.sin().sum() + sum((s * s).sum() for s in last)).backward()
        results.append([y, *last, *(p.grad.clone() for p in network.parameters())])
    for mine, hand in zip(*results, strict=True):
        torch.testing.assert_close(mine, hand, **CLOSE)
    # A weight that was dropped had no part in the loss.
    assert (matrices(network, 0)[1].grad[first == 0] == 0).all()
    assert (matrices(network, 0)[1].grad[first != 0] != 0).all()


@cells
@backends
def test_without_dropout_the_layers_are_those_of_the_network(cell, backend):
    network = Recurrent(cell, 5, 4, num_layers=3, backend=backend).double()
    x = torch.randn(7, 3, 5).double()
    for mine, whole in zip(run_dropped(network, x), network(x), strict=True):
        torch.testing.assert_close(mine, whole, rtol=0, atol=1e-15)


@backends
@pytest.mark.parametrize("layers", [1, 2])
def test_evaluation_drops_nothing_and_draws_nothing(backend, layers):
    plain = model(backend=backend, layers=layers)
    full = model(backend=backend, layers=layers, same_mask=True, **dict.fromkeys(OPTIONS, 0.5))
    assert list(full.state_dict()) == list(plain.state_dict())  # weights keep their names
    full.load_state_dict(plain.state_dict())
    before = torch.get_rng_state()
    assert torch.equal(full.eval()(ids())[0], plain.eval()(ids())[0])
    assert torch.equal(torch.get_rng_state(), before)
    assert not torch.equal(full.train()(ids())[0], plain(ids())[0])
    # Nor is anything left behind by training.
    assert torch.equal(full.eval()(ids())[0], plain(ids())[0])


@backends
def test_with_rates_of_0_training_is_as_without_the_options(backend):
    one, other = model(backend=backend), model(backend=backend, **dict.fromkeys(OPTIONS, 0.0))
    before = torch.get_rng_state()
    assert torch.equal(one(ids())[0], other(ids())[0])
    assert torch.equal(torch.get_rng_state(), before)


@backends
def test_dropout_is_short_for_both_and_masks_each_step(backend):
    short, long = (
        model(backend=backend, dropout=0.4),
        model(backend=backend, dropout_in=0.4, dropout_out=0.4),
    )
    results = []
    for each in (short, long):
        torch.manual_seed(5)
        results.append(each(ids())[0])
    torch.manual_seed(5)  # as nn.Dropout did it on the embeddings and the outputs
    y, _ = short.recurrent(functional.dropout(short.embedding(ids()), 0.4))
    results.append(short.readout(functional.dropout(y, 0.4)))
    assert torch.equal(results[0], results[1])
    assert torch.equal(results[0], results[2])


@pytest.mark.parametrize("option", OPTIONS)
def test_each_option_draws_from_the_generator_of_torch(option):
    each = model(**{option: 0.5})
    runs = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        runs.append(each(ids())[0])
    assert torch.equal(runs[0], runs[1])
    assert not torch.allclose(runs[0], runs[2])


def test_masks_are_bernoulli_and_keep_the_mean():
    torch.manual_seed(0)
    T, B, H, p = 40, 50, 60, 0.3
    for same_mask, independent in ((False, T * B * H), (True, B * H)):
        mask = drop(torch.ones(T, B, H), p, same_mask=same_mask)
        assert set(mask.unique().tolist()) == {0.0, float(np.float32(1 / (1 - p)))}
        kept = (mask > 0).double().mean().item()
        assert abs(kept - (1 - p)) < 4 * np.sqrt(p * (1 - p) / independent)
        assert torch.equal(mask, mask[:1].expand_as(mask)) == same_mask
        assert not torch.equal(mask[:, 0], mask[:, 1])  # each sequence has its own


@backends
def test_every_window_has_a_mask_of_its_own(backend):
    each = model(backend=backend, weight_drop=0.5)
    torch.manual_seed(0)
    first, second = each(ids())[0], each(ids())[0]
    assert torch.equal(first[0], second[0])  # the first state is 0: no W_hh in it yet
    assert not torch.allclose(first[1:], second[1:])


def test_a_window_goes_on_from_the_state_of_the_last():
    each = model(layers=2, weight_drop=0.5)
    torch.manual_seed(0)
    _, state = each(ids())
    assert [tuple(s.shape) for s in state] == 2 * [(2, 3, 4)]
    torch.manual_seed(1)
    after = each(ids(), state)[0]
    torch.manual_seed(1)
    assert not torch.allclose(after[0], each(ids())[0][0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: model(weight_drop=1.0), r"weight_drop: expected a number in \[0, 1\), got 1.0"),
        (lambda: model(dropout_in=-0.1), "dropout_in: expected a number"),
        (lambda: model(dropout_out=float("nan")), "dropout_out: expected a number"),
        (lambda: model(same_mask=True), "same_mask: expected False without dropout_in or dropou"),
        (lambda: model(same_mask=True, weight_drop=0.5), "same_mask: expected False without"),
        (lambda: model(dropout=0.1, dropout_in=0.1), "dropout: expected 0 beside dropout_in"),
        (lambda: drop(torch.ones(2, 1, 1), 1.0), "p: expected a number"),
        (
            lambda: run_dropped(Recurrent("rnn", 1, 2, bidirectional=True), torch.ones(2, 1, 1)),
            "recurrent: expected one direction",
        ),
        (
            lambda: run_dropped(Recurrent("rnn", 1, 2), torch.ones(2, 1, 3)),
            r"x: expected shape \(T, B, I\) with I = 1",
        ),
        (
            lambda: model(weight_drop=0.5)(ids(), 2 * (torch.zeros(1, 4, 4).double(),)),
            r"h0: .* got \(1, 4, 4\)",
        ),
    ],
)
def test_what_does_not_fit_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
