"""Checkpoint files: what was written comes back, and nothing else is taken for one."""

import json
import os
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save

from course_pkg.training.resuming.checkpoint import (
    KIND,
    CheckpointError,
    _digest,
    load_checkpoint,
    save_checkpoint,
)

TENSORS = {
    "W": torch.arange(6, dtype=torch.float64).reshape(2, 3) / 7,
    "half": torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
    "state": torch.arange(5, dtype=torch.uint8),
    "scalar": torch.tensor(3.0),
    "empty": torch.zeros(0, 3),
}
ABOUT = {"step": 7, "loss": 0.1 + 0.2, "none": None, "nested": {"list": [1, 2.5, "ä"]}}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    save_checkpoint(path, TENSORS, ABOUT)
    return path


def test_everything_comes_back_to_the_last_bit(path):
    tensors, about = load_checkpoint(path)
    assert about == ABOUT
    assert tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert tensors[name].dtype == tensor.dtype
        assert torch.equal(tensors[name], tensor)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_two_names_for_one_tensor_and_a_transposed_one_are_kept(tmp_path):
    W = torch.arange(6.0).reshape(2, 3)
    save_checkpoint(tmp_path / "c", {"a": W, "b": W, "c": W.T, "d": W[0]}, {})
    tensors, _ = load_checkpoint(tmp_path / "c")
    assert torch.equal(tensors["a"], tensors["b"])
    assert torch.equal(tensors["c"], W.T)
    assert torch.equal(tensors["d"], W[0])


def test_equal_contents_give_equal_bytes(path):
    first = path.read_bytes()
    for _ in range(20):  # the library wrote the four entries of the head in any of 24 orders
        save_checkpoint(path, TENSORS, ABOUT)
        assert path.read_bytes() == first


def test_the_head_is_as_the_format_wants_it(tmp_path):
    """For every length of the text: the numbers begin at a multiple of 8, names are kept."""
    path = tmp_path / "c"
    for length in range(9):
        save_checkpoint(path, {"é": torch.arange(3.0)}, {"text": "a" * length})
        data = path.read_bytes()
        size = int.from_bytes(data[:8], "little")
        assert size % 8 == 0
        assert len(data) == 8 + size + 12
        assert load_file(path)["é"].tolist() == [0.0, 1.0, 2.0]


def test_what_is_read_stands_alone(path):
    tensors, _ = load_checkpoint(path)
    tensors["W"].zero_()
    assert torch.equal(load_checkpoint(path).tensors["W"], TENSORS["W"])
    assert tensors["W"].data_ptr() % 16 == 0


def test_every_flipped_bit_is_found(path):
    good = path.read_bytes()
    rng = np.random.default_rng(0)
    places = {0, 8, len(good) - 1, *rng.integers(0, len(good), 150).tolist()}
    for place in sorted(places):
        bad = bytearray(good)
        bad[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(bad)
        with pytest.raises(CheckpointError):
            load_checkpoint(path)


@pytest.mark.parametrize("share", [0, 0.001, 0.1, 0.5, 0.9, 0.9999])
def test_every_cut_file_is_found(path, share):
    good = path.read_bytes()
    path.write_bytes(good[: int(share * len(good))])
    with pytest.raises(CheckpointError, match="damaged, or no safetensors file"):
        load_checkpoint(path)


class Trap:
    """Pickled, it makes a file when it is opened."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return (os.mkdir, (str(self.place),))


@pytest.mark.parametrize("how", ["torch", "torch_old", "pickle0", "pickle5"])
def test_a_pickle_is_refused_and_not_run(tmp_path, how):
    place, path = tmp_path / "trap", tmp_path / "checkpoint.safetensors"
    if how == "torch":
        torch.save(Trap(place), path)
    elif how == "torch_old":
        torch.save(Trap(place), path, _use_new_zipfile_serialization=False)
    else:
        path.write_bytes(pickle.dumps(Trap(place), protocol=int(how[-1])))
    with pytest.raises(CheckpointError, match=r"checkpoint\.safetensors: "):
        load_checkpoint(path)
    assert not place.exists()


def foreign(**metadata):
    return save({"W": torch.zeros(1)}, metadata or None)


def signed(text):
    tensors = {"W": torch.zeros(1)}
    return foreign(kind=KIND, version="1", about=text, sha256=_digest(tensors, text))


def wide(size):
    """A file with a tensor of no bytes and an absurd shape."""
    head = json.dumps(
        {"__metadata__": {"kind": KIND, "version": "1", "about": "{}", "sha256": "0"},
         "W": {"dtype": "F32", "shape": [0, size], "data_offsets": [0, 0]}}
    )  # fmt: skip
    return len(head).to_bytes(8, "little") + head.encode()


HUGE = (1 << 62).to_bytes(8, "little") + b"{}"
BIG_TENSOR = json.dumps({"W": {"dtype": "F32", "shape": [1 << 40], "data_offsets": [0, 1 << 42]}})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged, or no safetensors file"),
        (b"not a checkpoint at all, but a long text", "damaged, or no safetensors file"),
        (HUGE, "damaged, or no safetensors file"),
        (len(BIG_TENSOR).to_bytes(8, "little") + BIG_TENSOR.encode(), "damaged, or no safetens"),
        (foreign(), "expected a file of kind 'course_pkg checkpoint', got None"),
        (foreign(format="pt"), "another program wrote it"),
        (foreign(kind=KIND, version="2"), "expected format version 1, got '2'"),
        (foreign(kind=KIND, version="1"), "do not match their SHA-256"),
        (foreign(kind=KIND, version="1", about="{}", sha256="0"), "do not match their SHA-256"),
        (signed("[1, 2]"), "expected a JSON object as description, got list"),
        (signed("{"), "its description is no JSON"),
        (signed("[" * 100_000), "its description is no JSON"),
        (signed("9" * 5000), "its description is no JSON"),
        (wide(1 << 63), "damaged, or no safetensors file"),
        (wide((1 << 63) - 1), "damaged, or no safetensors|SHA-256"),
    ],
)
def test_a_foreign_file_is_refused(tmp_path, content, message):
    path = tmp_path / "c"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(path)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        load_checkpoint(tmp_path / "nothing")
    with pytest.raises(OSError, match="directory"):
        load_checkpoint(tmp_path)


def test_what_json_cannot_say_is_refused_and_the_old_file_stays(path):
    before = path.read_bytes()
    with pytest.raises(TypeError, match="not JSON serializable"):
        save_checkpoint(path, TENSORS, {"device": torch.device("cpu")})
    assert path.read_bytes() == before
