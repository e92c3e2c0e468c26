"""Link to the files that the build puts beside the pages: {course-file}`zip`, `wheel` and `pdf`.

Their names hold the version, so a page cannot name them. The PDF is there only after ``make pdf``:
``build_book.py`` says whether (``course_has_pdf``). What a page says of it stands in a box that is
left out otherwise:

    :::{when-made} pdf
    {course-file}`pdf`: the book to print.
    :::
"""

from __future__ import annotations

from docutils import nodes
from downloads import FOLDER, pdf_name, wheel_name, zip_name
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective, SphinxRole

NAMES = {"zip": zip_name, "wheel": wheel_name, "pdf": pdf_name}


class CourseFile(SphinxRole):
    """The name of a file, as a link to it."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the link, or an error for a file that the build does not make."""
        if self.text not in NAMES:
            wanted = ", ".join(NAMES)
            problem = f"course-file: expected one of {wanted}, got {self.text!r}."
            return [], [self.inliner.reporter.error(problem, line=self.lineno)]
        name = NAMES[self.text]()
        up = "../" * self.env.docname.count("/")
        link = nodes.reference("", name, refuri=f"{up}{FOLDER}/{name}", internal=True)
        return [link], []


class WhenMade(SphinxDirective):
    """``when-made``: what is said of a file that has to be made first."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the content if the file is there."""
        if self.arguments[0] != "pdf":
            raise ExtensionError(f"when-made: expected pdf, got {self.arguments[0]!r}")
        if not self.config.course_has_pdf:
            return []
        box = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, box)
        return box.children


def setup(app: Sphinx) -> None:
    """Register role, directive, and whether there is a PDF."""
    app.add_config_value("course_has_pdf", False, "env", bool)
    app.add_role("course-file", CourseFile())
    app.add_directive("when-made", WhenMade)
