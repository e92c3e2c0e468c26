"""The interactive figure of attention shows the recorded weights, as they are."""

import csv
import json

import numpy as np
import pytest
from sphinx.errors import ExtensionError
from sphinx_course import explorers
from sphinx_course.explorers import attention

SOURCES = {
    "ninety-nine": (["ninety", "-", "nine"], ["quatre", "-", "vingt", attention.END]),
    "two hundred <": (["two", "hundred"], ["deux", "cents", attention.END]),
}
COLUMNS = ["set", "seed", "source", "step", "token", "place", "source_token", "weight"]


def weights_of(source):
    """A stand-in for a model: (T, S), rows that sum to 1."""
    tokens, written = SOURCES[source]
    scores = np.random.default_rng(len(source)).dirichlet(np.ones(len(tokens)), len(written))
    return scores.round(5)


def rows():
    for source, (tokens, written) in SOURCES.items():
        for step, (token, weights) in enumerate(zip(written, weights_of(source), strict=True)):
            for place, (read, weight) in enumerate(zip(tokens, weights, strict=True)):
                words = json.dumps(source), json.dumps(token), json.dumps(read)
                yield [attention.SET, 7, words[0], step, words[1], place, words[2], weight]
    yield ["dates", 7, '"x"', 0, '"y"', 0, '"x"', 1.0]  # another set, which is not shown
    yield [attention.SET, 8, '"ninety-nine"', 0, '"un"', 0, '"ninety"', 1.0]  # another model


def write(path, lines, columns=COLUMNS):
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("# command: a test\n")
        csv.writer(file).writerows([columns, *lines])


@pytest.fixture
def project(tmp_path):
    """A project whose recorded file has two examples, of different lengths."""
    path = tmp_path / attention.RECORD
    path.parent.mkdir(parents=True)
    write(path, rows())
    return tmp_path


def test_every_picture_has_the_recorded_weights(project):
    data = json.loads(json.dumps(explorers.load("attention", project).data()))
    sources, steps = (len(control["values"]) for control in data["controls"])
    assert (sources, steps) == (2, 4)
    assert data["controls"][0]["values"] == list(SOURCES)
    for place, number in enumerate(data["index"]):
        source, step = list(SOURCES)[place // steps], place % steps
        tokens, written = SOURCES[source]
        words, (said,), values = data["pictures"][number]
        labels = data["words"][words]["labels"]
        assert labels == [*tokens, *[""] * (3 - len(tokens))]
        if step >= len(written):
            assert (said, values) == ("The text has ended: “deux cents”.", [])
            continue
        weights = weights_of(source)[step]
        np.testing.assert_allclose(values, 1000 * weights, atol=0.501)
        most = tokens[weights.argmax()]
        assert f"looks most at “{most}”: " in said
        name = "the end" if written[step] == attention.END else f"“{written[step]}”"
        assert f"writes {name} and" in said


def test_the_text_so_far_stands_in_the_sentence(project):
    figure = explorers.load("attention", project)
    assert figure.picture(0, 0).says[0].startswith("First it writes “quatre” and looks")
    assert figure.picture(0, 2).says[0].startswith("Behind “quatre-” it writes “vingt” and looks")
    assert figure.picture(0, 3).says[0].startswith("Behind “quatre-vingt” it writes the end and")


def test_the_start_is_where_most_tokens_share_the_weight(project):
    figure = explorers.load("attention", project)
    peaks = weights_of("ninety-nine").max(axis=1)
    peaks[[1, 3]] = 1  # the hyphen and the end are no words
    assert figure.controls[1].start == peaks.argmin()
    assert figure.start().values == [
        round(1000 * w) for w in weights_of("ninety-nine")[peaks.argmin()]
    ]
    token = SOURCES["ninety-nine"][1][peaks.argmin()]
    assert f"when the network writes “{token}”" in figure.description


def test_a_row_that_a_shorter_source_does_not_need_is_empty(project):
    figure = explorers.load("attention", project)
    drawn = figure.draw(*figure.picture(1, 0)[::2])
    assert drawn.count("%") == 2
    assert "–" not in drawn


def test_a_file_that_is_missing_or_holds_no_weights_is_named(project):
    path = project / attention.RECORD
    lines = list(rows())
    write(path, lines[:-3])
    with pytest.raises(ExtensionError, match=r"'two hundred <', step 2: expected 2 weights"):
        explorers.load("attention", project)
    write(path, lines[-2:-1])
    with pytest.raises(ExtensionError, match="expected rows of the set numbers-french"):
        explorers.load("attention", project)
    write(path, lines, [*COLUMNS[:-1], "w"])
    with pytest.raises(
        ExtensionError, match="expected columns set, seed, source, step, token, place"
    ):
        explorers.load("attention", project)
    path.unlink()
    with pytest.raises(ExtensionError, match=r"number-words-attention\.csv"):
        explorers.load("attention", project)
