"""What every test shares: one thread, no window, the same examples in every run."""

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

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")
