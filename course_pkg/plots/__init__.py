"""The visual language of the course: one style, one function per kind of figure.

For notebooks only; nothing else in the package imports it, and they import all from here.

Colours, defaults and formats: ``style``, ``inline``, ``panels``. Diagrams: ``diagrams``,
``gradient_routes``, ``scalar_graph``, ``sensitivity_blocks``, ``cuts``, ``lstm_cell``,
``gru_cell``, ``encoder_decoder``, ``lstm_chain``. Measurements: ``states``, ``turning_arrow``,
``lengths``, ``tables``.
"""

from course_pkg.plots.diagrams import folded, task_shapes, two_directions, two_layers, unrolled
from course_pkg.plots.encoder_decoder import encoder_decoder
from course_pkg.plots.gradient_routes import gradient_routes
from course_pkg.plots.gru_cell import gru_cell, gru_chain
from course_pkg.plots.lengths import accuracy_by_length
from course_pkg.plots.lstm_cell import lstm_cell, over_text
from course_pkg.plots.lstm_chain import lstm_chain
from course_pkg.plots.panels import Panels, side_by_side
from course_pkg.plots.states import heatmap, label_end, plane
from course_pkg.plots.style import BLUE, GREEN, GREY, INK, ORANGE, RED, use_style
from course_pkg.plots.tables import ParityTable, parity_table
from course_pkg.plots.turning_arrow import turning_arrow

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "RED",
    "Panels",
    "ParityTable",
    "accuracy_by_length",
    "encoder_decoder",
    "folded",
    "gradient_routes",
    "gru_cell",
    "gru_chain",
    "heatmap",
    "label_end",
    "lstm_cell",
    "lstm_chain",
    "over_text",
    "parity_table",
    "plane",
    "side_by_side",
    "task_shapes",
    "turning_arrow",
    "two_directions",
    "two_layers",
    "unrolled",
    "use_style",
]
