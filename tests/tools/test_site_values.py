"""The values of a published site: what is taken, and what is refused in which words."""

import os
import subprocess
import sys

import pytest
from notebook_files import ROOT
from site_values import SiteValueError, SiteValues, configured, site_values

GITHUB = "https://github.com/someone/course"


def refused(given, environ=None):
    with pytest.raises(SiteValueError) as caught:
        site_values(given, environ or {})
    return str(caught.value)


def test_nothing_is_set_by_default():
    assert site_values({}, {}) == SiteValues()
    configured()  # what stands in _config.yml, filled in or not, can be used
    assert SiteValues().path == "/"
    assert SiteValues().report_address("a.html", "A") == ""


@pytest.mark.parametrize(
    ("address", "kept", "path"),
    [
        ("https://example.org", "https://example.org/", "/"),
        ("https://example.org/course", "https://example.org/course/", "/course/"),
        ("http://example.org/~me/a/", "http://example.org/~me/a/", "/~me/a/"),
    ],
)
def test_an_address_is_a_folder(address, kept, path):
    values = site_values({"address": address}, {})
    assert (values.address, values.path) == (kept, path)


@pytest.mark.parametrize(
    "address",
    ["example.org/course", "ftp://example.org/", "https:///course", "/course/", " https://a.org/"],
)
def test_an_address_has_scheme_and_host(address):
    message = refused({"address": address})
    assert message.startswith("course_site: address: expected the folder that the pages are in")
    assert message.endswith(f"got {address!r}.")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://example.org/course/index.html", "not one page of it"),
        ("https://example.org/course/?x=1", "without ? or #"),
        ("https://example.org/course/#top", "without ? or #"),
    ],
)
def test_an_address_is_no_page(address, why):
    assert why in refused({"address": address})


def test_a_repository_is_owner_and_name():
    assert site_values({"repository": f"{GITHUB}.git"}, {}).repository == GITHUB
    assert site_values({"repository": f"{GITHUB}/"}, {}).repository == GITHUB
    for wrong in ("github.com/a/b", "https://github.com/a", f"{GITHUB}/tree/main", "a/b"):
        assert "https://github.com/OWNER/NAME" in refused({"repository": wrong})


@pytest.mark.parametrize("needy", [{"colab": True}, {"binder": True}, {"report": "issues"}])
@pytest.mark.parametrize("repository", [None, "https://codeberg.org/a/b"])
def test_what_needs_github_says_so(needy, repository):
    message = refused({**needy, "repository": repository})
    assert "a repository on GitHub" in message
    assert f"because of {next(iter(needy))}" in message


def test_a_switch_is_on_or_off():
    assert site_values({"headers": "yes"}, {}).headers
    assert not site_values({"headers": False}, {"COURSE_SITE_HEADERS": "0"}).headers
    assert "headers: expected true or false, got 'maybe'" in refused({"headers": "maybe"})


def test_an_unknown_value_is_named():
    assert "unknown value 'adress'; known: address, repository" in refused({"adress": "x"})
    assert "unknown value 'adress'" in refused({}, {"COURSE_SITE_ADRESS": "x"})


def test_the_environment_goes_first():
    given = {"address": "https://a.org", "branch": "trunk"}
    values = site_values(given, {"COURSE_SITE_ADDRESS": "https://b.org/c", "PATH": "/bin"})
    assert (values.address, values.branch) == ("https://b.org/c/", "trunk")


def test_errors_go_where_they_should():
    def sent(report):
        values = {"address": "https://a.org/c", "repository": GITHUB, "report": report}
        return site_values(values, {}).report_address("b/x.html", "2. R & D")

    assert sent("issues") == (
        f"{GITHUB}/issues/new?template=error.yml&title=Error%3A+2.+R+%26+D"
        "&page=https%3A%2F%2Fa.org%2Fc%2Fb%2Fx.html"
    )
    assert sent("mailto:me@a.org") == (
        "mailto:me@a.org?subject=Error%3A%202.%20R%20%26%20D"
        "&body=Page%3A%20https%3A%2F%2Fa.org%2Fc%2Fb%2Fx.html%0A%0A"
    )
    assert sent("https://a.org/form") == "https://a.org/form"
    for wrong in ("me@a.org", "javascript:alert(1)", "http://a.org", "mailto:me"):
        assert "report: expected 'issues', 'mailto:NAME@HOST'" in refused({"report": wrong})


def test_maintainers_can_read_of_each_value():
    page = (ROOT / "book" / "publishing.md").read_text(encoding="utf-8")
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    for name in SiteValues._fields:
        assert f"`{name}`" in page
        assert f"\n      {name}:" in config


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("example.org", "course_site: address: expected the folder that the pages are in"),
        ("https://example.org/a/", "--url-prefix: expected '/a/' as in the address, got '/b/'"),
    ],
)
def test_the_build_does_not_begin_with_a_wrong_place(tmp_path, address, message):
    command = [sys.executable, "tools/build_book.py", "--url-prefix", "/b/", "--out", tmp_path]
    environ = {**os.environ, "COURSE_SITE_ADDRESS": address}
    run = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert run.returncode == 2
    assert message in run.stderr
    assert list(tmp_path.iterdir()) == []
