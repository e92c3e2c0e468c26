"""Early stopping, metrics, seeds, devices, the log and the progress bar."""

import io
import json
import math
import random
import sys
import types

import numpy as np
import pytest
import torch
from torch import nn

from course_pkg.metrics.intervals import wilson_interval
from course_pkg.metrics.language import bits, perplexity
from course_pkg.metrics.means import Mean
from course_pkg.training import device as devices
from course_pkg.training import seeding
from course_pkg.training.early_stopping import EarlyStopping
from course_pkg.training.log import RunLog, read_records
from course_pkg.training.progress import ProgressBar

CPU = torch.device("cpu")


def watch(stopping, values):
    """Observe values with a model whose weight is the number of the evaluation."""
    model, better = nn.Linear(1, 1, bias=False), []
    for number, value in enumerate(values):
        nn.init.constant_(model.weight, number)
        better.append(stopping.observe(value, model))
        if stopping.should_stop:
            break
    stopping.restore(model)
    return better, model.weight.item()


@pytest.mark.parametrize(
    ("options", "values", "evaluations", "best_place"),
    [
        ({"patience": 0}, [5, 4, 4.5, 3], 3, 1),
        ({"patience": 1}, [5, 4, 4.5, 3, 3.5, 3.2], 6, 3),
        ({"patience": None}, [5, 4, 9, 9, 9, 3, 9], 7, 5),
        ({"patience": 1, "goal": "max"}, [1, 2, 1.5, 1.7, 3], 4, 1),
        ({"patience": 1, "min_delta": 0.5}, [5, 4.6, 4.4, 4, 3.95], 5, 2),
        ({"patience": 0}, [5, math.nan, 1], 2, 0),
        ({"patience": 1}, [math.nan, 5, 6, 7], 4, 1),
        ({"patience": 0}, [5, 5], 2, 0),
        ({"patience": 1}, [math.inf, math.inf, math.inf, 1], 2, 1),
        ({"patience": 3}, [math.inf, math.inf, 5, math.inf], 4, 2),
        ({"patience": 1, "goal": "max"}, [math.inf, 1, 2], 3, 2),
    ],
)
def test_early_stopping_waits_and_gives_the_best_weights_back(
    options, values, evaluations, best_place
):
    better, place = watch(EarlyStopping(**options), values)
    assert len(better) == evaluations
    assert place == best_place


def test_weights_that_were_kept_do_not_change_with_the_model():
    model, stopping = nn.Linear(2, 2), EarlyStopping()
    stopping.observe(1.0, model)
    kept = model.weight.detach().clone()
    with torch.no_grad():
        model.weight.add_(1)
    stopping.restore(model)
    assert torch.equal(model.weight, kept)


def test_early_stopping_goes_on_from_what_it_said():
    first, second = EarlyStopping(patience=1), EarlyStopping(patience=1)
    values = [3, 2, 5, 1, 4, 4]
    model = nn.Linear(1, 1)
    for value in values[:3]:
        first.observe(value, model)
    second.resume(json.loads(json.dumps(first.about())), first.weights)
    for value in values[3:]:
        assert first.observe(value, model) == second.observe(value, model)
        assert first.should_stop == second.should_stop


def test_means_add_sums_and_numbers():
    assert Mean().add(6, 3).add(10, 1).value == 4
    assert math.isnan(Mean().value)


def test_wilson_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(2000):
        low, high = wilson_interval(int(rng.binomial(200, 0.95)), 200)
        inside += low <= 0.95 <= high
    assert 0.93 < inside / 2000 < 0.98
    assert wilson_interval(0, 10).low == 0
    assert wilson_interval(10, 10).high == pytest.approx(1)


def test_a_huge_loss_has_an_infinite_perplexity():
    assert perplexity(1e4) == math.inf
    assert bits(math.inf) == math.inf


@pytest.mark.parametrize("nan", [math.nan, np.float32("nan"), np.float64("nan")])
def test_a_loss_that_is_nan_has_a_perplexity_that_is_nan(nan):
    assert math.isnan(perplexity(nan))
    assert math.isnan(bits(nan))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"step": 1}\nnonsense\n', r"metrics\.jsonl: line 2 is damaged"),
        ('{"step": 1}\n[1]\n', r"metrics\.jsonl: line 2: expected a record, got list"),
    ],
)
def test_a_damaged_log_is_named(tmp_path, content, message):
    (tmp_path / "metrics.jsonl").write_text(content)
    with pytest.raises(ValueError, match=message):
        read_records(tmp_path)
    with pytest.raises(ValueError, match=message):
        RunLog(tmp_path, keep=2)
    assert (tmp_path / "metrics.jsonl").read_text() == content


def test_a_seed_fixes_every_generator():
    def draw():
        return random.random(), np.random.rand(), torch.rand(3).tolist()  # noqa: NPY002

    seeding.seed_everything(5)
    first = draw()
    seeding.seed_everything(5)
    assert draw() == first
    seeding.seed_everything(6)
    assert draw() != first


def test_a_random_state_comes_back_through_json():
    seeding.seed_everything(1)
    torch.randn(7), np.random.randn(3), random.gauss(0, 1)  # noqa: NPY002
    state = seeding.get_random_state(CPU)
    expected = random.gauss(0, 1), np.random.randn(2).tolist(), torch.randn(3).tolist()  # noqa: NPY002
    about = json.loads(json.dumps(state.about))
    seeding.seed_everything(2)
    seeding.set_random_state(seeding.RandomState(state.tensors, about), CPU)
    assert (random.gauss(0, 1), np.random.randn(2).tolist(), torch.randn(3).tolist()) == expected  # noqa: NPY002


def test_generators_on_other_paths_are_independent():
    draws = [seeding.generator(3, *path).integers(1 << 60) for path in [(), (0,), (1,), (0, 1)]]
    assert len(set(draws)) == len(draws)
    assert seeding.generator(3, 1).integers(1 << 60) == draws[2]


def test_deterministic_mode_is_switched_on_and_off(monkeypatch):
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    try:
        seeding.seed_everything(0, deterministic=True)
        assert torch.are_deterministic_algorithms_enabled()
    finally:
        seeding.seed_everything(0)
    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize(
    ("name", "cuda", "mps", "count", "rank", "expected"),
    [
        ("auto", False, False, 0, 0, "cpu"),
        ("auto", False, True, 0, 0, "cpu"),
        ("auto", True, False, 2, 1, "cuda:1"),
        ("cuda", True, False, 1, 0, "cuda:0"),
        ("cpu", True, True, 1, 0, "cpu"),
        ("mps", False, True, 0, 0, "mps"),
        ("cuda", False, False, 0, 0, "expected a CUDA device, found none; this machine has cpu"),
        (
            "mps",
            True,
            False,
            1,
            0,
            "expected an MPS device, found none; this machine has cpu, cuda",
        ),
        ("cuda", True, False, 1, 1, "expected one CUDA device per process, found 1"),
    ],
)
def test_a_device_is_taken_if_it_is_there(monkeypatch, name, cuda, mps, count, rank, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    if expected.startswith("expected"):
        with pytest.raises(devices.DeviceError, match=expected):
            devices.pick_device(name, local_rank=rank)
    else:
        assert str(devices.pick_device(name, local_rank=rank)) == expected


def test_the_log_keeps_floats_to_the_last_bit_and_has_no_nan(tmp_path):
    log = RunLog(tmp_path)
    log.write(step=1, loss=0.1 + 0.2)
    log.write(step=2, loss=math.nan, accuracy=math.inf)
    log.close()
    found = [{k: v for k, v in r.items() if k != "seconds"} for r in read_records(tmp_path)]
    assert found == [
        {"step": 1, "loss": 0.1 + 0.2},
        {"step": 2, "loss": None, "accuracy": None},
    ]


def test_a_record_is_in_the_file_as_soon_as_it_is_written(tmp_path):
    log = RunLog(tmp_path)
    log.write(step=1)
    assert [record["step"] for record in read_records(tmp_path)] == [1]
    log.close()


def test_the_seconds_of_a_resumed_run_go_on(tmp_path):
    """They are those of the run, not of the process: a curve over them never folds back."""
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "seconds": 1000.5}\n{"step": 2}\n')
    log = RunLog(tmp_path, keep=1)
    log.write(step=2)
    log.close()
    assert [record["seconds"] >= 1000.5 for record in read_records(tmp_path)] == [True, True]


def test_records_behind_the_checkpoint_and_half_lines_are_dropped(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n{"st')
    log = RunLog(tmp_path, keep=2)
    log.write(step=3, again=1)
    log.close()
    assert [record["step"] for record in read_records(tmp_path)] == [1, 2, 3]
    with pytest.raises(ValueError, match="expected at least the 4 records"):
        RunLog(tmp_path, keep=4)


def test_tensorboard_gets_the_numbers(tmp_path, monkeypatch):
    written = []

    class SummaryWriter:
        def __init__(self, folder, purge_step):
            written.append((folder.endswith("tensorboard"), purge_step))

        def add_scalar(self, name, value, step):
            written.append((name, value, step))

        def close(self):
            written.append("closed")

    fake = types.ModuleType("torch.utils.tensorboard")
    fake.SummaryWriter = SummaryWriter
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", fake)
    (tmp_path / "metrics.jsonl").write_text('{"step": 4}\n')
    log = RunLog(tmp_path, keep=1, tensorboard=True)
    log.write(step=5, loss=0.5, note="text")
    log.close()
    assert written[:2] == [(True, 5), ("loss", 0.5, 5)]
    assert [entry[0] for entry in written[2:-1]] == ["seconds"]
    assert written[-1] == "closed"


def test_tensorboards_own_reader_finds_the_numbers(tmp_path):
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = RunLog(tmp_path, tensorboard=True)
    log.write(step=3, loss=0.5)
    log.close()
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("loss")] == [(3, 0.5)]


def test_without_tensorboard_the_message_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(ModuleNotFoundError, match="pip install tensorboard"):
        RunLog(tmp_path, tensorboard=True)


def test_the_bar_draws_on_a_terminal_and_nowhere_else():
    screen = io.StringIO()
    bar = ProgressBar(10, done=4, file=screen, show=True, clock=iter([0, 1, 1.05, 2, 3]).__next__)
    bar.show_step(5, "loss 0.5000 and more")
    bar.show_step(6, "not drawn: too soon")
    bar.show_step(7, "loss 0.4")
    bar.show_step(10, "loss 0.3")
    bar.close()
    lines = screen.getvalue().split("\r")[1:]
    assert [line.strip() for line in lines] == [
        "[===============>              ] 5/10 loss 0.5000 and more, 0:05 left",
        "[=====================>        ] 7/10 loss 0.4, 0:02 left",
        "[==============================] 10/10 loss 0.3, 0:00 left",
    ]
    assert len(lines[1]) == len(lines[0])  # blanks wipe the longer line
    silent = io.StringIO()
    bar = ProgressBar(10, file=silent)
    bar.show_step(10)
    bar.close()
    assert silent.getvalue() == ""


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: EarlyStopping(-1), ValueError, "patience: expected an integer of at least 0"),
        (lambda: EarlyStopping(1.5), TypeError, "patience: expected an integer, got float"),
        (lambda: EarlyStopping(1, min_delta=-1), ValueError, "min_delta: expected a number"),
        (lambda: EarlyStopping(1, goal="best"), ValueError, "goal: expected one of"),
        (lambda: perplexity(-1), ValueError, "nats: expected a number"),
        (lambda: wilson_interval(3, 2), ValueError, "correct: expected an integer in 0..2"),
        (lambda: wilson_interval(1.5, 2), TypeError, "correct: expected an integer, got float"),
        (lambda: wilson_interval(1, 2.5), TypeError, "count: expected an integer, got float"),
        (lambda: wilson_interval(0, 0), ValueError, "count: expected an integer of at le"),
        (lambda: seeding.seed_everything(-1), ValueError, "seed: expected an integer in 0.."),
        (lambda: seeding.seed_everything(2**32), ValueError, "seed: expected an integer in 0.."),
        (lambda: seeding.seed_everything(1.0), TypeError, "seed: expected an integer, got float"),
        (lambda: seeding.generator(True), TypeError, "seed: expected an integer, got bool"),
        (lambda: devices.pick_device("gpu"), ValueError, "device: expected one of"),
        (lambda: ProgressBar(0), ValueError, "total: expected an integer of at least 1"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
