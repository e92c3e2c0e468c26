"""The interactive figure of a gradient on its way back shows what the package computes."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sphinx_course import explorers
from sphinx_course.explorers import gradient_lags as figure
from torch import nn

CALM = figure.GAINS.index(2.0)  # above, the last bits grow until two programs differ
POINTS = figure.LAGS // figure.EVERY + 1


@pytest.fixture(scope="module")
def shown():
    return explorers.load("gradient-lags", Path())


@pytest.fixture(scope="module")
def data(shown):
    return json.loads(json.dumps(shown.data()))


def by_torch(kind, gain):
    """The same network in PyTorch, its gradient by autograd: logarithms by lag."""
    rng = np.random.default_rng(0)
    H, I, B = figure.H, figure.I, figure.B
    if kind.matrix == "orthogonal":
        W_hh = figure.initialization.orthogonal(H, H, rng, gain=gain)
    else:
        W_hh = gain * rng.normal(size=(H, H)) / np.sqrt(H)
    W_ih = kind.input_scale * rng.uniform(-1, 1, (H, I)) / np.sqrt(H)
    b = rng.uniform(-1, 1, H) / np.sqrt(H)
    x = rng.normal(size=(figure.SETTLE + figure.LAGS, B, I))
    dh = torch.from_numpy(rng.normal(size=(B, H)))
    W_hh, W_ih, b = map(torch.from_numpy, (W_hh, W_ih, b))
    h, states = torch.zeros(B, H, dtype=torch.float64), []
    squash = {"tanh": torch.tanh, "sigmoid": torch.sigmoid}[kind.activation]
    for x_t in torch.from_numpy(x):
        h = squash(x_t @ W_ih.T + b + h @ W_hh.T).requires_grad_()
        h.retain_grad()
        states.append(h)
    (h * dh).sum().backward()
    logs = [state.grad.norm(dim=1).log().mean().item() for state in states]
    return np.array(logs[: figure.SETTLE - 2 : -1]) - logs[-1]


@pytest.mark.parametrize("kind", range(len(figure.KINDS)))
@pytest.mark.parametrize("gain", [0, figure.OPENS, CALM])
def test_the_measured_curve_is_that_of_autograd(data, kind, gain):
    _, says, values = data["pictures"][data["index"][kind * len(figure.GAINS) + gain]]
    theirs = by_torch(list(figure.KINDS.values())[kind], figure.GAINS[gain])
    assert len(theirs) == figure.LAGS + 1
    span = figure.CEILING - figure.FLOOR
    heights = 1000 * (theirs[:: figure.EVERY] / np.log(10) - figure.FLOOR) / span
    assert values[:POINTS] == pytest.approx(heights, abs=0.502)
    assert says[3] == figure.power(theirs[50])


def test_straight_lines_begin_at_length_one_and_have_the_slopes_that_are_said(data):
    for _, says, values in data["pictures"]:
        for number, said in ((0, says[1]), (1, says[2])):
            start, end = values[POINTS + 2 * number :][:2]
            assert start == round(1000 * -figure.FLOOR / (figure.CEILING - figure.FLOOR))
            rate = (end - start) * np.log(10) * (figure.CEILING - figure.FLOOR) / 1000
            assert np.exp(rate / figure.LAGS) == pytest.approx(float(said), abs=0.006, rel=0.002)


def test_no_gradient_grows_by_more_than_the_bound(data):
    for _, says, values in data["pictures"]:
        assert max(values[:POINTS]) <= max(values[POINTS + 2 :]) + 1
        assert float(says[0]) <= float(says[2]) + 0.005


def test_it_opens_at_the_size_with_which_torch_begins(shown):
    weights = nn.RNN(1, 512).weight_hh_l0.detach()
    assert figure.GAINS[figure.OPENS] == pytest.approx(float(weights.std() * 512**0.5), abs=0.01)
    start = shown.start()
    assert start.words.sentence.format(*start.says).endswith(f"{start.says[3]}.")
    assert start.says[3] in shown.description


def test_the_first_page_of_the_chapter_says_what_the_figure_shows(shown):
    assert shown.start().says[3] == "10⁻¹³ of what it was"
    assert shown.picture(0, figure.GAINS.index(3.0)).says[3] == "10⁶ times what it was"


def test_the_still_has_a_curve_that_the_script_can_move_for_each_value(shown):
    still = shown.draw(*shown.start()[::2])
    counts = [len(part.split('points="')[1].split('"')[0].split()) for part in curves(still)]
    assert counts == [POINTS, 2, 2]
    assert sum(counts) == len(shown.start().values)


def curves(still):
    return [part for part in still.split("<polyline") if "data-curve" in part]
