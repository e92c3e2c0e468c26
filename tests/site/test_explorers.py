"""Interactive figures: what stands in the page, and what happens when somebody moves a control.

Three small ones, of bars, of curves and of marks, stand on a page of their own with the real
theme, style and script.
"""

import json
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from notebook_files import ROOT
from sphinx.errors import ExtensionError
from sphinx_course import explorers
from sphinx_course.explorers import drawing
from sphinx_course.explorers.explorer import Control, Explorer, Picture, Words

from tests.site.inspection import AXE_OPTIONS, NARROW, chromium, reader
from tests.site.small_site import build_small_site

LETTERS = Words(["e", "<", "all others"], "{0} of 5 can be drawn; “e” has {1} %.")
DIGITS = Words(["0", "1", "all others"], "{0} of 5 can be drawn; “0” has {1} %.")


def bar_picture(context, size):
    """The more, the flatter; with size 0 one token alone is left."""
    values = [[1000], [700, 299, 0], [412, 350, 238]][size]
    return Picture((LETTERS, DIGITS)[context], [max(1, 2 * size), values[0] // 10], values)


def curve_picture(gain):
    fall, rise = [1000, 500 - 250 * gain, 0], [0, 250 * gain, 125]
    return Picture(Words(["one", "two"], "After two steps {0}."), [fall[1]], fall + rise)


BARS = Explorer(
    "What comes next",
    "Bars for two characters and all others.",
    [Control("After", ["the ", "1" * 80], 0, "choice"), Control("Size", ["off", "2", "many"], 2)],
    bar_picture,
    drawing.bars,
    drawing.bars_size(3),
)
CURVES = Explorer(
    "Two curves",
    "One falls and one rises.",
    [Control("Gain", ["0.5", "1", "2"], 1)],
    curve_picture,
    lambda words, values: drawing.curves(
        words, values, x_name="lag", x_ticks={"0": 0, "2": 1}, y_ticks={"0": 0, "1": 1}
    ),
    drawing.curves_size(),
)
PARENTS = [-1, 0, 0, -1]  # of the nodes of a tree


def tree_picture(width):
    words = Words(["a .6", "b .4", "c .2", "d .4"], "Width {0}.")
    return Picture(words, [width + 1], [[3, 3, 1, 1], [2, 2, 1, 3], [2, 2, 2, 0]][width])


TREE = Explorer(
    "A small tree",
    "Two words, and two behind the first one.",
    [Control("Width", ["1", "2", "3"], 1)],
    tree_picture,
    lambda words, marks: drawing.tree(words, marks, parents=PARENTS),
    drawing.tree_size(PARENTS),
)
SAMPLES = {"bars": BARS, "curves": CURVES, "tree": TREE}

PAGE = """# Moved

```{explorer} bars
:name: fig-bars
What the *next* character may be.
```

```{explorer} curves
Two curves.
```

```{explorer} tree
A tree.
```

See {numref}`fig-bars`.
"""


# What a page holds.


def test_the_data_has_a_picture_for_each_setting_and_equal_ones_once():
    data = json.loads(json.dumps(BARS.data()))
    assert [control["label"] for control in data["controls"]] == ["After", "Size"]
    assert len(data["index"]) == 2 * 3
    for context in (0, 1):
        for size in (0, 1, 2):
            words, says, values = data["pictures"][data["index"][3 * context + size]]
            right = bar_picture(context, size)
            assert data["words"][words]["labels"] == right.words.labels
            assert data["words"][words]["sentence"] == right.words.sentence
            assert (says, values) == (right.says, right.values)
    same = Explorer("", "", [Control("Nothing", ["a", "b"])], lambda i: bar_picture(0, 1), None, ())
    assert len(same.data()["pictures"]) == 1


def test_the_still_shows_the_start_and_says_so_in_words():
    element = BeautifulSoup(BARS.html("bars-0"), "html.parser")
    svg = element.svg
    named = [element.find(id=name) for name in svg["aria-labelledby"].split()]
    assert [part.name for part in named] == ["title", "desc"]
    assert named[0].text == BARS.title
    assert [bar["width"] for bar in svg("rect")] == ["103.00", "87.50", "59.50"]
    texts = [text.text for text in svg("text")]
    assert texts == ["e", "41 %", "<", "35 %", "all others", "24 %"]
    assert element.p.text == "4 of 5 can be drawn; “e” has 41 %."


def test_the_data_cannot_end_its_element():
    html = BARS.html("bars-0")
    inside = re.search(r'json">(.*?)</script>', html, re.DOTALL)[1]
    assert "<" not in inside
    assert json.loads(inside)["words"][0]["labels"][1] == "<"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1000, "100 %"), (995, "100 %"), (994, "99 %"), (105, "11 %"), (99, "9.9 %"), (1, "0.1 %")],
)
def test_shares_are_written_as_percentages(value, text):
    assert drawing.share(value) == text


def test_a_name_without_a_module_is_an_error_that_says_where_it_should_be():
    with pytest.raises(ExtensionError, match=r"'no-such': there is no .*/no_such\.py"):
        explorers.load("no-such", ROOT)


NAMES = sorted(
    path.stem.replace("_", "-")
    for path in Path(explorers.__file__).parent.glob("*.py")
    if "def explorer(root" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", NAMES)
def test_those_of_the_course_are_small_and_have_words(name):
    made = explorers.load(name, ROOT)
    assert len(made.html("x").encode()) < 60_000
    assert made.title
    assert len(made.description) > 40
    starts = [control.values[control.start] for control in made.controls]
    assert len(starts) == len(made.controls) > 0


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A site of two pages, one of them with interactive figures."""
    folder = tmp_path_factory.mktemp("explorers")
    (folder / "moved.md").write_text(PAGE, encoding="utf-8")
    (folder / "index.md").write_text("# Index\n\n```{toctree}\nmoved\n```\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explorers, "load", lambda name, root: SAMPLES[name])
        return build_small_site(folder, "sphinx_course.explorers")


def test_the_figure_has_number_name_and_caption(pages):
    page = BeautifulSoup((pages / "moved.html").read_text(encoding="utf-8"), "html.parser")
    figure = page.find("figure", id="fig-bars")
    assert figure.find("course-explorer")
    assert figure.figcaption.find(class_="caption-text").em.text == "next"
    assert page.find("a", href="#fig-bars", class_="reference").text == "Fig. 1"
    names = [element["id"] for element in page.find_all(id=True)]
    assert len(names) == len(set(names))


def test_only_pages_with_an_interactive_figure_load_its_script(pages):
    for name, loads in (("moved.html", True), ("index.html", False)):
        page = (pages / name).read_text(encoding="utf-8")
        assert ("explorer.js" in page) == loads
        assert ("explorer.css" in page) == loads


def test_script_and_style_are_small():
    assert (ROOT / "book/site/explorer.js").stat().st_size < 5000
    assert (ROOT / "book/site/explorer.css").stat().st_size < 5000


# What happens in a browser.


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(params=["light", "dark"])
def page(request, browser, pages):
    with reader(browser, request.param, pages.as_uri()) as (opened, troubles):
        opened.goto(f"{pages.as_uri()}/moved.html")
        yield opened
    assert troubles == []


STATE = """e => ({
    numbers: [...e.querySelectorAll('svg [width], svg [points], svg text[y]')].map(part =>
        ['width', 'points', 'x', 'y'].map(name => part.getAttribute(name) ?? '')
            .join(' ').split(/[ ,]+/).filter(Boolean).map(Number)),
    texts: [...e.querySelectorAll('svg text')].map(text => text.textContent),
    marks: [...e.querySelectorAll('svg [data-mark]')].map(part => part.dataset.mark),
    sentence: e.querySelector('p').textContent,
})"""


def still(explorer, picture):
    """Return what the element would show as a still of another picture."""
    other = Explorer(
        explorer.title,
        explorer.description,
        explorer.controls,
        lambda *_: picture,
        explorer.draw,
        explorer.size,
    )
    return other.html("x")


def same(explorer, picture, element):
    """Whether the element shows what Python would draw of a picture."""
    page = element.page
    shown = element.evaluate(STATE)
    drawn = page.evaluate(
        f"""html => {{
            const e = document.createElement('div')
            e.innerHTML = html.replaceAll('course-explorer', 'section')
            return ({STATE})(e)
        }}""",
        still(explorer, picture),
    )
    assert shown == drawn


@pytest.mark.browser
def test_the_keyboard_moves_a_slider_and_the_drawing_and_the_sentence_follow(page):
    element = page.locator("course-explorer").first
    slider = element.get_by_role("slider", name="Size")
    status = element.get_by_role("status")
    assert slider.get_attribute("aria-valuetext") == "many"
    assert status.text_content() == "4 of 5 can be drawn; “e” has 41 %."
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == "2"
    assert status.text_content() == "2 of 5 can be drawn; “e” has 70 %."
    same(BARS, bar_picture(0, 1), element)
    page.keyboard.press("Home")
    same(BARS, bar_picture(0, 0), element)  # the other bars are gone, not small
    element.get_by_role("combobox", name="After").select_option(index=1)
    same(BARS, bar_picture(1, 0), element)
    slider.focus()
    page.keyboard.press("End")
    same(BARS, bar_picture(1, 2), element)


@pytest.mark.browser
def test_curves_follow_too(page):
    element = page.locator("course-explorer").nth(1)
    slider = element.get_by_role("slider", name="Gain")
    same(CURVES, curve_picture(1), element)
    for key, gain in (("ArrowRight", 2), ("Home", 0)):
        slider.focus()
        page.keyboard.press(key)
        same(CURVES, curve_picture(gain), element)


@pytest.mark.browser
def test_marks_follow_and_what_nobody_looked_at_is_hidden(page):
    element = page.locator("course-explorer").nth(2)
    slider = element.get_by_role("slider", name="Width")
    words = element.locator("svg text")
    same(TREE, tree_picture(1), element)
    assert words.nth(3).is_visible()
    for key, width in (("End", 2), ("Home", 0)):
        slider.focus()
        page.keyboard.press(key)
        same(TREE, tree_picture(width), element)
        assert words.nth(3).is_visible() == (width != 2)
    bold = words.evaluate_all("all => all.map(text => getComputedStyle(text).fontWeight)")
    assert bold == ["700", "700", "400", "400"]  # kept or not, without a colour


@pytest.mark.browser
@pytest.mark.parametrize("size", [{"width": 1280, "height": 900}, NARROW])
def test_axe_finds_nothing_and_all_fits(page, size):
    page.set_viewport_size(size)
    assert page.locator("course-explorer").count() == len(SAMPLES)
    found = Axe().run(page, context="course-explorer", options=AXE_OPTIONS).response["violations"]
    assert [rule["id"] for rule in found] == []
    for element in page.locator("course-explorer").all():
        assert element.evaluate("e => e.scrollWidth <= e.clientWidth")
        # Words in the drawing are as large as they can be read on a phone.
        zoom = element.locator("svg").evaluate("e => e.getScreenCTM().a")
        assert 15 * zoom > 11


@pytest.mark.browser
def test_words_and_bars_are_seen_on_their_ground(page):
    contrast = """e => {
        const light = text => {
            const [r, g, b] = text.match(/[\\d.]+/g).map(v => v / 255)
                .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            return 0.2126 * r + 0.7152 * g + 0.0722 * b
        }
        const ground = light(getComputedStyle(document.body).backgroundColor)
        const drawn = [...e.querySelectorAll('text, rect, polyline, path')]
        return drawn.map(part => {
            const { fill, stroke } = getComputedStyle(part)
            const ink = light(fill === 'none' ? stroke : fill)
            return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05)
        })
    }"""
    for element in page.locator("course-explorer").all():
        assert min(element.evaluate(contrast)) > 4.5


@pytest.mark.browser
def test_paper_shows_the_still_and_no_controls_and_the_screen_what_was_set(page):
    element = page.locator("course-explorer").first
    element.get_by_role("slider", name="Size").focus()
    page.keyboard.press("Home")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    same(BARS, BARS.start(), element)
    assert element.locator("svg").is_visible()
    assert element.locator("p").is_visible()
    assert not element.locator(".controls").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    same(BARS, bar_picture(0, 0), element)


@pytest.mark.browser
def test_without_javascript_the_still_stands_there(browser, pages):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{pages.as_uri()}/moved.html")
    element = page.locator("course-explorer").first
    assert element.locator("svg").is_visible()
    assert element.locator("p").text_content() == "4 of 5 can be drawn; “e” has 41 %."
    assert element.get_by_role("slider").count() == 0
    assert not element.locator("script").is_visible()
    context.close()
