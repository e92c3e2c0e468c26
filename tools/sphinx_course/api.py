"""The directive ``api-modules``: the page of one room of the package.

A room is a folder of modules. Its docstring opens the page, and one paragraph of it names, in
double backticks, the room's modules and the rooms inside it, in the order in which one should read
them; "``...``" stands for those that are not named. Each module gets a section; a room inside has
a page of its own.
"""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from sphinx_course.rewrite import note_generated_page

NAME = re.compile(r"``([a-z_][a-z0-9_]*)``")


def contents(folder: Path) -> tuple[set[str], set[str]]:
    """Return the names of a room's public modules, and of the rooms inside it."""
    public = [path for path in folder.iterdir() if not path.name.startswith(("_", "."))]
    modules = {path.stem for path in public if path.suffix == ".py"}
    return modules, {path.name for path in public if (path / "__init__.py").is_file()}


def naming_paragraph(docstring: str, names: set[str]) -> str:
    """Return the first paragraph of a room's docstring that names something in the room."""
    paragraphs = docstring.strip().split("\n\n")
    return next((text for text in paragraphs if names & set(NAME.findall(text))), "")


def written_out(paragraph: str, names: set[str]) -> str:
    """Put the names that a paragraph leaves out in the place of its dots."""
    rest = sorted(names - set(NAME.findall(paragraph)))
    return paragraph.replace("``...``", ", ".join(f"``{name}``" for name in rest))


def modules_of(folder: Path, room: str) -> list[str]:
    """Return the names of a room's modules in the order of its docstring.

    Raises
    ------
    ExtensionError
        If a module or a room inside is not named, or a name stands for none, or stands twice.
    """
    docstring = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
    modules, rooms = contents(folder)
    names = modules | rooms
    named = NAME.findall(written_out(naming_paragraph(docstring, names), names))
    where = f"{room}: the paragraph of the docstring that lists what is in it"
    for name in sorted(names - set(named)):
        raise ExtensionError(f"{where} does not name ``{name}``, which is there.")
    for name in named:
        if name not in names:
            raise ExtensionError(f"{where} names ``{name}``, which is not there.")
        if named.count(name) > 1:
            raise ExtensionError(f"{where} names ``{name}`` twice.")
    return [name for name in named if name in modules]


class ApiModules(SphinxDirective):
    """``api-modules``: takes a room, such as ``course_pkg.reference.cells``.

    The content, if there is any, stands between the room's docstring and its modules.
    """

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the room's docstring and one section per module, filled in by autodoc."""
        note_generated_page(self.env, "course_pkg")
        room = self.arguments[0]
        folder = Path(self.env.srcdir, *room.split("."))
        return [
            *self._parsed(f"```{{eval-rst}}\n.. automodule:: {room}\n```\n"),
            *self._parsed("\n".join(self.content)),
            *(self._section(room, name) for name in modules_of(folder, room)),
        ]

    def _section(self, room: str, name: str) -> nodes.section:
        """Return a short title, the import to type, and what is in the module."""
        title = f"{room.rpartition('.')[2]}.{name}"
        section = nodes.section("", nodes.title("", title), names=[title])
        self.state.document.note_implicit_target(section, section)
        section += self._parsed(
            f"```python\nfrom {room} import {name}\n```\n\n"
            f"```{{eval-rst}}\n.. automodule:: {room}.{name}\n   :members:\n```\n"
        )
        return section

    def _parsed(self, markdown: str) -> list[nodes.Node]:
        parent = nodes.section()
        lines = StringList(markdown.splitlines(), source=self.get_source_info()[0])
        self.state.nested_parse(lines, self.content_offset, parent)
        return parent.children


def link_modules(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Make links of the modules that a room's docstring names."""
    if what == "module" and hasattr(obj, "__path__"):
        modules, rooms = contents(Path(obj.__path__[0]))
        text = "\n".join(lines)
        names = naming_paragraph(text, modules | rooms)
        whole = written_out(names, modules | rooms)
        links = NAME.sub(rf":py:mod:`\1 <{name}.\1>`", whole)
        lines[:] = text.replace(names, links).split("\n")


def hide_fields(
    app: Sphinx, what: str, name: str, obj: Any, skip: bool, options: Any
) -> bool | None:
    """Leave out the fields of named tuples: 'Alias for field number 0' helps nobody."""
    return True if type(obj).__name__ == "_tuplegetter" else None


def list_fields(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Show the comments beside the fields of a named tuple: they give the shapes."""
    if what == "class" and hasattr(obj, "_fields"):
        comments = re.findall(r"^    (\w+): .*?  # (.+)$", inspect.getsource(obj), flags=re.M)
        lines += [f"* ``{field}``: {comment}" for field, comment in comments] + [""]


def setup(app: Sphinx) -> None:
    """Register the directive and the hooks."""
    app.add_directive("api-modules", ApiModules)
    app.connect("autodoc-skip-member", hide_fields)
    app.connect("autodoc-process-docstring", list_fields)
    app.connect("autodoc-process-docstring", link_modules, priority=900)  # after napoleon
