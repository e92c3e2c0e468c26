"""Pairs of texts: what is to be written is right, and no part holds what another one does."""

from __future__ import annotations

import datetime
import itertools
import re
import sys
from functools import cache

import numpy as np
import pytest

from course_pkg.data.files.download import DownloadError, data_folder
from course_pkg.data.registry import find, load_pairs
from course_pkg.data.sets.dates import DAYS, FIRST, FORMATS, LOCALES, load_dates, written_date
from course_pkg.data.sets.number_words import (
    chinese_numeral,
    in_words,
    load_numbers_chinese,
    load_numbers_french,
)
from course_pkg.data.sets.pairs import by_source, split_pairs
from course_pkg.data.sets.reversal import REVERSAL_CARD, load_reversal
from course_pkg.data.sets.tatoeba import load_tatoeba, read_translations
from course_pkg.data.text.joined import SPACE, TIE, to_text, to_tokens

GENERATED = {
    "reversal": load_reversal,
    "dates": load_dates,
    "numbers-french": load_numbers_french,
    "numbers-chinese": load_numbers_chinese,
}


@cache
def loaded(name):
    return load_pairs(name)


@pytest.mark.parametrize("name", GENERATED)
def test_every_text_comes_back_from_its_tokens_and_needs_no_sign(name):
    pairs = loaded(name)
    for side, level in enumerate(pairs.levels):
        for text in (pair[side] for part in pairs[:3] for pair in part):
            tokens = to_tokens(text, level)
            assert to_text(tokens, level) == text
            assert not any(token[0] in SPACE + TIE for token in tokens)


@pytest.mark.parametrize("name", GENERATED)
def test_no_part_holds_a_source_or_a_target_of_another_one(name):
    pairs = loaded(name)
    for side in range(2):
        parts = [{pair[side] for pair in part} for part in pairs[:3]]
        assert sum(map(len, parts)) == len(set().union(*parts))
    said = re.findall(r"([\d,]+) (?:training|validation|test)", pairs.card.size)
    assert said == [f"{len(part):,}" for part in pairs[:3]]


@pytest.mark.parametrize("load", GENERATED.values(), ids=GENERATED)
def test_a_seed_gives_the_same_pairs_and_another_one_others(load):
    assert load(50, 5, seed=3) == load(50, 5, seed=3)
    assert load(50, 5, seed=3) != load(50, 5, seed=4)


@pytest.mark.parametrize("load", GENERATED.values(), ids=GENERATED)
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 1, 0), ValueError, "train: expected an integer of at least 1, got 0"),
        ((10, 0, 0), ValueError, "held_out: expected an integer of at least 1, got 0"),
        ((10, 1.0, 0), TypeError, "held_out: expected an integer, got float"),
        ((10, 1, -1), ValueError, "seed: expected"),
    ],
)
def test_sizes_that_cannot_be_are_refused(load, arguments, error, message):
    with pytest.raises(error, match=message):
        load(*arguments)


def test_reversal_asks_for_the_digits_backwards_in_every_length():
    pairs = load_reversal(2_000, 100)
    for source, target in itertools.chain(*pairs[:3]):
        assert target == "".join(reversed(source))
        assert source.isdecimal()
    assert {len(source) for source, _ in pairs.train} == set(range(10, 21))
    short = load_reversal(200, 10, lengths=(3, 5))
    assert {len(source) for source, _ in short.train} == {3, 4, 5}


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ((5, 3), "lengths: expected the smaller one first"),
        ((0, 3), "lengths: expected an integer of at least 1"),
        ((1, 1), "lengths: expected strings long enough for 120 different ones"),
    ],
)
def test_reversal_refuses_lengths_without_enough_strings(lengths, message):
    with pytest.raises(ValueError, match=message):
        load_reversal(100, 10, lengths=lengths)


def day(number):
    return FIRST + datetime.timedelta(days=number)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_written_date_means_one_day(locale):
    # Every day of eight years, two of them a century less a year apart, and some of each year.
    years = (1950, 1952, 1987, 1999, 2000, 2001, 2012, 2049)
    days = [d for d in map(day, range(DAYS)) if d.year in years or d.day in (1, 11, 28)]
    meant: dict[str, datetime.date] = {}
    for d in days:
        for form in FORMATS:
            assert meant.setdefault(written_date(d, locale, form), d) == d


def test_a_date_has_its_parts_in_every_language():
    d = datetime.date(1987, 3, 23)
    for locale, form in itertools.product(LOCALES, FORMATS):
        text = written_date(d, locale, form)
        assert text.startswith(f"{locale}: ")
        assert "23" in text
        assert "87" in text
        assert text == " ".join(text.split(" "))
        assert not set("\u00a0\u202f\u2009\u200f") & set(text)


@pytest.mark.parametrize(
    ("locale", "text"),
    [("en", "en: March 3, 1987"), ("fr", "fr: 3 mars 1987"), ("de", "de: 3. März 1987")],
)
def test_long_dates_are_as_people_write_them(locale, text):
    assert written_date(datetime.date(1987, 3, 3), locale, "long") == text


def test_dates_come_in_every_language_and_length_of_one_century():
    pairs = load_dates(3_000, 200)
    languages = [source.split(":")[0] for source, _ in pairs.train]
    counts = [languages.count(locale) for locale in LOCALES]
    assert min(counts) > 150  # 250 on average
    days = [datetime.date.fromisoformat(target) for part in pairs[:3] for _, target in part]
    assert min(days).year == 1950
    assert max(days).year == 2049
    for source, target in pairs.test:
        d, locale = datetime.date.fromisoformat(target), source.split(":")[0]
        assert source in {written_date(d, locale, form) for form in FORMATS}


def test_dates_refuse_what_is_none():
    with pytest.raises(ValueError, match="train: expected at most 36505 days, got 36506"):
        load_dates(36_506, 10)
    with pytest.raises(ValueError, match="locale: expected one of 'de'"):
        written_date(FIRST, "xx", "long")
    with pytest.raises(ValueError, match="form: expected one of 'full'"):
        written_date(FIRST, "de", "tiny")


FRENCH = {
    0: "zéro",
    1: "un",
    16: "seize",
    17: "dix-sept",
    21: "vingt et un",
    71: "soixante et onze",
    79: "soixante-dix-neuf",
    80: "quatre-vingts",
    81: "quatre-vingt-un",
    91: "quatre-vingt-onze",
    99: "quatre-vingt-dix-neuf",
    100: "cent",
    200: "deux cents",
    201: "deux cent un",
    1000: "mille",
    1999: "mille neuf cent quatre-vingt-dix-neuf",
}
CHINESE = {
    0: "零",
    2: "二",
    10: "十",
    11: "十一",
    20: "二十",
    99: "九十九",
    100: "一百",
    101: "一百零一",
    110: "一百一十",
    111: "一百一十一",
    1000: "一千",
    1001: "一千零一",
    1010: "一千零一十",
    1100: "一千一百",
    2024: "二千零二十四",
    10_000: "一万",
    10_001: "一万零一",
    10_010: "一万零一十",
    10_100: "一万零一百",
    11_000: "一万一千",
    20_005: "二万零五",
    100_000: "十万",
    100_001: "十万零一",
    110_000: "十一万",
    123_456: "十二万三千四百五十六",
    305_070: "三十万五千零七十",
    999_999: "九十九万九千九百九十九",
}


@pytest.mark.parametrize(("number", "text"), FRENCH.items())
def test_french_words_of_well_known_numbers(number, text):
    assert in_words(number, "fr") == text


@pytest.mark.parametrize(("number", "text"), CHINESE.items())
def test_chinese_numerals_of_well_known_numbers(number, text):
    assert chinese_numeral(number) == text


def read_chinese(text):
    """Return the number that a numeral means, by adding up, without the rule that wrote it."""
    total = section = 0
    digit = 1 if text.startswith("十") else 0
    for sign in text:
        if sign == "万":
            total, section, digit = (section + digit) * 10_000, 0, 0
        elif sign in "十百千":
            section, digit = section + digit * 10 ** ("十百千".index(sign) + 1), 0
        else:
            digit = "零一二三四五六七八九".index(sign)
    return total + section + digit


def test_chinese_numerals_mean_their_numbers_and_have_no_zero_too_many():
    numbers = [*range(20_000), *range(100_000, 112_000), *range(20_000, 1_000_000, 97)]
    for number in numbers:
        text = chinese_numeral(number)
        assert read_chinese(text) == number
        assert "零零" not in text
        assert number == 0 or not text.endswith("零")


def test_the_pairs_of_numbers_say_the_same_in_both_languages():
    french, chinese = load_numbers_french(300, 30), load_numbers_chinese(300, 30)
    english = {in_words(read_chinese(target), "en") for _, target in chinese.train}
    assert english == {source for source, _ in chinese.train}
    for one, other in zip(french[:3], chinese[:3], strict=True):
        assert [source for source, _ in one] == [source for source, _ in other]
        numbers = [read_chinese(target) for _, target in other]
        assert [target for _, target in one] == [in_words(number, "fr") for number in numbers]


def test_numbers_have_one_to_six_digits_in_random_order():
    chinese = load_numbers_chinese(5_000, 500)
    digits = [len(str(read_chinese(target))) for _, target in chinese.train]
    assert set(digits) == {1, 2, 3, 4, 5, 6}
    assert min(digits.count(n) for n in (4, 5, 6)) > 800
    halves = np.mean(digits[:2500]), np.mean(digits[2500:])
    assert abs(halves[0] - halves[1]) < 0.2


def test_numbers_refuse_what_is_none():
    for function in (chinese_numeral, lambda number: in_words(number, "fr")):
        with pytest.raises(ValueError, match=r"number: expected an integer in 0\.\.999999, got"):
            function(1_000_000)
        with pytest.raises(ValueError, match="number: expected an integer of at least 0, got -1"):
            function(-1)
        with pytest.raises(TypeError, match="number: expected an integer, got float"):
            function(1.0)
    with pytest.raises(ValueError, match="language: expected one of 'en', 'fr', got 'zh'"):
        in_words(1, "zh")
    with pytest.raises(ValueError, match="train: expected at most 99998 numbers, got 99999"):
        load_numbers_french(99_999, 1)


@pytest.mark.parametrize(
    ("package", "call"),
    [
        ("babel", lambda: load_dates(10, 1)),
        ("num2words", lambda: load_numbers_french(10, 1)),
        ("num2words", lambda: load_numbers_chinese(10, 1)),
    ],
)
def test_a_missing_package_is_named(package, call, monkeypatch):
    for name in (package, f"{package}.dates"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ModuleNotFoundError, match=f"package {package}; .*'pip install {package}'"):
        call()


def test_other_kinds_of_sets_are_refused():
    with pytest.raises(ValueError, match="name: expected pairs, one of 'reversal', 'dates', "):
        load_pairs("ptb")


def test_split_pairs_keeps_groups_together_and_refuses_misfits():
    pairs = [(f"{n}{letter}", str(n)) for n in range(30) for letter in "abc"]
    groups = [target for _, target in pairs]
    rng = np.random.default_rng(0)
    parts = split_pairs(pairs, groups, ("char", "char"), REVERSAL_CARD, held_out=9, rng=rng)
    assert [len(part) for part in parts[:3]] == [72, 9, 9]
    assert sorted(itertools.chain(*parts[:3])) == sorted(pairs)
    seen = [{target for _, target in part} for part in parts[:3]]
    assert sum(map(len, seen)) == 30
    with pytest.raises(ValueError, match="groups: expected 90, one for each pair, got 1"):
        split_pairs(pairs, ["a"], ("char", "char"), REVERSAL_CARD, held_out=9, rng=rng)
    with pytest.raises(ValueError, match="held_out: expected less than half of the 90 pairs"):
        split_pairs(pairs, groups, ("char", "char"), REVERSAL_CARD, held_out=45, rng=rng)


def put_tatoeba(text):
    path = data_folder() / "tatoeba" / "fra.txt"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


SENTENCES = "".join(
    f"Sentence {n}{mark}\tPhrase {n}, {letter}.\tCC-BY 2.0 (France) Attribution: tatoeba.org\n"
    for n in range(60)
    for mark, letter in (("!", "a"), (".", "b"), (".", "c"))
)


def test_no_sentence_is_in_two_parts_whatever_mark_it_ends_with():
    put_tatoeba(SENTENCES)
    pairs = load_tatoeba(held_out=18)
    assert [len(part) for part in pairs[:3]] == [144, 18, 18]
    numbers = [{re.sub(r"\D", "", source) for source, _ in part} for part in pairs[:3]]
    assert sum(map(len, numbers)) == 60
    references = by_source(pairs.test)
    assert sum(map(len, references.values())) == 18
    assert {len(found) for found in references.values()} == {1, 2}
    assert pairs.levels == ("word", "word")
    assert pairs.card.size.startswith("180 pairs, out of a file with SHA256 ")
    assert pairs.card.licence == find("tatoeba").card.licence
    assert load_tatoeba(18) == pairs != load_tatoeba(18, seed=1)


def test_sentences_are_read_in_two_or_three_columns_and_made_plain(tmp_path):
    path = tmp_path / "x"
    path.write_text(
        "\ufeffHi.\tSalut\u202f!\n\nHi.\tSalut !\tauthors\nI’m  e\u0301lu.\tJ’ai\u00a0gagné\r\n",
        encoding="utf-8",
    )
    assert read_translations(path) == [("Hi.", "Salut !"), ("I'm élu.", "J'ai gagné")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\tb\nno tab\n", "line 2: expected two texts, .* got 'no tab'"),
        ("a\tb\tc\td\n", "line 1: expected two texts"),
        ("a\t \n", "line 1: expected two texts"),
        ("\n", "expected at least one pair, got an empty file"),
    ],
)
def test_lines_that_hold_no_pair_are_named(text, message, tmp_path):
    (tmp_path / "x").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_translations(tmp_path / "x")


def test_without_its_file_tatoeba_says_where_to_get_it():
    with pytest.raises(DownloadError, match=r"Get it from https://www\.manythings\.org/anki/ and"):
        load_pairs("tatoeba")
