"""The figure of the two routes has one of each for every state."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from course_pkg import plots


@pytest.fixture(autouse=True)
def _clean_figures():
    with mpl.rc_context():
        plots.use_style()
        yield
    plt.close("all")


@pytest.mark.parametrize("T", [2, 3, 4])
def test_each_state_has_a_route_through_its_output_and_one_to_the_state_before(T):
    drawn = [text.get_text() for ax in plots.gradient_routes(T).axes for text in ax.texts]
    for number in range(1, T + 1):
        assert f"$e_{number}$" in drawn
        assert f"$W_{{hh}}^{{\\top}}\\,\\delta a_{number}$" in drawn
        assert f"$\\ell_{number}$" in drawn
    assert "$h_0$" in drawn


def test_one_step_is_refused():
    with pytest.raises(ValueError, match="T: expected at least 2 steps, got 1"):
        plots.gradient_routes(T=1)
