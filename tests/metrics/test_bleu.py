"""`course_pkg.metrics.bleu` by hand; BLEU once more from its definition; without sacrebleu."""

import math
import sys
from collections import Counter

import numpy as np
import pytest

from course_pkg.metrics.bleu import bleu, chrf

PLAIN = {"tokenize": "none", "smooth": "none"}


def by_definition(hypotheses, references):
    """BLEU without smoothing, sums before ratios, written apart from sacrebleu."""
    matches, totals, c, r = [0] * 4, [0] * 4, 0, 0
    for written, right in zip(hypotheses, references, strict=True):
        written, right = written.split(), right.split()
        c, r = c + len(written), r + len(right)
        for n in range(1, 5):
            grams = [tuple(written[i : i + n]) for i in range(len(written) - n + 1)]
            left = Counter(tuple(right[i : i + n]) for i in range(len(right) - n + 1))
            totals[n - 1] += len(grams)
            for gram in grams:
                if left[gram]:
                    left[gram] -= 1
                    matches[n - 1] += 1
    if not all(matches):
        return 0.0
    precision = math.prod(m / t for m, t in zip(matches, totals, strict=True)) ** (1 / 4)
    return 100 * min(1.0, math.exp(1 - r / c)) * precision


def random_corpus(seed, sentences=30):
    """Draw references of few words, and hypotheses that differ in some, with some left out."""
    rng = np.random.default_rng(seed)
    references, hypotheses = [], []
    for _ in range(sentences):
        right = rng.integers(6, size=rng.integers(1, 15))
        written = np.where(rng.random(len(right)) < 0.25, rng.integers(6, size=len(right)), right)
        written = written[rng.random(len(right)) > 0.1]
        references.append(" ".join(f"w{k}" for k in right))
        hypotheses.append(" ".join(f"w{k}" for k in written))
    return hypotheses, references


def test_by_hand():
    # 5 of 6 words ("the" counts once), 3 of 5 pairs, 2 of 4 triples, 1 of 3 quadruples
    found = bleu(["the cat sat on the mat"], ["the cat sat on a mat"], **PLAIN)
    assert found == pytest.approx(100 * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25, rel=1e-12)
    # all right, but 5 words for 6
    found = bleu(["the cat sat on a"], ["the cat sat on a mat"], **PLAIN)
    assert found == pytest.approx(100 * math.exp(1 - 6 / 5), rel=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_the_same_as_by_definition(seed):
    hypotheses, references = random_corpus(seed)
    expected = by_definition(hypotheses, references)
    assert expected > 10
    assert bleu(hypotheses, references, **PLAIN) == pytest.approx(expected, rel=1e-12)


def test_edges():
    text = ["the cat sat on the mat"]
    assert bleu(text, text) == pytest.approx(100)
    assert bleu([""], text) == bleu(text, [""]) == bleu([""], [""]) == 0.0
    assert bleu(["mat the on sat cat the"], text, **PLAIN) == 0.0  # no four words in a row
    assert bleu(["mat the on sat cat the"], text) > 0  # smoothed
    assert bleu(["the cat sat"], ["the cat sat"], **PLAIN) == 0.0  # right, but no four words long


def test_the_tokenizer_is_part_of_the_measure():
    hypothesis, reference = ["He left, and I stayed."], ["He left , and I stayed ."]
    assert bleu(hypothesis, reference) == pytest.approx(100)
    assert bleu(hypothesis, reference, tokenize="none") < 50
    chinese = ["三百二十一万"], ["三百二十二万"]
    assert bleu(*chinese, tokenize="none") == 0.0
    # characters: 5 of 6, 3 of 5, 2 of 4, 1 of 3
    expected = pytest.approx(100 * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** 0.25)
    assert bleu(*chinese, tokenize="char") == bleu(*chinese, tokenize="zh") == expected


def test_chrf_by_hand():
    # Without the space: "ab" against "abc". Single letters 2/2 and 2/3, pairs 1/1 and 1/2; the
    # longer n-grams that only one has are left out.
    p, r = 1.0, (2 / 3 + 1 / 2) / 2
    assert chrf(["a b"], ["ab c"]) == pytest.approx(100 * 5 * p * r / (4 * p + r), rel=1e-12)
    assert chrf(["ab"], ["ab"]) == pytest.approx(100)
    assert chrf(["ab"], ["cd"]) == 0.0


def test_a_wrong_ending_costs_chrf_less_than_a_wrong_word():
    right = ["the dogs were walking home"]
    ending, word = ["the dogs were walked home"], ["the dogs were sparrow home"]
    assert bleu(ending, right) == bleu(word, right)
    assert chrf(ending, right) > chrf(word, right) + 10


@pytest.mark.parametrize("measure", [bleu, chrf])
@pytest.mark.parametrize(
    ("hypotheses", "references", "error", "message"),
    [
        ("a b", ["a b"], TypeError, "hypotheses: expected a list of sequences, got str"),
        ([], [], ValueError, "references: expected at least one, got none"),
        (["a"], ["a", "b"], ValueError, "hypotheses: expected 2 of them, one for each"),
        (["a"], [["a", "b"]], TypeError, r"references\[0\]: expected a text \(str\), got list"),
        (["a", None], ["a", "b"], TypeError, r"hypotheses\[1\]: expected a text .* got NoneType"),
    ],
)
def test_messages(measure, hypotheses, references, error, message):
    with pytest.raises(error, match=message):
        measure(hypotheses, references)


def test_unknown_options():
    with pytest.raises(ValueError, match=r"tokenize: expected one of '13a', 'none', .* got 'word'"):
        bleu(["a"], ["a"], tokenize="word")
    with pytest.raises(ValueError, match="smooth: expected one of 'exp', 'none', got 'add-k'"):
        bleu(["a"], ["a"], smooth="add-k")


@pytest.mark.parametrize("measure", [bleu, chrf])
def test_without_sacrebleu_the_message_says_what_to_install(measure, monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(ModuleNotFoundError, match="sacrebleu; install it with 'pip install sac"):
        measure(["a"], ["a"])
