"""Byte pairs: a vocabulary without unknown words, learned by merging what stands side by side.

A text is its bytes in UTF-8, so 256 tokens write every text. Then the pair of neighbours that
occurs most often becomes one token, again and again: frequent words end as one token, rare ones
stay several, and nothing is unknown.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import add
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_count
from course_pkg.data.checks import integer_row
from course_pkg.data.files.atomic import write_atomically
from course_pkg.data.text.merging import BYTES, LONGEST, as_numbers, cut_words, learn_merges
from course_pkg.data.text.vocabulary import Vocabulary

FORMAT = "course_pkg byte pairs 1"
MOST_BYTES = 4 * LONGEST + 1  # of a token: a character has at most four, and there is a space
MOST_MERGES = 10**6  # a token is a character of its own while merging: Unicode has 1.1 million
Pair = tuple[int, int]


@dataclass(frozen=True)
class BytePairs:
    """Tokens made of bytes, and their numbers.

    Numbers 0 to 255 are the bytes, 256 and up the merges in the order in which they were learned,
    and the special tokens come last. It stands where a vocabulary of characters can.

    Parameters
    ----------
    merges : tuple of pairs of int
        The numbers of the two tokens that each merge joins.
    specials : tuple of str
        Special tokens. No text is taken for one: only their numbers stand for them.

    Raises
    ------
    TypeError, ValueError
        If a merge joins no two earlier tokens, makes a token that is there already or is longer
        than a word, or a special token is no string, empty or there twice.

    Notes
    -----
    Source: :cite:t:`sennrich2016`; of bytes, :cite:t:`wang2020`.

    Examples
    --------
    >>> pairs = BytePairs.train("hug pug pun bun hugs", merges=3)
    >>> pairs.tokens[256:]
    ('ug', ' p', 'hug')
    >>> pairs.split("hugs bug")
    ['hug', 's', ' ', 'b', 'ug']
    >>> pairs.decode(pairs.encode("anything, 循环 too"))
    'anything, 循环 too'
    """

    merges: tuple[Pair, ...] = ()
    specials: tuple[str, ...] = ()
    contents: tuple[bytes, ...] = field(init=False, repr=False, compare=False)  # of each token
    level: ClassVar[str] = "char"  # a text is its tokens one after the other

    def __post_init__(self) -> None:
        for name, value in (("merges", self.merges), ("specials", self.specials)):
            if not isinstance(value, tuple):
                raise TypeError(f"{name}: expected a tuple, got {type(value).__name__}")
        for special in self.specials:
            if not isinstance(special, str):
                raise TypeError(f"specials: expected strings, got {type(special).__name__}")
        if "" in self.specials or len(set(self.specials)) < len(self.specials):
            raise ValueError(f"specials: expected each once, and none empty, got {self.specials}")
        if len(self.merges) > MOST_MERGES:
            raise ValueError(f"merges: expected at most {MOST_MERGES:,}, got {len(self.merges):,}")
        contents = [bytes([byte]) for byte in range(BYTES)]
        known = set(contents)
        merges = []
        for pair in self.merges:
            left, right = _earlier(pair, len(contents))
            content = contents[left] + contents[right]
            if content in known:
                raise ValueError(f"merges: expected each token once, got {content!r} twice")
            if len(content) > MOST_BYTES:  # tokens that double at each merge fill any memory
                raise ValueError(
                    f"merges: expected tokens of at most {MOST_BYTES} bytes, got {len(content)}"
                )
            merges.append((left, right))
            contents.append(content)
            known.add(content)
        contents += [_bytes(special) for special in self.specials]
        object.__setattr__(self, "merges", tuple(merges))
        object.__setattr__(self, "contents", tuple(contents))

    @classmethod
    def train(
        cls, text: str | Iterable[str], merges: int = 1000, *, specials: Sequence[str] = ()
    ) -> BytePairs:
        """Learn merges from the training part: each time the pair that occurs most often.

        Parameters
        ----------
        text : str or iterable of str
            The training part alone; a string, or texts of which none goes on in the next.
        merges : int
            How many to learn. They are fewer where no pair occurs twice any more.
        specials : sequence of str

        Returns
        -------
        BytePairs

        Raises
        ------
        TypeError, ValueError
            If there is no text, or a whole corpus (with ``train``, ``valid``, ``test``) is given.

        Notes
        -----
        Equation: eq-byte-pairs

        Examples
        --------
        >>> len(BytePairs.train("循环循环", merges=2, specials=["<pad>"]))
        259
        """
        check_count("merges", merges)
        if isinstance(specials, str) or not isinstance(specials, Iterable):
            raise TypeError(f"specials: expected a list of tokens, got {specials!r}")
        words = Counter(as_numbers(word) for one in _texts(text) for word in cut_words(one))
        if not words:
            raise ValueError("text: expected at least one character, got none")
        learned = learn_merges(words, merges)
        return cls(tuple((ord(pair[0]), ord(pair[1])) for pair in learned), tuple(specials))

    def __len__(self) -> int:
        """Return V, the number of tokens, specials included."""
        return len(self.contents)

    def __contains__(self, token: object) -> bool:
        """Return whether a special token or a text is one token."""
        return isinstance(token, str) and self._find(token) is not None

    def id(self, token: str) -> int:
        """Return the number of one token: a special one, or the text that is one.

        Raises
        ------
        TypeError, ValueError
            If it is no string, or not one token.

        Examples
        --------
        >>> BytePairs.train("hugs", specials=["<eos>"]).id("<eos>")
        256
        """
        if not isinstance(token, str):
            raise TypeError(f"token: expected a string, got {type(token).__name__}")
        number = self._find(token)
        if number is None:
            raise ValueError(f"token: expected one token, got {token!r}; encode gives several")
        return number

    def _find(self, token: str) -> int | None:
        if token in self.specials:
            return len(self) - len(self.specials) + self.specials.index(token)
        return self._numbers.get(_bytes(token))

    @cached_property
    def _numbers(self) -> dict[bytes, int]:
        return {self.contents[number]: number for number in range(BYTES + len(self.merges))}

    @cached_property
    def _merged(self) -> dict[str, str]:
        pairs = (chr(left) + chr(right) for left, right in self.merges)
        return {pair: chr(BYTES + rank) for rank, pair in enumerate(pairs)}

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        r"""Every token as text, for reading; ``\xe5`` is a byte of an incomplete character."""
        return tuple(content.decode("utf-8", "backslashreplace") for content in self.contents)

    @cached_property
    def characters(self) -> npt.NDArray[np.int64]:
        """How many characters begin in each token (V,); a special token counts as none."""
        begins = [sum(byte & 0xC0 != 0x80 for byte in content) for content in self.contents]
        begins[len(self) - len(self.specials) :] = [0] * len(self.specials)
        return np.array(begins, dtype=np.int64)

    def encode(self, text: str) -> npt.NDArray[np.int64]:
        """Return the numbers of a text's tokens: in each word the merges, in their order.

        Parameters
        ----------
        text : str
            Any.

        Returns
        -------
        ndarray of int64, (N,)

        Raises
        ------
        TypeError
            If it is no string.

        Examples
        --------
        >>> BytePairs().encode("环")
        array([231, 142, 175])
        """
        words = cut_words(text)
        known = {word: self._encode_word(word) for word in set(words)}
        return np.array([number for word in words for number in known[word]], dtype=np.int64)

    def _encode_word(self, word: str) -> list[int]:
        text = as_numbers(word)
        while here := [pair for pair in map(add, text, text[1:]) if pair in self._merged]:
            first = min(here, key=self._merged.__getitem__)  # the one that was learned first
            text = text.replace(first, self._merged[first])
        return [ord(token) for token in text]

    def split(self, text: str) -> list[str]:
        """Return the tokens of a text, as text: for reading.

        Examples
        --------
        >>> BytePairs.train("hug hug", merges=2).split("a hug!")
        ['a', ' ', 'hug', '!']
        """
        return [self.tokens[number] for number in self.encode(text)]

    def decode(self, ids: Sequence[int] | npt.NDArray[np.integer[Any]]) -> str:
        r"""Return the text of a row of numbers: the reverse of :meth:`encode`.

        A network may write bytes that are no text: each of those becomes ``\ufffd``. A special
        token becomes its name.

        Raises
        ------
        TypeError, ValueError
            If the numbers are no integers in 0..V-1 in one row.
        """
        array = integer_row("ids", ids, least=0)
        for bad in array[(array < 0) | (array >= len(self))]:
            raise ValueError(f"ids: expected numbers in 0..{len(self) - 1}, got {bad}")
        content = b"".join(self.contents[number] for number in array)
        try:
            return content.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            return content.decode("utf-8", "replace")

    @cached_property
    def sha256(self) -> str:
        """The fingerprint of the content, equal for equal ones on every machine."""
        content = json.dumps([FORMAT, list(self.specials), self.merges])
        return hashlib.sha256(content.encode("ascii")).hexdigest()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write specials and merges as JSON, whole or not at all."""
        content = {
            "format": FORMAT,
            "specials": self.specials,
            "merges": self.merges,
            "sha256": self.sha256,
        }
        write_atomically(path, (json.dumps(content) + "\n").encode("ascii"))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> BytePairs:
        """Read byte pairs that :meth:`save` wrote.

        Raises
        ------
        OSError
            If there is no such file.
        ValueError
            If the file is damaged, of another kind, or was changed by hand.
        """
        content = _read(path)
        if content.get("format") != FORMAT:
            raise ValueError(f"{path}: expected the format {FORMAT!r}, got something else")
        try:
            specials, merges = content["specials"], content["merges"]
            if not isinstance(specials, list) or not isinstance(merges, list):
                raise TypeError("expected lists of specials and merges")
            pairs = cls(tuple(_pair(one) for one in merges), tuple(specials))
            fingerprint = pairs.sha256
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}: the vocabulary is damaged: {error}") from None
        if content.get("sha256") != fingerprint:
            raise ValueError(f"{path}: the vocabulary is damaged: its content and sha256 differ")
        return pairs


AnyVocabulary = Vocabulary | BytePairs


def load_vocabulary(path: str | os.PathLike[str]) -> AnyVocabulary:
    """Read a vocabulary of either kind, by what its file says it is.

    Parameters
    ----------
    path : path

    Returns
    -------
    Vocabulary or BytePairs

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If the file is damaged, of another kind, or was changed by hand.
    """
    kind = BytePairs if _read(path).get("format") == FORMAT else Vocabulary
    return kind.load(path)


def _read(path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        content = json.loads(Path(path).read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: expected a vocabulary as JSON, got {error}") from None
    return content if isinstance(content, dict) else {}


def _texts(text: str | Iterable[str]) -> Iterable[str]:
    if hasattr(text, "test"):
        raise TypeError(
            "text: expected the text of the training part, got a whole "
            f"{type(text).__name__}; pass its part 'train'"
        )
    refused = isinstance(text, (bytes, bytearray, memoryview, Mapping))
    if refused or not isinstance(text, Iterable):
        raise TypeError(f"text: expected a string or strings, got {type(text).__name__}")
    return [text] if isinstance(text, str) else text


def _bytes(text: str) -> bytes:
    return as_numbers(text).encode("latin-1")


def _pair(value: object) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _earlier(pair: object, tokens: int) -> Pair:
    if not isinstance(pair, tuple) or len(pair) != 2:
        raise TypeError(f"merges: expected pairs of numbers, got {type(pair).__name__}")
    left, right = (check_count("merges", number) for number in pair)
    if max(left, right) >= tokens:
        raise ValueError(
            f"merges: expected earlier tokens, in 0..{tokens - 1}, got {max(left, right)}"
        )
    return left, right
