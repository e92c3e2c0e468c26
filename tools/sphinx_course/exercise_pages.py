"""The site shows an exercise as it is made, not what a learner has written in its file.

A site without solutions has no link to them, on its pages and in what it lets one download. A
notebook is saved under a name that tells a chapter from its exercises and its solutions.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def as_made(path: Path) -> str | None:
    """Return the text of an exercise made anew from its solution, or None if the file will do.

    It will where nobody has written in it, nor run it, and where there is no solution.
    """
    from exercise_links import following, with_links
    from make_exercises import make_exercise
    from notebook_files import NotANotebookError, dumps, is_as_made, read

    solution = path.parents[1] / "solutions" / path.name
    if not solution.exists():
        return None
    try:
        exercise = read(path)
        if is_as_made(exercise) and not any(cell.get("outputs") for cell in exercise.cells):
            return None
    except NotANotebookError:
        pass
    after = following(sorted(solution.parent.glob("*.ipynb"))).get(path.name)
    return dumps(with_links(make_exercise(read(solution)), path.name, after))


def unsolved(text: str) -> str:
    """Return the text of an exercise without its links to the solutions."""
    from course_pkg.classroom.links import change_texts, without_solutions

    try:
        notebook = json.loads(text)
        change_texts(notebook, without_solutions)
    except (ValueError, KeyError, TypeError):
        return text  # no notebook; the build will say so
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _show_as_made(app: Sphinx, docname: str, content: list[str]) -> None:
    if docname.startswith("exercises/"):
        app.env.dependencies[docname].add(f"solutions/{Path(docname).name}.ipynb")
        content[0] = as_made(Path(app.env.doc2path(docname))) or content[0]
        if not _has_solution(app, docname):
            content[0] = unsolved(content[0])


def _has_solution(app: Sphinx, docname: str) -> bool:
    return docname.replace("exercises/", "solutions/", 1) in app.env.found_docs


def _change_downloads(app: Sphinx, error: Exception | None) -> None:
    for path in sorted(Path(app.outdir, "_sources", "exercises").glob("*.ipynb")):
        if error is None and not _has_solution(app, f"exercises/{path.stem}"):
            path.write_text(unsolved(path.read_text(encoding="utf-8")), encoding="utf-8")


def saved_as(docname: str, ending: str) -> str:
    """Return the name under which a browser saves the notebook of a page.

    Examples
    --------
    >>> saved_as("book/04-lstm", ".ipynb"), saved_as("exercises/04-lstm", ".ipynb")
    ('04-lstm.ipynb', '04-lstm-exercises.ipynb')
    >>> saved_as("exercises/project-1-forecast", ".ipynb")
    'project-1-forecast.ipynb'
    """
    folder, _, name = docname.rpartition("/")
    named_alike = name[:1].isdigit() or folder == "solutions"  # a project is no chapter
    kind = f"-{folder}" if folder in ("exercises", "solutions") and named_alike else ""
    return f"{name}{kind}{ending}"


def _name_download(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Tell ``templates/article-header-buttons.html`` the link that the theme writes, and a name."""
    ending = context.get("page_source_suffix") or ""
    source = f"{context['pathto']('_sources', 1)}/{context.get('sourcename', '')}"
    context["saved_link"] = f'href="{source}"'
    context["saved_as"] = saved_as(pagename, ending)


def setup(app: Sphinx) -> None:
    """Let Sphinx read the exercises this way."""
    app.connect("source-read", _show_as_made)
    app.connect("build-finished", _change_downloads)
    app.connect("html-page-context", _name_download)
