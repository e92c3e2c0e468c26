"""Byte pairs: there and back for any string, the merges of another library, whole files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.byte_pairs import of_tokenizers
from course_pkg.data.sets.python_text import load_python_text
from course_pkg.data.text.byte_pairs import MOST_BYTES, BytePairs, load_vocabulary
from course_pkg.data.text.merging import LONGEST, as_numbers, cut_words, learn_merges
from course_pkg.data.text.tokens import words
from course_pkg.data.text.vocabulary import SPECIALS, Vocabulary

ANY = st.text(st.characters(codec=None), max_size=60)  # any code point at all, halves included
SAMPLE = (
    "the cat and the hat, the cats and the hats: 1998, 1999\n    return [循环神经网络, 循环网络]\n"
)
PAIRS = BytePairs.train(SAMPLE, 40, specials=SPECIALS)


def chinese():
    """Return Chinese words and phrases: names of places, languages and currencies."""
    locale = Locale("zh")
    names = [*locale.territories.values(), *locale.languages.values(), *locale.currencies.values()]
    return "，".join(names)


@pytest.mark.parametrize(
    "make",
    [
        lambda: load_python_text().train[:300_000],
        chinese,
        lambda: "".join(np.random.default_rng(0).choice(list("aab \n"), 20_000)),  # runs and ties
    ],
    ids=["python", "chinese", "random"],
)
def test_merges_are_those_of_tokenizers(make):
    times = Counter(as_numbers(word) for word in cut_words(make()))
    learned = learn_merges(times, 500)
    assert len(learned) >= 100
    assert learned == of_tokenizers(times, 500)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("abc", min_size=1, max_size=12), min_size=1, max_size=12))
def test_ties_and_runs_are_merged_as_by_tokenizers(some):
    times = Counter(some)
    assert learn_merges(times, 50) == of_tokenizers(times, 50)


def test_the_learned_merges_are_those_of_counting_everything_again():
    text = load_python_text().valid[:3000]
    texts = [as_numbers(word) for word in cut_words(text)]
    for number, pair in enumerate(BytePairs.train(text, 60).merges):
        counts = Counter(found for word in texts for found in pairwise(map(ord, word)))
        most = max(counts.values())
        assert pair == min(found for found, count in counts.items() if count == most)
        texts = [word.replace("".join(map(chr, pair)), chr(256 + number)) for word in texts]


@given(ANY)
def test_any_string_comes_back(text):
    ids = PAIRS.encode(text)
    assert ids.dtype == np.int64
    assert PAIRS.decode(ids) == text
    assert (ids < 256 + len(PAIRS.merges)).all()  # no text is taken for a special token
    assert "".join(cut_words(text)) == text


@given(ANY.filter(bool), st.integers(0, 30))
def test_any_string_comes_back_by_its_own_merges(text, merges):
    pairs = BytePairs.train(text, merges)
    assert pairs.decode(pairs.encode(text)) == text


@pytest.mark.parametrize(
    "text",
    ["循环神经网络", "naïve café", "cafe\u0301", "a\r\n\tb\0c", "👩‍🔬 ok", "\ud800", "\ud83d\ude00",
     "<unk> <pad>", "x" * 1000, " " * 300 + "x", "\u0301", "² Ⅷ ٣", "हिन्दी में", ""],
)  # fmt: skip
def test_strings_of_all_kinds_come_back(text, tmp_path):
    assert PAIRS.decode(PAIRS.encode(text)) == text
    PAIRS.save(tmp_path / "v.json")
    assert load_vocabulary(tmp_path / "v.json").decode(PAIRS.encode(text)) == text


def test_encoding_applies_the_merges_in_their_order():
    pairs = BytePairs(((98, 99), (97, 98), (97, 256)))  # bc, ab, a + bc
    assert pairs.split("abc ab") == ["abc", " ", "ab"]
    assert BytePairs(((97, 98), (98, 99))).split("abc") == ["ab", "c"]


def test_the_training_text_is_written_with_the_tokens_it_was_merged_to():
    text = load_python_text().valid[:5000]
    pairs = BytePairs.train(text, 200)
    texts = [as_numbers(word) for word in cut_words(text)]
    for number, pair in enumerate(pairs.merges):
        texts = [word.replace("".join(map(chr, pair)), chr(256 + number)) for word in texts]
    assert list(map(ord, "".join(texts))) == pairs.encode(text).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("don't stop", ["don", "'", "t", " stop"]),
        ("read_file(42)", ["read", "_", "file", "(", "4", "2", ")"]),
        ("cafe\u0301 हिन्दी", ["cafe\u0301", " हिन्दी"]),
        ("用RNN写，循环", ["用", "RNN", "写", "，", "循环"]),
        ("a  b\n\n  c \n", ["a", " ", " b", "\n\n", " ", " c", " ", "\n"]),
        ("\t\tx", ["\t", "\t", "x"]),
        ("", []),
    ],
)
def test_words(text, expected):
    assert cut_words(text) == expected


def test_no_word_is_longer_than_the_bound():
    for one in "a循1- \n":
        assert max(map(len, cut_words(f" {one * 1000}x"))) <= LONGEST + 1
    assert len("\U00020000".encode()) * LONGEST + 1 == MOST_BYTES


def test_no_token_crosses_a_word():
    text = load_python_text().train[:50_000]
    longer = [token for token in BytePairs.train(text, 500).tokens[256:] if "\\x" not in token]
    assert len(longer) > 400
    assert all(len(cut_words(token)) == 1 for token in longer)


def test_texts_do_not_go_on_in_the_next():
    assert BytePairs.train("abab").merges
    assert BytePairs.train(["ab", "ab"], 1).merges == ((97, 98),)
    assert BytePairs.train(["a", "b", "a", "b"]).merges == ()  # joined they were "abab"


def test_merging_stops_where_no_pair_occurs_twice():
    assert BytePairs.train("abc", 10).merges == ()
    assert BytePairs.train("hug hug", 100).tokens[256:] == ("hu", "hug")


def test_special_tokens_come_last_and_only_by_number():
    assert len(PAIRS) == 256 + len(PAIRS.merges) + 4
    assert PAIRS.tokens[-4:] == SPECIALS
    assert PAIRS.id("<pad>") == len(PAIRS) - 4
    assert PAIRS.decode([PAIRS.id("<bos>"), 97, PAIRS.id("<eos>")]) == "<bos>a<eos>"
    learned = BytePairs.train("end end end", 10, specials=["end"])
    assert learned.tokens.count("end") == 2  # a text may have it too
    assert learned.id("end") == len(learned) - 1
    assert learned.id("end") not in learned.encode("end")


def test_one_token_has_a_number_and_others_have_none():
    assert "the" not in PAIRS.specials
    assert " the" in PAIRS
    assert PAIRS.decode([PAIRS.id(" the")]) == " the"
    assert "猫" not in PAIRS  # three bytes
    assert 5 not in PAIRS
    with pytest.raises(ValueError, match=r"^token: expected one token, got '猫'"):
        PAIRS.id("猫")
    with pytest.raises(TypeError, match=r"^token: expected a string, got int"):
        PAIRS.id(5)


def test_the_characters_of_a_text_are_counted():
    text = "naïve 循环神经网络 👩‍🔬 the hats"
    assert PAIRS.characters[PAIRS.encode(text)].sum() == len(text)
    assert (PAIRS.characters[-4:] == 0).all()


def test_bytes_that_are_no_text_are_replaced():
    first, second, third = "环".encode()
    assert PAIRS.decode([97, first, second, 98]) == "a\ufffdb"
    assert PAIRS.decode([first, second, third]) == "环"
    assert PAIRS.tokens[first] == "\\xe7"


@given(ANY.filter(bool))
def test_a_file_gives_the_same_byte_pairs(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("vocabulary") / "v.json"
    pairs = BytePairs.train(text, 20, specials=["<unk>", text])
    pairs.save(path)
    loaded = load_vocabulary(path)
    assert loaded == pairs
    assert loaded.sha256 == pairs.sha256


def test_the_fingerprint_is_the_same_in_another_process_and_differs_with_the_content():
    code = (
        "from course_pkg.data.text.byte_pairs import BytePairs\n"
        "print(BytePairs.train('hug hug', 1).sha256)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == BytePairs.train("hug hug", 1).sha256
    others = [((), ()), (((97, 98),), ()), (((98, 97),), ()), (((97, 98),), ("<unk>",))]
    assert len({BytePairs(*content).sha256 for content in others}) == 4


def test_either_kind_of_vocabulary_is_opened(tmp_path):
    for vocabulary in (PAIRS, Vocabulary.build("hello"), Vocabulary.build(["a"], level="word")):
        vocabulary.save(tmp_path / "v.json")
        assert load_vocabulary(tmp_path / "v.json") == vocabulary
    with pytest.raises(FileNotFoundError):
        load_vocabulary(tmp_path / "none.json")


def rewritten(change):
    content = {"format": "course_pkg byte pairs 1", "specials": ["<pad>"], "merges": [[97, 98]]}
    content["sha256"] = BytePairs(((97, 98),), ("<pad>",)).sha256
    return json.dumps(change(content))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "\xff",
        "[" * 100_000,
        rewritten(lambda c: c | {"format": "another"}),
        rewritten(lambda c: c | {"sha256": 0}),
        rewritten(lambda c: c | {"merges": [[98, 97]]}),
        rewritten(lambda c: c | {"merges": [[97, 256]]}),  # itself
        rewritten(lambda c: c | {"merges": [[97, -1]]}),
        rewritten(lambda c: c | {"merges": [[97, 98], [97, 98]]}),  # twice
        rewritten(lambda c: c | {"merges": [[97, 97]] + [[255 + n] * 2 for n in range(1, 60)]}),
        rewritten(lambda c: c | {"merges": [[97, True]]}),
        rewritten(lambda c: c | {"merges": [[97, 98.0]]}),
        rewritten(lambda c: c | {"merges": [[97]]}),
        rewritten(lambda c: c | {"merges": [97]}),
        rewritten(lambda c: c | {"merges": ["ab"]}),
        rewritten(lambda c: c | {"merges": {"a": 1}}),
        rewritten(lambda c: c | {"specials": "<pad>"}),
        rewritten(lambda c: c | {"specials": [["<pad>"]]}),
        rewritten(lambda c: c | {"specials": ["<pad>", "<pad>"]}),
        rewritten(lambda c: c | {"specials": [""]}),
        rewritten(lambda c: {key: c[key] for key in ("format", "specials", "sha256")}),
    ],
)
def test_a_damaged_file_is_refused_in_a_sentence(tmp_path, text):
    path = tmp_path / "v.json"
    path.write_text(text, encoding="latin-1")
    for read in (load_vocabulary, BytePairs.load):
        with pytest.raises(ValueError, match=r"^\S*v\.json: ") as caught:
            read(path)
        assert len(str(caught.value)) < 400
        assert "\n" not in str(caught.value)


def test_no_byte_of_a_file_can_be_changed_unseen(tmp_path):
    path = tmp_path / "v.json"
    BytePairs.train("hug hug", 2, specials=["<pad>"]).save(path)
    whole = path.read_bytes()
    for place in range(len(whole) - 1):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(ValueError, match=r"v\.json"):
            load_vocabulary(path)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("",), ValueError, "text: expected at least one character"),
        (([],), ValueError, "text: expected at least one character"),
        ((None,), TypeError, "text: expected a string or strings, got NoneType"),
        ((b"ab",), TypeError, "text: expected a string or strings, got bytes"),
        (({"a": 1},), TypeError, "text: expected a string or strings, got dict"),
        (([1, 2],), TypeError, "text: expected a string, got int"),
        (("ab", -1), ValueError, "merges: expected an integer of at least 0, got -1"),
        (("ab", 2.0), TypeError, "merges: expected an integer, got float"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(arguments, error, message):
    with pytest.raises(error, match=f"^{message}"):
        BytePairs.train(*arguments)


def test_a_whole_corpus_is_refused():
    with pytest.raises(
        TypeError, match=r"^text: expected the text of the training part, got a whol"
    ):
        BytePairs.train(load_python_text())


@pytest.mark.parametrize(
    ("ids", "error"),
    [([300], ValueError), ([-1], ValueError), ([[1]], ValueError), ([1.5], TypeError)],
)
def test_numbers_of_no_token_are_refused(ids, error):
    with pytest.raises(error, match=r"^ids: expected"):
        PAIRS.decode(ids)
    assert PAIRS.decode([]) == ""


@pytest.mark.parametrize("text", [["a"], None, b"a"])
def test_only_a_string_is_encoded(text):
    with pytest.raises(TypeError, match=r"^text: expected a string, got"):
        PAIRS.encode(text)


def test_merges_given_as_numpy_integers_are_the_same():
    pairs = BytePairs(tuple((np.int64(a), np.int64(b)) for a, b in PAIRS.merges), SPECIALS)
    assert pairs == PAIRS
    assert pairs.sha256 == PAIRS.sha256


def test_byte_pairs_leave_no_word_unknown_where_words_do():
    corpus = load_python_text()
    pairs = BytePairs.train(corpus.train[:100_000], 300)
    new = set(words(corpus.test)) - set(words(corpus.train))
    assert new  # or this test shows nothing
    assert all(pairs.decode(pairs.encode(word)) == word for word in new)
