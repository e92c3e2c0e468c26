"""Link to the files that the build puts beside the pages: {course-file}`zip` and `wheel`.

Their names hold the version, so a page cannot name them.
"""

from __future__ import annotations

from docutils import nodes
from downloads import FOLDER, wheel_name, zip_name
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

NAMES = {"zip": zip_name, "wheel": wheel_name}


class CourseFile(SphinxRole):
    """The name of a file, as a link to it."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the link, or an error for a file that the build does not make."""
        if self.text not in NAMES:
            wanted = " or ".join(NAMES)
            problem = f"course-file: expected {wanted}, got {self.text!r}."
            return [], [self.inliner.reporter.error(problem, line=self.lineno)]
        name = NAMES[self.text]()
        up = "../" * self.env.docname.count("/")
        link = nodes.reference("", name, refuri=f"{up}{FOLDER}/{name}", internal=True)
        return [link], []


def setup(app: Sphinx) -> None:
    """Register the role."""
    app.add_role("course-file", CourseFile())
