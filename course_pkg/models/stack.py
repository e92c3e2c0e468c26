"""What RNN, GRU and LSTM share: layers, directions, ragged batches, weights that move both ways."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from course_pkg.checks import check_flag, check_number, check_size
from course_pkg.models.by_hand import Gradient
from course_pkg.models.checks import (
    Lengths,
    NamedStates,
    check_dtype,
    check_input,
    check_layers,
    check_states,
    lengths_beside,
)
from course_pkg.models.weights import TORCH_NAMES, read, torch_name, write

# What torch.nn's modules take and ours do not, and what to do instead.
NOT_OFFERED = {
    "batch_first": "give x as (T, B, I), for example x.transpose(0, 1)",
    "bias": "both biases are always there; zeros that do not require a gradient act as none",
    "proj_size": "put a torch.nn.Linear behind it",
}


class Stack(nn.Module):
    """Recurrent layers on top of each other, in one or both directions: the part all cells share.

    A subclass names its ``layer_class``. A layer is called as
    ``y, *last = layer(x, *states, valid)`` and returns the outputs of all steps and its last
    states; there is one state in a plain network and in a GRU, and there are two in an LSTM.

    Parameters
    ----------
    input_size, hidden_size : int
        I and H.
    num_layers : int
        The number of layers, L, at most 1000. Layer l + 1 reads the outputs of layer l.
    bidirectional : bool
        Whether each layer also has a reader that runs from the end (D = 2). The two outputs of a
        time step are joined before the next layer.
    dropout : float in [0, 1)
        In training, the probability with which each number on its way from one layer to the next
        is set to 0; the others grow by 1 / (1 - dropout). Nothing is dropped inside a layer or
        after the last one: in a single layer it has no effect, and a warning says so.
    gradient : {'autograd', 'by_hand'}
        Whether the loops are left to autograd, or their gradient is the one written in this
        package: the same numbers.
    device, dtype : optional
        Where and in which precision the parameters are made.
    **layer_options
        What the layers of a subclass take besides.

    Notes
    -----
    Equation: eq-dropout

    Source: dropout: :cite:t:`srivastava2014`; between layers: :cite:t:`zaremba2014`.
    """

    layer_class: ClassVar[Callable[..., nn.Module]]
    torch_class: ClassVar[type[nn.RNN] | type[nn.GRU] | type[nn.LSTM]]
    shared_options: ClassVar[tuple[str, ...]] = ()  # arguments that torch's module has too

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        bidirectional: bool = False,
        dropout: float = 0.0,
        gradient: Gradient = "autograd",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        **layer_options: Any,
    ) -> None:
        super().__init__()
        for option in layer_options.keys() - set(self.shared_options):
            instead = NOT_OFFERED.get(option, "see the class's documentation")
            raise TypeError(f"{type(self).__name__}: no argument {option!r}; {instead}")
        check_dtype(dtype)
        self.input_size = check_size("input_size", input_size)
        self.hidden_size = check_size("hidden_size", hidden_size)
        self.num_layers = check_layers("num_layers", num_layers)
        self.bidirectional = check_flag("bidirectional", bidirectional)
        self.dropout = check_number("dropout", dropout, "[0, 1)")
        if self.dropout > 0 and self.num_layers == 1:
            warnings.warn(
                f"dropout={dropout} has no effect: it acts between layers, and num_layers is 1",
                stacklevel=2 if type(self).__init__ is Stack.__init__ else 3,
            )
        self.D = 2 if self.bidirectional else 1
        inputs = [input_size] + [self.D * hidden_size] * (num_layers - 1)
        # Layer 0 forward, layer 0 backward, layer 1 forward, ...
        self.layers = nn.ModuleList(
            self.layer_class(
                I, hidden_size, gradient=gradient, device=device, dtype=dtype, **layer_options
            )
            for I in inputs
            for _ in range(self.D)
        )

    def run(
        self, x: Tensor, states: NamedStates, lengths: Lengths | None
    ) -> tuple[Tensor, list[Tensor]]:
        """Run all layers.

        Parameters
        ----------
        x : Tensor, (T, B, I)
            Time-major input.
        states : sequence of (name, Tensor (L*D, B, H) or None)
            Initial states, layer by layer, forward before backward; None stands for zeros.
        lengths : (B,) integers in 1..T, optional
            Number of valid steps of each sequence. What lies behind is never read.

        Returns
        -------
        y : Tensor, (T, B, D*H)
            The outputs of the last layer, both directions joined; 0 behind the end of a sequence.
        last : list of Tensor, (L*D, B, H)
            The states after the last valid step, for every layer and direction.
        """
        like = next(self.parameters(), None)
        check_input(x, self.input_size, like)
        T, B, _ = x.shape
        shape = (self.num_layers * self.D, B, self.hidden_size)
        check_states(states, shape, like)
        starts = [x.new_zeros(shape) if state is None else state for _, state in states]

        valid = None  # (T, B, 1), whether a step lies inside its sequence
        if lengths is not None:
            lengths = lengths_beside(x, lengths)  # (B,)
            valid = (torch.arange(T, device=x.device)[:, None] < lengths)[:, :, None]
            x = torch.where(valid, x, 0)  # whatever the padding held, NaN included

        y = x
        last: list[list[Tensor]] = [[] for _ in starts]
        for index, layer in enumerate(self.layers):
            backward = index % self.D == 1
            if not backward:
                inputs, outputs = y, []
                if index > 0:  # from one layer to the next, never from one step to the next
                    inputs = functional.dropout(inputs, self.dropout, self.training)
            reader = end_reversed(inputs, lengths) if backward else inputs
            out, *ends = layer(reader, *(start[index] for start in starts), valid)
            outputs.append(end_reversed(out, lengths) if backward else out)
            for collected, end in zip(last, ends, strict=True):
                collected.append(end)
            y = torch.cat(outputs, dim=2)  # (T, B, D*H) once both directions are there
            if valid is not None:
                y = torch.where(valid, y, 0)
        return y, [torch.stack(ends) for ends in last]

    @classmethod
    def from_torch(cls, other: nn.RNNBase, *, gradient: Gradient = "autograd") -> Self:
        """Make one with the weights of the ``torch.nn`` module, on its device, in its dtype.

        It is in the same mode, training or evaluation, and the same parameters are frozen. Of a
        parametrised or pruned weight its present value is taken, not how it is computed.

        Raises
        ------
        TypeError
            If ``other`` is no such module, or a weight is computed by a hook that is not pruning.
        ValueError
            If it is batch-first, without biases, or projects its state: this class does none of
            these.
        """
        if not isinstance(other, cls.torch_class):
            wanted_class = f"torch.nn.{cls.torch_class.__name__}"
            raise TypeError(f"other: expected a {wanted_class}, got {type(other).__name__}")
        refused = {"batch_first": False, "bias": True, "proj_size": 0}
        for option, wanted in refused.items():
            if getattr(other, option) != wanted:
                raise ValueError(f"other: expected {option}={wanted}, got {getattr(other, option)}")
        like = read("other", other, "weight_ih_l0")
        ours = cls(
            other.input_size,
            other.hidden_size,
            other.num_layers,
            bidirectional=other.bidirectional,
            dropout=other.dropout,
            gradient=gradient,
            device=like.device,
            dtype=like.dtype,
            **{name: getattr(other, name) for name in cls.shared_options},
        )
        for _, layer, mine, theirs in ours._names():
            write(read("other", other, theirs), layer, mine)
        return ours.train(other.training)

    def to_torch(self) -> nn.RNNBase:
        """Make a ``torch.nn`` module with the same weights, device, mode and frozen parameters.

        Raises
        ------
        TypeError
            If a weight is computed by a hook that is not pruning.
        """
        like = read("layers.0", self.layers[0], "W_ih")
        other = self.torch_class(
            self.input_size,
            self.hidden_size,
            self.num_layers,
            bidirectional=self.bidirectional,
            dropout=self.dropout,
            device=like.device,
            dtype=like.dtype,
            **{name: getattr(self, name) for name in self.shared_options},
        )
        for where, layer, mine, theirs in self._names():
            write(read(where, layer, mine), other, theirs)
        return other.train(self.training)

    def _names(self) -> Iterator[tuple[str, nn.Module, str, str]]:
        """Yield for each weight where it is, its layer, its name there, and torch.nn's name."""
        for index, layer in enumerate(self.layers):
            l, backward = divmod(index, self.D)
            for name in TORCH_NAMES:
                theirs = torch_name(name, l, backward=backward == 1)
                yield f"layers.{index}", layer, name, theirs


def end_reversed(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Turn each sequence round within its own length; what lies behind stays where it is.

    Examples
    --------
    >>> x = torch.tensor([[1, 4], [2, 5], [3, 0]])[:, :, None]  # (T, B, 1), lengths 3 and 2
    >>> end_reversed(x, torch.tensor([3, 2]))[:, :, 0]
    tensor([[3, 5],
            [2, 4],
            [1, 0]])
    """
    if lengths is None:
        return x.flip(0)
    t = torch.arange(x.shape[0], device=x.device)[:, None]  # (T, 1)
    source = torch.where(t < lengths, lengths - 1 - t, t)  # (T, B)
    return x.gather(0, source[:, :, None].expand_as(x))
