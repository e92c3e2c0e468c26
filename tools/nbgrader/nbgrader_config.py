"""nbgrader's configuration for this course: copy this file into the folder of your class.

It gives a cell 30 seconds, mends what students do to cells, and prints errors alone.
"""

import os
import warnings

from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor


def name_of(cell):
    """Return nbgrader's name for a cell, or None."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


class CellsOfTheCourse(NbGraderPreprocessor):
    """See to it that a notebook has one cell of each name.

    Of copies, and of the parts of a split cell, the first keeps the name: nbgrader would stop at
    two. The code of the others is run all the same. Cells that were deleted are put back, set-up
    and given cells too, which nbgrader leaves away.
    """

    def preprocess(self, nb, resources):
        """Return the notebook with its cells."""
        seen = set()
        for cell in nb.cells:
            if name_of(cell) in seen:
                del cell.metadata["nbgrader"]
            seen |= {name_of(cell)} - {None}
        here = resources["nbgrader"]
        with Gradebook(here["db_url"]) as book:
            self.put_back(nb, book.find_notebook(here["notebook"], here["assignment"]))
        return nb, resources

    def put_back(self, nb, ours):
        """Insert each missing cell after the one it followed."""
        points = {cell.name: cell.max_score for cell in ours.grade_cells}
        answers = {cell.name for cell in ours.solution_cells}
        place = 0
        for source in ours.source_cells:
            names = [name_of(cell) for cell in nb.cells]
            if source.name in names:
                place = names.index(source.name) + 1
                continue
            make = new_code_cell if source.cell_type == "code" else new_markdown_cell
            cell = make(source.source)
            if nb.nbformat_minor < 5:
                del cell["id"]
            marks = {"schema_version": 3, "grade_id": source.name, "task": False}
            marks |= {"locked": source.locked, "checksum": source.checksum}
            marks |= {"grade": source.name in points, "solution": source.name in answers}
            if source.name in points:
                marks["points"] = points[source.name]
            cell.metadata["nbgrader"] = marks
            nb.cells.insert(place, cell)
            place += 1


os.environ.setdefault("OMP_NUM_THREADS", "1")  # small matrices: a second thread costs time

c = get_config()  # noqa: F821 (nbgrader brings it along)
c.Execute.timeout = 30
c.Autograde.sanitize_preprocessors.prepend([CellsOfTheCourse])

# What the log says of honest work as well: checksums, a kernel's transport, a database's sessions.
c.Application.log_level = "ERROR"
c.Execute.extra_arguments = ["--HistoryManager.hist_file=:memory:", "--log-level=ERROR"]
warnings.filterwarnings("ignore", message="Object of type <Submitted")
