"""Formulas of the built site: set when it was built, in the font it carries, copied as TeX."""

import re
from xml.etree import ElementTree

import pytest
from notebook_files import ROOT
from sphinx.errors import SphinxWarning
from sphinx_course.math_font import CHARACTERS, NAME
from sphinx_course.mathml_core import KEPT, shown

from tests.rules.published import report
from tests.site.inspection import chromium, reader, visit
from tests.site.links import pages, parsed
from tests.site.small_site import build_small_site

FORMULA = re.compile(r"<math.*?</math>", re.DOTALL)
PROGRAM = re.compile(r"<script[^>]*mathjax", re.IGNORECASE)
STYLE = (ROOT / "book" / "site" / "mathematics.css").read_text(encoding="utf-8")
CLASSES = set(re.findall(r"\.([a-z]+(?:-\d+)?)\b", STYLE))
FRAME = {"semantics", "annotation"}


def complaints(text):
    """Return what is wrong with a formula, as it stands in a page."""
    root = ElementTree.fromstring(text)
    found = []
    tex = root.find("semantics/annotation")
    if tex is None or not (tex.text or "").strip():
        found.append("keeps no TeX")
    for element in root.iter():
        if element.tag == "annotation":
            continue
        if element.tag not in KEPT.keys() | FRAME:
            found.append(f"has {element.tag}")
        found += [
            f"lacks a style for .{c}" for c in element.get("class", "").split() if c not in CLASSES
        ]
        found += [f"has {c!r}, which the font lacks" for c in set(shown(element)) - CHARACTERS]
    return found


def test_every_formula_is_set_in_words_that_browsers_know(site):
    texts = {page: page.read_text(encoding="utf-8") for page in pages(site)}
    formulas = {text: page for page, content in texts.items() for text in FORMULA.findall(content)}
    assert len(formulas) > 1500
    report(
        [
            f"{page.relative_to(site)}: {complaint}: {text[-200:]}"
            for text, page in formulas.items()
            for complaint in complaints(text)
        ]
    )
    assert [page for page, content in texts.items() if PROGRAM.search(content)] == []
    assert [path for path in site.rglob("*") if "mathjax" in path.name.lower()] == []
    assert (site / "_static" / NAME).is_file()


def test_no_stop_begins_a_line_behind_a_formula(site):
    """Browsers break lines behind a formula, so each stop is held to it."""
    held = re.compile(r'<span class="held">(?:(?!</math>).)*</math></span>[^<]*</span>', re.DOTALL)
    loose = re.compile(r"</math></span>[.,;:!?)]|[(]<span class=\"math notranslate")
    texts = {page: page.read_text(encoding="utf-8") for page in pages(site)}
    assert sum(len(held.findall(content)) for content in texts.values()) > 500
    report(
        [
            f"{page.relative_to(site)}: {found[0]}"
            for page, content in texts.items()
            for found in loose.finditer(held.sub("", content))
        ]
    )


@pytest.mark.parametrize(
    ("inside", "complaint"),
    [
        ("<mi>a</mi>", "keeps no TeX"),
        ("<merror/>", "has merror"),
        ('<mtr class="gap-99"/>', "lacks a style for .gap-99"),
        ("<mi>ж</mi>", "has 'ж', which the font lacks"),
    ],
)
def test_the_rules_see_a_bad_formula(inside, complaint):
    tex = "" if complaint == "keeps no TeX" else "a"
    note = f"<annotation>{tex}</annotation>"
    assert complaint in complaints(f"<math><semantics>{inside}{note}</semantics></math>")


# A site of two pages, for what Sphinx adds around formulas.

PAGE = r"""# Start

```{math}
:label: eq-first
a &= b \\
  &= c
```

```{math}
a = b

c = d
```

See {eq}`eq-first`, and {math}`h_t < 1`.

## The state {math}`h_t`

```{contents}
```
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("formulas")
    (folder / "index.md").write_text(PAGE)
    return parsed(build_small_site(folder, "sphinx_course.mathematics") / "index.html")


def tex_of(tag):
    return [note.get_text() for note in tag.find_all("annotation")]


def test_a_labelled_formula_has_its_number_and_is_linked_to(small):
    block = small.select_one("#equation-eq-first")
    assert block.select_one("span.eqno").get_text() == "(1)#"
    assert block.select_one("span.eqno a")["href"] == "#equation-eq-first"
    assert small.select_one('p a[href="#equation-eq-first"]').get_text() == "(1)"
    assert tex_of(block) == ["a &= b \\\\\n  &= c"]
    assert len(block.select("mtr")) == 2


def test_an_empty_line_starts_another_equation(small):
    assert len(small.select("div.math")[1].select("mtr")) == 2


def test_formulas_are_set_in_headings_and_lists_of_contents_too(small):
    assert tex_of(small.select_one("section h2")) == ["h_t"]
    assert all(tex_of(link) == ["h_t"] for link in small.select('a[href="#the-state-h-t"] .math'))
    assert tex_of(small.select_one("p .math")) == ["h_t < 1"]


@pytest.mark.parametrize(
    ("tex", "message"),
    [
        (r"\unheard{a}", "cannot set the formula"),
        (r"\boxed{a}", "browsers do not know the element menclose"),
        ("ж", "the font lacks 'ж'"),
    ],
)
def test_a_formula_that_cannot_be_set_ends_the_build(tmp_path, tex, message):
    (tmp_path / "index.md").write_text(f"# Start\n\nSee {{math}}`{tex}`.\n")
    with pytest.raises(SphinxWarning) as caught:
        build_small_site(tmp_path, "sphinx_course.mathematics")
    assert message in str(caught.value)
    assert tex in str(caught.value)
    assert "index.md" in str(caught.value)


COPY = """() => {
    const event = new ClipboardEvent('copy',
        { clipboardData: new DataTransfer(), bubbles: true, cancelable: true })
    return document.dispatchEvent(event) ? null : event.clipboardData.getData('text/plain')
}"""
SELECT = """([from, to]) => {
    const first = document.querySelector(from), last = document.querySelector(to)
    getSelection().setBaseAndExtent(first, 0, last, last.childNodes.length)
}"""


@pytest.mark.browser
def test_a_reader_copies_tex(site):
    base = site.resolve().as_uri() + "/"
    with chromium() as browser, reader(browser, "light", base) as (page, troubles):
        visit(page, f"{base}book/04-lstm.html")
        assert page.evaluate("document.fonts.check('16px STIX Two Math', '𝑥∑')")
        block = page.locator("div.formula math").first
        tex = block.locator("annotation").text_content()
        block.dblclick()
        assert page.evaluate(COPY) == tex
        # From the middle of a formula to the end of the paragraph after it.
        page.evaluate(
            "document.querySelector('div.formula').closest('div.math')"
            ".insertAdjacentHTML('afterend', '<p id=after>so <i>it</i> is</p>')"
        )
        page.evaluate(SELECT, ["div.formula mi", "#after"])
        assert page.evaluate(COPY).split("\n")[0] == f"$${tex}$$".split("\n")[0]
        assert page.evaluate(COPY).endswith("so it is")
        inline = page.locator("p > span.math").first
        inline.evaluate("e => { e.parentElement.id = 'with' }")
        page.evaluate(SELECT, ["#with", "#with"])
        copied = page.evaluate(COPY)
        for text in page.locator("#with annotation").all_text_contents():
            assert f"${text}$" in copied
        # What holds no formula is copied as ever.
        page.evaluate(SELECT, ["#after", "#after"])
        assert page.evaluate(COPY) is None
        assert troubles == []
