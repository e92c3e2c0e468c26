"""Two processes train as one does."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from course_pkg.training.distributed import ALONE, Share
from course_pkg.training.log import read_records
from course_pkg.training.resuming.checkpoint import load_checkpoint
from tests.training.small import CPU, classify, language
from tests.training.two_processes import CASES, run_all

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The same runs by one process and, through torchrun, by two."""
    folder = tmp_path_factory.mktemp("distributed")
    run_all(folder / "one", ALONE, CPU)
    run = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc-per-node", "2", "-m", "tests.training.two_processes"),
            str(folder / "two"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        timeout=240,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return folder / "one", folder / "two"


def numbers(folder, key):
    return [record[key] for record in read_records(folder) if key in record]


@pytest.mark.parametrize("case", CASES)
def test_the_loss_curve_is_that_of_one_process(folders, case):
    one, two = (folder / case for folder in folders)
    for key in ("train_loss", "gradient_norm", "valid_loss", "epoch_train_loss"):
        expected = numbers(one, key)
        assert len(expected) >= 2
        np.testing.assert_allclose(numbers(two, key), expected, rtol=0, atol=1e-5)
    assert numbers(two, "step") == numbers(one, "step")


@pytest.mark.parametrize("case", CASES)
def test_the_weights_are_those_of_one_process(folders, case):
    one, two = (load_checkpoint(f / case / "checkpoint.safetensors").tensors for f in folders)
    for name, tensor in one.items():
        if name.startswith(("model.", "best.")):
            torch.testing.assert_close(two[name], tensor, rtol=0, atol=1e-4)


def test_a_group_is_resumed_to_the_last_bit(folders):
    _, two = folders
    quiet, interrupted = two / "quiet", two / "interrupted"
    assert numbers(interrupted, "train_loss") == numbers(quiet, "train_loss")
    found = load_checkpoint(quiet / "checkpoint.safetensors").tensors
    again = load_checkpoint(interrupted / "checkpoint.safetensors").tensors
    assert found.keys() == again.keys()
    assert {"random.0.cpu", "random.1.cpu"} <= found.keys()
    assert not torch.equal(found["random.0.cpu"], found["random.1.cpu"])
    assert all(torch.equal(found[name], again[name]) for name in found)


@pytest.mark.parametrize("B", [1, 2, 3, 7, 8, 64])
@pytest.mark.parametrize("world", [1, 2, 3, 8])
def test_shares_are_neighbours_about_equal_and_all_there_is(B, world):
    shares = [range(B)[Share(rank, world).of(B)] for rank in range(world)]
    assert [i for share in shares for i in share] == list(range(B))
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1


def test_a_process_without_a_sequence_takes_part_without_counting():
    task = classify(batch=5, counts=(11, 9, 9))
    *_, last = task.batches(0, Share(rank=0, world=2))
    x, labels = last
    assert x.shape[1] == 1
    assert labels.tolist() == [-100]
    loss = task.loss(task.model, last)
    assert loss.number == 0
    loss.total.backward()
    assert all(float(p.grad.abs().sum()) == 0 for p in task.model.parameters())


def test_more_processes_than_streams_are_refused():
    with pytest.raises(ValueError, match="at least one stream for each of 5 processes, got 4"):
        next(language(batch=4).batches(0, Share(rank=0, world=5)))
