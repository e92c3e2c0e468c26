"""Exercises are solved in the page: in headless Chromium, with nothing but this machine to ask."""

import json
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from threading import Thread

import pytest
from notebook_files import ROOT, read
from sphinx_course.page_cells import LACKS, NO_TORCH
from sphinx_course.run_in_page import BUT, HERE_TOO, runs

from tests.rules.published import report
from tests.site.inspection import (
    QuietHandler,
    access_complaints,
    chromium,
    reader,
    turn_dark,
    width_complaints,
)

pytestmark = pytest.mark.browser

PART_ONE = (
    "01-recurrent-networks",
    "02-backpropagation-through-time",
    "03-vanishing-and-exploding-gradients",
    "04-lstm",
    "05-gru",
)
LATER = ("06-training-practice", "07-language-models")
# The theme's own scripts stand in the pages; Python and its worker need no more than this.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'; worker-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'"
)
BELOW = "/courses/rnn"  # the site stands below a path
MOST_SECONDS = 240_000  # for a machine that does other things too


class StrictHandler(QuietHandler):
    """Serves the site below a path, under a strict policy."""

    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def translate_path(self, path):
        assert path.startswith(BELOW), path
        return super().translate_path(path.removeprefix(BELOW))


@contextmanager
def served_strictly(folder):
    handler = partial(StrictHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}{BELOW}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def address(run_site):
    with served_strictly(run_site) as base:
        yield base


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def tab(browser, address):
    """Open a page of exercises; what goes wrong behind it is a failure."""
    with reader(browser, "light", address) as (page, troubles):
        page.set_default_timeout(MOST_SECONDS)

        def visit(name):
            page.goto(f"{address}exercises/{name}.html", wait_until="load")
            page.locator(".run-ready").wait_for()
            return page

        yield visit
        report(troubles)


def errors_in_ipython(*arguments):
    """Return what cells of notebooks show of their errors in IPython, by notebook and cell."""
    command = [sys.executable, "tests/site/in_ipython.py", *map(str, arguments)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


@pytest.fixture(scope="module")
def in_ipython(run_site):
    """What the checks of the unsolved notebooks say there, as the site hands these out."""
    folder = run_site / "_sources" / "exercises"
    return errors_in_ipython(*(folder / f"{name}.ipynb" for name in PART_ONE))


def cells_of(page):
    return json.loads(page.locator("script.course-run").text_content())["cells"]


def without_torch(cells):
    """Return the numbers of the exercises whose cells need no PyTorch."""
    return {c["exercise"] for c in cells if c["kind"] == "check"} - {
        c["exercise"] for c in cells if c.get("torch")
    }


def press(page, name):
    """Press a button, and wait until Python has done what it asks for."""
    served = "Number(document.querySelector('.run-page').dataset.runs ?? 0)"
    before = page.evaluate(served)
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_function(f"before => {served} > before", arg=before)


def said(page, cell, kind=""):
    """Return what the page shows of a cell."""
    parts = page.locator(f"#cell-{cell['id']} .run-output .output{kind}").all_inner_texts()
    return "".join(part + "\n" * (not part.endswith("\n")) for part in parts).strip()


def write(page, cell, text):
    page.locator(f"#cell-{cell['id']} textarea").fill(text)


def answers_to(name):
    """Return the right answers, by cell."""
    return {cell.id: cell.source for cell in read(ROOT / "solutions" / f"{name}.ipynb").cells}


@pytest.mark.parametrize("name", PART_ONE)
def test_exercises_are_solved_in_the_page(tab, in_ipython, name):
    page = tab(name)
    cells = cells_of(page)
    checks, solvable = [cell for cell in cells if cell["kind"] == "check"], without_torch(cells)
    press(page, "Run all")
    for cell in checks:
        unsolved = said(page, cell, ".run-error")
        if cell["exercise"] in solvable or NO_TORCH not in unsolved:
            assert unsolved == in_ipython[name][cell["id"]]

    right = answers_to(name)
    for cell in cells:
        if cell["kind"] == "answer":
            write(page, cell, right[cell["id"]])
    complaints = []
    for cell in checks:
        number = cell["exercise"]
        press(page, f"Check exercise {number}")
        text = said(page, cell)
        if number in solvable and not text.endswith(f"Exercise {number} solved."):
            complaints.append(f"exercise {number}: {text}")
        if number not in solvable and not (NO_TORCH in text or LACKS in text):
            complaints.append(f"exercise {number} does not say what it lacks: {text}")
    report(complaints)
    assert len(solvable) >= 5
    listed = ", ".join(map(str, sorted(solvable)))
    assert page.locator(".run-progress").inner_text().startswith(f"Solved: exercises {listed}.")
    marks = page.locator(".run-mark.run-solved")
    assert marks.all_inner_texts() == ["Solved"] * len(solvable)


def test_later_exercises_run_in_the_page_too(tab):
    name = LATER[-1]  # one stands for them: each start of Python takes seconds
    page = tab(name)
    answer, check = (
        next(c for c in cells_of(page) if c["kind"] == kind) for kind in ("answer", "check")
    )
    press(page, "Check exercise 1")
    assert said(page, check).startswith("Exercise 1 is not solved yet: ")
    write(page, answer, answers_to(name)[answer["id"]])
    press(page, "Check exercise 1")
    assert said(page, check).endswith("Exercise 1 solved.")


WRONG = "def gates_for():\n    return 1, 1\n\n\ndef resting_cell(i, f, g):\n    return i * g"
ENDLESS = "while True:\n    pass"


def test_answers_are_kept_stopped_and_taken_home(tab, tmp_path):
    name = "04-lstm"
    page = tab(name)
    cells = cells_of(page)
    answer, check = (
        next(c for c in cells if c["kind"] == kind and c["exercise"] == 1)
        for kind in ("answer", "check")
    )
    prose = page.get_by_label("Your answer to exercise 7, in words")
    area = page.locator(f"#cell-{answer['id']} textarea")
    made = area.input_value()

    # A wrong answer: the words of the check, which IPython shows too.
    area.fill(WRONG)
    press(page, "Check exercise 1")
    (tmp_path / "wrong.py").write_text(WRONG)
    instead = f"{answer['id']}={tmp_path / 'wrong.py'}"
    wanted = errors_in_ipython(f"exercises/{name}.ipynb", instead)[name][check["id"]]
    assert wanted.startswith("Not yet. ")
    assert said(page, check, ".run-error") == wanted

    # An answer that does not run is not checked.
    area.fill("def gates_for(:")
    press(page, "Check exercise 1")
    assert said(page, answer).endswith("SyntaxError: invalid syntax")
    assert said(page, check).startswith("Not run: ")

    # An endless loop is stopped, and the next run starts anew.
    area.fill(ENDLESS)
    page.locator(f"#cell-{answer['id']}").get_by_role(
        "button", name="Run ", exact=False
    ).first.click()
    page.locator(f"#cell-{answer['id']}.run-busy").wait_for()
    page.get_by_role("button", name="Stop", exact=True).click()
    assert said(page, answer).startswith("Stopped. ")
    assert page.locator(".run-foot").is_hidden()
    right = answers_to(name)
    area.fill(right[answer["id"]])
    press(page, "Check exercise 1")
    assert said(page, check).endswith("Exercise 1 solved.")
    prose.fill("No: it was asked with one seed.\n")

    # A reload keeps the answers, and what is solved.
    page.reload()
    page.locator(".run-ready").wait_for()
    assert area.input_value() == right[answer["id"]]
    assert prose.input_value() == "No: it was asked with one seed.\n"
    assert page.locator(".run-progress").inner_text().startswith("Solved: exercise 1. ")
    assert page.locator(".run-mark.run-solved").count() == 1

    # The notebook holds them in the right cells, and nothing else has changed.
    with page.expect_download() as download:
        page.get_by_role("button", name="Download my notebook").click()
    file = tmp_path / download.value.suggested_filename
    assert file.name == f"{name}.ipynb"
    download.value.save_as(file)
    mine, before = read(file), read(ROOT / "exercises" / file.name)
    changed = {a.id: a.source for a, b in zip(mine.cells, before.cells, strict=True) if a != b}
    assert changed == {
        answer["id"]: right[answer["id"]],
        "ex4-open": "No: it was asked with one seed.\n",
    }

    # It can be loaded again; what is no notebook of these exercises is refused in a sentence.
    page.locator(f"#cell-{answer['id']}").get_by_role("button", name="As it was").click()
    assert area.input_value() == made
    hostile = json.loads(file.read_text())
    hostile["cells"] = [
        {"id": "nobody", "source": "<img src=x onerror=alert(1)>"},
        {"id": answer["id"], "source": {"evil": 1}},
        7,
    ]
    warning = page.locator(".run-warning")
    for text, word in (
        ("<b>", "this file is no notebook"),
        ("null", "this file is no notebook"),
        ('{"nbformat": 4, "cells": 3}', "this file is no notebook"),
        (json.dumps(hostile), "it holds no answer to these exercises"),
        (" " * 5_000_001, "the file is too large"),
    ):
        load = {"name": "x.ipynb", "mimeType": "application/json", "buffer": text.encode()}
        page.locator("input[type=file]").set_input_files(load)
        page.wait_for_function(
            "word => document.querySelector('.run-warning').textContent.includes(word)", arg=word
        )
        assert area.input_value() == made
    page.locator("input[type=file]").set_input_files(file)
    warning.get_by_role("button", name="Undo").wait_for()
    assert area.input_value() == right[answer["id"]]
    warning.get_by_role("button", name="Undo").click()
    assert area.input_value() == made

    # An exercise that has changed keeps the old answer, and offers it.
    page.evaluate(
        "([id, text]) => localStorage.setItem('course-answers:04-lstm',"
        " JSON.stringify({cells: {[id]: {'an earlier hash': text}}, best: 3, summary: []}))",
        [answer["id"], WRONG],
    )
    page.reload()
    page.locator(".run-ready").wait_for()
    assert area.input_value() == made
    page.get_by_role("button", name="Show my answer").click()
    assert area.input_value() == WRONG
    kept = page.evaluate("JSON.parse(localStorage.getItem('course-answers:04-lstm')).cells")
    assert kept == {answer["id"]: {"an earlier hash": WRONG, answer["hash"]: WRONG}}


def test_the_keyboard_alone_will_do(tab):
    page = tab("04-lstm")
    area = page.get_by_label("Your answer to exercise 1")
    area.fill("")
    area.blur()
    hint = page.locator(f"#cell-{cells_of(page)[1]['id']} .run-hint")
    assert hint.is_hidden()
    area.focus()
    assert hint.is_visible()
    page.keyboard.type("def f(x):")
    page.keyboard.press("Enter")
    page.keyboard.type("return x")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("y = 2")
    page.keyboard.press("Tab")
    assert area.input_value() == "def f(x):\n    return x\ny = 2   "
    page.keyboard.press("Control+z")
    assert area.input_value() == "def f(x):\n    return x\ny = 2"
    lines = page.locator(".run-lines", has=area).locator("pre")
    assert lines.text_content() == area.input_value() + "\n"
    page.keyboard.press("Escape")
    focus = "document.activeElement.ariaLabel || document.activeElement.textContent"
    assert page.evaluate(focus) == "Run a cell of exercise 1"
    page.keyboard.press("Enter")
    page.locator(".run-foot").wait_for()
    for _ in range(3):  # "Run all above", "As it was"
        page.keyboard.press("Tab")
    assert page.evaluate(focus) == "Stop"
    page.keyboard.press("Enter")
    assert page.locator(".run-foot").is_hidden()
    assert page.evaluate(focus) == "Run a cell of exercise 1"
    described = area.get_attribute("aria-describedby")
    assert "Escape leaves the cell" in page.locator(f"#{described}").text_content()


def test_letters_lie_on_letters(tab):
    """The text area is as large as the text in colours, and written in the same way."""
    page = tab("04-lstm")
    same = """names => [...document.querySelectorAll('.run-lines')].map(lines => {
        const [pre, area] = lines.children
        const [a, b] = [pre, area].map(e => getComputedStyle(e))
        const [p, q] = [pre, area].map(e => e.getBoundingClientRect())
        return [...names.filter(n => a[n] !== b[n]).map(n => `${n}: ${a[n]}, ${b[n]}`),
            ...['x', 'y', 'width', 'height'].filter(n => Math.abs(p[n] - q[n]) > 0.6)]
    }).flat()"""
    names = ["fontFamily", "fontSize", "lineHeight", "letterSpacing", "paddingLeft", "paddingTop"]
    assert page.evaluate(same, names) == []


def test_such_a_page_is_accessible_and_fits_a_phone(tab):
    page = tab("04-lstm")
    report(width_complaints(page))
    report(access_complaints(page, insides=False))
    turn_dark(page)
    report(access_complaints(page, colours_only=True))


def test_a_page_that_was_opened_as_a_file_says_why(browser, run_site):
    base = run_site.resolve().as_uri() + "/"
    with reader(browser, "light", base) as (page, troubles):
        page.goto(f"{base}exercises/04-lstm.html", wait_until="load")
        assert "make serve" in page.locator(".run-page").inner_text()
        assert page.locator(".run-button").count() == 0
        assert page.locator("textarea").count() == 0
        report(troubles)


def test_python_is_not_loaded_before_it_is_asked_for(browser, address):
    asked = []
    with reader(browser, "light", address) as (page, _):
        page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
        page.goto(f"{address}exercises/04-lstm.html", wait_until="load")
        page.locator(".run-ready").wait_for()
    assert "page.mjs" in asked
    assert [name for name in asked if "pyodide" in name or name.endswith((".zip", ".wasm"))] == []


def test_without_javascript_the_page_is_as_it_is(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}exercises/04-lstm.html")
    assert page.locator(".run-page, .run-bar, textarea").count() == 0
    assert "raise NotImplementedError" in page.locator("#cell-ex4-9095cb33").inner_text()
    context.close()


def test_a_site_without_this_has_no_trace_of_it(site_without_solutions):
    assert not (site_without_solutions / "_static" / "run").exists()
    pages = [p for p in site_without_solutions.rglob("*.html") if "course-run" in p.read_text()]
    assert pages == []


def test_the_pages_are_those_whose_set_up_is_in_the_browser(run_site):
    there = {p.stem for p in run_site.glob("exercises/*.html") if "course-run" in p.read_text()}
    exercises = {path.stem: read(path) for path in (ROOT / "exercises").glob("*.ipynb")}
    assert there == {name for name, notebook in exercises.items() if runs(notebook)}
    assert there == {*PART_ONE, *LATER}
    for name in there:
        text = (run_site / "exercises" / f"{name}.html").read_text()
        assert (HERE_TOO.format(but=BUT) in text) == ('"torch": true' in text)
        assert (HERE_TOO.format(but="") in text) == ('"torch": true' not in text)
