"""The search finds chapters first, equations by number, and Chinese terms of the glossary."""

import pytest

from tests.site.inspection import chromium, reader, served

pytestmark = pytest.mark.browser

# What is asked, and where the first results may lead.
FIRST = {
    "lstm": ["book/04-lstm.html"],
    "GRU": ["book/05-gru.html"],
    "vanishing gradients": ["book/03-vanishing-and-exploding-gradients.html", "book/04-lstm.html"],
    "forget gate": ["book/04-lstm.html"],
    "beam search": ["book/08-sequence-to-sequence.html"],
    "perplexity": ["book/07-language-models.html"],
    "2.3": ["book/02-backpropagation-through-time.html#equation-"],
    "equation 2.3": ["book/02-backpropagation-through-time.html#equation-"],
    "eq. (2.3)": ["book/02-backpropagation-through-time.html#equation-"],
    "循环神经网络": ["book/glossary.html#term-recurrent-neural-network"],
    "隐藏状态": ["book/glossary.html#term-hidden-state"],
    "状态": ["book/glossary.html#term-"],
}
RESULTS = "#search-results li > a"
DONE = "/Search finished|did not match/.test(document.querySelector('#search-results').textContent)"


@pytest.fixture(scope="module")
def found(site):
    """The first addresses that the search finds, and what went wrong behind the page."""
    results = {}
    with (
        chromium() as browser,
        served(site) as base,
        reader(browser, "light", base) as (page, troubles),
    ):
        page.goto(f"{base}book/04-lstm.html")
        asked = page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
        results["asked by a chapter"] = asked
        page.goto(f"{base}search.html?q=xylophonist")
        page.wait_for_function(DONE)
        for question in FIRST:
            # The page stays: the index is read once.
            page.evaluate(
                """question => {
                    document.querySelector('#search-results').replaceChildren()
                    DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false
                    Search.performSearch(question)
                }""",
                question,
            )
            page.wait_for_function(DONE)
            results[question] = page.eval_on_selector_all(
                RESULTS, "links => links.slice(0, 5).map(e => e.getAttribute('href'))"
            )
        page.goto(f"{base}search.html?q=lstm")
        page.wait_for_selector("#search-results li p.context")
        results["excerpt"] = page.text_content("#search-results li p.context")
        results["troubles"] = troubles
    return results


@pytest.mark.parametrize("question", FIRST)
def test_what_comes_first(found, question):
    assert found[question]
    assert found[question][0].startswith(tuple(FIRST[question])), found[question]


def test_no_page_loads_the_index_before_a_search(found):
    assert found["asked by a chapter"]
    assert [name for name in found["asked by a chapter"] if "search" in name] == []


def test_an_excerpt_is_what_one_reads(found):
    assert "Contents" not in found["excerpt"]  # the list for paper
    assert len(found["excerpt"]) > 100


def test_no_script_fails(found):
    assert found["troubles"] == []
