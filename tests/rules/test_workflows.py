"""Rule: the files that run elsewhere are well formed, ask for little, and call what there is.

Their form is compared with the schemas that check-jsonschema carries; nothing is fetched.
"""

import json
import re
import tomllib
from importlib.metadata import distribution

import pytest
import yaml
from jsonschema.validators import validator_for
from notebook_files import ROOT
from site_values import ENVIRONMENT, SiteValues

FOLDER = ROOT / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
FORMS = {
    **{path: "github-workflows" for path in WORKFLOWS},
    FOLDER / "dependabot.yml": "dependabot",
    FOLDER / "ISSUE_TEMPLATE" / "error.yml": "github-issue-forms",
}
each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=[path.name for path in WORKFLOWS])


def load(text):
    """Read YAML; to YAML 1.1 the key ``on`` is a truth value."""
    found = yaml.safe_load(text)
    return {"on" if key is True else key: value for key, value in found.items()}


def schema_complaints(text, form):
    """Return where a file differs from its schema."""
    package = distribution("check-jsonschema")
    place = f"check_jsonschema/builtin_schemas/vendor/{form}.json"
    schema = json.loads(package.locate_file(place).read_text(encoding="utf-8"))
    validator = validator_for(schema)(schema)
    return [
        f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(load(text))
    ]


def jobs_of(text):
    return load(text)["jobs"].items()


def steps_of(text):
    return [(job, step) for job, content in jobs_of(text) for step in content["steps"]]


def complaints_about(text):
    """Return a sentence for each thing that a workflow must not do, or lacks."""
    found = []
    if load(text).get("permissions") != {"contents": "read"}:
        found.append("the workflow may do more than read")
    for name, job in jobs_of(text):
        writes = [what for what, may in job.get("permissions", {}).items() if may == "write"]
        if writes and name != "deploy":
            found.append(f"{name}: may write {', '.join(writes)}")
        if writes and any("run" in step for step in job["steps"]):
            found.append(f"{name}: runs commands with the right to write")
        if "timeout-minutes" not in job:
            found.append(f"{name}: has no time limit")
    for name, step in steps_of(text):
        action = step.get("uses", "actions/none@v1")
        if not re.fullmatch(r"actions/[\w-]+@v\d+|[\w-]+/[\w-]+@[0-9a-f]{40}", action):
            found.append(f"{name}: {action} is not pinned")
        if action.startswith("actions/checkout@") and step["with"]["persist-credentials"]:
            found.append(f"{name}: leaves its token in the copy")
        if "${{" in step.get("run", ""):
            found.append(f"{name}: an expression inside a command; hand it over in env")
    if "secrets." in text:
        found.append("uses a secret")
    return found


@pytest.mark.parametrize(("path", "form"), FORMS.items(), ids=[path.name for path in FORMS])
def test_each_file_has_the_form_that_its_reader_expects(path, form):
    assert schema_complaints(path.read_text(encoding="utf-8"), form) == []


@each_workflow
def test_a_workflow_may_do_little(path):
    assert complaints_about(path.read_text(encoding="utf-8")) == []


@each_workflow
def test_a_workflow_calls_what_there_is(path):
    text = path.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for _, step in steps_of(text):
        for target in re.findall(r"\bmake ([a-z-]+)", step.get("run", "")):
            assert target in targets
        for name in step.get("env", {}):
            value = name.removeprefix(ENVIRONMENT).lower()
            assert not name.startswith(ENVIRONMENT) or value in SiteValues._fields
    for file in re.findall(r"bash (\S+)", text):
        assert (ROOT / file).is_file()


def test_every_python_that_the_course_supports_is_tried():
    jobs = dict(jobs_of((FOLDER / "workflows" / "publish.yml").read_text()))
    tried = jobs["test"]["strategy"]["matrix"]["python"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [name.rpartition(" ")[2] for name in project["classifiers"] if ":: 3." in name]
    assert tried == names
    assert jobs["build"]["needs"] == "test"
    assert jobs["deploy"]["needs"] == "build"


def test_the_form_for_errors_has_the_field_that_pages_fill_in():
    form = yaml.safe_load((FOLDER / "ISSUE_TEMPLATE" / "error.yml").read_text())
    values = SiteValues(repository="https://github.com/a/b", report="issues")
    asked = values.report_address("x.html", "X")
    assert "template=error.yml" in asked
    assert [field["id"] for field in form["body"] if f"&{field['id']}=" in asked] == ["page"]


GOOD = """
on: push
permissions: {contents: read}
jobs:
  test:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    steps: [{uses: actions/checkout@v5, with: {persist-credentials: false}}, {run: make test}]
"""


def test_the_rules_accept_a_good_workflow():
    assert complaints_about(GOOD) == []
    assert schema_complaints(GOOD, "github-workflows") == []


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("contents: read", "contents: write", "the workflow may do more than read"),
        ("timeout-minutes: 5", "name: x", "test: has no time limit"),
        ("actions/checkout@v5", "someone/thing@v1", "test: someone/thing@v1 is not pinned"),
        ("persist-credentials: false", "persist-credentials: true", "test: leaves its token"),
        ("make test", '"echo ${{ github.head_ref }}"', "test: an expression inside a command"),
        ("timeout-minutes: 5", "timeout-minutes: 5\n    permissions: {pages: write}", "test: may"),
    ],
)
def test_the_rules_see_a_bad_workflow(old, new, complaint):
    found = complaints_about(GOOD.replace(old, new))
    assert any(sentence.startswith(complaint) for sentence in found)


def test_the_schema_sees_a_misspelt_key():
    assert schema_complaints(GOOD.replace("steps:", "step:"), "github-workflows")
