"""The task ``translate``: read one text, and write another one."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn.functional import nll_loss

from course_pkg.checks import check_count, check_number, check_seed, check_size
from course_pkg.data.batching.pairs import IGNORED, pad_pairs, pair_batches
from course_pkg.data.registry import find, load_pairs
from course_pkg.data.sets.pairs import Pair
from course_pkg.data.text.joined import to_text, to_tokens
from course_pkg.data.text.vocabulary import BEGIN, END, PAD, SPECIALS, UNKNOWN, Vocabulary
from course_pkg.decoding.beam_batch import beam_search_batch
from course_pkg.decoding.greedy import greedy_batch
from course_pkg.metrics.bleu import bleu, chrf
from course_pkg.metrics.edit_distance import error_rate
from course_pkg.metrics.matches import exact_match
from course_pkg.metrics.means import Mean
from course_pkg.models.seq2seq import Seq2Seq
from course_pkg.models.translator import Translator
from course_pkg.training.distributed import ALONE, Share
from course_pkg.training.early_stopping import Goal
from course_pkg.training.recipes.tables import SOURCE, TARGET, Built, Config, in_table, make_model
from course_pkg.training.seeding import generator
from course_pkg.training.tasks.parts import check_apart, fingerprint, plain
from course_pkg.training.tasks.protocol import Batch, Carry, Loss

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Data:
    """The table ``data``."""

    name: str  # of pairs
    batch: int = 64  # pairs in a batch, over all processes
    min_count: int = 1  # rarer tokens of the training part are unknown, on both sides
    max_size: int | None = None  # of each vocabulary
    max_length: int | None = None  # training pairs with more tokens on a side are left out
    written: int = 500  # pairs of a part that are translated to be measured; of test all are
    truth: float = 1.0  # the share of true tokens that the decoder reads in the end
    truth_epochs: int = 1  # over which this share falls to it, from 1 and along a line

    def __post_init__(self) -> None:
        find(self.name, "pairs")
        for name in ("batch", "min_count", "truth_epochs"):
            check_size(name, getattr(self, name))
        for name in ("max_size", "max_length"):
            if getattr(self, name) is not None:
                check_size(name, getattr(self, name))
        check_count("written", self.written)
        check_number("truth", self.truth, "[0, 1]")


MODEL = Seq2Seq
GIVEN = {"source_tokens": 2, "target_tokens": 4}


def build(config: Config) -> Built:
    """Load pairs, make a vocabulary for each side, and make the task of translating."""
    data = config.data
    pairs = load_pairs(data.name)
    parts: dict[str, Sequence[Pair]] = {
        "train": pairs.train,
        "valid": pairs.valid,
        "test": pairs.test,
    }
    with in_table("data", data):
        parts["train"] = _short_enough(pairs.train, pairs.levels, data.max_length)
        source, target = (
            Vocabulary.build(
                (token for pair in parts["train"] for token in to_tokens(pair[side], level)),
                level=level,
                min_count=data.min_count,
                max_size=data.max_size,
                specials=specials,
            )
            for side, (level, specials) in enumerate(
                zip(pairs.levels, ([PAD, UNKNOWN], SPECIALS), strict=True)
            )
        )
    model = make_model(MODEL, config, source_tokens=len(source), target_tokens=len(target))
    with in_table("data", data):
        task = Translate(
            model,
            parts,
            source,
            target,
            batch=data.batch,
            written=data.written,
            truth=data.truth,
            truth_epochs=data.truth_epochs,
            seed=config.training.seed,
        )
    return Built(task, pairs.card, task.sizes(), {SOURCE: source, TARGET: target})


def _short_enough(
    pairs: Sequence[Pair], levels: tuple[str, str], longest: int | None
) -> Sequence[Pair]:
    if longest is None:
        return pairs
    found = [
        pair
        for pair in pairs
        if all(
            len(to_tokens(text, level)) <= longest for text, level in zip(pair, levels, strict=True)
        )
    ]
    if not found:
        raise ValueError(f"max_length: expected one that leaves a training pair, got {longest}")
    return found


class _Part(NamedTuple):
    """The pairs of a part, as ids."""

    sources: list[Ids]
    targets: list[Ids]
    texts: list[str]  # the true targets, whatever words of them are unknown


class Translate:
    """Learn to write the target of a source, told the true tokens before each one.

    Parameters
    ----------
    model : Seq2Seq
        Its vocabularies must be as large as those that are given.
    parts : mapping of str to sequence of (str, str)
        ``train``, ``valid`` and, to be measured at the very end, ``test``: source and target
        texts.
    source, target : Vocabulary
        The target's has ``<pad>``, ``<bos>`` and ``<eos>``. Their levels say how texts are cut.
    batch : int
        Pairs in a batch, B, over all processes.
    written : int
        How many pairs of a part are translated at an evaluation, the first ones; of a part called
        test all are.
    truth : float in [0, 1]
        The share of true tokens that the decoder reads in the end; below 1 it reads its own
        for the others: scheduled sampling.
    truth_epochs : int
        The epochs over which this share falls to it, from 1 and along a line.
    seed : int
        For the order of the batches.

    Raises
    ------
    TypeError, ValueError
        If there is no training part, a part is empty or holds something that is no pair of
        texts, a source has no token, the vocabularies do not fit the model, or a part is mostly in
        another one.

    Examples
    --------
    >>> texts = [f"{a}{b}" for a in "abcd" for b in "abcd"]
    >>> parts = {"train": [(text, text[::-1]) for text in texts[:12]]}
    >>> source, target = Vocabulary.build("abcd"), Vocabulary.build("abcd")
    >>> model = Seq2Seq(source_tokens=len(source), target_tokens=len(target), hidden=8)
    >>> task = Translate(model, parts, source, target, batch=8)
    >>> [tuple(batch[0].shape) for batch in task.batches(0)]
    [(2, 8), (2, 4)]
    """

    how_measured = (
        "The loss is in nats per token of the target, its end included, given the true tokens "
        "before it. Exact matches, edits per token of the true text, BLEU and chrF are of texts "
        "that the model wrote alone, taking the likeliest token each time: of every pair of the "
        "test part."
    )

    def __init__(
        self,
        model: Seq2Seq,
        parts: Mapping[str, Sequence[Pair]],
        source: Vocabulary,
        target: Vocabulary,
        *,
        batch: int = 64,
        written: int = 500,
        truth: float = 1.0,
        truth_epochs: int = 1,
        seed: int = 0,
    ) -> None:
        if "train" not in parts:
            raise ValueError(f"parts: expected one named 'train', got {list(parts)}")
        self.model: nn.Module = model
        self.parts = tuple(parts)
        self.B, self.seed = check_size("batch", batch), check_seed(seed)
        self._written = check_count("written", written)
        self._truth = check_number("truth", truth, "[0, 1]")
        self._truth_epochs = check_size("truth_epochs", truth_epochs)
        self._target = target
        settings = plain(getattr(model, "settings", {}))
        for name, vocabulary in (("source", source), ("target", target)):
            tokens = settings.get(f"{name}_tokens")
            if tokens != len(vocabulary):
                raise ValueError(
                    f"{name}: expected a vocabulary of {tokens} tokens, as the model has, "
                    f"got {len(vocabulary)}"
                )
        for special in (PAD, BEGIN, END):
            if special not in target:
                raise ValueError(f"target: expected a vocabulary with {special!r}, got one without")
        self._pad, self._begin, self._end = (target.id(token) for token in (PAD, BEGIN, END))
        for name, pairs in parts.items():
            _check_pairs(f"parts[{name!r}]", pairs)
        check_apart({name: [pair[0] for pair in pairs] for name, pairs in parts.items()})
        self._data = {name: _encoded(name, parts[name], source, target) for name in parts}
        # BLEU compares words; sacrebleu, which computes it, is not needed to train.
        has_bleu = target.level == "word" and importlib.util.find_spec("sacrebleu") is not None
        self._has_bleu = has_bleu
        self.goals: Mapping[str, Goal] = {
            "loss": "min",
            "exact": "max",
            "edits": "min",
            **({"bleu": "max", "chrf": "max"} if has_bleu else {}),
        }
        self._about = {
            "kind": "translate",
            "model": settings,
            "batch": self.B,
            "seed": self.seed,
            "truth": [self._truth, self._truth_epochs],
            "data": {
                name: fingerprint([*part.sources, *part.targets])
                for name, part in self._data.items()
            },
            "vocabulary-source": source.sha256,
            "vocabulary-target": target.sha256,
        }

    def sizes(self) -> dict[str, str]:
        """Say how many pairs each part holds, and how much of its targets is unknown."""
        unknown = self._target.id(UNKNOWN) if UNKNOWN in self._target else None
        found = {}
        for name, part in self._data.items():
            ids = np.concatenate(part.targets)
            count = int((ids == unknown).sum())
            share = f", {count / len(ids):.2%} of the target's tokens unknown" if count else ""
            found[name] = f"{len(part.texts):,} pairs{share}"
        return found

    def sources(self, part: str) -> list[Ids]:
        """Return the sources of a part, as :meth:`write` reads them."""
        return self._data[part].sources

    def batches_per_epoch(self) -> int:
        """Return the number of batches in the training part; one may be smaller."""
        return math.ceil(len(self._data["train"].sources) / self.B)

    def batches(self, epoch: int, share: Share = ALONE) -> Iterator[Batch]:
        """Yield the padded pairs of an epoch, each with the share of truth."""
        part, count = self._data["train"], self.batches_per_epoch()
        order = pair_batches(part.sources, part.targets, self.B, generator(self.seed, epoch))
        for number, indices in enumerate(order):
            way = min((epoch + number / count) / self._truth_epochs, 1.0)
            truth = torch.tensor(1 + (self._truth - 1) * way, dtype=torch.float64)
            yield *self._batch(part, indices, share), truth

    def loss(self, net: nn.Module, batch: Batch, carry: Carry = ()) -> Loss:
        """Sum the cross-entropy over the tokens of the targets; padding does not count."""
        source, source_lengths, inputs, targets, target_lengths, truth = batch
        log_probs, _ = net(source, inputs, source_lengths, target_lengths, truth=truth.item())
        total = nll_loss(
            log_probs.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        return Loss(total, int((targets != IGNORED).sum().item()))

    def evaluate(self, part: str, device: torch.device) -> dict[str, float]:
        """Return the loss of a part in nats per token, and how right what the model writes is."""
        data = self._data[part]
        loss = Mean()
        for indices in _similar(data.sources, max(self.B, 256)):
            batch = (tensor.to(device) for tensor in self._batch(data, indices, ALONE))
            truth = torch.tensor(1.0)
            found = self.loss(self.model, (*batch, truth))
            loss = loss.add(found.total.double().item(), found.number)
        metrics = {"loss": loss.value}
        count = len(data.texts) if part == "test" else min(self._written, len(data.texts))
        if count:
            level, texts = self._target.level, data.texts[:count]
            tokens = self.write(data.sources[:count], device)
            written = [to_text(row, level) for row in tokens]
            metrics["exact"] = exact_match(written, texts)
            metrics["edits"] = error_rate(tokens, [to_tokens(text, level) for text in texts])
            if self._has_bleu:
                metrics |= {"bleu": bleu(written, texts), "chrf": chrf(written, texts)}
        return metrics

    def write(
        self, sources: Sequence[Ids], device: torch.device | None = None, *, width: int = 1
    ) -> list[list[str]]:
        """Translate sources.

        Parameters
        ----------
        sources : N rows of ids, (S_n,)
        device : torch.device, optional
            Where the model is; the CPU by default.
        width : int
            Of a beam, whose texts are compared by the mean log-probability of a token; 1 takes the
            likeliest token each time.

        Returns
        -------
        list of N lists of str
            The tokens of each target, its end not among them.
        """
        assert isinstance(self.model, Seq2Seq)
        found: list[list[str]] = [[]] * len(sources)
        for indices in _similar(sources, 256):
            batch = pad_pairs([sources[i] for i in indices], [[]] * len(indices), 0, 0, 0)
            source = torch.from_numpy(batch.source)
            source = source if device is None else source.to(device)
            scorer = Translator(self.model, source, torch.from_numpy(batch.source_lengths))
            begin = np.full((1, len(indices)), self._begin)
            longest = most_tokens(len(source))
            if width == 1:
                texts = greedy_batch(scorer, begin, longest, stop=self._end)
            else:
                texts = [
                    best
                    for best, *_ in beam_search_batch(
                        scorer, begin, longest, width=width, alpha=1.0, stop=self._end
                    )
                ]
            for i, text in zip(indices, texts, strict=True):
                found[i] = tokens_of(text.ids, self._target)
        return found

    def identity(self) -> dict[str, Any]:
        """Return what tells this task from others: model, batches, data, vocabularies."""
        return self._about

    def _batch(self, part: _Part, indices: Ids, share: Share) -> tuple[torch.Tensor, ...]:
        mine = indices[share.of(len(indices))]
        counted = len(mine) > 0
        # A process without a pair still has to take part: it gets one that does not count.
        mine = mine if counted else indices[:1]
        batch = pad_pairs(
            [part.sources[i] for i in mine], [part.targets[i] for i in mine],
            self._begin, self._end, self._pad,
        )  # fmt: skip
        if not counted:
            batch.targets.fill(IGNORED)
        return tuple(torch.from_numpy(array) for array in batch)


def most_tokens(S: int) -> int:
    """Return how many tokens may be written for a source of S: one that never ends is cut off.

    Examples
    --------
    >>> most_tokens(20)
    50
    """
    return 2 * S + 10


def tokens_of(ids: Ids, target: Vocabulary) -> list[str]:
    """Return the tokens of what was written, up to its end.

    Examples
    --------
    >>> target = Vocabulary.build(["vingt", "-", "six"], level="word")
    >>> tokens_of(np.append(target.encode("vingt - six"), target.id(END)), target)
    ['vingt', '-', 'six']
    """
    tokens = [target.tokens[number] for number in ids]
    return tokens[: tokens.index(END)] if END in tokens else tokens


def _similar(sources: Sequence[Ids], size: int) -> Iterator[Ids]:
    """Yield indices by size, sources of similar length together: less padding."""
    order = np.argsort([len(source) for source in sources], kind="stable")
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _encoded(name: str, pairs: Sequence[Pair], source: Vocabulary, target: Vocabulary) -> _Part:
    sources = [source.encode(to_tokens(text, source.level)) for text, _ in pairs]
    for n, ids in enumerate(sources):
        if len(ids) == 0:
            raise ValueError(f"parts[{name!r}][{n}]: expected a source of at least one token")
    targets = [target.encode(to_tokens(text, target.level)) for _, text in pairs]
    return _Part(sources, targets, [text for _, text in pairs])


def _check_pairs(name: str, pairs: Any) -> None:
    if not isinstance(pairs, Sequence) or isinstance(pairs, str):
        raise TypeError(f"{name}: expected a list of pairs of texts, got {type(pairs).__name__}")
    for n, pair in enumerate(pairs):
        is_pair = isinstance(pair, (tuple, list)) and len(pair) == 2
        if not is_pair or not all(isinstance(text, str) for text in pair):
            raise TypeError(f"{name}[{n}]: expected a source and a target text, got {pair!r}")
