"""Data sets that need no network: each a loader and a data card."""

from course_pkg.data.card import DataCard
from course_pkg.data.sunspots import YearlySeries, load_sunspots

__all__ = ["DataCard", "YearlySeries", "load_sunspots"]
