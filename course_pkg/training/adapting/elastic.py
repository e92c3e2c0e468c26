"""Elastic weight consolidation in a training run: what a learned task needs, and the springs.

The arithmetic is that of :mod:`course_pkg.reference.losses.elastic_weights`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from course_pkg.checks import check_number, check_option, check_seed, check_size
from course_pkg.models.weights import in_evaluation
from course_pkg.training.tasks.protocol import Batch

IGNORED = -100  # the target of a step that does not count
LABELS = ("every", "drawn", "given")


def fisher(
    model: nn.Module,
    batches: Iterable[Batch],
    *,
    examples: int = 200,
    labels: str | None = None,
    seed: int = 0,
) -> dict[str, Tensor]:
    """Estimate the diagonal of the Fisher information at a model's weights.

    Parameters
    ----------
    model : Module
        It takes ``x``, or ``(x, lengths)``, and returns logits (B, C) or (T, B, V), alone or
        before a state. Its weights, their gradients and its mode stay what they are.
    batches : iterable of tuples of Tensors
        As the tasks yield them: x (T, B) or (T, B, I), targets (B,) or (T, B), and lengths (B,)
        where sequences differ. An example is one sequence, read from an empty state.
    examples : int
        How many are read, at most: the first ones.
    labels : {'every', 'drawn', 'given'}, optional
        Whose log-probability is differentiated. Every label's, each with the model's own
        probability of it: the Fisher information of these examples, for one gradient a label; the
        default where an example has one target. One drawn from the model for each target: right
        in the mean, and the default elsewhere. Or those of the data: the empirical one.
    seed : int
        For the draws.

    Returns
    -------
    dict of str to Tensor
        For each parameter that is trained, the mean square of its gradients, one an example.

    Raises
    ------
    ValueError
        If there is no example, or a gradient is not finite.

    Notes
    -----
    Square first, then mean: the squared gradient of a batch is another, much smaller number,
    near 0 where the model has learned, whatever the weights are needed for.

    A model that is sure draws the same label again and again, whose gradient is next to nothing.
    All that matters is in the rare other ones. So a few hundred draws say little about a model
    that has learned a task well: take every label.

    Equation: eq-fisher

    Source: :cite:t:`kirkpatrick2017`; on the empirical one: :cite:t:`kunstner2019`.

    Examples
    --------
    >>> from course_pkg.models.classifier import SequenceClassifier
    >>> _ = torch.manual_seed(0)
    >>> model = SequenceClassifier(classes=3, tokens=5, embedding=2, hidden=4)
    >>> x, labels = torch.randint(5, (6, 8)), torch.randint(3, (8,))
    >>> found = fisher(model, [(x, labels)])
    >>> found["readout.bias"].shape, all((value >= 0).all() for value in found.values())
    (torch.Size([3]), True)
    """
    examples, seed = check_size("examples", examples), check_seed(seed)
    if labels is not None:
        check_option("labels", labels, LABELS)
    if not isinstance(model, nn.Module):
        raise TypeError(f"model: expected a Module, got {type(model).__name__}")
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    if not trained:
        raise ValueError("model: expected a parameter that is trained, got none")
    sums = {name: torch.zeros_like(p, dtype=torch.float64) for name, p in trained.items()}
    generator = torch.Generator().manual_seed(seed)
    done = 0
    # In evaluation cuDNN has no way back through a recurrent layer; torch's own code has one.
    with in_evaluation(model), torch.backends.cudnn.flags(enabled=False):
        for example in _singly(batches, examples):
            for weight, loss in _surprises(model, example, labels, generator):
                grads = torch.autograd.grad(
                    loss, list(trained.values()), allow_unused=True, retain_graph=True
                )
                for name, grad in zip(trained, grads, strict=True):
                    if grad is not None:
                        sums[name] += weight * grad.double() ** 2
            done += 1
    if not done:
        raise ValueError("batches: expected at least one example, got none")
    for name, total in sums.items():
        if not total.isfinite().all():
            raise ValueError(f"model: expected finite gradients, got others for {name}")
    return {name: (total / done).to(trained[name].dtype) for name, total in sums.items()}


def _singly(batches: Iterable[Batch], examples: int) -> Iterator[Batch]:
    """Yield batches of one sequence: vectors (B,) have it first, all else is time-major."""
    for batch in batches:
        sizes = {t.shape[0 if t.ndim == 1 else 1] for t in batch}
        if len(batch) < 2 or len(sizes) != 1:
            shapes = ", ".join(str(tuple(t.shape)) for t in batch)
            raise ValueError(
                f"batches: expected x (T, B, ...), targets and perhaps lengths (B,), got {shapes}"
            )
        for b in range(sizes.pop()):
            if examples == 0:
                return
            examples -= 1
            yield tuple(t[b : b + 1] if t.ndim == 1 else t[:, b : b + 1] for t in batch)


def _surprises(
    model: nn.Module, example: Batch, labels: str | None, generator: torch.Generator
) -> Iterator[tuple[float, Tensor]]:
    """Yield -log p of the labels of one example, and how much each of them counts."""
    x, targets, *lengths = example
    out = model(x, *lengths)
    logits = (out if isinstance(out, Tensor) else out[0]).flatten(0, -2)  # (N, V)
    targets = targets.flatten()  # (N,)
    if labels is None:
        labels = "every" if len(targets) == 1 else "drawn"
    if labels == "every":
        if len(targets) > 1:
            raise ValueError(
                "labels: expected 'drawn' or 'given' for examples of several targets, got 'every'"
            )
        if targets.item() != IGNORED:
            log_p = logits[0].double().log_softmax(dim=0)  # (V,)
            yield from zip(log_p.detach().exp().tolist(), -log_p, strict=True)
        return
    if labels == "drawn":
        p = logits.detach().cpu().double().softmax(dim=1)
        own = torch.multinomial(p, 1, generator=generator)[:, 0].to(targets.device)
        targets = torch.where(targets == IGNORED, targets, own)
    yield 1.0, cross_entropy(logits, targets, ignore_index=IGNORED, reduction="sum")


class ElasticPenalty:
    """What an update adds to its mean loss: springs from the weights to an anchor.

    Parameters
    ----------
    model : Module
        Its parameters are read anew at every call.
    anchor : mapping of str to Tensor
        The weights theta* of the earlier task, by the model's names. Parameters that it does not
        name, such as a new readout, move freely.
    information : mapping of str to Tensor
        For the same names, as from :func:`fisher`. Ones: every weight is held alike.
    strength : float, at least 0
        lambda.

    Raises
    ------
    ValueError
        If names, shapes or values do not fit.

    Notes
    -----
    ``(strength / 2) sum_i F_i (theta_i - theta*_i)^2``.

    Equation: eq-elastic

    Source: :cite:t:`kirkpatrick2017`.

    Examples
    --------
    >>> model = nn.Linear(2, 1, bias=False)
    >>> anchor = {"weight": model.weight.detach().clone()}
    >>> penalty = ElasticPenalty(model, anchor, {"weight": torch.tensor([[4.0, 0.0]])}, 2.0)
    >>> with torch.no_grad():
    ...     _ = model.weight.add_(0.5)
    >>> round(penalty().item(), 6)
    1.0
    """

    def __init__(
        self,
        model: nn.Module,
        anchor: Mapping[str, Tensor],
        information: Mapping[str, Tensor],
        strength: float,
    ) -> None:
        self.strength = check_number("strength", strength, "[0, inf)")
        parameters = dict(model.named_parameters())
        if not anchor or not set(anchor) <= set(parameters):
            raise ValueError(
                f"anchor: expected names of parameters of the model, {sorted(parameters)}, "
                f"got {sorted(anchor)}"
            )
        if set(information) != set(anchor):
            raise ValueError(
                f"information: expected the names of anchor, {sorted(anchor)}, "
                f"got {sorted(information)}"
            )
        self._springs: list[tuple[nn.Parameter, Tensor, Tensor]] = []
        for name, star in anchor.items():
            p, F = parameters[name], information[name]
            for what, value in (("anchor", star), ("information", F)):
                label = f"{what}[{name!r}]"
                if not isinstance(value, Tensor):
                    raise TypeError(f"{label}: expected a Tensor, got {type(value).__name__}")
                if value.shape != p.shape:
                    raise ValueError(
                        f"{label}: expected shape {tuple(p.shape)} as in the model, "
                        f"got {tuple(value.shape)}"
                    )
                if not value.isfinite().all():
                    raise ValueError(f"{label}: expected finite values, got NaN or infinity")
            if (F < 0).any():
                raise ValueError(
                    f"information[{name!r}]: expected no negative value, got {F.min().item()}"
                )
            # Copies: an anchor that is the model's own tensor would move along.
            self._springs.append((p, star.detach().clone().to(p), F.detach().clone().to(p)))

    def __call__(self) -> Tensor:
        """Return the penalty, a Tensor () with a graph to the model's parameters."""
        terms = [
            (F.to(p.device) * (p - star.to(p.device)) ** 2).sum() for p, star, F in self._springs
        ]
        return 0.5 * self.strength * torch.stack(terms).sum()
