"""Rule: no file of the project names a folder or a server of the machine it was written on."""

import re
import shutil
import subprocess

import pytest
from notebook_files import ROOT

FORBIDDEN = re.compile(
    r"(?<![\w./-])/(?:work|root|tmp/[a-z]\b)(?:/|\b)"
    r"|(?<![\w./-])/(?:home|Users)/\w+"
    r"|\b[A-Z]:\\Users\b"
    r"|--(?:extra-)?index-url"
)


def complaints_about(text, name):
    """Return a sentence for each place of one machine that a text names."""
    return [
        f"{name}, line {number}: {found.group()!r} exists on one machine only."
        for number, line in enumerate(text.splitlines(), start=1)
        for found in FORBIDDEN.finditer(line)
    ]


def project_files():
    """Return the files that git keeps or would keep."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this copy of the project is no git repository")
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    # The tests' own bad samples name such places on purpose; exercises, which somebody may have
    # run, are made from solutions.
    left_out = {"tests", "exercises"}
    names = [
        name for name in listing.stdout.split("\0") if name and name.split("/")[0] not in left_out
    ]
    return [name for name in names if (ROOT / name).is_file()]


def test_no_file_names_a_machine():
    complaints = []
    for name in project_files():
        try:
            text = (ROOT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # an image
        complaints += complaints_about(text, name)
    assert not complaints, "\n" + "\n".join(complaints)


@pytest.mark.parametrize(
    "text",
    [
        "see /work/main/x",
        "cd /work",
        "'/root/.cache'",
        "(/home/me/course)",
        "/tmp/w/file",
        "open /Users/me",
        r"C:\Users\me",
        "--index-url https://pypi.example",
    ],
)
def test_the_rule_sees_a_machine(text):
    (complaint,) = complaints_about("first line\n" + text, "n")
    assert complaint.startswith("n, line 2: ")


@pytest.mark.parametrize(
    "text",
    ["https://example.org/work/home/x", "a/work/b", "../root/x", "/tmp/ipykernel_1", "w/home/me"],
)
def test_the_rule_lets_other_paths_pass(text):
    assert complaints_about(text, "n") == []
