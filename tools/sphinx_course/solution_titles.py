"""Call the solutions solutions.

A solution notebook is the source of its exercise notebook, so its title says "Exercises". On the
site both are pages, and a reader should see which of the two this is.
"""

from __future__ import annotations

import re

from sphinx.application import Sphinx


def say_solutions(app: Sphinx, page: str, source: list[str]) -> None:
    """Change the title of a solution page before it is read."""
    if page.startswith("solutions/"):
        source[0] = source[0].replace("# Exercises: ", "# Solutions: ", 1)
        source[0] = re.sub(r"# (Project \d+): ", r"# \1, solved: ", source[0], count=1)


def setup(app: Sphinx) -> None:
    """Connect to the reading of pages."""
    app.connect("source-read", say_solutions)
