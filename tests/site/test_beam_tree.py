"""The interactive tree shows what beam search keeps and finds."""

import json

import numpy as np
import pytest
from notebook_files import ROOT
from sphinx_course import explorers
from sphinx_course.explorers import beam_tree, drawing

from course_pkg.decoding.beam import beam_search
from course_pkg.decoding.exhaustive import exhaustive_search

START, END = (beam_tree.TOKENS.index(token) for token in (beam_tree.START, beam_tree.END))


class Watched:
    """The table, which notes what it is asked to go on from."""

    def __init__(self):
        self._table = beam_tree.table()
        self.tokens = self._table.tokens
        self.read = set()

    def start(self, B):
        return [()] * B

    def step(self, ids, state):
        log_probs, _ = self._table.step(ids, None)
        if ids.tolist() == [START]:
            return log_probs, state
        texts = [(*text, beam_tree.TOKENS[i]) for text, i in zip(state, ids, strict=True)]
        self.read |= set(texts)
        return log_probs, texts

    def pick(self, state, rows):
        return [state[row] for row in rows]


def search(scorer, width, alpha, **options):
    return beam_search(
        scorer, [START], beam_tree.LENGTH, width=width, alpha=alpha, stop=END,
        forbidden=[START], **options,
    )  # fmt: skip


@pytest.fixture(scope="module")
def figure():
    return explorers.load("beam-tree", ROOT)


def test_every_picture_is_what_the_search_finds(figure):
    data = json.loads(json.dumps(figure.data()))
    drawn = beam_tree.nodes()
    settings = 0
    for w, width in enumerate(beam_tree.WIDTHS):
        for a, alpha in enumerate(beam_tree.ALPHAS):
            (best,) = search(beam_tree.table(), width, alpha)
            text = tuple(beam_tree.TOKENS[number] for number in best.ids)
            place = data["index"][w * len(beam_tree.ALPHAS) + a]
            _, (said_width, _, _, nats, score), marks = data["pictures"][place]
            found = [n.words for n, m in zip(drawn, marks, strict=True) if m == beam_tree.FOUND]
            assert found == [text[:n] for n in range(1, len(text) + 1)]
            assert int(said_width) == width
            assert float(nats.replace("−", "-")) == pytest.approx(best.log_probs.sum(), abs=0.005)
            right = best.log_probs.sum() / len(best.ids) ** alpha
            assert float(score.replace("−", "-")) == pytest.approx(right, abs=0.005)
            settings += 1
    assert settings == len(data["index"]) == 15


@pytest.mark.parametrize("width", beam_tree.WIDTHS)
def test_what_is_kept_is_what_the_search_goes_on_from(width):
    kept, compared = beam_tree.looked_at(width)
    watched = Watched()
    search(watched, width, 3.0, keep_greedy=False, n_best=width)  # so that nothing is cut short
    on = {text for text in kept if text[-1] != beam_tree.END and len(text) < beam_tree.LENGTH}
    assert watched.read == on
    assert kept <= compared
    for length in range(1, beam_tree.LENGTH + 1):
        level = [node for node in beam_tree.nodes() if len(node.words) == length]
        stay = [node.p for node in level if node.words in kept]
        go = [node.p for node in level if node.words in compared - kept]
        assert len(stay) <= width
        assert not go or (len(stay) == width and min(stay) >= max(go))


def test_the_likeliest_text_is_empty_and_two_rules_find_others(figure):
    """What the page says of this tree."""
    texts = {}
    for alpha in beam_tree.ALPHAS:
        (best,) = exhaustive_search(
            beam_tree.table(), [START], beam_tree.LENGTH, alpha=alpha, stop=END, forbidden=[START]
        )
        texts[alpha] = " ".join(beam_tree.TOKENS[number] for number in best.ids)
        (wide,) = search(beam_tree.table(), beam_tree.WIDTHS[-1], alpha)
        np.testing.assert_array_equal(wide.ids, best.ids)
    assert texts == {0.0: "end", 0.5: "rain falls end", 1.0: "it is rainy end"}
    said = [figure.picture(w, 0).says[2] for w in range(3)]
    assert said == ["“it is rainy”", "“rain falls”", "the empty one"]
    still = figure.start()
    assert still.says[0] == "2"
    assert still.says[2] == "“rain falls”"


def test_probabilities_multiply_along_a_branch():
    drawn = {node.words: node.p for node in beam_tree.nodes()}
    assert drawn["it", "is", "rainy"] == pytest.approx(0.43 * 0.5 * 0.55)
    whole = sum(p for words, p in drawn.items() if words[-1] == beam_tree.END)
    assert whole == pytest.approx(1)
    for row in beam_tree.NEXT.values():
        assert sum(row.values()) == pytest.approx(1)


def test_a_branch_stands_in_the_middle_of_what_comes_behind_it():
    parents = [-1, 0, 1, 0, -1]
    places = drawing.tree_places(parents)
    assert [column for column, _ in places] == [0, 1, 2, 1, 0]
    assert [row for _, row in places] == [0.5, 0, 0, 1, 2]
    assert drawing.tree_size(parents) == (330, 3 * drawing.ROW + 8)
