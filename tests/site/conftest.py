"""The built site, made once for all workers, and the folder it lies in."""

import json
import os
import subprocess
import sys

import pytest
from filelock import FileLock
from notebook_files import ROOT
from run_files import at_hand

NO_SOLUTIONS = "--no-solutions"


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory):
    """A temporary folder that all workers of this run of the tests see."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


def build(folder, *options):
    """Build the site below a folder, or find it there, and return the folder of its pages."""
    result = folder / "result.json"
    with FileLock(f"{folder}.lock"):
        if not result.exists():
            folder.mkdir()
            run = subprocess.run(
                [sys.executable, "tools/build_book.py", "--out", str(folder), *options],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            result.write_text(json.dumps({"status": run.returncode, "output": run.stdout}))
    outcome = json.loads(result.read_text())
    if outcome["status"] != 0 or "WARNING" in outcome["output"]:
        pytest.fail(f"the site does not build without a warning:\n{outcome['output']}", False)
    return folder / "without-solutions" / "html" if NO_SOLUTIONS in options else folder / "html"


@pytest.fixture(scope="session")
def site(shared_folder):
    """The pages of the site, solutions included; with exercises that run, where that can be."""
    run = ["--run"] if at_hand() or os.environ.get("CI") else []  # CI may fetch 106 MB
    return build(shared_folder / "site", *run)


@pytest.fixture(scope="session")
def run_site(site):
    """The same, for tests of exercises that run in the page."""
    if not (site / "_static" / "run").exists():
        pytest.skip("exercises do not run in this site: `python tools/run_files.py` fetches 106 MB")
    return site


@pytest.fixture(scope="session")
def site_without_solutions(shared_folder):
    """The pages of the site as `make book SOLUTIONS=0` builds them, less those of the API.

    These take half of the time, and cannot differ: `test_links.py` looks whether they lead to a
    solution in the whole site.
    """
    return build(shared_folder / "site-without-solutions", NO_SOLUTIONS, "--no-api")
