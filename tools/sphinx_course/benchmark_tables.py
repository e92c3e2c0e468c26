"""The directive ``benchmark-tables``: the last recorded run of a benchmark, as tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

WHICH = "forward+backward"
BASELINE = "torch.nn"
COLUMNS = ("reference", "our torch, loop", "our torch, by hand")


def ratio(value: dict[str, float]) -> str:
    """Write a median with its quartiles."""
    return f"{value['median']:.2f} ({value['quartile_1']:.2f} to {value['quartile_3']:.2f})"


def table(run: dict[str, Any], dtype: str) -> list[str]:
    """Write the ratios to ``torch.nn`` of one floating-point type."""
    records = {
        (r["cell"], r["shape"], r["candidate"]): r
        for r in run["records"]
        if r["dtype"] == dtype and r["pass"] == WHICH
    }
    present = [name for name in COLUMNS if any(key[2] == name for key in records)]
    lines = [":::{list-table}", ":header-rows: 1", "", "* - cell, shape", f"  - {BASELINE}, ms"]
    lines += [f"  - {name}, ratio" for name in present]
    if "reference" in present:
        lines.append("  - reference / products")
    for cell, shape in dict.fromkeys(key[:2] for key in records):
        baseline = records[cell, shape, BASELINE]
        lines += [f"* - {cell} {shape}", f"  - {baseline['milliseconds']:.2f}"]
        lines += [f"  - {ratio(records[cell, shape, name]['to_torch_nn'])}" for name in present]
        if "reference" in present:
            lines.append(f"  - {records[cell, shape, 'reference']['to_products']['median']:.2f}")
    return [*lines, ":::"]


def markdown(run: dict[str, Any]) -> list[str]:
    """Write the machine, and one table per floating-point type."""
    about = "; ".join(f"{key} {value}" for key, value in run["machine"].items())
    lines = [f"Recorded on: {about}.", ""]
    for dtype in dict.fromkeys(r["dtype"] for r in run["records"]):
        lines += [f"**{dtype}**", "", *table(run, dtype), ""]
    return lines


class BenchmarkTables(SphinxDirective):
    """``benchmark-tables``: takes the file that a benchmark wrote with ``--json``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the parsed nodes."""
        name = self.arguments[0]
        path = Path(self.env.srcdir) / name
        self.env.note_dependency(name)
        try:
            lines = markdown(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError) as error:
            raise ExtensionError(f"{name}: expected the records of a benchmark: {error}") from error
        parent = nodes.Element()
        source = self.get_source_info()[0]
        self.state.nested_parse(StringList(lines, source=source), self.content_offset, parent)
        return parent.children


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("benchmark-tables", BenchmarkTables)
