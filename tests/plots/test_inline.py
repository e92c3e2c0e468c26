"""A notebook stores its figures as SVG: the same bytes again, sharp words, and no huge files."""

import base64
import io
import subprocess
import sys
import xml.etree.ElementTree as ET

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from PIL import Image

from course_pkg import plots
from course_pkg.plots.inline import LIMIT, as_svg


@pytest.fixture(autouse=True)
def _clean_figures():
    with mpl.rc_context():
        plots.use_style()
        yield
    plt.close("all")


IMAGE, LINK = "{http://www.w3.org/2000/svg}image", "{http://www.w3.org/1999/xlink}href"

DRAW = """
import matplotlib; matplotlib.use("Agg")
from course_pkg import plots
from course_pkg.plots.inline import as_svg
plots.use_style()
print(as_svg(plots.lstm_cell()))
"""


def test_two_runs_write_the_same_bytes_and_no_date():
    first, second = (
        subprocess.run([sys.executable, "-c", DRAW], capture_output=True, check=True).stdout
        for _ in range(2)
    )
    assert first == second
    assert b"<metadata>" not in first


def test_words_are_outlines_and_not_text_in_a_font_that_a_page_lacks():
    _, ax = plt.subplots()
    ax.set_title("A title")
    drawn = ET.fromstring(as_svg(ax.figure))
    names = {element.tag.rpartition("}")[2] for element in drawn.iter()}
    assert "text" not in names
    assert "use" in names


def test_a_mesh_is_pixels_at_200_dpi_and_its_words_are_not():
    fig, ax = plt.subplots(figsize=(4, 3))
    ax.pcolormesh(np.arange(60_000.0).reshape(200, 300))
    ax.grid(visible=False)
    drawn = as_svg(fig)
    (image,) = ET.fromstring(drawn).iter(IMAGE)
    inside = base64.b64decode(image.get(LINK).partition(",")[2])
    pixels = Image.open(io.BytesIO(inside)).width
    inches = ax.get_position().width * fig.get_figwidth()
    assert pixels / inches == pytest.approx(200, rel=0.02)
    assert drawn.count("<use") > 10  # the ticks and their numbers
    assert len(drawn) < LIMIT


def test_few_marks_are_lines_and_many_are_pixels():
    for count, images in ((100, 0), (20_000, 1)):
        fig, ax = plt.subplots()
        ax.plot(np.random.default_rng(0).normal(size=count), ".")
        drawn = as_svg(fig)
        assert len(list(ET.fromstring(drawn).iter(IMAGE))) == images
        assert len(drawn) < LIMIT


@pytest.mark.parametrize(
    "draw",
    [
        plots.unrolled,
        plots.task_shapes,
        plots.folded,
        plots.two_layers,
        plots.two_directions,
        plots.gradient_routes,
        plots.lstm_cell,
        plots.gru_cell,
        plots.gru_chain,
        plots.encoder_decoder,
    ],
)
def test_diagrams_are_lines_alone_and_small(draw):
    drawn = as_svg(draw())
    assert "<image" not in drawn
    assert len(drawn) < LIMIT


def test_a_notebook_stores_svg_and_nothing_else(tmp_path):
    from execute_notebooks import execute

    cells = [
        "import matplotlib.pyplot as plt\nfrom course_pkg import plots\nplots.use_style()",
        "plt.plot([0, 1])\nplt.show()",
        "fig, ax = plt.subplots()\nax.pcolormesh([[0, 1], [2, 3]])",
    ]
    ran = execute(new_notebook(cells=[new_code_cell(cell) for cell in cells]), tmp_path)
    for cell, images in zip(ran.cells[1:], (0, 1), strict=True):
        data = cell.outputs[-1].data
        assert set(data) == {"image/svg+xml", "text/plain"}
        assert data["image/svg+xml"].count("<image") == images
