"""The vocabulary: there and back, unknown words, one file that cannot be half or wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.data.sets.agreement import load_agreement
from course_pkg.data.sets.python_text import load_python_text
from course_pkg.data.text.tokens import words
from course_pkg.data.text.vocabulary import SPECIALS, Vocabulary

TEXTS = st.text(st.characters(codec=None), min_size=1, max_size=40)  # any code point at all
WORDS = st.lists(
    st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=5).filter(
        lambda word: word.split() == [word]
    ),
    min_size=1,
)


@given(TEXTS)
def test_characters_come_back(text):
    vocabulary = Vocabulary.build(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text


@given(WORDS)
def test_words_come_back(tokens):
    vocabulary = Vocabulary.build(tokens, level="word", specials=["<unk>"])
    text = " ".join(tokens)
    ids = vocabulary.encode(text)
    np.testing.assert_array_equal(ids, vocabulary.encode(tokens))
    assert vocabulary.decode(ids) == text


@given(TEXTS)
def test_a_file_gives_the_same_vocabulary(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("vocabulary") / "v.json"
    vocabulary = Vocabulary.build(text)
    vocabulary.save(path)
    loaded = Vocabulary.load(path)
    assert loaded == vocabulary
    assert loaded.sha256 == vocabulary.sha256


@pytest.mark.parametrize(
    "text",
    ["循环神经网络", "naïve café", "cafe\u0301", "a\r\n\tb\0c", "👩‍🔬 ok", "\ud800", "<unk> <pad>"],
)
def test_characters_of_all_kinds_come_back(text, tmp_path):
    vocabulary = Vocabulary.build(text)
    vocabulary.save(tmp_path / "v.json")
    loaded = Vocabulary.load(tmp_path / "v.json")
    assert loaded.decode(loaded.encode(text)) == text
    assert (loaded.encode(text) >= 4).all()  # no text is taken for a special token


def test_the_frequent_come_first_and_ties_are_in_order():
    vocabulary = Vocabulary.build(["d", "b", "a", "b", "c", "a"], level="word")
    assert vocabulary.tokens == ("<pad>", "<unk>", "<bos>", "<eos>", "a", "b", "c", "d")
    assert len(vocabulary) == 8
    assert "a" in vocabulary
    assert "z" not in vocabulary


def test_rare_and_further_tokens_are_unknown():
    tokens = ["a", "a", "a", "b", "b", "c"]
    assert Vocabulary.build(tokens, level="word", min_count=2).decode([4, 5]) == "a b"
    small = Vocabulary.build(tokens, level="word", max_size=5)
    assert small.decode(small.encode("a b c")) == "a <unk> <unk>"


def test_words_of_the_test_part_stay_unknown():
    corpus = load_python_text("word")
    vocabulary = Vocabulary.build(corpus.train, level=corpus.level)
    new = set(corpus.test) - set(corpus.train)
    assert new  # or this test shows nothing
    assert all(vocabulary.id(word) == vocabulary.id("<unk>") for word in new)


def test_a_special_token_in_the_text_keeps_its_number():
    vocabulary = Vocabulary.build(["the", "<unk>", "cat", "<unk>"], level="word")
    assert vocabulary.encode("<unk>")[0] == 1
    assert vocabulary.tokens.count("<unk>") == 1


def test_the_fingerprint_is_the_same_in_another_process_and_differs_with_the_content():
    vocabulary = Vocabulary.build("hello")
    code = (
        "from course_pkg.data.text.vocabulary import Vocabulary\n"
        "print(Vocabulary.build('hello').sha256)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == vocabulary.sha256
    others = [
        Vocabulary.build("help"),
        Vocabulary.build("hello", level="word"),
        Vocabulary.build("hello", specials=()),
    ]
    assert len({vocabulary.sha256, *(other.sha256 for other in others)}) == 4


@pytest.mark.parametrize("level", ["char", "word"])
@pytest.mark.parametrize("specials", [SPECIALS, ()])
@pytest.mark.parametrize(
    "make",
    [
        lambda: "",
        lambda: [],
        lambda: (),
        lambda: set(),
        lambda: iter(()),
        lambda: (token for token in ()),
        lambda: np.array([], dtype=str),
        lambda: pd.Series([], dtype=object),
        lambda: words(" \n "),
    ],
)
def test_a_vocabulary_of_no_text_is_refused(make, specials, level):
    with pytest.raises(ValueError, match=r"^training_tokens: expected at least one token"):
        Vocabulary.build(make(), level=level, specials=specials)


@pytest.mark.parametrize(
    ("tokens", "kind"),
    [
        (None, "NoneType"),
        (7, "int"),
        (b"", "bytes"),
        (b"ab", "bytes"),
        (bytearray(b"ab"), "bytearray"),
        (memoryview(b"ab"), "memoryview"),
        ({}, "dict"),
        ({"a": 3}, "dict"),
        (Counter("ab"), "Counter"),
    ],
)
def test_what_is_no_text_is_refused_by_name(tokens, kind):
    message = f"^training_tokens: expected a string or tokens, got {kind}$"
    with pytest.raises(TypeError, match=message):
        Vocabulary.build(tokens)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        ([["a", "b"], ["c"]], "expected strings, got list"),
        (np.array([["a", "b"], ["c", "d"]]), "expected strings, got ndarray"),
        (["a", None], "expected strings, got NoneType"),
        ([float("nan"), "a"], "expected strings, got float"),
        (np.ma.array(["a", "b"], mask=[False, True]), "expected strings, got MaskedConstant"),
    ],
)
def test_a_token_that_is_no_string_is_refused_by_name(tokens, message):
    with pytest.raises(TypeError, match=f"^training_tokens: {message}$"):
        Vocabulary.build(tokens, level="word")


def test_a_vocabulary_of_special_tokens_alone_is_refused():
    with pytest.raises(ValueError, match=r"min_count: expected at most 2, .*, got 3"):
        Vocabulary.build("abab", min_count=3)
    with pytest.raises(ValueError, match="training_tokens: expected at least one token besides"):
        Vocabulary.build(["<unk>", "<pad>"], level="word")


def test_tokens_may_come_one_by_one():
    tokens = ["b", "a", "b"]
    expected = Vocabulary.build(tokens, level="word")
    for some in (iter(tokens), (t for t in tokens), np.array(tokens), pd.Series(tokens)):
        assert Vocabulary.build(some, level="word") == expected
    np.testing.assert_array_equal(expected.encode(t for t in tokens), [4, 5, 4])


@pytest.mark.parametrize("level", ["char", "word"])
@pytest.mark.parametrize("nothing", ["", [], (), iter(()), np.array([], dtype=str)])
def test_no_text_has_no_ids_and_no_ids_are_no_text(nothing, level):
    vocabulary = Vocabulary.build("ab", level=level)
    ids = vocabulary.encode(nothing)
    assert ids.shape == (0,)
    assert ids.dtype == np.int64
    for row in (ids, [], (), np.array([]), np.array([], dtype=np.uint8)):
        assert vocabulary.decode(row) == ""


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Vocabulary.build([1, 2]), TypeError, "training_tokens: expected strings, got int"),
        (lambda: Vocabulary.build(["a", ""]), ValueError, "of at least one character"),
        (lambda: Vocabulary.build("a", level="byte"), ValueError, "level: expected one of 'char'"),
        (lambda: Vocabulary.build("a", min_count=0), ValueError, "min_count: expected an integer"),
        (lambda: Vocabulary.build("a", max_size=3), ValueError, "max_size: expected at least 5, "),
        (
            lambda: Vocabulary.build("a", max_size=4),
            ValueError,
            "besides the specials has room, got 4",
        ),
        (lambda: Vocabulary.build("a", specials=("x", "x")), ValueError, "got 'x' 2 times"),
        (
            lambda: Vocabulary.build("a", specials="<unk>"),
            TypeError,
            "a list of tokens, got '<unk>'",
        ),
        (lambda: Vocabulary.build("a", specials=None), TypeError, "a list of tokens, got None"),
        (
            lambda: Vocabulary.build(["a", "b c"], level="word"),
            ValueError,
            "tokens: expected words without white space, got 'b c'",
        ),
        (
            lambda: Vocabulary.build("a\u00a0b", level="word"),
            ValueError,
            r"tokens: expected words without white space, got '\\xa0'",
        ),
        (lambda: Vocabulary.build("ab").encode(b"ab"), TypeError, "expected a string or tokens, g"),
        (lambda: Vocabulary.build("ab").encode(b""), TypeError, "expected a string or tokens, got"),
        (lambda: Vocabulary.build("ab").encode([1, 2]), TypeError, "tokens: expected strings, got"),
        (
            lambda: Vocabulary.build(["a"], level="word").encode(np.array([1])),
            TypeError,
            "tokens: expected strings, got int64",
        ),
        (lambda: Vocabulary.build(load_agreement(10)), TypeError, "got a whole Corpus; pass its"),
        (lambda: Vocabulary(["a"]), TypeError, "tokens: expected a tuple, got list"),
        (lambda: Vocabulary(("a", "b", "a")), ValueError, "each token once, got 'a' 2 times"),
        (lambda: Vocabulary(("a",), ("b",)), ValueError, "tokens: expected the specials"),
        (lambda: Vocabulary(("a",)).encode("b"), ValueError, "tokens: 'b' is not in the vocabul"),
        (lambda: Vocabulary(("a",)).decode([0, 1]), ValueError, "ids: expected numbers in 0..0"),
        (lambda: Vocabulary(("a",)).decode([-1]), ValueError, "ids: expected numbers in 0..0"),
        (lambda: Vocabulary(("a",)).decode([0.0]), TypeError, "ids: expected integers, got float"),
        (lambda: Vocabulary(("a",)).decode([[0]]), ValueError, r"ids: expected shape \(N,\), got"),
        (lambda: Vocabulary(("a",)).decode(0), ValueError, r"ids: expected shape \(N,\), got \(\)"),
        (lambda: Vocabulary(("a",)).decode(None), ValueError, r"ids: expected shape \(N,\), got"),
        (lambda: Vocabulary(("a",)).decode("a"), ValueError, r"ids: expected shape \(N,\), got"),
        (
            lambda: Vocabulary(("a",)).decode(np.zeros((0, 3), int)),
            ValueError,
            r"ids: expected shape \(N,\), got \(0, 3\)",
        ),
        (
            lambda: Vocabulary(("a",)).decode(np.array([2**63], np.uint64)),
            ValueError,
            "in 0..0, got",
        ),
        (lambda: Vocabulary(("a",)).encode(None), TypeError, "text: expected a string or tokens"),
        (lambda: Vocabulary(("a",)).encode(7), TypeError, "text: expected a string or tokens, got"),
    ],
)
def test_bad_input_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def damaged(**changes):
    """Return a function that changes some entries of a saved vocabulary."""

    def change(text):
        content = json.loads(text)
        content.update(changes)
        return json.dumps({key: value for key, value in content.items() if value is not None})

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: "", "expected a vocabulary as JSON"),
        (lambda text: text[: len(text) // 2], "expected a vocabulary as JSON"),
        (lambda text: "[" * 100_000, "expected a vocabulary as JSON"),
        (lambda text: "[]", "expected the format 'course_pkg vocabulary 1'"),
        (damaged(format="pickle"), "expected the format 'course_pkg vocabulary 1'"),
        (damaged(tokens=None), "damaged: 'tokens'"),
        (damaged(tokens="abc"), "damaged: tokens: expected a list, got str"),
        (damaged(tokens=["a", 7]), "damaged: tokens: expected strings, got int"),
        (damaged(tokens=["<unk>", "a", "a"], specials=[]), "damaged: tokens: expected each token"),
        (damaged(specials=["x"]), "damaged: tokens: expected the specials"),
        (damaged(level="byte"), "damaged: level: expected one of"),
        (damaged(level="word"), "damaged: its content and sha256 differ"),
        (damaged(sha256="0" * 64), "damaged: its content and sha256 differ"),
        (damaged(sha256=None), "damaged: its content and sha256 differ"),
    ],
)
def test_a_damaged_or_foreign_file_is_refused(change, message, tmp_path):
    path = tmp_path / "v.json"
    Vocabulary.build("hello").save(path)
    path.write_text(change(path.read_text()))
    with pytest.raises(ValueError, match=message) as raised:
        Vocabulary.load(path)
    assert str(path) in str(raised.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "v.json"
    path.write_bytes(b"\xff\xfe\x00garbage")
    with pytest.raises(ValueError, match="expected a vocabulary as JSON"):
        Vocabulary.load(path)
