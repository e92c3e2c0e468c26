"""Where a model looked, as a table and as a picture."""

import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest

from course_pkg.training.recipes.alignment import _fill, ink, luminance, svg, table

SVG = "{http://www.w3.org/2000/svg}"
WEIGHTS = np.array([[0.7, 0.2, 0.1], [0.004, 0.0, 0.996]])


def test_a_table_has_the_source_across_and_the_target_down():
    assert table(["the", "cat", "."], ["le", "chat"], WEIGHTS).splitlines() == [
        "     the cat   .",
        "le    70  20  10",
        "chat   .   . 100",
    ]


@pytest.mark.parametrize(("width", "percent"), [(16, True), (15, False)])
def test_weights_are_shades_where_percents_are_too_wide(width, percent):
    found = table(["the", "cat", "."], ["le", "chat"], WEIGHTS, width=width)
    assert ("70" in found) == percent
    assert ("▓" in found) != percent
    assert max(map(len, found.splitlines())) <= width


def test_a_chinese_character_takes_two_columns():
    lines = table(["百", "one"], ["十", "x"], np.array([[0.25, 0.75], [1.0, 0.0]])).splitlines()
    assert lines == ["    百 one", "十  25  75", "x  100   ."]


@pytest.mark.parametrize(
    ("token", "shown"), [(" ", "␣"), ("\x1b[31m", "\\x1b[31m"), ("\n", "\\n"), ("\0", "\\x00")]
)
def test_what_nobody_sees_is_written_out(token, shown):
    """And no text sends orders to a terminal, or makes a file that is no XML."""
    one = np.ones((1, 1))
    assert table([token], ["a"], one).splitlines()[0].strip() == shown
    texts = [text.text for text in ET.fromstring(svg([token], [token], one)).iter(f"{SVG}text")]
    assert texts == [shown, shown, "100"]


def read(source, target, weights):
    picture = ET.fromstring(svg(source, target, weights))
    texts = [(text.text, text.attrib) for text in picture.iter(f"{SVG}text")]
    return picture, texts, list(picture.iter(f"{SVG}rect"))


@pytest.mark.parametrize("source", [["the", "cat", "."], ["interesting", "<b>", "&"]])
def test_a_picture_names_every_row_and_column_and_says_itself_in_words(source):
    picture, texts, _ = read(source, ["le", "chat"], WEIGHTS)
    assert [text for text, _ in texts if not text.isdigit()] == [*source, "le", "chat"]
    assert [text for text, _ in texts if text.isdigit()] == ["70", "20", "10", "100"]
    title, about = picture.find(f"{SVG}title"), picture.find(f"{SVG}desc")
    assert picture.get("role") == "img"
    assert picture.get("aria-labelledby") == f"{title.get('id')} {about.get('id')}"
    assert about.text == f"le: {source[0]} 70%, {source[1]} 20%; chat: {source[2]} 100%"
    other, *_ = read(source, ["le", "chat"], WEIGHTS[::-1])
    assert other.find(f"{SVG}title").get("id") != title.get("id")  # both may stand in one page


def test_all_of_a_picture_lies_within_it():
    source, target = ["uncomfortable", "a", "anticonstitutionally"], ["le", "incroyablement"]
    picture, texts, cells = read(source, target, WEIGHTS)
    wide, high = (float(picture.get(name)) for name in ("width", "height"))
    for cell in cells:
        x, y, w, h = (float(cell.get(name, 0)) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + w <= wide
        assert 0 <= y <= y + h <= high
    for text, where in texts:
        x, y, length = float(where["x"]), float(where["y"]), 7.5 * len(text)
        if "transform" in where:  # slanted, to the right and upwards
            assert x + 0.71 * length <= wide
            assert y - 0.71 * length >= 0
        elif where["text-anchor"] == "end":
            assert x - length >= 0


def test_a_darker_cell_is_a_larger_weight_and_its_number_can_be_read():
    shares = np.linspace(0, 1, 101)
    bright = [luminance(_fill(share)) for share in shares]
    assert all(a > b for a, b in pairwise(bright))
    for share in shares:
        back, text = luminance(_fill(share)), {"#000": 0.0, "#fff": 1.0}[ink(_fill(share))]
        light, dark = max(back, text), min(back, text)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("draw", [table, svg])
@pytest.mark.parametrize(
    ("source", "weights", "message"),
    [
        ("ab", np.ones((2, 2)), r"weights: expected shape \(T, S\) = \(1, 2\), S >= 1, got"),
        ("", np.ones((1, 0)), "S >= 1"),
        ("ab", np.array([[1.2, -0.2]]), "weights: expected numbers in 0..1"),
        ("ab", np.array([[np.nan, 1]]), "weights: expected numbers in 0..1"),
    ],
)
def test_other_weights_are_refused(draw, source, weights, message):
    with pytest.raises(ValueError, match=message):
        draw(source, "x", weights)
    with pytest.raises(TypeError, match="weights: expected a NumPy array"):
        draw("a", "x", [[1.0]])
