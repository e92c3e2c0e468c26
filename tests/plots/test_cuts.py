"""The figure of cuts over time draws what the truncated gradients really reach."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch

from course_pkg import plots
from course_pkg.plots import cuts
from course_pkg.plots.style import ORANGE
from course_pkg.reference.cells import rnn
from course_pkg.reference.gradients import truncated

T = 12


@pytest.fixture(autouse=True)
def _clean_figures():
    with mpl.rc_context():
        plots.use_style()
        yield
    plt.close("all")


def reached(backward):
    """For each loss term, the first step whose input gets a gradient of it."""
    one = rnn.Params(np.ones((1, 1)), np.ones((1, 1)), np.zeros(1), np.zeros(1))
    y, cache = rnn.forward(np.ones((T, 1, 1)), one, nonlinearity="relu")
    found = {}
    for t in range(T):
        dy = np.zeros_like(y[0])
        dy[t] = 1.0
        found[t + 1] = int(np.flatnonzero(backward(dy, cache).dx.ravel())[0]) + 1
    return found


def random_factors():
    carry = np.ones(T)
    carry[list(cuts.RANDOM)] = 0.0  # behind step n, counted from 1: between h_n and h_(n+1)
    return carry


@pytest.mark.parametrize(
    ("way", "backward"),
    [
        ("no cut", rnn.backward),
        (
            "chunks",
            lambda dy, kept: truncated.backward(dy, kept, truncated.chunks(T, cuts.LENGTH)),
        ),
        (
            "windows",
            lambda dy, kept: truncated.backward_windows(dy, kept, 1, cuts.LENGTH),
        ),
        ("random cuts", lambda dy, kept: truncated.backward(dy, kept, random_factors())),
    ],
)
def test_each_loss_term_reaches_what_the_package_says(way, backward):
    assert cuts.reaches(T, way) == reached(backward)


def test_a_chunk_cuts_the_path_that_a_window_of_its_length_holds():
    words = cuts.TEXT.split()
    assert (words[cuts.READ - 1], words[cuts.ASKED - 1], words[cuts.ASKED]) == (
        "boats", "built", "are",
    )  # fmt: skip
    assert cuts.reaches(T, "windows")[cuts.ASKED] == cuts.READ
    assert cuts.reaches(T, "chunks")[cuts.ASKED] > cuts.READ


def test_the_drawing_has_an_arrow_for_each_way_back():
    (ax,) = cuts.cuts_over_time().axes
    colour = mpl.colors.to_rgba(ORANGE)
    arrows = [p for p in ax.patches if isinstance(p, FancyArrowPatch)]
    back = [arrow for arrow in arrows if arrow.get_edgecolor() == colour]
    assert len(back) == 1 + 1 + 3 + T + (len(cuts.RANDOM) + 1)
    written = [text.get_text() for text in ax.texts]
    assert all(word in written for word in cuts.TEXT.split())
    assert ax.figure.get_size_inches()[0] <= 4.6  # it fits a phone
