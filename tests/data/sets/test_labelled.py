"""Labelled texts in files: what the parsers read, what they refuse, and where a text goes."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from course_pkg.data.registry import load_labelled
from course_pkg.data.sets import banking77, polarity
from course_pkg.data.sets.banking77 import read_intents, split_intents
from course_pkg.data.sets.labelled import place_of
from course_pkg.data.sets.polarity import read_polarity


def archive(path, negative=b"bad .\n", positive=b"good .\n", folder="sentence_polarity"):
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr(f"{folder}/rt-polarity.neg", negative)
        opened.writestr(f"{folder}/rt-polarity.pos", positive)
    return path


def test_places_are_spread_evenly():
    places = np.array([place_of(f"text {i}") for i in range(10_000)])
    counts, _ = np.histogram(places, bins=10, range=(0, 1))
    assert counts.sum() == 10_000
    assert abs(counts - 1_000).max() < 5 * np.sqrt(900)


def test_polarity_reads_each_sentence_once_and_drops_what_is_in_both(tmp_path):
    path = archive(
        tmp_path / "a.zip", b"bad  film . \nboth\nbad film .\n\n", "caf\xe9\nboth".encode()
    )
    assert read_polarity(path) == [("bad film .", 0), ("café", 1)]


def damaged(path, deflated):
    """An archive of which some bytes in the middle are others; of the packed ones, or the size."""
    how = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", how) as opened:
        for name in ("neg", "pos"):
            opened.writestr(f"sentence_polarity/rt-polarity.{name}", f"{name} film\n" * 99)
    content = bytearray(path.read_bytes())
    start = content.index(b"rt-polarity.neg") + len("rt-polarity.neg")
    content[start : start + 12] = b"\xff" * 12
    if not deflated:  # encrypted, it says
        content[6] |= 1
        content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)


@pytest.mark.parametrize("what", ["no zip", "other folder", "latin", "packed", "encrypted"])
def test_polarity_refuses_another_file_in_a_sentence(what, tmp_path):
    path = tmp_path / "a.zip"
    if what == "no zip":
        path.write_bytes(b"bad .\n")
    elif what == "other folder":
        archive(path, folder="other")
    elif what in ("packed", "encrypted"):
        damaged(path, what == "packed")
    else:
        archive(path, positive=b"caf\xe9\n")
    with pytest.raises(ValueError, match=r"a\.zip: expected a zip file with sentence_polarity"):
        read_polarity(path)


def test_polarity_is_loaded_from_its_file(server, monkeypatch, tmp_path):
    names = [a + b + c for a in "abcdefgh" for b in "ijklmnop" for c in "qrstuvwx"]
    lines = {kind: [f"{kind} film {name}" for name in names] for kind in ("bad", "good")}
    path = archive(tmp_path / "a.zip", *("\n".join(part).encode() for part in lines.values()))
    monkeypatch.setattr(polarity, "POLARITY_FILES", (server.file("a.zip", path.read_bytes()),))
    texts = load_labelled("polarity")
    found = dict(text for part in texts[:3] for text in part)
    assert found == {line: kind == "good" for kind, part in lines.items() for line in part}
    assert sum(map(len, texts[:3])) == 2 * len(names)
    assert [len(part) for part in texts[1:3]] == pytest.approx([102, 102], abs=40)  # 4 deviations


def test_a_table_of_intents_is_read_with_line_ends_and_commas_inside(tmp_path):
    path = tmp_path / "train.csv"
    path.write_bytes(b'text,category\r\n"Why, oh\nwhy?",why\r\n"""Yes""",so\r\n')
    assert read_intents(path) == [("Why, oh why?", "why"), ('"Yes"', "so")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text,label\na,b\n", "heading 'text,category'"),
        ("", "heading 'text,category'"),
        ("text,category\n", "at least one question"),
        ("text,category\na,b\nc\n", r"row 2: expected a text and its intent, got \['c'\]"),
        ("text,category\na,b,c\n", "row 1: "),
        ("text,category\n ,b\n", "row 1: "),
        (f'text,category\n"{"a" * 200_000},b\n', "field larger than field limit"),
    ],
)
def test_another_table_is_refused_in_a_sentence(content, message, tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=rf"train\.csv.*{message}"):
        read_intents(path)


def test_of_each_intent_a_tenth_is_held_out_and_no_test_question_is_trained():
    questions = [(f"why is {letter}{other}?", "why") for letter in "abcde" for other in "fghi"]
    questions += [(f"how is {letter}{other}?", "how") for letter in "abcde" for other in "fg"]
    test = [("How is BF", "how"), ("what is this?", "why")]
    texts = split_intents(questions, test)
    assert texts.classes == ("how", "why")
    assert sorted(texts.test) == [("How is BF", 0), ("what is this?", 1)]
    assert [label for _, label in sorted(texts.valid)] == [0, 1, 1]
    assert len(texts.train) == 30 - 1 - 3
    assert "how is bf?" not in dict(texts.train + texts.valid)


def test_banking77_is_loaded_from_its_files(server, monkeypatch):
    files = (
        server.file("train.csv", b"text,category\nwhy?,b\nhow?,a\n"),
        server.file("test.csv", b"text,category\nso?,b\n"),
    )
    monkeypatch.setattr(banking77, "BANKING77_FILES", files)
    texts = load_labelled("banking77")
    assert sorted(texts.train) == [("how?", 0), ("why?", 1)]
    assert texts.test == [("so?", 1)]


def test_what_has_no_labels_is_refused_by_name():
    with pytest.raises(ValueError, match=r"labelled, one of 'docstrings', .*which is text"):
        load_labelled("docstring-text")
