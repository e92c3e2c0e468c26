"""The commands ``data list``, ``data get`` and ``data path``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from course_pkg.data.files.download import (
    FOLDER_VARIABLE,
    data_folder,
    fetch,
    get_by_hand,
    take_from,
)
from course_pkg.data.registry import DATA_SETS, DataSet, find

if TYPE_CHECKING:
    Subcommands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_commands(subcommands: Subcommands) -> None:
    """Add the command ``data`` to ``python -m course_pkg``.

    Each command's parser gets a default ``run``: a function that takes the parsed arguments and
    returns the exit status.
    """
    data = subcommands.add_parser(
        "data",
        help="list, get and find the data sets",
        description="The data sets of the course. Most are there without a download; the others "
        f"are kept in the folder that {FOLDER_VARIABLE} names, else in your cache folder.",
    )
    commands = data.add_subparsers(required=True, metavar="COMMAND")

    listing = commands.add_parser("list", help="list the data sets and say which are here")
    listing.set_defaults(run=_list)

    get = commands.add_parser("get", help="download a data set and show its card")
    get.add_argument("name", metavar="NAME", help="as in the list")
    get.add_argument(
        "--from",
        dest="folder",
        metavar="FOLDER",
        help="copy the files out of a folder instead, whatever they are called there",
    )
    get.set_defaults(run=_get)

    path = commands.add_parser("path", help="print the folder of downloaded data")
    path.add_argument("name", metavar="NAME", nargs="?", help="of one data set")
    path.set_defaults(run=_path)


def _list(arguments: argparse.Namespace) -> int:
    states = {entry.name: _state(entry) for entry in DATA_SETS.values()}
    width, wide = max(map(len, states)), max(map(len, states.values()))
    for name, state in states.items():
        print(f"{name:<{width}}  {state:<{wide}}  {DATA_SETS[name].card.name}")
    return 0


def _state(entry: DataSet) -> str:
    """Return what stands between a learner and a data set, in a word or two."""
    if entry.missing:
        return f"needs {entry.missing}"
    if not entry.is_here:
        return "by hand" if entry.by_hand else "download"
    return "here" if entry.files or entry.by_hand else "offline"


def _get(arguments: argparse.Namespace) -> int:
    entry = find(arguments.name)
    if entry.package and entry.missing:
        raise ModuleNotFoundError(
            f"{entry.name}: the data are in the package {entry.package}; install it with "
            f"'pip install {entry.package}'"
        )
    if entry.by_hand:
        path = get_by_hand(entry.name, entry.by_hand, folder=arguments.folder)
        print(f"{entry.by_hand.name}: {path}\n{entry.card}")
        return 0
    if arguments.folder is not None:
        take_from(arguments.folder, entry.name, entry.files)
    for file in entry.files:
        path = fetch(entry.name, file)
        print(f"{file.name}: {path}")
    if not entry.files:
        print("needs no download")
    print(entry.card)
    return 0


def _path(arguments: argparse.Namespace) -> int:
    print(data_folder() / find(arguments.name).name if arguments.name else data_folder())
    return 0
