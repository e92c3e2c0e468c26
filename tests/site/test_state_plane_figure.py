"""The interactive figure of two units shows the states of the tested cell, as they are."""

import json

import numpy as np
import pytest
from notebook_files import ROOT
from sphinx_course import explorers
from sphinx_course.explorers import state_plane

from tests.site.inspection import chromium, reader
from tests.site.small_site import build_small_site


@pytest.fixture(scope="module")
def figure():
    return explorers.load("state-plane", ROOT)


def by_hand(gain, angle):
    """The states again, as complex numbers, step by step: (B, STEPS + 1)."""
    h = state_plane.STARTS @ [1, 1j]
    path = [h]
    for _ in range(state_plane.STEPS):
        a = gain * np.exp(1j * np.deg2rad(angle)) * h
        h = np.tanh(a.real) + 1j * np.tanh(a.imag)
        path.append(h)
    return np.array(path).T


def test_every_picture_holds_the_states(figure):
    data = json.loads(json.dumps(figure.data()))
    gains, angles = (len(control["values"]) for control in data["controls"])
    assert len(data["index"]) == gains * angles
    for place, number in enumerate(data["index"]):
        gain = state_plane.GAINS[place // angles]
        angle = state_plane.ANGLES[place % angles]
        _, says, values = data["pictures"][number]
        right = by_hand(gain, angle)  # (B, STEPS + 1)
        shown = np.array(values).reshape(*right.shape, 2)
        np.testing.assert_allclose(shown @ [1, 1j], 1000 * right, atol=0.75)
        assert says[:2] == [str(gain), angle]
        np.testing.assert_allclose([float(s) for s in says[2:]], abs(right[:, -1]), atol=0.0051)


def test_the_sentence_says_how_long_the_states_began(figure):
    began = [f"{np.linalg.norm(start):.2f}" for start in state_plane.STARTS]
    sentence = figure.start().words.sentence
    assert sentence.endswith(f"they began {began[0]}, {began[1]} and {began[2]} long.")
    assert "Gain 1.3, 20° a step" in sentence.format(*figure.start().says)


def test_what_the_description_says_is_to_be_seen(figure):
    path = state_plane.states(1.3, 20)
    ends = np.linalg.norm(path[-1], axis=1)
    assert ends.min() > 0.7  # far from the origin, all three
    assert np.ptp(ends) < 0.2
    distances = np.linalg.norm(path[-1][:, None] - path[-1][None], axis=2)
    assert distances[np.triu_indices(3, 1)].min() > 0.3  # at different places
    assert "gain 1.3 and 20 degrees" in figure.description


PAGE = "# Moved\n\n```{explorer} state-plane\n:name: fig-plane\nTwo units.\n```\n"


@pytest.mark.browser
def test_the_paths_follow_both_sliders(tmp_path, figure):
    (tmp_path / "index.md").write_text(PAGE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explorers, "load", lambda name, root: figure)
        pages = build_small_site(tmp_path, "sphinx_course.explorers")
    with chromium() as browser, reader(browser, "dark", pages.as_uri()) as (page, troubles):
        page.goto(f"{pages.as_uri()}/index.html")
        element = page.locator("course-explorer")

        def shown():
            points = element.locator("polyline").evaluate_all(
                "all => all.map(line => line.getAttribute('points'))"
            )
            at = [[tuple(map(float, p.split(","))) for p in line.split()] for line in points]
            x, y = np.moveaxis(np.array(at), 2, 0)  # (B, STEPS + 1)
            return (x - 206) / 160 + 1j * (174 - y) / 160

        np.testing.assert_allclose(shown(), by_hand(1.3, 20), atol=0.002)
        for key, name, setting in (
            ("Home", "Gain g", (0.5, 20)),
            ("End", "Angle", (0.5, 180)),
            ("End", "Gain g", (3.0, 180)),
        ):
            element.get_by_role("slider", name=name).focus()
            page.keyboard.press(key)
            right = by_hand(*setting)
            np.testing.assert_allclose(shown(), right, atol=0.002)
            said = element.get_by_role("status").text_content()
            assert said.startswith(f"Gain {setting[0]}, {setting[1]}° a step: after 24 steps")
            assert f"{abs(right[0, -1]):.2f}, " in said
    assert troubles == []
