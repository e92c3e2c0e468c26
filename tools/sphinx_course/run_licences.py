"""Licences of the WebAssembly files of a site whose exercises run in the page.

The packages carry the texts of theirs. Pyodide and Python do not: these lie in ``run_licences``.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from run_files import read_list

TEXTS = Path(__file__).with_suffix("")
IN_A_WHEEL = ("LICENSE", "LICENCE", "COPYING")
# As SPDX writes them, where it knows them.
LICENCES = {
    "contourpy": "BSD-3-Clause",
    "cycler": "BSD-3-Clause",
    "fonttools": "MIT",
    "kiwisolver": "BSD-3-Clause",
    "matplotlib": "Matplotlib licence, like that of Python",
    "numpy": "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0",
    "packaging": "Apache-2.0 OR BSD-2-Clause",
    "Pillow": "MIT-CMU",
    "pyparsing": "MIT",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "pytz": "MIT",
    "six": "MIT",
}


def works() -> list[tuple[str, str, str]]:
    """Return name, version and licence of each work."""
    wanted = read_list()
    packages = [(each["name"], each["version"]) for each in wanted["lock"]["packages"].values()]
    return [
        ("pyodide", wanted["pyodide"], "MPL-2.0"),
        ("python", wanted["lock"]["info"]["python"], "PSF-2.0"),
        *((name, version, LICENCES[name]) for name, version in sorted(packages)),
    ]


def rows(folder: str) -> list[str]:
    """Return the rows of a list-table, with links to the texts in a folder."""
    lines = []
    for name, version, licence in works():
        link = f'<a href="{folder}/run-{name}.txt">{licence}</a>'
        lines += [f"* - {name} {version}", "  - exercises that run in the page", f"  - {link}"]
    return lines


def write(folder: Path, files: Path) -> None:
    """Write the texts into a folder: those kept here, and those of the packages."""
    for path in TEXTS.glob("*.txt"):
        (folder / f"run-{path.name}").write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    for each in read_list()["lock"]["packages"].values():
        with zipfile.ZipFile(files / each["file_name"]) as pack:
            texts = [
                f"{name}\n\n{pack.read(name).decode()}"
                for name in sorted(pack.namelist())
                if name.rpartition("/")[2].upper().startswith(IN_A_WHEEL)
                and not name.endswith((".py", ".pyi"))
            ]
        target = folder / f"run-{each['name']}.txt"
        target.write_text("\n\n".join(texts), encoding="utf-8")
