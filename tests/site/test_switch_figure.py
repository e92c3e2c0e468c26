"""The interactive figure of the switch: the states of a unit, and the product of its slopes."""

import json
import math
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx_course import explorers
from sphinx_course.explorers import gradient_lags, switch

from tests.site.inspection import chromium, reader
from tests.site.small_site import build_small_site

MOST = 60_000  # characters of both figures of the chapter

CORNERS = 2 * switch.STEPS + 1
FIRST = 2 * len(switch.CURVE)  # values of the curve
LAST = FIRST + 2 * CORNERS  # and of the path


@pytest.fixture(scope="module")
def shown():
    return explorers.load("switch", Path())


def by_hand(w, h):
    states, products = [h], [1.0]
    for _ in range(switch.STEPS):
        h = math.tanh(w * h)
        states.append(h)
        products.append(products[-1] * w * (1 - h * h))
    return states, products


def test_every_picture_has_the_states_and_the_product(shown):
    data = json.loads(json.dumps(shown.data()))
    assert len(data["index"]) == len(switch.WEIGHTS) * len(switch.STARTS)
    for place, number in enumerate(data["index"]):
        w = switch.WEIGHTS[place // len(switch.STARTS)]
        states, products = by_hand(w, switch.STARTS[place % len(switch.STARTS)])
        _, says, values = data["pictures"][number]
        curve = [math.tanh(w * h) for h in switch.CURVE]
        assert values[1:FIRST:2] == pytest.approx([1000 * v for v in curve], abs=0.501)
        path = values[FIRST:LAST]
        assert path[0::4] == pytest.approx([1000 * h for h in states], abs=0.501)
        assert path[1::4] == path[0::4]  # on the diagonal
        assert path[2::4] == path[0:-2:4]  # straight up or down
        assert path[3::4] == path[4::4]  # and across
        zero = switch.height(0)
        heights = [zero - switch.HALF * v / 1000 for v in values[LAST + 1 :: 2]]
        right = [switch.height(math.log10(product)) for product in products]
        assert heights == pytest.approx(right, abs=0.07)  # pixels
        assert float(says[0].replace("−", "-")) == pytest.approx(states[-1], abs=0.00501)
        assert says[1] == switch.power(products[-1])


def test_every_product_fits_the_frame():
    for w in switch.WEIGHTS:
        for start in switch.STARTS:
            _, products = by_hand(w, start)
            assert math.log10(min(products)) >= switch.FLOOR
            assert math.log10(max(products)) <= switch.CEILING


def test_it_opens_with_a_switch_that_goes_on(shown):
    start = shown.start()
    said = start.words.sentence.format(*start.says)
    assert said.startswith(
        "After 12 steps the state is at 0.96. The product of the 12 slopes is 10⁻⁶"
    )
    assert "at 0.96 and the product is 10⁻⁶" in shown.description


def test_both_figures_of_the_chapter_are_small():
    both = [module.explorer(Path()).html("figure-0") for module in (gradient_lags, switch)]
    assert sum(len(html.encode()) for html in both) < MOST


PAGE = """# Moved

```{explorer} switch
A unit.
```

```{explorer} gradient-lags
A network.
```
"""


def places(points):
    return [float(number) for number in points.replace(",", " ").split()]


def drawn(figure, *setting):
    """Return the places of all lines that Python draws for a setting, one after the other."""
    picture = figure.picture(*setting)
    still = BeautifulSoup(figure.draw(picture.words, picture.values), "html.parser")
    moved = still.select("[data-path], [data-curve]")
    return [place for line in moved for place in places(line["points"])]


@pytest.mark.browser
def test_both_figures_follow_their_controls(tmp_path):
    (tmp_path / "index.md").write_text(PAGE, encoding="utf-8")
    pages = build_small_site(tmp_path, "sphinx_course.explorers")
    with chromium() as browser, reader(browser, "dark", pages.as_uri()) as (page, troubles):
        page.goto(f"{pages.as_uri()}/index.html")
        for number, module in enumerate((switch, gradient_lags)):
            figure = module.explorer(Path())
            element = page.locator("course-explorer").nth(number)
            setting = [control.start for control in figure.controls]
            for key in ("Home", "End", "ArrowLeft"):
                for place, control in enumerate(figure.controls):
                    if control.kind == "choice":
                        setting[place] = (setting[place] + 1) % len(control.values)
                        element.get_by_label(control.label).select_option(str(setting[place]))
                        continue
                    last = len(control.values) - 1
                    setting[place] = {"Home": 0, "End": last, "ArrowLeft": last - 1}[key]
                    element.get_by_role("slider", name=control.label).focus()
                    page.keyboard.press(key)
                points = element.locator("[data-path], [data-curve]").evaluate_all(
                    "all => all.map(line => line.getAttribute('points'))"
                )
                shown = [place for line in points for place in places(line)]
                assert shown == pytest.approx(drawn(figure, *setting), abs=0.101)
                right = figure.picture(*setting)
                said = element.get_by_role("status").text_content()
                assert said == right.words.sentence.format(*right.says)
    assert troubles == []
