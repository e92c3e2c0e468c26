"""Text from a finished run: its model goes on with a prompt, token by token."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from course_pkg.checks import check_option, check_seed, check_size
from course_pkg.data.text.byte_pairs import AnyVocabulary, BytePairs
from course_pkg.data.text.spaces import with_space
from course_pkg.data.text.tokens import words
from course_pkg.data.text.vocabulary import END, UNKNOWN, Vocabulary
from course_pkg.decoding.beam import beam_search
from course_pkg.decoding.greedy import greedy
from course_pkg.decoding.sample import sample
from course_pkg.models.language_model import LanguageModel
from course_pkg.models.scorer import Scorer
from course_pkg.reference.checks import IntArray
from course_pkg.training.recipes.finished import open_finished
from course_pkg.training.recipes.tables import VOCABULARY

WIDEST = 1000  # texts in a beam: each is a state of its own
LONGEST = 10**9  # tokens; their ids are kept


class Trained(NamedTuple):
    """What a finished run of the task ``lm`` has learned."""

    model: LanguageModel
    vocabulary: AnyVocabulary


def open_run(folder: Path) -> Trained:
    """Read the model and the vocabulary of a run folder.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Trained
        The model is in float64: rounding then hardly ever changes a draw, so that a seed gives the
        same text on another machine, and a small model reads twice as fast as in float32.

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no finished run in it.
    ValueError
        If it is a run of another task, a file is damaged, or the vocabulary is not the model's.
    """
    model, (vocabulary,) = open_finished(folder, "lm", LanguageModel, {VOCABULARY: "tokens"})
    return Trained(model, vocabulary)


def tokens_of(prompt: str, vocabulary: Vocabulary) -> list[str]:
    """Cut a prompt into tokens of a vocabulary.

    At level "word", what stands between spaces is one token where the vocabulary has it, else the
    words and punctuation marks in it; a line end is ``<eos>`` where the vocabulary has that.

    Raises
    ------
    ValueError
        If there is no token, or one is unknown.

    Examples
    --------
    >>> vocabulary = Vocabulary.build(["do", "n't", "stop", "!"], level="word")
    >>> tokens_of("do n't stop!", vocabulary)
    ['do', "n't", 'stop', '!']
    >>> tokens_of("go on", vocabulary)
    Traceback (most recent call last):
        ...
    ValueError: prompt: expected tokens of the vocabulary, got 'go', 'on'
    """
    found: list[str] = []
    if vocabulary.level == "char":
        found = list(prompt)
    else:
        for number, line in enumerate(prompt.split("\n")):
            found += [END] if number > 0 and END in vocabulary else []
            for piece in line.split():
                found += [piece] if piece in vocabulary else words(piece) or [piece]
    if not found:
        raise ValueError("prompt: expected at least one token, got an empty text")
    unknown = list(dict.fromkeys(token for token in found if token not in vocabulary))
    if unknown:
        listed = ", ".join(repr(token) for token in unknown[:10])
        rest = f" and {len(unknown) - 10} more" if len(unknown) > 10 else ""
        raise ValueError(f"prompt: expected tokens of the vocabulary, got {listed}{rest}")
    return found


Piece = Callable[[int | None], str]  # the text that a token adds; None: nothing comes any more


def _of_tokens(prompt: str, vocabulary: Vocabulary) -> tuple[IntArray, Piece]:
    before = tokens_of(prompt, vocabulary)
    ids = vocabulary.encode(before)

    def piece(number: int | None) -> str:
        if number is None:
            return ""
        token = vocabulary.tokens[number]
        text = token if vocabulary.level == "char" else with_space(token, before[-1])
        before[:] = [token]
        return text

    return ids, piece


def _of_bytes(prompt: str, pairs: BytePairs) -> tuple[IntArray, Piece]:
    ids = pairs.encode(prompt)
    if len(ids) == 0:
        raise ValueError("prompt: expected at least one token, got an empty text")
    # A character may be cut: its first bytes wait for the others. What is no text is replaced.
    decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def piece(number: int | None) -> str:
        if number is None:
            return decoder.decode(b"", final=True)
        return decoder.decode(pairs.contents[number])

    return ids, piece


def generate(
    trained: Trained,
    prompt: str,
    write: Callable[[str], object],
    *,
    way: str = "sample",
    length: int = 500,
    seed: int = 0,
    width: int = 5,
    unknown: bool = False,
    **filters: Any,
) -> None:
    """Write a prompt, and then what a model goes on with, piece by piece.

    Parameters
    ----------
    trained : Trained
        What :func:`open_run` returned.
    prompt : str
    write : callable
        Is given each piece of the text as soon as it is there: with a beam, all at the end.
    way : {'sample', 'greedy', 'beam'}
        One of the ways of :mod:`course_pkg.decoding`.
    length : int
        Tokens to write after the prompt.
    seed : int
        Of a sample.
    width : int
        Of a beam.
    unknown : bool
        Whether the token for unknown words may be written.
    **filters
        ``temperature``, ``top_k`` and ``top_p`` of :func:`course_pkg.decoding.sample.sample`.

    Raises
    ------
    ValueError
        If the prompt has no token or unknown ones, or an option is out of its range. Nothing has
        been written then.
    """
    model, vocabulary = trained
    if isinstance(vocabulary, BytePairs):
        ids, piece = _of_bytes(prompt, vocabulary)
    else:
        ids, piece = _of_tokens(prompt, vocabulary)
    check_option("way", way, ("sample", "greedy", "beam"))
    if check_size("length", length) > LONGEST:
        raise ValueError(f"length: expected at most {LONGEST:,}, got {length}")
    if check_size("beam", width) > WIDEST:
        raise ValueError(f"beam: expected at most {WIDEST:,}, got {width}")
    forbidden = [vocabulary.id(UNKNOWN)] if UNKNOWN in vocabulary.specials and not unknown else []
    begun = False

    def on_token(number: int) -> None:
        nonlocal begun
        if not begun:  # only now: no option was refused
            write(prompt if vocabulary.level == "char" else prompt.rstrip(" "))
            begun = True
        write(piece(number))

    scorer = Scorer(model)
    if way == "beam":
        best, *_ = beam_search(scorer, ids, length, width=width, forbidden=forbidden)
        for number in best.ids:
            on_token(int(number))
    elif way == "greedy":
        greedy(scorer, ids, length, forbidden=forbidden, on_token=on_token)
    else:
        rng = np.random.default_rng(check_seed(seed))
        sample(scorer, ids, length, rng, forbidden=forbidden, on_token=on_token, **filters)
    rest = piece(None)
    if rest:
        write(rest)
