"""A finished run of the task ``translate`` at work: one text in, the likeliest others out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from course_pkg.checks import check_size
from course_pkg.data.text.joined import to_text, to_tokens
from course_pkg.data.text.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary
from course_pkg.decoding.beam import beam_search
from course_pkg.decoding.greedy import greedy
from course_pkg.decoding.writing import Written
from course_pkg.models.seq2seq import Seq2Seq
from course_pkg.models.translator import Translator
from course_pkg.reference.checks import Array
from course_pkg.training.recipes.finished import open_finished
from course_pkg.training.recipes.tables import SOURCE, TARGET
from course_pkg.training.tasks.translate import most_tokens, tokens_of

WIDEST = 1000  # texts in a beam: each is a state of its own
LONGEST = 10_000  # tokens of a source; the attention looks at all of them at each step


class Trained(NamedTuple):
    """What a finished run of the task ``translate`` has learned."""

    model: Seq2Seq
    source: Vocabulary
    target: Vocabulary


class Answer(NamedTuple):
    """One text that the model wrote."""

    text: str
    tokens: list[str]  # T of them, the end not among them
    score: float  # the mean log-probability of its tokens, the end among them
    ended: bool  # or it was cut off
    weights: Array | None  # (T, S), where the model looked; None without attention


def open_run(folder: Path) -> Trained:
    """Read the model and the two vocabularies of a run folder.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Trained
        The model is in float64.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no finished run in it.
    ValueError
        If it is a run of another task, a file is damaged, or a vocabulary is not the model's.
    """
    files = {SOURCE: "source_tokens", TARGET: "target_tokens"}
    model, (source, target) = open_finished(folder, "translate", Seq2Seq, files)
    if not isinstance(source, Vocabulary) or not isinstance(target, Vocabulary):
        raise ValueError(f"{folder}: expected vocabularies of tokens, got byte pairs")
    for special in (PAD, BEGIN, END):
        if special not in target:
            raise ValueError(f"{folder}: {TARGET}: expected the token {special!r}, found none")
    return Trained(model, source, target)


def source_tokens(text: str, source: Vocabulary) -> list[str]:
    """Cut a text into the tokens that a model reads; unknown ones stay as they are.

    Raises
    ------
    ValueError
        If there is none, or there are too many, or one is unknown and the vocabulary has no token
        for those.

    Examples
    --------
    >>> source_tokens("ninety-nine", Vocabulary.build(["ninety", "-", "nine"], level="word"))
    ['ninety', '-', 'nine']
    """
    tokens = to_tokens(text, source.level)
    if not tokens:
        raise ValueError("text: expected at least one token, got an empty text")
    if len(tokens) > LONGEST:
        raise ValueError(f"text: expected at most {LONGEST:,} tokens, got {len(tokens):,}")
    unknown = unknown_of(tokens, source)
    if unknown and UNKNOWN not in source:
        raise ValueError(f"text: expected tokens of the vocabulary, got {unknown[0]!r}")
    return tokens


def unknown_of(tokens: Sequence[str], source: Vocabulary) -> list[str]:
    """Return the tokens that a vocabulary does not have, each once.

    Examples
    --------
    >>> unknown_of(["a", "b", "b"], Vocabulary.build("a"))
    ['b']
    """
    return list(dict.fromkeys(token for token in tokens if token not in source))


def translate(
    trained: Trained, tokens: Sequence[str], *, width: int = 1, n_best: int = 1
) -> list[Answer]:
    """Translate one text.

    Parameters
    ----------
    trained : Trained
        What :func:`open_run` returned.
    tokens : sequence of S str
        What :func:`source_tokens` returned.
    width : int
        Of a beam; 1 writes the likeliest token each time.
    n_best : int
        How many answers to return, at most ``width``.

    Returns
    -------
    list of Answer
        The best first, by its score. There are fewer than ``n_best`` if the search found no more.

    Raises
    ------
    ValueError
        If an option is out of its range.
    """
    model, source, target = trained
    if check_size("width", width) > WIDEST:
        raise ValueError(f"width: expected at most {WIDEST:,}, got {width}")
    ids = torch.from_numpy(source.encode(tokens))[:, None]  # (S, 1)
    scorer, begin, end = Translator(model, ids), [target.id(BEGIN)], target.id(END)
    length = most_tokens(len(tokens))
    # The model was never told to write one of these, or, of unknown words, which one it is.
    never = [target.id(token) for token in (PAD, BEGIN, UNKNOWN) if token in target]
    if width == 1 == check_size("n_best", n_best):
        found = [greedy(scorer, begin, length, stop=end, forbidden=never)]
    else:
        found = beam_search(
            scorer, begin, length, width=width, alpha=1.0, stop=end, forbidden=never, n_best=n_best
        )
    return [_answer(trained, ids, written) for written in found]


def _answer(trained: Trained, ids: torch.Tensor, written: Written) -> Answer:
    """Read what was written once more, to see where the model looked."""
    model, _, target = trained
    tokens = tokens_of(written.ids, target)
    inputs = np.append(target.id(BEGIN), written.ids[:-1])
    with torch.inference_mode():
        _, weights = model(ids, torch.from_numpy(inputs)[:, None])  # (T, 1, S)
    return Answer(
        to_text(tokens, target.level),
        tokens,
        float(written.log_probs.mean()),
        len(tokens) < len(written.ids),
        None if weights is None else weights[: len(tokens), 0].numpy(),
    )
