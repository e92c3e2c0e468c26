"""The plain recurrent network in PyTorch: layers, directions, and weights that move both ways."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

Nonlinearity = Literal["tanh", "relu"]


class RNNLayer(nn.Module):
    """One layer in one direction.

    Parameters
    ----------
    I, H : int
        Input and hidden size.
    nonlinearity : {'tanh', 'relu'}
    device, dtype : optional
        Where and in which precision the parameters are made.

    Raises
    ------
    ValueError
        If a size is below 1 or the nonlinearity is unknown.

    Notes
    -----
    Equation: eq-rnn-step

    Source: :cite:t:`elman1990`. The parameters start uniform in +-1/sqrt(H), as in ``torch.nn``.

    Examples
    --------
    >>> layer = RNNLayer(3, 4)
    >>> y, h_n = layer(torch.zeros(5, 2, 3), torch.zeros(2, 4))
    >>> y.shape, h_n.shape
    (torch.Size([5, 2, 4]), torch.Size([2, 4]))
    """

    def __init__(
        self,
        I: int,
        H: int,
        nonlinearity: Nonlinearity = "tanh",
        *,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        for name, size in (("I", I), ("H", H)):
            if size < 1:
                raise ValueError(f"{name}: expected an integer of at least 1, got {size}")
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"nonlinearity: expected 'tanh' or 'relu', got {nonlinearity!r}")
        self.nonlinearity = nonlinearity
        bound = 1 / math.sqrt(H)

        def uniform(*shape: int) -> nn.Parameter:
            return nn.Parameter(
                torch.empty(shape, device=device, dtype=dtype).uniform_(-bound, bound)
            )

        self.W_ih = uniform(H, I)
        self.W_hh = uniform(H, H)
        self.b_ih = uniform(H)
        self.b_hh = uniform(H)

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """Return the states of all steps (T, B, H) and the last one (B, H)."""
        squash = torch.tanh if self.nonlinearity == "tanh" else torch.relu
        a_x = x @ self.W_ih.T + (self.b_ih + self.b_hh)  # (T, B, H), all steps in one product
        states = []
        for a in a_x.unbind(0):
            h = squash(a + h @ self.W_hh.T)  # (B, H)
            states.append(h)
        return torch.stack(states), h


class RNN(nn.Module):
    """A stack of recurrent layers, in one or both directions; same numbers as ``torch.nn.RNN``.

    Parameters
    ----------
    input_size, hidden_size : int
        I and H.
    num_layers : int
        L. Layer l + 1 reads the states of layer l.
    bidirectional : bool
        Whether each layer also has a reader that runs from the end (D = 2). The two states of a
        time step are joined before the next layer.
    nonlinearity : {'tanh', 'relu'}
    device, dtype : optional
        Where and in which precision the parameters are made.

    Raises
    ------
    ValueError
        If a size is below 1 or the nonlinearity is unknown.

    Notes
    -----
    Equation: eq-rnn-step, eq-stacked, eq-bidirectional

    Source: :cite:t:`elman1990`; both directions: :cite:t:`schusterpaliwal1997`.

    Examples
    --------
    >>> rnn = RNN(3, 4, num_layers=2, bidirectional=True)
    >>> y, h_n = rnn(torch.zeros(5, 2, 3))
    >>> y.shape, h_n.shape
    (torch.Size([5, 2, 8]), torch.Size([4, 2, 4]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        bidirectional: bool = False,
        nonlinearity: Nonlinearity = "tanh",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        if num_layers < 1:
            raise ValueError(f"num_layers: expected an integer of at least 1, got {num_layers}")
        self.input_size, self.hidden_size = input_size, hidden_size
        self.num_layers, self.bidirectional = num_layers, bidirectional
        self.nonlinearity: Nonlinearity = nonlinearity
        D = 2 if bidirectional else 1
        self.layers = nn.ModuleList()  # layer 0 forward, layer 0 backward, layer 1 forward, ...
        for layer in range(num_layers):
            I = input_size if layer == 0 else D * hidden_size
            for _ in range(D):
                self.layers.append(
                    RNNLayer(I, hidden_size, nonlinearity, device=device, dtype=dtype)
                )

    def forward(self, x: Tensor, h0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Run all layers.

        Parameters
        ----------
        x : Tensor, (T, B, I)
            Time-major input.
        h0 : Tensor, (L*D, B, H), optional
            Initial states, layer by layer, forward before backward; zeros by default.

        Returns
        -------
        y : Tensor, (T, B, D*H)
            The states of the last layer, both directions joined.
        h_n : Tensor, (L*D, B, H)
            The last state of every layer and direction.

        Raises
        ------
        ValueError
            If a shape does not fit; the message names it.
        """
        if x.dim() != 3 or x.shape[2] != self.input_size or 0 in x.shape:
            raise ValueError(
                f"x: expected shape (T, B, I) with I = {self.input_size}, got {tuple(x.shape)}"
            )
        D = 2 if self.bidirectional else 1
        wanted = (self.num_layers * D, x.shape[1], self.hidden_size)
        if h0 is None:
            h0 = x.new_zeros(wanted)
        if h0.shape != wanted:
            raise ValueError(f"h0: expected shape (L*D, B, H) = {wanted}, got {tuple(h0.shape)}")
        h_n = []
        y = x
        for layer in range(self.num_layers):
            outputs = []
            for direction in range(D):
                index = layer * D + direction
                inputs = y if direction == 0 else y.flip(0)
                states, last = self.layers[index](inputs, h0[index])
                outputs.append(states if direction == 0 else states.flip(0))
                h_n.append(last)
            y = torch.cat(outputs, dim=2)  # (T, B, D*H)
        return y, torch.stack(h_n)

    @classmethod
    def from_torch(cls, other: nn.RNN) -> RNN:
        """Make one with the weights of a ``torch.nn.RNN``, on its device, in its dtype.

        Raises
        ------
        TypeError
            If ``other`` is no ``torch.nn.RNN``.
        ValueError
            If it is batch-first, without biases, or drops out between layers: this class does
            none of these.
        """
        if not isinstance(other, nn.RNN):
            raise TypeError(f"other: expected a torch.nn.RNN, got {type(other).__name__}")
        for option, wanted in (("batch_first", False), ("bias", True), ("dropout", 0.0)):
            if getattr(other, option) != wanted:
                raise ValueError(f"other: expected {option}={wanted}, got {getattr(other, option)}")
        like = next(other.parameters())
        ours = cls(
            other.input_size,
            other.hidden_size,
            other.num_layers,
            bidirectional=other.bidirectional,
            nonlinearity=other.nonlinearity,
            device=like.device,
            dtype=like.dtype,
        )
        with torch.no_grad():
            for mine, theirs in zip(ours.parameters(), other.parameters(), strict=True):
                mine.copy_(theirs)
        return ours

    def to_torch(self) -> nn.RNN:
        """Make a ``torch.nn.RNN`` with the same weights.

        Examples
        --------
        >>> ours = RNN(3, 4, dtype=torch.float64)
        >>> x = torch.randn(5, 2, 3, dtype=torch.float64)
        >>> bool((ours(x)[0] - ours.to_torch()(x)[0]).abs().max() < 1e-12)
        True
        """
        like = next(self.parameters())
        other = nn.RNN(
            self.input_size,
            self.hidden_size,
            self.num_layers,
            nonlinearity=self.nonlinearity,
            bidirectional=self.bidirectional,
            device=like.device,
            dtype=like.dtype,
        )
        with torch.no_grad():
            for mine, theirs in zip(self.parameters(), other.parameters(), strict=True):
                theirs.copy_(mine)
        return other
