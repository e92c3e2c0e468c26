"""The graph of three steps has every node, and the marked path crosses two states."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from course_pkg import plots
from course_pkg.plots.scalar_graph import counted_twice, scalar_graph


@pytest.fixture(autouse=True)
def _clean_figures():
    with mpl.rc_context():
        plots.use_style()
        yield
    plt.close("all")


def texts_of(fig):
    assert fig.get_size_inches()[0] <= 4.6  # it fits a phone
    return [text.get_text() for text in fig.axes[0].texts]


def test_both_weights_have_a_copy_at_each_step():
    drawn = texts_of(scalar_graph())
    for step in (1, 2, 3):
        for node in (f"$w^{{({step})}}$", f"$u^{{({step})}}$", f"$h_{step}$", f"$x_{step}$"):
            assert drawn.count(node) == 1
        assert rf"$\ell_{step}$" in drawn
    assert drawn.count("$w$") == drawn.count("$u$") == drawn.count("$h_0$") == 1


def test_the_marked_path_is_numbered_where_it_crosses_a_state():
    fig = counted_twice()
    drawn = texts_of(fig)
    assert [drawn.count(number) for number in ("1", "2", "3")] == [1, 1, 0]
    places = {text.get_text(): text.get_position()[0] for text in fig.axes[0].texts}
    assert places["1"] == places["$h_2$"]
    assert places["2"] == places["$h_3$"]
