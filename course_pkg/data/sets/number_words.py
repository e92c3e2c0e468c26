"""Numbers in words: English to French, and English to Chinese numerals."""

from __future__ import annotations

import numpy as np

from course_pkg.checks import check_count, check_option, check_seed, check_size
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.pairs import Pairs, split_pairs

SIZE = "numbers of up to 6 digits; by default 20,000 training, 1,000 validation, 1,000 test numbers"
NUMBERS_FRENCH_CARD = DataCard(
    name="Numbers, English to French",
    origin="written by the Python package num2words; numbers drawn from a seed",
    size=SIZE,
    licence="LGPL 2.1 or later (num2words); the words themselves are nobody's",
    citation="num2words; the French of France: soixante-dix, quatre-vingts",
    not_fit_for="other text: a few dozen words, and every text is a number",
)
NUMBERS_CHINESE_CARD = DataCard(
    name="Numbers, English to Chinese",
    origin="English by the Python package num2words, Chinese by course_pkg.data.sets.number_words; "
    "numbers drawn from a seed",
    size=SIZE,
    licence="LGPL 2.1 or later (num2words); the numerals themselves are nobody's",
    citation="num2words; Chinese groups digits by four, with 零 for skipped places",
    not_fit_for="speech, which says 两 for 二 before 百, 千 and 万; other text",
)
END = 1_000_000  # every number is smaller
DIGITS = "零一二三四五六七八九"
PLACES = ("", "十", "百", "千")


def in_words(number: int, language: str) -> str:
    """Return a number in English or French words.

    Parameters
    ----------
    number : int in 0..999,999
    language : {"en", "fr"}

    Returns
    -------
    str

    Raises
    ------
    TypeError, ValueError
        If the number or the language is none of these.
    ModuleNotFoundError
        If num2words is not installed; the message says how to install it.

    Examples
    --------
    >>> in_words(99, "en"), in_words(99, "fr")
    ('ninety-nine', 'quatre-vingt-dix-neuf')
    """
    _check(number)
    check_option("language", language, ("en", "fr"))
    try:
        from num2words import num2words
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "numbers are written by the package num2words; install it with 'pip install num2words'"
        ) from error
    return str(num2words(int(number), lang=language))


def chinese_numeral(number: int) -> str:
    """Return a number in Chinese numerals.

    Digits are grouped by four: 123,456 is 12 times 万 (10,000) and 3,456. In a group, each digit
    is followed by the name of its place. Any run of skipped places between two digits is one 零.
    A number that begins with 一十 begins with 十 instead. For 2 it is 二 everywhere.

    Parameters
    ----------
    number : int in 0..999,999

    Returns
    -------
    str

    Raises
    ------
    TypeError, ValueError
        If it is no integer in this range.

    Examples
    --------
    >>> [chinese_numeral(number) for number in (0, 10, 99, 110, 1005, 20_010, 120_000)]
    ['零', '十', '九十九', '一百一十', '一千零五', '二万零一十', '十二万']
    """
    high, low = divmod(_check(number), 10_000)
    if number == 0:
        return DIGITS[0]
    text = (_group(high) + "万") * (high > 0)
    text += "零" * (high > 0 and 0 < low < 1000) + _group(low)
    return text.removeprefix("一") if text.startswith("一十") else text


def _group(number: int) -> str:
    """Return four digits without the zeros before and behind; nothing for 0."""
    text, skipped = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            text += "零" * (skipped and text != "") + DIGITS[digit] + PLACES[place]
        skipped = digit == 0
    return text


def load_numbers_french(train: int = 20_000, held_out: int = 1_000, seed: int = 0) -> Pairs:
    """Draw numbers, all different, and write them in English and in French.

    A number has 1 to 6 digits, each count equally probable as long as there are unused numbers:
    nearly all numbers below 1,000 occur. No number of one part is in another one.

    Parameters
    ----------
    train : int
        Number of training pairs.
    held_out : int
        Number of validation pairs, and of test pairs.
    seed : int, at least 0

    Returns
    -------
    Pairs
        Words and marks on both sides: :func:`course_pkg.data.text.joined.split_words`.

    Raises
    ------
    TypeError, ValueError
        If a number is no integer, or more than 100,000 numbers are wanted.
    ModuleNotFoundError
        If num2words is not installed; the message says how to install it.

    Examples
    --------
    >>> load_numbers_french(train=10, held_out=1).test
    [('nine thousand, four hundred and fifteen', 'neuf mille quatre cent quinze')]
    """
    numbers, rng = _draw(train, held_out, seed)
    pairs = [(in_words(number, "en"), in_words(number, "fr")) for number in numbers]
    return split_pairs(
        pairs, numbers, ("word", "word"), NUMBERS_FRENCH_CARD, held_out=held_out, rng=rng
    )


def load_numbers_chinese(train: int = 20_000, held_out: int = 1_000, seed: int = 0) -> Pairs:
    """Draw numbers, all different, and write them in English and in Chinese.

    The numbers, their parts and the arguments are those of :func:`load_numbers_french`.

    Returns
    -------
    Pairs
        Words and marks in the source, characters in the target.

    Raises
    ------
    TypeError, ValueError
        If a number is no integer, or more than 100,000 numbers are wanted.
    ModuleNotFoundError
        If num2words is not installed; the message says how to install it.

    Examples
    --------
    >>> load_numbers_chinese(train=10, held_out=1).test
    [('nine thousand, four hundred and fifteen', '九千四百一十五')]
    """
    numbers, rng = _draw(train, held_out, seed)
    pairs = [(in_words(number, "en"), chinese_numeral(number)) for number in numbers]
    return split_pairs(
        pairs, numbers, ("word", "char"), NUMBERS_CHINESE_CARD, held_out=held_out, rng=rng
    )


def _draw(train: int, held_out: int, seed: int) -> tuple[list[int], np.random.Generator]:
    """Return different numbers in random order, and the generator that drew them."""
    count = check_size("train", train) + 2 * check_size("held_out", held_out)
    if count > END // 10:
        raise ValueError(f"train: expected at most {END // 10 - 2 * held_out} numbers, got {train}")
    rng = np.random.default_rng(check_seed(seed))
    numbers: dict[int, None] = {}
    while len(numbers) < count:
        digits = int(rng.integers(1, 7))
        numbers[int(rng.integers(10 ** (digits - 1) * (digits > 1), 10**digits))] = None
    return rng.permutation(list(numbers)).tolist(), rng  # small ones come early


def _check(number: int) -> int:
    if check_count("number", number) >= END:
        raise ValueError(f"number: expected an integer in 0..{END - 1}, got {number}")
    return number
