"""The steps of an LSTM in a row have one product each on the way back along the cell."""

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
def test_each_step_has_an_input_and_a_factor_and_steps_are_joined_by_states(T):
    drawn = [text.get_text() for ax in plots.lstm_chain(T).axes for text in ax.texts]
    for number in range(1, T + 1):
        assert drawn.count(f"$x_{number}$") == 1
        assert drawn.count(f"$\\times f_{number}$") == 1
        assert drawn.count(f"$h_{number}$") == 1
    assert drawn.count("$W_{hh}^{\\top}$") == T - 1
    assert drawn.count("×") == 2 * T  # keep and show
    assert drawn.count("+") == T
    assert drawn.count("tanh") == T  # before what is shown
    for end in ("$c_0$", f"$c_{T}$", "$\\delta c_0$", f"$\\delta c_{T}$"):
        assert drawn.count(end) == 1


def test_one_step_is_refused():
    with pytest.raises(ValueError, match="T: expected at least 2 steps, got 1"):
        plots.lstm_chain(T=1)
