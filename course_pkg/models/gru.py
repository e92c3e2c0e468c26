"""The GRU in PyTorch: a loop for autograd, and the same recurrence with its gradient by hand."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from course_pkg.models.by_hand import Gradient, refuse_second_derivative, run_by_hand
from course_pkg.models.checks import Lengths, check_layer
from course_pkg.models.stack import Stack
from course_pkg.models.weights import uniform


class GRURecurrence(torch.autograd.Function):
    """The recurrent part of a GRU layer, with the backward pass written by hand.

    The input's part of the gates comes in as ``a_x``, so autograd takes care of ``W_ih`` and
    ``b_ih``, and what is written here is backpropagation through time alone.

    Equation: eq-gru-backward-state, eq-gru-backward-candidate, eq-gru-backward-gates

    Equation: eq-gru-backward-h
    """

    @staticmethod
    def forward(
        ctx: Any, a_x: Tensor, W_hh: Tensor, b_hh: Tensor, h0: Tensor, valid: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Return the states of all steps (T, B, H) and the last one (B, H)."""
        T, B, H = a_x.shape[0], a_x.shape[1], W_hh.shape[1]
        gates = a_x.clone()  # (T, B, 3H), each step is overwritten by r, z, n
        m = a_x.new_empty(T, B, H)  # the state's part of the candidate, before r scales it
        h = a_x.new_empty(T + 1, B, H)
        h[0] = h0
        # (T, B, H) each, views; torch.export follows writes to slices, not to chunks
        r, z, n = (gates[:, :, k * H : (k + 1) * H] for k in range(3))
        for t in range(T):
            a_h = torch.addmm(b_hh, h[t], W_hh.T)  # (B, 3H)
            m[t] = a_h[:, 2 * H :]
            gates[t, :, : 2 * H].add_(a_h[:, : 2 * H]).sigmoid_()  # r and z
            n_t, z_t = n[t].addcmul_(r[t], m[t]).tanh_(), z[t]  # (B, H) each
            h[t + 1] = (1 - z_t) * n_t + z_t * h[t]
            if valid is not None:  # a sequence that has ended keeps its state
                h[t + 1] = torch.where(valid[t], h[t + 1], h[t])
        ctx.save_for_backward(gates, m, h, W_hh, valid)
        return h[1:].clone(), h[T].clone()

    @staticmethod
    def backward(ctx: Any, dy: Tensor, dh: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, None]:
        """Return the gradients of ``a_x``, ``W_hh``, ``b_hh`` and ``h0``."""
        refuse_second_derivative()
        gates, m, h, W_hh, valid = ctx.saved_tensors
        r, z, n = gates.chunk(3, dim=2)  # (T, B, H) each
        # What the gradient of a state is multiplied by on its way, for all steps at once.
        to_n = (1 - z) * (1 - n * n)
        to_r = to_n * m * r * (1 - r)
        to_z = (h[:-1] - n) * z * (1 - z)
        if valid is not None:  # behind the end nothing happens: the gradient passes unchanged
            to_r, to_z, to_n = (torch.where(valid, k, 0) for k in (to_r, to_z, to_n))
            z = torch.where(valid, z, 1)
        to_rzm = torch.stack([to_r, to_z, to_n * r], dim=2)  # (T, B, 3, H), r scales m
        T, B, H = dy.shape
        da_h = torch.empty_like(to_rzm)
        da_n = torch.empty_like(m)
        for t in reversed(range(T)):
            dh = dh + dy[t]  # (B, H)
            da_h[t] = dh[:, None] * to_rzm[t]
            da_n[t] = dh * to_n[t]
            dh = torch.addmm(dh * z[t], da_h[t].view(B, 3 * H), W_hh)
        da_x = torch.cat([da_h[:, :, :2].flatten(2), da_n], dim=2)  # (T, B, 3H)
        da_h = da_h.view(T * B, 3 * H)
        dW_hh = da_h.T @ h[:-1].flatten(0, 1)  # (3H, H), all steps in one product
        return da_x, dW_hh, da_h.sum(0), dh, None


class GRULayer(nn.Module):
    """One layer in one direction.

    Parameters
    ----------
    I, H : int
        Input and hidden size.
    gradient : {'autograd', 'by_hand'}
        Whether the loop is left to autograd or runs as :class:`GRURecurrence`: the same numbers.
    device, dtype : optional
        Where and in which precision the parameters are made.

    Notes
    -----
    The row blocks of the weights are r, z, n. The reset gate scales the state after its product
    with the weights, as in ``torch.nn``. The parameters start uniform in +-1/sqrt(H).

    Equation: eq-gru-gates, eq-gru-candidate, eq-gru-state

    Source: :cite:t:`cho2014`.

    Examples
    --------
    >>> layer = GRULayer(3, 4)
    >>> y, h = layer(torch.zeros(5, 2, 3), torch.zeros(2, 4))
    >>> y.shape, h.shape
    (torch.Size([5, 2, 4]), torch.Size([2, 4]))
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
        self.W_ih = uniform(3 * H, I, size=H, device=device, dtype=dtype)
        self.W_hh = uniform(3 * H, H, size=H, device=device, dtype=dtype)
        self.b_ih = uniform(3 * H, size=H, device=device, dtype=dtype)
        self.b_hh = uniform(3 * H, size=H, device=device, dtype=dtype)

    def forward(self, x: Tensor, h: Tensor, valid: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the states of all steps (T, B, H) and the last one (B, H)."""
        a_x = x @ self.W_ih.T + self.b_ih  # (T, B, 3H), all steps in one product
        if self.gradient == "by_hand":
            return run_by_hand(GRURecurrence, a_x, self.W_hh, self.b_hh, h, valid)  # type: ignore[no-any-return]
        states = []
        for t, a in enumerate(a_x.unbind(0)):
            r_x, z_x, n_x = a.chunk(3, dim=1)  # (B, H) each
            r_h, z_h, n_h = linear(h, self.W_hh, self.b_hh).chunk(3, dim=1)
            r = (r_x + r_h).sigmoid()
            z = (z_x + z_h).sigmoid()
            n = (n_x + r * n_h).tanh()
            h_next = (1 - z) * n + z * h
            h = h_next if valid is None else torch.where(valid[t], h_next, h)  # ended: keeps it
            states.append(h)
        return torch.stack(states), h


class GRU(Stack):
    """A stack of GRU layers, in one or both directions; same numbers as ``torch.nn.GRU``.

    It takes what a :class:`course_pkg.models.stack.Stack` takes.

    Notes
    -----
    Equation: eq-gru-gates, eq-gru-candidate, eq-gru-state

    Source: :cite:t:`cho2014`; both directions: :cite:t:`schusterpaliwal1997`.

    Examples
    --------
    >>> gru = GRU(3, 4, num_layers=2, bidirectional=True)
    >>> y, h_n = gru(torch.zeros(5, 2, 3), lengths=[5, 1])
    >>> y.shape, h_n.shape
    (torch.Size([5, 2, 8]), torch.Size([4, 2, 4]))

    >>> x = torch.randn(5, 2, 3)
    >>> bool((gru(x)[0] - gru.to_torch()(x)[0]).abs().max() < 1e-5)
    True
    """

    layer_class = GRULayer
    torch_class = nn.GRU

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
