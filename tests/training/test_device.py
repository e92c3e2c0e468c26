"""A device is taken if it is there; if not, the message says what is."""

import pytest
import torch

from course_pkg.training import device as devices


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


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="device: expected one of"):
        devices.pick_device("gpu")
