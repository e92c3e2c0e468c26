"""`course_pkg.reference.baselines.texts`: numbers for words, and what a text has to be."""

import pytest

from course_pkg.reference.baselines.texts import check_same_number, numbered


def test_words_get_numbers_in_the_order_in_which_they_come():
    texts = numbered("sources", [["b", "a"], [], ("b", "c", "b")])
    assert texts.number == {"b": 0, "a": 1, "c": 2}
    assert texts.ids.tolist() == [0, 1, 0, 2, 0]
    assert texts.lengths.tolist() == [2, 0, 3]


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        (["a b"], TypeError, r"sources\[0\]: expected a list of words, got str; cut it first"),
        ([["a"], {"b"}], TypeError, r"sources\[1\]: expected a list of words, got set$"),
        ([["a"], [1]], TypeError, r"sources\[1\]: expected words \(str\), got int"),
        ([["a", ""]], ValueError, r"sources\[0\]: expected words, got an empty one"),
    ],
)
def test_messages(texts, error, message):
    with pytest.raises(error, match=message):
        numbered("sources", texts)


@pytest.mark.parametrize(
    ("sources", "targets", "error", "message"),
    [
        ("a", [["a"]], TypeError, "sources: expected a list of texts, got str"),
        ([["a"]], {"a": 1}, TypeError, "targets: expected a list of texts, got dict"),
        ([], [], ValueError, "sources: expected at least one, got none"),
        ([["a"]], [], ValueError, "targets: expected 1 of them, one for each of sources, got 0"),
    ],
)
def test_messages_of_two(sources, targets, error, message):
    with pytest.raises(error, match=message):
        check_same_number(sources, targets)
