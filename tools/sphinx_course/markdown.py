"""Turn a page, as Sphinx holds it, into plain Markdown.

What directives and roles stand for is resolved already: a citation is a name and a year, a
reference a number, a table a table. Formulas stay TeX, code stays code with what it printed below
it, and a picture is its alternative text and its caption. Folded code is left out, and named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from textwrap import indent

from bs4 import BeautifulSoup
from docutils import nodes
from sphinx import addnodes

# Not part of the text.
SKIPPED = (
    addnodes.index,
    addnodes.toctree,
    nodes.colspec,
    nodes.comment,
    nodes.label,
    nodes.substitution_definition,
    nodes.target,
)
PROGRAMS = {"ipython", "ipython3", "python3", "pycon"}
MARKS = {
    "emphasis": "*",
    "title_reference": "*",
    "strong": "**",
    "literal_strong": "**",
    "literal_emphasis": "*",
}
INLINE = (nodes.Text, nodes.Inline, nodes.image)


def one_line(text: str) -> str:
    """Return a text with every space and break as one space."""
    return " ".join(text.split())


def fenced(text: str, language: str) -> str:
    """Return code between fences that it does not hold itself."""
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def rows_of(table: Iterable[list[str]]) -> str:
    """Return a table whose first row is its head."""
    head, *rest = ([cell.replace("|", r"\|") for cell in row] for row in table)
    lines = [head, ["---"] * len(head), *rest]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def from_html(html: str) -> str:
    """Return what a piece of HTML says: a picture by its description, a table as a table."""
    soup = BeautifulSoup(html, "html.parser")
    for tag in soup(["script", "style"]):
        tag.decompose()
    for picture in soup("svg"):
        said = [tag.get_text() for tag in picture.find_all(["title", "desc"], limit=2)]
        picture.replace_with(f"[Figure: {one_line(' '.join(said))}]" if said else "")
    for image in soup("img"):
        image.replace_with(f"[Figure: {image['alt']}]" if image.get("alt") else "")
    blocks = []
    for table in soup("table"):
        rows = [row(["th", "td"]) for row in table("tr")]
        blocks.append(rows_of([[one_line(cell.get_text()) for cell in row] for row in rows if row]))
        table.replace_with(f"\n\0{len(blocks) - 1}\n")
    paragraphs = [one_line(part) for part in soup.get_text("\n").split("\n\n")]
    text = "\n\n".join(filter(None, paragraphs))
    text = re.sub(r" ?\0(\d+) ?", lambda found: f"\n\n{blocks[int(found[1])]}\n\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


class Markdown:
    """Writes one page. ``link`` turns an address of the page into one for the Markdown.

    ``number`` returns the number of a figure, table or equation, or an empty text.
    """

    def __init__(self, link: Callable[[str], str], number: Callable[[str, nodes.Element], str]):
        self.link, self.number = link, number
        self.level = 0

    # Text inside a line.

    def inline(self, node: nodes.Node) -> str:
        """Return the text of the parts of a node, in one line."""
        return "".join(self.part(child) for child in node.children)

    def part(self, node: nodes.Node) -> str:
        """Return the text of one part."""
        name = type(node).__name__
        if isinstance(node, nodes.Text):
            return str(node).replace("\n", " ")
        if isinstance(node, SKIPPED):
            return ""
        if isinstance(node, nodes.math):
            return f"${one_line(node.astext())}$"
        if isinstance(node, nodes.literal):
            text = node.astext().replace("\n", " ")
            return f"`` {text} ``" if "`" in text else f"`{text}`"
        if isinstance(node, nodes.image):
            return f"[Figure: {one_line(node['alt'])}]" if node.get("alt") else ""
        if isinstance(node, nodes.raw):
            return one_line(from_html(node.astext())) if "html" in node["format"] else ""
        text = self.inline(node)
        if isinstance(node, nodes.reference) and node.get("refuri") and text:
            return f"[{text}]({self.link(node['refuri'])})"
        if name in MARKS and text.strip():
            return f"{MARKS[name]}{text}{MARKS[name]}"
        return text

    # Paragraphs and what is larger.

    def blocks(self, parts: Iterable[nodes.Node]) -> list[str]:
        """Return paragraphs; parts of a line that stand side by side are one."""
        found: list[str] = []
        line = ""
        for node in parts:
            if isinstance(node, INLINE) and not isinstance(node, nodes.raw):
                line += self.part(node)
                continue
            found += [line.strip(), *self.block(node)]
            line = ""
        return [text for text in (*found, line.strip()) if text.strip()]

    def inner(self, node: nodes.Node) -> str:
        """Return the paragraphs inside a node."""
        return "\n\n".join(self.blocks(node.children))

    def block(self, node: nodes.Node) -> list[str]:
        """Return the paragraphs that a node stands for."""
        if isinstance(node, SKIPPED):
            return []
        for kind in type(node).__mro__:
            method = getattr(self, f"block_{kind.__name__}", None)
            if method is not None:
                text = method(node)
                return [text] if text else []
        if isinstance(node, nodes.TextElement):
            return [self.inline(node)]
        return self.blocks(node.children)

    def block_section(self, node: nodes.section) -> str:
        """A section: its title is one level below that of the section around it."""
        self.level += 1
        text = self.inner(node)
        self.level -= 1
        return text

    def block_title(self, node: nodes.title) -> str:
        """The title of a section, or of a box."""
        if isinstance(node.parent, nodes.section):
            return f"{'#' * min(self.level, 6)} {self.inline(node)}"
        return f"**{self.inline(node)}**"

    def block_rubric(self, node: nodes.rubric) -> str:
        """A title that is in no table of contents."""
        return f"**{self.inline(node)}**"

    def block_literal_block(self, node: nodes.literal_block) -> str:
        """Code, or what it printed."""
        language = node.get("language", "")
        plain = language in ("", "none", "default") or language.startswith("myst-ansi")
        name = "text" if plain else "python" if language in PROGRAMS else language
        return fenced(re.sub(r"\x1b\[[\d;]*m", "", node.astext()), name)

    def block_doctest_block(self, node: nodes.doctest_block) -> str:
        """An example of a docstring."""
        return fenced(node.astext(), "python")

    def block_container(self, node: nodes.container) -> str:
        """A box; that of a cell's outputs says what they are."""
        text = self.inner(node)
        return (
            f"Output:\n\n{text}" if text and node.get("nb_element") == "cell_code_output" else text
        )

    def block_HideCodeCellNode(self, node: nodes.Element) -> str:
        """Folded code: its bar says what is inside."""
        return f"*Folded code: {node['prompt_show']}*"

    def block_math_block(self, node: nodes.math_block) -> str:
        """A displayed formula, with its number."""
        tag = self.number("displaymath", node) if node.get("label") else ""
        tex = node.astext().strip()
        return f"$$\n{tex}{f' {chr(92)}tag{{{tag}}}' if tag else ''}\n$$"

    def block_Admonition(self, node: nodes.Element) -> str:
        """A box with a name."""
        name = type(node).__name__.removesuffix("_node")
        title = "" if name == "admonition" else f"**{name.capitalize()}**\n\n"
        return indent(title + self.inner(node), "> ", lambda line: True).replace("> \n", ">\n")

    def block_block_quote(self, node: nodes.block_quote) -> str:
        """A quotation."""
        return indent(self.inner(node), "> ", lambda line: True).replace("> \n", ">\n")

    def block_bullet_list(self, node: nodes.bullet_list) -> str:
        """A list; its items are set in by the width of their marks."""
        return self.items(node, ["- "] * len(node.children))

    def block_enumerated_list(self, node: nodes.enumerated_list) -> str:
        """A list with numbers."""
        start = node.get("start", 1)
        return self.items(node, [f"{n}. " for n in range(start, start + len(node.children))])

    def items(self, node: nodes.Element, marks: list[str]) -> str:
        """Return the items of a list, loose if one of them has several paragraphs."""
        texts = [self.inner(item) for item in node.children]
        lines = [
            mark + indent(text, " " * len(mark)).strip()
            for mark, text in zip(marks, texts, strict=True)
        ]
        return ("\n\n" if any("\n\n" in text for text in texts) else "\n").join(lines)

    def block_definition_list_item(self, node: nodes.definition_list_item) -> str:
        """A word, and what it means."""
        terms = [self.inline(child) for child in node.children if isinstance(child, nodes.term)]
        meaning = [child for child in node.children if isinstance(child, nodes.definition)]
        said = "\n\n".join(self.inner(child) for child in meaning)
        return f"- **{', '.join(terms)}**\n\n{indent(said, '  ')}"

    def block_field(self, node: nodes.field) -> str:
        """A part of a docstring, such as its parameters."""
        name, body = node.children
        return f"**{self.inline(name)}**\n\n{self.inner(body)}"

    def block_citation(self, node: nodes.citation) -> str:
        """An entry of the list of references."""
        return f"- {one_line(self.inner(node))}"

    def block_desc_signature(self, node: addnodes.desc_signature) -> str:
        """How a function is called."""
        return f"**`{one_line(node.astext())}`**"

    def block_figure(self, node: nodes.figure) -> str:
        """A picture, by its description and its caption."""
        return self.inner(node)

    def block_caption(self, node: nodes.caption) -> str:
        """The words below a picture, with its number."""
        number = self.number("figure", node.parent)
        return f"*{f'Fig. {number}. ' if number else ''}{self.inline(node)}*"

    def block_table(self, node: nodes.table) -> str:
        """A table; a cell of several paragraphs becomes one line."""
        title = [
            self.block_rubric(child) for child in node.children if isinstance(child, nodes.title)
        ]
        rows = [
            [one_line(self.inner(entry)) for entry in row.children]
            for row in node.findall(nodes.row)
        ]
        return "\n\n".join([*title, rows_of(rows)] if rows else title)

    def block_raw(self, node: nodes.raw) -> str:
        """What a cell or a directive wrote as HTML."""
        return from_html(node.astext()) if "html" in node["format"] else ""

    def block_transition(self, node: nodes.transition) -> str:
        """A line across the page."""
        return "---"


def page_as_markdown(
    document: nodes.document,
    link: Callable[[str], str],
    number: Callable[[str, nodes.Element], str],
) -> str:
    """Return a page as Markdown."""
    return Markdown(link, number).inner(document) + "\n"
