"""The schedules: their closed forms, torch's schedulers where there are such, and bad input."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.training import schedules

ALL = [*schedules.SCHEDULES.values(), schedules.warm_up]


def torch_factors(make_scheduler, steps, lr=0.5):
    """The learning rates of a scheduler of torch, divided by the largest."""
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([parameter], lr=lr)
    scheduler = make_scheduler(optimiser)
    factors = []
    for _ in range(steps):
        factors.append(optimiser.param_groups[0]["lr"] / lr)
        optimiser.step()
        scheduler.step()
    return factors


@pytest.mark.parametrize("total", [1, 2, 7, 100])
@pytest.mark.parametrize("floor", [0.0, 0.1])
def test_cosine_is_torchs(total, floor):
    ours = [schedules.cosine(step, total, floor=floor) for step in range(total + 1)]
    theirs = torch_factors(
        lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, total, eta_min=0.5 * floor),
        total + 1,
    )
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("total", [1, 2, 3, 4, 10, 11, 100, 1001])
@pytest.mark.parametrize("peak", [0.1, 0.3, 0.5])
def test_one_cycle_is_torchs(total, peak):
    if peak * total == 1:
        pytest.skip("torch divides by zero where the peak is at step 0")
    ours = [schedules.one_cycle(step, total, peak=peak) for step in range(total)]
    theirs = torch_factors(
        lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.5, total_steps=total, pct_start=peak),
        total - 1,
    )
    np.testing.assert_allclose(ours[:-1], theirs, rtol=0, atol=1e-12)
    assert ours[-1] == pytest.approx(4e-6)


def test_one_cycle_with_its_peak_at_step_0_starts_at_the_top():
    assert schedules.one_cycle(0, 4, peak=0.25) == 1.0
    assert schedules.one_cycle(3, 4, peak=0.25) == 4e-6
    assert schedules.one_cycle(0, 1, peak=1.0) == 4e-6


def test_the_peak_of_a_slanted_triangle_is_not_lost_by_rounding():
    assert 0.29 * 100 < 29
    factors = [schedules.slanted_triangular(step, 100, peak=0.29) for step in range(100)]
    assert factors.index(1.0) == 29


@pytest.mark.parametrize("start", [0.01, 0.25])
def test_warm_up_is_torchs(start):
    ours = [schedules.warm_up(step, 8, start=start) for step in range(20)]
    theirs = torch_factors(
        lambda o: torch.optim.lr_scheduler.LinearLR(o, start_factor=start, total_iters=8), 20
    )
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_slanted_triangular_is_the_published_formula_where_the_cut_is_whole():
    total, peak, ratio = 200, 0.1, 32
    cut = math.floor(total * peak)
    for t in range(total):
        p = t / cut if t < cut else 1 - (t - cut) / (cut * (1 / peak - 1))
        published = (1 + p * (ratio - 1)) / ratio
        assert schedules.slanted_triangular(t, total) == pytest.approx(published, abs=1e-12)


def test_constant_is_constant():
    assert {schedules.constant(step, 5) for step in range(9)} == {1.0}


@given(step=st.integers(0, 300), total=st.integers(1, 200), function=st.sampled_from(ALL))
def test_a_factor_is_between_zero_and_one(step, total, function):
    assert 0 <= function(step, total) <= 1


def test_a_schedule_is_multiplied_with_its_warm_up():
    factor = schedules.make_schedule("cosine", 100, warm_up_steps=10)
    for step in (0, 3, 10, 60):
        expected = schedules.cosine(step, 100) * schedules.warm_up(step, 10)
        assert factor(step) == expected
    assert schedules.make_schedule("cosine", 100)(3) == schedules.cosine(3, 100)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: schedules.cosine(-1, 10), ValueError, "step: expected an integer of at least 0"),
        (lambda: schedules.cosine(1.0, 10), TypeError, "step: expected an integer, got float"),
        (lambda: schedules.constant(True, 10), TypeError, "step: expected an integer, got bool"),
        (lambda: schedules.cosine(1, 0), ValueError, "total: expected an integer of at least 1"),
        (lambda: schedules.cosine(1, 9, floor=2), ValueError, "floor: expected a number in"),
        (lambda: schedules.one_cycle(1, 9, peak=1.1), ValueError, "peak: expected a number in"),
        (lambda: schedules.one_cycle(1, 9, start=0), ValueError, "start: expected a number in"),
        (lambda: schedules.one_cycle(1, 9, end=0), ValueError, "end: expected a number in"),
        (lambda: schedules.slanted_triangular(1, 9, peak=1), ValueError, "peak: expected a numb"),
        (lambda: schedules.slanted_triangular(1, 9, ratio=0.5), ValueError, "ratio: expected"),
        (lambda: schedules.warm_up(1, 9, start=-1), ValueError, "start: expected a number in"),
        (lambda: schedules.make_schedule("cosin", 9), ValueError, "schedule: expected one of"),
        (
            lambda: schedules.make_schedule("cosine", 9, warm_up_steps=-1),
            ValueError,
            "warm_up_steps: expected an integer of at least 0",
        ),
        (
            lambda: schedules.make_schedule("cosine", 9, warm_up_steps=0.0),
            TypeError,
            "warm_up_steps: expected an integer, got float",
        ),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("schedule", ALL)
def test_a_step_may_be_an_integer_of_numpy(schedule):
    assert schedule(np.int64(3), 10) == schedule(3, 10)
