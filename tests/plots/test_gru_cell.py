"""The GRU grows by one part a drawing, and its chain has every way back."""

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


def labels(fig):
    return [text.get_text() for ax in fig.axes for text in ax.texts]


def test_each_stage_adds_what_it_is_about():
    boxes = {"$z$", r"$z_t$: $\sigma$", "$W_{hn}$", "tanh", r"$r_t$: $\sigma$"}
    drawn = [boxes & set(labels(plots.gru_cell(stage))) for stage in (1, 2, 3, 4)]
    assert drawn[0] == {"$z$"}
    assert drawn[1] == {r"$z_t$: $\sigma$"}
    assert drawn[2] == drawn[1] | {"$W_{hn}$", "tanh"}
    assert drawn[3] == drawn[2] | {r"$r_t$: $\sigma$"}


def test_the_whole_cell_says_what_its_gates_do():
    drawn = labels(plots.gru_cell())
    for part in ("$h_{t-1}$", "$h_t$", "$x_t$", "$m_t$", "$n_t$", "$1 - z_t$"):
        assert drawn.count(part) == 1
    assert {"keep", "write", "reset"} <= set(drawn)


@pytest.mark.parametrize("stage", [0, 5])
def test_there_is_no_other_stage(stage):
    with pytest.raises(ValueError, match="stage: expected"):
        plots.gru_cell(stage)


def test_what_the_loss_says_and_the_matrices_stand_on_the_way_back_alone():
    forth, back = labels(plots.gru_chain()), labels(plots.gru_chain(back=True))
    for number in (1, 2):
        for both in (f"$z_{number}$", f"$h_{number}$", f"$x_{number}$"):
            assert forth.count(both) == back.count(both) == 1
        assert f"$1 - z_{number}$" in forth
        assert f"$e_{number}$" in back
        assert f"$e_{number}$" not in forth
    assert (forth.count(r"$W^\top$"), back.count(r"$W^\top$")) == (0, 2)


@pytest.mark.parametrize("draw", [plots.gru_cell, plots.gru_chain])
def test_it_fits_a_phone(draw):
    assert draw().get_size_inches()[0] <= 3.5


def test_a_flag_is_a_flag():
    with pytest.raises(TypeError, match="back: expected True or False"):
        plots.gru_chain(back=1)
