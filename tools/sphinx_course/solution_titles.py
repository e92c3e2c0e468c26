"""Call the solutions solutions, and leave the marks out that are not for readers.

A solution notebook is the source of its exercise notebook, so its title says "Exercises". On the
site both are pages, and a reader should see which of the two this is. An answer in words stands
between marks that Markdown would take for headings.
"""

from __future__ import annotations

import json
import re

from sphinx.application import Sphinx

MARK = re.compile(r"^### (BEGIN|END) SOLUTION\n?", re.MULTILINE)


def without_marks(text: str) -> str:
    """Return the text of a notebook whose answers in words stand without the marks around them."""
    try:
        notebook = json.loads(text)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                cell["source"] = MARK.sub("", "".join(cell["source"]))
    except (ValueError, KeyError, TypeError):
        return text  # no notebook: a page
    return json.dumps(notebook)


def say_solutions(app: Sphinx, page: str, source: list[str]) -> None:
    """Change the title of a solution page before it is read."""
    if page.startswith("solutions/"):
        source[0] = source[0].replace("# Exercises: ", "# Solutions: ", 1)
        source[0] = without_marks(source[0])
        source[0] = re.sub(r"# (Project \d+): ", r"# \1, solved: ", source[0], count=1)


def setup(app: Sphinx) -> None:
    """Connect to the reading of pages."""
    app.connect("source-read", say_solutions)
