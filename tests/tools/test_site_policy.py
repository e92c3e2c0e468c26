"""The security policy that is computed from pages: what it allows, and what it does not."""

import base64
import hashlib

import pytest
from site_policy import FILE, HEADERS, inside, policy, write_policy
from site_values import SiteValues
from sphinx_course.math_font import NAME

PAGE = """<html><head><script>let a = 1;</script><STYLE>p { color: red }</STYLE>
<script type="application/json">{"b": 2}</script><script src="a.js"></script>
<script type='module'>
import "./c.js";
</script></head><body style="width: 1px"></body></html>"""
SCRIPTS = {"let a = 1;", '\nimport "./c.js";\n'}


def allowed(text, rule):
    """Return the sources of one rule of a policy."""
    rules = dict(part.split(" ", 1) for part in text.split("; "))
    return rules[rule].split()


def sha(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_scripts_and_styles_inside_a_page_are_found():
    assert inside(PAGE) == (SCRIPTS, {"p { color: red }"})


def test_only_these_are_allowed():
    found = policy([PAGE, PAGE])
    assert allowed(found, "script-src") == ["'self'", *sorted(map(sha, SCRIPTS))]
    assert allowed(found, "style-src-elem") == ["'self'", sha("p { color: red }")]
    assert allowed(found, "default-src") == ["'none'"]
    assert "worker-src" not in found


def test_nothing_inside_the_pages_needs_no_hash():
    assert allowed(policy(["<p>Words.</p>"]), "script-src") == ["'self'"]


@pytest.mark.parametrize(
    ("attributes", "runs_here"),
    [
        ('data-src="a.js"', True),
        ("data-type='application/json'", True),
        ('title="a > b"', True),
        ('title="a > b" src="a.js"', False),
        ("SRC=a.js", False),
        ("async src = 'a.js'", False),
        ("type = Module", True),
        ('data-x="src=" TYPE="application/JSON"', False),
    ],
)
def test_attributes_say_which_script_stands_inside(attributes, runs_here):
    scripts, _ = inside(f"<script {attributes}>a()</script>")
    assert scripts == ({"a()"} if runs_here else set())


def test_no_word_in_a_page_lets_it_write_styles():
    page = "<p>mathjax/tex-chtml.js and fontawesome.js</p>"
    assert allowed(policy([page]), "style-src-elem") == ["'self'"]


def test_python_in_the_page_may_run(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "python.wasm").touch()
    (tmp_path / "index.html").write_text(PAGE)
    write_policy(tmp_path, SiteValues())
    found = (tmp_path / FILE).read_text().strip()
    assert allowed(found, "script-src")[:2] == ["'self'", "'wasm-unsafe-eval'"]
    assert allowed(found, "worker-src") == ["'self'"]


@pytest.mark.parametrize("page", ["<script>", "eval", "<style"])
def test_an_unfinished_element_is_no_element(page):
    assert inside(page) == (set(), set())


def test_hosts_that_read_headers_get_them_if_asked(tmp_path):
    (tmp_path / "index.html").write_text(PAGE)
    write_policy(tmp_path, SiteValues(headers=True))
    found = (tmp_path / FILE).read_text().strip()
    assert f"/*\n  Content-Security-Policy: {found}\n" in (tmp_path / HEADERS).read_text()
    blocks = (tmp_path / HEADERS).read_text().split("\n/")
    kept = {path: lines for path, _, lines in (block.partition("\n") for block in blocks)}
    for path in ("_static/run/*", f"_static/{NAME}"):
        assert kept[path].split() == ["Cache-Control:", "no-cache"]
    write_policy(tmp_path, SiteValues())
    assert not (tmp_path / HEADERS).exists()
