"""The count of a step's arithmetic, against a count made by multiplying."""

import numpy as np
import pytest

from course_pkg.reference.cells import gru, lstm, mgu, rnn
from course_pkg.reference.gradients import cost


class Counted:
    """A number that counts the products and sums it takes part in."""

    done = 0

    def __mul__(self, other: object) -> "Counted":
        Counted.done += 1
        return self

    def __add__(self, other: object) -> "Counted":
        Counted.done += 1
        return self

    __radd__ = __add__  # sum() starts with 0 + x: it is counted, as a bias would be


@pytest.mark.parametrize("cell", [rnn, mgu, gru, lstm])
@pytest.mark.parametrize(("I", "H"), [(1, 1), (3, 2), (5, 4)])
def test_equals_what_a_loop_over_all_entries_does(cell, I: int, H: int) -> None:
    Counted.done = 0
    for columns in (I, H):  # W_ih x and W_hh h
        for _ in range(cell.GATES * H):
            sum(Counted() * Counted() for _ in range(columns))
    assert cost.step_flops(I, H, cell.GATES) == Counted.done


@pytest.mark.parametrize("name", ["I", "H", "gates"])
@pytest.mark.parametrize(("bad", "error"), [(0, ValueError), (1.5, TypeError), (None, TypeError)])
def test_bad_sizes(name: str, bad: object, error: type[Exception]) -> None:
    sizes = {"I": 2, "H": 3, "gates": 4, name: bad}
    with pytest.raises(error, match=f"{name}: expected"):
        cost.step_flops(**sizes)


def test_numpy_integers_are_sizes_too() -> None:
    assert cost.step_flops(np.int64(64), np.int64(128), 3) == 147456
