"""A language model, token by token: what the decoders of ``course_pkg.decoding`` ask a model for.

``course_pkg.reference.networks.scorer`` answers the same for the NumPy model.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from course_pkg.checks import check_size
from course_pkg.models.language_model import LanguageModel
from course_pkg.models.prompts import Prompt
from course_pkg.models.recurrent import State
from course_pkg.models.weights import in_evaluation
from course_pkg.reference.checks import check_ids

Ids = npt.NDArray[np.integer[Any]]


class Scorer:
    """Read one token of each of B sequences, and score what comes next.

    Nothing is dropped and no gradient is kept, whatever mode the model is in; its mode stays.

    Parameters
    ----------
    model : LanguageModel or Prompt
        With a prompt, every sequence starts from the state after it. On any device. A small LSTM
        on a CPU takes half the time in float64: in float32 ``torch.nn.LSTM`` lays out its weights
        anew in every call.

    Examples
    --------
    >>> scorer = Scorer(LanguageModel(tokens=30, embedding=8, hidden=16))
    >>> log_probs, state = scorer.step(np.array([3, 1]), scorer.start(2))
    >>> log_probs.shape, bool(np.allclose(np.exp(log_probs).sum(axis=1), 1))
    ((2, 30), True)
    """

    def __init__(self, model: LanguageModel | Prompt) -> None:
        if not isinstance(model, (LanguageModel, Prompt)):
            raise TypeError(
                f"model: expected a LanguageModel or a Prompt, got {type(model).__name__}"
            )
        self.prompt = model if isinstance(model, Prompt) else None
        self.model: LanguageModel = model.model if isinstance(model, Prompt) else model
        self.tokens: int = self.model.embedding.num_embeddings

    def start(self, B: int) -> State:
        """Return the states before the first token, (L, B, H) each: zeros without a prompt."""
        if self.prompt is not None:
            with torch.inference_mode():
                return self.prompt.state(B)
        network = self.model.recurrent
        shape = network.states, check_size("B", B), network.hidden_size
        zeros = self.model.embedding.weight.new_zeros
        return tuple(zeros(shape) for _ in range(2 if network.cell == "lstm" else 1))

    def step(self, ids: Ids, state: State) -> tuple[npt.NDArray[np.float64], State]:
        """Read one token of each sequence.

        Parameters
        ----------
        ids : ndarray of integers in 0..V-1, (B,)
        state : tuple of Tensors, (L, B, H)

        Returns
        -------
        log_probs : ndarray of float64, (B, V)
            The natural logarithm of the probability of every next token.
        state : tuple of Tensors, (L, B, H)
            After reading; what was given is as it was.
        """
        check_ids("ids", ids, self.tokens)
        if ids.ndim != 1:
            raise ValueError(f"ids: expected shape (B,), got {ids.shape}")
        given = torch.tensor(ids[None].tolist(), device=self.model.embedding.weight.device)
        with torch.inference_mode(), in_evaluation(self.model):
            logits, state = self.model(given, state)  # (1, B, V)
            log_probs = torch.log_softmax(logits[0].double(), dim=1)
            return log_probs.cpu().numpy(), state

    def pick(self, state: State, rows: Ids) -> State:
        """Return the states of these rows, (L, K, H): a row may come several times, or never."""
        check_ids("rows", rows, state[0].shape[1])
        return tuple(part[:, torch.tensor(rows.tolist(), device=part.device)] for part in state)
