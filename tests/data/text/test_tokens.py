"""Texts to tokens: nothing but spaces is lost, and Chinese is cut into characters."""

import pytest
from hypothesis import given
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


@pytest.mark.parametrize("function", [characters, words])
def test_what_is_no_text_is_refused(function):
    with pytest.raises(TypeError, match="text: expected a string, got bytes"):
        function(b"abc")
