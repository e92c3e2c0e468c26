"""Seeds, and the states of all random number generators: what makes a run repeatable."""

from __future__ import annotations

import os
import random
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from course_pkg.checks import check_seed


class RandomState(NamedTuple):
    """The state of every generator that a training step may draw from."""

    tensors: dict[str, Tensor]  # torch's generators: the CPU's, and the CUDA device's if used
    about: dict[str, Any]  # Python's generator and NumPy's, as JSON


def seed_everything(seed: int, *, deterministic: bool = False) -> None:
    """Seed the generators of Python, NumPy and torch, on all devices.

    Parameters
    ----------
    seed : int in 0..2^32 - 1
    deterministic : bool
        Whether torch refuses operations whose result differs from run to run, which some on a
        graphics card do to be faster. On the CPU, with one number of threads, nothing differs.

    Raises
    ------
    TypeError, ValueError
        If the seed is no such integer.

    Examples
    --------
    >>> seed_everything(3)
    >>> first = torch.rand(2)
    >>> seed_everything(3)
    >>> bool((torch.rand(2) == first).all())
    True
    """
    seed = check_seed(seed)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - for libraries that draw from the global generator
    torch.manual_seed(seed)
    if deterministic:
        # cuBLAS reads this when it starts; without it torch refuses matrix products on the card.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(deterministic)
    torch.backends.cudnn.benchmark = False


def generator(seed: int, *path: int) -> np.random.Generator:
    """Make a generator for one purpose: other numbers on the path, an independent stream.

    The order of the examples in epoch 5 is drawn from ``generator(seed, 5)``. So it can be found
    again without replaying epochs 0 to 4, which is what a resumed run needs.

    Parameters
    ----------
    seed : int in 0..2^32 - 1
    *path : int, at least 0

    Returns
    -------
    numpy.random.Generator

    Raises
    ------
    TypeError, ValueError
        If the seed is no such integer.

    Examples
    --------
    >>> generator(0, 1).integers(100, size=3), generator(0, 2).integers(100, size=3)
    (array([66, 67, 35]), array([65, 83, 46]))
    """
    # The path apart from the seed: the lists [3] and [3, 0] would seed the same stream.
    return np.random.default_rng(np.random.SeedSequence(check_seed(seed), spawn_key=path))


def get_random_state(device: torch.device) -> RandomState:
    """Read the state of every generator that a training step on ``device`` may draw from.

    Examples
    --------
    >>> state = get_random_state(torch.device("cpu"))
    >>> first = torch.rand(2)
    >>> set_random_state(state, torch.device("cpu"))
    >>> bool((torch.rand(2) == first).all())
    True
    """
    tensors = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        tensors["cuda"] = torch.cuda.get_rng_state(device)
    version, words, gauss = random.getstate()
    legacy: Any = np.random.get_state()  # noqa: NPY002
    _, keys, position, has_gauss, cached = legacy
    return RandomState(
        tensors,
        {
            "python": [version, list(words), gauss],
            "numpy": [keys.tolist(), int(position), int(has_gauss), float(cached)],
        },
    )


def set_random_state(state: RandomState, device: torch.device) -> None:
    """Put back what :func:`get_random_state` read; a state of another kind of device is kept out.

    Raises
    ------
    ValueError
        If there is no state for this device: the run was not made on such a one.
    """
    if device.type == "cuda" and "cuda" not in state.tensors:
        raise ValueError("device: the checkpoint holds no CUDA generator; it was written on a CPU")
    version, words, gauss = state.about["python"]
    random.setstate((version, tuple(words), gauss))
    keys, position, has_gauss, cached = state.about["numpy"]
    keys = np.array(keys, dtype=np.uint32)
    if not 0 <= position <= len(keys):  # which NumPy does not check, and would read elsewhere
        raise ValueError(f"numpy: expected a place in 0..{len(keys)}, got {position}")
    np.random.set_state(("MT19937", keys, position, has_gauss, cached))  # noqa: NPY002
    torch.set_rng_state(state.tensors["cpu"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(state.tensors["cuda"], device)
