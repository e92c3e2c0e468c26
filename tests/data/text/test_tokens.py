"""Texts to tokens: nothing but spaces is lost, and Chinese is cut into characters."""

import re
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from course_pkg.data.text.tokens import characters, words


@given(st.text())
def test_characters_join_to_the_text(text):
    assert "".join(characters(text)) == text


@given(st.text())
def test_words_lose_nothing_but_space(text):
    assert "".join(words(text)) == "".join(text.split())
    assert all(word and not any(map(str.isspace, word)) for word in words(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t ", []),
        ("It's the cats' box.", ["It's", "the", "cats", "'", "box", "."]),
        ("l’été", ["l’été"]),
        ("x_1 = 3.5", ["x_1", "=", "3", ".", "5"]),
        ("well... no!?", ["well", "...", "no", "!", "?"]),
        ("a**b", ["a", "**", "b"]),
        ("我爱RNN模型。", ["我", "爱", "RNN", "模", "型", "。"]),
        ("𠀀𠀁x", ["𠀀", "𠀁", "x"]),
        ("Größe größer", ["Größe", "größer"]),
    ],
)
def test_words_of_several_kinds_of_text(text, expected):
    assert words(text) == expected


# One word each: letters with marks over, under, before and behind them, and joiners.
ONE_WORD = {
    "accents": "tiếng",
    "two marks": "q\u0307\u0323x",
    "Devanagari": "हिन्दी",
    "Devanagari with a joiner": "क्\u200dष",
    "Bengali": "বাংলা",
    "Tamil": "தமிழ்",
    "Telugu": "తెలుగు",
    "Sinhala with a joiner": "ශ්\u200dරී",
    "Thai": "ภาษาไทยน้ำ",
    "Lao": "ມື້ນີ້",
    "Burmese": "မြန်မာ",
    "Khmer": "ខ្មែរ",
    "Tibetan": "བོད",
    "Arabic": "السَّلَامُ",
    "Persian with a non-joiner": "می\u200cخواهم",
    "Hebrew": "שָׁלוֹם",
    "Syriac": "ܫܠܳܡܳܐ",
    "Hangul": "한국어",
    "Kana": "か\u3099き",
    "a soft hyphen": "co\u00adoperate",
    "an apostrophe": "l’été",
    "an apostrophe and points": "ג’וֹרג’",
    "a digit in a circle": "3\ufe0f\u20e3",
    "underscores": "é_1_é",
}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("word", ONE_WORD.values(), ids=ONE_WORD)
def test_no_word_is_torn_at_a_mark_or_joiner(word, form):
    word = unicodedata.normalize(form, word)
    parts = [word] if not word.endswith("’") else [word[:-1], "’"]
    assert words(word) == parts
    assert words(f"({word} {word}).") == ["(", *parts, *parts, ")", "."]


ATTACHED = st.characters(categories=["Mn", "Mc", "Me", "Cf"], exclude_characters="\u200b")
MARKED = st.tuples(st.sampled_from("aZ_7éשกक'’한字"), st.text(ATTACHED, max_size=2))


@given(st.lists(MARKED, min_size=1))
def test_a_mark_behind_any_character_changes_no_cut(marked):
    text = "".join(character for character, _ in marked)
    assume(not re.search("['’]{2}", text))  # a joiner may make one sign of two
    cut, place = [], 0
    for word in words(text):
        cut.append("".join(map("".join, marked[place : place + len(word)])))
        place += len(word)
    assert words("".join(map("".join, marked))) == cut


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("字\U000e0100字", ["字\U000e0100", "字"]),  # one ideograph, drawn in another way
        ("a≠b", ["a", "≠", "b"]),
        ("a=\u0338b", ["a", "=\u0338", "b"]),  # the same, as "=" and a stroke
        ("..\u0301...", [".", ".\u0301", "..."]),
        ("👩\u200d🔬👩\u200d🔬 👩👩\u200d🔬", ["👩\u200d🔬", "👩\u200d🔬", "👩", "👩\u200d🔬"]),
        ("ok❤\ufe0f\u200d🔥!", ["ok", "❤\ufe0f\u200d🔥", "!"]),
        ("❤\ufe0f❤\ufe0e", ["❤\ufe0f", "❤\ufe0e"]),
        ("👍🏽👍", ["👍🏽", "👍"]),
        ("🇩🇪🇫🇷🇫", ["🇩🇪", "🇫🇷", "🇫"]),
        ("🏴\U000e0067\U000e0062\U000e007f.", ["🏴\U000e0067\U000e0062\U000e007f", "."]),
        (" \u0301abc", ["\u0301", "abc"]),  # a mark with nothing before it
        ("क्\u200d।", ["क्\u200d", "।"]),  # a joiner at the end joins no full stop
        ("ខ្មែរ\u200bខ្មែរ", ["ខ្មែរ", "\u200b", "ខ្មែរ"]),  # the space without width parts words
    ],
)
def test_signs_keep_their_marks_and_are_still_parted(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize("function", [characters, words])
def test_what_is_no_text_is_refused(function):
    with pytest.raises(TypeError, match="text: expected a string, got bytes"):
        function(b"abc")
