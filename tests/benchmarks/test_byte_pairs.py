"""The benchmark of byte pairs runs, on texts that are what it says."""

import pytest

from benchmarks import byte_pairs


@pytest.mark.parametrize("name", byte_pairs.TEXTS)
def test_command_line(name, capsys):
    words = ["--texts", name, "--length", "3000", "--merges", "20", "--rounds", "1"]
    assert byte_pairs.main(words) == 0
    assert f"{name}: 3,000 characters, " in capsys.readouterr().out


def test_other_merges_end_it(monkeypatch, capsys):
    monkeypatch.setattr(byte_pairs, "of_tokenizers", lambda words, merges: ["ab"] * merges)
    words = ["--texts", "python", "--length", "3000", "--merges", "5", "--rounds", "1"]
    assert byte_pairs.main(words) == 1
    assert "DIFFERENT" in capsys.readouterr().out


def test_the_chinese_text_has_long_words_that_differ():
    text = byte_pairs.chinese_text(20_000)
    assert text == byte_pairs.chinese_text(20_000)
    clauses = [clause for clause in text.split("，") if len(clause) >= 5]
    assert len(set(clauses)) > 0.9 * len(clauses)
