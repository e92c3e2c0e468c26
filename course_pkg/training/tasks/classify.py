"""The task ``classify``: tell the class of a sequence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from course_pkg.checks import check_count, check_option, check_seed, check_size
from course_pkg.data.batching.batches import length_batches, shuffled_batches
from course_pkg.data.batching.padding import pad_batch
from course_pkg.data.registry import DATA_SETS, find, load_labelled
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.digits import Digits, Images, load_digits, rows
from course_pkg.data.text.byte_pairs import AnyVocabulary
from course_pkg.data.text.vocabulary import LEVELS
from course_pkg.metrics.means import Mean
from course_pkg.models.classifier import SequenceClassifier
from course_pkg.reference.checks import check_ids, check_named_tuple
from course_pkg.training.distributed import ALONE, Share
from course_pkg.training.early_stopping import Goal
from course_pkg.training.recipes.tables import VOCABULARY, Built, Config, in_table, make_model
from course_pkg.training.seeding import generator
from course_pkg.training.tasks.parts import check_apart, check_sequences, fingerprint, plain
from course_pkg.training.tasks.protocol import Batch, Carry, Loss
from course_pkg.training.tasks.texts import few_of, make_vocabulary, to_ids

IGNORED = -100  # the label of a sequence that does not count


class Labelled(NamedTuple):
    """Sequences and their classes."""

    x: npt.NDArray[Any] | Sequence[npt.NDArray[Any]]  # N of (T_n, I) vectors or (T_n,) ids
    labels: npt.NDArray[np.integer[Any]]  # (N,), in 0..C-1


@dataclass(frozen=True, kw_only=True)
class Data:
    """The table ``data``. What follows ``batch`` is for texts alone."""

    name: str  # of images, which are read row by row, or of labelled texts
    batch: int = 64  # sequences in a batch, over all processes
    labels: int | None = None  # training texts, drawn evenly over the classes; by default all
    draw_seed: int = 0  # which texts are drawn; with one seed more labels hold the fewer
    max_length: int | None = None  # tokens: longer texts are cut off
    level: str | None = None  # "char" or "word"; by default as the texts come
    merges: int | None = None  # a vocabulary of byte pairs, learned by so many merges
    min_count: int = 1  # rarer tokens of the training part are unknown
    max_size: int | None = None  # of the vocabulary

    def __post_init__(self) -> None:
        kind = find(self.name).kind
        if kind not in KINDS:
            names = ", ".join(repr(e.name) for e in DATA_SETS.values() if e.kind in KINDS)
            raise ValueError(
                f"name: expected images or labelled texts, one of {names}, got {self.name!r}, "
                f"which is {kind}"
            )
        check_size("batch", self.batch)
        for field in fields(self)[2:]:
            value = getattr(self, field.name)
            if kind == "images" and value != field.default:
                raise ValueError(f"{field.name}: expected none with images, got {value!r}")
        for name in ("labels", "max_length", "merges", "min_count", "max_size"):
            if getattr(self, name) is not None:
                check_size(name, getattr(self, name))
        check_count("draw_seed", self.draw_seed)
        if self.level is not None:
            check_option("level", self.level, tuple(LEVELS))
        # Byte pairs read the text itself, and leave none of its tokens out.
        for name in ("level", "min_count", "max_size") if self.merges is not None else ():
            if getattr(self, name) not in (None, "char", 1):
                raise ValueError(
                    f"{name}: expected none beside merges, got {getattr(self, name)!r}"
                )


KINDS = ("images", "labelled")
MODEL = SequenceClassifier
GIVEN = {"classes": 2, "features": 1, "tokens": None}


def build(config: Config, vocabulary: AnyVocabulary | None = None) -> Built:
    """Load images or labelled texts, and make the task of telling their classes.

    The ids of texts are those of the vocabulary that is given, such as the one of a run that this
    one starts from. Without one it is made, from the training texts that are used.
    """
    if find(config.data.name).kind == "labelled":
        return _of_texts(config, vocabulary)
    data = by_rows(find(config.data.name).load())
    model = make_model(MODEL, config, classes=data.classes, features=data.features)
    with in_table("data", config.data):
        task = Classify(model, data.parts, batch=config.data.batch, seed=config.training.seed)
    sizes = {name: f"{len(part.labels):,} sequences" for name, part in data.parts.items()}
    return Built(task, data.card, sizes)


def _of_texts(config: Config, vocabulary: AnyVocabulary | None) -> Built:
    data, texts = config.data, load_labelled(config.data.name)
    with in_table("data", data):
        train = few_of(texts.train, data.labels, data.draw_seed)
        if vocabulary is None:
            vocabulary = make_vocabulary(
                [text for text, _ in train],
                data.level or texts.level,
                min_count=data.min_count,
                max_size=data.max_size,
                merges=data.merges,
            )
        parts = {
            name: Labelled(*to_ids(some, vocabulary, data.max_length))
            for name, some in (("train", train), ("valid", texts.valid), ("test", texts.test))
        }
    classes = len(texts.classes)
    model = make_model(MODEL, config, classes=classes, features=None, tokens=len(vocabulary))
    with in_table("data", data):
        about = {"vocabulary": vocabulary.sha256}
        task = Classify(model, parts, batch=data.batch, seed=config.training.seed, about=about)
    sizes = {name: f"{len(part.labels):,} texts" for name, part in parts.items()}
    return Built(task, texts.card, sizes, {VOCABULARY: vocabulary})


class Classify:
    """Learn classes by cross-entropy; measure loss and accuracy.

    Parameters
    ----------
    model : SequenceClassifier
        Or any module that takes ``(x, lengths)`` and returns logits (B, C), and has a
        dictionary ``settings``.
    parts : mapping of str to Labelled
        ``train``, ``valid`` and, to be measured at the very end, ``test``. Sequences of one part
        may differ in length; batches then hold similar ones.
    batch : int
        Sequences in a batch, B, over all processes.
    seed : int
        For the order of the batches.
    about : mapping, optional
        What else tells this task from others, as JSON, such as the hash of a vocabulary.

    Raises
    ------
    TypeError, ValueError
        If there is no training part, a part is not :class:`Labelled`, sequences or labels are not
        what the model reads and tells, or a part is mostly in another one.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> parts = {
    ...     name: Labelled(rng.normal(size=(8, 5, 3)).astype("f4"), np.arange(8) % 2)
    ...     for name in ("train", "valid")
    ... }
    >>> task = Classify(SequenceClassifier(classes=2, features=3, hidden=4), parts, batch=4)
    >>> [[tuple(tensor.shape) for tensor in batch] for batch in task.batches(0)]
    [[(5, 4, 3), (4,)], [(5, 4, 3), (4,)]]
    """

    goals: Mapping[str, Goal] = MappingProxyType({"loss": "min", "accuracy": "max"})
    how_measured = "Every sequence of a part counts once; the loss is in nats per sequence."

    def __init__(
        self,
        model: SequenceClassifier | nn.Module,
        parts: Mapping[str, Labelled],
        *,
        batch: int = 64,
        seed: int = 0,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        if "train" not in parts:
            raise ValueError(f"parts: expected one named 'train', got {list(parts)}")
        self.model: nn.Module = model
        self._parts = dict(parts)
        self.parts = tuple(parts)
        self.B, self.seed = check_size("batch", batch), check_seed(seed)
        settings = plain(getattr(model, "settings", {}))
        for name, part in parts.items():
            check_named_tuple(f"parts[{name!r}]", part, Labelled._fields)
            x, labels = part
            check_sequences(f"parts[{name!r}].x", x, settings, _dtype(model))
            if np.ndim(labels) != 1:
                raise ValueError(
                    f"parts[{name!r}].labels: expected shape (N,), got {np.shape(labels)}"
                )
            if len(x) != len(labels):
                raise ValueError(
                    f"parts[{name!r}]: expected as many labels as sequences, {len(x)}, "
                    f"got {len(labels)}"
                )
            check_ids(f"parts[{name!r}].labels", labels, settings.get("classes", 2**31))
        check_apart({name: part.x for name, part in parts.items()})
        self._lengths = np.array([len(sequence) for sequence in parts["train"].x])
        self._about = {
            "kind": "classify",
            "model": settings,
            "batch": self.B,
            "seed": self.seed,
            "data": {name: fingerprint([*part.x, part.labels]) for name, part in parts.items()},
            **(about or {}),
        }

    def batches_per_epoch(self) -> int:
        """Return the number of batches in the training part; the last one may be smaller."""
        return math.ceil(len(self._lengths) / self.B)

    def batches(self, epoch: int, share: Share = ALONE) -> Iterator[Batch]:
        """Yield the batches of an epoch, each ``(x, labels)`` or ``(x, labels, lengths)``."""
        rng = generator(self.seed, epoch)
        ragged = self._lengths.min() != self._lengths.max()
        if ragged:
            order = length_batches(self._lengths, self.B, rng)
        else:
            order = shuffled_batches(len(self._lengths), self.B, rng)
        for indices in order:
            yield self._batch(self._parts["train"], indices, share)

    def loss(self, net: nn.Module, batch: Batch, carry: Carry = ()) -> Loss:
        """Sum the cross-entropy over the sequences of a batch."""
        x, labels, *lengths = batch
        logits = net(x, *lengths)  # (B, C)
        total = cross_entropy(logits, labels, ignore_index=IGNORED, reduction="sum")
        return Loss(total, int((labels != IGNORED).sum().item()))

    def evaluate(self, part: str, device: torch.device) -> dict[str, float]:
        """Return the mean cross-entropy, in nats, and the accuracy on a part."""
        loss, correct = Mean(), Mean()
        data = self._parts[part]
        # Similar lengths together: less padding. Sums do not depend on the order.
        order = np.argsort([len(sequence) for sequence in data.x], kind="stable")
        size = max(self.B, 256)
        for start in range(0, len(order), size):
            batch = self._batch(data, order[start : start + size], ALONE)
            x, labels, *lengths = (tensor.to(device) for tensor in batch)
            logits = self.model(x, *lengths).double()
            loss = loss.add(cross_entropy(logits, labels, reduction="sum").item(), len(labels))
            correct = correct.add((logits.argmax(dim=1) == labels).sum().item(), len(labels))
        return {"loss": loss.value, "accuracy": correct.value}

    def identity(self) -> dict[str, Any]:
        """Return what tells this task from others: model, batch size, data."""
        return self._about

    def _batch(self, part: Labelled, indices: npt.NDArray[np.int64], share: Share) -> Batch:
        mine = indices[share.of(len(indices))]
        counted = len(mine) > 0
        # A process without a sequence still has to take part: it gets one that does not count.
        mine = mine if counted else indices[:1]
        labels = torch.from_numpy(np.asarray(part.labels[mine], dtype=np.int64))
        if not counted:
            labels.fill_(IGNORED)
        if isinstance(part.x, np.ndarray):  # all of one length
            x = np.ascontiguousarray(part.x[mine].swapaxes(0, 1))  # (T, B, I) or (T, B)
            return _tensor(x), labels
        padded = pad_batch([part.x[i] for i in mine])
        return _tensor(padded.x), labels, torch.from_numpy(padded.lengths)


def _tensor(x: npt.NDArray[Any]) -> torch.Tensor:
    """Return vectors as they are, and ids of any type of integers as torch wants them."""
    return torch.from_numpy(x.astype(np.int64, copy=False) if x.dtype.kind in "iu" else x)


def _dtype(model: nn.Module) -> np.dtype[Any] | None:
    """Return NumPy's name of the type of a model's weights, if they are floats that it knows."""
    types = {parameter.dtype for parameter in model.parameters()}
    known: dict[torch.dtype, np.dtype[Any]] = {
        torch.float32: np.dtype(np.float32),
        torch.float64: np.dtype(np.float64),
    }
    return known.get(types.pop()) if len(types) == 1 else None


class LabelledParts(NamedTuple):
    """Sequences of vectors with their classes, in parts."""

    parts: dict[str, Labelled]
    classes: int
    features: int
    card: DataCard


def digits_by_rows(source: str = "offline") -> LabelledParts:
    """Load handwritten digits as sequences of 28 rows of 28 pixels, from top to bottom.

    Parameters
    ----------
    source : {'offline', 'full'}
        5,000 images, or all 70,000.

    Returns
    -------
    LabelledParts

    Examples
    --------
    >>> data = digits_by_rows()
    >>> data.parts["train"].x.shape
    (4000, 28, 28)
    """
    return by_rows(load_digits(source))


def by_rows(digits: Digits) -> LabelledParts:
    """Turn images of digits into sequences of their rows, from top to bottom.

    Examples
    --------
    >>> by_rows(load_digits()).features
    28
    """
    parts = {
        "train": _sequences(digits.train),
        "valid": _sequences(digits.valid),
        "test": _sequences(digits.test),
    }
    return LabelledParts(parts, classes=10, features=28, card=digits.card)


def _sequences(part: Images) -> Labelled:
    x = np.ascontiguousarray(rows(part.images).swapaxes(0, 1))  # (N, T, I)
    return Labelled(x, part.labels)
