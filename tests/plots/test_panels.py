"""Panels: each a picture with words of its own, in one output that a notebook and the site show."""

import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from bs4 import BeautifulSoup

from course_pkg import plots
from course_pkg.plots.panels import shows_colour_map


@pytest.fixture(autouse=True)
def _clean_figures():
    plt.close("all")  # what another test of this process has left open
    with mpl.rc_context():
        plots.use_style()
        yield
    plt.close("all")


def panel(width=3.5):
    fig, ax = plt.subplots(figsize=(width, 3.0))
    ax.plot([0, 1])
    return fig


def test_each_panel_is_a_picture_with_its_words_and_size():
    first, second = panel(3.5), panel(2.5)
    made = plots.side_by_side((first, 'One "line"\n rises.'), (second, "Another < one."))
    images = BeautifulSoup(made._repr_html_(), "html.parser")("img")
    assert [image["alt"] for image in images] == ['One "line" rises.', "Another < one."]
    assert all(image["src"].startswith("data:image/svg+xml;base64,") for image in images)
    assert [int(image["width"]) for image in images] == pytest.approx([3.5 * 96, 2.5 * 96], rel=0.1)
    assert repr(made) == "<2 panels>"
    assert plt.get_fignums() == []  # else the notebook would show them again


def test_heat_maps_say_so():
    fig, ax = plt.subplots()
    plots.heatmap(ax, np.eye(3))
    html = plots.side_by_side((panel(), "A line."), (fig, "A map."))._repr_html_()
    classes = [image.get("class") for image in BeautifulSoup(html, "html.parser")("img")]
    assert classes == [None, ["heat-map"]]


@pytest.mark.parametrize(
    ("draw", "coloured"),
    [
        (lambda ax: ax.plot([0, 1]), False),
        (lambda ax: ax.fill_between([0, 1], [1, 2]), False),
        (lambda ax: ax.imshow(np.eye(2)), True),
        (lambda ax: ax.pcolormesh(np.eye(2), cmap="viridis"), True),
        (lambda ax: ax.imshow(np.eye(2), cmap="Greys"), False),
        (lambda ax: ax.imshow(np.eye(2), cmap="gray_r"), False),
        (lambda ax: ax.scatter([0, 1], [0, 1]), False),
        (lambda ax: ax.scatter([0, 1], [0, 1], c=[0.5, 1]), True),
    ],
)
def test_a_colour_map_is_known(draw, coloured):
    fig, ax = plt.subplots()
    draw(ax)
    assert shows_colour_map(fig) == coloured


def test_wrong_panels_are_named():
    with pytest.raises(ValueError, match="panels: expected at least two figures, got 1"):
        plots.side_by_side((panel(), "A line."))
    with pytest.raises(TypeError, match=re.escape("panels[1]: expected a figure and a text, got")):
        plots.side_by_side((panel(), "A line."), panel())
    with pytest.raises(ValueError, match=re.escape("panels[0]: expected words on what one sees")):
        plots.side_by_side((panel(), " "), (panel(), "A line."))
