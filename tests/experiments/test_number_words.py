"""Numbers and dates that a translator has never read, made small."""

import json
import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from course_pkg.data.registry import load_pairs
from course_pkg.data.sets.number_words import in_words
from course_pkg.data.text.joined import to_text, to_tokens
from experiments import number_words
from experiments.number_search import WIDTHS, search
from experiments.record import ROOT
from experiments.translators import train

NAMES = ("csv", "wrong", "kinds", "attention", "search")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The files of a run of a few seconds, on the short ones of few pairs."""
    folder = tmp_path_factory.mktemp("numbers")
    files = [word for name in NAMES for word in (f"--{name}", str(folder / f"{name}.csv"))]
    small = ["--pairs", "60", "--longest", "10", "--hidden", "8", "--steps", "12"]
    asked = ["--sets", "numbers-french", "--seeds", "5", "6", "--search-at", "60"]
    assert number_words.main([*asked, *small, "--texts", "3", *files]) == 0
    return {name: pd.read_csv(folder / f"{name}.csv", comment="#") for name in NAMES}


@pytest.fixture(scope="module")
def pairs():
    return load_pairs("numbers-french")


@pytest.fixture(scope="module")
def again(pairs):
    """The first network of the run, once more."""
    part = number_words.short_pairs(pairs.train[:60], pairs.levels, 10)
    return train("numbers-french", part, pairs, 5, changes={"model.hidden": "8"}, steps=12)


def test_the_command_records_networks_beside_baselines(recorded, pairs):
    rows = recorded["csv"]
    names = ["nearest neighbour", "word by word", "copy", "network", "network"]
    assert list(rows.model) == names
    assert list(rows.seed.dropna()) == [5, 6]
    part = number_words.short_pairs(pairs.train[:60], pairs.levels, 10)
    assert 10 < len(part) < 60
    assert set(rows.pairs) == {len(part)}
    trained, tested = (
        np.array([[len(to_tokens(text, "word")) for text in pair] for pair in some])
        for some in (part, pairs.test)
    )
    more = (tested[:, 0] > trained[:, 0].max()) | (tested[:, 1] > trained[:, 1].max())
    assert set(rows.longer) == {more.sum()}
    # What is measured on the two groups makes up the whole.
    n, whole = len(pairs.test), rows.exact
    groups = rows.exact_longer * rows.longer + rows.exact_others * (n - rows.longer)
    np.testing.assert_allclose(groups / n, whole, atol=1e-4)


def test_a_network_that_is_trained_again_writes_the_recorded_texts(recorded, pairs, again):
    wrong = recorded["wrong"]
    assert set(wrong.seed) == {5}
    texts = [to_text(tokens, "word") for tokens in again.write([s for s, _ in pairs.test])]
    errors = [(s, t, w) for (s, t), w in zip(pairs.test, texts, strict=True) if w != t]
    told = zip(wrong.source, wrong.target, wrong.written, strict=True)
    assert [tuple(map(json.loads, row)) for row in told] == errors[: number_words.MOST_WRONG]
    exact = recorded["csv"].query("seed == 5").exact.item()
    assert exact == pytest.approx(1 - len(errors) / len(pairs.test), abs=1e-4)


def test_each_number_is_of_one_kind(recorded, pairs):
    kinds = recorded["kinds"]
    assert set(kinds.groupby("seed").texts.sum()) == {len(pairs.test)}
    networks = recorded["csv"].query("model == 'network'").set_index("seed")
    wrong = kinds.groupby("seed").wrong.sum()
    np.testing.assert_allclose(wrong, len(pairs.test) * (1 - networks.exact.loc[wrong.index]))
    assert number_words.kind_of("two hundred thousand") == "round: ends in hundred or thousand"
    assert number_words.kind_of("ten") == "ends in ten"
    assert number_words.kind_of("one hundred and ten thousand, one hundred and one") == "others"
    assert number_words.kind_of("six thousand and seventy") == "no hundreds: thousand and"
    assert number_words.kind_of("nine hundred and seven") == "below 1,000"


def test_weights_are_recorded_for_each_step_and_source_token(recorded, pairs):
    looks = recorded["attention"]
    first, second = (looks[looks.seed == seed] for seed in (5, 6))
    assert json.loads(first.source.iloc[0]) == number_words.SHOWN
    assert set(second.source.map(json.loads)) == {number_words.SHOWN}
    assert first.source.nunique() == 1 + number_words.EXAMPLES
    tests = {source for source, _ in pairs.test}
    assert set(first.source.map(json.loads)) - {number_words.SHOWN} <= tests
    sums = looks.groupby(["seed", "source", "step"]).weight.sum()
    np.testing.assert_allclose(sums, 1, atol=1e-3)
    for source, rows in first.groupby("source"):
        tokens = to_tokens(json.loads(source), "word")
        assert list(rows[rows.step == 0].source_token.map(json.loads)) == tokens


def test_a_wider_beam_finds_likelier_texts(recorded, pairs, again):
    rows = recorded["search"]
    assert set(rows.part) == {"others", "longer"}
    plain = rows[(rows.alpha == 0) & (rows.seed == 5) & (rows.part == "others")]
    assert list(plain.width) == list(WIDTHS)
    assert plain.log_p.iloc[-1] > plain.log_p.iloc[0]
    assert (rows.beta > 0).sum() == 2 * 2 * 2  # models, parts, two of each
    greedy = again.write([source for source, _ in pairs.test[:3]])
    (row, *_) = search(again, pairs.test[:3], widths=(1,))
    right = [to_tokens(target, "word") for _, target in pairs.test[:3]]
    assert float(row["exact"]) == np.mean([a == b for a, b in zip(greedy, right, strict=True)])
    lengths = sum(map(len, greedy)) / sum(map(len, right))
    assert float(row["length"]) == pytest.approx(lengths, abs=1e-4)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("", "csv"),
        ("-few", "csv"),
        ("-longer", "csv"),
        ("-wrong", "wrong"),
        ("-longer-wrong", "wrong"),
        ("-chinese-wrong", "wrong"),
        ("-kinds", "kinds"),
        ("-attention", "attention"),
        ("-search", "search"),
        ("-longer-search", "search"),
    ],
)
def test_the_recorded_files_are_of_this_program(recorded, file, name):
    path = ROOT / "book" / "results" / f"number-words{file}.csv"
    kept = pd.read_csv(path, comment="#")
    assert list(kept.columns) == list(recorded[name].columns)
    assert "python -m experiments.number_words" in path.read_text(encoding="utf-8")
    assert set(kept.seed.dropna()) <= set(range(10))


def test_what_the_chapter_says_of_the_first_pairs_and_errors(pairs):
    few = Counter(number_words.kind_of(source) for source, _ in pairs.train[:250])
    assert [few[kind] for kind in number_words.KINDS] == [2, 0, 17, 9, 222]
    tens = [
        found for _, text in pairs.train[:250] for found in re.findall(r"(?<!-)\bdix\b-?", text)
    ]
    assert Counter(tens) == {"dix-": 14, "dix": 2}
    wrong = pd.read_csv(ROOT / "book/results/number-words-wrong.csv", comment="#")
    in_ten = wrong[wrong.source.map(json.loads).map(number_words.kind_of) == "ends in ten"]
    assert len(in_ten) == 8
    assert in_ten.written.map(json.loads).str.endswith(" dix-sept").all()
    written = wrong.written.head(10).map(json.loads)
    others = (203313, 351157, 739303, 8465, 825089, 70182, 78382, 182808, 29419)
    assert list(written[:9]) == [in_words(number, "fr") for number in others]
    assert written[9] == "trente-quatre mille trente-quatorze"  # no number


def test_a_set_of_which_nothing_is_short_is_an_error():
    with pytest.raises(ValueError, match="longest: expected one that leaves a training pair"):
        number_words.main(["--sets", "dates", "--longest", "7"])
