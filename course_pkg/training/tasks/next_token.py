"""The task ``lm``: predict the next token of a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from course_pkg.checks import check_count, check_option, check_size
from course_pkg.data.batching.streams import TokenStreams
from course_pkg.data.registry import find, load_text
from course_pkg.data.sets.corpus import Corpus
from course_pkg.data.text.byte_pairs import AnyVocabulary, BytePairs
from course_pkg.data.text.vocabulary import LEVELS, UNKNOWN, Vocabulary
from course_pkg.metrics.language import read_as_one_stream
from course_pkg.models.language_model import LanguageModel, score_of
from course_pkg.reference.checks import IntArray, check_ids
from course_pkg.training.distributed import ALONE, Share
from course_pkg.training.early_stopping import Goal
from course_pkg.training.recipes.tables import VOCABULARY, Built, Config, in_table, make_model
from course_pkg.training.tasks.parts import check_texts_apart, fingerprint, plain
from course_pkg.training.tasks.protocol import Batch, Carry, Loss


@dataclass(frozen=True, kw_only=True)
class Data:
    """The table ``data``."""

    name: str  # of a text
    level: str | None = None  # "char" or "word", where the text comes at both
    batch: int = 32  # streams side by side, over all processes
    window: int = 64  # steps between two updates
    merges: int | None = None  # tokens are byte pairs, with so many merges; at level "char"
    min_count: int = 1  # rarer tokens of the training part are unknown
    max_size: int | None = None  # of the vocabulary

    def __post_init__(self) -> None:
        levels = find(self.name, "text").levels
        if self.level is not None:
            check_option("level", self.level, levels)
        for name in ("batch", "window", "min_count"):
            check_size(name, getattr(self, name))
        for name in ("max_size", "merges"):
            if getattr(self, name) is not None:
                check_size(name, getattr(self, name))
        if self.merges is not None:
            level = self.level or levels[0]
            if level != BytePairs.level:
                raise ValueError(
                    f"merges: expected none at level {level!r}: byte pairs need the text itself"
                )
            if self.min_count != 1 or self.max_size is not None:
                raise ValueError(
                    "merges: expected neither min_count nor max_size beside it, for byte pairs "
                    "leave no token out"
                )


MODEL = LanguageModel
GIVEN = {"tokens": 2}


def build(config: Config, vocabulary: AnyVocabulary | None = None) -> Built:
    """Load a text, make its vocabulary, and make the task of predicting its next token.

    A vocabulary that is given, such as the one of a run that this one starts from, is used as it
    is. Without one it is made, from the training part alone: a token that is only in the other
    parts has to be unknown.
    """
    data = config.data
    with in_table("data", data):
        if vocabulary is not None and data.level not in (None, vocabulary.level):
            raise ValueError(
                f"level: expected {vocabulary.level!r}, as the vocabulary that is given, "
                f"got {data.level!r}"
            )
        corpus = load_text(data.name, vocabulary.level if vocabulary else data.level)
        vocabulary = vocabulary or _make_vocabulary(data, corpus)
        parts = {
            name: _encode(getattr(corpus, name), vocabulary) for name in ("train", "valid", "test")
        }
    model = make_model(MODEL, config, tokens=len(vocabulary))
    is_pairs = isinstance(vocabulary, BytePairs)
    unknown = vocabulary.id(UNKNOWN) if UNKNOWN in vocabulary.specials else None
    with in_table("data", data):
        task = PredictNext(
            model,
            parts,
            batch=data.batch,
            window=data.window,
            level=corpus.level,
            characters=vocabulary.characters if isinstance(vocabulary, BytePairs) else None,
            unknown=unknown,
            about={"vocabulary": vocabulary.sha256},
        )
    sizes = {
        name: f"{len(getattr(corpus, name)):,} characters, {len(ids):,} tokens"
        if is_pairs
        else _size(ids, unknown)
        for name, ids in parts.items()
    }
    return Built(task, corpus.card, sizes, {VOCABULARY: vocabulary})


def _make_vocabulary(data: Data, corpus: Corpus) -> AnyVocabulary:
    if data.merges is not None:
        return BytePairs.train("".join(corpus.train), data.merges)
    return Vocabulary.build(
        corpus.train,
        level=corpus.level,
        min_count=data.min_count,
        max_size=data.max_size,
        specials=[UNKNOWN],
    )


def _encode(tokens: Sequence[str], vocabulary: AnyVocabulary) -> IntArray:
    if isinstance(vocabulary, BytePairs):
        return vocabulary.encode("".join(tokens))
    return vocabulary.encode(list(tokens))


def _size(ids: IntArray, unknown: int | None) -> str:
    """Say how many tokens a part holds, and how many of them are the unknown one."""
    count = int((ids == unknown).sum())
    share = f" ({count / len(ids):.2%})" if count else ""
    return f"{len(ids):,} tokens, {count:,} unknown{share}"


AT_ONCE = 512  # steps of a part that are scored in one call: the logits are (AT_ONCE, 1, V)


class PredictNext:
    """Learn to predict the next token, reading streams window by window.

    The state is carried from window to window, without its history: truncated backpropagation
    through time. It starts from zeros in every epoch.

    Parameters
    ----------
    model : LanguageModel
        Or any module that takes ``(ids, state)`` and returns logits (T, B, V) and the state, and
        has a dictionary ``settings``.
    parts : mapping of str to ndarray of int, (N,)
        ``train``, ``valid`` and, to be measured at the very end, ``test``: ids of whole texts.
    batch : int
        Streams side by side, B, over all processes.
    window : int
        Steps in a window, T.
    level : {"char", "word"}, optional
        What a token is. Where tokens are characters, an evaluation has bits per character.
    characters : ndarray of int, (V,), optional
        With how many characters each token is written, where they are more than one.
    unknown : int, optional
        The id of the unknown token: an evaluation then has the share of targets that it is.
    about : mapping, optional
        What else tells this task from others, as JSON, such as the hash of the vocabulary.

    Raises
    ------
    TypeError, ValueError
        If there is no training part, an id does not fit the model, a part is too short for the
        streams, or a part is a piece of another one.

    Examples
    --------
    >>> text = np.random.default_rng(0).integers(7, size=60)
    >>> parts = {"train": text[:40], "valid": text[40:]}
    >>> task = PredictNext(LanguageModel(tokens=7, hidden=4), parts, batch=2, window=8)
    >>> [tuple(x.shape) for x, y in task.batches(0)]
    [(8, 2), (8, 2), (3, 2)]
    """

    goals: Mapping[str, Goal] = MappingProxyType(
        {"loss": "min", "perplexity": "min", "bits": "min"}
    )
    how_measured = (
        "Each part was read once, as one stream from a state of zeros; every token but the first "
        "counts. Losses are in nats per token, bits in bits per token. The unknown token is "
        "predicted like any other, which is easier than what it stands for: mind its share."
    )

    def __init__(
        self,
        model: LanguageModel | nn.Module,
        parts: Mapping[str, IntArray],
        *,
        batch: int = 32,
        window: int = 64,
        level: str | None = None,
        characters: IntArray | None = None,
        unknown: int | None = None,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        if "train" not in parts:
            raise ValueError(f"parts: expected one named 'train', got {list(parts)}")
        self.model: nn.Module = model
        self.parts = tuple(parts)
        settings = plain(getattr(model, "settings", {}))
        self.B, self.T = check_size("batch", batch), check_size("window", window)
        for name, ids in parts.items():
            check_ids(f"parts[{name!r}]", ids, settings.get("tokens", 2**31))
            least, what = (self.B, f"batch = {self.B}") if name == "train" else (1, "1")
            if ids.ndim != 1 or len(ids) <= least:
                raise ValueError(
                    f"parts[{name!r}]: expected shape (N,) with N > {what}, got {ids.shape}"
                )
        if level is not None:
            check_option("level", level, tuple(LEVELS))
        if unknown is not None:
            check_count("unknown", unknown)
        self._level, self._characters, self._unknown = level, characters, unknown
        self._train = TokenStreams(parts["train"], self.B, self.T)
        self._whole = dict(parts)
        check_texts_apart(parts)
        self._about = {
            "kind": "lm",
            "model": settings,
            "batch": self.B,
            "window": self.T,
            "data": {name: fingerprint([ids]) for name, ids in parts.items()},
            **(about or {}),
        }

    def batches_per_epoch(self) -> int:
        """Return the number of windows in the training part."""
        return len(self._train)

    def batches(self, epoch: int, share: Share = ALONE) -> Iterator[Batch]:
        """Yield the windows in order, each ``(x, y)`` of shape (T, B): tokens and the next ones."""
        if share.world > self.B:
            raise ValueError(
                f"batch: expected at least one stream for each of {share.world} processes, "
                f"got {self.B}"
            )
        mine = share.of(self.B)
        for x, y, _ in self._train:
            yield _ids(x[:, mine]), _ids(y[:, mine])

    def loss(self, net: nn.Module, batch: Batch, carry: Carry = ()) -> Loss:
        """Sum the cross-entropy over the tokens of a window; the state goes on."""
        x, y = batch
        logits, state = net(x, carry)  # (T, B, V)
        total = cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="sum")
        return Loss(total, y.numel(), state)

    def evaluate(self, part: str, device: torch.device) -> dict[str, float]:
        """Return nats, perplexity and bits per token on a part: every token but the first counts.

        The part is read once, from its beginning to its end, so that the result depends on the
        model and the text alone, and not on how the training was cut.
        """
        score = score_of(self.model, device)
        found = read_as_one_stream(score, self._whole[part], at_once=AT_ONCE, unknown=self._unknown)
        metrics = {
            "loss": found.mean,
            "perplexity": found.perplexity,
            "bits": found.bits_per_token,
        }
        if self._characters is not None:
            written = int(self._characters[self._whole[part][1:]].sum())
            metrics["bits_per_character"] = found.bits_per_character(written)
        elif self._level == "char":  # an unknown character counts as one, as any other does
            metrics["bits_per_character"] = found.bits_per_character(found.tokens)
        if self._unknown is not None:
            metrics["unknown_share"] = found.unknown_share
        return metrics

    def identity(self) -> dict[str, Any]:
        """Return what tells this task from others: model, streams, data."""
        return self._about


def _ids(array: IntArray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.int64))
