"""What others made is named, with its licence, and nothing of theirs is in the site unnamed."""

import hashlib
import re
from importlib.metadata import distribution
from pathlib import Path

import pytest
from notebook_files import ROOT
from run_files import read_list, sums
from sphinx_course import icons, math_font, run_licences
from sphinx_course.third_party import FOLDER, PARTS, TEXTS, file_name, licence_text, version

from tests.site.links import parsed

# What is written by the build: from templates, or compiled; and parts that are cut out of fonts.
WRITTEN = {
    math_font.NAME,
    Path(icons.FONT).name,
    "basic.css",
    "copybutton.js",
    "documentation_options.js",
    "course_pkg.zip",  # by sphinx_course, of the package
    "language_data.js",
    "pygments.css",
    "pyodide-lock.json",  # by run_files, of the list
}
OPENINGS = {
    "Apache-2.0": "Apache License Version 2.0",
    "OFL-1.1": "SIL OPEN FONT LICENSE Version 1.1",
    "MIT": "Permission is hereby granted, free of charge",
    "BSD-2-Clause": "Redistribution and use in source and binary forms",
    "BSD-3-Clause": "Neither the name of the copyright holder nor the names of its",
    "CC-BY-4.0 AND OFL-1.1 AND MIT": "SIL OPEN FONT LICENSE Version 1.1",
}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("part", PARTS, ids=[part.name for part in PARTS])
def test_each_part_is_named_with_its_version_and_its_licence(site, part):
    page = parsed(site / "book" / "third-party.html")
    (row,) = [
        cells
        for cells in ([cell.get_text(strip=True) for cell in row("td")] for row in page("tr"))
        if cells and cells[0] == f"{part.name} {version(part)}".strip()
    ]
    assert row[1:] == [part.what, part.licence]
    text = (site / FOLDER / file_name(part)).read_text(encoding="utf-8")
    assert OPENINGS[part.licence] in re.sub(r"\s+", " ", text)
    assert re.search(r"copyright", text, re.IGNORECASE)


def test_nothing_of_others_is_in_the_site_unnamed(site):
    """Each file beside the pages is the course's own, or comes from a package that is named."""
    known = {digest(path) for path in (ROOT / "book" / "site").rglob("*") if path.is_file()}
    known |= {*sums(read_list()).values(), digest(ROOT / "tools/sphinx_course/page_cells.py")}
    for package in sorted({part.package for part in PARTS}):
        for file in distribution(package).files:
            path = file.locate()
            if path.is_file() and path.suffix != ".py":
                known.add(digest(path))
    static = site / "_static"
    strangers = [
        str(path.relative_to(static))
        for path in sorted(static.rglob("*"))
        if path.is_file()
        and path.parent != site / FOLDER
        and path.name not in WRITTEN
        and digest(path) not in known
    ]
    assert strangers == []


def test_the_texts_that_are_kept_here_are_used():
    kept = {path.name for path in TEXTS.iterdir()}
    assert kept == {file_name(part) for part in PARTS if not part.own}
    for part in PARTS:
        assert len(licence_text(part)) > 900


def test_what_runs_exercises_is_named_with_its_licence(run_site):
    page = parsed(run_site / "book" / "third-party.html")
    named = [[cell.get_text(strip=True) for cell in row("td")] for row in page("tr")]
    for name, version_of_it, licence in run_licences.works():
        assert [f"{name} {version_of_it}", "exercises that run in the page", licence] in named
        text = (run_site / FOLDER / f"run-{name}.txt").read_text(encoding="utf-8")
        assert len(text) > 900
        assert re.search("licen[sc]e", text, re.IGNORECASE)
