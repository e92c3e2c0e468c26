"""The API reference of the built site: every module has its section, no page is too large."""

import re

import pytest
from notebook_files import ROOT

from tests.rules.published import report
from tests.site.links import parsed

LARGEST = 400_000  # bytes of HTML


def api_pages(site):
    return [site / "book" / "api.html", *sorted((site / "book" / "api").rglob("*.html"))]


def missing_modules(root, site):
    """Return the package's public modules and rooms that no page documents."""
    text = "".join(page.read_text(encoding="utf-8") for page in api_pages(site))
    names = (
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted(root.glob("course_pkg/**/*.py"))
        if path.name == "__init__.py" or not path.name.startswith("_")
    )
    return [name for name in names if f'id="module-{name}"' not in text]


def too_large(site):
    """Return the pages of more bytes than a phone should load for one room."""
    sizes = {page: page.stat().st_size for page in api_pages(site)}
    return [
        f"{page.relative_to(site)}: {size:,} bytes, at most {LARGEST:,} are wanted."
        for page, size in sizes.items()
        if size > LARGEST
    ]


def test_every_module_is_documented(site):
    assert missing_modules(ROOT, site) == []


def test_no_page_is_too_large(site):
    report(too_large(site))


def test_a_section_has_a_short_title_and_the_import_to_type(site):
    page = parsed(site / "book" / "api" / "reference" / "cells.html")
    section = page.find(id="module-course_pkg.reference.cells.lstm").find_parent("section")
    assert section.h2.find(string=True) == "cells.lstm"
    assert section.pre.get_text().strip() == "from course_pkg.reference.cells import lstm"
    entries = page.select(".page-toc > ul > li > a, .page-toc .toc-h2 > a")
    assert "cells.lstm" in [entry.get_text(strip=True) for entry in entries]


def test_a_function_of_the_reference_can_be_unfolded(site):
    page = parsed(site / "book" / "api" / "reference" / "cells.html")
    step = page.find(id="course_pkg.reference.cells.lstm.step").find_next_sibling("dd")
    (glance,) = step.select("details.glance")
    assert not glance.has_attr("open")
    assert glance.summary.get_text().startswith("At a glance: ")
    code = glance.select_one(".highlight-python pre")
    assert "c_next = f * c + i * g\n" in code.get_text()
    assert code.select(".c1")  # comments have a colour of their own


def test_names_and_punctuation_have_the_colour_of_the_text(site):
    """So `lean_code` may leave their elements out."""
    css = (site / "_static" / "pygments.css").read_text(encoding="utf-8")
    for theme in ("light", "dark"):
        start = rf'html\[data-theme="{theme}"\] \.highlight '
        text, *plain = (
            re.search(rf"{start}{part}\{{.*\bcolor: (#\w+)", css)[1]
            for part in ("", r"\.n ", r"\.p ", r"\.w ")
        )
        assert plain == [text] * 3


@pytest.mark.parametrize(("page", "missing"), [("adam", []), ("adam_w", ["course_pkg.a.adam"])])
def test_the_rule_sees_a_module_without_a_page(tmp_path, page, missing):
    (tmp_path / "course_pkg" / "a").mkdir(parents=True)
    (tmp_path / "course_pkg" / "a" / "adam.py").touch()
    (tmp_path / "course_pkg" / "__main__.py").touch()
    (tmp_path / "book" / "api" / "a").mkdir(parents=True)
    (tmp_path / "book" / "api.html").touch()
    (tmp_path / "book" / "api" / "a" / "b.html").write_text(f'<p id="module-course_pkg.a.{page}">')
    assert missing_modules(tmp_path, tmp_path) == missing


def test_the_rule_sees_a_large_page(tmp_path):
    (tmp_path / "book" / "api").mkdir(parents=True)
    (tmp_path / "book" / "api.html").write_text("a" * LARGEST)
    (tmp_path / "book" / "api" / "b.html").write_text("b" * (LARGEST + 1))
    assert too_large(tmp_path) == ["book/api/b.html: 400,001 bytes, at most 400,000 are wanted."]
