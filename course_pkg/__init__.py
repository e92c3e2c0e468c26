"""Companion package of *Recurrent Neural Networks, Equation by Equation*.

- ``reference``: the mathematics in NumPy, forward and backward. It imports nothing else, and is
  written to be read.
- ``models``: the same ideas as PyTorch modules, with the same names.
- ``data``: data sets, vocabularies, batches, splits and scaling.
- ``metrics``: what a model is measured by.
- ``decoding``: from the log-probabilities of a model to text.
- ``training``: the training loop, schedules, checkpoints, logs, and the command that uses them.
- ``grading``: the checks of the exercises, and what is solved.
- ``classroom``: exercises assigned to a class, and graded.
- ``plots``: the figures of the notebooks.
- ``checks``: what all of them ask of numbers, options and seeds that they are given.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("rnn-equation-by-equation")
except PackageNotFoundError:  # imported from a source tree that was never installed
    __version__ = "0+unknown"
