"""Exercises that run in the page: what the page's script has to know, and the files that it loads.

An option of the build (``make book RUN=1``): without it there is no trace of this in the pages.
A notebook runs where its set-up cell imports nothing but Python, NumPy, matplotlib and modules of
the package that stand on these. PyTorch may be imported there too: it is not in the browser, and
the cells that use it say so.

The script is ``book/site/run/runner.js``, and ``page_cells.py`` what it runs the cells with. Python
starts when a reader presses Run, and not before.
"""

from __future__ import annotations

import ast
import json
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from notebook_files import ROOT, hash_of
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from course_pkg.classroom.assignment import HEADING, TEXT_STUB, source_of
from course_pkg.grading.progress import summary
from sphinx_course.rewrite import note_generated_page

FOLDER = "exercises/"
HERE = {"numpy", "matplotlib", *sys.stdlib_module_names}
STATIC = "_static/run"
# What the notebook says is not all that holds for a page in which it runs.
ELSEWHERE = "**Where.** To work on the exercises, run"
HERE_TOO = "You can solve the exercises here, in the page{but}. To work on them in JupyterLab, run"
BUT = ", but for those that use PyTorch"
ZIP_TIME = (2026, 1, 1, 0, 0, 0)


# ---- which notebooks run ------------------------------------------------------------------------


def _imported(tree: ast.AST) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the modules that code imports when it runs, each with the names taken from it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "", tuple(alias.name for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _imported(node)


def _file_of(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    return next(filter(Path.is_file, (path / "__init__.py", path.with_suffix(".py"))), None)


def not_in_the_browser(source: str) -> set[str]:
    """Return what code imports that is not in the browser; of the package, by its modules.

    >>> not_in_the_browser("import numpy as np, pandas; from course_pkg.reference.cells import rnn")
    {'pandas'}
    >>> not_in_the_browser("from course_pkg.models.rnn import RNN")
    {'course_pkg.models.rnn'}
    """
    missing: set[str] = set()
    seen: set[Path] = set()
    trees = [("", ast.parse(source))]
    while trees:
        importer, tree = trees.pop()
        for module, names in _imported(tree):
            top = module.partition(".")[0]
            if top != "course_pkg":
                missing |= {importer or top} if top not in HERE else set()
                continue
            parts = module.split(".")
            modules = [".".join(parts[: n + 1]) for n in range(len(parts))]
            for name in [*modules, *(f"{module}.{name}" for name in names)]:
                path = _file_of(name)
                if path is not None and path not in seen:
                    seen.add(path)
                    trees.append((name, ast.parse(path.read_text(encoding="utf-8"))))
    return missing


def _of_torch(source: str) -> set[str]:
    """Return the names by which a cell knows PyTorch."""
    return {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if (getattr(node, "module", None) or alias.name).partition(".")[0] == "torch"
    }


def _uses(source: str, names: set[str]) -> bool:
    tree = ast.parse(source)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return bool(used & names) or bool(_of_torch(source))


def runs(notebook: dict[str, Any]) -> bool:
    """Whether a notebook runs in the page: what its set-up cell imports is there."""
    set_up = [source_of(cell) for cell in notebook["cells"] if _kind(cell) == "setup"]
    return len(set_up) == 1 and not_in_the_browser(set_up[0]) <= {"torch"}


# ---- what the page's script has to know ---------------------------------------------------------


def _kind(cell: dict[str, Any]) -> str:
    """Say what a cell is to a learner; nothing for one that does not run."""
    marks = cell["metadata"].get("nbgrader", {})
    if cell["cell_type"] == "markdown":
        return "prose" if marks.get("solution") else ""
    if cell["cell_type"] != "code" or "remove-cell" in cell["metadata"].get("tags", []):
        return ""
    if marks.get("grade_id") == "setup":
        return "setup"
    if marks.get("solution"):
        return "answer"
    if marks.get("grade"):
        return "check"
    return "given" if cell["metadata"].get("editable") is False else "look"


def _exercises(notebook: dict[str, Any]) -> dict[int, tuple[float, str]]:
    """Return points and titles, as the notebook's last cell gives them to `show_progress`."""
    for cell in reversed(notebook["cells"]):
        if cell["cell_type"] == "code" and "show_progress(" in source_of(cell):
            call = next(n for n in ast.walk(ast.parse(source_of(cell))) if isinstance(n, ast.Call))
            found: dict[int, tuple[float, str]] = ast.literal_eval(call.args[1])
            return found
    return {}


def described(notebook: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what the script has to know of a notebook."""
    cells, exercise = [], 0
    torch = _of_torch(next(source_of(c) for c in notebook["cells"] if _kind(c) == "setup"))
    for index, cell in enumerate(notebook["cells"]):
        source = source_of(cell)
        heading = HEADING.search(source) if cell["cell_type"] == "markdown" else None
        exercise = int(heading[1]) if heading else exercise
        kind = _kind(cell)
        if not kind:
            continue
        entry = {"index": index, "id": cell["id"], "kind": kind, "hash": hash_of(source)}
        if kind != "setup":
            entry["exercise"] = exercise
        if kind not in ("setup", "prose") and _uses(source, torch):
            entry["torch"] = True
        if alt := cell["metadata"].get("mystnb", {}).get("image", {}).get("alt"):
            entry["alt"] = alt
        cells.append(entry)
    exercises = _exercises(notebook)
    return {
        "notebook": name,
        "cells": cells,
        "exercises": exercises,
        "summary": summary(exercises, {}) if exercises else "",
        "plots": any(
            word in source_of(cell)
            for cell in notebook["cells"]
            if _kind(cell) == "setup"
            for word in ("matplotlib", "plots")
        ),
    }


def where(notebook: dict[str, Any]) -> str:
    """Return what a page says of where its exercises are solved."""
    torch = any("torch" in cell for cell in described(notebook, "")["cells"])
    return HERE_TOO.format(but=BUT if torch else "")


def _note_notebook(app: Sphinx, docname: str, content: list[str]) -> None:
    if docname.startswith(FOLDER):
        note_generated_page(app.env, "course_pkg")  # by its imports we say what runs
        try:
            notebook = json.loads(content[0])
            if runs(notebook):
                app.env.temp_data["course_run"] = notebook
                content[0] = content[0].replace(ELSEWHERE, f"**Where.** {where(notebook)}")
        except (ValueError, KeyError, TypeError, AttributeError, SyntaxError):
            pass  # no notebook; the build will say so


def _mark(app: Sphinx, doctree: nodes.document) -> None:
    """Give each cell of a notebook that runs an id, and the page its list of cells."""
    from run_files import read_list, sizes

    notebook = app.env.temp_data.get("course_run")
    if notebook is None:
        return
    docname = app.env.docname
    page = described(notebook, docname.removeprefix(FOLDER))
    wanted = {cell.pop("index"): cell for cell in page["cells"]}
    found = {
        node["cell_index"]: node
        for node in doctree.findall(nodes.container)
        if node.get("nb_element") == "cell_code"
    }
    prose = [node for node in doctree.findall(nodes.paragraph) if node.astext() == TEXT_STUB]
    places = iter(prose)
    for index, cell in wanted.items():
        node = next(places, None) if cell["kind"] == "prose" else found.get(index)
        if node is None:
            raise ExtensionError(f"{docname}: the page lacks the cell {cell['id']!r}")
        node["ids"].append(f"cell-{cell['id']}")
    first, second = sizes(Path(app.config.course_run_files))
    page["megabytes"] = [round(first / 1e6), round(second / 1e6)]
    page["python"] = f"pyodide-{read_list()['pyodide']}"
    text = json.dumps(page, ensure_ascii=False).replace("<", "\\u003c")
    block = f'<script type="application/json" class="course-run">{text}</script>'
    doctree.append(nodes.raw("", block, format="html"))


def _load_script(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    if 'class="course-run"' in context.get("body", ""):
        app.add_js_file("run/runner.js", loading_method="defer")
        app.add_css_file("run/run.css")


# ---- the files ----------------------------------------------------------------------------------


def make_package(target: Path) -> None:
    """Write the package for the browser's Python: its modules as a zip, always the same bytes.

    A wheel would say for which Python it is; this one is unpacked by our own script.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as pack:
        for path in sorted((ROOT / "course_pkg").rglob("*.py")):
            entry = zipfile.ZipInfo(path.relative_to(ROOT).as_posix(), date_time=ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            pack.writestr(entry, path.read_bytes())


def _copy_files(app: Sphinx, error: Exception | None) -> None:
    from run_files import read_list

    if error is None and app.builder.name == "html":
        target = Path(app.outdir, STATIC)
        files = target / f"pyodide-{read_list()['pyodide']}"
        shutil.copytree(app.config.course_run_files, files, dirs_exist_ok=True)
        make_package(target / "course_pkg.zip")
        shutil.copy(Path(__file__).with_name("page_cells.py"), target)


def _choose(app: Sphinx, config: Any) -> None:
    if not config.course_run_files:
        config.exclude_patterns.append("run")  # in book/site, see html_static_path
        return
    app.connect("source-read", _note_notebook, priority=700)
    app.connect("doctree-read", _mark)
    app.connect("html-page-context", _load_script)
    app.connect("build-finished", _copy_files)


def setup(app: Sphinx) -> None:
    """Take the folder of the WebAssembly files; without one, do nothing."""
    app.add_config_value("course_run_files", "", "env", str)
    app.connect("config-inited", _choose)
