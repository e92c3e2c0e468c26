"""The interactive figure of the two GRUs shows what each of them computes."""

import itertools
import json
from math import tanh

import pytest
from notebook_files import ROOT
from sphinx_course import explorers
from sphinx_course.explorers import drawing
from sphinx_course.explorers import gru_forms as figure

from tests.site.inspection import chromium, reader
from tests.site.small_site import build_small_site
from tests.site.test_explorers import same


def by_hand(r, z):
    """Candidates and new states of both forms, in the order of the bars, in plain Python."""
    h = figure.STATE
    after = [tanh(r[i] * sum(h)) for i in (0, 1)]
    before = [tanh(r[0] * h[0] + r[1] * h[1])] * 2
    pairs = [n for i in (0, 1) for n in (after[i], before[i])]
    return pairs + [(1 - z) * n + z * h[place // 2] for place, n in enumerate(pairs)]


@pytest.fixture(scope="module")
def made():
    return explorers.load("gru-forms", ROOT)


def test_every_picture_is_a_step_of_both(made):
    data = json.loads(json.dumps(made.data()))
    settings = list(itertools.product(figure.GATES, repeat=3))
    assert len(data["index"]) == len(settings)
    for (r_1, r_2, z), number in zip(settings, data["index"], strict=True):
        right = by_hand((r_1, r_2), z)
        _, says, values = data["pictures"][number]
        assert [value / 1000 for value in values] == pytest.approx(right, abs=0.00051)
        assert [float(said) for said in says[:4]] == pytest.approx(
            [right[0], right[2], right[1], right[3]], abs=0.00501
        )
        # Equal reset gates are a constant that any matrix lets through.
        assert (says[4] == "The two GRUs agree.") == (r_1 == r_2 or z == 1)


def test_it_opens_where_the_forms_differ(made):
    start = made.start()
    assert start.words.sentence.format(*start.says) == (
        "Reset after the product: candidates 0.00 and 0.72. Reset before it: 0.29 and 0.29. "
        "The new states differ by 0.25."
    )
    assert list(start.words.labels) == [
        f"{form}: {name}{unit}" for name in "nh" for unit in "₁₂" for form in ("after", "before")
    ]


def test_bars_can_say_decimal_numbers():
    words = explorers.explorer.Words(["a", "b"], "")
    drawn = drawing.bars(words, [125, 1000], decimals=2)
    assert drawn.count('data-decimals="2"') == 2
    assert ">0.13<" in drawn
    assert ">1.00<" in drawn
    assert "%" not in drawn
    assert "data-decimals" not in drawing.bars(words, [125, 1000])


@pytest.mark.browser
def test_the_sliders_show_what_python_computes(made, tmp_path):
    (tmp_path / "index.md").write_text(
        "# Two GRUs\n\n```{explorer} gru-forms\nTwo GRUs.\n```\n", encoding="utf-8"
    )
    site = build_small_site(tmp_path, "sphinx_course.explorers")
    with chromium() as browser, reader(browser, "light", site.as_uri()) as (page, troubles):
        page.goto(f"{site.as_uri()}/index.html")
        element = page.locator("course-explorer")
        sliders = [element.get_by_role("slider").nth(place) for place in range(3)]
        now = [control.start for control in made.controls]
        for place, key, step in ((0, "ArrowRight", 1), (1, "ArrowLeft", -1), (2, "ArrowRight", 1)):
            for _ in range(2):
                sliders[place].focus()
                page.keyboard.press(key)
                now[place] += step
                same(made, made.picture(*now), element)
    assert troubles == []
