"""The API reference of the built site: every public module of the package is in it."""

import pytest
from notebook_files import ROOT


def missing_modules(root, site):
    """Return the package's public modules that no page documents."""
    text = "".join(page.read_text(encoding="utf-8") for page in site.glob("book/api/*.html"))
    names = (
        ".".join(path.relative_to(root).with_suffix("").parts)
        for path in sorted(root.glob("course_pkg/**/*.py"))
        if not path.name.startswith("_")
    )
    return [name for name in names if f'id="module-{name}"' not in text]


def test_every_module_is_documented(site):
    assert missing_modules(ROOT, site) == []


@pytest.mark.parametrize(("page", "missing"), [("adam", []), ("adam_w", ["course_pkg.adam"])])
def test_the_rule_sees_a_module_without_a_page(tmp_path, page, missing):
    (tmp_path / "course_pkg").mkdir()
    (tmp_path / "course_pkg" / "adam.py").touch()
    (tmp_path / "course_pkg" / "__main__.py").touch()
    (tmp_path / "book" / "api").mkdir(parents=True)
    (tmp_path / "book" / "api" / "parts.html").write_text(f'<p id="module-course_pkg.{page}">')
    assert missing_modules(tmp_path, tmp_path) == missing
