"""States of two units as arrows: one each, with a bow from each to the next."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_pkg import plots


@pytest.fixture(autouse=True)
def _clean_figures():
    with mpl.rc_context():
        plots.use_style()
        yield
    plt.close("all")


def test_every_state_is_an_arrow_and_every_step_a_bow():
    states = np.array([[0.8, 0.0], [0.0, 0.6], [-0.5, 0.0]])
    (ax,) = plots.turning_arrow(states).axes
    arrows = [(text.xy, text.xyann) for text in ax.texts if not text.get_text()]
    for state in states:
        assert any(np.allclose(end, state) and start == (0, 0) for end, start in arrows)
    assert len(arrows) == 3 + 2
    assert [text.get_text() for text in ax.texts if text.get_text()] == [
        f"$h_{t}$" for t in (1, 2, 3)
    ]


def test_it_fits_a_phone():
    states = np.array([[0.8, 0.0], [0.0, 0.6]])
    assert plots.turning_arrow(states).get_size_inches()[0] <= 3.6


@pytest.mark.parametrize("shape", [(1, 2), (3, 3), (4,)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"states: expected shape \(T, 2\) with T at least 2"):
        plots.turning_arrow(np.ones(shape))
    with pytest.raises(TypeError, match="states: expected a NumPy array, got list"):
        plots.turning_arrow([[0.0, 1.0]])
