"""What was written becomes less likely by the stated rule; no n-gram comes twice."""

import numpy as np
import pytest

from course_pkg.decoding.greedy import greedy
from course_pkg.decoding.repetition import forbid_repeats, penalise
from course_pkg.decoding.sample import sample
from tests.decoding.scorers import RandomTree, log_softmax, random_table

THIRDS = np.log([0.5, 0.3, 0.2])


def test_a_penalty_is_a_power_of_the_probability_of_what_was_written():
    p = np.array([0.5**1.2, 0.3, 0.2**1.2])
    np.testing.assert_allclose(np.exp(penalise(THIRDS, [2, 0, 0], 1.2)), p / p.sum())


def test_no_penalty_and_nothing_written_change_nothing():
    np.testing.assert_allclose(penalise(THIRDS, [0, 1], 1), THIRDS, atol=1e-15)
    np.testing.assert_allclose(penalise(THIRDS, [], 5), THIRDS, atol=1e-15)
    np.testing.assert_allclose(forbid_repeats(THIRDS, [], 1), THIRDS, atol=1e-15)


def completed(written, n):
    """Return the tokens that would complete an n-gram of the text, by looking at all of them."""
    grams = {tuple(written[i : i + n]) for i in range(len(written) - n + 1)}
    return {t for t in range(4) if tuple([*written, t][-n:]) in grams and len(written) >= n - 1}


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_exactly_the_repeats_are_forbidden(n):
    rng = np.random.default_rng(n)
    found = 0
    for _ in range(200):
        written = rng.integers(4, size=rng.integers(0, 40)).tolist()
        log_probs = log_softmax(rng.normal(size=4))
        wanted = completed(written, n)
        if len(wanted) == 4:
            with pytest.raises(ValueError, match="n: expected a value that leaves at least one"):
                forbid_repeats(log_probs, written, n)
            continue
        got = forbid_repeats(log_probs, np.array(written, dtype=np.int64), n)
        assert set(np.flatnonzero(got == -np.inf)) == wanted
        assert np.exp(got).sum() == pytest.approx(1)
        found += len(wanted)
    assert found > 20  # so the test has seen repeats


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("decode", ["greedy", "sample"])
def test_a_text_written_without_repeats_has_none_and_the_prompt_counts(decode, n):
    for seed in range(10):
        scorer, prompt = random_table(seed, 9, spread=3.0), [1, 2, 3, 1]
        if decode == "greedy":
            ids = greedy(scorer, prompt, 40, no_repeat=n).ids
        else:
            ids = sample(scorer, prompt, 40, np.random.default_rng(seed), no_repeat=n).ids
        text = [*prompt, *ids.tolist()]
        grams = [tuple(text[i : i + n]) for i in range(len(text) - n + 1)]
        assert len(grams) == len(set(grams))


def test_the_loop_penalises_as_the_function_does_and_the_prompt_counts():
    for seed in range(20):
        scorer, text = RandomTree(seed, 5), [4, 0]
        for token in greedy(scorer, text.copy(), 10, penalty=1.7).ids.tolist():
            log_probs = scorer.after(tuple(text))
            assert token == penalise(log_probs, text, 1.7).argmax()
            text.append(token)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: penalise(THIRDS, [0], 0), ValueError, r"penalty: expected a number in \(0, inf\)"),
        (lambda: penalise(THIRDS, [0], np.nan), ValueError, "penalty: expected .* got nan"),
        (lambda: penalise(THIRDS, [3], 2), ValueError, r"written: expected ids in 0\.\.2, got 3"),
        (lambda: penalise(THIRDS, [0.5], 2), TypeError, "written: expected an integer, got float"),
        (lambda: penalise(THIRDS[None], [0], 2), ValueError, r"log_probs: expected shape \(V,\)"),
        (lambda: forbid_repeats(THIRDS, [0], 0), ValueError, "n: expected an integer of at least"),
        (lambda: forbid_repeats(THIRDS, [0, 1, 2], 1), ValueError, "n: .* got none left"),
        (lambda: forbid_repeats(THIRDS, np.zeros((1, 1), int), 1), ValueError, "written: expected"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
