"""Accuracy against length: a panel a network, its training lengths told from the others."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_pkg import plots

LENGTHS = [6, 7, 8, 9]
CURVES = {
    "all": (range(6, 9), np.ones(4)),
    "even": ([6, 8], [1.0, 0.0, 1.0, 0.1]),
}


@pytest.fixture(autouse=True)
def _clean_figures():
    with mpl.rc_context():
        plots.use_style()
        yield
    plt.close("all")


def marks(ax, shape):
    (line,) = (line for line in ax.lines if line.get_marker() == shape)
    return dict(zip(*(values.tolist() for values in line.get_data()), strict=True))


def test_lengths_of_the_training_look_different():
    fig = plots.accuracy_by_length(LENGTHS, CURVES)
    assert [ax.get_title(loc="left") for ax in fig.axes] == ["all", "even"]
    above, below = fig.axes
    assert marks(above, "s") == {6: 1, 7: 1, 8: 1}
    assert marks(above, "o") == {9: 1}
    assert marks(below, "s") == {6: 1, 8: 1}
    assert marks(below, "o") == {7: 0, 9: 0.1}


def test_named_lengths_stand_beside_their_dots():
    fig = plots.accuracy_by_length(LENGTHS, CURVES, named=(8, 9))
    named = {text.get_text(): (*text.xy, text.get_va()) for text in fig.axes[-1].texts}
    assert named == {"8": (8, 1.0, "bottom"), "9": (9, 0.1, "top")}
    assert not fig.axes[0].texts


def test_it_fits_a_phone_and_grows_on_demand():
    assert plots.accuracy_by_length(LENGTHS, CURVES).get_size_inches()[0] <= 4.6
    wide = plots.accuracy_by_length(LENGTHS, CURVES, width=7.2)
    assert wide.get_size_inches()[0] == 7.2


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(ValueError, match="curves: expected at least one network, got none"):
        plots.accuracy_by_length(LENGTHS, {})
    with pytest.raises(ValueError, match=r"curves\['one'\]: expected 4 accuracies, .* \(3,\)"):
        plots.accuracy_by_length(LENGTHS, {"one": ([6], [1, 1, 1])})
