"""Read TeX and write MathML, with the MathJax that an installed package holds.

MathJax is written for browsers; here V8, the machine that Chromium runs scripts on, runs it when
the site is built. V8 has threads of its own and does not survive a fork, which Sphinx does to
write pages in parallel: so it lives in a process beside, one for each process that asks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

PACKAGE = "sphinx-mathjax-offline"
PARTS = ("loader.js", "core.js", "adaptors/liteDOM.js", "input/tex-full.js")  # in this order
SCRIPT = Path(__file__).with_suffix(".js")


class FormulaError(ValueError):
    """A formula that MathJax cannot read; the message is MathJax's."""


def mathjax_folder() -> Path:
    """Return the folder that holds MathJax."""
    return Path(str(distribution(PACKAGE).locate_file(f"{PACKAGE}/static/mathjax")))


@cache
def converter(process: int) -> subprocess.Popen[str]:
    """Start V8 for a process, given by its number."""
    return subprocess.Popen(
        [sys.executable, "-X", "utf8", __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


@cache
def to_mathml(tex: str, display: bool) -> str:
    """Return a formula as MathML that also says where TeX leaves room.

    Raises
    ------
    FormulaError
        If MathJax cannot read the formula.
    """
    beside = converter(os.getpid())
    assert beside.stdin is not None
    assert beside.stdout is not None
    beside.stdin.write(json.dumps([tex, display]) + "\n")
    beside.stdin.flush()
    line = beside.stdout.readline()
    if not line:
        raise RuntimeError("the process that runs MathJax has ended: see its message above")
    answer = json.loads(line)
    if "error" in answer:
        raise FormulaError(answer["error"])
    return str(answer["mathml"])


def serve() -> None:
    """Answer each line of the standard input, a formula, with a line."""
    from py_mini_racer import MiniRacer

    machine = MiniRacer()
    machine.eval("globalThis.MathJax = { startup: { typeset: false }, loader: { load: [] } }")
    for part in PARTS:
        machine.eval((mathjax_folder() / part).read_text(encoding="utf-8"))
    machine.eval(SCRIPT.read_text(encoding="utf-8"))
    for line in sys.stdin:
        print(machine.eval(f"JSON.stringify(convert(...{line.strip()}))"), flush=True)


if __name__ == "__main__":
    serve()
