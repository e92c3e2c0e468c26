"""Texts: cut without losing a character, and read as their authors count them."""

from __future__ import annotations

import io
import sys
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.data.files.download import DownloadError, data_folder
from course_pkg.data.registry import load_text
from course_pkg.data.sets import ptb, tinyshakespeare, wikitext
from course_pkg.data.sets.agreement import load_agreement
from course_pkg.data.sets.corpus import cut
from course_pkg.data.sets.ptb import load_ptb
from course_pkg.data.sets.python_text import load_python_text
from course_pkg.data.sets.token_files import PLAIN, PTB, WIKITEXT, load_token_folder, read_tokens
from course_pkg.data.sets.wikitext import load_wikitext2
from course_pkg.data.text.vocabulary import Vocabulary


@given(st.text("ab\n", min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_cut_loses_nothing_and_cuts_at_line_ends(text, a, b):
    parts = cut(text, (min(a, b), max(a, b)))
    assert "".join(parts) == text
    for n in (1, 2):
        before, after = "".join(parts[:n]), "".join(parts[n:])
        assert not before or not after or before.endswith("\n")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("", (0.5, 0.9)), ValueError, "text: expected at least one character"),
        ((b"ab", (0.5, 0.9)), TypeError, "text: expected a string, got bytes"),
        (("ab", (0.9, 0.5)), ValueError, "ends: expected two numbers, the smaller one first"),
        (("ab", (0.9, 1.5)), ValueError, r"ends: expected a number in \[0, 1\], got 1.5"),
        (("ab", (-0.5, 0.5)), ValueError, r"ends: expected a number in \[0, 1\], got -0.5"),
        (("ab", (0.1, 0.5, 0.9)), ValueError, "ends: expected two numbers"),
    ],
)
def test_a_cut_that_would_lose_or_double_text_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        cut(*arguments)
    with pytest.raises(ValueError, match="at: expected at least one character"):
        cut("ab", (0.5, 0.9), at="")


def test_the_python_text_is_cut_in_three_without_rulers_among_the_words():
    text = load_python_text()
    sizes = [len(part) for part in text[:3]]
    assert sum(sizes) > 200_000
    assert sizes[0] / sum(sizes) == pytest.approx(0.9, abs=0.01)
    assert sizes[1] / sum(sizes) == pytest.approx(0.05, abs=0.01)
    words = load_python_text("word")
    assert sum(len(part) for part in words[:3]) > 40_000
    rulers = [word for word in words.train if len(word) > 9 and not any(map(str.isalnum, word))]
    assert len(rulers) < 0.001 * len(words.train)
    assert 2000 < len(Vocabulary.build(words.train, level="word")) < 8000


def test_a_text_is_loaded_by_its_name():
    assert load_text("python-text") == load_python_text("char")
    assert load_text("python-text", "word") == load_python_text("word")
    assert load_text("agreement") == load_agreement()


def test_python_without_its_texts_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydoc_data", None)
    with pytest.raises(ModuleNotFoundError, match="pydoc_data, which this Python came without"):
        load_python_text()


@pytest.mark.parametrize(
    "call",
    [
        load_python_text,
        load_text,
        lambda other: load_text("python-text", other),
        lambda other: load_text("ptb", other),
    ],
)
def test_another_name_or_level_is_refused(call):
    with pytest.raises(ValueError, match=r"expected one of .*, got 'other'"):
        call("other")


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        (b" a b \n c\n", ["a", "b", "<eos>", "c", "<eos>"]),
        (b"a\n\nb", ["a", "<eos>", "<eos>", "b", "<eos>"]),
        (b" \n = Title = \n \n", ["<eos>", "=", "Title", "=", "<eos>", "<eos>"]),
        ("a\u2028b\u0085c\n".encode(), ["a", "b", "c", "<eos>"]),  # one line, not three
        (b"\xef\xbb\xbfa b\n", ["a", "b", "<eos>"]),  # the mark that some editors write first
        ("<unk> 循环\r\n".encode(), ["<unk>", "循环", "<eos>"]),
    ],
)
def test_lines_become_tokens_and_an_end(body, tokens, tmp_path):
    (tmp_path / "x").write_bytes(body)
    assert read_tokens(tmp_path / "x") == tokens


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "got an empty file"),
        (b" \n", "got an empty file"),
        (b"\xef\xbb\xbf", "got an empty file"),
        (b"\xff", "UTF-8"),
    ],
)
def test_a_file_that_is_no_text_is_refused(body, message, tmp_path):
    (tmp_path / "x").write_bytes(body)
    with pytest.raises(ValueError, match=message):
        read_tokens(tmp_path / "x")


@pytest.mark.parametrize("names", [PLAIN, PTB, WIKITEXT])
def test_a_folder_of_ones_own_is_read(names, tmp_path):
    for name, body in zip(names, ("a b\n", "c\n", "d\n"), strict=True):
        (tmp_path / name).write_text(body)
    corpus = load_token_folder(tmp_path)
    assert corpus[:4] == (["a", "b", "<eos>"], ["c", "<eos>"], ["d", "<eos>"], "word")
    (tmp_path / names[1]).unlink()
    with pytest.raises(FileNotFoundError, match=r"expected train\.txt, valid\.txt, test\.txt in"):
        load_token_folder(tmp_path)


def test_ptb_is_read_from_its_three_files(server, monkeypatch):
    bodies = [b" the N <unk>\n", b" a\n", b" b\n"]
    files = [server.file(file.name, body) for file, body in zip(ptb.PTB_FILES, bodies, strict=True)]
    monkeypatch.setattr(ptb, "PTB_FILES", files)
    assert load_text("ptb") == load_ptb()
    assert load_ptb().train == ["the", "N", "<unk>", "<eos>"]
    assert load_ptb().card is ptb.PTB_CARD


def test_tinyshakespeare_is_cut_at_line_ends(server, monkeypatch):
    body = "".join(f"line {i}\r\n" for i in range(100))
    monkeypatch.setattr(
        tinyshakespeare, "TINYSHAKESPEARE_FILES", [server.file("input.txt", body.encode())]
    )
    corpus = load_text("tinyshakespeare")
    # The validation part is the beginning; the line ends stay as they are.
    assert corpus.valid + corpus.train + corpus.test == body
    assert all(part.endswith("\n") for part in corpus[:3])
    shares = [len(part) / len(body) for part in corpus[:3]]
    assert shares == pytest.approx([0.85, 0.05, 0.1], abs=0.01)  # cut behind a line
    assert corpus.card is tinyshakespeare.TINYSHAKESPEARE_CARD


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return out.getvalue()


WIKI = {f"wikitext-2/{name}": f" {name[5]} \n \n" for name in WIKITEXT}


def test_wikitext_is_read_out_of_its_archive_and_nothing_else_is_kept(server, monkeypatch):
    monkeypatch.setattr(wikitext, "WIKITEXT2_FILES", [server.file("w.zip", zipped(WIKI))])
    for _ in range(2):
        corpus = load_wikitext2()
        assert corpus.train == ["t", "<eos>", "<eos>"]
        assert corpus.valid == ["v", "<eos>", "<eos>"]
    assert [path.name for path in (data_folder() / "wikitext2").iterdir()] == ["w.zip"]


def test_a_damaged_archive_is_fetched_anew_or_ends_in_an_error_that_says_what_to_do(
    server, monkeypatch, folder
):
    monkeypatch.setattr(wikitext, "WIKITEXT2_FILES", [server.file("w.zip", zipped(WIKI))])
    first = load_wikitext2()
    archive = folder / "wikitext2" / "w.zip"
    for damaged in (b"", b"PK", archive.read_bytes()[:-9]):
        archive.write_bytes(damaged)
        assert load_wikitext2() == first
    archive.write_bytes(b"PK")
    server.content.clear()
    with pytest.raises(
        DownloadError, match=r"could not be downloaded .* data get wikitext2 --from"
    ):
        load_wikitext2()


def test_the_line_ends_of_wikitext_are_read_on_every_system(server, monkeypatch):
    members = {name: body.replace("\n", "\r\n") for name, body in WIKI.items()}
    monkeypatch.setattr(wikitext, "WIKITEXT2_FILES", [server.file("w.zip", zipped(members))])
    assert load_wikitext2().train == ["t", "<eos>", "<eos>"]
