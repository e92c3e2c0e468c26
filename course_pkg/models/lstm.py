"""The LSTM in PyTorch: a loop for autograd, and the same recurrence with its gradient by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from course_pkg.models.by_hand import Gradient, refuse_second_derivative, run_by_hand
from course_pkg.models.checks import Lengths, check_layer, named_states
from course_pkg.models.stack import Stack
from course_pkg.models.weights import uniform


class LSTMRecurrence(torch.autograd.Function):
    """The recurrent part of an LSTM layer, with the backward pass written by hand.

    The input's part of the gates comes in as ``a_x``, so autograd takes care of ``W_ih`` and the
    biases, and what is written here is backpropagation through time alone.

    Notes
    -----
    Equation: eq-lstm-backward-state, eq-lstm-backward-cell, eq-lstm-backward-gates
    """

    @staticmethod
    def forward(
        ctx: Any, a_x: Tensor, W_hh: Tensor, h0: Tensor, c0: Tensor, valid: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the states of all steps (T, B, H), the last state and the last cell (B, H)."""
        T, B, H = a_x.shape[0], a_x.shape[1], W_hh.shape[1]
        gates = a_x.clone()  # (T, B, 4H), each step is overwritten by its gates
        h = a_x.new_empty(T + 1, B, H)
        c = a_x.new_empty(T + 1, B, H)
        h[0], c[0] = h0, c0
        # (T, B, H) each, views; torch.export follows writes to slices, not to chunks
        i, f, g, o = (gates[:, :, k * H : (k + 1) * H] for k in range(4))
        for t in range(T):
            gates[t].addmm_(h[t], W_hh.T)
            gates[t, :, : 2 * H].sigmoid_()  # i and f
            g_t, o_t = g[t].tanh_(), o[t].sigmoid_()  # (B, H) each
            c[t + 1] = f[t] * c[t] + i[t] * g_t
            h[t + 1] = o_t * c[t + 1].tanh()
            if valid is not None:  # a sequence that has ended keeps its state and cell
                h[t + 1] = torch.where(valid[t], h[t + 1], h[t])
                c[t + 1] = torch.where(valid[t], c[t + 1], c[t])
        ctx.save_for_backward(gates, h, c, W_hh, valid)
        return h[1:].clone(), h[T].clone(), c[T].clone()

    @staticmethod
    def backward(
        ctx: Any, dy: Tensor, dh: Tensor, dc: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, None]:
        """Return the gradients of ``a_x``, ``W_hh``, ``h0`` and ``c0``."""
        refuse_second_derivative()
        gates, h, c, W_hh, valid = ctx.saved_tensors
        i, f, g, o = gates.chunk(4, dim=2)  # (T, B, H) each
        tanh_c = c[1:].tanh()
        # What a gradient is multiplied by on its way, for all steps at once.
        h_to_c = o * (1 - tanh_c * tanh_c)
        c_to_i, c_to_f, c_to_g = g * i * (1 - i), c[:-1] * f * (1 - f), i * (1 - g * g)
        c_to_ifg = torch.stack([c_to_i, c_to_f, c_to_g], dim=2)  # (T, B, 3, H)
        h_to_o = tanh_c * o * (1 - o)
        if valid is not None:  # behind the end nothing happens: the gradients pass unchanged
            h_to_c, h_to_o = torch.where(valid, h_to_c, 0), torch.where(valid, h_to_o, 0)
            c_to_ifg, f = torch.where(valid[..., None], c_to_ifg, 0), torch.where(valid, f, 1)
        T, B, H = dy.shape
        da = gates.new_empty(T, B, 4, H)
        for t in reversed(range(T)):
            dh = dh + dy[t]  # (B, H)
            dc = dc + dh * h_to_c[t]  # (B, H)
            da[t, :, :3] = dc[:, None] * c_to_ifg[t]
            da[t, :, 3] = dh * h_to_o[t]
            dc = dc * f[t]
            dh_before = da[t].view(B, 4 * H) @ W_hh
            dh = dh_before if valid is None else torch.where(valid[t], dh_before, dh)
        da = da.view(T, B, 4 * H)
        dW_hh = da.flatten(0, 1).T @ h[:-1].flatten(0, 1)  # (4H, H), all steps in one product
        return da, dW_hh, dh, dc, None


class LSTMLayer(nn.Module):
    """One layer in one direction.

    Parameters
    ----------
    I, H : int
        Input and hidden size.
    gradient : {'autograd', 'by_hand'}
        Whether the loop is left to autograd or runs as :class:`LSTMRecurrence`: the same numbers.
    device, dtype : optional
        Where and in which precision the parameters are made.

    Notes
    -----
    The row blocks of the weights are i, f, g, o. The parameters start uniform in +-1/sqrt(H), as
    in ``torch.nn``.

    Equation: eq-lstm-gates, eq-lstm-cell, eq-lstm-state

    Source: :cite:t:`hochreiterschmidhuber1997`; the forget gate: :cite:t:`gers2000`.

    Examples
    --------
    >>> layer = LSTMLayer(3, 4)
    >>> y, h, c = layer(torch.zeros(5, 2, 3), torch.zeros(2, 4), torch.zeros(2, 4))
    >>> y.shape, h.shape, c.shape
    (torch.Size([5, 2, 4]), torch.Size([2, 4]), torch.Size([2, 4]))
    """

    def __init__(
        self,
        I: int,
        H: int,
        *,
        gradient: Gradient = "autograd",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        check_layer(I, H, gradient, dtype)
        self.gradient = gradient
        self.W_ih = uniform(4 * H, I, size=H, device=device, dtype=dtype)
        self.W_hh = uniform(4 * H, H, size=H, device=device, dtype=dtype)
        self.b_ih = uniform(4 * H, size=H, device=device, dtype=dtype)
        self.b_hh = uniform(4 * H, size=H, device=device, dtype=dtype)

    def forward(
        self, x: Tensor, h: Tensor, c: Tensor, valid: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the states of all steps (T, B, H), the last state and the last cell (B, H)."""
        a_x = x @ self.W_ih.T + (self.b_ih + self.b_hh)  # (T, B, 4H), all steps in one product
        if self.gradient == "by_hand":
            return run_by_hand(LSTMRecurrence, a_x, self.W_hh, h, c, valid)  # type: ignore[no-any-return]
        W_hh_T = self.W_hh.T
        states = []
        for t, a in enumerate(a_x.unbind(0)):
            i, f, g, o = (a + h @ W_hh_T).chunk(4, dim=1)  # (B, H) each
            c_next = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h_next = o.sigmoid() * c_next.tanh()
            if valid is not None:  # a sequence that has ended keeps its state and cell
                h_next = torch.where(valid[t], h_next, h)
                c_next = torch.where(valid[t], c_next, c)
            h, c = h_next, c_next
            states.append(h)
        return torch.stack(states), h, c


class LSTM(Stack):
    """A stack of LSTM layers, in one or both directions; same numbers as ``torch.nn.LSTM``.

    It takes what a :class:`course_pkg.models.stack.Stack` takes.

    Notes
    -----
    Source: :cite:t:`hochreiterschmidhuber1997`; the forget gate: :cite:t:`gers2000`; both
    directions: :cite:t:`schusterpaliwal1997`.

    Examples
    --------
    >>> lstm = LSTM(3, 4, num_layers=2, bidirectional=True)
    >>> y, (h_n, c_n) = lstm(torch.zeros(5, 2, 3), lengths=[5, 1])
    >>> y.shape, h_n.shape, c_n.shape
    (torch.Size([5, 2, 8]), torch.Size([4, 2, 4]), torch.Size([4, 2, 4]))

    >>> x = torch.randn(5, 2, 3)
    >>> bool((lstm(x)[0] - lstm.to_torch()(x)[0]).abs().max() < 1e-5)
    True
    """

    layer_class = LSTMLayer
    torch_class = nn.LSTM

    def forward(
        self,
        x: Tensor,
        state: tuple[Tensor, Tensor] | None = None,
        lengths: Lengths | None = None,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Run all layers.

        Parameters
        ----------
        x : Tensor, (T, B, I)
            Time-major input.
        state : pair of Tensors, (L*D, B, H), optional
            Initial states and cells, layer by layer, forward before backward; zeros by default.
        lengths : (B,) integers in 1..T, optional
            Number of valid steps of each sequence, in any order. What lies behind is never read.

        Returns
        -------
        y : Tensor, (T, B, D*H)
            The states of the last layer, both directions joined; 0 behind the end of a sequence.
        (h_n, c_n) : Tensors, (L*D, B, H)
            State and cell after the last valid step, for every layer and direction.
        """
        y, (h_n, c_n) = self.run(x, named_states(state, ("h0", "c0")), lengths)
        return y, (h_n, c_n)
