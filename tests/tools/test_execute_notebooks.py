"""`tools/execute_notebooks.py`: clean outputs in place, or an unchanged file and a reason."""

import sys

import execute_notebooks
import nbformat
import psutil
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from notebook_files import METADATA, dumps, read, write


def notebook(*sources):
    cells = [new_code_cell(source) for source in sources]
    cells[0].metadata = {"execution": {"iopub.status.busy": "2020"}, "tags": ["kept"]}
    return new_notebook(
        cells=[new_markdown_cell("# Title"), *cells],
        metadata={"widgets": {"state": 1}, "language_info": {"name": "python", "version": "3.0"}},
    )


def test_outputs_are_stored_and_the_metadata_is_clean(tmp_path, capsys):
    path = tmp_path / "one.ipynb"
    source = "from pathlib import Path\nimport os, sys\nPath('here').touch()"
    shows = "print(os.environ['OMP_NUM_THREADS'])\nprint(sys.executable)"
    write(path, dumps(notebook(source, shows, "1 + 1")))
    assert execute_notebooks.main([str(path)]) == 0
    printed = capsys.readouterr().out
    assert "[1/1]" in printed
    assert printed.rstrip().endswith(" s")
    result = read(path)
    nbformat.validate(result)
    assert result.metadata == METADATA
    first, shown, last = result.cells[1:]
    assert first.metadata == {"tags": ["kept"]}
    assert [cell.execution_count for cell in (first, shown, last)] == [1, 2, 3]
    assert shown.outputs[0].text == f"1\n{sys.executable}\n"
    assert shown.metadata == {}
    assert last.outputs[0].data["text/plain"] == "2"
    assert (tmp_path / "here").exists()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["here", "one.ipynb"]
    once = path.read_bytes()
    assert execute_notebooks.main([str(path)]) == 0
    assert path.read_bytes() == once


def test_a_failing_cell_is_shown_and_the_file_left_alone(tmp_path, capsys):
    path = tmp_path / "bad.ipynb"
    write(path, dumps(notebook("x = 1", "x / 0")))
    before = path.read_bytes()
    assert execute_notebooks.main([str(path)]) == 1
    message = capsys.readouterr().err
    assert "cell 3" in message
    assert "x / 0" in message
    assert "ZeroDivisionError" in message
    assert path.read_bytes() == before


def test_no_kernel_is_left_behind(tmp_path, capsys):
    def running():
        return {process.pid for process in psutil.Process().children(recursive=True)}

    before = running()
    for name, cell in (("good", "1"), ("bad", "1 / 0")):
        write(tmp_path / f"{name}.ipynb", dumps(notebook(cell)))
    assert execute_notebooks.main([str(path) for path in tmp_path.glob("*.ipynb")]) == 1
    assert running() <= before


def test_what_is_saved_during_the_run_is_not_written_over(tmp_path, capsys):
    path = tmp_path / "one.ipynb"
    source = "from pathlib import Path\nPath('one.ipynb').write_text('saved meanwhile')"
    write(path, dumps(notebook(source)))
    assert execute_notebooks.main([str(path)]) == 1
    assert "it was saved during the run" in capsys.readouterr().err
    assert path.read_text() == "saved meanwhile"


def test_a_hanging_cell_ends_with_its_source(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(execute_notebooks, "SECONDS_PER_CELL", 1)
    path = tmp_path / "slow.ipynb"
    write(path, dumps(notebook("import time\ntime.sleep(60)")))
    assert execute_notebooks.main([str(path)]) == 1
    message = capsys.readouterr().err
    assert "time.sleep(60)" in message
    assert "timed out" in message


def test_a_cell_that_is_meant_to_fail_may(tmp_path):
    failing = notebook("1 / 0", "print('on')")
    failing.cells[1].metadata["tags"] = ["raises-exception"]
    path = tmp_path / "meant.ipynb"
    write(path, dumps(failing))
    assert execute_notebooks.main([str(path)]) == 0
    assert read(path).cells[1].outputs[0].ename == "ZeroDivisionError"


def test_a_file_that_is_not_there_is_named(capsys):
    assert execute_notebooks.main(["nowhere.ipynb"]) == 1
    assert "nowhere.ipynb" in capsys.readouterr().err
