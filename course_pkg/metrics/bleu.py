"""BLEU and chrF of a corpus, as sacrebleu computes them, so that others can compare the numbers.

The chapter writes BLEU in open code. What one reports comes from here: a BLEU score depends on how
the text is cut into words, and sacrebleu cuts it in the one way that most papers agreed on.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from course_pkg.checks import check_option
from course_pkg.metrics.pairs import check_pairs

TOKENIZERS = ("13a", "none", "char", "zh", "intl")  # those that need no further package
SMOOTHING = ("exp", "none")


def bleu(
    hypotheses: Sequence[str],
    references: Sequence[str],
    *,
    tokenize: str = "13a",
    smooth: str = "exp",
) -> float:
    """Return the BLEU score of a corpus with one reference for each sentence.

    Parameters
    ----------
    hypotheses, references : list of B str
        What a model wrote, and what is right, as one would print them.
    tokenize : str
        How to cut them into words: ``"13a"`` for languages with spaces, ``"zh"`` for Chinese,
        ``"char"`` into characters, ``"none"`` at spaces alone, ``"intl"`` at all punctuation.
    smooth : str
        What to do if no n-gram of some length is right. ``"exp"`` halves a single match again and
        again; with ``"none"`` the score is 0.

    Returns
    -------
    float in 0..100

    Raises
    ------
    ModuleNotFoundError
        If sacrebleu is not installed; the message says what to do.
    TypeError, ValueError
        If these are no two lists of texts, of the same length, at least 1, or an option is
        unknown.

    Notes
    -----
    The defaults are sacrebleu's own: case is kept, and the score is one of the corpus, not a mean
    over sentences. Report the version of sacrebleu and ``tokenize`` with a score.

    Equation: eq-bleu

    Source: :cite:t:`papineni2002`; why one tool for all: :cite:t:`post2018`.

    Examples
    --------
    >>> round(bleu(["the cat sat on the mat"], ["the cat sat on a mat"]), 1)
    53.7
    """
    check_option("tokenize", tokenize, TOKENIZERS)
    check_option("smooth", smooth, SMOOTHING)
    _check_texts(hypotheses, references)
    # With `force`, sacrebleu does not warn that texts look as if they were cut into words already.
    score: float = (
        _sacrebleu()
        .corpus_bleu(hypotheses, [references], tokenize=tokenize, smooth_method=smooth, force=True)
        .score
    )
    return score


def chrf(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """Return the chrF score of a corpus: the share of character n-grams, up to length 6.

    It does not depend on where words end, so it needs no tokenizer, and a word with a wrong
    ending is partly right.

    Parameters
    ----------
    hypotheses, references : list of B str
        What a model wrote, and what is right, as one would print them.

    Returns
    -------
    float in 0..100
        Precision and recall, each a mean over the lengths; recall counts twice as much.

    Raises
    ------
    ModuleNotFoundError
        If sacrebleu is not installed; the message says what to do.
    TypeError, ValueError
        If these are no two lists of texts, of the same length, at least 1.

    Notes
    -----
    Source: :cite:t:`popovic2015`.

    Examples
    --------
    >>> round(chrf(["the cats sat"], ["the cat sat"]), 1)
    74.8
    """
    _check_texts(hypotheses, references)
    score: float = _sacrebleu().corpus_chrf(hypotheses, [references]).score
    return score


def _sacrebleu() -> ModuleType:
    """Return the package, which most of the course does without."""
    try:
        import sacrebleu
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "bleu and chrf are computed by the package sacrebleu; install it with "
            "'pip install sacrebleu'"
        ) from error
    return sacrebleu


def _check_texts(hypotheses: Sequence[str], references: Sequence[str]) -> None:
    check_pairs(hypotheses, references)
    for name, texts in (("hypotheses", hypotheses), ("references", references)):
        for n, text in enumerate(texts):
            if not isinstance(text, str):
                raise TypeError(f"{name}[{n}]: expected a text (str), got {type(text).__name__}")
