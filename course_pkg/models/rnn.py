"""The plain recurrent network in PyTorch: a loop for autograd, and the same with its gradient."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

from course_pkg.checks import check_option
from course_pkg.models.by_hand import Gradient, refuse_second_derivative, run_by_hand
from course_pkg.models.checks import Lengths, check_layer
from course_pkg.models.stack import Stack
from course_pkg.models.weights import uniform

Nonlinearity = Literal["tanh", "relu"]


class RNNRecurrence(torch.autograd.Function):
    """The recurrent part of a layer, with the backward pass written by hand.

    The input's part comes in as ``a_x``, so autograd takes care of ``W_ih`` and the biases, and
    what is written here is backpropagation through time alone.

    Equation: eq-bptt-state, eq-bptt-preactivation

    Source: :cite:t:`werbos1990`.
    """

    @staticmethod
    def forward(
        ctx: Any, a_x: Tensor, W_hh: Tensor, h0: Tensor, valid: Tensor | None, use_tanh: bool
    ) -> tuple[Tensor, Tensor]:
        """Return the states of all steps (T, B, H) and the last one (B, H)."""
        T, B, H = a_x.shape
        h = a_x.new_empty(T + 1, B, H)
        h[0] = h0
        for t in range(T):
            a = torch.addmm(a_x[t], h[t], W_hh.T)  # (B, H)
            h[t + 1] = a.tanh_() if use_tanh else a.relu_()
            if valid is not None:  # a sequence that has ended keeps its state
                h[t + 1] = torch.where(valid[t], h[t + 1], h[t])
        ctx.save_for_backward(h, W_hh, valid)
        ctx.use_tanh = use_tanh
        return h[1:].clone(), h[T].clone()

    @staticmethod
    def backward(ctx: Any, dy: Tensor, dh: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        """Return the gradients of ``a_x``, ``W_hh`` and ``h0``."""
        refuse_second_derivative()
        h, W_hh, valid = ctx.saved_tensors
        slope = 1 - h[1:] * h[1:] if ctx.use_tanh else (h[1:] > 0).to(h.dtype)  # (T, B, H)
        if valid is not None:  # behind the end nothing happens: the gradient passes unchanged
            slope = torch.where(valid, slope, 0)
        da = torch.empty_like(slope)
        for t in reversed(range(len(da))):
            dh = dh + dy[t]  # (B, H)
            da[t] = dh * slope[t]
            dh_before = da[t] @ W_hh
            dh = dh_before if valid is None else torch.where(valid[t], dh_before, dh)
        dW_hh = da.flatten(0, 1).T @ h[:-1].flatten(0, 1)  # (H, H), all steps in one product
        return da, dW_hh, dh, None, None


class RNNLayer(nn.Module):
    """One layer in one direction.

    Parameters
    ----------
    I, H : int
        Input and hidden size.
    nonlinearity : {'tanh', 'relu'}
    gradient : {'autograd', 'by_hand'}
        Whether the loop is left to autograd or runs as :class:`RNNRecurrence`: the same numbers.
    device, dtype : optional
        Where and in which precision the parameters are made.

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
        gradient: Gradient = "autograd",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        check_layer(I, H, gradient, dtype)
        check_option("nonlinearity", nonlinearity, ("tanh", "relu"))
        self.nonlinearity, self.gradient = nonlinearity, gradient
        self.W_ih = uniform(H, I, size=H, device=device, dtype=dtype)
        self.W_hh = uniform(H, H, size=H, device=device, dtype=dtype)
        self.b_ih = uniform(H, size=H, device=device, dtype=dtype)
        self.b_hh = uniform(H, size=H, device=device, dtype=dtype)

    def forward(self, x: Tensor, h: Tensor, valid: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the states of all steps (T, B, H) and the last one (B, H)."""
        a_x = x @ self.W_ih.T + (self.b_ih + self.b_hh)  # (T, B, H), all steps in one product
        use_tanh = self.nonlinearity == "tanh"
        if self.gradient == "by_hand":
            return run_by_hand(RNNRecurrence, a_x, self.W_hh, h, valid, use_tanh)  # type: ignore[no-any-return]
        squash = torch.tanh if use_tanh else torch.relu
        W_hh_T = self.W_hh.T
        states = []
        for t, a in enumerate(a_x.unbind(0)):
            h_next = squash(a + h @ W_hh_T)  # (B, H)
            h = h_next if valid is None else torch.where(valid[t], h_next, h)
            states.append(h)
        return torch.stack(states), h


class RNN(Stack):
    """A stack of recurrent layers, in one or both directions; same numbers as ``torch.nn.RNN``.

    It takes what a :class:`course_pkg.models.stack.Stack` takes, and besides:

    Parameters
    ----------
    nonlinearity : {'tanh', 'relu'}

    Notes
    -----
    Equation: eq-rnn-step, eq-stacked, eq-bidirectional

    Source: :cite:t:`elman1990`; both directions: :cite:t:`schusterpaliwal1997`.

    Examples
    --------
    >>> rnn = RNN(3, 4, num_layers=2, bidirectional=True)
    >>> y, h_n = rnn(torch.zeros(5, 2, 3), lengths=[5, 1])
    >>> y.shape, h_n.shape
    (torch.Size([5, 2, 8]), torch.Size([4, 2, 4]))

    >>> x = torch.randn(5, 2, 3)
    >>> bool((rnn(x)[0] - rnn.to_torch()(x)[0]).abs().max() < 1e-5)
    True
    """

    layer_class = RNNLayer
    torch_class = nn.RNN
    shared_options = ("nonlinearity",)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        bidirectional: bool = False,
        dropout: float = 0.0,
        nonlinearity: Nonlinearity = "tanh",
        gradient: Gradient = "autograd",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
        **unknown: Any,
    ) -> None:
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bidirectional=bidirectional,
            dropout=dropout,
            gradient=gradient,
            device=device,
            dtype=dtype,
            nonlinearity=nonlinearity,
            **unknown,
        )
        self.nonlinearity = nonlinearity

    def forward(
        self, x: Tensor, h0: Tensor | None = None, lengths: Lengths | None = None
    ) -> tuple[Tensor, Tensor]:
        """Run all layers.

        Parameters
        ----------
        x : Tensor, (T, B, I)
            Time-major input.
        h0 : Tensor, (L*D, B, H), optional
            Initial states, layer by layer, forward before backward; zeros by default.
        lengths : (B,) integers in 1..T, optional
            Number of valid steps of each sequence, in any order. What lies behind is never read.

        Returns
        -------
        y : Tensor, (T, B, D*H)
            The states of the last layer, both directions joined; 0 behind the end of a sequence.
        h_n : Tensor, (L*D, B, H)
            The state after the last valid step, for every layer and direction.
        """
        y, (h_n,) = self.run(x, [("h0", h0)], lengths)
        return y, h_n
