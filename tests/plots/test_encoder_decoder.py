"""The figure of encoder and decoder has every state, and is narrow enough for a phone."""

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


@pytest.mark.parametrize(("S", "T"), [(3, 3), (4, 2)])
def test_both_sides_have_all_their_steps(S, T):
    fig = plots.encoder_decoder(S, T)
    drawn = [text.get_text() for text in fig.axes[0].texts]
    for symbol, steps in (("x", S), ("m", S), ("s", T), ("a", T)):
        assert sum(text.startswith(f"${symbol}_") for text in drawn if text != "$s_0$") == steps
    assert sum(text.startswith("$y_") for text in drawn) == 2 * T  # read, and written
    assert drawn.count("$s_0$") == drawn.count("$c_2$") == 1


def test_it_fits_a_phone():
    assert plots.encoder_decoder().get_size_inches()[0] <= 4.6


@pytest.mark.parametrize(("S", "T"), [(1, 3), (3, 1)])
def test_one_step_is_refused(S, T):
    with pytest.raises(ValueError, match=r"[ST]: expected at least 2 steps, got 1"):
        plots.encoder_decoder(S, T)
