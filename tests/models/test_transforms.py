"""The networks under autocast, torch.compile, torch.export, and on the meta device."""

from unittest import mock

import pytest
import torch

from course_pkg.models.checks import lengths_beside
from course_pkg.models.gru import GRU
from tests.models.cases import (
    KINDS,
    Case,
    assert_equal,
    devices,
    gradients,
    kinds,
)


@kinds
@gradients
@devices
@pytest.mark.parametrize("ragged", [False, True])
def test_autocast(kind, gradient, device, ragged):
    case = Case(kind, gradient, L=2, D=2, dtype=torch.float32, device=device)
    with torch.no_grad():
        for parameter in case.ours.parameters():  # large weights would make small errors grow
            parameter *= 0.3
    options = {"lengths": case.lengths} if ragged else {}
    full = case.run(case.ours, **options)
    with torch.autocast(device, dtype=torch.bfloat16):
        mixed = case.run(case.ours, **options)
    # bfloat16 keeps 8 bits: relative errors of 0.004 per product, over two layers and five steps.
    assert_equal(mixed, full, tolerance=0.1)
    assert any(not torch.equal(mixed[name], full[name]) for name in full)


@kinds
@gradients
def test_autocast_takes_other_floats_than_the_parameters(kind, gradient):
    module = KINDS[kind][0](2, 4, gradient=gradient)
    x = torch.randn(5, 3, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed, _ = module(x.bfloat16())
        with pytest.raises(TypeError, match=r"x: .*float32 as in the parameters"):
            module(x.long())
    assert (mixed - module(x)[0]).abs().max() < 0.1


@kinds
@gradients
@devices
@pytest.mark.parametrize("ragged", [False, True])
def test_compile(kind, gradient, device, ragged):
    case = Case(kind, gradient, sizes=(3, 2, 2, 3), device=device)
    options = {"lengths": case.lengths} if ragged else {}
    compiled = torch.compile(case.ours, backend="aot_eager", fullgraph=True)
    assert_equal(case.run(compiled, **options), case.run(case.ours, **options))


X = torch.zeros(5, 3, 2)


@kinds
@gradients
def test_export(kind, gradient):
    """The whole graph is seen by torch.export, which took the place of torch.jit.script."""
    module = KINDS[kind][0](2, 4, 2, bidirectional=True, gradient=gradient).eval()
    x = torch.randn(5, 3, 2)
    with torch.no_grad():
        exported = torch.export.export(module, (x,)).module()
        torch.testing.assert_close(exported(x)[0], module(x)[0], rtol=0, atol=0)


@kinds
@gradients
def test_export_while_gradients_are_recorded(kind, gradient):
    module = KINDS[kind][0](2, 4, gradient=gradient)
    x = torch.randn(5, 3, 2)
    exported = torch.export.export(module, (x,)).module()
    torch.testing.assert_close(exported(x)[0], module(x)[0], rtol=0, atol=0)


@kinds
def test_a_gradient_by_hand_is_not_differentiated_twice(kind):
    by_hand = Case(kind, "by_hand")
    x = by_hand.x.clone().requires_grad_()
    y, _ = by_hand.ours(x)
    with pytest.raises(RuntimeError, match="cannot be differentiated twice; use gradient='auto"):
        torch.autograd.grad(y.sum(), x, create_graph=True)
    y, _ = Case(kind, "autograd").ours(x)
    (dx,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    assert torch.autograd.grad(dx.square().sum(), x)[0].abs().max() > 1e-6


@kinds
@gradients
def test_the_meta_device_gives_shapes(kind, gradient):
    module = KINDS[kind][0](2, 4, gradient=gradient, device="meta")
    y, _ = module(torch.zeros(5, 3, 2, device="meta"))
    assert y.shape == (5, 3, 4)


@pytest.mark.parametrize(
    ("lengths", "error"),
    [
        (torch.tensor([1.0, 2, 5]), TypeError),
        (torch.tensor([True, True, True]), TypeError),
        (torch.tensor([2]), ValueError),
    ],
)
def test_compiled_lengths_are_checked_but_for_their_range(lengths, error):
    compiled = torch.compile(GRU(2, 4), backend="aot_eager")
    with pytest.raises(error, match="lengths: expected"):
        compiled(X, lengths=lengths)
    with (
        mock.patch("torch.compiler.is_compiling", return_value=True),
        pytest.raises(error, match="lengths: expected"),
    ):
        lengths_beside(X, lengths)
