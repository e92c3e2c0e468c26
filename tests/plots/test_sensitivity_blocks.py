"""The figure of RTRL's blocks has zeros where the immediate derivative has them."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from course_pkg import plots
from course_pkg.plots import sensitivity_blocks as drawing
from course_pkg.reference.cells import rnn
from course_pkg.reference.gradients import rtrl


@pytest.fixture(autouse=True)
def _clean_figures():
    with mpl.rc_context():
        plots.use_style()
        yield
    plt.close("all")


def test_zeros_and_blocks_are_where_the_package_has_them():
    rng = np.random.default_rng(0)
    H, I = drawing.H, drawing.I
    params = rnn.Params(*(rng.normal(size=s) for s in [(H, I), (H, H), (H,), (H,)]))
    nothing = rtrl.init(1, I, H, np.dtype(float))
    _, now = rtrl.step(rng.normal(size=(1, I)), rng.normal(size=(1, H)), nothing, params)
    S = now.to_params[0].reshape(H, -1)  # (H, P), here the immediate part alone
    (ax,) = drawing.sensitivity_blocks().axes
    entries = {
        (float(x), float(y)): text.get_text()
        for text in ax.texts
        for x, y in [text.get_position()]
        if text.get_ha() == "center" and text.get_text() not in ("", "+")
    }
    drawn = [
        [entries[column + 0.5, 1.9 - row] != "0" for column in range(S.shape[1])]
        for row in range(H)
    ]
    np.testing.assert_array_equal(drawn, S != 0)
