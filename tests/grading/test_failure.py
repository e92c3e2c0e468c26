"""The lines that a notebook shows of a failed check."""

import pickle

from course_pkg.grading.failure import MOST_LINES, CheckFailed


def test_a_long_message_keeps_its_beginning_and_its_end():
    lines = [f"line {k}" for k in range(20)]
    shown = CheckFailed("\n".join(lines))._render_traceback_()
    assert len(shown) == MOST_LINES
    assert shown == ["Not yet. line 0", *lines[1:6], "  ...", "line 19"]
    just = CheckFailed("\n".join(lines[:MOST_LINES]))
    assert just._render_traceback_() == ["Not yet. line 0", *lines[1:MOST_LINES]]


def test_it_is_an_assertion_error_that_can_be_sent_elsewhere():
    failure = pickle.loads(pickle.dumps(CheckFailed("Run the first cell.", opening="")))
    assert isinstance(failure, AssertionError)
    assert failure._render_traceback_() == ["Run the first cell."]
