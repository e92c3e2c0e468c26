"""What others made is named, with its licence, and nothing of theirs is in the site unnamed."""

import hashlib
import re
from importlib.metadata import distribution

import pytest
from notebook_files import ROOT
from sphinx_course import math_font
from sphinx_course.third_party import FOLDER, PARTS, TEXTS, file_name, licence_text, version

from tests.site.links import parsed

# What Sphinx and its extensions write by themselves: from templates, or compiled; and the part of
# a font that is cut out of it.
WRITTEN = {
    math_font.NAME,
    "basic.css",
    "copybutton.js",
    "documentation_options.js",
    "language_data.js",
    "pygments.css",
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
    known = {digest(path) for path in (ROOT / "book" / "site").iterdir()}
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
