"""Look at the installation, and say in one line each what is wrong and how to mend it.

    make doctor

It changes nothing, and any Python 3.7 or newer can run it: it needs no package, so it also works
where `.venv` is missing or broken. The exit status is 1 if something that the course needs is
missing. What only some people need is a note.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import setup_env
import setup_store as store
from chromium import find_chromium

ROOT = Path(store.ROOT)
GB = 1e9
NEEDED = {"NumPy": "numpy", "PyTorch": "torch", "matplotlib": "matplotlib"}
DATA = ("statsmodels", "mlxtend", "sklearn", "babel", "num2words", "pooch", "sacrebleu")

# Run by the Python of `.venv`; prints what it finds as JSON.
VERSIONS = r"""
import importlib.metadata, json, re, sys
try:
    from packaging.requirements import Requirement
except ImportError:
    from pip._vendor.packaging.requirements import Requirement
def key(name):
    return re.sub("[-_.]+", "-", name).lower()
found = {}
for one in importlib.metadata.distributions():
    if one.metadata["Name"]:
        found.setdefault(key(one.metadata["Name"]), one.version)  # the first in the path
wanted = {}
for line in json.load(sys.stdin):
    pin = Requirement(line)
    if pin.marker is None or pin.marker.evaluate():
        wanted[key(pin.name)] = str(pin.specifier)[2:]
print(json.dumps({name: [version, found.get(name)] for name, version in wanted.items()
                  if (found.get(name) or "").split("+")[0] != version}))
"""
IMPORT = "import {0}; print({0}.__version__)"
WHERE = "import course_pkg; print(course_pkg.__file__)"
THREADS = "import torch; print(torch.get_num_threads())"
KERNEL = """
from jupyter_client.kernelspec import KernelSpecManager
import ipykernel, sys
python = KernelSpecManager().get_kernel_spec("python3").argv[0]
print(sys.executable if python.startswith("python") else python)  # as Jupyter does
"""
ABSENT = """
import importlib.util, sys
print(*[name for name in sys.argv[1:] if importlib.util.find_spec(name) is None])
"""


class Report:
    """The lines, as they are found."""

    def __init__(self):
        self.wrong = 0

    def good(self, what):
        """Say that something is as it should be."""
        print(f"  ok    {what}")

    def note(self, what):
        """Say what only some people need."""
        print(f"  note  {what}")

    def bad(self, what, mend):
        """Say what is wrong, and how to mend it."""
        self.wrong += 1
        print(f"  MEND  {what}: {mend}")


def ask(code, *words, given=""):
    """Run code in the Python of `.venv`; return whether it went well, and its last line."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    try:
        run = subprocess.run(
            [store.python_of(store.VENV), "-B", "-c", code, *words],
            input=given,
            cwd=store.ROOT,
            env={**clean, "JUPYTER_PREFER_ENV_PATH": "1"},  # as make has it
            capture_output=True,
            text=True,
            timeout=120,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, str(error)
    lines = (run.stdout if run.returncode == 0 else run.stderr).strip().splitlines()
    return run.returncode == 0, lines[-1] if lines else ""


def look_at_python(report):
    """Look for a Python that a set-up can use; return whether `.venv` runs."""
    version = store.version_of(store.VENV)
    if version and setup_env.OLDEST <= version <= setup_env.NEWEST:
        report.good("Python {}.{} in .venv".format(*version))
    elif setup_env.OLDEST <= sys.version_info[:2] <= setup_env.NEWEST:
        report.good("Python {}.{} for a set-up".format(*sys.version_info))
    else:
        report.bad(
            "no Python 3.11, 3.12 or 3.13 was found in PATH",
            "install one, or call make PYTHON=/path/to/it",
        )
    if os.environ.get("PYTHONPATH"):
        report.note("PYTHONPATH is set; if a wrong module is imported, unset it")
    return version is not None


def look_at_environment(report, runs):
    """Look whether `.venv` is complete and up to date."""
    if not os.path.lexists(store.VENV):
        report.bad("there is no .venv yet", "make lab")
    elif not runs:
        report.bad(".venv does not run (its Python is gone, or the folder was moved)", "make lab")
    elif not store.read_stamp(store.VENV):
        report.bad(".venv was not made by this course, or was interrupted", "make lab")
    elif not setup_env.fits(store.VENV):
        report.bad(".venv is older than the course's list of packages", "make lab")
    else:
        report.good(".venv is complete and up to date")


def pins():
    """Return the lines of the lock that pin a package, with their markers."""
    lines = []
    for name in ("lock.txt", "torch.txt"):
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        lines += re.findall(r"^[A-Za-z0-9][^\\#\n]*==[^\\#\n]+", text, re.MULTILINE)
    return [line.strip() for line in lines]


def look_at_packages(report):
    """Look whether the packages are those of the lock, and the large ones work."""
    wanted = pins()
    went, said = ask(VERSIONS, given=json.dumps(wanted))
    if not went:
        report.bad(f"the packages cannot be listed ({said})", "make clean, then make lab")
        return
    others = json.loads(said)
    if len(others) > 5:
        report.bad(
            f"{len(others)} of {len(wanted)} packages are missing or of another version",
            "make clean, then make lab (work/ stays)",
        )
    for name, (version, found) in sorted(others.items())[: 0 if len(others) > 5 else 5]:
        report.bad(
            f"{name} is {found or 'missing'}, expected {version}",
            f".venv/bin/python -m pip install --no-deps {name}=={version}",
        )
    if not others:
        report.good(f"{len(wanted)} packages, of the locked versions")
    for name, module in NEEDED.items():
        went, said = ask(IMPORT.format(module))
        if not went:
            report.bad(f"{name} cannot be imported ({said})", "make clean, then make lab")


def look_at_course(report):
    """Look whether the package of the course is the one in this folder."""
    went, said = ask("import sys; sys.path.remove(''); " + WHERE)  # not by the folder alone
    if not went:
        report.bad(f"course_pkg cannot be imported ({said})", "make clean, then make lab")
    elif ROOT in Path(said).resolve().parents:
        report.good("course_pkg is the one in this folder")
    else:
        report.bad(f"course_pkg comes from {said}", "make clean, then make lab")
    went, said = ask(ABSENT, *DATA)
    if said:
        report.bad(f"packages that hold data or measure are missing ({said})", "make lab")
    elif went:
        report.good("packages with data sets")
    went, said = ask(THREADS)
    if went and said != "1":
        report.note(
            f"PyTorch uses {said} threads here; make lab sets one, which is faster for small "
            "networks: outside of make, set OMP_NUM_THREADS=1"
        )


def look_at_jupyter(report):
    """Look whether JupyterLab can open, and run its notebooks in `.venv`."""
    went, said = ask(IMPORT.format("jupyterlab"))
    if went:
        report.good(f"JupyterLab {said}")
    else:
        report.bad(f"JupyterLab cannot be imported ({said})", "make clean, then make lab")
        return
    went, said = ask(KERNEL)
    if went and Path(said).parents[1].resolve() == Path(store.VENV).resolve():
        report.good("the kernel 'Python 3' is that of .venv")
    else:
        report.bad(
            f"the kernel 'Python 3' is not that of .venv ({said})",
            ".venv/bin/python -m ipykernel install --sys-prefix",
        )


def look_at_disk(report, complete):
    """Look whether there is room, and whether one may write."""
    free, needed = shutil.disk_usage(store.ROOT).free / GB, 0.3 if complete else 2
    if free < needed:
        report.bad(f"{free:.1f} GB of disk are free, {needed} are needed", "free some")
    else:
        report.good(f"{free:.0f} GB of disk are free")
    for path in (ROOT, ROOT / "work"):
        if path.is_dir() and not os.access(path, os.W_OK | os.X_OK):
            report.bad(
                f"you may not write in {path}", f"chmod u+rwx '{path}', or copy the course to HOME"
            )
    home = os.environ.get("HOME")
    if not home or not os.access(home, os.W_OK | os.X_OK):
        report.note(
            f"your home ({home or 'HOME is not set'}) cannot be written: to download data, set "
            "COURSE_DATA to a folder that can"
        )


def main():
    """Look at everything; return the exit status."""
    print(f"The course in {store.ROOT}:")
    report = Report()
    runs = look_at_python(report)
    look_at_environment(report, runs)
    if runs:
        look_at_packages(report)
        look_at_course(report)
        look_at_jupyter(report)
    look_at_disk(report, runs)
    if find_chromium() is None:
        report.note("no Chromium: make test leaves the tests of the pages out that need it")
    if report.wrong:
        print(f"{report.wrong} to mend. Mend the first, then call make doctor again.")
    else:
        print("All that the course needs is there.")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
