"""Each page as Markdown: what stands in it, and that the list and the links in it lead to pages."""

import posixpath
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_files import METADATA, ROOT, dumps, write
from sphinx_course.markdown import fenced, from_html

from tests.rules.published import BOOK, report
from tests.site.links import parsed
from tests.site.small_site import build_small_site

LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^()\s]+)\)")
CODE = re.compile(r"^(`{3,})[^\n]*\n.*?^\1$|`[^`\n]+`", re.DOTALL | re.MULTILINE)

PAGE = r"""# One & two

**What is $x_t$?** See {eq}`eq-one`, [the other](other.md) and {ref}`part`.

$$
h_t = \tanh(a_t)
$$ (eq-one)

:::{admonition} Think first
:class: think-first
The question?

- one `a`
- two

  more of two
:::

| a | b |
|---|---|
| 1 | $y$ |

1. first
2. second

> quoted

Word
: What it means.

```python
print("`")
```
"""
IMAGE = {"text/html": "<table><tr><th>n</th></tr><tr><td>3</td></tr></table>", "text/plain": "n 3"}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("markdown") / "site"
    folder.mkdir()
    cells = [
        new_markdown_cell(PAGE),
        new_code_cell(
            "1 + 1",
            outputs=[
                new_output("stream", text="two\n"),
                new_output("display_data", data=IMAGE),
            ],
        ),
    ]
    folded = {"tags": ["hide-input"], "mystnb": {"code_prompt_show": "Set-up: imports"}}
    shown = [new_output("stream", text="ready\n")]
    cells.append(new_code_cell("import secret", metadata=folded, outputs=shown))
    notebook = new_notebook(cells=cells, metadata=METADATA)
    (folder / "book" / "api").mkdir(parents=True)
    (folder / "book" / "api" / "room.md").write_text("# A room\n\nWords.\n")
    write(folder / "one.ipynb", dumps(notebook))
    (folder / "other.md").write_text("# Other\n\nWords of the other.\n\n(part)=\n## Part\n\nX.\n")
    toctree = "```{toctree}\n:caption: Part I\none\nbook/api/room\n```\n"
    more = '```{toctree}\n:caption: "Appendix: solutions"\nother\n```\n'
    (folder / "index.md").write_text(f"# Start\n\nWhat this is.\n\n{toctree}\n{more}")
    return build_small_site(
        folder,
        "sphinx_course.publishing",
        "sphinx_course.markdown_pages",
        project="A Course",
        math_numfig=True,
        myst_enable_extensions=["dollarmath", "colon_fence", "deflist"],
    )


@pytest.mark.parametrize(
    "block",
    [
        "# One & two\n\n**What is $x_t$?** See (1), [the other](other.md) and [Part](other.md).",
        "$$\nh_t = \\tanh(a_t) \\tag{1}\n$$",
        "> **Think first**\n>\n> The question?\n>\n> - one `a`\n>\n> - two\n>\n>   more of two\n",
        "| a | b |\n| --- | --- |\n| 1 | $y$ |\n",
        "1. first\n2. second\n",
        "\n> quoted\n",
        "- **Word**\n\n  What it means.\n",
        '```python\nprint("`")\n```\n',
        "```python\n1 + 1\n```\n\nOutput:\n\n```text\ntwo\n```\n",
        "| n |\n| --- |\n| 3 |\n",
        "*Folded code: Set-up: imports*\n\nOutput:\n\n```text\nready\n```\n",
        "With all code, folded code too: [the notebook](_sources/one.ipynb).\n",
    ],
)
def test_a_page_says_the_same(small, block):
    assert block in (small / "one.md").read_text(encoding="utf-8")


def test_a_page_names_its_licence_and_leads_to_its_markdown(small):
    text = (small / "one.md").read_text(encoding="utf-8")
    assert "import secret" not in text
    assert text.count("\n---\n\nA Course, version 0.") == 1
    assert "Text and figures: CC BY 4.0. Code: MIT.\n" in text
    (link,) = parsed(small / "one.html").select("link[type='text/markdown']")
    assert (link["rel"], link["href"]) == (["alternate"], "one.md")


def test_the_list_names_each_page_with_its_first_sentence(small):
    assert (small / "llms.txt").read_text(encoding="utf-8").split("\n\n")[0:1] == ["# A Course"]
    text = (small / "llms.txt").read_text(encoding="utf-8")
    assert "\n> What this is.\n" in text
    assert "## Part I\n\n- [One & two](one.md): What is $x_t$? See (1), the other" in text
    assert "- [A room](book/api/room.html)\n" in text
    assert not (small / "book" / "api" / "room.md").exists()
    assert "## Optional\n\n- [Other](other.md): Words of the other.\n" in text


def test_html_is_read_as_text():
    picture = "<svg><title>Two curves</title><desc>One falls.</desc><text>a</text></svg>"
    assert from_html(f"<p>Before <b>it</b></p>{picture}<script>1</script>") == (
        "Before it [Figure: Two curves One falls.]"
    )
    assert from_html("<img alt='A plane' src='x'>") == "[Figure: A plane]"
    assert from_html("<p>a</p><table><tr><td>x|y</td></tr></table>") == "a\n\n| x\\|y |\n| --- |"


def test_a_fence_is_longer_than_those_inside():
    assert fenced("```\nx\n```", "text") == "````text\n```\nx\n```\n````"


# The whole site.


def documents(site):
    """Return the pages as Markdown; below _sources and the like lie files of other kinds."""
    return sorted(
        path for path in site.rglob("*.md") if not path.parts[len(site.parts)].startswith("_")
    )


def dead_links(path: Path, site: Path) -> list[str]:
    """Return a sentence for each link of a page that leads nowhere in the site."""
    text = CODE.sub("", path.read_text(encoding="utf-8"))
    found = []
    for address in LINK.findall(text):
        parts = urlsplit(address)
        target = posixpath.normpath(path.parent / unquote(parts.path))
        if parts.scheme or not parts.path or Path(target).is_file():
            continue
        found.append(f"{path.relative_to(site)}: {address!r} leads to a file that is not there.")
    return found


def test_each_page_of_the_site_is_there_too(site):
    written = {path.relative_to(site).with_suffix("").as_posix() for path in documents(site)}
    for folder in ("book", "exercises", "solutions"):
        assert {f"{folder}/{chapter.stem}" for chapter in BOOK} <= written
    text = (site / "llms.txt").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(([^)]+)\.md\)", text)) == written
    for page in re.findall(r"\]\(([^)]+\.html)\)", text):
        assert page.startswith("book/api/")
        assert (site / page).is_file()
    report([sentence for path in documents(site) for sentence in dead_links(path, site)])


def test_they_add_little_to_the_site(site):
    total = sum(path.stat().st_size for path in (*documents(site), site / "llms.txt"))
    assert total <= 1_500_000, f"{total:,} bytes"


def test_a_chapter_keeps_its_formulas_code_and_outputs(site):
    text = (site / "book" / "04-lstm.md").read_text(encoding="utf-8")
    source = (ROOT / "book" / "04-lstm.ipynb").read_text(encoding="utf-8")
    labels = re.findall(r"\$\$ \(eq-[\w-]+\)", source)
    assert text.count("\\tag{4.") == len(labels) > 0
    for part in ("```python\n", "Output:\n", "[Figure: ", "*Fig. 4.1. ", "$c_t$"):
        assert part in text
    assert not re.search(r"\{(?:numref|eq|term|cite[:a-z]*|doc)\}`|:::|<div|<span|mjx-", text)


def test_without_solutions_none_is_listed(site_without_solutions):
    text = (site_without_solutions / "llms.txt").read_text(encoding="utf-8")
    assert "solutions/" not in text
    assert "## Optional" not in text
