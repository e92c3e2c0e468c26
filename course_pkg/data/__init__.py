"""Data that needs no network: data sets, each a loader and a card, and generated tasks."""

from course_pkg.data.adding import ADDING_BASELINE, adding_problem
from course_pkg.data.card import DataCard
from course_pkg.data.counting import CountingBatch, counting_batch
from course_pkg.data.sunspots import YearlySeries, load_sunspots

__all__ = [
    "ADDING_BASELINE",
    "CountingBatch",
    "DataCard",
    "YearlySeries",
    "adding_problem",
    "counting_batch",
    "load_sunspots",
]
