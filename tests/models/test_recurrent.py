"""The PyTorch networks against torch.nn, the NumPy reference, and each other."""

import warnings
from unittest import mock

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from course_pkg.models.checks import lengths_beside
from course_pkg.models.gru import GRU, GRULayer, GRURecurrence
from course_pkg.models.lstm import LSTM, LSTMLayer, LSTMRecurrence
from course_pkg.models.rnn import RNN, RNNLayer, RNNRecurrence
from course_pkg.models.stack import end_reversed
from course_pkg.reference.cells import gru as reference_gru
from course_pkg.reference.cells import lstm as reference_lstm
from course_pkg.reference.cells import rnn as reference_rnn
from course_pkg.reference.networks import stack as reference_stack

KINDS = {
    "rnn": (RNN, nn.RNN, reference_rnn),
    "gru": (GRU, nn.GRU, reference_gru),
    "lstm": (LSTM, nn.LSTM, reference_lstm),
}
TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-4}
kinds = pytest.mark.parametrize("kind", KINDS)
gradients = pytest.mark.parametrize("gradient", ["autograd", "by_hand"])
CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device")
devices = pytest.mark.parametrize(
    "device", ["cpu", pytest.param("cuda", marks=[pytest.mark.gpu, CUDA])]
)


class Case:
    """A torch.nn module, our module with its weights, inputs, and gradients into all outputs."""

    def __init__(
        self,
        kind,
        gradient,
        sizes=(5, 3, 2, 4),
        L=1,
        D=1,
        *,
        seed=0,
        dtype=torch.float64,
        device="cpu",
        with_states=True,
    ):
        self.T, self.B, self.I, self.H = sizes
        ours, theirs, self.reference = KINDS[kind]
        self.states = 2 if kind == "lstm" else 1
        random = torch.Generator().manual_seed(seed)

        def normal(*shape):
            return torch.randn(shape, generator=random, dtype=torch.float64).to(device, dtype)

        self.theirs = theirs(self.I, self.H, L, bidirectional=D == 2, dtype=dtype, device=device)
        with torch.no_grad():
            for parameter in self.theirs.parameters():
                parameter.copy_(normal(*parameter.shape))
        self.ours = ours.from_torch(self.theirs, gradient=gradient)
        shape = (L * D, self.B, self.H)
        self.x = normal(self.T, self.B, self.I)
        self.starts = [normal(*shape) for _ in range(self.states)] if with_states else []
        self.dy = normal(self.T, self.B, D * self.H)
        self.dlast = [normal(*shape) for _ in range(self.states)]
        self.lengths = torch.randint(1, self.T + 1, (self.B,), generator=random)

    def run(self, module, x=None, **options):
        """Return outputs and all gradients, by name."""
        x = (self.x if x is None else x).clone().requires_grad_()
        starts = [s.clone().requires_grad_() for s in self.starts]
        state = (tuple(starts) if self.states == 2 else starts[0]) if starts else None
        y, last = module(x, state, **options)
        last = last if self.states == 2 else (last,)
        loss = (y * self.dy).sum() + sum(
            (s * d).sum() for s, d in zip(last, self.dlast, strict=True)
        )
        wanted = [x, *starts, *module.parameters()]
        names = ["dx", "dh0", "dc0"][: 1 + len(starts)]
        names += [f"parameter {index}" for index, _ in enumerate(module.parameters())]
        grads = torch.autograd.grad(loss, wanted)
        outputs = dict(zip(["y", "h_n", "c_n"], (y, *last), strict=False))
        found = outputs | dict(zip(names, grads, strict=True))
        return {name: tensor.detach() for name, tensor in found.items()}


def assert_equal(ours, theirs, tolerance=None):
    assert ours.keys() == theirs.keys()
    for name, value in theirs.items():
        got = ours[name]
        assert got.dtype == value.dtype, name
        assert got.device == value.device, name
        assert got.shape == value.shape, name
        assert torch.isfinite(got).all(), name
        limit = (tolerance or TOLERANCE[value.dtype]) * max(1, value.abs().max().item())
        assert (got - value).abs().max().item() <= limit, name


def packed(module, lengths):
    """Wrap a torch.nn module so that it takes padded sequences and returns padded outputs."""

    def forward(x, state=None):
        pack = pack_padded_sequence(x, lengths.cpu(), enforce_sorted=False)
        y, last = module(pack, state)
        return pad_packed_sequence(y, total_length=x.shape[0])[0], last

    forward.parameters = module.parameters
    return forward


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


GRU_, LSTM_ = GRU(2, 4), LSTM(2, 4, 2, bidirectional=True)
X = torch.zeros(5, 3, 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: GRU(0, 4), ValueError, "input_size: .* got 0"),
        (lambda: LSTM(2, -1), ValueError, "hidden_size: .* got -1"),
        (lambda: LSTM(2, 4, 0), ValueError, "num_layers: .* got 0"),
        (lambda: GRU(2, 4.0), TypeError, "hidden_size: .* got float"),
        (lambda: GRU(2, 4, gradient="magic"), ValueError, "gradient: .* got 'magic'"),
        (lambda: LSTM(2, 4, gradient=None), ValueError, "gradient: .* got None"),
        (lambda: RNN(2, 4, nonlinearity="sine"), ValueError, "nonlinearity: .* got 'sine'"),
        (lambda: RNN.from_torch(nn.GRU(2, 4)), TypeError, "other: .* torch.nn.RNN, got GRU"),
        (lambda: RNNLayer(2, 0), ValueError, "H: .* got 0"),
        (lambda: GRULayer(0, 4), ValueError, "I: .* got 0"),
        (lambda: LSTMLayer(2, 0), ValueError, "H: .* got 0"),
        (lambda: GRU_(X[0]), ValueError, r"x: expected shape \(T, B, I\) with I = 2, got \(3, 2\)"),
        (lambda: GRU_(X[..., :1]), ValueError, "x: .* with I = 2"),
        (lambda: LSTM_(X[:0]), ValueError, "x: .* got"),
        (lambda: LSTM_(X[:, :0]), ValueError, "x: .* got"),
        (lambda: GRU_(X, torch.zeros(1, 1, 4)), ValueError, r"h0: .* = \(1, 3, 4\), got"),
        (lambda: GRU_(X, torch.zeros(3, 4)), ValueError, r"h0: .* got \(3, 4\)"),
        (
            lambda: LSTM_(X, (torch.zeros(4, 3, 4), torch.zeros(4, 1, 4))),
            ValueError,
            r"c0: .* = \(4, 3, 4\), got \(4, 1, 4\)",
        ),
        (lambda: GRU_(X, lengths=[1, 2]), ValueError, r"lengths: expected shape \(B,\)"),
        (lambda: GRU_(X, lengths=[1, 2, 6]), ValueError, r"lengths: .* 1\.\.5, got 6"),
        (lambda: GRU_(X, lengths=[0, 2, 5]), ValueError, r"lengths: .* 1\.\.5, got 0"),
        (lambda: GRU_(X, lengths=torch.tensor([-1, 2, 5])), ValueError, "lengths: .* got -1"),
        (lambda: GRU_(X, lengths=torch.tensor([1.0, 2, 5])), TypeError, "lengths: .* integers"),
        (lambda: GRU.from_torch(nn.LSTM(2, 4)), TypeError, "other: .* torch.nn.GRU, got LSTM"),
        (lambda: LSTM.from_torch(LSTM_), TypeError, "other: .* torch.nn.LSTM, got LSTM"),
        (lambda: GRU.from_torch(nn.GRU(2, 4, bias=False)), ValueError, "other: .*bias=True"),
        (lambda: GRU.from_torch(nn.GRU(2, 4, batch_first=True)), ValueError, "batch_first=False"),
        (lambda: LSTM(2, 4, 2, dropout=1.0), ValueError, r"dropout: .* \[0, 1\), got 1.0"),
        (lambda: GRU(2, 4, 2, dropout=-0.1), ValueError, r"dropout: .* \[0, 1\), got -0.1"),
        (lambda: RNN(2, 4, 2, dropout="much"), TypeError, "dropout: expected a number, got str"),
        (lambda: LSTM.from_torch(nn.LSTM(2, 4, proj_size=3)), ValueError, "proj_size=0"),
        (lambda: GRU_(X.numpy()), TypeError, "x: expected a Tensor, got ndarray"),
        (lambda: GRU_(X.double()), TypeError, "x: .*float32 as in the parameters, got .*float64"),
        (lambda: GRU_(X.long()), TypeError, "x: .*float32 as in the parameters, got torch.int64"),
        (lambda: GRU_(X, torch.zeros(1, 3, 4).double()), TypeError, "h0: .* got torch.float64"),
        (lambda: GRU_(X, (torch.zeros(1, 3, 4),)), TypeError, "h0: expected a Tensor, got tuple"),
        (
            lambda: LSTM_(X, torch.zeros(2, 1, 3, 4)),
            TypeError,
            r"state: expected a tuple \(h0, c0\), got Tensor",
        ),
        (
            lambda: LSTM_(X, (torch.zeros(4, 3, 4),)),
            TypeError,
            r"state: expected a tuple \(h0, c0\), got tuple of 1",
        ),
        (lambda: LSTM(2, 4, bidirectional="no"), TypeError, "bidirectional: .* got 'no'"),
        (lambda: GRU(2, 4, batch_first=True), TypeError, "GRU: no argument 'batch_first'; .*trans"),
        (lambda: RNN(2, 4, bias=False), TypeError, "RNN: no argument 'bias'; .* zeros"),
        (lambda: LSTM(2, 4, proj_size=2), TypeError, "LSTM: no argument 'proj_size'; put .*Linear"),
        (lambda: LSTM(2, 4, peephole=True), TypeError, "LSTM: no argument 'peephole'; see"),
        (lambda: GRU(2, 4, dtype=torch.int64), TypeError, "dtype: .*floating type.*torch.int64"),
        (lambda: LSTMLayer(2, 4, dtype="float32"), TypeError, "dtype: .*floating type"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


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


@kinds
@pytest.mark.parametrize(
    "dtype", [torch.uint8, torch.int32, torch.uint16, torch.uint32, torch.uint64]
)
def test_lengths_of_any_integer_type(kind, dtype):
    case = Case(kind, "autograd", D=2)
    wanted = case.run(case.ours, lengths=case.lengths)
    assert_equal(case.run(case.ours, lengths=case.lengths.to(dtype)), wanted)


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
