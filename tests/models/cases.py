"""The three networks, torch.nn's and ours, with inputs and gradients: what the tests run."""

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from course_pkg.models.gru import GRU
from course_pkg.models.lstm import LSTM
from course_pkg.models.rnn import RNN
from course_pkg.reference.cells import gru as reference_gru
from course_pkg.reference.cells import lstm as reference_lstm
from course_pkg.reference.cells import rnn as reference_rnn

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
