"""Pairs of texts in words, and a model that learns them: for summaries and dialogues.

Source and target share one vocabulary. A word outside it gets a number behind the vocabulary,
counted anew in each pair, so that a model may copy it; for a model that does not copy, all such
words are one unknown token.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from course_pkg.data.batching.pairs import PairBatch, pad_pairs, pair_batches
from course_pkg.data.text.joined import to_text, to_tokens
from course_pkg.data.text.vocabulary import BEGIN, END, PAD, SPECIALS, UNKNOWN
from course_pkg.decoding.greedy import greedy_batch
from course_pkg.models.pointer import PointerSeq2Seq
from course_pkg.models.seq2seq import Seq2Seq
from course_pkg.models.translator import Translator
from course_pkg.training.schedules import make_schedule

Pair = tuple[str, str]  # source, target
Ids = list[int]
Row = np.ndarray


class Words:
    """The words that occur in ``least`` training pairs, and their numbers."""

    def __init__(self, pairs: Sequence[Pair], least: int = 1) -> None:
        found = Counter(
            word for pair in pairs for word in {w for text in pair for w in to_tokens(text, "word")}
        )
        kept = sorted(word for word, count in found.items() if count >= least)
        self.words = [*SPECIALS, *kept]
        self.number = {word: n for n, word in enumerate(self.words)}
        self.pad, self.unknown, self.begin, self.end = (
            self.number[mark] for mark in (PAD, UNKNOWN, BEGIN, END)
        )

    def __len__(self) -> int:
        """Return V."""
        return len(self.words)

    def new(self, source: str) -> list[str]:
        """Return the words of a source that are not in the vocabulary, each once."""
        return [w for w in dict.fromkeys(to_tokens(source, "word")) if w not in self.number]

    def encode(self, pair: Pair, *, copies: bool) -> tuple[Ids, Ids]:
        """Return the ids of a source and its target; where it copies, V + k for new word k."""
        V = len(self)
        more = {w: V + k for k, w in enumerate(self.new(pair[0]))} if copies else {}
        source, target = (
            [self.number.get(w, more.get(w, self.unknown)) for w in to_tokens(text, "word")]
            for text in pair
        )
        return source, target

    def batch(self, encoded: Sequence[tuple[Ids, Ids]]) -> PairBatch:
        """Put encoded pairs side by side."""
        sources, targets = zip(*encoded, strict=True)
        return pad_pairs(sources, targets, self.begin, self.end, self.pad)


def fresh_model(
    words: Words, seed: int, *, attention: str, copies: bool, H: int, E: int
) -> Seq2Seq:
    """Return a model with the weights of a seed."""
    torch.manual_seed(seed)
    if copies:
        return PointerSeq2Seq(
            tokens=len(words), unknown=words.unknown, attention=attention, hidden=H, embedding=E
        )
    V = len(words)
    return Seq2Seq(source_tokens=V, target_tokens=V, attention=attention, hidden=H, embedding=E)


def learn(
    model: Seq2Seq,
    words: Words,
    pairs: Sequence[Pair],
    seed: int,
    *,
    updates: int,
    lr: float = 1e-2,
    B: int = 32,
) -> list[float]:
    """Train on batches drawn from the pairs; return the loss per token at each update."""
    rng = np.random.default_rng(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, make_schedule("cosine", updates, warm_up_steps=max(1, updates // 20))
    )
    copies = isinstance(model, PointerSeq2Seq)
    encoded = [words.encode(pair, copies=copies) for pair in pairs]
    sources, targets = zip(*encoded, strict=True)
    losses, drawn = list[float](), list[Row]()
    for _ in range(updates):
        drawn = drawn or pair_batches(sources, targets, B, rng)
        batch = words.batch([encoded[n] for n in drawn.pop()])
        log_probs, _ = model(
            torch.from_numpy(batch.source),
            torch.from_numpy(batch.inputs),
            batch.source_lengths,
            batch.target_lengths,
        )
        loss = nn.functional.nll_loss(
            log_probs.flatten(0, 1), torch.from_numpy(batch.targets).flatten()
        )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
    return losses


def write(
    model: Seq2Seq, words: Words, sources: Sequence[str], *, length: int = 40, replace: bool = False
) -> list[str]:
    """Let the model write the most probable word each time, after each source.

    With ``replace``, a source word takes the place of each unknown word that it writes: the one
    with the largest weight then.
    """
    copies = isinstance(model, PointerSeq2Seq)
    batch = words.batch([words.encode((source, ""), copies=copies) for source in sources])
    writer = Translator(model, torch.from_numpy(batch.source), batch.source_lengths.tolist())
    prompts = np.full((1, len(sources)), words.begin)
    written = [found.ids for found in greedy_batch(writer, prompts, length, stop=words.end)]
    looked = _looked(writer, written, words) if replace else None
    texts = []
    for b, (source, ids) in enumerate(zip(sources, written, strict=True)):
        every, read = words.words + words.new(source), to_tokens(source, "word")
        tokens = [
            read[looked[t, b]] if looked is not None and n == words.unknown else every[n]
            for t, n in enumerate(ids)
            if n != words.end
        ]
        texts.append(to_text(tokens, "word"))
    return texts


@torch.no_grad()
def probabilities(model: Seq2Seq, words: Words, pairs: Sequence[Pair]) -> Row:
    """Return the probability of each target given its source, (B,)."""
    copies = isinstance(model, PointerSeq2Seq)
    batch = words.batch([words.encode(pair, copies=copies) for pair in pairs])
    targets = torch.from_numpy(batch.targets)
    log_probs, _ = model(
        torch.from_numpy(batch.source),
        torch.from_numpy(batch.inputs),
        batch.source_lengths,
        batch.target_lengths,
    )
    each = log_probs.gather(2, targets.clamp_min(0)[:, :, None])[:, :, 0]  # 0 behind the end
    found: Row = each.double().sum(dim=0).exp().numpy()
    return found


def _looked(writer: Translator, written: Sequence[Row], words: Words) -> Row:
    """Return where the model looks most when it writes each word, (T, B)."""
    B, T = len(written), max(map(len, written))
    inputs = np.full((T, B), words.end)
    inputs[0] = words.begin
    for b, ids in enumerate(written):
        inputs[1 : len(ids), b] = ids[:-1]
    state, places = writer.start(B), []
    for row in inputs:
        _, state = writer.step(row, state)
        weights = writer.weights(state)
        assert weights is not None
        places.append(weights.argmax(axis=1))
    return np.array(places)
