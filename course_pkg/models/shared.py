"""Models that share their body: one embedding, one memory, and a readout for each task."""

from __future__ import annotations

from typing import Any, cast

from torch import nn


class Heads(nn.ModuleDict):
    """Models by the names of their tasks; they may share modules."""

    def forward(self, name: str, *inputs: Any, **options: Any) -> Any:
        """Call one of them."""
        return self[name](*inputs, **options)


def share_body(model: nn.Module, *others: nn.Module) -> None:
    """Make other models use the embedding and the recurrent layers of one, whatever theirs were.

    Parameters
    ----------
    model : Module
        A LanguageModel or a SequenceClassifier.
    *others : Module
        The same, with embeddings and layers of the same shapes. Each keeps its readout; one that is
        tied to the embedding is tied to the shared one.

    Raises
    ------
    ValueError
        If the shapes differ.

    Examples
    --------
    >>> from course_pkg.models.classifier import SequenceClassifier
    >>> one, two = (SequenceClassifier(classes=c, tokens=9, hidden=4) for c in (2, 5))
    >>> share_body(one, two)
    >>> two.recurrent is one.recurrent, two.embedding is one.embedding
    (True, True)
    """
    for number, other in enumerate(others):
        for name in ("embedding", "recurrent"):
            part, old = getattr(model, name, None), getattr(other, name, None)
            if _shapes(part) != _shapes(old):
                raise ValueError(
                    f"others[{number}].{name}: expected weights of the shapes {_shapes(part)}, "
                    f"got {_shapes(old)}"
                )
        tied = getattr(other.readout, "weight", None) is getattr(other.embedding, "weight", 0)
        other.embedding, other.recurrent = model.embedding, model.recurrent
        if tied:
            cast(nn.Linear, other.readout).weight = cast(nn.Embedding, other.embedding).weight


def _shapes(part: nn.Module | None) -> dict[str, tuple[int, ...]]:
    if part is None:
        return {}
    return {name: tuple(weight.shape) for name, weight in part.named_parameters()}
