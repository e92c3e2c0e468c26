"""Rule: chapters link to terms of the glossary in a form that JupyterLab follows, too."""

import re

import nbformat
import pytest
from notebook_files import ROOT, dumps, read
from sphinx_course.glossary_links import slug_of, terms_of, with_roles

from tests.rules.published import BOOK, each
from tests.site.links import parsed
from tests.site.small_site import build_small_site

TERMS = terms_of((ROOT / "book" / "glossary.md").read_text(encoding="utf-8"))


@each(BOOK)
def test_a_chapter_uses_links_and_each_has_its_term(path):
    text = dumps(read(path))
    assert "{term}`" not in text, "write [words](glossary.md#term-the-term)"
    linked = set(re.findall(r"glossary\.md#term-([^)\s]*)", text))
    assert linked <= set(TERMS)
    roles = dumps(nbformat.reads(with_roles(text, TERMS), as_version=4))
    assert "glossary.md#term-" not in roles
    found = re.findall(r"\{term\}`([^`]+) <([^`<>]+)>`", roles)
    assert len(found) == text.count("glossary.md#term-")
    assert {len(words.split()) for words, _ in found} <= set(range(1, 7))


def test_each_term_has_a_slug_of_its_own():
    text = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
    assert len(TERMS) > 100
    for term in TERMS.values():
        assert re.search(rf"^{re.escape(term)}$", text, re.MULTILINE)
        assert TERMS[slug_of(term)] == term


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("a [gate](glossary.md#term-gate)", "a {term}`gate <Gate>`"),
        ("[All gates](glossary.md#term-gate) of", "{term}`All gates <Gate>` of"),
        ('"source": ["a [gate](glossary.md#term-gate)"]', '"source": ["a {term}`gate <Gate>`"]'),
        ("[gone](glossary.md#term-gone)", "[gone](glossary.md#term-gone)"),
        ("[the glossary](glossary.md)", "[the glossary](glossary.md)"),
        ("![x](glossary.md#term-gate)", "![x](glossary.md#term-gate)"),
    ],
)
def test_links_become_roles_where_the_term_exists(text, roles):
    assert with_roles(text, {"gate": "Gate"}) == roles


def test_on_the_site_the_link_leads_to_the_term(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "index.md").write_text("# S\n\n```{toctree}\nbook/one\nbook/glossary\n```\n")
    (tmp_path / "book" / "one.md").write_text(
        "# One\n\n[Gates](glossary.md#term-open-gate) open.\n"
    )
    (tmp_path / "book" / "glossary.md").write_text(
        "# Glossary\n\n```{glossary}\n:sorted:\n\nopen gate\n  It lets all pass.\n```\n"
    )
    site = build_small_site(tmp_path, "sphinx_course.glossary_links")
    (link,) = [
        a for a in parsed(site / "book" / "one.html").select("article a") if a.text == "Gates"
    ]
    page, anchor = link["href"].split("#")
    assert parsed(site / "book" / page).find(id=anchor).get_text().startswith("open gate")
