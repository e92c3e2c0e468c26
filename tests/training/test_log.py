"""The log of a run: every record, to the last bit, and no other."""

import math
import sys
import types

import pytest

from course_pkg.training.log import RunLog, read_records


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
