"""The interactive figure of decoding shows what the filters of the package compute."""

import csv
import json

import numpy as np
import pytest
from sphinx.errors import ExtensionError
from sphinx_course import explorers
from sphinx_course.explorers import next_token

from course_pkg.decoding.filters import filtered

V = 40
CONTEXTS = ("The ", 'he said, "', "end.\n")


def token(place):
    return {0: "\n", 1: " ", 2: '"', 3: "#"}.get(place, chr(64 + place))


def log_probs_of(context):
    """A stand-in for a model: many unlikely tokens, and a few likely ones."""
    scores = np.random.default_rng(len(context)).normal(0, 3, V)
    return scores - np.log(np.exp(scores).sum())


@pytest.fixture
def project(tmp_path):
    """A project whose recorded file has three contexts."""
    path = tmp_path / next_token.RECORD
    path.parent.mkdir(parents=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("# command: a test\n")
        rows = csv.writer(file)
        rows.writerow(["context", "token", "log_prob"])
        for context in CONTEXTS:
            for place, value in enumerate(log_probs_of(context)):
                rows.writerow([json.dumps(context), json.dumps(token(place)), f"{value:.4f}"])
    return tmp_path


def pictures(figure):
    """Yield setting and picture from the data, as the script of the page reads it."""
    data = json.loads(json.dumps(figure.data()))
    sizes = [len(control["values"]) for control in data["controls"]]
    for place, number in enumerate(data["index"]):
        words, says, values = data["pictures"][number]
        yield np.unravel_index(place, sizes), data["words"][words], says, values


def test_every_picture_is_what_the_filters_leave(project):
    figure = explorers.load("next-token", project)
    settings = 0
    for (c, t, k, p), words, (left, _), values in pictures(figure):
        log_probs = log_probs_of(CONTEXTS[c])
        log_probs = log_probs.round(4) - np.log(np.exp(log_probs.round(4)).sum())
        right = np.exp(
            filtered(
                log_probs,
                temperature=(t + 1) / 5,
                top_k=[1, 2, 3, 5, 10, 20, None][k],
                top_p=[0.5, 0.8, 0.9, 0.95, 0.99, None][p],
            )
        )
        assert left == (right > 0).sum()
        falling = -np.sort(-right)
        shares = [*falling[:12], falling[12:].sum()]
        assert len(values) == min(left, 13)
        np.testing.assert_allclose(values, 1000 * np.array(shares[: len(values)]), atol=0.501)
        assert words["sentence"].startswith(f"{{0}} of {V} characters can be drawn; ")
        settings += 1
    assert settings == 3 * 10 * 7 * 6


def test_the_start_is_the_model_itself_where_it_is_least_certain(project):
    figure = explorers.load("next-token", project)
    still = figure.start()
    certain = {context: log_probs_of(context).max() for context in CONTEXTS}
    context = min(certain, key=certain.get)
    assert next_token.spelled(context) in figure.description
    tokens, log_probs = next_token.read(project / next_token.RECORD)[context]
    assert (np.diff(log_probs) <= 0).all()
    assert tokens[0] == token(log_probs_of(context).argmax())
    assert still.words.labels[-1] == "all 28 others"
    assert still.values[0] == round(1000 * np.exp(certain[context]))
    assert len(still.values) == 13
    assert f">{V} of {V} characters can be drawn; " in figure.html("x")


def test_blanks_can_be_seen():
    assert next_token.spelled("a b\n") == "“a␣b↵”"
    assert [next_token.quoted(token) for token in ("e", " ", "\n")] == [
        "“e”",
        "the blank",
        "the line end",
    ]


def test_a_file_that_is_missing_or_holds_no_distribution_is_named(project):
    path = project / next_token.RECORD
    path.write_text("context,token,log_prob\n'a','b',-1.0\n".replace("'", '"""'), encoding="utf-8")
    with pytest.raises(ExtensionError, match=r"after 'a' the probabilities sum to 0\.368, not 1"):
        explorers.load("next-token", project)
    path.write_text('context,token\n"""a""","""b"""\n', encoding="utf-8")
    with pytest.raises(ExtensionError, match="expected columns context, token, log_prob"):
        explorers.load("next-token", project)
    path.unlink()
    with pytest.raises(ExtensionError, match=r"next-characters\.csv"):
        explorers.load("next-token", project)
