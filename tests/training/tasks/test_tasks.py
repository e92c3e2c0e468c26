"""The tasks: which batches they give, and what they refuse."""

import numpy as np
import pytest
import torch

from course_pkg.models.classifier import SequenceClassifier
from course_pkg.models.language_model import LanguageModel
from course_pkg.training.tasks.classify import Classify, Labelled
from course_pkg.training.tasks.next_token import PredictNext
from course_pkg.training.tasks.parts import check_apart, check_texts_apart, fingerprint
from course_pkg.training.tasks.registry import build, config_from
from tests.training.small import classify, labelled, language


@pytest.mark.parametrize("ragged", [False, True])
def test_an_epoch_has_every_sequence_once_in_an_order_of_its_own(ragged):
    task = classify(batch=16, ragged=ragged)
    orders = []
    for epoch in (0, 1, 0):
        batches = list(task.batches(epoch))
        assert len(batches) == task.batches_per_epoch() == 7
        lengths = [b[2] if ragged else torch.full(b[1].shape, 6) for b in batches]
        sums = [
            round(float(x[:length, i].sum()), 4)
            for (x, *_), ends in zip(batches, lengths, strict=True)
            for i, length in enumerate(ends.tolist())
        ]
        orders.append(sums)
        expected = sorted(round(float(s.sum()), 4) for s in task._parts["train"].x)
        np.testing.assert_allclose(sorted(sums), expected, atol=2e-4)
    assert orders[0] == orders[2]
    assert orders[0] != orders[1]
    other = classify(seed=1, batch=16, ragged=ragged)
    other._parts = task._parts
    first = next(other.batches(0))
    assert not torch.equal(first[1], next(task.batches(0))[1])


def test_a_batch_stays_with_its_labels():
    task = classify(batch=16, ragged=True)
    for x, labels, lengths in task.batches(3):
        for i, length in enumerate(lengths.tolist()):
            assert labels[i] == int(x[:length, i].sum() > 0)
            assert not x[length:, i].any()


def test_windows_go_on_where_the_last_ended_and_name_the_next_token():
    task = language(batch=4, window=10)
    windows = list(task.batches(0))
    x, y = (torch.cat([window[i] for window in windows]) for i in (0, 1))
    assert torch.equal(x[1:], y[:-1])
    assert len(windows) == task.batches_per_epoch()
    again = list(task.batches(5))
    assert all(torch.equal(a[0], b[0]) for a, b in zip(windows, again, strict=True))


def test_ids_can_be_classified():
    rng = np.random.default_rng(0)
    parts = {
        name: Labelled([rng.integers(0, 9, n) for n in rng.integers(1, 8, 20)], np.arange(20) % 2)
        for name in ("train", "valid")
    }
    task = Classify(SequenceClassifier(classes=2, tokens=9, hidden=4), parts, batch=6)
    loss = task.loss(task.model, next(task.batches(0)))
    assert loss.number == 6
    assert set(task.evaluate("valid", torch.device("cpu"))) == {"loss", "accuracy"}


X = np.arange(36.0, dtype=np.float32).reshape(4, 3, 3)
MODEL = SequenceClassifier(classes=2, features=3, hidden=3)
READER = SequenceClassifier(classes=2, tokens=9, hidden=3)
IDS = np.arange(8).reshape(4, 2)
TWO = np.arange(4) % 2
LM = LanguageModel(tokens=5, hidden=3)
TEXT = np.random.default_rng(0).integers(5, size=40)


def with_nan(x):
    x = x.copy()
    x[2, 1, 0] = np.nan
    return x


NONE = np.zeros(0, dtype=int)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Classify(MODEL, {"valid": labelled(4, 0)}), ValueError, "one named 'train'"),
        (
            lambda: Classify(MODEL, {"train": Labelled(X, np.arange(3) % 2)}),
            ValueError,
            r"parts\['train'\]: expected as many labels as sequences, 4, got 3",
        ),
        (
            lambda: Classify(MODEL, {"train": Labelled(X, np.arange(4))}),
            ValueError,
            r"parts\['train'\].labels: expected ids in 0..1, got 2",
        ),
        (
            lambda: Classify(MODEL, {"train": labelled(4, 0)}, batch=0),
            ValueError,
            "batch: expected an integer of at least 1",
        ),
        (
            lambda: Classify(MODEL, {"train": labelled(4, 0)}, seed=-1),
            ValueError,
            "seed: expected an integer in",
        ),
        (
            lambda: Classify(
                MODEL, {"train": labelled(9, 0), "valid": labelled(9, 1), "test": labelled(9, 1)}
            ),
            ValueError,
            "expected examples of its own in 'test', got 9 of 9 from 'valid'",
        ),
        (
            lambda: Classify(MODEL, {"train": labelled(9, 0), "valid": Labelled(X[:0], NONE)}),
            ValueError,
            r"parts\['valid'\].labels: expected at least one id",
        ),
        (lambda: PredictNext(LM, {"valid": TEXT}), ValueError, "one named 'train'"),
        (
            lambda: PredictNext(LM, {"train": np.append(TEXT, 5)}),
            ValueError,
            r"parts\['train'\]: expected ids in 0..4, got 5",
        ),
        (
            lambda: PredictNext(LM, {"train": TEXT}, batch=40),
            ValueError,
            r"parts\['train'\]: expected shape \(N,\) with N > batch = 40",
        ),
        (
            lambda: PredictNext(LM, {"train": TEXT, "valid": TEXT[:1]}),
            ValueError,
            r"parts\['valid'\]: expected shape \(N,\) with N > 1, got \(1,\)",
        ),
        (
            lambda: PredictNext(LM, {"train": TEXT}, window=0),
            ValueError,
            "window: expected an integer of at least 1",
        ),
        (
            lambda: PredictNext(LM, {"train": TEXT, "valid": TEXT.copy()}, batch=2),
            ValueError,
            "'train' and 'valid' are, or share, the same text",
        ),
        (
            lambda: PredictNext(LM, {"train": TEXT[:30], "test": TEXT[20:]}, batch=2),
            ValueError,
            "'train' and 'test' are, or share, the same text",
        ),
        (
            lambda: PredictNext(
                LM,
                {"train": TEXT[:20], "valid": TEXT[20:].copy(), "test": TEXT[10:].copy()},
                batch=2,
            ),
            ValueError,
            "'valid' and 'test' are, or share, the same text",
        ),
        (
            lambda: PredictNext(LM, {"train": TEXT}, batch=2.0),
            TypeError,
            "batch: expected an integer, got float",
        ),
        (
            lambda: check_apart({"train": ["a"], "valid": ["c", "d"], "test": [*"cdefghij"]}),
            ValueError,
            "expected examples of its own in 'valid', got 2 of 2 from 'test'",
        ),
        (
            lambda: Classify(MODEL, {"train": (X, TWO)}),
            TypeError,
            r"parts\['train'\]: expected a named tuple \(x, labels\), got tuple",
        ),
        (
            lambda: Classify(MODEL, {"train": Labelled(X.astype(float), TWO)}),
            TypeError,
            r"parts\['train'\].x\[0\]: expected float32 as the model's weights, got float64",
        ),
        (
            lambda: Classify(MODEL, {"train": Labelled(X[:, :, 0], TWO)}),
            ValueError,
            r"x\[0\]: expected shape \(T, 3\) with T >= 1, got \(3,\)",
        ),
        (
            lambda: Classify(MODEL, {"train": Labelled([X[0], X[1], X[2, :, :2], X[3]], TWO)}),
            ValueError,
            r"x\[2\]: expected shape \(T, 3\) with T >= 1, got \(3, 2\)",
        ),
        (
            lambda: Classify(MODEL, {"train": Labelled(X, TWO), "valid": Labelled(X[:, :0], TWO)}),
            ValueError,
            r"parts\['valid'\].x\[0\]: expected shape \(T, 3\) with T >= 1, got \(0, 3\)",
        ),
        (
            lambda: Classify(MODEL, {"train": Labelled(with_nan(X), TWO)}),
            ValueError,
            r"x\[2\]: expected finite values, got NaN or infinity",
        ),
        (
            lambda: Classify(MODEL, {"train": Labelled(X.astype(complex), TWO)}),
            TypeError,
            r"x\[0\]: expected an array of numbers, got complex128",
        ),
        (
            lambda: Classify(MODEL, {"train": Labelled([[1, 2], [3]], TWO[:2])}),
            TypeError,
            r"x\[0\]: expected an array of numbers, got list",
        ),
        (
            lambda: Classify(MODEL, {"train": Labelled(None, TWO)}),
            TypeError,
            "x: expected an array or a list of arrays, got NoneType",
        ),
        (
            lambda: Classify(MODEL, {"train": Labelled(np.array(1.0), TWO)}),
            TypeError,
            "x: expected an array or a list of arrays, got ndarray",
        ),
        (
            lambda: Classify(MODEL, {"train": Labelled(X, TWO[:, None])}),
            ValueError,
            r"labels: expected shape \(N,\), got \(4, 1\)",
        ),
        (
            lambda: Classify(READER, {"train": Labelled(IDS + 2, TWO)}),
            ValueError,
            r"parts\['train'\].x\[3\]: expected ids in 0..8, got 9",
        ),
        (
            lambda: Classify(READER, {"train": Labelled(IDS.astype(float), TWO)}),
            TypeError,
            r"x\[0\]: expected integers, got float64",
        ),
        (
            lambda: Classify(READER, {"train": Labelled(X, TWO)}),
            ValueError,
            r"x\[0\]: expected shape \(T,\) with T >= 1, got \(3, 3\)",
        ),
        (lambda: check_apart({"a": ["x"], "b": []}), ValueError, "at least one example in 'b'"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.uint64])
def test_ids_may_be_integers_of_any_kind(kind):
    parts = {"train": Labelled(IDS.astype(kind), TWO)}
    task = Classify(READER, parts, batch=4)
    assert task.loss(task.model, next(task.batches(0))).number == 4


def test_a_piece_is_found_at_tokens_only():
    # 256 = 00 01 00 ... and 1 = 01 00 ...: the bytes of the second are in those of the first.
    check_texts_apart({"train": np.array([256, 0, 5]), "valid": np.array([1])})
    with pytest.raises(ValueError, match="the same text"):
        check_texts_apart({"train": np.array([256, 1, 5]), "valid": np.array([1], dtype=np.int8)})


def test_a_few_examples_in_common_are_let_through():
    check_apart({"train": ["a", "b", "c"], "valid": ["c", "d", "e"]})
    check_apart({"train": [np.zeros(2), np.ones(2)], "valid": [np.zeros(3), np.ones(1)]})


def test_a_fingerprint_sees_types_shapes_and_values():
    arrays = [np.arange(4), np.arange(4.0), np.arange(4).reshape(2, 2), np.arange(1, 5)]
    assert len({fingerprint([array]) for array in arrays}) == 4
    assert fingerprint([np.arange(4)[::-1]]) == fingerprint([np.arange(4)[::-1].copy()])


def test_the_weights_of_a_built_task_depend_on_torchs_generator_alone():
    table = {"task": "classify", "data": {"name": "digits"}, "training": {"epochs": 1}}
    built = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        built.append(build(config_from(table)).task.model.readout.weight)
    assert torch.equal(built[0], built[1])
    assert not torch.equal(built[0], built[2])
