"""Rule: an exercise notebook that stands alone says where the package and the chapter are had."""

import subprocess
import sys

from copy_exercises import name_in_work
from notebook_alone import set_up_cell, with_copy, with_head
from notebook_files import ROOT, notebooks_in, read

from tests.rules.published import SOLUTIONS, each


@each(SOLUTIONS)
def test_every_set_up_cell_says_it(path):
    notebook = read(path)
    source, first = set_up_cell(notebook).source, notebook.cells[0].source
    assert with_head(source, path.stem) == source, "run tools/notebook_alone.py"
    assert with_copy(first, path) == first, "run tools/notebook_alone.py"
    assert f"`work/{name_in_work(path)}`" in first


def test_without_the_package_one_sentence_says_what_to_do(tmp_path):
    """In a Python that has none of it, as a downloaded notebook may meet."""
    for path in notebooks_in("exercises"):
        script = tmp_path / "alone.py"
        script.write_text(set_up_cell(read(path)).source)
        bare = [sys.executable, "-I", "-S", str(script)]  # no packages at all
        run = subprocess.run(bare, cwd=tmp_path, capture_output=True, text=True)
        last = run.stderr.strip().splitlines()[-1]
        assert last.startswith("ImportError: This notebook needs the package of the course")
        assert "During handling" not in run.stderr
        assert '%pip install "FILE.whl[lab]"' in last
        assert "make lab" in last
        if (ROOT / "book" / path.name).exists():
            assert f"book/{path.stem}.html" in last
        else:
            assert "book/" not in last


def test_the_page_that_it_names_has_that_title():
    page = (ROOT / "book" / "downloads.md").read_text()
    title = page.splitlines()[0].removeprefix("# ")
    assert f"'{title}'" in with_head("", "01-one")


def test_what_was_said_before_is_replaced_and_nothing_else():
    old = "try:\n    import course_pkg  # noqa: F401\nexcept X:\n    raise Y(\n    ) from None\n"
    rest = "import copy\n\ntry:\n    copy.x\nfinally:\n    pass\n"
    for before in (f"{old}\n{rest}", rest):
        after = with_head(before, "01-one")
        assert after.endswith(f") from None\n\n{rest}")
        assert after.count("import course_pkg") == 1
        assert with_head(after, "01-one") == after
