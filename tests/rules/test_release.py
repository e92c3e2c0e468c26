"""Rule: one version and one licence, wherever they are said."""

import hashlib
import re
import tomllib

import yaml
from notebook_files import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Creative Commons' own plain text of CC BY 4.0, as many projects carry it.
LEGAL_CODE = "fd3a263fe19ed8faa9068b43abaebafc02c77897b0c6fc09abc04bb592e5f16e"


def versions(root=ROOT):
    """Return the version that each file tells, by place."""
    citation = yaml.safe_load((root / "CITATION.cff").read_text())
    page = (root / "book" / "how-to-cite.md").read_text()
    changes = (root / "CHANGELOG.md").read_text()
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    said = re.findall(r"version\s+([0-9]+\.[0-9]+\.[0-9]+)", page)
    return {
        "pyproject.toml": project["version"],
        "CITATION.cff": str(citation["version"]),
        "CHANGELOG.md": re.search(r"^## (\S+)", changes, re.MULTILINE)[1],
        **{f"book/how-to-cite.md, {n}": version for n, version in enumerate(said, start=1)},
    }


def test_one_version():
    told = versions()
    assert len(told) == 5  # the page says it twice
    assert len(set(told.values())) == 1, told


def test_a_released_version_has_its_date():
    first = re.search(r"^## \S+ - (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1]
    assert first == "unreleased" or re.fullmatch(r"20\d\d-\d\d-\d\d", first)


def test_title_and_licences_agree():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    page = (ROOT / "book" / "how-to-cite.md").read_text()
    assert citation["title"] == config["title"]
    assert citation["title"] in page
    assert citation["license"] == ["MIT", "CC-BY-4.0"]
    # A wheel holds code alone.
    assert PROJECT["license"] == "MIT"
    assert PROJECT["license-files"] == ["LICENSE"]
    assert (ROOT / "LICENSE").read_text().startswith("MIT License\n")


def test_the_licence_of_the_text_is_there_in_full():
    text = (ROOT / "LICENSE-text").read_text(encoding="utf-8")
    notice, _, code = text.partition("=" * 71 + "\n\n")
    assert "by/4.0/legalcode" in notice
    assert hashlib.sha256(code.encode()).hexdigest() == LEGAL_CODE
