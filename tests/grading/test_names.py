"""A check gets copies of what holds data, and functions that are what they were."""

from __future__ import annotations

import dataclasses
import functools
import random
import sys
from typing import NamedTuple

import numpy as np
import pytest
import torch

from course_pkg.grading.names import copied, moved


@dataclasses.dataclass
class Split:
    train: np.ndarray


class Params(NamedTuple):
    W: torch.Tensor


def with_history():
    return torch.ones(2, requires_grad=True) * 2


def added(value):
    with torch.no_grad():
        value.add_(1)


# What is made, how it is changed in place, what shows the change.
DATA = {
    "array": (lambda: np.ones(2), lambda v: v.__iadd__(1), np.sum),
    "list": (lambda: [1], lambda v: v.append(2), len),
    "dictionary": (lambda: {"a": [1]}, lambda v: v["a"].append(2), lambda v: len(v["a"])),
    "set": (lambda: {1}, lambda v: v.add(2), len),
    "tuple of arrays": (lambda: (np.ones(2),), lambda v: v[0].__iadd__(1), lambda v: v[0].sum()),
    "generator": (lambda: np.random.default_rng(0), lambda v: v.random(), lambda v: v.random()),
    "Python's generator": (lambda: random.Random(0), lambda v: v.random(), lambda v: v.random()),
    "dataclass": (
        lambda: Split(np.ones(2)),
        lambda v: v.train.__iadd__(1),
        lambda v: v.train.sum(),
    ),
    "tensor": (lambda: torch.ones(2), added, lambda v: v.sum().item()),
    "parameter": (lambda: torch.nn.Parameter(torch.ones(2)), added, lambda v: v.sum().item()),
    "tensor with a history": (with_history, added, lambda v: v.sum().item()),
    "list with such a tensor": (
        lambda: [with_history(), print],
        lambda v: added(v[0]),
        lambda v: v[0].sum().item(),
    ),
    "named tuple with such a tensor": (
        lambda: Params(with_history()),
        lambda v: added(v.W),
        lambda v: v.W.sum().item(),
    ),
    "nested": (
        lambda: {"a": ([with_history()], sys.stdout)},
        lambda v: added(v["a"][0][0]),
        lambda v: v["a"][0][0].sum().item(),
    ),
    "module": (
        lambda: (
            torch.nn.Linear(1, 1, bias=False)
            .requires_grad_(False)
            .apply(lambda m: m.weight.fill_(1))
        ),
        lambda v: v.weight.add_(1),
        lambda v: float(v.weight),
    ),
    "torch's generator": (
        lambda: torch.Generator().manual_seed(0),
        lambda v: torch.rand(1, generator=v),
        lambda v: float(torch.rand(1, generator=v)),
    ),
    "list of tensors": (
        lambda: [torch.ones(2)],
        lambda v: added(v[0]),
        lambda v: v[0].sum().item(),
    ),
    "dictionary of modules": (
        lambda: {"a": torch.nn.BatchNorm1d(2)},
        lambda v: v["a"].running_mean.add_(1),
        lambda v: float(v["a"].running_mean.sum()),
    ),
}


@pytest.mark.parametrize("kind", DATA)
def test_a_change_of_the_copy_does_not_reach_the_value(kind):
    make, change, shows = DATA[kind]
    before, value = shows(make()), make()
    copy = copied(value, {})
    assert type(copy) is type(value)
    change(copy)
    assert shows(value) == before


def test_a_tensor_with_a_history_still_asks_for_gradients():
    assert copied(with_history(), {}).requires_grad
    assert not copied(with_history().detach(), {}).requires_grad


@pytest.mark.parametrize("value", [print, np, Split, torch.relu, torch.float64, "text", 3, None])
def test_what_holds_no_data_stays_what_it_is(value):
    assert copied(value, {}) is value


def test_what_is_shared_stays_shared():
    memo, model = {}, torch.nn.Linear(2, 2)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    twin, its_optimiser = copied(model, memo), copied(optimiser, memo)
    assert its_optimiser.param_groups[0]["params"][0] is twin.weight is not model.weight
    tensor = with_history()
    one, two = copied([tensor, print], memo), copied({"it": tensor}, memo)
    assert one[0] is two["it"] is not tensor


def test_a_list_that_holds_itself_is_copied():
    loop = [with_history()]
    loop.append(loop)
    twin = copied(loop, {})
    assert twin[1] is twin
    assert twin[0] is not loop[0]


def answer(value: int, /, more: int = 1, *, gain: int = 2) -> int:
    """Answer."""
    return gain * (value + more) + offset  # noqa: F821


answer.calls = 3


def test_a_function_that_is_moved_keeps_all_it_had():
    twin = moved(answer, {"offset": 100})
    assert twin(1) == 104
    assert twin(1, 2, gain=3) == 109
    for name in (
        "__name__",
        "__qualname__",
        "__doc__",
        "__module__",
        "__defaults__",
        "__kwdefaults__",
        "__annotations__",
        "__dict__",
    ):
        assert getattr(twin, name) == getattr(answer, name)
    twin.calls += 1
    assert answer.calls == 3


def test_a_wrapped_function_and_a_closure_work_after_the_move():
    def gained(gain):
        @functools.wraps(answer)
        def inner(value):
            return gain * value

        return inner

    twin = moved(gained(5), {})
    assert twin(2) == 10
    assert twin.__wrapped__ is answer
    assert twin.__name__ == "answer"
