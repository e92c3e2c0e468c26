"""The PyTorch networks against torch.nn, the NumPy reference, and each other."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.models.gru import GRURecurrence
from course_pkg.models.lstm import LSTMRecurrence
from course_pkg.models.rnn import RNNRecurrence
from course_pkg.models.stack import end_reversed
from course_pkg.reference.networks import stack as reference_stack
from tests.models.cases import (
    KINDS,
    Case,
    assert_equal,
    devices,
    gradients,
    kinds,
    packed,
)


@kinds
@gradients
@devices
@pytest.mark.parametrize("with_states", [False, True])
@pytest.mark.parametrize(("L", "D"), [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2), (3, 2)])
def test_equals_torch(kind, gradient, device, with_states, L, D):
    case = Case(kind, gradient, L=L, D=D, device=device, with_states=with_states)
    assert_equal(case.run(case.ours), case.run(case.theirs))


@kinds
@gradients
@devices
@pytest.mark.parametrize(
    "sizes", [(1, 3, 2, 4), (5, 1, 2, 4), (5, 3, 1, 4), (5, 3, 2, 1), (1, 1, 1, 1)]
)
def test_equals_torch_at_the_smallest_sizes(kind, gradient, device, sizes):
    case = Case(kind, gradient, sizes, L=2, D=2, device=device)
    assert_equal(case.run(case.ours), case.run(case.theirs))


@kinds
@gradients
@devices
def test_equals_torch_in_float32(kind, gradient, device):
    case = Case(kind, gradient, L=2, D=2, dtype=torch.float32, device=device)
    assert_equal(case.run(case.ours), case.run(case.theirs))


@given(
    kind=st.sampled_from(sorted(KINDS)),
    gradient=st.sampled_from(["autograd", "by_hand"]),
    sizes=st.tuples(*[st.integers(1, 4)] * 4),
    L=st.integers(1, 3),
    D=st.integers(1, 2),
    with_states=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_ragged_equals_packed_whatever_the_padding_holds(
    kind, gradient, sizes, L, D, with_states, seed
):
    case = Case(kind, gradient, sizes, L, D, seed=seed, with_states=with_states)
    padding = torch.arange(case.T)[:, None] >= case.lengths
    theirs = case.run(packed(case.theirs, case.lengths))
    x = case.x.masked_fill(padding[:, :, None], torch.nan)
    ours = case.run(case.ours, x, lengths=case.lengths)
    assert_equal(ours, theirs)
    assert (ours["y"][padding] == 0).all()
    assert (ours["dx"][padding] == 0).all()


@kinds
@gradients
@devices
def test_ragged_on_every_device(kind, gradient, device):
    case = Case(kind, gradient, L=2, D=2, device=device)
    theirs = case.run(packed(case.theirs, case.lengths))
    assert_equal(case.run(case.ours, lengths=case.lengths.to(device)), theirs)
    assert_equal(case.run(case.ours, lengths=case.lengths.tolist()), theirs)


@kinds
@gradients
@pytest.mark.parametrize(("L", "D"), [(1, 1), (2, 2)])
@pytest.mark.parametrize("ragged", [False, True])
def test_equals_the_reference(kind, gradient, L, D, ragged):
    case = Case(kind, gradient, L=L, D=D)
    lengths = case.lengths.numpy() if ragged else None
    layers = [
        case.reference.Params(*(p.detach().numpy() for p in layer.parameters()))
        for layer in case.ours.layers
    ]
    (y, *last), cache = reference_stack.forward(
        case.reference,
        case.x.numpy(),
        layers,
        *(s.numpy() for s in case.starts),
        D=D,
        lengths=lengths,
    )
    grads = reference_stack.backward(case.dy.numpy(), cache, *(d.numpy() for d in case.dlast))
    parameters = [gradient for layer in grads.layers for gradient in layer]
    theirs = {
        **dict(zip(["y", "h_n", "c_n"], (y, *last), strict=False)),
        **dict(zip(["dx", "dh0", "dc0"], (grads.dx, *grads.dstates), strict=False)),
        **{f"parameter {index}": gradient for index, gradient in enumerate(parameters)},
    }
    options = {"lengths": lengths.tolist()} if ragged else {}
    ours = case.run(case.ours, **options)
    assert_equal(ours, {name: torch.from_numpy(np.asarray(a)) for name, a in theirs.items()})


@kinds
@gradients
def test_saturated_gates(kind, gradient):
    case = Case(kind, gradient, L=2, D=2)
    case.x *= 100
    assert_equal(case.run(case.ours), case.run(case.theirs))


@pytest.mark.parametrize("with_valid", [False, True])
def test_the_gradients_by_hand_pass_torchs_own_check(with_valid):
    random = torch.Generator().manual_seed(0)

    def normal(*shape):
        return torch.randn(shape, generator=random, dtype=torch.float64).requires_grad_()

    T, B, H = 4, 3, 2
    valid = (torch.arange(T)[:, None] < torch.tensor([2, 4, 1]))[:, :, None] if with_valid else None
    lstm_inputs = normal(T, B, 4 * H), normal(4 * H, H), normal(B, H), normal(B, H), valid
    assert torch.autograd.gradcheck(LSTMRecurrence.apply, lstm_inputs)
    gru_inputs = normal(T, B, 3 * H), normal(3 * H, H), normal(3 * H), normal(B, H), valid
    assert torch.autograd.gradcheck(GRURecurrence.apply, gru_inputs)
    for use_tanh in (True, False):
        rnn_inputs = normal(T, B, H), normal(H, H), normal(B, H), valid, use_tanh
        assert torch.autograd.gradcheck(RNNRecurrence.apply, rnn_inputs)


@kinds
@gradients
def test_only_the_last_state_used(kind, gradient):
    case = Case(kind, gradient)
    ours, theirs = (
        torch.autograd.grad(
            (last[0] if case.states == 2 else last).sum(), list(module.parameters())
        )
        for module in (case.ours, case.theirs)
        for _, last in [module(case.x)]
    )
    for got, wanted in zip(ours, theirs, strict=True):
        assert (got - wanted).abs().max() < 1e-10


@kinds
@devices
def test_weights_move_both_ways(kind, device):
    case = Case(kind, "autograd", L=2, D=2, device=device, dtype=torch.float32)
    back = case.ours.to_torch()
    assert type(back) is type(case.theirs)
    for (name, there), (name_back, again) in zip(
        case.theirs.named_parameters(), back.named_parameters(), strict=True
    ):
        assert name == name_back
        assert torch.equal(there, again)
        assert there.device == again.device
        assert there.dtype == again.dtype
        assert there.data_ptr() != again.data_ptr()


@kinds
def test_the_start_is_uniform_and_the_size_is_torchs(kind):
    ours, theirs, _ = KINDS[kind]
    torch.manual_seed(0)
    module = ours(30, 25, 2, bidirectional=True)
    weights = torch.cat([p.detach().flatten() for p in module.parameters()])
    assert weights.numel() == sum(
        p.numel() for p in theirs(30, 25, 2, bidirectional=True).parameters()
    )
    assert weights.abs().max() <= 1 / 5
    assert weights.abs().max() > 0.999 / 5
    assert abs(weights.std().item() * 5 * 3**0.5 - 1) < 0.01


def test_reversing_twice_changes_nothing():
    x = torch.randn(5, 3, 2)
    lengths = torch.tensor([5, 1, 3])
    assert torch.equal(end_reversed(end_reversed(x, lengths), lengths), x)
    assert torch.equal(end_reversed(x, torch.tensor([5, 5, 5])), end_reversed(x, None))


@kinds
@gradients
@pytest.mark.parametrize("D", [1, 2])
def test_dropout_between_layers_is_that_of_torch(kind, gradient, D):
    ours, theirs, _ = KINDS[kind]
    theirs = theirs(2, 4, 3, dropout=0.5, bidirectional=D == 2, dtype=torch.float64)
    ours = ours.from_torch(theirs, gradient=gradient)
    x = torch.randn(5, 3, 2, dtype=torch.float64)
    results = []
    for module in (ours, theirs):
        torch.manual_seed(11)
        y, _ = module(x)
        y.sum().backward()
        results.append([y.detach(), *(p.grad for p in module.parameters())])
    for mine, wanted in zip(*results, strict=True):
        torch.testing.assert_close(mine, wanted, rtol=0, atol=1e-10)
    again, _ = ours(x)
    assert (again - results[0][0]).abs().max() > 1e-3  # another draw
    with torch.no_grad():
        for module in (ours, theirs):
            module.eval()
        torch.testing.assert_close(ours(x)[0], theirs(x)[0], rtol=0, atol=1e-10)
    assert ours.to_torch().dropout == 0.5


@kinds
def test_dropout_leaves_a_single_layer_alone_and_says_so(kind):
    with pytest.warns(
        UserWarning, match=r"^dropout=0.9 has no effect: .* num_layers is 1"
    ) as found:
        ours = KINDS[kind][0](2, 4, dropout=0.9)
    assert [warning.filename for warning in found] == [__file__]  # the line to change
    x = torch.randn(5, 3, 2)
    torch.testing.assert_close(ours(x)[0], ours(x)[0], rtol=0, atol=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        KINDS[kind][0](2, 4, bidirectional=True)
        KINDS[kind][0](2, 4, 2, dropout=0.9)


@kinds
@gradients
def test_bias_gradients_add_up_a_million_rows(kind, gradient):
    """A sum that runs through all rows in float32 is wrong from the fifth digit on.

    torch.nn's are wrong by 1e-7 to 2e-6, an LSTM's by 1e-5 and more.
    """
    T, B, I, H = 20, 50_000, 1, 2
    torch.manual_seed(0)
    ours = KINDS[kind][0](I, H, gradient=gradient)
    exact = KINDS[kind][0].from_torch(ours.to_torch()).double()
    x, dy = torch.randn(T, B, I), torch.randn(T, B, H) + 1
    ours(x)[0].backward(dy)
    exact(x.double())[0].backward(dy.double())
    for name, wanted in exact.named_parameters():
        if ".b_" in name:
            error = (ours.get_parameter(name).grad - wanted.grad).abs().max()
            assert error <= 1e-6 * wanted.grad.abs().max(), name


@kinds
@pytest.mark.parametrize("training", [True, False])
def test_mode_and_frozen_parameters_move_both_ways(kind, training):
    ours, theirs, _ = KINDS[kind]
    theirs = theirs(2, 4, 2, dropout=0.5).train(training)
    theirs.weight_hh_l1.requires_grad_(False)
    wanted = [p.requires_grad for p in theirs.parameters()]
    there = ours.from_torch(theirs)
    for module in (there, there.to_torch()):
        assert [p.requires_grad for p in module.parameters()] == wanted
        assert all(part.training is training for part in module.modules())
