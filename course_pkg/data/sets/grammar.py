"""A probabilistic grammar whose entropy is known exactly: the floor of any language model."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from course_pkg.checks import check_generator, check_number, check_size


class Arc(NamedTuple):
    """One way on from a state."""

    token: str  # what is written
    p: float  # how likely this way is
    to: str | None  # the next state; None where the sentence ends


class Grammar:
    """States, and from each state the tokens that may come next with their probabilities.

    A state stands for all that the sentence so far says about its rest. No state has two arcs
    with the same token, so the tokens fix the states, and the probability of the next token
    given *all* tokens so far is written on the arc. So the best possible language model is
    known, and its loss too: the entropy.

    Parameters
    ----------
    arcs : mapping of state to arcs
        The first state begins a sentence.

    Raises
    ------
    ValueError
        If the probabilities of a state do not sum to 1 or are not above 0, a token is there
        twice, a state is missing, or a sentence may go on for ever.

    Examples
    --------
    A coin is thrown until it shows heads: 1 bit a throw, 2 throws on average.

    >>> coin = Grammar({"throw": [Arc("tails", 0.5, "throw"), Arc("heads", 0.5, None)]})
    >>> coin.mean_length, coin.sentence_entropy / math.log(2), coin.perplexity
    (2.0, 2.0, 2.0)
    >>> coin.sample(2, np.random.default_rng(3))
    ['tails', 'tails', 'heads', 'heads']
    """

    def __init__(self, arcs: Mapping[str, Sequence[Arc]]) -> None:
        if not arcs:
            raise ValueError("arcs: expected at least one state, got none")
        self.arcs = {state: tuple(Arc(*arc) for arc in ways) for state, ways in arcs.items()}
        self.start = next(iter(self.arcs))
        for state, ways in self.arcs.items():
            tokens = [arc.token for arc in ways]
            if len(set(tokens)) != len(tokens):
                raise ValueError(f"arcs[{state!r}]: expected each token once, got {tokens}")
            for arc in ways:
                check_number(f"arcs[{state!r}]", arc.p, "(0, 1]")
                if arc.to is not None and arc.to not in self.arcs:
                    raise ValueError(f"arcs[{state!r}]: expected a known state, got {arc.to!r}")
            total = sum(arc.p for arc in ways)
            if abs(total - 1) > 1e-9:
                raise ValueError(
                    f"arcs[{state!r}]: expected probabilities that sum to 1, got {total}"
                )
        self._check_that_sentences_end()

    def _check_that_sentences_end(self) -> None:
        ending: set[str | None] = {None}
        while True:
            more = {s for s, ways in self.arcs.items() if any(a.to in ending for a in ways)}
            if more <= ending:
                break
            ending |= more
        for state in self.arcs:
            if state not in ending:
                raise ValueError(f"arcs[{state!r}]: no way from here ends the sentence")

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """Every token of the language, in alphabetical order."""
        return tuple(sorted({arc.token for ways in self.arcs.values() for arc in ways}))

    @cached_property
    def visits(self) -> dict[str, float]:
        """How often a sentence passes through each state on average.

        The visits v solve v = e + Q'v: a state is passed once if it is the first, and as often
        as the arcs lead to it. Q holds the probabilities of going from state to state.
        """
        number = {state: i for i, state in enumerate(self.arcs)}
        Q = np.zeros((len(number), len(number)))
        for state, ways in self.arcs.items():
            for arc in ways:
                if arc.to is not None:
                    Q[number[state], number[arc.to]] += arc.p
        first = np.eye(len(number))[0]
        solved = np.linalg.solve(np.eye(len(number)) - Q.T, first)
        return dict(zip(number, solved.tolist(), strict=True))

    @cached_property
    def mean_length(self) -> float:
        """The average number of tokens in a sentence; each visit of a state writes one."""
        return sum(self.visits.values())

    @cached_property
    def sentence_entropy(self) -> float:
        """The entropy of a sentence in nats, summed over choices times how often they are made.

        Notes
        -----
        Equation: eq-entropy-floor
        """
        return -sum(
            visits * sum(arc.p * math.log(arc.p) for arc in self.arcs[state])
            for state, visits in self.visits.items()
        )

    @cached_property
    def perplexity(self) -> float:
        """The perplexity of the best possible model, exp of the entropy per token.

        That holds for long texts of independent sentences.
        """
        return math.exp(self.sentence_entropy / self.mean_length)

    def sample(self, sentences: int, rng: np.random.Generator) -> list[str]:
        """Write sentences one after the other.

        Parameters
        ----------
        sentences : int
        rng : numpy.random.Generator

        Returns
        -------
        list of str
            Tokens; the end of a sentence shows only in what its last token is.

        Raises
        ------
        TypeError, ValueError
            If the number is no integer of at least 1, or ``rng`` is no generator.
        """
        check_size("sentences", sentences)
        check_generator(rng)
        bounds = {s: np.cumsum([arc.p for arc in ways])[:-1] for s, ways in self.arcs.items()}
        text: list[str] = []
        for _ in range(sentences):
            state: str | None = self.start
            while state is not None:
                arc = self.arcs[state][np.searchsorted(bounds[state], rng.random(), "right")]
                text.append(arc.token)
                state = arc.to
        return text

    def states(self, text: Iterable[str]) -> list[str]:
        """Return the state before each token of a text, and the one behind its last token.

        A text is any number of sentences; the last may be unfinished.

        Raises
        ------
        ValueError
            If the grammar cannot have written it; the message names the token and its place.
        """
        state, found = self.start, [self.start]
        for place, token in enumerate(text):
            for arc in self.arcs[state]:
                if arc.token == token:
                    break
            else:
                allowed = ", ".join(repr(arc.token) for arc in self.arcs[state])
                raise ValueError(f"text: expected one of {allowed} at {place}, got {token!r}")
            state = arc.to or self.start
            found.append(state)
        return found

    def next_token(self, text: Iterable[str]) -> dict[str, float]:
        """Return the true probabilities of the token behind a text."""
        return {arc.token: arc.p for arc in self.arcs[self.states(text)[-1]]}

    def log_probabilities(self, text: Sequence[str]) -> list[float]:
        """Return the log of the true probability of each token, given all before it."""
        before = self.states(text)[:-1]
        known = {(s, arc.token): math.log(arc.p) for s in self.arcs for arc in self.arcs[s]}
        return [known[state, token] for state, token in zip(before, text, strict=True)]

    def sentences(self, limit: int) -> Iterator[tuple[tuple[str, ...], float]]:
        """Yield every sentence of at most ``limit`` tokens, with its probability."""
        check_size("limit", limit)
        stack: list[tuple[tuple[str, ...], float, str | None]] = [((), 1.0, self.start)]
        while stack:
            written, p, state = stack.pop()
            if state is None:
                yield written, p
            elif len(written) < limit:
                ways = self.arcs[state]
                stack += [((*written, arc.token), p * arc.p, arc.to) for arc in reversed(ways)]
