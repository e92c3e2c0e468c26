"""Early stopping waits, and gives the weights of the best evaluation back."""

import json
import math

import pytest
import torch
from torch import nn

from course_pkg.training.early_stopping import EarlyStopping


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


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: EarlyStopping(-1), ValueError, "patience: expected an integer of at least 0"),
        (lambda: EarlyStopping(1.5), TypeError, "patience: expected an integer, got float"),
        (lambda: EarlyStopping(1, min_delta=-1), ValueError, "min_delta: expected a number"),
        (lambda: EarlyStopping(1, goal="best"), ValueError, "goal: expected one of"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
