"""Which functions of the package an answer calls is seen, however it came by them."""

from __future__ import annotations

import functools
import gc
import sys

import numpy as np
import pytest
import torch

from course_pkg.grading.calls import alone, calls_of
from course_pkg.grading.failure import CheckFailed
from course_pkg.reference.cells import rnn
from course_pkg.reference.cells.rnn import forward as imported_forward
from course_pkg.reference.layers.activations import sigmoid

PARAMS = rnn.Params(np.ones((2, 3)), np.ones((2, 2)), np.zeros(2), np.zeros(2))
X = np.ones((4, 1, 3))


def by_module(x):
    return rnn.forward(x, PARAMS)


def by_name(x):
    return imported_forward(x, PARAMS)


def in_the_answer(x):
    from course_pkg.reference.cells.rnn import forward

    return forward(x, PARAMS)


def through_numpy(x):
    return np.apply_along_axis(lambda row: imported_forward(x, PARAMS)[0][1][0], 0, x[0, 0])


def caught(x):
    try:
        return imported_forward(x, PARAMS)
    except Exception:
        return None


def misused(x):
    return imported_forward(x, "params")


def with_torch(x):
    from course_pkg.models import rnn as torch_rnn

    return torch_rnn.RNN(3, 2)(x)


def by_autograd(x):
    leaf = torch.tensor(x, requires_grad=True)
    leaf.sum().backward()
    return leaf.grad.numpy()


BORROWED = {
    "rnn.forward": [
        by_module,
        by_name,
        in_the_answer,
        through_numpy,
        caught,
        misused,
        functools.partial(imported_forward, params=PARAMS),
        lambda x: list(map(lambda part: imported_forward(part, PARAMS), [x])),
    ],
    "rnn.RNN": [with_torch],
    "torch": [by_autograd, lambda x: torch.nn.RNN(3, 2, dtype=torch.float64)(torch.tensor(x))],
    "activations.sigmoid": [sigmoid, lambda x: np.vectorize(sigmoid)(x)],
}
CASES = [(name, answer) for name, answers in BORROWED.items() for answer in answers]


@pytest.mark.parametrize(("name", "answer"), CASES)
def test_a_call_of_the_package_is_refused(name, answer):
    guarded = alone(answer, name="answer", exercise=3)
    for _ in range(2):
        with pytest.raises(CheckFailed) as raised:
            guarded(X)
        said = f"Exercise 3 asks for NumPy alone: `answer` calls `{name}`."
        assert str(raised.value) == said
    assert sys.getprofile() is None


def own(x, *, gain=2):
    """Use what is no function of the package: its named tuples, NumPy, another helper."""
    params = PARAMS._replace(b_ih=np.ones(2))
    made = rnn.Params(*params)
    return helper(np.tanh(gain * x @ made.W_ih.T))


def helper(value):
    return value + 1


def test_own_code_passes_and_gets_its_arguments():
    guarded = alone(own, name="own", exercise=3)
    np.testing.assert_array_equal(guarded(X, gain=3), own(X, gain=3))
    by_module(X)  # the check itself may


def test_to_import_is_not_to_call(monkeypatch):
    def imports(x):
        import torch.nn.utils.rnn

        from course_pkg.models import rnn  # noqa: F401

        return torch.from_numpy(x)

    for module in ("torch.nn.utils.rnn", "course_pkg.models.rnn"):
        monkeypatch.delitem(sys.modules, module)
    guarded = alone(imports, name="imports", exercise=3)
    np.testing.assert_array_equal(guarded(X), X)


def test_an_error_of_the_answer_passes_through():
    def fails(x):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        alone(fails, name="fails", exercise=3)(X)
    assert sys.getprofile() is None


def test_what_is_allowed_passes_with_all_that_it_calls():
    guarded = alone(lambda x: sigmoid(x), name="gate", exercise=3, may_call=["sigmoid"])
    assert guarded(0.0) == 0.5
    alone(by_module, name="run", exercise=3, may_call=["forward"])(X)
    guarded = alone(by_module, name="run", exercise=3, may_call=["sigmoid"])
    with pytest.raises(CheckFailed, match=r"NumPy and `sigmoid` alone: `run` calls `rnn\.f"):
        guarded(X)


def test_calls_are_recorded_by_whatever_name():
    with calls_of(rnn.forward) as calls:
        by_module(X)
        by_name(X[:2])
        imported_forward(params=PARAMS, x=X[:1])
        sigmoid(0.0)
    by_module(X)
    assert [len(call["x"]) for call in calls] == [4, 2, 1]
    assert calls[0]["params"] is PARAMS
    assert calls[0]["h0"] is None
    assert sys.getprofile() is None


def test_recording_ends_with_an_error():
    with pytest.raises(ZeroDivisionError), calls_of(own):
        raise ZeroDivisionError
    assert sys.getprofile() is None
    with pytest.raises(TypeError, match="function: expected a plain function, got <class"):
        calls_of(rnn.Params).__enter__()


def test_garbage_that_torch_clears_away_is_no_call_of_the_answer():
    space = {"__name__": "torch.made_up"}
    exec("class Left:\n    def __del__(self):\n        pass", space)

    def answer(x):
        return [[number] for number in range(100_000)][:1]  # enough for a collection

    for _ in range(50):
        left = space["Left"]()
        left.itself = left
    del left
    assert alone(answer, name="answer", exercise=3)(X) == [[0]]
    assert gc.isenabled()
