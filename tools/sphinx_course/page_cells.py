"""Run the cells of a notebook in the page, and say of each what JupyterLab says.

``worker.mjs`` loads this file into Pyodide. What a cell shows goes through one function,
``emit(kind, text, alt)``, whose kind is ``stream``, ``text``, ``html``, ``image`` or ``error``.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import importlib.abc
import importlib.util
import io
import json
import linecache
import os
import sys
import time
import traceback
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Emit = Callable[[str, str, str], None]

NO_TORCH = "This cell uses PyTorch, which does not run in the browser."
LACKS = (
    "Python, NumPy, matplotlib and the package of the course are in the browser. This cell needs "
    "more; it runs in JupyterLab."
)
SETTINGS = (
    "set_num_threads",
    "manual_seed",
    "set_default_dtype",
)  # without effect here
PIXELS_PER_INCH = 160
MOST_CHARACTERS = 50_000  # that one run of a cell prints
SECONDS_BETWEEN = 0.05
PROGRESS = "/tmp/progress.json"  # of the browser


# ---- PyTorch, which is not here: it can be imported, and says so when it is used ---------------


def _refuse(*_: Any, **__: Any) -> Any:
    from course_pkg.grading.failure import CheckFailed  # shown without a traceback

    raise CheckFailed(NO_TORCH, opening="")


class _Absent(type):
    """A name of PyTorch: it can be looked up, written into annotations, and be a base class."""

    __call__ = _refuse
    __iter__ = __getitem__ = __len__ = __enter__ = __exit__ = _refuse

    def __getattr__(cls, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        return _absent(name)

    def __instancecheck__(cls, value: Any) -> bool:
        return False  # nothing is a tensor


def _absent(name: str) -> Any:
    return _Absent(name, (), {})


class _Module(types.ModuleType):
    __path__: list[str] = []  # noqa: RUF012 (a package, as far as imports go)

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        return (lambda *_, **__: None) if name in SETTINGS else _absent(name)


class Stand(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a stand-in where ``torch`` and its parts are imported."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """Return a spec for the names of PyTorch, and of nothing else."""
        return (
            importlib.util.spec_from_loader(name, self) if name.split(".")[0] == "torch" else None
        )

    def create_module(self, spec: Any) -> types.ModuleType:
        """Return the stand-in."""
        return _Module(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Do nothing: it is empty."""


# ---- errors, in the words of JupyterLab ---------------------------------------------------------


def _lines_of(error: BaseException) -> list[str]:
    return "".join(traceback.format_exception_only(error)).rstrip("\n").split("\n")


class _InteractiveTB:
    """What `course_pkg.grading.explain` asks IPython for."""

    @staticmethod
    def get_exception_only(kind: type, error: BaseException) -> list[str]:
        return _lines_of(error)

    @staticmethod
    def structured_traceback(
        kind: type, error: BaseException, trace: Any, tb_offset: int = 0
    ) -> list[str]:
        steps = traceback.format_exception(kind, error, trace, chain=False)
        return "".join(steps).rstrip("\n").split("\n")


@contextlib.contextmanager
def _as_in_ipython() -> Iterator[None]:
    """Let an error that renders itself find the one thing of IPython that it needs."""
    shell = types.SimpleNamespace(InteractiveTB=_InteractiveTB)
    before = sys.modules.get("IPython")
    sys.modules["IPython"] = types.SimpleNamespace(get_ipython=lambda: shell)  # type: ignore
    try:
        yield
    finally:
        del sys.modules["IPython"]
        if before is not None:
            sys.modules["IPython"] = before


def shown(error: BaseException) -> str:
    """Return what a notebook shows of an error: its own lines, or the steps in the cells."""
    render = getattr(error, "_render_traceback_", None)
    if render is not None:
        with _as_in_ipython():
            return "\n".join(render())
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    if trace is None or isinstance(error, SyntaxError):  # the cell did not compile
        return "\n".join(_lines_of(error))
    return "\n".join(_InteractiveTB.structured_traceback(type(error), error, trace))


# ---- what a cell shows --------------------------------------------------------------------------


class _Out(io.TextIOBase):
    """Where ``print`` writes: on to the page, not more often nor longer than one can read."""

    def __init__(self, emit: Emit) -> None:
        self.emit, self.held, self.left = emit, "", MOST_CHARACTERS
        self.last = time.monotonic()

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self.left > 0:
            self.held += text[: self.left]
            self.left -= len(text)
            if self.left <= 0:
                self.held += "\n... (the rest is not shown)\n"
        if time.monotonic() - self.last > SECONDS_BETWEEN:
            self.flush()
        return len(text)

    def flush(self) -> None:
        held, self.held, self.last = self.held, "", time.monotonic()
        if held:
            self.emit("stream", held, "")


def _described(figure: Any) -> str:
    """Say what a figure shows, as far as its words tell."""
    axes = figure.axes
    words = [axes[0].get_title(), axes[0].get_xlabel(), axes[0].get_ylabel()] if axes else []
    said = ", ".join(word for word in words if word)
    panels = f" with {len(axes)} panels" if len(axes) > 1 else ""
    return f"Figure{panels}, drawn by this cell{': ' * bool(said)}{said}."


def show_figures(emit: Emit) -> None:
    """Send the figures that are open to the page, and close them."""
    sys.stdout.flush()  # what was printed before stands above
    pyplot = sys.modules.get("matplotlib.pyplot")
    for number in pyplot.get_fignums() if pyplot else ():
        figure, picture = pyplot.figure(number), io.BytesIO()
        figure.savefig(picture, format="png", dpi=PIXELS_PER_INCH, bbox_inches="tight")
        emit(
            "image",
            base64.b64encode(picture.getvalue()).decode(),
            _described(figure),
        )
        pyplot.close(figure)


class Notebook:
    """The names of one notebook, and a way to run its cells.

    Parameters
    ----------
    emit : callable
        Takes what the cells show.
    """

    def __init__(self, emit: Emit) -> None:
        self.emit, self.count = emit, 0
        self.main = types.ModuleType("__main__")
        sys.modules["__main__"] = self.main  # where classes look for their module

    def plots(self) -> None:
        """Prepare matplotlib: figures go to the page."""
        import matplotlib

        matplotlib.use("agg")
        import matplotlib.pyplot as plt

        plt.show = lambda *_, **__: show_figures(self.emit)  # type: ignore[assignment]

    def run(self, source: str) -> bool:
        """Run a cell and return whether it ended without an error."""
        self.count += 1
        name = f"cell {self.count}"
        linecache.cache[name] = (
            len(source),
            None,
            source.splitlines(keepends=True),
            name,
        )
        out = _Out(self.emit)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                value = self._value(source, name)
                if value is not None:
                    self._show(value)
                show_figures(self.emit)
        except BaseException as error:
            out.flush()
            said = shown(error)
            lacks = f"\n{LACKS}" if "ModuleNotFoundError: " in said else ""
            self.emit("error", said + lacks, "")
            return False
        finally:
            out.flush()
        return True

    def _value(self, source: str, name: str) -> Any:
        """Run a cell and return the value of its last line, where that is an expression."""
        # As IPython does it: without the __future__ imports of this file.
        tree = compile(source, name, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        last = tree.body[-1] if tree.body else None
        names = vars(self.main)
        if not isinstance(last, ast.Expr) or source.rstrip().endswith(";"):
            exec(compile(tree, name, "exec", dont_inherit=True), names)
            return None
        tree.body.pop()
        exec(compile(tree, name, "exec", dont_inherit=True), names)
        value = ast.Expression(last.value)
        return eval(compile(value, name, "eval", dont_inherit=True), names)

    def _show(self, value: Any) -> None:
        sys.stdout.flush()
        vars(self.main)["_"] = value
        html = getattr(value, "_repr_html_", lambda: None)()
        self.emit(*(("html", html, repr(value)) if html else ("text", repr(value), "")))


# ---- which exercises are solved -----------------------------------------------------------------


def _know(notebook: str, best: dict[str, Any]) -> None:
    Path(PROGRESS).write_text(json.dumps({notebook: best}), encoding="utf-8")


def progress_of(notebook: str, exercises: dict[str, Any], best: dict[str, Any]) -> str:
    """Return, as JSON, what was solved of a notebook, here or before, and a sentence on it."""
    from course_pkg.grading import progress

    listed = {int(number): (points, title) for number, (points, title) in exercises.items()}
    _know(notebook, best)  # another tab may have solved one since
    both = progress.best_in(Path(PROGRESS)).get(notebook, {})
    said = progress.summary(listed, both) if listed else ""
    solved = {n: progress.WORD if both[n] == progress.SOLVED else both[n] for n in sorted(both)}
    return json.dumps({"best": solved, "summary": said})


def start(emit: Emit, notebook: str, best: dict[str, Any]) -> Notebook:
    """Return a notebook whose earlier progress is known."""
    _know(notebook, best)
    os.environ["COURSE_PROGRESS"] = PROGRESS
    os.environ["MPLBACKEND"] = "agg"
    if importlib.util.find_spec("torch") is None:
        sys.meta_path.append(Stand())
    return Notebook(emit)
