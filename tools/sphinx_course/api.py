"""The directive ``api-modules``: one section per public module of a package.

The modules are found by their files, so a new one is documented without anyone writing it down.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from sphinx_course.citations import module_name
from sphinx_course.rewrite import note_generated_page


def public_modules(root: Path, package: str, excluded: list[str]) -> list[str]:
    """Return the dotted names of a package's public modules, subpackages included."""
    folder = root / Path(*package.split("."))
    names = [module_name(path, root) for path in sorted(folder.rglob("*.py"))]
    hidden = [f"{package}.{name}." for name in excluded]
    return [
        name
        for name, path in zip(names, sorted(folder.rglob("*.py")), strict=True)
        if path.name != "__init__.py"
        and not any(part.startswith("_") for part in name.split("."))
        and not any(f"{name}.".startswith(prefix) for prefix in hidden)
    ]


class ApiModules(SphinxDirective):
    """``api-modules``: takes a package, and with ``:exclude:`` what to leave out of it.

    A package too long for one page stands on several, each with its modules as the content.
    """

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"exclude": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """Return one section per module, filled in by autodoc."""
        note_generated_page(self.env)
        package = self.arguments[0]
        excluded = [name.strip() for name in self.options.get("exclude", "").split(",") if name]
        modules = public_modules(Path(self.env.srcdir), package, excluded)
        if not modules:
            raise ExtensionError(f"{self.env.docname}: {package} has no public module.")
        if self.content:
            chosen = [f"{package}.{name}" for name in " ".join(self.content).split()]
            if unknown := set(chosen) - set(modules):
                raise ExtensionError(f"{self.env.docname}: there is no public {min(unknown)}.")
            modules = chosen
        text = "\n".join(
            f"## {name}\n\n```{{eval-rst}}\n.. automodule:: {name}\n   :members:\n```\n"
            for name in modules
        )
        parent = nodes.section()
        lines = StringList(text.splitlines(), source=self.get_source_info()[0])
        self.state.nested_parse(lines, self.content_offset, parent, match_titles=True)
        return parent.children


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
