"""The interactive table of three steps shows right gradients, in the page too."""

import json

import numpy as np
import pytest
from bs4 import BeautifulSoup
from notebook_files import ROOT
from sphinx_course import explorers
from sphinx_course.explorers import scalar_table

from course_pkg.reference.gradients.gradcheck import numerical_gradient
from tests.site.inspection import NARROW, chromium, reader
from tests.site.small_site import build_small_site

PAGE = "# Moved\n\n```{explorer} scalar-table\nThree steps.\n```\n"


def value_of(text):
    return float(text.replace("−", "-"))


def loss_from(weights, last_target, moved=(0.0, 0.0, 0.0)):
    """Run the network with a little added to each state, and return the loss."""
    (w, u), h, loss = weights, 0.0, 0.0
    for x_t, target, more in zip((1, 0, -1), (0, 1, last_target), moved, strict=True):
        h = w * h + u * x_t + more
        loss += (h - target) ** 2 / 2
    return loss


@pytest.fixture(scope="module")
def figure():
    return explorers.load("scalar-table", ROOT)


def test_every_gradient_is_that_of_finite_differences(figure):
    data = json.loads(json.dumps(figure.data()))
    places = iter(data["index"])
    for w in scalar_table.W:
        for u in scalar_table.U:
            for last in scalar_table.LAST_TARGET:
                weights, moved = np.array([w, u]), np.zeros(3)
                deltas = numerical_gradient(lambda: loss_from(weights, last, moved), moved)  # noqa: B023
                sums = numerical_gradient(lambda: loss_from(weights, last), weights)  # noqa: B023
                for _ in scalar_table.BACK:
                    _, says, _ = data["pictures"][next(places)]
                    shown = [value_of(text) for text in says[:18]]
                    np.testing.assert_allclose(shown[7:10], deltas, atol=1e-6)
                    np.testing.assert_allclose(shown[16:], sums, atol=1e-6)
                    assert shown[3] == last
                    assert sum(shown[10:13]) == pytest.approx(shown[16])
                    assert sum(shown[13:16]) == pytest.approx(shown[17])
                    np.testing.assert_allclose(
                        shown[4:7], np.subtract(shown[:3], (0, 1, last)), atol=1e-12
                    )


def test_it_opens_with_the_numbers_of_the_text(figure):
    still = figure.start()
    assert still.says[7:10] == ["11", "5", "2"]
    assert still.words.sentence.format(*still.says).endswith("dL/dw = 9, dL/du = 9.")
    drawn = BeautifulSoup(figure.html("x"), "html.parser")
    for part in drawn.find_all(attrs={"data-says": True}):
        assert part.text == still.says[int(part["data-says"])]


def test_the_column_fills_upwards(figure):
    w, u, target, _ = scalar_table.OPENS
    shown = [figure.picture(w, u, target, back).values for back in range(5)]
    # Marks of delta h_1, h_2, h_3; between them stand those of the shares.
    hidden, old, new = scalar_table.HIDDEN, scalar_table.SHOWN, scalar_table.NEW
    assert [marks[0:6:2] for marks in shown] == [
        [hidden, hidden, hidden],
        [hidden, hidden, new],
        [hidden, new, old],
        [new, old, old],
        [old, old, old],
    ]
    assert [marks[6] for marks in shown] == [hidden] * 4 + [new]
    said = [p.words.sentence.format(*p.says) for p in (figure.picture(0, 0, 2, b) for b in (2, 3))]
    made = scalar_table.both_passes(scalar_table.W[0], scalar_table.U[0], 3.0)
    for sentence, t in zip(said, (1, 0), strict=True):
        e, product, delta = made.e[t], -2 * made.delta[t + 1], made.delta[t]
        assert e + product == delta
        assert f"= {scalar_table.number(e)} + (−2) · " in sentence
        assert sentence.endswith(f"= {scalar_table.number(delta)}.")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scalar-table")
    (folder / "moved.md").write_text(PAGE, encoding="utf-8")
    (folder / "index.md").write_text("# Index\n\n```{toctree}\nmoved\n```\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        figure = explorers.load("scalar-table", ROOT)
        patch.setattr(explorers, "load", lambda name, root: figure)
        return build_small_site(folder, "sphinx_course.explorers")


@pytest.mark.browser
def test_the_page_shows_what_python_computes_and_the_keyboard_moves_it(site):
    with (
        chromium() as browser,
        reader(browser, "light", site.as_uri() + "/") as (page, _),
    ):
        page.goto((site / "moved.html").as_uri())
        page.set_viewport_size(NARROW)
        sliders = page.get_by_role("slider")
        w, _, _, back = scalar_table.OPENS
        sliders.nth(0).focus()
        for _ in range(w - 1):  # to w = -1
            page.keyboard.press("ArrowLeft")
        sliders.nth(2).focus()
        page.keyboard.press("End")  # the last target is 3
        sliders.nth(3).focus()
        for _ in range(back - 2):
            page.keyboard.press("ArrowLeft")
        assert sliders.nth(3).get_attribute("aria-valuetext") == "to step 2"
        made = scalar_table.both_passes(-1.0, 1.0, 3.0)
        cells = page.locator("course-explorer [data-says]")
        for place, right in enumerate(scalar_table.entries(made)):
            part = page.locator(f"course-explorer [data-says='{place}']")
            assert value_of(part.text_content()) == right
            seen = place < 7 or place in (8, 9)  # delta h_1 and the shares are still hidden
            assert part.is_visible() == seen
        assert cells.count() == len(scalar_table.entries(made))
        words = page.get_by_role("status").text_content()
        assert words.startswith("δh₂ = e₂ + w · δh₃ = ")
        assert words.endswith(f"= {scalar_table.number(made.delta[1])}.")
