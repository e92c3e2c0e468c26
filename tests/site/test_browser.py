"""The built site in headless Chromium, in light and dark mode, over HTTP and from the disk."""

from collections import defaultdict

import pytest

from tests.rules.published import report
from tests.site.inspection import (
    access_complaints,
    chromium,
    colour_complaints,
    flatten,
    math_complaints,
    reader,
    rule_complaints,
    served,
    turn_dark,
    visit,
    width_complaints,
)
from tests.site.links import page_of, pages

pytestmark = pytest.mark.browser

# Listings of source code, more than a hundred, are all made alike: one is read.
LISTING = "_modules/course_pkg/models/lstm.html"


def whole_pages(site):
    """Return pages whose formulas, code and entries axe reads; elsewhere it reads what is around.

    They are made alike everywhere.
    """
    reference = min(site.glob("book/api/**/*.html"), key=lambda path: path.stat().st_size)
    names = {"exercises/01-recurrent-networks.html", LISTING}
    assert all((site / name).exists() for name in names)
    return names | {reference.relative_to(site).as_posix()}


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def results_of(page, base, term):
    """Return the addresses that the site's search finds for a term."""
    visit(page, f"{base}search.html?q={term}")
    page.wait_for_function(
        "/Search finished|did not match/.test("
        "document.querySelector('#search-results')?.textContent)"
    )
    page.wait_for_load_state("networkidle")  # the excerpts are fetched after the titles
    links = page.eval_on_selector_all("#search-results li a", "links => links.map(a => a.href)")
    return [link.split("?")[0].split("#")[0] for link in links]


def read_page(page, troubles, address, mode):
    """Open a page and return what each rule on its loading finds."""
    visit(page, address)
    shown = page.evaluate("document.documentElement.dataset.theme")
    found = {
        "behind": list(troubles),
        "mode": [] if shown == mode else [f"expected {mode} mode, got {shown}"],
        "mathematics": math_complaints(page),
    }
    troubles.clear()
    return found


@pytest.fixture(scope="module")
def findings(browser, site):
    """What each rule finds on each page: one visit serves them all.

    The page is turned dark where it stands: between the modes only colours differ.
    """
    found, looks = defaultdict(list), {"light": set(), "dark": set()}
    whole = whole_pages(site)
    with served(site) as base, reader(browser, "light", base) as (page, troubles):
        for path in pages(site):
            name = path.relative_to(site).as_posix()
            if name.startswith("_modules/course_pkg/") and name != LISTING:
                continue
            if page_of(path).redirection:
                continue  # the page it leads to is among the others
            checks = read_page(page, troubles, base + name, "light")
            checks["width"] = width_complaints(page)
            # Last, because it may change the page.
            if name not in whole:
                flatten(page)
            checks["access"] = rule_complaints(page)
            checks["light"] = colour_complaints(page, looks["light"])
            alike = name.startswith(("book/api/", "exercises/", "solutions/"))
            if name in whole or not alike:
                turn_dark(page)
                checks["dark"] = colour_complaints(page, looks["dark"])
                page.emulate_media(color_scheme="light")
            for rule, complaints in checks.items():
                found[rule] += [f"{name}: {complaint}" for complaint in complaints]
    return found


def test_only_the_site_is_asked_and_no_script_fails(findings):
    report(findings["behind"])


def test_the_mode_is_the_one_the_reader_chose(findings):
    report(findings["mode"])


def test_mathematics_is_rendered(findings):
    report(findings["mathematics"])


def test_axe_finds_nothing_serious(findings):
    report(findings["access"])


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axe_finds_the_colours_strong_enough(findings, mode):
    report(findings[mode])


def test_no_page_scrolls_sideways_on_a_phone(findings):
    report(findings["width"])


@pytest.fixture(params=["light", "dark"])
def opened(request, browser, site):
    """Open the site over HTTP in light mode, from the disk in dark mode."""
    with served(site) as base:
        if request.param == "dark":
            base = site.resolve().as_uri() + "/"
        with reader(browser, request.param, base) as (page, troubles):
            yield page, troubles, base, request.param


FROM_DISK = ("book/index", "book/04-lstm", "exercises/04-lstm", "solutions/04-lstm", "genindex")


def test_pages_open_in_the_reader_s_mode(opened):
    page, troubles, base, mode = opened
    for name in FROM_DISK:
        found = read_page(page, troubles, f"{base}{name}.html", mode)
        report(
            [f"{name}: {complaint}" for complaints in found.values() for complaint in complaints]
        )


def test_search_finds_a_term(opened, site):
    page, troubles, base, _ = opened
    known = {base + path.relative_to(site).as_posix() for path in pages(site)}
    results = results_of(page, base, "recurrent")
    assert results
    assert set(results) <= known
    assert results_of(page, base, "xylophonist") == []
    report(troubles)


# A page made by hand, to see that the rules see.

GOOD = "<h1>One</h1><p>A paragraph.</p>"


@pytest.fixture(scope="module")
def bare(browser, tmp_path_factory):
    """Return what the rules find on a page with this body."""
    folder = tmp_path_factory.mktemp("bare")

    def find(body):
        (folder / "page.html").write_text(
            f"<!doctype html><html lang='en'><head><title>T</title><link rel='icon' href='data:,'>"
            f"<style>[data-theme=dark] .night {{ background: #000; color: #333 }}</style></head>"
            f"<body><main>{body}</main></body></html>",
            encoding="utf-8",
        )
        with served(folder) as base, reader(browser, "light", base) as (page, troubles):
            visit(page, base + "page.html")
            found = math_complaints(page) + access_complaints(page) + width_complaints(page)
            turn_dark(page)
            return troubles + found + access_complaints(page, colours_only=True)

    return find


def test_the_rules_accept_a_good_page(bare):
    assert bare(GOOD) == []


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("<script>console.error('lost')</script>", "console error: lost"),
        ("<script>throw new Error('lost')</script>", "script error: lost"),
        ("<script src='http://cdn.example/x.js'></script>", "requests http://cdn.example/x.js"),
        ("<script src='http://cdn.example/x.js'></script>", "cannot load http://cdn.example/x.js"),
        ("<img src='gone.png' alt='x'>", "gets status 404 for"),
        ("<span class='math'>\\(x\\)</span>", r"a formula is not set: '\\(x\\)'"),
        ("<span class='math'><math><mi>x</mi></math></span>", "a formula is not set: 'x'"),
        ("<math><merror>x</merror></math>", "a formula with an error: 'x'"),
        ("<script src='data:,/mathjax.js'></script>", "a program for formulas: data:,/mathjax"),
        ("<p style='color: #ccc; background: #fff'>Pale words.</p>", "axe, serious: "),
        ("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>", "axe, critical: "),
        ("<p class='night'>Night words.</p>", "axe, serious: Elements must meet minimum color"),
        ("<div style='width: 500px'>Wide.</div>", "scrolls sideways on a phone: 50"),
    ],
)
def test_the_rules_see_a_bad_page(bare, body, complaint):
    assert any(sentence.startswith(complaint) for sentence in bare(GOOD + body))
