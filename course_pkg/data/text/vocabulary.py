"""The vocabulary: a number for each token, made from the training part alone."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_option, check_size
from course_pkg.data.checks import integer_row
from course_pkg.data.files.atomic import write_atomically

PAD, UNKNOWN, BEGIN, END = "<pad>", "<unk>", "<bos>", "<eos>"
SPECIALS = (PAD, UNKNOWN, BEGIN, END)
LEVELS = {"char": "", "word": " "}  # what stands between two tokens of a text
FORMAT = "course_pkg vocabulary 1"


@dataclass(frozen=True)
class Vocabulary:
    """Tokens and their numbers.

    The special tokens come first, so padding is number 0 where there is padding. Make a
    vocabulary with :meth:`build`, from the training part only: a word that occurs in the test
    part alone has to be unknown, or the score says nothing about new text.

    Parameters
    ----------
    tokens : tuple of str
        Every token, special ones first; its place is its number.
    specials : tuple of str
        The special tokens.
    level : {"char", "word"}
        Whether a text is the tokens one after the other, or with spaces between them.

    Raises
    ------
    TypeError, ValueError
        If there is no token, one is no string, empty or there twice, or, at level "word", has white
        space inside, or the specials do not come first.

    Examples
    --------
    >>> vocabulary = Vocabulary.build("hello world")
    >>> len(vocabulary), vocabulary.tokens[:7]
    (12, ('<pad>', '<unk>', '<bos>', '<eos>', 'l', 'o', ' '))
    >>> vocabulary.encode("hello")
    array([9, 8, 4, 4, 5])
    >>> vocabulary.decode(vocabulary.encode("hello"))
    'hello'
    >>> vocabulary.decode(vocabulary.encode("help"))
    'hel<unk>'
    """

    tokens: tuple[str, ...]
    specials: tuple[str, ...] = ()
    level: str = "char"
    _ids: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_option("level", self.level, tuple(LEVELS))
        for name, value in (("tokens", self.tokens), ("specials", self.specials)):
            if not isinstance(value, tuple):
                raise TypeError(f"{name}: expected a tuple, got {type(value).__name__}")
            for token in value:
                _check_token(name, token)
                if self.level == "word" and token.split() != [token]:
                    raise ValueError(
                        f"{name}: expected words without white space, got {token!r}; "
                        "a text is made words by its method split"
                    )
        if not self.tokens:
            raise ValueError("tokens: expected at least one, got none")
        if self.tokens[: len(self.specials)] != self.specials:
            raise ValueError(
                f"tokens: expected the specials {self.specials} first, "
                f"got {self.tokens[: len(self.specials)]}"
            )
        ids = {token: number for number, token in enumerate(self.tokens)}
        if len(ids) != len(self.tokens):
            token, times = Counter(self.tokens).most_common(1)[0]
            raise ValueError(f"tokens: expected each token once, got {token!r} {times} times")
        object.__setattr__(self, "_ids", ids)

    @classmethod
    def build(
        cls,
        training_tokens: Iterable[str],
        *,
        level: str = "char",
        min_count: int = 1,
        max_size: int | None = None,
        specials: Sequence[str] = SPECIALS,
    ) -> Vocabulary:
        """Count the tokens of the training part and number them, the most frequent first.

        Tokens that are equally frequent are ordered by their code points: the same text gives
        the same vocabulary everywhere.

        Parameters
        ----------
        training_tokens : iterable of str
            Tokens of the training part alone; a string is its characters.
        level : {"char", "word"}
        min_count : int
            Rarer tokens are left out: they will be unknown.
        max_size : int, optional
            The largest number of tokens, specials included.
        specials : sequence of str
            May be empty; without ``"<unk>"``, encoding refuses an unknown token.

        Returns
        -------
        Vocabulary

        Raises
        ------
        TypeError, ValueError
            If there is no token, one is no string, or no word at level "word", ``min_count`` or
            ``max_size`` leaves none besides the specials, or a whole corpus (with ``train``,
            ``valid``, ``test``) is given.

        Examples
        --------
        >>> Vocabulary.build("a b a c".split(), level="word", specials=["<unk>"], max_size=3)
        Vocabulary(tokens=('<unk>', 'a', 'b'), specials=('<unk>',), level='word')
        """
        if hasattr(training_tokens, "test"):
            raise TypeError(
                "training_tokens: expected the tokens of the training part, got a whole "
                f"{type(training_tokens).__name__}; pass its part 'train'"
            )
        check_size("min_count", min_count)
        if isinstance(specials, str) or not isinstance(specials, Iterable):
            raise TypeError(f"specials: expected a list of tokens, got {specials!r}")
        firsts = tuple(specials)
        if max_size is not None and check_size("max_size", max_size) <= len(firsts):
            raise ValueError(
                f"max_size: expected at least {len(firsts) + 1}, so that a token besides the "
                f"specials has room, got {max_size}"
            )
        _check_tokens("training_tokens", training_tokens)
        counted = Counter(_check_token("training_tokens", token) for token in training_tokens)
        counts = {token: count for token, count in counted.items() if token not in firsts}
        if not counts:
            raise ValueError(
                "training_tokens: expected at least one token besides the specials, got none"
            )
        if max(counts.values()) < min_count:
            raise ValueError(
                f"min_count: expected at most {max(counts.values())}, as often as the most "
                f"frequent token occurs, got {min_count}"
            )
        ordered = sorted(
            (token for token, count in counts.items() if count >= min_count),
            key=lambda token: (-counts[token], token),
        )
        return cls((*firsts, *ordered)[:max_size], firsts, level)

    def __len__(self) -> int:
        """Return V, the number of tokens, specials included."""
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        """Return whether a token has a number of its own."""
        return token in self._ids

    def id(self, token: str) -> int:
        """Return the number of one token; an unknown one has the number of ``"<unk>"``.

        Raises
        ------
        TypeError
            If it is no string.
        ValueError
            If it is unknown and the vocabulary has no ``"<unk>"``.
        """
        number = self._ids.get(token)
        if number is None:
            if not isinstance(token, str):
                raise TypeError(f"tokens: expected strings, got {type(token).__name__}")
            number = self._ids.get(UNKNOWN)
        if number is None:
            raise ValueError(
                f"tokens: {token!r} is not in the vocabulary, which has no {UNKNOWN!r} for it"
            )
        return number

    def encode(self, text: str | Iterable[str]) -> npt.NDArray[np.int64]:
        """Return the numbers of the tokens.

        Parameters
        ----------
        text : str or iterable of str
            Tokens. A string is split: into characters, or, at level ``"word"``, at white space.

        Returns
        -------
        ndarray of int64, (N,)

        Raises
        ------
        TypeError
            If the text is neither, or a token is no string.
        ValueError
            If a token is unknown and the vocabulary has no ``"<unk>"``.

        Examples
        --------
        >>> Vocabulary.build("ab").encode("")
        array([], dtype=int64)
        """
        _check_tokens("text", text)
        tokens = text.split() if isinstance(text, str) and self.level == "word" else text
        return np.array([self.id(token) for token in tokens], dtype=np.int64)

    def decode(self, ids: Sequence[int] | npt.NDArray[np.integer[Any]]) -> str:
        """Return the text of a row of numbers: the reverse of :meth:`encode`.

        At level ``"word"`` one space stands between two tokens. No number gives the empty text.

        Raises
        ------
        TypeError, ValueError
            If the numbers are no integers in 0..V-1 in one row.
        """
        array = integer_row("ids", ids, least=0)
        for bad in array[(array < 0) | (array >= len(self))]:
            raise ValueError(f"ids: expected numbers in 0..{len(self) - 1}, got {bad}")
        return LEVELS[self.level].join(self.tokens[number] for number in array)

    @cached_property
    def sha256(self) -> str:
        """The fingerprint of the content, equal for equal vocabularies on every machine."""
        return hashlib.sha256(self._content().encode("ascii")).hexdigest()

    def _content(self) -> str:
        return json.dumps([FORMAT, self.level, list(self.specials), list(self.tokens)])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the vocabulary as JSON, whole or not at all."""
        content = {
            "format": FORMAT,
            "level": self.level,
            "specials": list(self.specials),
            "tokens": list(self.tokens),
            "sha256": self.sha256,
        }
        write_atomically(path, (json.dumps(content, indent=1) + "\n").encode("ascii"))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Vocabulary:
        """Read a vocabulary that :meth:`save` wrote.

        Raises
        ------
        OSError
            If there is no such file.
        ValueError
            If the file is damaged, of another kind, or was changed by hand.
        """
        try:
            content = json.loads(Path(path).read_bytes())
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path}: expected a vocabulary as JSON, got {error}") from None
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ValueError(f"{path}: expected the format {FORMAT!r}, got something else")
        try:
            tokens, specials = (tuple(_a_list(content, key)) for key in ("tokens", "specials"))
            vocabulary = cls(tokens, specials, content["level"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}: the vocabulary is damaged: {error}") from None
        if content.get("sha256") != vocabulary.sha256:
            raise ValueError(f"{path}: the vocabulary is damaged: its content and sha256 differ")
        return vocabulary


def _check_tokens(name: str, tokens: Iterable[str]) -> None:
    """Raise where nothing can be a token: bytes are numbers, and a mapping has each key once."""
    refused = isinstance(tokens, (bytes, bytearray, memoryview, Mapping))
    if refused or not isinstance(tokens, Iterable):
        raise TypeError(f"{name}: expected a string or tokens, got {type(tokens).__name__}")


def _a_list(content: dict[str, Any], key: str) -> list[Any]:
    value = content[key]
    if not isinstance(value, list):
        raise TypeError(f"{key}: expected a list, got {type(value).__name__}")
    return value


def _check_token(name: str, token: object) -> str:
    if not isinstance(token, str):
        raise TypeError(f"{name}: expected strings, got {type(token).__name__}")
    if not token:
        raise ValueError(f"{name}: expected tokens of at least one character, got an empty one")
    return token
