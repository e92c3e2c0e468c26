"""Rule: the table of contents lists files that are there, and each chapter is there in full."""

import re

import pytest
import yaml
from notebook_files import ROOT

TOC = ROOT / "_toc.yml"
FOLDERS = ("book", "solutions", "exercises")


def listed_files(toc):
    """Return every file of a table of contents, in its order, the root first."""
    found = [toc["root"]] if "root" in toc else []
    found += [toc["file"]] if "file" in toc else []
    for level in ("parts", "chapters", "sections"):
        for entry in toc.get(level, []):
            found += listed_files(entry)
    return found


def published_files(root=ROOT):
    """Return the paths of what the table of contents lists, as far as they are there."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    candidates = [root / f"{name}{end}" for name in listed_files(toc) for end in (".md", ".ipynb")]
    return [path for path in candidates if path.exists()]


def complaints_about(toc, root):
    """Return a sentence for each listed file and each part of a chapter that is missing."""
    listed = listed_files(toc)
    complaints = [
        f"_toc.yml lists {name}, but there is no {name}.md or {name}.ipynb."
        for name in listed
        if not any((root / f"{name}{end}").exists() for end in (".md", ".ipynb"))
    ]
    complaints += [
        f"_toc.yml lists {name} twice." for name in sorted(set(listed)) if listed.count(name) > 1
    ]
    stems = {  # exercises/ may hold a learner's own; what was made is compared with solutions/
        path.stem
        for folder in ("book", "solutions")
        for path in (root / folder).glob("*.ipynb")
        if re.match(r"\d\d-", path.stem)
    }
    projects = {path.stem for path in (root / "solutions").glob("project-*.ipynb")}
    if not stems:
        complaints.append("there is no chapter book/NN-name.ipynb.")
    for stem in sorted(stems | projects):
        kind = "chapter" if stem in stems else "project"
        for folder in FOLDERS if stem in stems else ("solutions", "exercises"):
            if not (root / folder / f"{stem}.ipynb").exists():
                complaints.append(f"{kind} {stem}: {folder}/{stem}.ipynb is missing.")
            elif f"{folder}/{stem}" not in listed:
                complaints.append(f"{kind} {stem}: _toc.yml does not list {folder}/{stem}.")
    return complaints


def test_the_table_of_contents_and_the_chapters_agree():
    complaints = complaints_about(yaml.safe_load(TOC.read_text(encoding="utf-8")), ROOT)
    assert not complaints, "\n" + "\n".join(complaints)


GOOD = {
    "root": "book/index",
    "parts": [
        {
            "caption": "I",
            "chapters": [{"file": "book/01-one", "sections": [{"file": "exercises/01-one"}]}],
        },
        {"caption": "Solutions", "chapters": [{"file": "solutions/01-one"}]},
    ],
}


@pytest.fixture
def course(tmp_path):
    for folder in FOLDERS:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "01-one.ipynb").touch()
    (tmp_path / "book" / "index.md").touch()
    return tmp_path


def test_the_rule_accepts_a_complete_course(course):
    assert complaints_about(GOOD, course) == []


@pytest.mark.parametrize(
    ("gone", "complaint"),
    [
        ("book/index.md", "_toc.yml lists book/index, but there is no book/index.md"),
        ("book/01-one.ipynb", "chapter 01-one: book/01-one.ipynb is missing."),
        ("solutions/01-one.ipynb", "chapter 01-one: solutions/01-one.ipynb is missing."),
        ("exercises/01-one.ipynb", "chapter 01-one: exercises/01-one.ipynb is missing."),
    ],
)
def test_the_rule_sees_a_missing_file(course, gone, complaint):
    (course / gone).unlink()
    assert any(sentence.startswith(complaint) for sentence in complaints_about(GOOD, course))


def test_the_rule_sees_what_is_not_listed_or_listed_twice(course):
    toc = {"root": "book/index", "chapters": [{"file": "book/01-one"}, {"file": "book/01-one"}]}
    assert complaints_about(toc, course) == [
        "_toc.yml lists book/01-one twice.",
        "chapter 01-one: _toc.yml does not list solutions/01-one.",
        "chapter 01-one: _toc.yml does not list exercises/01-one.",
    ]


def test_the_rule_sees_a_project_that_is_not_listed(course):
    (course / "solutions" / "project-1-one.ipynb").touch()
    assert complaints_about(GOOD, course) == [
        "project project-1-one: _toc.yml does not list solutions/project-1-one.",
        "project project-1-one: exercises/project-1-one.ipynb is missing.",
    ]


def test_the_rule_sees_a_course_without_chapters(tmp_path):
    assert complaints_about({}, tmp_path) == ["there is no chapter book/NN-name.ipynb."]
