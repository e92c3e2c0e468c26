"""Rule: every citation leads to an entry, and every entry to a work that one can find."""

import re

import pytest
from notebook_files import ROOT
from pybtex.database import BibliographyData, BibliographyDataError, parse_file, parse_string

from tests.rules.published import (
    BOOK,
    BOOK_PAGES,
    SOLUTIONS,
    docstrings,
    markdown_of,
    report,
    without_code_blocks,
)

BIBLIOGRAPHY = ROOT / "book" / "references.bib"
ROLE = re.compile(r"(?:\{(?:foot)?cite(?::\w+)?\}|:(?:foot)?cite(?::\w+)?:)`([^`]+)`")
VENUES = ("journal", "booktitle", "publisher", "school", "institution", "howpublished")
DOI = re.compile(r"10\.\d{4,9}/\S+")
ARXIV = re.compile(r"\d{4}\.\d{4,5}(v\d+)?|[a-z-]+(\.[A-Z]{2})?/\d{7}")


def keys_in(text):
    """Return the keys that a text cites; words before and after them, in braces, left out."""
    return [
        re.sub(r"\{[^}]*\}", "", key).strip()
        for keys in ROLE.findall(without_code_blocks(text))
        for key in keys.split(",")
    ]


def is_isbn(text):
    """Whether the digits of an ISBN agree with its check digit."""
    digits = re.sub(r"[- ]", "", text).upper()
    if re.fullmatch(r"\d{13}", digits):
        return sum(int(d) * (1, 3)[i % 2] for i, d in enumerate(digits)) % 10 == 0
    if re.fullmatch(r"\d{9}[\dX]", digits):
        values = [10 if d == "X" else int(d) for d in digits]
        return sum(value * (10 - i) for i, value in enumerate(values)) % 11 == 0
    return False


def entry_complaints(key, entry):
    """Return a sentence for each thing that keeps a reader from finding this work."""
    fields = {name.lower(): value.strip() for name, value in entry.fields.items()}
    complaints = []
    if not (entry.persons.get("author") or entry.persons.get("editor")):
        complaints.append(f"{key}: no author.")
    if not fields.get("title"):
        complaints.append(f"{key}: no title.")
    if not re.fullmatch(r"(1[89]|20)\d\d", fields.get("year", "")):
        complaints.append(f"{key}: expected a year of four digits, got {fields.get('year')!r}.")
    is_arxiv = fields.get("archiveprefix", "").lower() == "arxiv"
    if not any(fields.get(venue) for venue in VENUES) and not is_arxiv:
        complaints.append(f"{key}: no venue ({', '.join(VENUES)}, or archiveprefix = arXiv).")
    if not any(fields.get(name) for name in ("doi", "isbn", "eprint", "url")):
        complaints.append(f"{key}: no doi, isbn, eprint or url.")
    if fields.get("doi") and not DOI.fullmatch(fields["doi"]):
        complaints.append(
            f"{key}: {fields['doi']!r} is no DOI; it starts with 10., not with a URL."
        )
    if fields.get("isbn") and not is_isbn(fields["isbn"]):
        complaints.append(f"{key}: {fields['isbn']!r} is no ISBN: its check digit is wrong.")
    if fields.get("eprint") and not ARXIV.fullmatch(fields["eprint"]):
        complaints.append(f"{key}: {fields['eprint']!r} is no arXiv number.")
    return complaints


def is_further_reading(entry):
    return "further" in re.split(r"[,;\s]+", entry.fields.get("keywords", ""))


def complaints_about(texts, bibliography: BibliographyData):
    """Compare what texts, given as (place, text), cite with the entries of a bibliography."""
    complaints, cited = [], set()
    for where, text in texts:
        for key in keys_in(text):
            cited.add(key)
            if key not in bibliography.entries:
                complaints.append(f"{where}: cites {key!r}, which references.bib does not have.")
    for key, entry in bibliography.entries.items():
        complaints += entry_complaints(key, entry)
        if key not in cited and not is_further_reading(entry):
            complaints.append(f"{key}: no page cites it, and it has no keywords = {{further}}.")
        if key in cited and is_further_reading(entry):
            complaints.append(f"{key}: it is cited, so it is no longer keywords = {{further}}.")
    return complaints


def test_citations_and_entries_agree():
    texts = [part for path in BOOK + BOOK_PAGES + SOLUTIONS for part in markdown_of(path)]
    report(complaints_about([*texts, *docstrings()], parse_file(BIBLIOGRAPHY)))


SOURCE = re.compile(r"^Source:.*?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)
YEAR = re.compile(r"[^\n(]*\((?:1[89]|20)\d\d\)")  # "Elman (1990)"


def uncited_sources(texts):
    """Return a sentence for each work that a docstring names without a link to its entry."""
    return [
        f"{where}: expected :cite:t: with a key, got {name.strip()!r}."
        for where, text in texts
        for source in SOURCE.findall(text)
        for name in YEAR.findall(source) or ([] if ":cite:" in source else [source])
    ]


def test_docstrings_cite_their_sources():
    report(uncited_sources(docstrings()))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Step.\n\nSource: Elman (1990).\n\nExamples\n----", ["Source: Elman (1990)"]),
        (
            "Source: :cite:t:`elman1990`;\nthe signs: Mezzadri (2007).",
            ["the signs: Mezzadri (2007)"],
        ),
        ("Source: a textbook.", ["Source: a textbook."]),
        ("Source: the chain rule; some paths are cut by :cite:t:`gers2000`.", []),
        ("Source: :cite:t:`elman1990`.\n\nThe idea is old (1980).", []),
    ],
)
def test_the_rule_sees_a_source_without_a_link(text, named):
    wanted = [f"here: expected :cite:t: with a key, got {name!r}." for name in named]
    assert uncited_sources([("here", text)]) == wanted


ENTRY = """@article{elman1990,
  author = {Elman, Jeffrey L.}, title = {Finding Structure in Time},
  journal = {Cognitive Science}, year = {1990}, doi = {10.1207/s15516709cog1402_1}
}"""
CITES = [("page", "As {cite:t}`elman1990` has it.")]


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("{cite}`a`", ["a"]),
        ("{cite:p}`a, b`", ["a", "b"]),
        ("{cite:t}`{see}a{p. 3}`", ["a"]),
        ("Source: :cite:t:`a`; :cite:p:`b`.", ["a", "b"]),
        ("```python\n# {cite}`a`\n```", []),
        ("{ref}`a` and `{cite}`", []),
    ],
)
def test_a_key_is_found_however_it_is_cited(text, keys):
    assert keys_in(text) == keys


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("author = {Elman, Jeffrey L.},", "", "elman1990: no author"),
        ("title = {Finding Structure in Time},", "", "elman1990: no title"),
        ("year = {1990}", "year = {90}", "elman1990: expected a year of four digits, got '90'"),
        ("journal = {Cognitive Science},", "", "elman1990: no venue"),
        ("doi = {10.1207/s15516709cog1402_1}", "", "elman1990: no doi, isbn, eprint or url"),
        ("doi = {10.", "doi = {https://doi.org/10.", "is no DOI"),
        ("doi = {10.1207/s15516709cog1402_1}", "isbn = {978-0-262-03561-4}", "is no ISBN"),
        ("doi = {10.1207/s15516709cog1402_1}", "eprint = {arXiv:1}", "is no arXiv number"),
        ("@article{elman1990", "@article{elman1991", "page: cites 'elman1990', which"),
        ("year =", "keywords = {further}, year =", "it is cited, so it is no longer"),
    ],
)
def test_the_rule_sees_a_bad_entry(old, new, complaint):
    assert old in ENTRY
    complaints = complaints_about(CITES, parse_string(ENTRY.replace(old, new), "bibtex"))
    assert any(complaint in sentence for sentence in complaints)


def test_the_rule_sees_an_entry_that_nothing_cites():
    bibliography = parse_string(ENTRY, "bibtex")
    assert complaints_about([], bibliography) == [
        "elman1990: no page cites it, and it has no keywords = {further}."
    ]
    further = parse_string(ENTRY.replace("year =", "keywords = {further}, year ="), "bibtex")
    assert complaints_about([], further) == []
    assert complaints_about(CITES, bibliography) == []


def test_a_key_that_is_there_twice_is_refused():
    with pytest.raises(BibliographyDataError, match="repeated bibliography entry"):
        parse_string(ENTRY + ENTRY, "bibtex")


@pytest.mark.parametrize("isbn", ["978-0-262-03561-3", "0-262-03561-8", "080442957X"])
def test_good_isbns(isbn):
    assert is_isbn(isbn)
    assert not is_isbn(isbn[1:])
