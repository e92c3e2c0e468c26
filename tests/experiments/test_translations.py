"""The network against three baselines on pairs of sentences, made short, on a made-up language."""

import numpy as np
import pandas as pd
import pytest
import torch

from course_pkg.data.registry import load_pairs
from course_pkg.data.sets.pairs import Pairs
from course_pkg.training.tasks import translate as task_module
from experiments import translations

pytest.importorskip("sacrebleu")
DICTIONARY = {"one": "un", "two": "deux", "three": "trois", "four": "quatre", "ten": "dix"}
SHORT = [
    "model.hidden=16", "model.embedding=16", "training.epochs=1", "threads=1", "data.min_count=1",
]  # fmt: skip


@pytest.fixture
def pairs(monkeypatch):
    """Sentences of one to five words, each the translation of its words in reverse order."""
    rng, found = np.random.default_rng(0), {}
    while len(found) < 120:
        words = rng.choice(list(DICTIONARY), rng.integers(1, 6)).tolist()
        found[" ".join(words)] = " ".join(DICTIONARY[word] for word in reversed(words))
    texts = list(found.items())
    card = load_pairs("reversal").card
    made = Pairs(texts[:80], texts[80:100], texts[100:], ("word", "word"), card)
    for module in (translations, task_module):
        monkeypatch.setattr(module, "load_pairs", lambda name: made)
    return made


def test_each_baseline_is_measured_on_what_it_writes(pairs):
    copy, words, nearest = translations.baselines(pairs.train, pairs.test)
    assert [row["model"] for row in (copy, words, nearest)] == ["copy", "word by word", "nearest"]
    assert (copy["bleu"], copy["exact"]) == ("0.0", "0.0000")
    right = [
        " ".join(DICTIONARY[word] for word in source.split()) == target
        for source, target in pairs.test
    ]
    assert words["exact"] == f"{np.mean(right):.4f}"  # the order of the source
    assert float(words["bleu"]) > float(copy["bleu"])
    seen = dict(pairs.train)
    assert not set(seen) & {source for source, _ in pairs.test}
    known = [target in seen.values() for _, target in pairs.test]
    assert float(nearest["exact"]) <= np.mean(known)


def test_the_table_has_a_row_for_each_way_and_seed(pairs, tmp_path, capsys):
    path = tmp_path / "rows.csv"
    words = ["--seeds", "0", "1", "--beam", "2", "--csv", str(path), "--set", *SHORT]
    threads = torch.get_num_threads()
    try:
        assert translations.main(words) == 0
    finally:
        torch.set_num_threads(threads)
    table = pd.read_csv(path, comment="#")
    assert table["model"].tolist() == [
        "copy", "word by word", "nearest", *(2 * ["network, greedy", "network, beam 2"]),
    ]  # fmt: skip
    assert table["seed"].tolist() == [0, 0, 0, 0, 0, 1, 1]
    assert (table["test_pairs"] == 20).all()
    assert table.notna().all().all()
    head = path.read_text().split("model,")[0]
    assert "sacrebleu" in head
    assert "python -m experiments.translations --seeds 0 1 --beam 2" in head
    assert "network, beam 2" in capsys.readouterr().out
