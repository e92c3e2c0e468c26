"""`tools/sphinx_course/folds.py`: a bar of folded code says one thing, to everybody."""

from types import SimpleNamespace

from bs4 import BeautifulSoup
from myst_nb.core.config import NbParserConfig
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx_course.folds import visit_fold


def bar(prompt_show, prompt_hide="Hide code cell source"):
    node = HideCodeCellNode(prompt_show=prompt_show, prompt_hide=prompt_hide)
    node["classes"].append("above-input")
    page = SimpleNamespace(body=[])
    visit_fold(page, node)
    return BeautifulSoup("".join(page.body), "html.parser").details


def test_the_bar_says_what_is_inside_open_and_closed():
    fold = bar("Set-up: a < b & c")
    assert fold["class"] == ["admonition", "hide", "above-input"]
    assert [part.name for part in fold.find_all(True)] == ["summary", "p"]
    assert fold.summary.text == "Set-up: a < b & c"
    assert fold.summary.attrs == {}  # what a screen reader says are the words themselves
    assert fold.p["class"] == ["admonition-title"]  # not of the kind that an open fold loses


def test_a_fold_without_words_is_as_myst_nb_writes_it():
    settings = NbParserConfig()
    fold = bar(
        settings.code_prompt_show.replace("{type}", "source"),
        settings.code_prompt_hide.replace("{type}", "source"),
    )
    assert [words.text for words in fold("p")] == ["Show code cell source", "Hide code cell source"]
