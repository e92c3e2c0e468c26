"""Weights go to torch.nn and back by name, and whatever computes them."""

import random

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize, prune

from course_pkg.models.gru import GRU
from course_pkg.models.lstm import LSTM
from course_pkg.models.recurrent import start_orthogonal
from course_pkg.models.rnn import RNN

KINDS = {"rnn": (RNN, nn.RNN), "gru": (GRU, nn.GRU), "lstm": (LSTM, nn.LSTM)}
kinds = pytest.mark.parametrize("kind", KINDS)
X = torch.randn(5, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def make(kind, ours=False, dtype=torch.float64):
    torch.manual_seed(0)
    return KINDS[kind][0 if ours else 1](3, 4, 2, bidirectional=True, dtype=dtype)


def assert_same_outputs(ours, theirs):
    with torch.no_grad():
        torch.testing.assert_close(ours(X)[0], theirs(X)[0], rtol=0, atol=1e-12)


def register_anew(module, names):
    """Give a module the same parameters in another order."""
    for name in names:
        parameter = getattr(module, name)
        delattr(module, name)
        module.register_parameter(name, parameter)


def prune_and_keep(module, names):
    for name in names:
        prune.random_unstructured(module, name, amount=0.4)
        prune.remove(module, name)


def parametrize_and_keep(module, names):
    for name in names:
        parametrize.register_parametrization(module, name, nn.Softplus())
        parametrize.remove_parametrizations(module, name)


@kinds
@pytest.mark.parametrize("change", [register_anew, prune_and_keep, parametrize_and_keep])
@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_registration_does_not_matter(kind, change, seed):
    shuffle = random.Random(seed).shuffle
    theirs = make(kind)
    names = [name for name, _ in theirs.named_parameters()]
    shuffle(names)
    change(theirs, names[seed:])  # all of them, or all but one or two
    assert_same_outputs(KINDS[kind][0].from_torch(theirs), theirs)
    ours = make(kind, ours=True)
    for layer in ours.layers:
        names = ["W_ih", "W_hh", "b_ih", "b_hh"]
        shuffle(names)
        change(layer, names[: 4 - seed])
    assert_same_outputs(ours, ours.to_torch())


def test_biases_of_one_size_are_not_mixed_up():
    theirs = nn.GRU(3, 4, dtype=torch.float64)  # the one cell whose two biases do not add up
    prune_and_keep(theirs, ["bias_hh_l0", "bias_ih_l0"])
    assert [name for name, _ in theirs.named_parameters()][2:] == ["bias_hh_l0", "bias_ih_l0"]
    assert_same_outputs(GRU.from_torch(theirs), theirs)
    ours = GRU(3, 4, dtype=torch.float64)
    prune_and_keep(ours.layers[0], ["b_hh", "b_ih"])
    assert_same_outputs(ours, ours.to_torch())


def weights_of(module):
    """All matrices, as (the module that holds them, name)."""
    return [
        (module.get_submodule(path), name)
        for path, _, name in (full.rpartition(".") for full, _ in module.named_parameters())
        if name.lower().startswith("w")
    ]


class Dropped(nn.Module):
    """DropConnect: in training, another weight whenever one looks."""

    def forward(self, weight):
        return nn.functional.dropout(weight, 0.5, self.training)


COMPUTED = {
    "weight norm": parametrizations.weight_norm,
    "spectral norm": parametrizations.spectral_norm,
    "orthogonal": parametrizations.orthogonal,
    "DropConnect": lambda module, name: parametrize.register_parametrization(
        module, name, Dropped()
    ),
    "pruned": lambda module, name: prune.l1_unstructured(module, name, amount=0.25),
    "pruned twice": lambda module, name: prune.random_unstructured(
        prune.l1_unstructured(module, name, amount=0.25), name, amount=0.5
    ),
}


@kinds
@pytest.mark.parametrize("how", COMPUTED)
@pytest.mark.parametrize("training", [True, False])
def test_a_computed_weight_is_taken_as_it_is_in_evaluation(kind, how, training):
    for ours_first in (True, False):
        source = make(kind, ours=ours_first)
        for module, name in weights_of(source):
            COMPUTED[how](module, name)
        with torch.no_grad():  # as an optimiser does: what a hook computed is out of date
            for parameter in source.parameters():
                parameter.add_(0.1)
        source.train(training)
        before = {name: value.clone() for name, value in source.state_dict().items()}
        target = source.to_torch() if ours_first else KINDS[kind][0].from_torch(source)
        assert target.training is training
        assert all(part.training is training for part in source.modules())
        for name, value in source.state_dict().items():  # a look changes nothing
            assert torch.equal(value, before[name]), name
        assert_same_outputs(target.eval(), source.eval())


@kinds
def test_what_is_trained_is_known_of_computed_weights_too(kind):
    theirs = make(kind)
    parametrizations.weight_norm(theirs, "weight_hh_l0")
    prune.l1_unstructured(theirs, "weight_ih_l1", amount=0.25)
    with torch.no_grad():
        ours = KINDS[kind][0].from_torch(theirs)
    assert all(parameter.requires_grad for parameter in ours.parameters())
    for name, parameter in theirs.named_parameters():
        if "weight_hh_l0." in name or "weight_ih_l1_orig" in name or "bias_hh_l1_reverse" in name:
            parameter.requires_grad_(False)
    ours = KINDS[kind][0].from_torch(theirs)
    frozen = [name for name, parameter in ours.named_parameters() if not parameter.requires_grad]
    assert frozen == ["layers.0.W_hh", "layers.2.W_ih", "layers.3.b_hh"]


@kinds
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_the_dtype_moves_with_the_weights(kind, dtype):
    theirs = parametrizations.weight_norm(make(kind, dtype=dtype), "weight_ih_l0")
    ours = KINDS[kind][0].from_torch(theirs)
    for module in (ours, ours.to_torch()):
        assert {parameter.dtype for parameter in module.parameters()} == {dtype}
    assert torch.equal(ours.layers[0].W_ih, theirs.weight_ih_l0)


@kinds
@pytest.mark.parametrize("old", ["weight_norm", "spectral_norm"])
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_weight_that_some_hook_computes_is_refused(kind, old):
    hook = getattr(nn.utils, old)
    message = r"other\.weight_hh_l1: expected a parameter, got Tensor; if a hook"
    with pytest.raises(TypeError, match=message):
        KINDS[kind][0].from_torch(hook(make(kind), "weight_hh_l1"))
    ours = make(kind, ours=True)
    hook(ours.layers[3], "W_ih")
    with pytest.raises(TypeError, match=r"layers\.3\.W_ih: expected a parameter, got Tensor"):
        ours.to_torch()


@kinds
def test_more_parameters_than_ours_do_no_harm(kind):
    class Wider(KINDS[kind][1]):
        """With a trained start, registered first."""

        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            weights = list(self._parameters)
            self.start = nn.Parameter(torch.zeros(7))
            register_anew(self, weights)

    theirs = Wider(3, 4, dtype=torch.float64)
    assert_same_outputs(KINDS[kind][0].from_torch(theirs), theirs)


def test_an_orthogonal_start_knows_pruned_weights_and_refuses_parametrised_ones():
    lstm = prune.l1_unstructured(nn.LSTM(3, 4), "weight_hh_l0", amount=0.25)
    start_orthogonal(lstm, "lstm")
    for block in lstm.weight_hh_l0_orig.chunk(4):
        torch.testing.assert_close(block @ block.T, torch.eye(4), rtol=0, atol=1e-5)
    for module, name in ((nn.LSTM(3, 4), "weight_hh_l0"), (LSTM(3, 4).layers[0], "W_hh")):
        parametrizations.weight_norm(module, name)
        before = [parameter.clone() for parameter in module.parameters()]
        with pytest.raises(ValueError, match=f"network: .* a 'lstm' cell, got .*{name}.original0"):
            start_orthogonal(module, "lstm")
        assert all(map(torch.equal, before, module.parameters()))
    with pytest.raises(ValueError, match="network: expected the weights of a 'gru' cell, got weig"):
        start_orthogonal(nn.Linear(3, 4), "gru")
