"""What a public address adds to a site, and that without one nothing of it is left behind."""

import struct
import tomllib
import xml.etree.ElementTree as ElementTree

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook
from notebook_files import METADATA, ROOT, dumps, write
from sphinx.errors import ConfigError

from tests.site.links import parsed
from tests.site.small_site import build_small_site

EXTENSIONS = (
    "sphinxext.opengraph",
    "notfound.extension",
    *(
        f"sphinx_course.{name}"
        for name in ("frame", "shared_sidebar", "publishing", "social", "footer", "launch")
    ),
)
SETTINGS = {
    "project": "A Course, Step by Step",
    "ogp_social_cards": {"enable": False},
    "notfound_urls_prefix": "/c/",
}
VALUES = {
    "address": "https://example.org/c/",
    "repository": "https://github.com/someone/course",
    "report": "issues",
    "colab": True,
    "binder": True,
}
BEHIND = ("example.org", "og:url", "og:image", "twitter:", "canonical", "Report an error", "colab")


def small(folder, **course_site):
    (folder / "book").mkdir(parents=True)
    pages = ("book/how-to-cite", "book/01-one", "exercises/01-one", "solutions/01-one")
    toctree = "```{toctree}\n" + "\n".join(pages) + "\n```\n"
    (folder / "index.md").write_text(f"# Start\n\nWords.\n\n{toctree}")
    (folder / "book" / "how-to-cite.md").write_text("# Cite & share\n\nWords.\n")
    for place in ("book", "exercises", "solutions"):
        notebook = new_notebook(cells=[new_markdown_cell("# One\n\nWords.")], metadata=METADATA)
        (folder / place).mkdir(exist_ok=True)
        write(folder / place / "01-one.ipynb", dumps(notebook))
    return build_small_site(folder, *EXTENSIONS, **SETTINGS, course_site=course_site)


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    return small(tmp_path_factory.mktemp("public") / "site", **VALUES)


@pytest.fixture(scope="module")
def private(tmp_path_factory):
    return small(tmp_path_factory.mktemp("private") / "site")


def head(page):
    """Return what the head of a page says, by name."""
    soup = parsed(page)
    said = {tag.get("property") or tag.get("name"): tag["content"] for tag in soup("meta")[1:]}
    return said | {tag["rel"][0]: tag["href"] for tag in soup("link")}


def test_each_page_tells_its_address(public):
    for name in ("index.html", "book/how-to-cite.html"):
        said = head(public / name)
        assert said["canonical"] == said["og:url"] == VALUES["address"] + name
    assert "canonical" not in head(public / "404.html")  # which stands everywhere


def test_the_sitemap_lists_the_pages(public):
    root = ElementTree.parse(public / "sitemap.xml").getroot()
    assert [place.text for place in root.findall(".//{*}loc")] == [
        f"https://example.org/c/{page}.html"
        for page in (
            "book/01-one",
            "book/how-to-cite",
            "exercises/01-one",
            "index",
            "solutions/01-one",
        )
    ]
    assert not (public / "robots.txt").exists()  # robots would not find it below a path


def test_robots_find_the_sitemap_at_the_root_of_a_host(tmp_path):
    site = small(tmp_path / "site", address="https://example.org")
    assert "Sitemap: https://example.org/sitemap.xml\n" in (site / "robots.txt").read_text()


def test_a_link_to_the_site_shows_a_picture(public):
    said = head(public / "book/how-to-cite.html")
    assert said["og:image"] == VALUES["address"] + "_static/social-card.png"
    assert said["twitter:card"] == "summary_large_image"
    assert said["og:image:alt"].startswith("Accuracy against length")
    picture = (public / "_static" / "social-card.png").read_bytes()
    size = struct.unpack(">II", picture[16:24])
    assert size == (int(said["og:image:width"]), int(said["og:image:height"])) == (1200, 630)
    assert len(picture) < 150_000
    assert b"matplotlib" not in picture.lower()  # no version: the same bytes after an update


def test_the_foot_of_a_page_says_what_it_is(public, private):
    for page, cite in (
        ("index.html", "book/how-to-cite.html"),
        ("book/how-to-cite.html", "#"),
        ("404.html", "/c/book/how-to-cite.html"),
    ):
        (foot,) = parsed(private / page).select(".course-footer")
        words = " ".join(foot.get_text().split())
        assert words.startswith("A Course, Step by Step, version 0.")
        assert "CC BY 4.0; code: MIT." in words
        links = [link["href"] for link in foot.select("a")]
        assert links == ["https://creativecommons.org/licenses/by/4.0/", cite]
        assert len(parsed(public / page).select(".course-footer a")) == 3


def test_a_reader_can_report_an_error(public):
    (link,) = (
        link["href"]
        for link in parsed(public / "book/how-to-cite.html").select(".course-footer a")
        if "Report" in link.get_text()
    )
    assert link.startswith("https://github.com/someone/course/issues/new?template=error.yml")
    assert "title=Error%3A+Cite+%26+share" in link
    assert link.endswith("page=https%3A%2F%2Fexample.org%2Fc%2Fbook%2Fhow-to-cite.html")


def test_chapters_and_exercises_open_elsewhere(public):
    for folder in ("book", "exercises"):
        (fold,) = parsed(public / folder / "01-one.html").select("details.course-launch")
        assert fold.find_previous_sibling().name == "h1"
        assert fold.summary.get_text() == "Open this page in Colab or Binder"
        colab, binder = (link["href"] for link in fold.select("a"))
        assert colab.endswith(f"/github/someone/course/blob/main/{folder}/01-one.ipynb")
        assert binder.endswith(f"/gh/someone/course/main?urlpath=lab/tree/{folder}/01-one.ipynb")
        assert fold.pre.get_text().splitlines() == [
            "!git clone --depth 1 --branch main https://github.com/someone/course course",
            '%pip install --quiet "./course[data,metrics]"',
            f"%cd course/{folder}",
        ]
    for page in ("solutions/01-one.html", "book/how-to-cite.html"):
        assert parsed(public / page).select(".course-launch") == []


def test_what_a_launched_notebook_installs_is_there():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {"data", "metrics"} <= set(project["optional-dependencies"])
    lines = (ROOT / ".binder" / "requirements.txt").read_text().splitlines()
    assert lines[-1] == ".[data,metrics]"


def test_without_values_nothing_is_left_behind(private):
    for name in ("sitemap.xml", "robots.txt", "_static/social-card.png"):
        assert not (private / name).exists()
    for page in private.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert [word for word in BEHIND if word in text] == []


def test_a_wrong_value_stops_the_build(tmp_path):
    with pytest.raises(ConfigError, match="course_site: address: expected the folder"):
        small(tmp_path / "site", address="example.org")
