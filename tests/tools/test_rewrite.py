"""A second build writes what has changed, and comes out as a fresh build does."""

import shutil
import sys

from sphinx.pycode import ModuleAnalyzer

from tests.rules.published import report
from tests.site.small_site import build_small_site

PAGES = {
    "index.md": """# Start

```{toctree}
:numbered:
one
book/two
package
references
```
""",
    "one.md": """# One

Words of the first page.

(a-part)=
## A part

```{math}
:label: eq-first
x = 1
```

{cite:t}`young2020` came late.

## Another
""",
    "book/two.md": """# Two

See [](/one.md), {ref}`a-part`, {eq}`eq-first`, {eq}`eq-own`, {py:func}`tiny_package.add`
and [](/one.md#another).

```{math}
:label: eq-own
y = 2
```

{cite:p}`old1990`
""",
    "package.md": """# The package

```{eval-rst}
.. automodule:: tiny_package
   :members:
```
""",
    "references.md": "# References\n\n```{bibliography}\n```\n",
    "tiny_package.py": '''"""A package."""


def add(a, b):
    """Return a sum."""
    return a + b
''',
    "book/references.bib": """@misc{old1990, author = {Old, Ann}, title = {First}, year = 1990}
@misc{young2020, author = {Young, Bo}, title = {Second}, year = 2020}
""",
}
SETTINGS = {
    "bibtex_bibfiles": ["book/references.bib"],
    "bibtex_reference_style": "author_year",
    "myst_heading_anchors": 3,
    "math_numfig": True,
    "nitpicky": True,
    "html_last_updated_fmt": None,
    "myst_enable_extensions": ["dollarmath"],
}
EXTENSIONS = (
    "sphinxcontrib.bibtex",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "sphinx.ext.mathjax",
    *(
        f"sphinx_course.{name}"
        for name in ("frame", "rewrite", "search_index", "shared_sidebar", "styles_first")
    ),
)


def build(folder, monkeypatch):
    """Build the site of a folder, and forget the package that it describes."""
    monkeypatch.syspath_prepend(folder)
    try:
        return build_small_site(folder, *EXTENSIONS, **SETTINGS)
    finally:
        sys.modules.pop("tiny_package", None)
        ModuleAnalyzer.cache.clear()


def files_of(site):
    """Return the files of a site; Sphinx's notes on the build are none."""
    kept = (path for path in site.rglob("*") if path.is_file() and path.name != ".buildinfo")
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in kept}


LISTING = "_modules/tiny_package.html"
EDITS = {
    "a word": ("one.md", "Words", "Sentences", {"one.html"}),
    "a page's title": ("one.md", "# One", "# First", {"book/two.html", LISTING}),
    "a section's title": ("one.md", "## A part", "## Something", {"book/two.html"}),
    "an equation before others": (
        "one.md",
        "```{math}",
        "```{math}\n:label: eq-new\nz = 0\n```\n\n```{math}",
        {"book/two.html"},
    ),
    "a citation": ("one.md", "{cite:t}`young2020` came", "They came", {"references.html"}),
    "a docstring": ("tiny_package.py", "a sum", "the sum", {"package.html", LISTING}),
    "a function's name": (
        "tiny_package.py",
        "    return a + b",
        '    return a + b\n\n\ndef more():\n    """Do more."""',
        {"package.html", LISTING},
    ),
    "the order of the pages": ("index.md", "one\nbook/two", "book/two\none", {"one.html"}),
}


def test_an_edited_site_comes_out_as_a_fresh_one(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    for name, text in PAGES.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text)
    before = files_of(build(folder, monkeypatch))
    complaints = []
    for number, (edit, (name, words, others, changed)) in enumerate(EDITS.items()):
        text = (folder / name).read_text()
        assert words in text
        (folder / name).write_text(text.replace(words, others, 1))
        times = {path: path.stat().st_mtime_ns for path in folder.glob("html/**/*.html")}
        found = files_of(build(folder, monkeypatch))
        fresh = tmp_path / f"fresh-{number}"
        shutil.copytree(folder, fresh, ignore=shutil.ignore_patterns("html", "trees"))
        wanted = files_of(build(fresh, monkeypatch))
        complaints += [
            f"{edit}: {path} is not as in a fresh build"
            for path in sorted(found.keys() | wanted.keys())
            if found.get(path) != wanted.get(path)
        ]
        complaints += [
            f"{edit}: {path} should have changed"
            for path in sorted(changed)
            if found[path] == before.get(path)
        ]
        if edit == "a word":
            kept = {path for path, time in times.items() if path.stat().st_mtime_ns == time}
            kept = {path.relative_to(folder / "html").as_posix() for path in kept}
            assert {"book/two.html", "package.html", LISTING} <= kept
        before = found
    report(complaints)
