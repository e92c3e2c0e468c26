"""Companion package of *Recurrent Neural Networks, Equation by Equation*.

``course_pkg.reference`` holds the NumPy reference: every equation of the book, forward and
backward. ``course_pkg.models`` holds the same ideas in PyTorch, ``course_pkg.data``
and ``course_pkg.training`` what they are trained on and how.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("rnn-equation-by-equation")
except PackageNotFoundError:  # imported from a source tree that was never installed
    __version__ = "0+unknown"
