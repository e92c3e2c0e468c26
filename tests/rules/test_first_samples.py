"""The samples at the top of chapter 7 are the recorded ones, whole and with their numbers."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

BOOK = Path(__file__).parents[2] / "book"
WIDTH = 72  # characters of a line on the page
ROWS = pd.read_csv(BOOK / "results/first-samples.csv", comment="#")


def as_shown(sample: str) -> str:
    """Break long lines as a terminal does; leave out empty lines at both ends."""
    pieces = (
        line[start : start + WIDTH]
        for line in sample.strip("\n").split("\n")
        for start in range(0, max(len(line), 1), WIDTH)
    )
    return "\n".join(pieces)


@pytest.fixture(scope="module")
def page() -> str:
    notebook = json.loads((BOOK / "07-language-models.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    return "\n".join("".join(cell["source"]) for cell in cells)


@pytest.mark.parametrize("row", list(ROWS.itertuples()), ids=lambda row: f"{row.updates}")
def test_a_sample_stands_under_its_number(row, page):
    when = f"After {row.updates:,} updates" if row.updates else "Before training"
    expected = f"{when}: {row.bits_test:.2f} bits per character**\n\n```text\n"
    assert expected + as_shown(json.loads(row.sample)) + "\n```" in page


def test_in_the_last_sample_most_words_are_words():
    from course_pkg.data.registry import load_text

    known = set(re.findall(r"[a-z]+", load_text("python-text").train.lower()))
    share = {}
    for row in ROWS.itertuples():
        words = re.findall(r"[a-z]{2,}", json.loads(row.sample).lower())
        share[row.updates] = sum(word in known for word in words) / len(words)
    assert share[0] < 0.5
    assert share[10000] > 0.5
