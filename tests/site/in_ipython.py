"""Run notebooks in IPython, as a kernel does, and print what their cells show of errors, as JSON.

python tests/site/in_ipython.py exercises/04-lstm.ipynb ...
"""

import contextlib
import io
import json
import sys
from pathlib import Path

import matplotlib
from IPython.core.interactiveshell import InteractiveShell


def errors_of(path):
    """Return what each cell of a notebook shows of its error, by the cell's id."""
    shell, shown = InteractiveShell(colors="nocolor"), {}
    now = ""
    shell._showtraceback = lambda kind, error, lines: shown.update({now: "\n".join(lines)})
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            now = cell["id"]
            with contextlib.redirect_stdout(io.StringIO()):
                shell.run_cell("".join(cell["source"]))
    return shown


if __name__ == "__main__":
    matplotlib.use("agg")
    print(json.dumps({path.stem: errors_of(path) for path in map(Path, sys.argv[1:])}))
