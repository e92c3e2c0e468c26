"""What every test shares: one thread, no window, the same examples, what takes long first."""

import os
import sys
from pathlib import Path

# Before NumPy and torch are imported: the order of sums, and so the last digits, must not vary.
os.environ["OMP_NUM_THREADS"] = "1"

import matplotlib
from hypothesis import settings

# Not by MPLBACKEND: the kernels that run the notebooks would inherit it and draw nothing.
matplotlib.use("Agg")

# The tools are scripts that import each other the way Python runs them: from their own folder.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))

# What takes a minute or more begins first, so that the workers end together (`make test` keeps
# this order). The first builds the site; until the others open it, it stands.
DEAR = (
    "tests/site/test_browser.py",
    "tests/rules/test_exercises.py",
    "tests/classroom/test_grading.py",
    "tests/grading/test_nbgrader.py",
    "tests/site/test_layout.py",
    "book/",
    "solutions/",
    "tests/site/",
    "tests/exercises/",
    "tests/rules/",
)


def place(item):
    """Return where in the order a test stands; those of one file stay as they are."""
    return next((n for n, dear in enumerate(DEAR) if item.nodeid.startswith(dear)), len(DEAR))


def pytest_collection_modifyitems(items):
    """Put what takes long first."""
    items.sort(key=place)


settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")
