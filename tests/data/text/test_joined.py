"""Words and marks: split and joined, every text comes back."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from course_pkg.data.text.joined import SPACE, TIE, join_words, split_words, to_text, to_tokens

LIKE_SENTENCES = st.text("aést -'’.,!?:;()[\"«»…%0\u202f\n循")


@given(st.one_of(st.text(), LIKE_SENTENCES))
def test_every_text_comes_back_with_plain_spaces(text):
    assume(SPACE not in text and TIE not in text)
    tokens = split_words(text)
    assert join_words(tokens) == " ".join(text.split())
    assert all(token and not any(map(str.isspace, token)) for token in tokens)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("quatre-vingt-dix-neuf", ["quatre", "-", "vingt", "-", "dix", "-", "neuf"]),
        ("two thousand, five", ["two", "thousand", ",", "five"]),
        ("Don't!", ["Don", "'t", "!"]),
        ("DON'T", ["DON", "'T"]),
        ("we’re", ["we", "’re"]),
        ("Qu'est-ce que c'est ?", ["Qu'", "est", "-", "ce", "que", "c'", "est", "␣?"]),
        ("aujourd'hui", ["aujourd'", "hui"]),
        ("l'été", ["l'", "été"]),
        ("c'tait", ["c'", "tait"]),  # begins with a t, but is no ending
        ("a - b", ["a", "␣-", "␣b"]),
        ("$30", ["$", "⁀30"]),
        ("", []),
    ],
)
def test_where_texts_are_cut(text, tokens):
    assert split_words(text) == tokens
    assert join_words(tokens) == text


@given(st.lists(st.sampled_from(["a", "-", "!", "␣!", "⁀b", "j'", "'s", "<unk>"])))
def test_whatever_a_network_writes_can_be_joined(tokens):
    text = join_words(tokens)
    assert text == text.strip()
    assert SPACE not in text


def test_what_cannot_come_back_is_refused():
    for sign in (SPACE, TIE):
        with pytest.raises(ValueError, match="text: expected none of the signs ␣ and ⁀, got"):
            split_words(f"a {sign}b")
    with pytest.raises(TypeError, match="text: expected a string, got bytes"):
        split_words(b"a")
    for function, value in ((to_tokens, "a"), (to_text, ["a"])):
        with pytest.raises(ValueError, match="level: expected one of 'char', 'word', got 'line'"):
            function(value, "line")
