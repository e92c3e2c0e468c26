"""The interactive figure of the schedules shows the recorded runs, and the package's own rates."""

import csv
import json
import re

import pytest
from sphinx.errors import ExtensionError
from sphinx_course import explorers
from sphinx_course.explorers import schedule
from sphinx_course.explorers.drawing import share

from course_pkg.training.schedules import one_cycle
from tests.site.inspection import chromium, reader
from tests.site.small_site import build_small_site

PEAKS, BUDGETS, SEEDS, POINTS = (0.01, 0.1), (60, 120), (0, 1), 3
RECORDED = [*schedule.SCHEDULES, "step"]  # the last is not shown
RUN_COLUMNS = ["schedule", "budget", "peak", "seed", "valid_accuracy"]
CURVE_COLUMNS = ["schedule", "budget", "peak", "update", "train_loss", "valid_loss"]


def settings():
    return [(n, peak, b) for n in RECORDED for b in BUDGETS for peak in PEAKS]


def accuracy(setting, seed):
    return round(0.5 + 0.005 * settings().index(setting) + 0.1 * seed, 3)


def losses(setting, point):
    return 0.2 + 0.05 * settings().index(setting) + 0.3 * point, 2.6 - 0.1 * point


def runs():
    return [[n, b, p, seed, accuracy((n, p, b), seed)] for n, p, b in settings() for seed in SEEDS]


def curves():
    return [
        [n, b, p, b * (point + 1) // POINTS, *losses((n, p, b), point)]
        for n, p, b in settings()
        for point in range(POINTS)
    ]


def write(path, columns, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("# command: a test\n")
        csv.writer(file).writerows([columns, *lines])


@pytest.fixture
def project(tmp_path):
    write(tmp_path / schedule.RUNS, RUN_COLUMNS, runs())
    write(tmp_path / schedule.CURVES, CURVE_COLUMNS, curves())
    return tmp_path


def test_every_picture_has_the_recorded_losses_and_accuracies(project):
    data = json.loads(json.dumps(explorers.load("schedule", project).data()))
    assert [len(control["values"]) for control in data["controls"]] == [5, 2, 2]
    shown = [(n, p, b) for n in schedule.SCHEDULES for p in PEAKS for b in BUDGETS]
    for place, setting in enumerate(shown):
        _, says, values = data["pictures"][data["index"][place]]
        training, validation = values[-2 * POINTS : -POINTS], values[-POINTS:]
        for point in range(POINTS):
            expected = [min(1000, 400 * loss) for loss in losses(setting, point)]
            assert [training[point], validation[point]] == pytest.approx(expected, abs=0.501)
        found = [accuracy(setting, seed) for seed in SEEDS]
        three = (sum(found) / 2, *found)
        assert says[3:6] == [share(round(1000 * value)) for value in three]
        assert says[1:3] == [f"{setting[1]:g}", setting[2]]


def test_the_rates_are_those_of_the_package(project):
    figure = explorers.load("schedule", project)
    values = figure.picture(4, 1, 1).values[: schedule.RATES]
    for i, value in enumerate(values):
        rate = 0.1 * one_cycle(round(i * 119 / 30), 120)
        assert 10 ** (-4 + 3 * value / 1000) == pytest.approx(max(rate, 1e-4), rel=0.004)
    warm = schedule.rates(("warm-up", 0.1, 120))
    assert warm[0] < 0.01 < warm[1] < warm[3]
    assert set(warm[4:]) == {0.1}
    assert schedule.rates(("constant", 0.1, 60)) == [0.1] * schedule.RATES


def test_the_still_has_a_curve_for_each_label_over_the_whole_run(project):
    figure = explorers.load("schedule", project)
    html = figure.html("x")
    lines = re.findall(r'data-curve="(\d+)" data-bottom="(\d+)".*? points="([^"]*)"', html)
    assert [len(points.split()) for *_, points in lines] == [schedule.RATES, POINTS, POINTS]
    for _, bottom, points in lines:
        xs, ys = zip(*(map(float, point.split(",")) for point in points.split()), strict=True)
        assert xs[-1] == schedule.EDGE + schedule.ACROSS
        assert max(ys) <= int(bottom)


def test_a_file_that_is_missing_or_lacks_something_is_named(project):
    write(project / schedule.RUNS, RUN_COLUMNS, runs()[1:])
    with pytest.raises(ExtensionError, match="equally many seeds and points"):
        explorers.load("schedule", project)
    write(project / schedule.RUNS, [*RUN_COLUMNS[:-1], "right"], runs())
    with pytest.raises(ExtensionError, match="expected columns schedule, budget, peak, valid_acc"):
        explorers.load("schedule", project)
    write(project / schedule.RUNS, RUN_COLUMNS, runs())
    (project / schedule.CURVES).unlink()
    with pytest.raises(ExtensionError, match=r"schedule-curves\.csv"):
        explorers.load("schedule", project)


LINES = "e => [...e.querySelectorAll('[data-curve]')].map(line => line.getAttribute('points'))"


@pytest.mark.browser
def test_moved_controls_show_what_python_draws(project):
    page_of_it = "# Schedules\n\n```{explorer} schedule\nRuns.\n```\n"
    (project / "index.md").write_text(page_of_it, encoding="utf-8")
    site = build_small_site(project, "sphinx_course.explorers")
    figure = explorers.load("schedule", project)
    with chromium() as browser, reader(browser, "light", site.as_uri()) as (page, troubles):
        page.goto(f"{site.as_uri()}/index.html")
        element = page.locator("course-explorer")
        for name, peak, budget in ((1, 0, 0), (2, 1, 1), (4, 0, 1)):
            element.locator("select").select_option(str(name))
            for label, value in (("Peak", peak), ("Updates", budget)):
                slider = element.get_by_role("slider", name=label)
                slider.fill(str(value))
            picture = figure.picture(name, peak, budget)
            drawn = re.findall(r' points="([^"]*)"', figure.draw(picture.words, picture.values))
            shown, drawn = (
                [float(number) for line in lines for number in re.findall(r"[\d.]+", line)]
                for lines in (element.evaluate(LINES), drawn)
            )
            assert shown == pytest.approx(drawn, abs=0.11)  # both round to tenths of a pixel
            said = picture.words.sentence.format(*picture.says)
            assert element.get_by_role("status").text_content() == said
    assert troubles == []
