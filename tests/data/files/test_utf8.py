"""Text files: a byte order mark is no part of the text, and another encoding is named."""

from __future__ import annotations

import codecs

import pytest

from course_pkg.data.files.utf8 import read_utf8
from course_pkg.data.sets.token_files import read_tokens
from course_pkg.training.recipes.config import ConfigError, read_toml

TEXT = 'name = "循环 é"\nseed = 1\n'


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_in_utf8_is_read_with_and_without_a_mark(mark, end, tmp_path):
    path = tmp_path / "run.toml"
    path.write_bytes(mark + TEXT.replace("\n", end).encode())
    assert read_utf8(path) == TEXT
    assert read_toml(path) == {"name": "循环 é", "seed": 1}
    assert read_tokens(path)[0] == "name"


def test_a_mark_inside_the_text_stays(tmp_path):
    path = tmp_path / "x"
    path.write_bytes("a\ufeffb".encode())
    assert read_utf8(path) == "a\ufeffb"


@pytest.mark.parametrize("read", [read_utf8, read_toml, read_tokens])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "got UTF-16; save it as UTF-8"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "got UTF-16; save it as UTF-8"),
        (codecs.BOM_UTF16_LE, "got UTF-16; save it as UTF-8"),
        (codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"), "got UTF-32; save it as UTF-8"),
        (codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"), "got UTF-32; save it as UTF-8"),
        ("seed = 1\n".encode("utf-16-le"), "got bytes of 0, as UTF-16 has them"),
        ("seed = 1\n".encode("utf-16-be"), "got bytes of 0, as UTF-16 has them"),
        ('name = "é"\n'.encode("latin-1"), "got 'utf-8' codec can't decode byte 0xe9"),
    ],
)
def test_another_encoding_is_named(content, message, read, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"^{path}: expected text in UTF-8, {message}"):
        read(path)


def test_no_file_and_no_toml_are_still_told_apart(tmp_path):
    path = tmp_path / "run.toml"
    with pytest.raises(FileNotFoundError):
        read_toml(path)
    path.write_bytes(codecs.BOM_UTF8 + b"seed = 1\nlr = = 2\n")
    with pytest.raises(ConfigError, match=r"no TOML: .*line 2, column 6"):
        read_toml(path)
