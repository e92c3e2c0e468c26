"""Drawn figures on a page: their size, panels that stack, heat maps that keep their colours."""

import io

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_files import METADATA, dumps, write
from PIL import Image
from sphinx_course.figures import size_of, with_sizes

from course_pkg import plots
from course_pkg.plots.inline import as_svg
from tests.site.inspection import NARROW, WIDE, chromium, reader
from tests.site.small_site import build_small_site

SQUARE = (3.0, 3.0)


def line(size=SQUARE):
    fig, ax = plt.subplots(figsize=size)
    ax.plot([0, 1])
    return fig


def heat_map():
    fig, ax = plt.subplots(figsize=SQUARE)
    plots.heatmap(ax, np.ones((3, 3)))  # all of it the colour of the highest state
    return fig


def cell(name, data, **image):
    """A cell that shows a figure."""
    metadata = {"image": {"alt": name, **image}, "figure": {"name": name, "caption": "Caption."}}
    output = new_output("display_data", data=data)
    return new_code_cell("draw()", outputs=[output], metadata={"mystnb": metadata})


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    with mpl.rc_context():
        plots.use_style()
        both = {"image/svg+xml": as_svg(line()), "image/png": "aaaa"}
        panels = plots.side_by_side((line(), "First."), (heat_map(), "Second."))
        cells = [
            new_markdown_cell("# Drawn"),
            cell("fig-line", both),
            cell("fig-map", {"image/svg+xml": as_svg(heat_map())}, classes="heat-map"),
            cell("fig-wide", {"image/svg+xml": as_svg(line((7.2, 3.0)))}),
            cell("fig-panels", {"text/html": panels._repr_html_(), "text/plain": repr(panels)}),
        ]
    plt.close("all")
    write(folder / "index.ipynb", dumps(new_notebook(cells=cells, metadata=METADATA)))
    return build_small_site(folder, "sphinx_course.figures")


def test_the_page_takes_the_svg_and_says_its_words_and_size(pages):
    page = BeautifulSoup((pages / "index.html").read_text(encoding="utf-8"), "html.parser")
    image = page.find("figure", id="fig-line").img
    assert image["src"].endswith(".svg")
    assert image["alt"] == "fig-line"
    for side in ("width", "height"):
        assert int(image[side]) == pytest.approx(3 * 96, abs=12)  # cut to what is drawn
    panels = page.find("figure", id="fig-panels")
    assert [image["alt"] for image in panels("img")] == ["First.", "Second."]
    assert panels.figcaption


def test_sizes_are_read_from_the_files(tmp_path):
    picture = io.BytesIO()
    Image.new("RGB", (30, 20)).save(picture, "PNG")
    files = {
        "a.png": picture.getvalue(),
        "b.svg": b'<?xml version="1.0"?><svg width="30pt" height="15pt"></svg>',
        "c.svg": b'<svg height="8" viewBox="0 0 8 8" width="9px"></svg>',
        "d.svg": b'<svg viewBox="0 0 8 8" stroke-width="2"></svg>',
        "e.gif": b"GIF89a",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    sizes = [size_of(tmp_path / name) for name in files]
    assert sizes == [(30, 20), (40, 20), (9, 8), None, None]


def test_only_images_without_a_size_get_one(tmp_path):
    (tmp_path / "a.svg").write_text('<svg width="9" height="8"></svg>')
    files = {"a.svg": tmp_path / "a.svg"}
    bare = '<p><img alt="x" src="../_images/a.svg" /></p>'
    assert with_sizes(bare, files) == bare.replace("<img", '<img width="9" height="8"')
    for other in ('<img src="_images/b.svg"/>', '<img src="_images/a.svg" width="3"/>'):
        assert with_sizes(other, files) == other


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def opened(browser, pages):
    def opened(mode, size):
        with reader(browser, mode, pages.as_uri()) as (page, _):
            page.set_viewport_size(size)
            page.goto(f"{pages.as_uri()}/index.html")
            yield page

    made = []

    def start(mode, size):
        made.append(opened(mode, size))
        return next(made[-1])

    yield start
    for generator in made:
        next(generator, None)


def boxes(page, name):
    return [image.bounding_box() for image in page.locator(f"#{name} img").all()]


@pytest.mark.browser
def test_panels_stand_side_by_side_and_stack_on_a_phone(opened):
    first, second = boxes(opened("light", WIDE), "fig-panels")
    assert first["x"] + first["width"] <= second["x"]
    assert first["y"] < second["y"] + second["height"]
    page = opened("light", NARROW)
    first, second = boxes(page, "fig-panels")
    assert first["y"] + first["height"] <= second["y"]
    assert first["width"] == pytest.approx(3 * 96, abs=12)  # as drawn: its words can be read
    figure = page.locator("#fig-panels")
    assert figure.evaluate("e => e.scrollWidth <= e.clientWidth")


@pytest.mark.browser
def test_figures_keep_their_shape_and_words_of_wide_ones_can_be_read_on_a_phone(opened):
    page = opened("light", NARROW)
    for name in ("fig-line", "fig-map", "fig-wide"):
        (box,) = boxes(page, name)
        width, height = (
            int(page.locator(f"#{name} img").get_attribute(side)) for side in ("width", "height")
        )
        assert box["width"] / box["height"] == pytest.approx(width / height, rel=0.02)
    assert boxes(page, "fig-line")[0]["width"] < NARROW["width"]
    wide = boxes(page, "fig-wide")[0]["width"]
    assert 10.5 * 4 / 3 * wide / (7.2 * 96) > 11.5  # pixels of its letters
    assert page.locator("#fig-wide").evaluate("e => e.scrollWidth > e.clientWidth")


def colour(page, place, name, number=0):
    """The colour of a picture at a place of it, from 0 to 1 in both directions."""
    image = page.locator(f"#{name} img").nth(number)
    shot = Image.open(io.BytesIO(image.screenshot())).convert("RGB")
    return shot.getpixel((int(place[0] * shot.width), int(place[1] * shot.height)))


MIDDLE, CORNER = (0.5, 0.5), (0.02, 0.02)


@pytest.mark.browser
def test_in_the_dark_lines_are_inverted_and_heat_maps_are_not(opened):
    light, dark = opened("light", WIDE), opened("dark", WIDE)
    for name, number in (("fig-map", 0), ("fig-panels", 1)):
        assert colour(light, MIDDLE, name, number) == pytest.approx(
            colour(dark, MIDDLE, name, number), abs=3
        )
        assert min(colour(dark, CORNER, name, number)) > 240  # a light card
    assert min(colour(light, CORNER, "fig-line")) > 240
    assert max(colour(dark, CORNER, "fig-line")) < 60
