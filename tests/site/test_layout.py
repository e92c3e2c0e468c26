"""Nothing on the pages of chapters and exercises is cut off, at three widths and on paper."""

import io
from collections import defaultdict

import numpy as np
import pytest
from PIL import Image

from tests.rules.published import BOOK, report
from tests.site.inspection import MATH_IS_DONE, chromium, reader, visit
from tests.site.layout import RULES, SIZES, paper_complaints, screen_complaints

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


FOLDERS = ("book", "exercises")


@pytest.fixture(scope="module")
def findings(browser, site):
    """What each rule finds: every page is opened once, and chapters are shown at all sizes."""
    found = defaultdict(list)
    base = site.resolve().as_uri() + "/"
    with reader(browser, "light", base) as (page, troubles):
        for name in [*(f"{folder}/{c.stem}" for folder in FOLDERS for c in BOOK), "book/notation"]:
            visit(page, f"{base}{name}.html")
            widths = SIZES if name.startswith("book/") else [min(SIZES)]
            results = [screen_complaints(page, width) for width in widths]
            for rule, complaints in [
                pair for result in [*results, paper_complaints(page)] for pair in result.items()
            ]:
                found[rule] += [f"{name}: {complaint}" for complaint in complaints]
        found["behind"] = troubles
    return found


def test_the_pages_open_from_the_disk_too(findings):
    report(findings["behind"])


def test_no_glyph_is_clipped(findings):
    report(findings["glyphs"])


def test_what_is_too_wide_can_be_scrolled_to_and_says_so(findings):
    report(findings["cut"])


def test_displayed_equations_of_chapters_fit_a_phone(findings):
    report([complaint for complaint in findings["unfit"] if complaint.startswith("book/")])


def test_the_contents_stay_in_their_column(findings):
    report(findings["contents"])


def test_no_word_is_torn_at_the_sides(findings):
    report(findings["words"])


def test_no_number_is_torn(findings):
    report(findings["numbers"])


def test_open_code_of_a_chapter_takes_at_most_a_quarter_of_its_height(findings):
    report([complaint for complaint in findings["code"] if complaint.startswith("book/")])


def test_folded_parts_print_and_fold_again(findings):
    report(findings["folded"])


def test_nothing_is_cut_off_on_paper(findings):
    report(findings["lost"])


# What scrolls, on a page of the site: its edge is seen, and the keyboard can scroll it.

NARROWED = {
    "equation": "div.formula:has(mtable):visible",
    "code": "div.cell_input pre:visible",
    "table": ".pst-scrollable-table-container:visible",
    "output": "div.cell_output div.output:has(details.parity):visible",
}


@pytest.fixture(scope="module", params=["light", "dark"])
def chapter(request, browser, site):
    base = site.resolve().as_uri() + "/"
    with reader(browser, request.param, base) as (page, _):
        # High: to picture a box that is higher, the window would grow, and the box find its edge.
        page.set_viewport_size({"width": 390, "height": 1200})
        visit(page, f"{base}book/04-lstm.html")
        yield page


@pytest.mark.parametrize("kind", NARROWED)
def test_a_box_that_scrolls_is_seen_and_takes_the_keyboard(chapter, kind):
    box = chapter.locator(NARROWED[kind]).first
    box.evaluate("box => box.querySelectorAll('details').forEach(fold => { fold.open = true })")
    box.evaluate("box => { box.style.maxWidth = '6rem'; box.style.minWidth = 0 }")
    chapter.wait_for_function("box => box.dataset.more === 'right'", arg=box.element_handle())

    def edge():
        picture = np.asarray(Image.open(io.BytesIO(box.screenshot())).convert("L"), dtype=int)
        return picture[4:-4, -8:]

    seen = edge()
    box.evaluate("box => box.removeAttribute('data-more')")
    assert (abs(seen - edge()).max(axis=1) > 20).mean() > 0.9  # along nearly all of its height
    box.focus()
    chapter.keyboard.press("ArrowRight")
    chapter.wait_for_function("box => box.dataset.more === 'left right'", arg=box.element_handle())
    box.evaluate("box => { box.style.maxWidth = '' }")
    box.evaluate("box => box.querySelectorAll('details').forEach(fold => { fold.open = false })")


def test_chinese_is_a_little_larger_once_and_not_from_box_to_box(chapter):
    sizes = """lang => {
        document.documentElement.lang = lang
        const items = [...document.querySelectorAll('main li')]
        return items.map(e => getComputedStyle(e).fontSize)
    }"""
    assert chapter.evaluate(sizes, "zh-CN") == chapter.evaluate(sizes, "en")


# What is folded, on a page of the site. Code and answers are put in as Sphinx writes them.

WRITTEN = """
<div class="cell tag_hide-input docutils container"><details class="admonition hide above-input">
<summary><p class="admonition-title">Set-up: imports, seed, one thread</p></summary>
<div class="cell_input docutils container"><div class="highlight"><pre>import torch</pre></div>
</div></details><div class="cell_output docutils container"><div class="output">42</div></div></div>
<div class="think-first admonition"><p class="admonition-title">Think first</p><p>Why?</p>
<details class="sd-sphinx-override sd-dropdown sd-card sd-mb-3">
<summary class="sd-summary-title sd-card-header"><span class="sd-summary-text">Answer</span>
<span class="sd-summary-state-marker sd-summary-chevron-right">&gt;</span></summary>
<div class="sd-summary-content sd-card-body docutils"><p class="sd-card-text">So.</p></div>
</details></div>
"""
FOLDS = {
    "code": ("details.hide", "Set-up: imports, seed, one thread"),
    "answer": (".think-first details", "Answer"),
    "parity": ("details.parity", "8 comparisons, 460 numbers: all below 1e-12"),
}


@pytest.fixture(scope="module")
def with_folds(chapter):
    chapter.evaluate(
        "html => document.querySelector('article h1').insertAdjacentHTML('afterend', html)", WRITTEN
    )
    return chapter


@pytest.mark.parametrize("kind", FOLDS)
def test_a_fold_opens_by_keyboard_and_says_the_same(with_folds, kind):
    place, words = FOLDS[kind]
    fold = with_folds.locator(place).first
    bar = fold.locator("summary")
    inside = fold.locator(":scope > :not(summary)")
    with_folds.keyboard.press("Tab")  # whoever uses the keyboard sees where the focus is
    bar.focus()
    outline = bar.evaluate("e => [getComputedStyle(e).outlineStyle, e.offsetHeight]")
    assert outline[0] == "solid"
    assert outline[1] >= 24  # pixels: room for a finger
    for key, is_open in (("Enter", True), ("Space", False)):
        with_folds.keyboard.press(key)
        assert inside.is_visible() == is_open
        assert bar.inner_text().split("\n")[0].strip() == words
        assert (
            bar.evaluate("e => getComputedStyle(e.querySelector('p') ?? e).display") == "list-item"
        )


def test_what_folded_code_printed_stays(with_folds):
    assert with_folds.locator("details.hide + .cell_output").first.is_visible()


def test_what_is_folded_is_open_on_paper(with_folds):
    with_folds.emulate_media(media="print")
    with_folds.evaluate("dispatchEvent(new Event('beforeprint'))")
    seen = {
        kind: [
            with_folds.locator(f"{place} > {part}").first.is_visible()
            for part in ("summary", ":not(summary)")
        ]
        for kind, (place, _) in FOLDS.items()
    }
    marks = [
        with_folds.locator(f"{FOLDS[kind][0]} > summary").first.evaluate(
            "e => getComputedStyle(e).listStyleType"
        )
        for kind in ("answer", "parity")
    ]
    with_folds.evaluate("dispatchEvent(new Event('afterprint'))")
    with_folds.emulate_media(media="screen")
    assert seen == {"code": [False, True], "answer": [True, True], "parity": [True, True]}
    assert marks == ["none", "none"]  # no triangle where nothing folds


# A page made by hand, to see that the rules see.

FORMULA = (
    "<div class='formula' style='overflow: auto; {style}'><math>"
    "<mtext style='display: block; height: 20px; width: {width}px'></mtext></math></div>"
)


def formula(width=100, style="padding: 2px 0"):
    """Return a formula with one glyph."""
    return FORMULA.format(width=width, style=style)


def side(place, content, style=""):
    """Return a narrow side bar."""
    return f"<nav class='bd-sidebar-{place}' style='width: 5rem; {style}'>{content}</nav>"


EDGE = "overflow: auto; box-shadow: 0 0 red"
GOOD = (
    f"<article><div class='cell_output'><div class='highlight'>printed<br>lines</div></div>"
    f"{formula()}<div tabindex='0' data-more='right' style='{EDGE}'>"
    "<pre style='width: 500px'>long</pre></div><p>1e-12</p></article>"
    + side("primary", "well- known words")
    + side("secondary", "<a href='#'>a heading</a>")
)


@pytest.fixture
def bare(browser):
    """Return what the rules for a phone and for paper find on a page with this body."""
    with reader(browser, "light", "about:") as (page, _):

        def find(body):
            page.set_content(f"<!doctype html><style>* {{ line-height: 20px }}</style>{body}")
            page.evaluate(MATH_IS_DONE)
            return {**screen_complaints(page, 390), **paper_complaints(page)}

        yield find


def test_the_rules_accept_a_good_page(bare):
    assert {rule: found for rule, found in bare(GOOD).items() if found} == {}


def test_folded_code_is_not_open_code(bare):
    assert bare(f"<article><p>x</p><details><summary>T</summary>{LISTING}</article>")["code"] == []


WIDE = "<pre style='width: 900px'>long</pre>"
LISTING = "<div class='cell_input'><div class='highlight'><pre>x</pre></div></div>"
FOLDED = "<details><summary>T</summary><p>x</p></details>"
OPENS = "<script>onbeforeprint = () => { document.querySelector('details').open = true }</script>"
UNTITLED = "<style>@media print { h1 { display: none } }</style><h1>4. T</h1>"
BAD = [
    (formula(style=""), "glyphs", "clips math"),
    (f"<div style='overflow: hidden'>{formula(style='overflow: visible')}", "glyphs", "clips"),
    (formula(width=500), "unfit", "div.formula '' needs 500 px of 3"),
    (formula(width=500), "cut", "div.formula '' hides 1"),
    (f"<div style='{EDGE}'>{WIDE}</div>", "cut", "and does not say so"),
    (f"<div data-more='right' style='{EDGE}'>{WIDE}</div>", "cut", "and does not say so"),
    (f"<div tabindex='0' data-more='right' style='overflow: auto'>{WIDE}", "cut", "not say so"),
    (f"<div tabindex='0' data-more='right' style='{EDGE}; overflow: hidden'>{WIDE}", "cut", "so"),
    (WIDE, "cut", "pre 'long' sticks out"),
    (side("secondary", "<a>unbreakable</a>"), "contents", "unbreakable' runs out"),
    (side("secondary", "<a>unbreakable</a>", "overflow: auto"), "contents", "px wide"),
    (side("primary", "unbreakable", "overflow-wrap: anywhere"), "words", "'unbreakable' is"),
    ("<p style='width: 2ch'>1e-12</p>", "numbers", "'1e-12' is torn"),
    ("<details><summary>T</summary><p style='width: 2ch'>1e-12", "numbers", "'1e-12' is torn"),
    (f"<p>x</p>{LISTING}", "code", "open code takes"),
    (f"<details open><summary>T</summary>{LISTING}", "code", "open code takes"),
    (FOLDED, "folded", "stays folded"),
    (FOLDED + OPENS, "folded", "after printing, other parts are folded"),
    (f"<div style='overflow: auto'>{WIDE}</div>", "lost", "is 900 px wide for 7"),
    (UNTITLED, "lost", "the title '4. T' is missing"),
]


@pytest.mark.parametrize(("body", "rule", "complaint"), BAD)
def test_the_rules_see_a_bad_page(bare, body, rule, complaint):
    assert any(complaint in sentence for sentence in bare(f"<article>{body}</article>")[rule])


def test_every_rule_is_seen_to_see():
    assert {rule for _, rule, _ in BAD} == {*RULES, "code", "unfit", "folded", "lost"}
