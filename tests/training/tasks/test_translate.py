"""The task translate: its batches, its loss, what it measures, and what it refuses."""

import importlib.util

import numpy as np
import pytest
import torch

from course_pkg.data.registry import load_pairs
from course_pkg.data.text.vocabulary import SPECIALS, UNKNOWN, Vocabulary
from course_pkg.metrics.bleu import bleu, chrf
from course_pkg.models.seq2seq import Seq2Seq
from course_pkg.models.translator import Translator
from course_pkg.training.distributed import Share
from course_pkg.training.loop import evaluate, fit
from course_pkg.training.settings import Settings
from course_pkg.training.tasks import translate as module
from course_pkg.training.tasks.registry import build, config_from
from course_pkg.training.tasks.translate import Translate
from tests.training.small import reversed_texts, translate


def pairs_of(task, batch):
    """The texts of a batch, out of its ids."""
    source, source_lengths, inputs, targets, target_lengths, _ = batch
    vocabulary = task._target  # of both sides: the same letters in the same order
    found = []
    for b, (S, T) in enumerate(zip(source_lengths.tolist(), target_lengths.tolist(), strict=True)):
        written, wanted = inputs[:T, b].tolist(), targets[:T, b].tolist()
        assert written[0] == vocabulary.id("<bos>")
        assert wanted[-1] == vocabulary.id("<eos>")
        assert written[1:] == wanted[:-1]
        assert (targets[T:, b] == -100).all()
        found.append((vocabulary.decode(source[:S, b].tolist()), vocabulary.decode(wanted[:-1])))
    return found


def test_an_epoch_has_every_pair_once_in_an_order_of_its_own():
    task, parts = translate(), reversed_texts()
    orders = []
    for epoch in (0, 1, 0):
        batches = list(task.batches(epoch))
        assert len(batches) == task.batches_per_epoch() == 8  # 120 pairs by 16
        orders.append([pair for batch in batches for pair in pairs_of(task, batch)])
        assert sorted(orders[-1]) == sorted(parts["train"])
    assert orders[0] == orders[2]
    assert orders[0] != orders[1]
    other = translate(seed=1)
    assert pairs_of(other, next(other.batches(0))) != orders[0][:16]


def one_by_one(task, pairs):
    """The loss and the tokens of pairs, each read alone: nothing is padded."""
    ids, total, count = task._target.id, 0.0, 0
    for source, target in pairs:
        x = torch.tensor([[ids(letter)] for letter in source])
        y = [ids("<bos>"), *map(ids, target), ids("<eos>")]
        log_probs, _ = task.model(x, torch.tensor(y[:-1])[:, None])  # (T, 1, V)
        rows = log_probs[:, 0].tolist()
        total -= sum(row[token] for row, token in zip(rows, y[1:], strict=True))
        count += len(y) - 1
    return total, count


@pytest.mark.parametrize("attention", ["none", "additive"])
def test_the_loss_is_the_sum_over_the_tokens_and_the_end_of_each_target(attention):
    task = translate(double=True, options={"attention": attention})
    for batch in task.batches(0):
        found = task.loss(task.model, batch)
        total, count = one_by_one(task, pairs_of(task, batch))
        assert found.number == count
        assert found.total.item() == pytest.approx(total, abs=1e-10)


def test_the_shares_of_a_batch_add_up_and_an_empty_one_counts_nothing():
    task = translate(double=True, batch=3)
    whole = next(task.batches(0))
    loss = task.loss(task.model, whole)
    shares = [next(task.batches(0, Share(rank, 4))) for rank in range(4)]
    losses = [task.loss(task.model, batch) for batch in shares]
    assert sum(part.number for part in losses) == loss.number
    assert sorted(part.number for part in losses)[0] == 0
    total = sum(part.total.item() for part in losses)
    assert total == pytest.approx(loss.total.item(), abs=1e-10)


def test_the_share_of_truth_falls_along_a_line_and_stays():
    task = translate(truth=0.2, truth_epochs=2)  # 8 batches in an epoch
    shares = [float(batch[-1]) for epoch in range(4) for batch in task.batches(epoch)]
    expected = [max(1 - 0.8 * n / 16, 0.2) for n in range(32)]
    np.testing.assert_allclose(shares, expected, atol=1e-12)
    assert all(float(batch[-1]) == 1 for batch in translate().batches(3))


def test_a_smaller_share_of_truth_is_what_the_model_is_trained_with():
    """And the evaluation is not: its loss is of the true tokens."""
    task = translate(double=True, truth=0.0)
    *batch, truth = next(task.batches(1))
    assert float(truth) == 0
    losses = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        losses.append(task.loss(task.model, (*batch, truth)).total.item())
    true = task.loss(task.model, (*batch, torch.tensor(1.0))).total.item()
    assert losses[0] == losses[1]
    assert len({*losses, true}) == 3
    with torch.no_grad():
        total, count = one_by_one(task, reversed_texts()["valid"])
    assert evaluate(task, "valid")["loss"] == pytest.approx(total / count, abs=1e-10)


@pytest.mark.parametrize("batch", [1, 7, 300])
def test_an_evaluation_counts_every_token_whatever_the_batch(batch):
    task = translate(double=True, batch=batch)
    with torch.no_grad():
        total, count = one_by_one(task, reversed_texts()["valid"])
    assert evaluate(task, "valid")["loss"] == pytest.approx(total / count, abs=1e-10)


def test_what_is_written_alone_is_compared_with_the_whole_true_text(monkeypatch):
    parts = {"train": [("ab", "ba"), ("c", "c"), ("abc", "cba")]}
    parts["valid"] = [("a", "a"), ("ac", "cz"), ("cab", "bac")]  # z is unknown
    parts["test"] = [(text + "b", target) for text, target in parts["valid"]]
    written = {"valid": [["a"], ["c", UNKNOWN], ["b", "a"]], "test": [["b"], ["c"], ["c"]]}
    task = translate(parts=parts, written=2)
    asked = []

    def write(sources, device):
        asked.append(len(sources))
        return written["valid" if len(asked) == 1 else "test"][: len(sources)]

    monkeypatch.setattr(task, "write", write)
    found = evaluate(task, "valid")  # the first two: the second one has the unknown token for z
    assert (found["exact"], found["edits"]) == (1 / 2, 1 / 3)
    assert set(found) == {"loss", "exact", "edits"}  # BLEU is of words
    found = evaluate(task, "test")
    assert (found["exact"], found["edits"]) == (0, (1 + 1 + 2) / 6)
    assert asked == [2, 3]
    none = translate(parts=parts, written=0)
    assert set(evaluate(none, "valid")) == {"loss"}


def test_it_writes_what_greedy_decoding_of_each_source_alone_writes():
    task, parts = translate(double=True), reversed_texts()
    fit(task, Settings(epochs=6, lr=2e-2, select_by="loss"))
    sources = task._data["test"].sources
    batched = task.write(sources)
    assert batched == [task.write([source])[0] for source in sources]
    assert len({len(row) for row in batched}) > 2
    found = evaluate(task, "test")
    rows = ["".join(row) for row in batched]
    hits = [row == target for row, (_, target) in zip(rows, parts["test"], strict=True)]
    assert found["exact"] == np.mean(hits)
    for n, source in enumerate(sources[:5]):
        scorer = Translator(task.model, torch.tensor(source)[:, None])
        token, state, read = "<bos>", scorer.start(1), []
        while token != "<eos>":
            log_probs, state = scorer.step(np.array([task._target.id(token)]), state)
            token = task._target.tokens[int(log_probs[0].argmax())]
            read.append(token)
        assert read == [*batched[n], "<eos>"]


def test_a_text_that_never_ends_is_cut_off():
    task = translate()
    with torch.no_grad():
        task.model.readout.bias[task._target.id("a")] = 50.0
    (written,) = task.write([np.array([4, 5, 6])])
    assert written == ["a"] * module.most_tokens(3)


WORDS = {
    "train": [("one two", "un deux"), ("two one", "deux un"), ("two", "deux")],
    "valid": [("one", "un"), ("one two one", "un deux un"), ("two one one", "deux un un")],
}


def of_words(**options):
    source = Vocabulary.build(["one", "two"], level="word")
    target = Vocabulary.build(["un", "deux"], level="word")
    torch.manual_seed(0)
    model = Seq2Seq(
        source_tokens=len(source), target_tokens=len(target), embedding=8, hidden=16, **options
    )
    return Translate(model, WORDS, source, target, batch=3)


def test_words_have_bleu_and_chrf_where_sacrebleu_is_installed(monkeypatch):
    pytest.importorskip("sacrebleu")
    task = of_words()
    monkeypatch.setattr(task, "write", lambda *_: [["un"], ["un", "deux"], ["deux", "un", "un"]])
    found = evaluate(task, "valid")
    texts = ["un", "un deux", "deux un un"], ["un", "un deux un", "deux un un"]
    assert found["bleu"] == bleu(*texts)
    assert found["chrf"] == chrf(*texts)
    assert set(found) == set(task.goals)
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "sacrebleu" else find_spec(name)
    )
    task = of_words()
    assert set(evaluate(task, "valid")) == set(task.goals) == {"loss", "exact", "edits"}


def test_a_toy_language_is_learned_exactly():
    """Reversal of unseen strings, with attention, in seconds."""
    parts = reversed_texts(counts=(600, 60, 60), lengths=(2, 6))
    task = translate(parts=parts, hidden=32, batch=32)
    fit(task, Settings(epochs=15, lr=1e-2, schedule="one_cycle", evaluate_every=285))
    assert evaluate(task, "test")["exact"] == 1


SOURCE, TARGET = Vocabulary.build("abcde"), Vocabulary.build("abcde")
MODEL = Seq2Seq(source_tokens=9, target_tokens=9, embedding=4, hidden=4)
TRAIN = [("ab", "ba")]


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"parts": {"valid": TRAIN}}, ValueError, "parts: expected one named 'train'"),
        ({"parts": {"train": []}}, ValueError, "expected at least one example in 'train'"),
        ({"parts": {"train": "ab"}}, TypeError, "expected a list of pairs of texts, got str"),
        ({"parts": {"train": ["ab"]}}, TypeError, "expected a source and a target text, got 'ab'"),
        (
            {"parts": {"train": [("a", 3)]}},
            TypeError,
            r"parts\['train'\]\[0\]: expected a source and a target text, got \('a', 3\)",
        ),
        (
            {"parts": {"train": [*TRAIN, ("", "a")]}},
            ValueError,
            r"parts\['train'\]\[1\]: expected a source of at least one token",
        ),
        (
            {"parts": {"train": TRAIN, "test": [("ab", "b")]}},
            ValueError,
            "expected examples of its own in 'test', got 1 of 1 from 'train'",
        ),
        (
            {"source": Vocabulary.build("abc")},
            ValueError,
            "source: expected a vocabulary of 9 tokens, as the model has, got 7",
        ),
        (
            {"target": Vocabulary.build("abc")},
            ValueError,
            "target: expected a vocabulary of 9 tokens, as the model has, got 7",
        ),
        (
            {"target": Vocabulary.build("abcdefg", specials=["<pad>", "<bos>"])},
            ValueError,
            "target: expected a vocabulary with '<eos>', got one without",
        ),
        ({"batch": 0}, ValueError, "batch: expected an integer of at least 1"),
        ({"written": -1}, ValueError, "written: expected an integer of at least 0"),
        ({"truth": 1.5}, ValueError, r"truth: expected a number in \[0, 1\], got 1.5"),
        ({"truth_epochs": 0}, ValueError, "truth_epochs: expected an integer of at least 1"),
        ({"seed": -1}, ValueError, "seed: expected an integer in"),
    ],
)
def test_mistakes_are_named(changed, error, message):
    given = {"parts": {"train": TRAIN}, "source": SOURCE, "target": TARGET} | changed
    parts, source, target = (given.pop(name) for name in ("parts", "source", "target"))
    with pytest.raises(error, match=message):
        Translate(MODEL, parts, source, target, **given)


def test_what_tells_one_task_from_another():
    same, other = translate().identity(), translate(truth=0.5).identity()
    assert same == translate().identity()
    assert same != other
    parts = reversed_texts()
    parts["test"][0] = ("abcdabcd", "x")
    assert translate(parts=parts).identity()["data"] != same["data"]


def recipe(**data):
    table = {
        "task": "translate", "data": {"name": "reversal"} | data, "model": {"hidden": 4},
        "training": {"epochs": 1},
    }  # fmt: skip
    return config_from(table)


def test_a_recipe_builds_two_vocabularies_of_the_training_part(monkeypatch):
    pairs = load_pairs("reversal")
    some = pairs._replace(
        train=[("12", "21"), ("3", "3"), ("1234512", "2154321")],
        valid=[("456", "654")], test=[("9", "9")],
    )  # fmt: skip
    monkeypatch.setattr(module, "load_pairs", lambda name: some)
    built = build(recipe())
    source, target = (
        built.vocabularies[f"vocabulary-{side}.json"] for side in ("source", "target")
    )
    assert set(source.tokens) == {"<pad>", "<unk>", *"12345"}
    assert set(target.tokens) == {*SPECIALS, *"12345"}
    assert built.sizes == {
        "train": "3 pairs",
        "valid": "1 pairs, 33.33% of the target's tokens unknown",
        "test": "1 pairs, 100.00% of the target's tokens unknown",
    }
    assert built.card is pairs.card
    short = build(recipe(max_length=2, min_count=1))
    assert short.sizes["train"] == "2 pairs"
    assert set(short.vocabularies["vocabulary-source.json"].tokens) == {"<pad>", "<unk>", *"123"}
    often = build(recipe(min_count=3))
    assert set(often.vocabularies["vocabulary-target.json"].tokens) == {*SPECIALS, *"12"}
    monkeypatch.setattr(module, "load_pairs", lambda name: some._replace(train=some.train[2:]))
    with pytest.raises(ValueError, match=r"data\.max_length: expected one that leaves a training"):
        build(recipe(max_length=6))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"name": "python-text"}, "data.name: expected pairs, one of 'reversal'"),
        ({"max_length": 0}, "data.max_length: expected an integer of at least 1"),
        ({"truth": -0.1}, r"data.truth: expected a number in \[0, 1\]"),
        ({"written": 2.5}, "data.written: expected int"),
        ({"level": "char"}, "data.level: unknown key"),
    ],
)
def test_a_wrong_recipe_is_one_sentence(data, message):
    with pytest.raises(ValueError, match=message):
        recipe(**data)
