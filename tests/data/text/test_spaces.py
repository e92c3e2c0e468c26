"""Words put together again: the spaces that a reader expects."""

import pytest

from course_pkg.data.text.spaces import with_space
from course_pkg.data.text.tokens import words


def joined(tokens):
    return "".join(map(with_space, tokens, [None, *tokens]))


@pytest.mark.parametrize(
    "text",
    [
        "A word, and another; so: yes!",
        "What (if anything) is [missing]?",
        "Don't go...",
        "50% of them",
        "a + b",
    ],
)
def test_plain_text_comes_back(text):
    assert joined(words(text)) == text


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("it does n't <eos> he 's", "it doesn't\nhe's"),
        ("<eos> <eos> a", "\n\na"),
        ("the ' end", "the ' end"),  # one mark alone may open or close
        ("the <unk> .", "the <unk>."),
        ("f ( x , y )", "f (x, y)"),
        ("", ""),
    ],
)
def test_endings_and_lines(tokens, text):
    assert joined(tokens.split()) == text
