"""Run notebooks from top to bottom in a fresh kernel and keep their outputs in place.

    python tools/execute_notebooks.py              every notebook of book/ and solutions/
    python tools/execute_notebooks.py book/01-*    these

A notebook with a failing cell is left as it was; the cell and its error are shown. What is
stored is what the site shows and what the tests compare with.
"""

from __future__ import annotations

import argparse
import copy
import os
import sys
import time
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from notebook_files import (
    METADATA,
    NOT_COMPARED,
    SEAL,
    NotANotebookError,
    dumps,
    notebooks_in,
    read,
    seal_of,
    shown,
    write,
)

SECONDS_PER_CELL = 120


class FailedCellError(RuntimeError):
    """A cell that raised, hung or lost its kernel; the message shows its source and the error."""


def clean(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook without what a run leaves behind beside its outputs."""
    notebook = copy.deepcopy(notebook)
    notebook.metadata = NotebookNode(copy.deepcopy(METADATA))  # widget state goes with the rest
    for cell in notebook.cells:
        for key in ("execution", "collapsed", "scrolled", "ExecuteTime", SEAL):
            cell.metadata.pop(key, None)
        # No test compares these outputs with a new run, but none may be changed by hand.
        if cell.cell_type == "code" and NOT_COMPARED in cell.metadata.get("tags", []):
            cell.metadata[SEAL] = seal_of(cell)
    return notebook


def execute(notebook: NotebookNode, folder: Path, *, allow_errors: bool = False) -> NotebookNode:
    """Return a copy of the notebook with the outputs of a run in this folder.

    Raises
    ------
    FailedCellError
        If a cell fails that is neither tagged `raises-exception` nor covered by `allow_errors`.
    """
    notebook = clean(notebook)
    # No kernel folders: `python3` is then this very Python, whatever the user has installed.
    manager = AsyncKernelManager(
        kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[])
    )
    total = len(notebook.cells)
    running = 0

    def show_progress(cell: NotebookNode, cell_index: int) -> None:
        nonlocal running
        running = cell_index
        if sys.stdout.isatty():
            print(f"\r  cell {cell_index + 1} of {total}", end="", flush=True)

    client = NotebookClient(
        notebook,
        km=manager,
        timeout=SECONDS_PER_CELL,
        allow_errors=allow_errors,
        record_timing=False,
        coalesce_streams=True,  # else the same text may come in one piece or in three
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],  # no word on how the kernel is connected
        resources={"metadata": {"path": str(folder)}},
        on_cell_start=show_progress,
    )
    threads = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"  # sums of many threads differ in their last digits
    try:
        client.execute(cleanup_kc=True)  # a manager of ours would leave the kernel running
    except CellExecutionError as error:
        raise FailedCellError(f"cell {running + 1}:\n{error}") from None
    except (CellTimeoutError, DeadKernelError) as error:
        source = notebook.cells[running].source
        raise FailedCellError(f"cell {running + 1}:\n{source}\n\n{error}") from None
    finally:
        if threads is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = threads
        if sys.stdout.isatty():
            print("\r" + " " * 40 + "\r", end="", flush=True)
    return clean(notebook)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description="Run notebooks and keep their outputs.")
    parser.add_argument(
        "files", nargs="*", type=Path, help="notebooks; by default all of book/ and solutions/"
    )
    files = parser.parse_args(arguments).files or notebooks_in("book", "solutions")
    missing = [path for path in files if not path.is_file()]
    if missing:
        print(f"There is no file {', '.join(map(str, missing))}.", file=sys.stderr)
        return 1
    failed = 0
    for number, path in enumerate(files, start=1):
        label = f"[{number}/{len(files)}] {shown(path)}"
        print(f"{label}: running", flush=True)
        began = time.perf_counter()
        before = path.read_bytes()
        try:
            text = dumps(execute(read(path), path.resolve().parent))
        except FailedCellError as error:
            print(f"{label}: failed, and left as it was, in {error}", file=sys.stderr)
            failed += 1
            continue
        except NotANotebookError as error:
            print(f"{label}: failed, and left as it was: {error}", file=sys.stderr)
            failed += 1
            continue
        if path.read_bytes() != before:
            print(f"{label}: left as it is now: it was saved during the run", file=sys.stderr)
            failed += 1
            continue
        write(path, text)
        print(f"{label}: {time.perf_counter() - began:.1f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
