"""A second build writes what has changed, and comes out as a fresh build does."""

import os
import pickle
import shutil
import sys
from types import ModuleType

from sphinx.pycode import ModuleAnalyzer
from sphinx_course.rewrite import GENERATED

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
formulas
figure
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
    "formulas.md": "# Formulas\n\n```{equation-table}\n```\n",
    "course_pkg/tiny.py": 'def _f():\n    """Return it.\n\n    Equation: eq-first\n    """\n',
    "figure.md": "# A figure\n\n```{explorer} lengths\nA caption.\n```\n",
    "book/results/lengths.csv": "seed,trained,length,accuracy\n"
    + "".join(f"1,{name},{n},1.000\n" for name in ("14", "even", "all") for n in range(6, 34)),
    "book/results/lengths-more.csv": "seed,trained,length,accuracy\n",
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
    "exclude_patterns": ["html"],  # it holds pages as Markdown
    "html_math_renderer": "mathml",
    "html_last_updated_fmt": None,
    "myst_enable_extensions": ["dollarmath"],
}
EXTENSIONS = (
    "sphinxcontrib.bibtex",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    *(
        f"sphinx_course.{name}"
        for name in (
            "equations",
            "explorers",
            "footer",
            "frame",
            "markdown_pages",
            "mathematics",
            "publishing",
            "rewrite",
            "search_index",
            "shared_sidebar",
            "styles_first",
        )
    ),
)


def write_pages(folder):
    """Write the sources of the site into a new folder."""
    for name, text in PAGES.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text)
    return folder


def build(folder, monkeypatch, *more):
    """Build the site of a folder, and forget the package that it describes."""
    monkeypatch.syspath_prepend(folder)
    try:
        return build_small_site(folder, *EXTENSIONS, *more, **SETTINGS)
    finally:
        sys.modules.pop("tiny_package", None)
        ModuleAnalyzer.cache.clear()


def files_of(site):
    """Return the files of a site; Sphinx's notes on the build are none."""
    kept = (path for path in site.rglob("*") if path.is_file() and path.name != ".buildinfo")
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in kept}


LISTING = "_modules/tiny_package.html"
EDITS = {
    "a word": ("one.md", "Words", "Sentences", {"one.html", "one.md", "llms.txt"}),
    "a page's title": ("one.md", "# One", "# First", {"book/two.html", "book/two.md", LISTING}),
    "a section's title": ("one.md", "## A part", "## Something", {"book/two.html"}),
    "an equation before others": (
        "one.md",
        "```{math}",
        "```{math}\n:label: eq-new\nz = 0\n```\n\n```{math}",
        {"book/two.html", "book/two.md", "formulas.html"},
    ),
    "a formula": ("book/two.md", "y = 2", "y = 3", {"formulas.html", "formulas.md"}),
    "what a function computes": (
        "course_pkg/tiny.py",
        "eq-first",
        "eq-own",
        {"formulas.html", "formulas.md"},
    ),
    "a page that is made from files": ("figure.md", "A caption", "The caption", {"figure.html"}),
    "a recorded number": (
        "book/results/lengths.csv",
        "1,even,20,1.000",
        "1,even,20,0.500",
        {"figure.html"},
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
    folder = write_pages(tmp_path / "site")
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
            assert {"book/two.html", "figure.html", "package.html", LISTING} <= kept
        before = found
    report(complaints)


def change(path, words, others):
    """Edit a file and give it an old time, as a copied file can have."""
    text = path.read_text()
    assert words in text
    path.write_text(text.replace(words, others, 1))
    os.utime(path, (1, 1))


def test_what_is_edited_while_the_site_is_built_is_new_to_the_next_build(tmp_path, monkeypatch):
    folder = write_pages(tmp_path)
    edits = {
        "tiny_package.py": ("a sum", "the sum", "our sum"),
        "book/results/lengths.csv": ("1.000", "0.250", "0.125"),
    }
    meanwhile = []

    def edit(app, env):
        for name, words in meanwhile:
            change(folder / name, *words)
        return []

    hasty = ModuleType("hasty")
    hasty.setup = lambda app: {"version": str(app.connect("env-get-updated", edit))}
    monkeypatch.setitem(sys.modules, "hasty", hasty)

    build(folder, monkeypatch, "hasty")
    for name, (first, second, _) in edits.items():
        change(folder / name, first, second)
    meanwhile += [(name, words[1:]) for name, words in edits.items()]
    site = build(folder, monkeypatch, "hasty")
    pages = [site / "package.html", site / "figure.html"]
    before = [path.read_text() for path in pages]
    assert "the sum" in before[0]
    assert "25 %" in before[1]
    meanwhile.clear()
    build(folder, monkeypatch, "hasty")
    assert "our sum" in pages[0].read_text()
    assert "12.5 %" in pages[1].read_text()


def test_pages_of_exercises_follow_the_package(tmp_path):
    """Its imports say which of them run, in the page or not."""
    for name in ("site/exercises", "files"):
        (tmp_path / name).mkdir(parents=True)
    site, files = tmp_path / "site", tmp_path / "files"
    (site / "index.md").write_text("# Start\n\n```{toctree}\nexercises/one\n```\n")
    (site / "exercises" / "one.md").write_text("# One\n")
    build_small_site(site, "sphinx_course.run_in_page", course_run_files=str(files))
    env = pickle.loads((site / "trees" / "environment.pickle").read_bytes())
    assert getattr(env, GENERATED) == {"exercises/one": {"course_pkg"}}
