"""What a visitor takes home from the site: both files are linked, whole, and work."""

import os
import re
import subprocess
import sys
import zipfile

import pytest
from downloads import FOLDER, wheel_name, zip_name
from notebook_files import ROOT

from tests.site.test_links import article_links

IMPORT = """
import sys
sys.path[:0] = [sys.argv[1]]
import numpy as np
import course_pkg
from course_pkg.reference.cells import rnn
assert course_pkg.__file__.startswith(sys.argv[1]), course_pkg.__file__
print(rnn.Params._fields)
"""


def test_a_visitor_finds_both_files(site):
    page = site / "book" / "downloads.html"
    assert page in article_links(site / "book" / "index.html")
    files = {site / FOLDER / zip_name(), site / FOLDER / wheel_name()}
    assert files <= article_links(page)
    assert set((site / FOLDER).iterdir()) == files
    assert (site / ".nojekyll").exists()


def test_the_page_says_how_large_they_are(site):
    text = (ROOT / "book" / "downloads.md").read_text()
    said = float(re.search(r"about (\d+) MB: chapters", text)[1])
    assert (site / FOLDER / zip_name()).stat().st_size / 1e6 == pytest.approx(said, rel=0.3)
    assert "half a megabyte" in text
    assert (site / FOLDER / wheel_name()).stat().st_size / 1e6 == pytest.approx(0.5, rel=0.3)


def test_the_wheel_is_a_package_that_can_be_imported(site, tmp_path):
    """Python reads it as it is; only the editable package of these tests must not come first."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    run = subprocess.run(
        [sys.executable, "-c", IMPORT, str(site / FOLDER / wheel_name())],
        cwd=tmp_path,
        env=clean,
        capture_output=True,
        text=True,
    )
    assert "W_ih" in run.stdout, run.stderr


def test_the_site_without_solutions_gives_a_course_without_them(site, site_without_solutions):
    (wheel, without) = (folder / FOLDER / wheel_name() for folder in (site, site_without_solutions))
    assert wheel.read_bytes() == without.read_bytes()
    with zipfile.ZipFile(site / FOLDER / zip_name()) as pack:
        assert pack.testzip() is None
        names = {name.split("/")[1] for name in pack.namelist()}
    with zipfile.ZipFile(site_without_solutions / FOLDER / zip_name()) as pack:
        left = {name.split("/")[1] for name in pack.namelist()}
    assert names - left == {"solutions", "tests"}
