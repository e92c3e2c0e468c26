"""One recurrent network for all task models: any cell, ours or ``torch.nn``'s."""

from __future__ import annotations

import re
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from course_pkg.checks import check_option
from course_pkg.models.checks import (
    Lengths,
    check_input,
    check_states,
    lengths_beside,
    named_states,
    under_torch_func,
)
from course_pkg.models.gru import GRU
from course_pkg.models.lstm import LSTM
from course_pkg.models.rnn import RNN

State = tuple[Tensor, ...]  # (L*D, B, H) each: h, and c for an LSTM

OURS: dict[str, Any] = {"rnn": RNN, "gru": GRU, "lstm": LSTM}
# Names of weights, ours and torch.nn's, as such or before pruning.
WEIGHT = r"(?:.+\.)?(?:weight|bias|W|b)_([ih]h)(?:_l\d+)?(?:_reverse)?(?:_orig)?"


class Recurrent(nn.Module):
    """A stack of recurrent layers whose states are a tuple, whatever the cell.

    Parameters
    ----------
    cell : {'rnn', 'gru', 'lstm'}
    input_size, hidden_size : int
        I and H.
    num_layers : int
        L.
    bidirectional : bool
        Whether each layer also has a reader that runs from the end (D = 2).
    backend : {'torch', 'ours'}
        ``torch.nn``'s kernels, which are faster for an LSTM in float32 and use cuDNN on a
        CUDA device, or the modules of this package with ``gradient='by_hand'``. The numbers are
        the same.
    start : {'torch', 'orthogonal'}
        How weights are drawn: uniform in +-1/sqrt(H), or by :func:`start_orthogonal`.

    Examples
    --------
    >>> network = Recurrent("lstm", 3, 4, num_layers=2)
    >>> y, (h, c) = network(torch.zeros(5, 2, 3), lengths=[5, 1])
    >>> y.shape, h.shape, c.shape
    (torch.Size([5, 2, 4]), torch.Size([2, 2, 4]), torch.Size([2, 2, 4]))
    """

    def __init__(
        self,
        cell: str,
        input_size: int,
        hidden_size: int,
        *,
        num_layers: int = 1,
        bidirectional: bool = False,
        backend: str = "torch",
        start: str = "torch",
    ) -> None:
        super().__init__()
        check_option("cell", cell, tuple(OURS))
        check_option("backend", backend, ("torch", "ours"))
        check_option("start", start, ("torch", "orthogonal"))
        self.cell, self.backend = cell, backend
        # Ours is made in both cases: it checks the sizes, and torch.nn's copies its weights.
        network = OURS[cell](
            input_size, hidden_size, num_layers, bidirectional=bidirectional, gradient="by_hand"
        )
        self.input_size, self.hidden_size = network.input_size, network.hidden_size
        self.output_size = network.D * network.hidden_size
        self.states = network.num_layers * network.D  # one per layer and direction
        self.network: nn.Module = network.to_torch() if backend == "torch" else network
        if start == "orthogonal":
            start_orthogonal(self.network, cell)

    def forward(
        self, x: Tensor, state: State = (), lengths: Lengths | None = None
    ) -> tuple[Tensor, State]:
        """Run all layers.

        Parameters
        ----------
        x : Tensor, (T, B, I)
        state : tuple of Tensors, (L*D, B, H)
            The initial states, h alone or h and c; empty for zeros.
        lengths : (B,) integers in 1..T, optional
            Number of valid steps of each sequence, in any order.

        Returns
        -------
        y : Tensor, (T, B, D*H)
            0 behind the end of a sequence.
        state : tuple of Tensors, (L*D, B, H)
            After the last valid step.

        Raises
        ------
        NotImplementedError
            If ``torch.nn``'s kernels are to be exported, or run under ``torch.func``, together
            with lengths.
        """
        states = named_states(state, ("h0", "c0") if self.cell == "lstm" else ("h0",))
        like = next(self.network.parameters(), None)  # None once the weights are quantised
        check_input(x, self.input_size, like)
        check_states(states, (self.states, x.shape[1], self.hidden_size), like)
        start: Any = None
        if state:
            start = tuple(state) if self.cell == "lstm" else state[0]
        if self.backend == "ours":
            y, last = self.network(x, start, lengths)
        elif lengths is None:
            y, last = self.network(x, start)
        else:
            if torch.compiler.is_exporting():
                raise NotImplementedError(
                    "lengths: torch.export cannot follow torch.nn's packed sequences; "
                    "use backend='ours'"
                )
            if under_torch_func():
                raise NotImplementedError(
                    "lengths: torch.func cannot follow torch.nn's packed sequences; use "
                    f"course_pkg.models.{self.cell}.{self.cell.upper()} with gradient='autograd'"
                )
            values = lengths_beside(x, lengths).cpu()
            packed = pack_padded_sequence(x, values, enforce_sorted=False)
            y, last = self.network(packed, start)
            y, _ = pad_packed_sequence(cast(PackedSequence, y), total_length=x.shape[0])
        return y, (last if isinstance(last, tuple) else (last,))


def start_orthogonal(network: nn.Module, cell: str) -> None:
    """Draw weights for long memories, gate by gate, from torch's generator.

    Recurrent matrices are orthogonal, input matrices uniform with Glorot's variance, biases 0;
    the forget gate of an LSTM gets a bias of 1, once, not in both of its biases.

    Raises
    ------
    TypeError, ValueError
        If ``network`` is no module, or its weights are not those of the cell, or are parametrised.

    Notes
    -----
    Source: :cite:t:`saxe2014`; :cite:t:`glorot2010`; the forget bias: :cite:t:`gers2000`,
    :cite:t:`jozefowicz2015`.

    Examples
    --------
    >>> lstm = nn.LSTM(3, 2)
    >>> start_orthogonal(lstm, "lstm")
    >>> lstm.bias_ih_l0.tolist()
    [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    >>> W_hg = lstm.weight_hh_l0[4:6]  # the rows of gate g
    >>> bool(torch.allclose(W_hg @ W_hg.T, torch.eye(2), atol=1e-5))
    True
    """
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[check_option("cell", cell, tuple(OURS))]
    if not isinstance(network, nn.Module):
        raise TypeError(f"network: expected a module, got {type(network).__name__}")
    weights: list[tuple[str, str, nn.Parameter]] = []
    for name, parameter in network.named_parameters():
        found = re.fullmatch(WEIGHT, name)
        if found is None:
            raise ValueError(f"network: expected the weights of a {cell!r} cell, got {name}")
        which = found[1]  # ih for what reads the input, hh for what reads the state
        weights.append((name, which, parameter))
        if which == "hh" and parameter.dim() == 2 and len(parameter) != gates * parameter.shape[1]:
            raise ValueError(
                f"network: expected {gates}H rows in {name} of a {cell!r} cell, "
                f"got shape {tuple(parameter.shape)}"
            )
    with torch.no_grad():
        for _, which, parameter in weights:
            if parameter.dim() == 2:
                draw = nn.init.orthogonal_ if which == "hh" else nn.init.xavier_uniform_
                for block in parameter.chunk(gates):
                    draw(block)
            else:
                parameter.zero_()
                if cell == "lstm" and which == "ih":
                    parameter.chunk(gates)[1].fill_(1.0)
