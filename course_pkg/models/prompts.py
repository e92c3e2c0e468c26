"""Prompts that are learned: vectors that a frozen language model reads before a text.

A recurrent network knows a prompt by one thing only, the state after it. So a soft prompt is a
way to choose the state that a text starts from; and the state itself can be learned too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from course_pkg.checks import check_size
from course_pkg.models.language_model import LanguageModel
from course_pkg.models.recurrent import State
from course_pkg.reference.checks import IntArray, check_ids


class Prompt(nn.Module):
    """A frozen language model, and something learned that it starts from.

    It is called as the model is. It is trained on texts that each start from it: where a stream is
    cut into windows, the first one alone does, and the others have nothing to train. A subclass
    says what :meth:`state` is.

    Parameters
    ----------
    model : LanguageModel
        Its parameters are frozen, in place.
    """

    def __init__(self, model: LanguageModel) -> None:
        super().__init__()
        if not isinstance(model, LanguageModel):
            raise TypeError(f"model: expected a LanguageModel, got {type(model).__name__}")
        self.model = model.requires_grad_(False)
        self.settings: dict[str, Any] = {**model.settings, "prompt": type(self).__name__}

    def state(self, B: int) -> State:
        """Return the state after the prompt, (L, B, H) each: the same for all B texts."""
        raise NotImplementedError

    def forward(self, ids: Tensor, state: State = ()) -> tuple[Tensor, State]:
        """Score the next token at every step, as the model does.

        Parameters
        ----------
        ids : Tensor of integers in 0..V-1, (T, B)
        state : tuple of Tensors, (L, B, H)
            What an earlier call returned, to read on; empty for the state after the prompt.

        Returns
        -------
        logits : Tensor, (T, B, V)
        state : tuple of Tensors, (L, B, H)
        """
        if not state and isinstance(ids, Tensor) and ids.dim() == 2 and ids.numel():
            state = self.state(ids.shape[1])
        scored: tuple[Tensor, State] = self.model(ids, state)
        return scored


class SoftPrompt(Prompt):
    """Vectors that are read as if they were embeddings of tokens.

    Parameters
    ----------
    model : LanguageModel
        Its parameters are frozen, in place.
    steps : int
        P, the number of vectors.
    ids : (P,) integers in 0..V-1, optional
        The tokens, a hard prompt, whose embeddings the vectors start as; drawn by default, from
        torch's generator.

    Notes
    -----
    Nothing is dropped while the vectors are read.

    Equation: eq-soft-prompt

    Source: :cite:t:`lester2021`.

    Examples
    --------
    >>> prompt = SoftPrompt(LanguageModel(tokens=30, embedding=8, hidden=16), steps=3)
    >>> [(name, tuple(p.shape)) for name, p in prompt.named_parameters() if p.requires_grad]
    [('vectors', (3, 8))]
    >>> logits, state = prompt(torch.zeros(5, 2, dtype=torch.long))
    >>> logits.shape, state[0].shape
    (torch.Size([5, 2, 30]), torch.Size([1, 2, 16]))
    """

    def __init__(
        self, model: LanguageModel, steps: int, *, ids: Sequence[int] | IntArray | None = None
    ) -> None:
        super().__init__(model)
        P, V = check_size("steps", steps), model.embedding.num_embeddings
        if ids is None:
            chosen = torch.randint(V, (P,))
        else:
            found = check_ids("ids", np.asarray(ids), V)
            if found.shape != (P,):
                raise ValueError(f"ids: expected shape (P,) = ({P},), got {found.shape}")
            chosen = torch.tensor(found.tolist())
        table = model.embedding.weight.detach()
        self.vectors = nn.Parameter(table[chosen.to(table.device)].clone())  # (P, E)

    def state(self, B: int) -> State:
        """Return the state after the vectors, (L, B, H) each: the same for all B texts."""
        _, state = self.model.recurrent(self.vectors[:, None])  # (L, 1, H) each: read once
        return tuple(part.repeat(1, check_size("B", B), 1) for part in state)


class LearnedState(Prompt):
    """The state itself, in place of vectors that lead to it.

    It can be any state, also one that no text and no soft prompt leads to. It starts at zeros,
    where the model starts without a prompt.

    Parameters
    ----------
    model : LanguageModel
        Its parameters are frozen, in place.

    Examples
    --------
    >>> prompt = LearnedState(LanguageModel(tokens=30, embedding=8, hidden=16))
    >>> [(name, tuple(p.shape)) for name, p in prompt.named_parameters() if p.requires_grad]
    [('start.0', (1, 16)), ('start.1', (1, 16))]
    """

    def __init__(self, model: LanguageModel) -> None:
        super().__init__(model)
        network = model.recurrent
        zeros = model.embedding.weight.new_zeros(network.states, network.hidden_size)  # (L, H)
        self.start = nn.ParameterList(
            zeros.clone() for _ in range(2 if network.cell == "lstm" else 1)
        )

    def state(self, B: int) -> State:
        """Return the learned state, (L, B, H) each: the same for all B texts."""
        return tuple(part[:, None].repeat(1, check_size("B", B), 1) for part in self.start)
