"""Scorers to test decoding on: random ones in which the whole history counts, and chosen ones."""

import itertools

import numpy as np

from course_pkg.decoding.beam import beam_score
from course_pkg.decoding.tables import Table


def log_softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def random_table(seed, V, spread=2.0):
    """Return a Markov chain with random probabilities."""
    return Table(log_softmax(spread * np.random.default_rng(seed).normal(size=(V, V))))


class SecondOrder:
    """A random chain in which the last two tokens count; the state is the token before the last."""

    def __init__(self, seed, V):
        logits = 2 * np.random.default_rng(seed).normal(size=(V + 1, V, V))
        self._log_probs, self.tokens = log_softmax(logits), V

    def start(self, B):
        return np.full(B, self.tokens)

    def step(self, ids, state):
        assert ids.shape == state.shape
        return self._log_probs[state, ids], ids.copy()

    def pick(self, state, rows):
        return state[rows]


class Histories:
    """A model whose state is all that was read; a subclass says what follows a history."""

    tokens: int

    def after(self, history):
        raise NotImplementedError

    def start(self, B):
        return [()] * B

    def step(self, ids, state):
        assert ids.shape == (len(state),)
        read = [(*history, int(token)) for history, token in zip(state, ids, strict=True)]
        return np.array([self.after(history) for history in read]), read

    def pick(self, state, rows):
        return [state[row] for row in rows]


class RandomTree(Histories):
    """Random probabilities after each history, unrelated to those after any other."""

    def __init__(self, seed, V, spread=1.5):
        self.seed, self.tokens, self.spread = seed, V, spread

    def after(self, history):
        rng = np.random.default_rng([self.seed, *history])
        return log_softmax(self.spread * rng.normal(size=self.tokens))


class Tree(Histories):
    """Given probabilities after given histories, and equal ones after all others."""

    def __init__(self, V, given):
        self.tokens, self.given = V, given

    def after(self, history):
        with np.errstate(divide="ignore"):
            return np.log(self.given.get(history, np.full(self.tokens, 1 / self.tokens)))


def log_probs_of(scorer, prompt, ids):
    """Let a scorer read a text, one sequence alone, and return what it gave each token."""
    text = [*prompt, *ids]
    state, nats = scorer.start(1), []
    for token, following in itertools.pairwise(text):
        log_probs, state = scorer.step(np.array([token]), state)
        nats.append(log_probs[0, following])
    return np.array(nats[len(prompt) - 1 :])


def best_texts(scorer, prompt, length, *, alpha=0.0, stop=None):
    """Return every text as (score, ids), the best first, by looking at all of them."""
    texts = set()
    for ids in itertools.product(range(scorer.tokens), repeat=length):
        texts.add(ids[: ids.index(stop) + 1] if stop in ids else ids)
    scored = [(beam_score(log_probs_of(scorer, prompt, ids), alpha), ids) for ids in texts]
    return sorted(scored, reverse=True)


class Covering(RandomTree):
    """A random model with attention: after each history, weights over three source positions."""

    def attention(self, history):
        rng = np.random.default_rng([self.seed, 7, *history])
        return rng.dirichlet([0.4, 0.4, 0.4])

    def covered(self, history):
        steps = [self.attention(history[:n]) for n in range(1, len(history) + 1)]
        return np.log(np.minimum(sum(steps), 1)).sum()

    def coverage(self, state):
        return np.array([self.covered(history) for history in state])
