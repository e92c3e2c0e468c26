"""The look at a site before it is published, on one made by hand: it sees each fault."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from notebook_files import ROOT
from publish_check import check, file_at, machine, sizes, table
from site_policy import write_policy
from site_values import SiteValues

from tests.site.links import page_of

PREFIX = "/course/"
PUBLIC = SiteValues(address="https://example.org/course/")
PAGE = "<html lang='en'><head>{head}</head><body><h1 id='top'>One</h1>{body}</body></html>"
MAP = "<urlset><url><loc>https://example.org/course/book/one.html</loc></url></urlset>"


def canonical(name, address=PUBLIC.address):
    return f'<link rel="canonical" href="{address}{name}" />'


@pytest.fixture
def site(tmp_path):
    """A site of one page that nothing is wrong with, for an address that is not known yet."""
    page_of.cache_clear()
    write(tmp_path, "index.html", PAGE.format(head="", body="<a href='book/one.html'>on</a>"))
    write(tmp_path, "book/one.html", PAGE.format(head="", body="<a href='../index.html#top'>x</a>"))
    write(tmp_path, "404.html", f'<a href="{PREFIX}_static/x.css">x</a>')
    write(tmp_path, "_static/x.css", "")
    write(tmp_path, ".nojekyll", "")
    write(tmp_path, "llms.txt", "- [One](book/one.md): about\n")
    write(tmp_path, "book/one.md", "# One\n")
    write_policy(tmp_path, SiteValues())
    return tmp_path


@pytest.fixture
def public(site):
    """The same site with an address."""
    write(site, "book/one.html", PAGE.format(head=canonical("book/one.html"), body=""))
    write(site, "sitemap.xml", MAP)
    write(site, "llms.txt", "- [One](https://example.org/course/book/one.md)\n")
    return site


def write(site, name, text):
    path = site / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def faults(site, values=None, prefix=PREFIX):
    values = values or SiteValues()
    return {line.name: line.faults for line in check(site, values, prefix) if line.faults}


def test_a_good_site_has_no_faults(site):
    assert faults(site) == {}
    text = table(check(site, SiteValues(), PREFIX))
    assert [line.split()[0] for line in text.splitlines()] == ["ok"] * 6


def test_a_good_site_with_an_address_has_none(public):
    assert faults(public, PUBLIC) == {}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<a href='/index.html'>x</a>", "'/index.html' leads nowhere below /course/"),
        ("<a href='../../index.html'>x</a>", "leads nowhere below /course/"),
        ("<a href='gone.html'>x</a>", "'gone.html' leads nowhere below /course/"),
        ("<a href='#gone'>x</a>", "'#gone' leads to an anchor that is not there"),
        ("<a href='../index.html#gone'>x</a>", "leads to an anchor that is not there"),
        ("<script src='https://x.example/a.js'></script>", "from a third party"),
    ],
)
def test_a_dead_link_is_seen(site, body, fault):
    write(site, "book/one.html", PAGE.format(head="", body=body))
    (found,) = faults(site)["links"]
    assert found.startswith("book/one.html: ")
    assert found.endswith(fault)


def test_an_address_at_the_root_is_right_in_the_page_for_unknown_ones_alone(site):
    write(site, "404.html", "<a href='index.html'>x</a>")  # shown at any depth
    assert faults(site)["links"] == ["404.html: 'index.html' leads nowhere below /course/"]


def test_the_page_for_unknown_addresses_is_made_for_the_path(site):
    found = faults(site, prefix="/other/")
    assert found["unknown addresses"] == [
        "404.html is for /course/, not for /other/: build with URL_PREFIX=/other/"
    ]


@pytest.mark.parametrize("name", ["404.html", ".nojekyll"])
def test_a_file_that_hosts_want_is_missed(site, name):
    (site / name).unlink()
    assert faults(site)["unknown addresses"] == [f"{name} is missing"]


def test_a_path_of_this_machine_is_seen_in_packed_files_too(site):
    course, environment = Path("/home/someone/course"), Path("/opt/somewhere/environment")
    write(site, "_static/x.js", f"// made in {course}/book")
    with zipfile.ZipFile(site / "course.zip", "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("a/b.txt", f"see {environment}/bin")
    assert machine(site, [course, environment]).faults == [
        f"_static/x.js: names {course}",
        f"course.zip, a/b.txt: names {environment}",
    ]


def test_what_is_too_large_for_a_host_is_seen(site):
    with (site / "big.bin").open("wb") as file:
        file.truncate(26 * 2**20)
    assert sizes(site, SiteValues()).faults == []  # on other hosts it may be as large
    found = sizes(site, SiteValues(headers=True)).faults
    assert found == ["big.bin has 27.3 MB; Cloudflare Pages takes 26.2"]


@pytest.mark.parametrize(
    ("head", "fault"),
    [
        ("<script>new</script>", "is not the policy of these pages"),
        ("<p onclick='x()'>", "book/one.html: a script in an attribute, onclick of <p>"),
        ("<p onclick=x()>", "book/one.html: a script in an attribute, onclick of <p>"),
        ("<P ONCLICK='x()'>", "book/one.html: a script in an attribute, onclick of <p>"),
        ("<p title='a > b' onclick='x()'>", "a script in an attribute, onclick of <p>"),
        ("<a href=' JavaScript:x()'>x</a>", "a script in an attribute, href of <a>"),
    ],
)
def test_pages_and_policy_have_to_agree(site, head, fault):
    write(site, "book/one.html", PAGE.format(head=head, body=""))
    (found,) = faults(site)["security policy"]
    assert fault in found


def test_headers_are_there_if_they_are_asked_for(site):
    values = SiteValues(headers=True)
    assert "do not agree" in faults(site, values)["security policy"][0]
    write_policy(site, values)
    assert faults(site, values) == {}


def test_an_address_that_nobody_configured_is_seen(public):
    found = faults(public)["address"]
    assert found[:2] == [
        "book/one.html: canonical is https://example.org/course/book/one.html",
        "sitemap.xml and course_site: address do not agree: build again",
    ]


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("book/one.html", PAGE.format(head="", body=""), "canonical is missing"),
        ("book/one.html", PAGE.format(head=canonical("index.html"), body=""), "canonical is http"),
        ("404.html", f"{canonical('404.html')}<a href='{PREFIX}_static/x.css'>", "404.html: can"),
        ("sitemap.xml", MAP.replace("one", "gone"), "book/gone.html is not there"),
        ("llms.txt", "- [One](https://example.org/course/book/no.md)\n", "no.md is not there"),
    ],
)
def test_addresses_that_do_not_agree_are_seen(public, name, text, fault):
    write(public, name, text)
    (found,) = faults(public, PUBLIC)["address"]
    assert fault in found


def test_a_host_shows_the_page_of_a_folder(site):
    assert file_at("/course/", site, PREFIX) == site / "index.html"
    assert file_at("/course/book/one.html?x=1", site, PREFIX) == site / "book" / "one.html"
    for gone in ("/", "/course/book/", "/courses/index.html", "/course/../x"):
        assert file_at(gone, site, PREFIX) is None


def test_the_command_fails_on_a_fault(site):
    write(site, "book/one.html", PAGE.format(head="", body="<a href='gone.html'>x</a>"))
    command = [sys.executable, "tools/publish_check.py", "--url-prefix", PREFIX, "--site", site]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 1, run.stderr
    assert run.stdout.splitlines()[:2] == [
        "FAULT links              3 addresses on 3 pages",
        "      - book/one.html: 'gone.html' leads nowhere below /course/",
    ]
