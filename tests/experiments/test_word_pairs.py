"""Pairs in words, the summaries and the dialogues, made short."""

import numpy as np
import pandas as pd
import pytest
import torch

from course_pkg.data.sets.booking import load_booking
from course_pkg.data.sets.summaries import load_summaries
from experiments import dialogue, summaries
from experiments.word_pairs import Words, fresh_model, learn, probabilities, write


def test_words_outside_the_vocabulary_have_numbers_behind_it_or_are_one():
    words = Words([("a b a", "b"), ("a c", "a")], least=2)
    assert words.words[4:] == ["a"]  # in two pairs; b is twice in one
    V = len(words)
    assert words.encode(("b a c b", "c a d"), copies=True) == (
        [V, 4, V + 1, V], [V + 1, 4, words.unknown]
    )  # fmt: skip
    assert words.encode(("b a c", "c a"), copies=False) == (
        [words.unknown, 4, words.unknown], [words.unknown, 4]
    )  # fmt: skip


@pytest.fixture(scope="module")
def copier():
    """A network that has learnt to copy four words, and may meet others."""
    rng = np.random.default_rng(0)

    def pairs(names, count):
        texts = (" ".join(rng.choice(names, 3)) for _ in range(count))
        return [(text, text) for text in texts]

    train = pairs(["ada", "bob", "cyd", "dan"] + [f"n{k}" for k in range(200)], 400)
    words = Words(train, least=30)
    model = fresh_model(words, 1, attention="additive", copies=True, H=16, E=16)
    losses = learn(model, words, train, 1, updates=150, lr=2e-2)
    return model, words, losses


def test_a_network_learns_to_copy_words_that_it_has_never_seen(copier):
    model, words, losses = copier
    assert losses[-1] < losses[0] / 3
    sources = ["eve bob fay", "gus hal ida"]
    written = write(model, words, sources)
    hits = [a == b for x, y in zip(written, sources, strict=True)
            for a, b in zip(x.split(), y.split(), strict=False)]  # fmt: skip
    assert sum(hits) >= 4


def test_the_probability_of_a_text_is_that_of_its_tokens_one_after_the_other(copier):
    model, words, _ = copier
    pairs = [("eve bob fay", "eve bob"), ("ada", "ada ada ada")]
    found = probabilities(model, words, pairs)
    for (source, target), p in zip(pairs, found, strict=True):
        x, y = words.encode((source, target), copies=True)
        log_probs, _ = model(torch.tensor(x)[:, None], torch.tensor([words.begin, *y])[:, None])
        each = log_probs[range(len(y) + 1), 0, [*y, words.end]]
        assert p == pytest.approx(each.sum().exp().item(), rel=1e-4)


def test_an_unknown_word_is_replaced_by_the_one_looked_at_most():
    words = Words([("a b", "a b")])
    model = fresh_model(words, 0, attention="additive", copies=False, H=4, E=4)
    with torch.no_grad():
        model.readout.weight.zero_()
        model.readout.bias.zero_()
        model.readout.bias[words.unknown] = 9.0
    assert write(model, words, ["x b"], length=2) == ["<unk> <unk>"]
    (text,) = write(model, words, ["x b"], length=2, replace=True)
    assert set(text.split()) <= {"x", "b"}


def test_rules_take_the_first_or_the_marked_sentences():
    document, summary = load_summaries(1, 1, seed=4).test[0]
    assert summaries.lead(document) == (
        "later viktor painted the farm. meanwhile anna broke the truck. "
        "meanwhile peter bought the piano"
    )
    words = Words([(document, summary)])
    found = summaries.measure([summaries.marked(document)], [(document, summary)], words)
    assert found["recall"] == "0.6667"  # the verbs are missing
    assert found["exact_all_known"] == "0.0000"
    perfect = summaries.measure([summary], [(document, summary)], words)
    assert perfect["recall"] == perfect["exact_all_known"] == "1.0000"


def test_the_commands_record_every_model(tmp_path, monkeypatch):
    monkeypatch.setattr(summaries, "load_pairs", lambda name: load_summaries(64, 20))
    path = tmp_path / "summaries.csv"
    given = ["--updates", "2", "--hidden", "4", "--embedding", "4", "--csv", str(path)]
    assert summaries.main(["--seeds", "0", "1", *given]) == 0
    rows = pd.read_csv(path, comment="#")
    assert list(rows.model) == [
        "lead",
        "marked",
        *2 * ["none", "attention", "replacing", "copying"],
    ]
    assert rows.recall.between(0, 1).all()

    monkeypatch.setattr(
        dialogue, "load_booking", lambda *sizes, **more: load_booking(20, 5, **more)
    )
    path = tmp_path / "dialogue.csv"
    given[-1] = str(path)
    assert dialogue.main(["--seeds", "0", "--changes", "0", "1", *given]) == 0
    rows = pd.read_csv(path, comment="#")
    assert set(rows.model) == {"nearest", "copying"}
    shared = set(rows[rows.model == "nearest"].measured)
    assert {"asks", "books", "repeats", "says goodbye", "outside: books"} < shared
    assert shared < set(rows[rows.model == "copying"].measured)


def test_a_guest_who_asks_something_else_has_not_said_yes():
    asked = dialogue.outside(load_booking(1, 5).test)
    assert all(question in " ".join(asked) for question in dialogue.OUTSIDE[:5])
    assert not any(text.endswith("yes.") for text in asked)
    assert dialogue.kind("it is booked, for two on friday at one.") == "books"
