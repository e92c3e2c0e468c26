"""What the loop asks of a task (batches, a loss, an evaluation), and a recipe of its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from course_pkg.training.distributed import Share
from course_pkg.training.early_stopping import Goal

if TYPE_CHECKING:
    from course_pkg.data.text.byte_pairs import AnyVocabulary
    from course_pkg.training.recipes.tables import Built, Config

Batch = tuple[Tensor, ...]
Carry = tuple[Tensor, ...]


class Loss(NamedTuple):
    """The loss of one batch, as a sum and a count: sums of ragged batches add up, means do not."""

    total: Tensor  # (), summed over what counts
    number: int  # how many values were summed; padding is not among them
    carry: Carry = ()  # the state to start the next batch from, for streams


class Task(Protocol):
    """One thing to learn, from one data set, with one model.

    ``batches(epoch, share)`` must be a function of its arguments alone: a resumed run asks for
    the batches of an epoch again, and skips those that were done. ``share`` says which of the
    sequences of each batch are for this process.
    """

    model: nn.Module

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the parts, such as train, valid, test."""
        ...

    @property
    def how_measured(self) -> str:
        """How :meth:`evaluate` measures, in a sentence for the model card."""
        ...

    @property
    def goals(self) -> Mapping[str, Goal]:
        """Whether small or large is good, for each metric."""
        ...

    def batches_per_epoch(self) -> int:
        """Return how many batches :meth:`batches` yields."""
        ...

    def batches(self, epoch: int, share: Share) -> Iterator[Batch]:
        """Yield the batches of the training part, in the order of this epoch."""
        ...

    def loss(self, net: nn.Module, batch: Batch, carry: Carry) -> Loss:
        """Compute the loss of a batch; ``net`` is the model, or the model wrapped for a group."""
        ...

    def evaluate(self, part: str, device: torch.device) -> dict[str, float]:
        """Return the metrics of the model on a part."""
        ...

    def identity(self) -> dict[str, Any]:
        """Return what tells this task from others, as JSON: model, data, vocabulary.

        A checkpoint is resumed only by the task that wrote it.
        """
        ...


class TaskModule(Protocol):
    """What a file of this room holds, besides the class of its task."""

    @property
    def Data(self) -> type:
        """The table ``data`` of a recipe, as a dataclass."""
        ...

    @property
    def MODEL(self) -> type[nn.Module]:
        """The model; its signature is the table ``model``."""
        ...

    @property
    def GIVEN(self) -> Mapping[str, Any]:
        """The model's arguments that follow from the data, each with a value that fits."""
        ...

    def build(self, config: Config, vocabulary: AnyVocabulary = ...) -> Built:
        """Load the data, build the model, and put them together.

        Where runs can start from others, it also takes the vocabulary of such a run.
        """
        ...
