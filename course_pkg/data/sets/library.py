"""The docstrings of Python's standard library, read from its source files as plain sentences.

Nothing is imported: the files are parsed. What both sets of docstrings share is here: which
modules are read, what of a docstring is kept, and when two texts are too much alike.
"""

from __future__ import annotations

import ast
import os
import re
import sysconfig
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

# Modules by what they are for. Python 3.11, 3.12 and 3.13 all have them (some as a file, some as
# a folder, and `datetime` as `_pydatetime` from 3.12 on), and so has a Python without its
# optional parts: no tests, no windows (tkinter, idlelib), nothing that 3.12 or 3.13 removed.
FAMILIES = {
    "concurrency": (
        "_threading_local", "asyncio", "concurrent", "multiprocessing", "queue", "sched",
        "selectors", "signal", "subprocess", "threading",
    ),
    "files": (
        "_compression", "_pyio", "bz2", "dbm", "filecmp", "fileinput", "fnmatch", "genericpath",
        "glob", "gzip", "io", "lzma", "ntpath", "os", "pathlib", "posixpath", "shelve", "shutil",
        "tarfile", "tempfile", "zipfile",
    ),
    "mail": ("email", "imaplib", "mailbox", "mimetypes", "poplib", "quopri", "smtplib"),
    "numbers": (
        "_pydatetime", "_pydecimal", "_strptime", "calendar", "colorsys", "datetime", "decimal",
        "fractions", "numbers", "operator", "random", "secrets", "statistics", "zoneinfo",
    ),
    "testing": (
        "bdb", "cProfile", "doctest", "inspect", "pdb", "profile", "pstats", "timeit", "trace",
        "traceback", "tracemalloc", "unittest", "warnings",
    ),
    "web": (
        "ftplib", "html", "http", "ipaddress", "socket", "socketserver", "ssl", "urllib",
        "webbrowser", "wsgiref", "xmlrpc",
    ),
}  # fmt: skip
MASK = "_"  # stands for the name of a module of a family: it would give the label away
_NAMES = sorted({name.strip("_") for names in FAMILIES.values() for name in names})
_NAME = re.compile(rf"\b_*(?:{'|'.join(_NAMES)})s?\b", re.IGNORECASE)
SHORTEST, LONGEST = 4, 60  # words of a labelled text
ALIKE = 6  # words in a row that only near copies share


def docstrings(names: Iterable[str], folder: str | os.PathLike[str] | None = None) -> Iterator[str]:
    """Yield every docstring of modules, as it stands in their source files.

    Parameters
    ----------
    names : iterable of str
        Modules, or packages with all their modules but tests. One that is not there is passed
        over: no Python has all of them.
    folder : path, optional
        Where they lie; by default in the standard library of the running Python.
    """
    root = Path(folder or sysconfig.get_path("stdlib"))
    for name in names:
        inside = sorted((root / name).rglob("*.py"))
        for path in [root / f"{name}.py", *inside]:
            if path.is_file() and not {"test", "tests"} & set(path.relative_to(root).parts):
                yield from _of_file(path)


def _of_file(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield text


def prose(text: str, longest: int | None = None) -> str:
    r"""Return the sentences of a text in one line, with module names of the families masked.

    Examples that are typed at the prompt are left out, and lines without a letter or digit.

    Parameters
    ----------
    text : str
    longest : int, optional
        Words (between spaces) after which the text is cut off.

    Examples
    --------
    >>> prose("Parse a URL.\n\n    See urllib.parse for\n    more.\n\n>>> 1 + 1\n2")
    'Parse a URL. See _.parse for more.'
    """
    paragraphs = re.split(r"\n[^\S\n]*\n", text)
    spoken = [part for part in paragraphs if not part.lstrip().startswith((">>>", "$ "))]
    lines = "\n".join(spoken).split("\n")
    kept = " ".join(line for line in lines if any(map(str.isalnum, line)))
    return " ".join(_NAME.sub(MASK, kept).split()[:longest])


def letters(text: str) -> str:
    """Return the words of a text by their letters alone: what two copies of it share.

    Examples
    --------
    >>> letters("Return the 2nd item (or None).")
    'return the nd item or none'
    """
    return " ".join(re.findall(r"[^\W\d_]+", text.casefold()))


def runs(text: str) -> set[str]:
    """Return every run of six words of a text, or its words if there are fewer.

    Examples
    --------
    >>> sorted(runs("Return True if the path is absolute."))
    ['return true if the path is', 'true if the path is absolute']
    """
    words = letters(text).split()
    count = max(1, len(words) - ALIKE + 1)
    return {" ".join(words[i : i + ALIKE]) for i in range(count)}


@cache
def family_texts() -> dict[str, str]:
    """Return the texts of all families, each once, with its family.

    Texts with the same letters are one, and one that two families have is left out: nobody could
    say which it is.

    Raises
    ------
    ModuleNotFoundError
        If this Python came without the source files of its library.
    """
    found: dict[str, dict[str, set[str]]] = {}
    for family, names in FAMILIES.items():
        texts = [prose(text, LONGEST) for text in docstrings(names)]
        if not texts:
            raise ModuleNotFoundError(
                "the docstrings are read from the source files of Python's standard library, "
                f"which this Python came without (looked for {names[0]}.py and others in "
                f"{sysconfig.get_path('stdlib')}); install a full Python"
            )
        for text in texts:
            if len(text.split()) >= SHORTEST:
                found.setdefault(letters(text), {}).setdefault(text, set()).add(family)
    once = {}
    for copies in found.values():
        families = set.union(*copies.values())
        if len(families) == 1:
            once[min(copies)] = families.pop()
    return once
