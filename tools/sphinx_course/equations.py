"""From code to equation (links in docstrings) and from equation to code (``equation-table``)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from sphinx_course.citations import citations, labels_in
from sphinx_course.rewrite import note_generated_page

PACKAGE = "course_pkg"


def link_equations(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Turn the line ``Equation: eq-label`` of a docstring into a link to the equation."""
    for i, line in enumerate(lines):
        if labels := labels_in(line):
            indent = line[: len(line) - len(line.lstrip())]
            roles = ", ".join(f":eq:`{label}`" for label in labels)
            lines[i] = f"{indent}Equation{'s' * (len(labels) > 1)} {roles}"


class equation_table(nodes.General, nodes.Element):  # noqa: N801 (docutils names nodes so)
    """Where the table goes, until all equations are known."""


class EquationTable(SphinxDirective):
    """``equation-table``: every labelled equation, with the functions that compute it."""

    def run(self) -> list[nodes.Node]:
        """Leave a placeholder."""
        note_generated_page(self.env, "book", "course_pkg")
        return [equation_table()]


class FillEquationTable(SphinxPostTransform):
    """Put the table in, its links unresolved."""

    default_priority = 5  # before Sphinx resolves references

    def run(self, **kwargs: Any) -> None:
        """Replace every placeholder."""
        for placeholder in list(self.document.findall(equation_table)):
            placeholder.replace_self(self._table())

    def _table(self) -> nodes.Node:
        names: dict[str, list[str]] = {}
        for citation in citations(Path(self.env.srcdir) / PACKAGE):
            names.setdefault(citation.label, []).append(citation.name)
        equations = self.env.get_domain("math").equations  # type: ignore[attr-defined]
        formulas = {
            docname: self._formulas(docname)
            for docname in {place[0] for place in equations.values()}
        }
        rows = [
            _make_row(
                [
                    [self._equation_link(label)],
                    [self._page_link(docname)],
                    [nodes.literal("", label)],
                ],
                [formulas[docname].get(label, []), self._code_links(names.get(label, []))],
            )
            for label, (docname, _) in sorted(equations.items(), key=lambda item: item[1])
        ]
        return _make_table(rows) if rows else nodes.paragraph("", "No equation is labelled yet.")

    def _equation_link(self, label: str) -> nodes.Node:
        return addnodes.pending_xref(
            "",
            nodes.literal("", label),
            refdomain="math",
            reftype="eq",
            reftarget=label,
            refdoc=self.env.docname,
            refexplicit=False,
            refwarn=True,
        )

    def _formulas(self, docname: str) -> dict[str, list[nodes.Node]]:
        return {
            block["label"]: [nodes.math("", rf"\displaystyle {block.astext().strip()}")]
            for block in self.env.get_doctree(docname).findall(nodes.math_block)
            if block.get("label") and not block.get("nowrap")
        }

    def _page_link(self, docname: str) -> nodes.Node:
        title = self.env.titles[docname].astext()
        return addnodes.pending_xref(
            "",
            nodes.inline("", title),
            refdomain="std",
            reftype="doc",
            reftarget=f"/{docname}",
            refdoc=self.env.docname,
            refexplicit=True,
            refwarn=True,
        )

    def _code_links(self, names: list[str]) -> list[nodes.Node]:
        links: list[nodes.Node] = []
        for name in names:
            text = nodes.literal("", name.removeprefix(f"{PACKAGE}."))
            private = any(part.startswith("_") for part in name.split("."))
            links += [nodes.Text(", ")] * bool(links)
            links.append(text if private else self._code_link(name, text))
        return links or [nodes.Text("not computed by the package")]

    def _code_link(self, name: str, text: nodes.Node) -> nodes.Node:
        return addnodes.pending_xref(
            "",
            text,
            refdomain="py",
            reftype="obj",
            reftarget=name,
            refdoc=self.env.docname,
            refexplicit=True,
            refwarn=True,
        )


def _make_table(rows: list[nodes.row]) -> nodes.table:
    group = nodes.tgroup(cols=2)
    group += [nodes.colspec(colwidth=30), nodes.colspec(colwidth=70)]
    head, body = nodes.thead(), nodes.tbody()
    head += _make_row([[nodes.Text("Equation")]], [[nodes.Text("Formula and code")]])
    body += rows
    group += [head, body]
    table = nodes.table(classes=["equation-table"])
    table += group
    return table


def _make_row(*cells: list[list[nodes.Node]]) -> nodes.row:
    """Make a row out of cells, a cell being a list of paragraphs."""
    row = nodes.row()
    for cell in cells:
        row += nodes.entry("", *(nodes.paragraph("", "", *parts) for parts in cell if parts))
    return row


def setup(app: Sphinx) -> None:
    """Register directive, placeholder, transform and hook."""
    app.add_node(equation_table)
    app.add_directive("equation-table", EquationTable)
    app.add_post_transform(FillEquationTable)
    app.connect("autodoc-process-docstring", link_equations)
