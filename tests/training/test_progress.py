"""The progress bar: a line on a terminal, and nothing elsewhere."""

import io

import pytest

from course_pkg.training.progress import ProgressBar


def test_the_bar_draws_on_a_terminal_and_nowhere_else():
    screen = io.StringIO()
    bar = ProgressBar(10, done=4, file=screen, show=True, clock=iter([0, 1, 1.05, 2, 3]).__next__)
    bar.show_step(5, "loss 0.5000 and more")
    bar.show_step(6, "not drawn: too soon")
    bar.show_step(7, "loss 0.4")
    bar.show_step(10, "loss 0.3")
    bar.close()
    lines = screen.getvalue().split("\r")[1:]
    assert [line.strip() for line in lines] == [
        "[===============>              ] 5/10 loss 0.5000 and more, 0:05 left",
        "[=====================>        ] 7/10 loss 0.4, 0:02 left",
        "[==============================] 10/10 loss 0.3, 0:00 left",
    ]
    assert len(lines[1]) == len(lines[0])  # blanks wipe the longer line
    silent = io.StringIO()
    bar = ProgressBar(10, file=silent)
    bar.show_step(10)
    bar.close()
    assert silent.getvalue() == ""


def test_a_run_of_no_steps_is_refused():
    with pytest.raises(ValueError, match="total: expected an integer of at least 1"):
        ProgressBar(0)
