"""The site under its own security policy, as a strict host sends it: nothing is missing."""

import re

import pytest
from site_policy import FILE, inside, pages_of, policy

from tests.rules.published import report
from tests.site.hosting import hosted
from tests.site.inspection import chromium, reader, visit

PATH = "/course/"
HANDLERS = (
    "[...document.querySelectorAll('*')].some(e => e.getAttributeNames().some(n => /^on/.test(n)))"
)


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def rules(site):
    return (site / FILE).read_text(encoding="utf-8").strip()


@pytest.fixture
def opened(browser, site, rules):
    with (
        hosted(site, rules, PATH) as base,
        reader(browser, "light", base) as (page, troubles),
    ):
        yield page, troubles, base


def test_the_policy_is_the_one_of_the_pages_as_they_are(site, rules):
    texts = [page.read_text(encoding="utf-8") for page in pages_of(site)]
    assert rules == policy(texts, wasm=any(site.rglob("*.wasm")))
    scripts = set().union(*(inside(text)[0] for text in texts))
    assert len(scripts) <= 10, "a script differs from page to page: move it to a file"
    assert len(rules) < 1900  # one line of _headers may have 2,000 characters
    assert re.search(r"script-src 'self'( 'wasm-unsafe-eval')?( 'sha256-[^ ;]+')*;", rules)


@pytest.mark.browser
def test_pages_load_without_a_violation(opened):
    page, troubles, base = opened
    for name in ("book/index", "book/third-party", "exercises/01-recurrent-networks", "genindex"):
        visit(page, f"{base}{name}.html")
        page.wait_for_load_state("networkidle")
        assert not page.evaluate(HANDLERS), f"{name} has a script in an attribute"
    report(troubles)


@pytest.mark.browser
def test_a_chapter_does_all_it_does_elsewhere(opened):
    page, troubles, base = opened
    visit(page, f"{base}book/07-language-models.html")
    page.wait_for_load_state("networkidle")

    shown = page.evaluate("document.documentElement.dataset.theme")
    page.locator(".theme-switch-button:visible").first.click()
    assert page.evaluate("document.documentElement.dataset.mode") != "light"
    assert shown == "light"

    figure = page.locator("course-explorer").first
    said = figure.locator("[aria-live], output, [role=status]").first
    before = said.inner_text()
    figure.locator("input[type=range]").first.focus()
    page.keyboard.press("ArrowRight")
    assert said.inner_text() != before

    fold = page.query_selector("main details:not([open])")
    fold.query_selector("summary").click()
    assert fold.evaluate("details => details.open")

    page.evaluate(
        "window.copied = ''; document.execCommand = () => (window.copied = getSelection()"
        ".toString() || document.activeElement.value, true)"
    )
    page.locator("button.copybtn").first.evaluate("button => button.click()")
    page.wait_for_function("document.querySelector('button.copybtn.success')")
    assert page.evaluate("window.copied").strip()

    page.evaluate("window.print = () => (window.printed = true)")
    page.locator("[data-does=print]").evaluate("button => button.click()")
    assert page.evaluate("window.printed")
    assert page.evaluate("typeof toggleFullScreen") == "function"
    page.evaluate("window.toggleFullScreen = () => (window.full = true)")
    page.locator("[data-does=full-screen]").evaluate("button => button.click()")
    assert page.evaluate("window.full")
    report(troubles)


@pytest.mark.browser
def test_search_finds_and_shows_excerpts(opened):
    page, troubles, base = opened
    visit(page, f"{base}search.html?q=gradient")
    page.wait_for_selector("#search-results li .context", timeout=60_000)
    report(troubles)


@pytest.mark.browser
def test_an_unknown_address_shows_its_page_at_any_depth(browser, site, rules):
    with hosted(site, rules) as base, reader(browser, "light", base) as (page, troubles):
        asked = f"{base}no/such/page.html"
        visit(page, asked)
        assert page.locator("article h1").inner_text().startswith("There is no page here")
        page.wait_for_load_state("networkidle")
        report([trouble for trouble in troubles if "404" not in trouble])
        assert [t for t in troubles if t.startswith("gets")] == [f"gets status 404 for {asked}"]


@pytest.mark.browser
def test_what_the_policy_forbids_does_not_run(browser, tmp_path, rules):
    (tmp_path / "index.html").write_text(
        "<!doctype html><html lang='en'><link rel='icon' href='data:,'><script>window.ran = 1"
        "</script><p onclick='window.ran = 2'>x</p><style>p { color: red }</style></html>"
    )
    with hosted(tmp_path, rules) as base, reader(browser, "light", base) as (page, troubles):
        page.goto(base)
        page.locator("p").click()
        assert page.evaluate("window.ran") is None
        assert sum("Content Security Policy" in trouble for trouble in troubles) >= 2
