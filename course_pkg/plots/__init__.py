"""The visual language of the course: one style, one function per kind of figure.

For notebooks only; nothing else in the package imports it.
"""

from course_pkg.plots.diagrams import layers_and_directions, task_shapes, unrolled
from course_pkg.plots.gru_cell import gru_cell
from course_pkg.plots.states import heatmap, label_end, plane
from course_pkg.plots.style import BLUE, GREEN, GREY, INK, ORANGE, RED, use_style
from course_pkg.plots.tables import ParityTable, parity_table

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "RED",
    "ParityTable",
    "gru_cell",
    "heatmap",
    "label_end",
    "layers_and_directions",
    "parity_table",
    "plane",
    "task_shapes",
    "unrolled",
    "use_style",
]
