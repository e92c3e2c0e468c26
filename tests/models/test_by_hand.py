"""Where a gradient by hand does not go, and where autograd goes with lengths that are tensors."""

import pytest
import torch
from torch import func
from torch.autograd import forward_ad

from course_pkg.models.gru import GRU
from course_pkg.models.lstm import LSTM
from course_pkg.models.recurrent import Recurrent
from course_pkg.models.rnn import RNN

KINDS = {"rnn": RNN, "gru": GRU, "lstm": LSTM}
kinds = pytest.mark.parametrize("kind", KINDS)
X = torch.randn(3, 5, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
LENGTHS = torch.tensor([[5, 2], [1, 5], [3, 4]])


def make(kind, gradient="autograd"):
    torch.manual_seed(0)
    return KINDS[kind](3, 4, 2, bidirectional=True, gradient=gradient, dtype=torch.float64)


def loss_of(module):
    """The loss as a function of the parameters, the input and the lengths."""

    def loss(parameters, x, lengths=None):
        y, _ = func.functional_call(module, parameters, (x,), {"lengths": lengths})
        return y.square().sum()

    return loss


def forward_mode(function):
    def run(x):
        with forward_ad.dual_level():
            return function(forward_ad.make_dual(x, x))

    return run


TRANSFORMS = {
    "grad": lambda f: func.grad(lambda x: f(x).sum()),
    "vjp": lambda f: lambda x: func.vjp(f, x),
    "jacrev": func.jacrev,
    "hessian": lambda f: func.hessian(lambda x: f(x).sum()),
    "jvp": lambda f: lambda x: func.jvp(f, (x,), (x,)),
    "vmap": lambda f: lambda x: func.vmap(f)(torch.stack([x, x])),
    "forward mode": forward_mode,
}


@kinds
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("lengths", [None, LENGTHS[0]], ids=["full", "ragged"])
def test_what_a_gradient_by_hand_cannot_do_names_the_remedy_and_the_remedy_works(
    kind, transform, lengths
):
    module = make(kind, "by_hand")
    with pytest.raises(RuntimeError, match=r"^gradient='by_hand' .*; use gradient='autograd'$"):
        TRANSFORMS[transform](lambda x: module(x, lengths=lengths)[0])(X[0])
    module = make(kind)
    TRANSFORMS[transform](lambda x: module(x, lengths=lengths)[0])(X[0])


@kinds
def test_functional_call_alone_needs_no_remedy(kind):
    module = make(kind, "by_hand")
    parameters = {name: p.detach() * 2 for name, p in module.named_parameters()}
    found = loss_of(module)(parameters, X[0], LENGTHS[0])
    torch.testing.assert_close(found, loss_of(make(kind))(parameters, X[0], LENGTHS[0]))


@kinds
def test_tensor_lengths_under_grad_and_vmap(kind):
    module = make(kind)
    parameters = dict(module.named_parameters())
    loss = loss_of(module)
    wanted = []
    for x, lengths in zip(X, LENGTHS, strict=True):
        grads = torch.autograd.grad(loss(parameters, x, lengths), list(parameters.values()))
        wanted.append(dict(zip(parameters, grads, strict=True)))
        given = func.grad(loss)(parameters, x, lengths)
        held = func.grad(lambda p, x=x, lengths=lengths: loss(p, x, lengths))(parameters)
        for found in (given, held):
            torch.testing.assert_close(found, wanted[-1], rtol=0, atol=1e-12)
    each = func.vmap(func.grad(loss), in_dims=(None, 0, 0))(parameters, X, LENGTHS)
    for index, grads in enumerate(wanted):
        for name, grad in grads.items():
            torch.testing.assert_close(each[name][index], grad, rtol=0, atol=1e-12)
    losses = func.vmap(loss, in_dims=(None, None, 0))(parameters, X[0], LENGTHS)
    for found, lengths in zip(losses, LENGTHS, strict=True):
        torch.testing.assert_close(found, loss(parameters, X[0], lengths), rtol=0, atol=1e-12)


@kinds
def test_many_models_at_once(kind):
    modules = [make(kind) for _ in range(3)]
    for factor, module in enumerate(modules, 1):
        with torch.no_grad():
            for parameter in module.parameters():
                parameter *= factor
    parameters, _ = func.stack_module_state(modules)
    losses = func.vmap(loss_of(modules[0]), in_dims=(0, None, None))(parameters, X[0], LENGTHS[0])
    for found, module in zip(losses, modules, strict=True):
        y, _ = module(X[0], lengths=LENGTHS[0])
        torch.testing.assert_close(found, y.square().sum(), rtol=0, atol=1e-12)


@kinds
def test_lengths_are_checked_as_far_as_they_can_be_seen(kind):
    module = make(kind)
    parameters, loss = dict(module.named_parameters()), loss_of(module)
    with pytest.raises(ValueError, match=r"lengths: expected values in 1\.\.5, got 6"):
        func.grad(loss)(parameters, X[0], torch.tensor([5, 6]))
    with pytest.raises(ValueError, match=r"lengths: expected shape \(B,\) = \(2,\), got \(1,\)"):
        func.vmap(loss, in_dims=(None, 0, 0))(parameters, X, LENGTHS[:, :1])
    with pytest.raises(TypeError, match="lengths: expected integers, got torch"):
        func.vmap(loss, in_dims=(None, 0, 0))(parameters, X, LENGTHS.float())
    y, _ = module.to("meta")(X[0].to("meta"), lengths=LENGTHS[0].to("meta"))
    assert y.shape == (5, 2, 8)


@kinds
def test_torchs_kernels_refuse_lengths_under_torch_func(kind):
    network = Recurrent(kind, 3, 4).double()
    run = func.grad(lambda x, lengths=None: network(x, lengths=lengths)[0].sum())
    wanted = torch.autograd.grad(network(x := X[0].requires_grad_())[0].sum(), x)[0]
    torch.testing.assert_close(run(X[0].detach()), wanted, rtol=0, atol=1e-12)
    for lengths in ([5, 2], LENGTHS[0]):
        with pytest.raises(NotImplementedError, match=r"lengths: .* with gradient='autograd'"):
            run(X[0].detach(), lengths)
