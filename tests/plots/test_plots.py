"""The figures can be drawn, and the parity table cannot be shown unless its rows agree."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from bs4 import BeautifulSoup

from course_pkg import plots


@pytest.fixture(autouse=True)
def _clean_figures():
    with mpl.rc_context():
        plots.use_style()
        yield
    plt.close("all")


def labels(fig):
    return [text.get_text() for ax in fig.axes for text in ax.texts]


def test_the_unrolled_network_has_one_state_and_one_output_per_step():
    drawn = labels(plots.unrolled(T=3))
    for t in (1, 2, 3):
        assert f"$h_{{{t}}}$" in drawn
        assert f"$\\hat{{y}}_{{{t}}}$" in drawn
    assert drawn.count("$W_{ih}$") == drawn.count("$W_{hh}$") == 3


def test_the_folded_network_has_each_matrix_once():
    drawn = labels(plots.folded())
    assert [drawn.count(f"$W_{{{name}}}$") for name in ("ih", "hh", "hy")] == [1, 1, 1]


def test_the_task_shapes_are_four():
    drawn = labels(plots.task_shapes())
    assert sum("many" in text for text in drawn) == 4


def test_two_layers_have_states_of_both():
    drawn = labels(plots.two_layers(T=2))
    assert {"$h^1_2$", "$h^2_1$"} <= set(drawn)


def test_two_directions_have_both_readers():
    drawn = labels(plots.two_directions(T=2))
    assert r"$\overrightarrow{h}_2$" in drawn
    assert r"$\overleftarrow{h}_1$" in drawn


def test_the_lstm_cell_shows_three_gates_and_one_candidate():
    drawn = labels(plots.lstm_cell())
    for name in ("$f_t$", "$i_t$", "$g_t$", "$o_t$", "$c_t$", "$c_{t-1}$", "$h_t$"):
        assert drawn.count(name) == 1
    assert drawn.count("sigmoid") == 3
    assert drawn.count("tanh") == 2  # the candidate, and the cell that is shown


def test_the_lstm_cell_is_built_up_part_by_part():
    joining = [("add", "$g_t$"), ("keep", "$f_t$"), ("write", "$i_t$"), ("show", "$o_t$", "$h_t$")]
    for parts in range(1, 5):
        drawn = labels(plots.lstm_cell(parts))
        for number, names in enumerate(joining, start=1):
            assert [name in drawn for name in names] == [number <= parts] * len(names)
    with pytest.raises(ValueError, match="parts: expected at most 4, got 5"):
        plots.lstm_cell(5)
    with pytest.raises(ValueError, match="parts"):
        plots.lstm_cell(0)


def test_a_text_is_written_on_its_values():
    _, ax = plt.subplots()
    image = plots.over_text(ax, ["ab", "c"], np.array([0.1, 0.2, 0.9]), limits=(0, 1))
    np.testing.assert_array_equal(image.get_array().filled(-1), [[0.1, 0.2], [0.9, -1]])
    assert [(text.get_text(), text.get_position()) for text in ax.texts] == [
        ("a", (0, 0)),
        ("b", (1, 0)),
        ("c", (0, 1)),
    ]
    assert image.get_clim() == (0, 1)
    for text, value in zip(ax.texts, (0.1, 0.2, 0.9), strict=True):  # readable on either ground
        dark = sum(image.to_rgba(value)[:3]) < 1.5
        assert (text.get_color() == "white") == dark


@pytest.mark.parametrize(
    ("lines", "values", "message"),
    [
        ([], np.ones(0), "lines: expected at least one character"),
        (["ab"], np.ones(3), r"values: expected shape \(2,\), got \(3,\)"),
    ],
)
def test_a_text_needs_a_value_per_character(lines, values, message):
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match=message):
        plots.over_text(ax, lines, values, limits=(0, 1))


def test_a_text_on_its_values_needs_strings_an_array_and_limits_in_order():
    _, ax = plt.subplots()
    for lines in ("ab", [1, 2]):
        with pytest.raises(TypeError, match="lines: expected a list of strings, got"):
            plots.over_text(ax, lines, np.ones(2), limits=(0, 1))
    with pytest.raises(TypeError, match="values: expected a NumPy array, got list"):
        plots.over_text(ax, ["ab"], [1.0, 2.0], limits=(0, 1))
    for limits in ((np.nan, 1), (1, 1), (0, np.inf)):
        with pytest.raises(ValueError, match=r"limits\[[01]\]: expected a number in"):
            plots.over_text(ax, ["ab"], np.ones(2), limits=limits)


@pytest.mark.parametrize("draw", [plots.unrolled, plots.two_layers, plots.two_directions])
def test_one_step_is_refused(draw):
    with pytest.raises(ValueError, match="T: expected at least 2 steps, got 1"):
        draw(T=1)


def test_the_heat_map_shows_units_as_rows():
    states = np.linspace(-1, 1, 8).reshape(4, 2)
    _, ax = plt.subplots()
    image = plots.heatmap(ax, states, columns=list("abcd"))
    np.testing.assert_array_equal(image.get_array(), states.T)
    assert [label.get_text() for label in ax.get_xticklabels()] == list("abcd")


def test_the_heat_map_refuses_other_shapes():
    _, ax = plt.subplots()
    with pytest.raises(ValueError, match=r"states: expected shape \(T, H\), got \(3,\)"):
        plots.heatmap(ax, np.zeros(3))
    with pytest.raises(ValueError, match="columns: expected 4 labels, got 1"):
        plots.heatmap(ax, np.zeros((4, 2)), columns=["a"])
    with pytest.raises(ValueError, match=r"states: expected shape \(T, H\), got \(0, 2\)"):
        plots.heatmap(ax, np.zeros((0, 2)))
    with pytest.raises(TypeError, match="states: expected a NumPy array, got list"):
        plots.heatmap(ax, [[0.0, 1.0]])
    for limit in (0, -1, np.nan, np.inf):
        with pytest.raises(ValueError, match=r"limit: expected a number in \(0, inf\), got"):
            plots.heatmap(ax, np.zeros((4, 2)), limit=limit)


def test_the_plane_draws_a_path_per_sequence():
    _, ax = plt.subplots()
    plots.plane(ax, np.zeros((5, 3, 2)))
    assert len(ax.lines) == 3 * 4  # path, dots, start and end of each
    with pytest.raises(ValueError, match=r"paths: expected shape \(T, B, 2\)"):
        plots.plane(ax, np.zeros((5, 3)))
    with pytest.raises(ValueError, match=r"paths: expected shape \(T, B, 2\), got \(0, 3, 2\)"):
        plots.plane(ax, np.zeros((0, 3, 2)))
    with pytest.raises(TypeError, match="paths: expected a NumPy array, got list"):
        plots.plane(ax, [[[0.0, 1.0]]])


def test_a_label_stands_at_the_end():
    _, ax = plt.subplots()
    plots.label_end(ax, 1.0, 2.0, "RNN")
    assert ax.texts[0].xy == (1.0, 2.0)


def test_the_colours_stay_apart_in_grey():
    def lightness(colour):
        return np.dot(mpl.colors.to_rgb(colour), [0.299, 0.587, 0.114])

    used = [plots.INK, plots.BLUE, plots.RED, plots.ORANGE]
    steps = np.diff([lightness(colour) for colour in used])
    assert (steps > 0.05).all()


def test_the_parity_table_shows_bounds_as_text_and_html():
    table = plots.parity_table({"a < b": (np.zeros(3), np.full(3, 1e-14))})
    assert "a < b        3  below 1e-12" in str(table)
    soup = BeautifulSoup(table._repr_html_(), "html.parser")
    rows = [[cell.text for cell in row("td")] for row in soup("tr")]
    assert rows == [[], ["a < b", "3", "below 1e-12"]]


@pytest.mark.parametrize(
    ("sizes", "line"),
    [
        ([1], "1 comparison, 1 number: below 1e-12"),
        ([20], "1 comparison, 20 numbers: all below 1e-12"),
        ([1, 1], "2 comparisons, 2 numbers: all below 1e-12"),
        ([2000, 1600], "2 comparisons, 3,600 numbers: all below 1e-12"),
    ],
)
def test_the_parity_table_is_one_line_that_unfolds(sizes, line):
    table = plots.parity_table(
        {f"row {n}": (np.ones(n), np.ones(n)) for n in sizes[:1]}
        | {f"last row {n}": (np.ones(n), np.ones(n)) for n in sizes[1:]}
    )
    (fold,) = BeautifulSoup(table._repr_html_(), "html.parser").contents
    assert (fold.name, fold["class"], fold.has_attr("open")) == ("details", ["parity"], False)
    assert [part.name for part in fold.contents] == ["summary", "table"]
    assert fold.summary.text == line
    for text in (str(table), repr(table)):  # a notebook stores the second
        first, head, *rows = text.splitlines()
        assert first == line
        assert head.split() == ["compared", "numbers", "difference"]
        assert len(rows) == len(sizes)


@pytest.mark.parametrize("wrong", [1e-12, 1.0, np.nan], ids=str)
def test_the_parity_table_raises_where_two_results_differ(wrong):
    with pytest.raises(AssertionError, match="second: the largest difference"):
        plots.parity_table({"first": (1.0, 1.0), "second": (np.zeros(2), np.array([0, wrong]))})


def test_the_parity_table_raises_where_shapes_differ():
    with pytest.raises(AssertionError, match=r"y: the shapes \(2, 1\) and \(2,\) differ"):
        plots.parity_table({"y": (np.zeros((2, 1)), np.zeros(2))})


def test_the_parity_table_refuses_nothing_and_no_tolerance():
    with pytest.raises(ValueError, match="pairs: expected at least one pair"):
        plots.parity_table({})
    for tolerance in (0, -1e-12, np.inf, np.nan):
        with pytest.raises(ValueError, match=r"tolerance: expected a number in \(0, inf\), got"):
            plots.parity_table({"y": (1.0, 1.0)}, tolerance=tolerance)


@pytest.mark.parametrize("tolerance", [1.4e-12, 1e-12, np.float64(2e-4), 1234567.4])
def test_the_bound_that_is_shown_is_the_one_that_held(tolerance):
    table = plots.parity_table({"y": (0.0, 0.9 * tolerance)}, tolerance=tolerance)
    for bound in (*str(table).split("below ")[1:], table._repr_html_().split("below ")[1]):
        assert float(bound.split()[0].partition("<")[0]) == tolerance


def test_the_parity_table_compares_numbers():
    for wrong in (True, "a", None):
        with pytest.raises(TypeError, match="y: expected numbers, got"):
            plots.parity_table({"y": (np.array([wrong]), np.array([wrong]))})
    with pytest.raises(ValueError, match=r"y: expected at least one entry, got shape \(0, 2\)"):
        plots.parity_table({"y": (np.zeros((0, 2)), np.zeros((0, 2)))})
    low, high = np.array([0], np.uint8), np.array([255], np.uint8)
    with pytest.raises(AssertionError, match="y: the largest difference is 255"):
        plots.parity_table({"y": (low, high)}, tolerance=2)  # in uint8 it would be 1
