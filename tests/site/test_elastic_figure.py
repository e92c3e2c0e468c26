"""The interactive figure of the springs shows the recorded accuracies, as they are."""

import csv
import json

import pytest
from sphinx.errors import ExtensionError
from sphinx_course import explorers
from sphinx_course.explorers import elastic

COLUMNS = ["seed", "question", "way", "strength", "A", "B", "predicted", "growth"]
STRENGTHS = (0, 10, 3000)


def of(seed, question, strength):
    """A stand-in for a run: accuracies and growths that differ everywhere."""
    place = STRENGTHS.index(strength)
    a = 0.2 + 0.3 * place + 0.1 * seed - 0.1 * (question == "last")
    b = 0.99 - 0.2 * place - 0.05 * seed
    return [f"{value:.4f}" for value in (a, b, 0.01 / (place + 1), 2.5 - place)]


def rows():
    for seed in (0, 1):
        for question in ("first", "last"):
            for strength in STRENGTHS:
                way = "elastic" if strength else "naive"
                yield [seed, question, way, strength, *of(seed, question, strength)]
            yield [seed, question, "replay", 0, 1, 1, 0, 0]  # not shown


def write(path, lines, columns=COLUMNS):
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("# command: a test\n")
        csv.writer(file).writerows([columns, *lines])


@pytest.fixture
def project(tmp_path):
    (tmp_path / elastic.RECORDS[0]).parent.mkdir(parents=True)
    for record, question in zip(elastic.RECORDS, ("first", "last"), strict=True):
        write(tmp_path / record, [row for row in rows() if row[1] == question])
    return tmp_path


def test_every_picture_has_the_means_and_the_worst(project):
    data = json.loads(json.dumps(explorers.load("elastic", project).data()))
    assert [control["values"] for control in data["controls"]] == [
        list(elastic.QUESTIONS.values()),
        ["no springs", "10", "3,000"],
    ]
    for place, number in enumerate(data["index"]):
        question, strength = ("first", "last")[place // 3], STRENGTHS[place % 3]
        both = [[float(v) for v in of(seed, question, strength)] for seed in (0, 1)]
        _, says, values = data["pictures"][number]
        right = []
        for column in (0, 1):
            found = [row[column] for row in both]
            right += [500 * sum(found), 1000 * min(found)]
        assert values == pytest.approx(right, abs=0.501)
        assert says[3] == elastic.nats((both[0][2] + both[1][2]) / 2)
        assert says[4] == elastic.nats((both[0][3] + both[1][3]) / 2)


def test_it_opens_with_the_chosen_strength_and_says_so(project):
    figure = explorers.load("elastic", project)
    assert figure.controls[1].values[figure.controls[1].start] == "3,000"
    start = figure.start()
    said = start.words.sentence.format(*start.says)
    assert said.startswith("2 networks, λ = 3,000: of A they still answer 85 %, of B 57 %.")
    assert "λ = 3,000: 85 % and 57 %" in figure.description
    assert figure.picture(0, 0).says[0] == "without springs"


@pytest.mark.parametrize(
    ("value", "text"),
    [(2.914, "2.91"), (-0.0149, "−0.01"), (0.000067, "0.00007"), (0, "0.00"), (0.0049, "0.005")],
)
def test_growths_are_written_in_decimals(value, text):
    assert elastic.nats(value) == text


def test_a_file_that_is_missing_or_lacks_something_is_named(project):
    path = project / elastic.RECORDS[1]
    lines = [row for row in rows() if row[1] == "last"]
    write(path, lines[:-2])
    with pytest.raises(ExtensionError, match="last: expected equally many networks"):
        explorers.load("elastic", project)
    write(path, [line for line in lines if line[2] != "naive"])
    with pytest.raises(ExtensionError, match="0 among them"):
        explorers.load("elastic", project)
    write(path, [])
    with pytest.raises(ExtensionError, match="expected the questions"):
        explorers.load("elastic", project)
    write(path, lines, [*COLUMNS[:-1], "grew"])
    with pytest.raises(ExtensionError, match="expected columns question, way, strength"):
        explorers.load("elastic", project)
    path.unlink()
    with pytest.raises(ExtensionError, match=r"forgetting-last\.csv"):
        explorers.load("elastic", project)
