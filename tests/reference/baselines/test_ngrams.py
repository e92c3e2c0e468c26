"""`course_pkg.reference.baselines.ngrams` by hand, by definition, and on a known source."""

import math
from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest

from course_pkg.data.sets.agreement import agreement_grammar, load_agreement
from course_pkg.data.text.vocabulary import Vocabulary
from course_pkg.metrics.language import perplexity
from course_pkg.reference.baselines.ngrams import KneserNey, discount

A, B, C, D = range(4)
TEXT = np.array([A, B, A, C, A, B, A, B, C, A])  # D is in the vocabulary, and not in the text


def of(denominator, *numerators):
    return [float(Fraction(n, denominator)) for n in numerators]


# Before each context: what c(h w) is for w = a, b, c, d, and the probabilities, by hand.
BY_HAND = {
    # ab 3, ba 2, ac 1, ca 2, bc 1: D = 2 / (2 + 4) = 1/3. After how many different tokens:
    # a 2 (b, c), b 1 (a), c 2 (a, b): D = 1 / (1 + 4) = 1/5, and 3 of 4 tokens have counts.
    "bigram, no context": (2, [], of(100, 39, 19, 39, 3)),  # (2 - 1/5 + 1/5 * 3 * 1/4) / 5 = 0.39
    "bigram, a": (2, [A], of(600, 39, 419, 139, 3)),  # b: (3 - 1/3 + 1/3 * 2 * 19/100) / 4
    "bigram, never seen": (2, [D], of(100, 39, 19, 39, 3)),
    # aba 2, bac aca cab bab abc bca 1: D = 6 / (6 + 2) = 3/4. After different tokens: ab 2 (c, b),
    # ca 2 (a, b), ba ac bc 1: D = 3 / (3 + 4) = 3/7. The unigrams are those of above.
    "trigram, b": (3, [B], of(700, 317, 57, 317, 9)),  # a: (1 - 3/7 + 3/7 * 2 * 39/100) / 2
    "trigram, a b": (3, [A, B], of(4200, 2701, 171, 1301, 27)),  # a: (2 - 3/4 + 3/2 * 317/700) / 3
    "trigram, never seen": (3, [C, C], of(1400, 1217, 57, 117, 9)),  # as behind c
    "trigram, longer": (3, [D, C, A, B], of(4200, 2701, 171, 1301, 27)),  # as behind a b
}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_text_of_ten_tokens_by_hand(name):
    order, context, expected = BY_HAND[name]
    p = KneserNey.fit(TEXT, 4, order=order).distribution(np.array(context))
    np.testing.assert_allclose(p, expected, rtol=0, atol=1e-15)


def test_the_first_tokens_are_scored_by_shorter_n_grams():
    log_probs = KneserNey.fit(TEXT, 4, order=3).log_probs(np.array([B, C, C, A]))
    np.testing.assert_allclose(
        np.exp(log_probs),
        [317 / 700, 3 / 4 * 117 / 1400, 1217 / 1400],  # behind b; b c, where bca is 1; c c
        rtol=1e-14,
    )


class Slowly:
    """The formula, word for word: dictionaries, sets and a recursion."""

    def __init__(self, text, V, order):
        self.V, self.counts = V, [defaultdict(int) for _ in range(order + 1)]
        for k in range(1, order + 1):
            before = defaultdict(set)
            for start in range(len(text) - k + 1):
                gram = tuple(text[start : start + k])
                if k == order:
                    self.counts[k][gram] += 1
                elif start > 0:
                    before[gram].add(text[start - 1])
            self.counts[k].update({gram: len(tokens) for gram, tokens in before.items()})

    def taken(self, k):
        ones, twos = (list(self.counts[k].values()).count(n) for n in (1, 2))
        return 0.5 if 0 in (ones, twos) else ones / (ones + 2 * twos)

    def p(self, w, h):
        lower = self.p(w, h[1:]) if h else 1 / self.V
        k = len(h) + 1
        behind = {gram[-1]: c for gram, c in self.counts[k].items() if gram[:-1] == h}
        if not behind:
            return lower
        kept = max(behind.get(w, 0) - self.taken(k), 0)
        return (kept + self.taken(k) * len(behind) * lower) / sum(behind.values())


def random_case(seed):
    """A text in which contexts repeat, one to be scored, and a vocabulary larger than both."""
    rng = np.random.default_rng(seed)
    V, used = int(rng.integers(1, 9)), int(rng.integers(1, 6))
    text = rng.integers(0, min(V, used), int(rng.integers(1, 60)))
    return text, rng.integers(0, V, 12), V, int(rng.integers(1, 7))


SEEDS = range(60)


@pytest.mark.parametrize("seed", SEEDS)
def test_equals_the_formula_written_with_dictionaries(seed):
    text, other, V, order = random_case(seed)
    model, slow = KneserNey.fit(text, V, order=order), Slowly(text.tolist(), V, order)
    for end in range(len(other)):
        h = tuple(other[:end].tolist())[-(order - 1) :] if order > 1 else ()
        expected = [slow.p(w, h) for w in range(V)]
        np.testing.assert_allclose(model.distribution(other[:end]), expected, rtol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_distributions_are_distributions_and_score_texts(seed):
    text, other, V, order = random_case(seed)
    model = KneserNey.fit(text, V, order=order)
    for scored in (text, other):
        rows = np.array([model.distribution(scored[:end]) for end in range(len(scored))])
        assert (rows > 0).all()
        np.testing.assert_allclose(rows.sum(axis=1), 1, rtol=1e-12)
        log_probs = model.log_probs(scored)
        assert log_probs.shape == (len(scored) - 1,)
        chosen = rows[np.arange(1, len(scored)), scored[1:]]
        np.testing.assert_allclose(log_probs, np.log(chosen), rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_as_a_scorer_it_reads_many_sequences_side_by_side(seed):
    text, _, V, order = random_case(seed)
    model = KneserNey.fit(text, V, order=order)
    assert model.tokens == V
    rng = np.random.default_rng(seed)
    read = rng.integers(0, V, (8, 3))  # (T, B)
    state = model.start(3)
    for t in range(len(read)):
        if t == 4:  # sequences change places, one is dropped and one doubled
            rows = np.array([2, 0, 2])
            read, state = read[:, rows], model.pick(state, rows)
        before, ids = state.copy(), read[t].copy()
        log_probs, later = model.step(ids, state)
        np.testing.assert_array_equal(state, before)
        np.testing.assert_array_equal(ids, read[t])
        assert log_probs.shape == (3, V)
        assert log_probs.dtype == np.float64
        for b in range(3):
            np.testing.assert_allclose(
                np.exp(log_probs[b]), model.distribution(read[: t + 1, b]), rtol=1e-12
            )
        state = later
    assert state.shape == (3, min(8, order - 1))


def test_unigrams_are_discounted_frequencies():
    counts = np.array([1, 4, 2, 1, 0, 0])  # D = 2 / (2 + 2)
    p = KneserNey.fit(np.repeat(np.arange(6), counts), 6, order=1).distribution(TEXT[:2])
    np.testing.assert_allclose(p, (np.maximum(counts - 1 / 2, 0) + 1 / 2 * 4 / 6) / 8, rtol=1e-14)


@pytest.mark.parametrize("seed", range(10))
def test_the_counts_of_lower_orders_are_those_that_keep_the_frequencies(seed):
    """Why Kneser and Ney count so: averaged over the contexts, bigrams give what was counted.

    That is exact as long as the unigrams are not discounted themselves.
    """
    text = np.random.default_rng(seed).zipf(1.5, 500) % 20
    model = KneserNey.fit(text, 20, order=2)
    model = KneserNey(20, model.levels, (0.0, model.discounts[1]))
    contexts = np.bincount(text[:-1], minlength=20)
    p = np.array([model.distribution(np.array([h])) for h in range(20)])
    np.testing.assert_allclose(contexts @ p, np.bincount(text[1:], minlength=20), rtol=1e-12)


def test_an_order_above_the_length_of_the_text_backs_off():
    model = KneserNey.fit(np.array([0, 1]), 4, order=5)
    # One bigram: 1 is known after one token, 0 after none. D = 1/2, as no count is 2.
    expected = [1 / 8, 1 / 2 + 1 / 8, 1 / 8, 1 / 8]
    for context in ([], [0], [1], [3, 2, 0, 1]):
        np.testing.assert_allclose(model.distribution(np.array(context)), expected, rtol=1e-15)
    np.testing.assert_allclose(model.log_probs(np.array([0, 1])), np.log([5 / 8]), rtol=1e-15)
    alone = KneserNey.fit(np.array([2]), 4, order=5)
    np.testing.assert_array_equal(alone.distribution(np.array([2])), [1 / 4] * 4)
    assert alone.log_probs(np.array([2])).shape == (0,)


def test_a_discount_leaves_something_for_what_was_seen_and_for_what_was_not():
    assert discount(np.array([1, 1, 1, 2, 3])) == 3 / 5
    for counts in ([1, 1, 3], [2, 2, 3], [7], []):  # the formula gives 1, 0, and 0/0
        assert discount(np.array(counts, dtype=int)) == 0.5


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.uint64])
def test_ids_of_any_integer_type_are_the_same_ids(dtype):
    text = np.random.default_rng(0).integers(0, 200, 2000)
    model, ours = KneserNey.fit(text, 200), KneserNey.fit(text.astype(dtype), 200)
    expected = model.log_probs(text)
    np.testing.assert_array_equal(ours.log_probs(text.astype(dtype)), expected)
    log_probs, _ = ours.step(text[:2].astype(dtype), ours.start(2))
    np.testing.assert_allclose(log_probs[0, text[1]], expected[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_on_a_known_source_it_lies_between_the_truth_and_the_unigrams(seed):
    corpus, grammar = load_agreement(sentences=4000, seed=seed), agreement_grammar()
    vocabulary = Vocabulary.build(corpus.train, level="word", specials=())
    train, test = vocabulary.encode(corpus.train), vocabulary.encode(corpus.test)
    found = {}
    for order in (1, 2, 5):
        model = KneserNey.fit(train, len(vocabulary), order=order)
        found[order] = perplexity(-model.log_probs(test).mean())
    truth = math.exp(-np.mean(grammar.log_probabilities(corpus.test)[1:]))
    assert truth < found[5] < found[2] < found[1]


MODEL = KneserNey.fit(TEXT, 4, order=3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: KneserNey.fit(TEXT[:0], 4), ValueError, "ids: expected at least one id"),
        (lambda: KneserNey.fit(TEXT, 2), ValueError, r"ids: expected ids in 0\.\.1, got 2"),
        (lambda: KneserNey.fit(TEXT - 1, 4), ValueError, r"ids: expected ids in 0\.\.3, got -1"),
        (lambda: KneserNey.fit(TEXT / 2, 4), TypeError, "ids: expected integers, got float64"),
        (lambda: KneserNey.fit("abc", 4), TypeError, "ids: expected a NumPy array, got str"),
        (lambda: KneserNey.fit(TEXT[None], 4), ValueError, r"ids: expected shape \(N,\), got \(1"),
        (lambda: KneserNey.fit(TEXT, 4, order=0), ValueError, "order: expected .* at least 1"),
        (lambda: KneserNey.fit(TEXT, 4, order=2.0), TypeError, "order: expected an integer"),
        (lambda: KneserNey.fit(TEXT, 0), ValueError, "V: expected an integer of at least 1"),
        (lambda: KneserNey.fit(TEXT, 2**62), ValueError, r"V: expected less than 2\*\*63 / \(N"),
        (lambda: MODEL.log_probs(TEXT[:0]), ValueError, "ids: expected at least one id"),
        (lambda: MODEL.log_probs(TEXT + 2), ValueError, r"ids: expected ids in 0\.\.3, got 4"),
        (lambda: MODEL.distribution(TEXT + 2), ValueError, r"context: expected ids in 0\.\.3"),
        (lambda: MODEL.distribution([1]), TypeError, "context: expected a NumPy array, got list"),
        (lambda: MODEL.distribution(TEXT[:0][None]), ValueError, "context: expected at least one"),
        (lambda: MODEL.start(0), ValueError, "B: expected an integer of at least 1"),
        (lambda: MODEL.step(TEXT[:2], MODEL.start(3)), ValueError, r"state: .* B = 2 .* \(3, 0\)"),
        (lambda: MODEL.step(TEXT[:2] + 4, MODEL.start(2)), ValueError, "ids: expected ids in 0"),
        (
            lambda: MODEL.step(TEXT[:1], TEXT[None] + 2),
            ValueError,
            r"state: expected ids in 0\.\.3",
        ),
        (lambda: MODEL.step(TEXT[:2], None), TypeError, "state: expected a NumPy array, got None"),
        (lambda: MODEL.pick(MODEL.start(2), TEXT[:4]), ValueError, r"rows: expected ids in 0\.\.1"),
    ],
)
def test_wrong_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
