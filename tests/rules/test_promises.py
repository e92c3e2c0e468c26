"""Rule: each promise to reviewers says how it is checked, by something that is there."""

import re

import pytest
from notebook_files import ROOT

PAGE = (ROOT / "book" / "promises.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## ([^\n]+)\n\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
COMMAND = re.compile(r'^make test ARGS=(?:"([^"]+)"|(\S+))$', re.MULTILINE)


@pytest.mark.parametrize("promise", SECTIONS)
def test_a_promise_has_a_command_that_runs_what_is_there(promise):
    (found,) = COMMAND.findall(SECTIONS[promise])
    paths = "".join(found).split()
    assert paths
    for path in paths:
        assert (ROOT / path).exists(), path


def test_the_command_of_the_page_is_one_of_the_course():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^test:.*\n(?:\t.*\n)*?\t@python -m pytest .*\$\(ARGS\)$", makefile, re.M)
    assert len(SECTIONS) >= 8
