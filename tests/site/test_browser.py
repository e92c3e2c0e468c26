"""The built site in headless Chromium: over HTTP in light mode, from the disk in dark mode."""

import pytest

from tests.rules.published import report
from tests.site.inspection import (
    access_complaints,
    chromium,
    math_complaints,
    reader,
    served,
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


class EveryPage:
    """Read every page in one mode; as classes, the two modes can be read side by side."""

    mode: str

    @pytest.fixture(scope="class")
    @classmethod
    def base(cls, site):
        """Return what the addresses begin with."""
        if cls.mode == "dark":  # so that the site works from the disk, too
            yield site.resolve().as_uri() + "/"
        else:
            with served(site) as base:
                yield base

    @pytest.fixture(scope="class")
    @classmethod
    def findings(cls, browser, base, site):
        """What each rule finds on each page: one visit serves them all."""
        found = {"behind": [], "mode": [], "mathematics": [], "access": [], "width": []}
        whole = whole_pages(site)
        with reader(browser, cls.mode, base) as (page, troubles):
            for path in pages(site):
                name = path.relative_to(site).as_posix()
                if name.startswith("_modules/course_pkg/") and name != LISTING:
                    continue
                if cls.mode == "dark" and name.startswith("book/api/") and name not in whole:
                    continue  # made alike, and read in light mode: only colours differ here
                if page_of(path).redirection:
                    continue  # the page it leads to is among the others
                if name == "404.html" and base.startswith("file:"):
                    continue  # it is served for addresses of any depth: links start at the root

                visit(page, base + name)
                shown = page.evaluate("document.documentElement.dataset.theme")
                wrong = [] if shown == cls.mode else [f"expected {cls.mode} mode, got {shown}"]
                checks = {
                    "behind": list(troubles),
                    "mode": wrong,
                    "mathematics": math_complaints(page),
                    "width": width_complaints(page),
                    # Last, because it may change the page. Only colours differ between the modes.
                    "access": access_complaints(
                        page, colours_only=cls.mode == "dark", insides=name in whole
                    ),
                }
                troubles.clear()
                for rule, complaints in checks.items():
                    found[rule] += [f"{name}: {complaint}" for complaint in complaints]
        return found

    def test_only_the_site_is_asked_and_no_script_fails(self, findings):
        report(findings["behind"])

    def test_the_mode_is_the_one_the_reader_chose(self, findings):
        report(findings["mode"])

    def test_mathematics_is_rendered(self, findings):
        report(findings["mathematics"])

    def test_axe_finds_nothing_serious(self, findings):
        report(findings["access"])

    def test_no_page_scrolls_sideways_on_a_phone(self, findings):
        report(findings["width"])

    def test_search_finds_a_term(self, browser, base, site):
        known = {base + path.relative_to(site).as_posix() for path in pages(site)}
        with reader(browser, self.mode, base) as (page, troubles):
            results = results_of(page, base, "recurrent")
            assert results
            assert set(results) <= known
            assert results_of(page, base, "xylophonist") == []
            report(troubles)


class TestLightOverHttp(EveryPage):
    mode = "light"


class TestDarkFromTheDisk(EveryPage):
    mode = "dark"


# A page made by hand, to see that the rules see.

GOOD = "<h1>One</h1><p>A paragraph.</p>"


@pytest.fixture(scope="module")
def bare(browser, tmp_path_factory):
    """Return what the rules find on a page with this body."""
    folder = tmp_path_factory.mktemp("bare")

    def find(body):
        (folder / "page.html").write_text(
            f"<!doctype html><html lang='en'><head><title>T</title><link rel='icon' href='data:,'>"
            f"</head><body><main>{body}</main></body></html>",
            encoding="utf-8",
        )
        with served(folder) as base, reader(browser, "light", base) as (page, troubles):
            visit(page, base + "page.html")
            found = math_complaints(page) + access_complaints(page) + width_complaints(page)
            return troubles + found

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
        ("<span class='math'>\\(x\\)</span>", r"mathematics not rendered: '\\(x\\)'"),
        ("<mjx-merror data-mjx-error='no'>x</mjx-merror>", "mathematics with an error: 'no'"),
        ("<p style='color: #ccc; background: #fff'>Pale words.</p>", "axe, serious: "),
        ("<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>", "axe, critical: "),
        ("<div style='width: 500px'>Wide.</div>", "scrolls sideways on a phone: 50"),
    ],
)
def test_the_rules_see_a_bad_page(bare, body, complaint):
    assert any(sentence.startswith(complaint) for sentence in bare(GOOD + body))
