"""Killed at any moment, resumed, and equal to the last bit to a run that was left alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from course_pkg.__main__ import main
from course_pkg.training.distributed import Share
from course_pkg.training.early_stopping import EarlyStopping
from course_pkg.training.log import read_records
from course_pkg.training.loop import fit
from course_pkg.training.resuming.checkpoint import CheckpointError, load_checkpoint
from course_pkg.training.resuming.opening import CHECKPOINT
from course_pkg.training.resuming.state import State
from course_pkg.training.settings import make_optimiser
from tests.training.killed import SETTINGS, TASKS, prepare
from tests.training.small import weights

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module", params=TASKS)
def alone(request, tmp_path_factory):
    """A run that nobody disturbs: its name, its records, its weights, its checkpoint."""
    folder = tmp_path_factory.mktemp("alone")
    task, adaptation = prepare(request.param)
    fit(task, SETTINGS, adaptation=adaptation, folder=folder)
    return request.param, timeless(folder), weights(task), load_checkpoint(folder / CHECKPOINT)


def timeless(folder):
    """The records without the seconds that they took."""
    return [
        {key: value for key, value in record.items() if key != "seconds"}
        for record in read_records(folder)
    ]


@pytest.fixture(scope="module")
def kill():
    """A function that runs a task until a moment at which the process is killed."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.training.killed"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    ) as server:

        def order(*words):
            server.stdin.write("\t".join(map(str, words)) + "\n")
            server.stdin.flush()
            assert int(server.stdout.readline()) == signal.SIGKILL

        yield order
        server.stdin.close()


def assert_goes_on_as_if_nothing_had_happened(alone, folder):
    name, records, expected, checkpoint = alone
    task, adaptation = prepare(name)
    fit(task, SETTINGS, adaptation=adaptation, folder=folder, resume=True)
    assert timeless(folder) == records
    assert not list(folder.glob(".*")), "half a file was left"
    assert torch.equal(weights(task), expected)
    tensors, about = load_checkpoint(folder / CHECKPOINT)
    assert about == checkpoint.about
    assert tensors.keys() == checkpoint.tensors.keys()
    for key, tensor in tensors.items():
        assert torch.equal(tensor, checkpoint.tensors[key]), key


# Files are written in this order: the log's beginning, then a checkpoint at every 3rd step and
# at every evaluation.
@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("update", 2),  # before the first checkpoint: the run starts anew
        ("update", 7),  # in the middle of an epoch
        ("evaluation", 2),
        ("write", 3),
        ("sync", 3),
        ("rename", 3),
        ("saved", 2),
    ],
)
def test_a_killed_run_goes_on_to_the_last_bit(alone, kill, tmp_path, moment, number):
    kill(alone[0], tmp_path, moment, number)
    assert_goes_on_as_if_nothing_had_happened(alone, tmp_path)


def test_a_run_that_is_killed_again_and_again_arrives(alone, kill, tmp_path):
    for moment, number in [("update", 6), ("write", 2), ("update", 4), ("rename", 3)]:
        kill(alone[0], tmp_path, moment, number)
    assert_goes_on_as_if_nothing_had_happened(alone, tmp_path)


def test_another_number_of_processes_is_refused(alone, tmp_path):
    name = alone[0]
    fit(TASKS[name](), SETTINGS, folder=tmp_path)
    task = TASKS[name]()
    checkpoint = load_checkpoint(tmp_path / CHECKPOINT)
    optimiser = make_optimiser(SETTINGS, task.model.parameters())
    state = State(task.model, optimiser, EarlyStopping(), run=checkpoint.about["run"])
    with pytest.raises(CheckpointError, match="written by 1 processes, resumed by 2"):
        state.unpack(checkpoint, Share(rank=1, world=2), torch.device("cpu"))


CONFIG = """
task = "lm"
device = "cpu"
[data]
name = "python-text"
batch = 16
window = 16
[model]
cell = "gru"
hidden = 8
embedding = 8
dropout = 0.1
[training]
steps = 120
log_every = 1
checkpoint_every = 7
evaluate_every = 60
lr = 0.01
"""


# In this order: config.toml, vocabulary.json, the log, the checkpoint, result.json,
# model.safetensors, card.md.
@pytest.mark.parametrize(
    ("moment", "number"), [("write", 1), ("sync", 2), ("rename", 1), ("write", 5), ("write", 7)]
)
def test_a_command_killed_at_any_file_is_resumed(kill, tmp_path, moment, number):
    (tmp_path / "run.toml").write_text(CONFIG.replace("steps = 120", "steps = 2"))
    folder = tmp_path / "run"
    kill("command", folder, moment, number)
    assert list(folder.glob(".*.part"))
    assert main(["train", f"{folder}.toml", "--out", str(folder), "--resume"]) == 0
    assert len(list(folder.iterdir())) == 7
    assert not list(folder.glob(".*"))


def test_the_command_is_killed_from_outside_and_resumed(tmp_path, capsys):
    config, disturbed, quiet = tmp_path / "lm.toml", tmp_path / "disturbed", tmp_path / "quiet"
    config.write_text(CONFIG)
    command = ["train", str(config), "--out", str(disturbed)]
    run = subprocess.Popen(
        [sys.executable, "-m", "course_pkg", *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    log = disturbed / "metrics.jsonl"
    deadline = time.monotonic() + 100
    while not log.exists() or log.read_bytes().count(b"\n") < 20:
        assert run.poll() is None, run.communicate()[0].decode()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    run.kill()
    run.wait()
    run.stdout.close()
    assert not (disturbed / "model.safetensors").exists()

    assert main(command) == 1  # not by accident
    assert "go on with --resume" in capsys.readouterr().err
    assert main([*command, "--resume"]) == 0
    assert main(["train", str(config), "--out", str(quiet)]) == 0
    assert timeless(disturbed) == timeless(quiet)
    assert (disturbed / "result.json").read_text() == (quiet / "result.json").read_text()
    for name in ("model.safetensors", "checkpoint.safetensors"):
        one, two = load_checkpoint(disturbed / name), load_checkpoint(quiet / name)
        assert one.about == two.about
        assert all(torch.equal(one.tensors[key], two.tensors[key]) for key in two.tensors)
    assert not list(disturbed.glob(".*")), "a half file was left"
