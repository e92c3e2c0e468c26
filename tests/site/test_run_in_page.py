"""Exercises are solved in the page: in headless Chromium, with nothing but this machine to ask."""

import json
import subprocess
import sys
from contextlib import contextmanager

import pytest
from notebook_files import ROOT, dumps, read
from site_policy import FILE
from sphinx_course.page_cells import LACKS, NO_TORCH
from sphinx_course.run_in_page import BUT, HERE_TOO, runs

from tests.rules.published import report
from tests.site.hosting import hosted
from tests.site.inspection import (
    access_complaints,
    chromium,
    listen,
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
BELOW = "/courses/rnn/"  # the site stands below a path
LSTM = "04-lstm"
MOST_SECONDS = 240_000  # for a machine that does other things too

WRONG = "def gates_for():\n    return 1, 1\n\n\ndef resting_cell(i, f, g):\n    return i * g"
ENDLESS = "while True:\n    pass"


@pytest.fixture(scope="module")
def address(run_site):
    policy = (run_site / FILE).read_text(encoding="utf-8").strip()  # as a host sends it
    with hosted(run_site, policy, BELOW) as base:
        yield base


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@contextmanager
def opened(browser, address):
    """Open the exercises on the LSTM; what goes wrong behind it is a failure."""
    with reader(browser, "light", address) as (page, troubles):
        page.set_default_timeout(MOST_SECONDS)
        page.goto(f"{address}exercises/{LSTM}.html", wait_until="load")
        page.locator(".run-ready").wait_for()
        yield page, troubles
        report(troubles)


@contextmanager
def beside(page, address, name):
    """Open another page in a window of the first: the browser compiles Python once for both."""
    troubles = []
    with page.expect_popup() as popup:
        page.evaluate("void open('about:blank')")
    other = popup.value
    other.set_default_timeout(MOST_SECONDS)
    listen(other, address, troubles)
    other.goto(f"{address}exercises/{name}.html", wait_until="load")
    other.locator(".run-ready").wait_for()
    yield other
    other.close()
    report(troubles)


@pytest.fixture(scope="module")
def started(browser, address):
    """One page, in which Python stays once it has started: that takes five seconds each time."""
    with opened(browser, address) as (page, _):
        yield page


@pytest.fixture
def lstm(started):
    """The same with its cells as they were made, and nothing kept."""
    for button in started.get_by_role("button", name="As it was", exact=True).all():
        if button.is_visible():
            button.click()
    for area in started.locator("textarea.run-prose").all():
        area.fill("")
    started.evaluate("localStorage.removeItem('course-answers:04-lstm')")
    return started


@pytest.fixture
def fresh(browser, address):
    """A page in which nothing has run."""
    with opened(browser, address) as (page, _):
        yield page


@pytest.fixture(scope="module")
def in_ipython(run_site, tmp_path_factory):
    """What the unsolved notebooks show of errors there; and one with a wrong answer."""
    folder = run_site / "_sources" / "exercises"
    notebook = read(folder / f"{LSTM}.ipynb")
    answer = next(cell for cell in notebook.cells if "gates_for" in cell.source)
    answer.source = WRONG
    wrong = tmp_path_factory.mktemp("wrong") / "wrong.ipynb"
    wrong.write_text(dumps(notebook), encoding="utf-8")
    paths = [*(folder / f"{name}.ipynb" for name in PART_ONE), wrong]
    command = [sys.executable, "tests/site/in_ipython.py", *map(str, paths)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


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
    page.wait_for_function(f"before => {served} > before", arg=before, polling=100)


def said(page, cell, kind=""):
    """Return what the page shows of a cell."""
    parts = page.locator(f"#cell-{cell['id']} .run-output .output{kind}").all_inner_texts()
    return "".join(part + "\n" * (not part.endswith("\n")) for part in parts).strip()


def first(page, kind, exercise=1):
    """Return a page's first cell of a kind in an exercise."""
    return next(c for c in cells_of(page) if (c["kind"], c.get("exercise")) == (kind, exercise))


def area_of(page, cell):
    return page.locator(f"#cell-{cell['id']} textarea")


def write(page, cell, text):
    area_of(page, cell).fill(text)


def stored(page):
    return page.evaluate("JSON.parse(localStorage.getItem('course-answers:04-lstm'))")


def answers_to(name):
    """Return the right answers, by cell."""
    return {cell.id: cell.source for cell in read(ROOT / "solutions" / f"{name}.ipynb").cells}


def test_exercises_are_solved_in_the_page_that_later_tests_use(lstm, in_ipython):
    solve_all(lstm, in_ipython, LSTM)


@pytest.mark.parametrize("name", [name for name in PART_ONE if name != LSTM])
def test_exercises_are_solved_in_the_page(started, address, in_ipython, name):
    with beside(started, address, name) as page:
        solve_all(page, in_ipython, name)


def solve_all(page, in_ipython, name):
    """Run a notebook as it is handed out, then with the right answers."""
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


def test_later_exercises_run_in_the_page_too(started, address):
    name = LATER[-1]  # one stands for them
    with beside(started, address, name) as page:
        answer = first(page, "answer")
        write(page, answer, answers_to(name)[answer["id"]])
        press(page, "Check exercise 1")
        assert said(page, first(page, "check")).endswith("Exercise 1 solved.")


def test_a_wrong_answer_gets_the_words_of_the_check(lstm, in_ipython):
    answer, check = first(lstm, "answer"), first(lstm, "check")
    write(lstm, answer, WRONG)
    press(lstm, "Check exercise 1")
    wanted = in_ipython["wrong"][check["id"]]
    assert wanted.startswith("Not yet. ")
    assert said(lstm, check, ".run-error") == wanted

    write(lstm, answer, "def gates_for(:")  # what does not run is not checked
    press(lstm, "Check exercise 1")
    assert said(lstm, answer).endswith("SyntaxError: invalid syntax")
    assert said(lstm, check).startswith("Not run: ")


def test_an_endless_loop_is_stopped_and_the_next_run_starts_anew(lstm):
    answer, check = first(lstm, "answer"), first(lstm, "check")
    write(lstm, answer, ENDLESS)
    lstm.locator(f"#cell-{answer['id']} .run-bar button").first.click()
    lstm.locator(f"#cell-{answer['id']}.run-busy").wait_for()
    started = []
    lstm.on("worker", lambda worker: started.append(worker))
    lstm.get_by_role("button", name="Check exercise 1", exact=True).click()  # has to wait
    lstm.get_by_role("button", name="Stop", exact=True).click()
    assert said(lstm, answer).startswith("Stopped. ")
    lstm.evaluate("new Promise(done => setTimeout(done, 100))")
    assert lstm.locator(".run-foot").is_hidden()
    assert started == []  # what had to wait is not run either

    right = answers_to(LSTM)
    write(lstm, answer, right[answer["id"]])
    press(lstm, "Check exercise 1")
    assert said(lstm, check).endswith("Exercise 1 solved.")
    assert stored(lstm)["best"] == {"1": "solved"}

    # Another tab has solved two exercises since, of one a part: neither tab forgets any.
    lstm.evaluate(
        "all => localStorage.setItem('course-answers:04-lstm', JSON.stringify(all))",
        {**stored(lstm), "best": {"2": "solved", "3": 1}},
    )
    press(lstm, "Check exercise 1")
    assert stored(lstm)["best"] == {"1": "solved", "2": "solved", "3": 1}
    assert lstm.locator(".run-progress").inner_text().startswith("Solved: exercises 1, 2. In part")
    assert lstm.locator(".run-mark.run-solved").count() == 2

    # A reload keeps that.
    lstm.reload()
    lstm.locator(".run-ready").wait_for()
    assert area_of(lstm, answer).input_value() == right[answer["id"]]
    assert lstm.locator(".run-progress").inner_text().startswith("Solved: exercises 1, 2. In part")
    assert lstm.locator(".run-mark.run-solved").count() == 2


def test_answers_are_kept_and_taken_home(lstm, tmp_path):
    answer = first(lstm, "answer")
    area, prose = area_of(lstm, answer), lstm.get_by_label("Your answer to exercise 7, in words")
    made = area.input_value()
    area.fill(WRONG)
    prose.fill("No: it was asked with one seed.\n")

    # The notebook holds them in the right cells, and nothing else has changed.
    with lstm.expect_download() as download:
        lstm.get_by_role("button", name="Download my notebook").click()
    file = tmp_path / download.value.suggested_filename
    assert file.name == f"{LSTM}-exercises.ipynb"  # as the copies in work/ are called
    download.value.save_as(file)
    mine, before = read(file), read(ROOT / "exercises" / f"{LSTM}.ipynb")
    changed = {a.id: a.source for a, b in zip(mine.cells, before.cells, strict=True) if a != b}
    assert changed == {answer["id"]: WRONG, "ex4-open": "No: it was asked with one seed.\n"}

    # A reload keeps them.
    lstm.reload()
    lstm.locator(".run-ready").wait_for()
    assert area.input_value() == WRONG
    assert prose.input_value() == "No: it was asked with one seed.\n"

    # The notebook can be loaded again, and that be undone.
    bar = lstm.locator(f"#cell-{answer['id']} .run-bar")
    bar.get_by_role("button", name="As it was").click()
    prose.fill("")
    assert area.input_value() == made
    lstm.locator("input[type=file]").set_input_files(file)
    undo = lstm.locator(".run-warning").get_by_role("button", name="Undo")
    undo.wait_for()
    assert area.input_value() == WRONG
    assert prose.input_value() == "No: it was asked with one seed."
    undo.click()
    assert area.input_value() == made
    assert prose.input_value() == ""


def test_what_is_no_notebook_of_these_exercises_is_refused(lstm, tmp_path):
    answer = first(lstm, "answer")
    made = area_of(lstm, answer).input_value()
    hostile = [
        {"id": "nobody", "source": "<img src=x onerror=alert(1)>"},
        {"id": answer["id"], "source": {"evil": 1}},
        7,
    ]
    for text, word in (
        ("<b>", "this file is no notebook"),
        ("null", "this file is no notebook"),
        ('{"nbformat": 4, "cells": 3}', "this file is no notebook"),
        (json.dumps({"nbformat": 4, "cells": hostile}), "it holds no answer to these exercises"),
        (" " * 5_000_001, "the file is too large"),
    ):
        lstm.evaluate("document.querySelector('.run-warning').textContent = ''")
        (tmp_path / "x.ipynb").write_text(text)
        lstm.locator("input[type=file]").set_input_files(tmp_path / "x.ipynb")
        lstm.wait_for_function(
            "word => document.querySelector('.run-warning').textContent.includes(word)", arg=word
        )
        assert area_of(lstm, answer).input_value() == made


def test_a_notebook_that_cannot_be_downloaded_is_no_silence(browser, address):
    with opened(browser, address) as (page, troubles):
        button = page.get_by_role("button", name="Download my notebook")
        warning = page.locator(".run-warning", has_text="Your notebook was not downloaded")
        page.context.set_offline(True)
        button.click()
        warning.wait_for()
        page.context.set_offline(False)
        with page.expect_download():
            button.click()
        assert warning.count() == 0
        page.route("**/_sources/**", lambda route: route.fulfill(status=404, body="{}"))
        button.click()
        page.locator(".run-warning", has_text="(status 404)").wait_for()
        troubles.clear()  # it was meant to go wrong


def test_no_click_takes_an_answer_for_good(lstm):
    answer = first(lstm, "answer")
    area, cell = area_of(lstm, answer), lstm.locator(f"#cell-{answer['id']}")
    made = area.input_value()
    was, undo = (cell.get_by_role("button", name=name) for name in ("As it was", "Undo"))
    area.fill(WRONG)
    was.click()
    assert area.input_value() == made
    undo.click()
    assert area.input_value() == WRONG
    assert undo.is_hidden()
    was.click()
    lstm.keyboard.press("Control+z")  # the browser's own undoing knows it too
    assert area.input_value() == WRONG
    assert stored(lstm)["cells"] == {answer["id"]: {answer["hash"]: WRONG}}

    # An exercise that has changed keeps the old answer, and offers it.
    lstm.evaluate(
        "([id, text]) => localStorage.setItem('course-answers:04-lstm',"
        " JSON.stringify({cells: {[id]: {'an earlier hash': text}}, best: 3, summary: []}))",
        [answer["id"], WRONG],
    )
    lstm.reload()
    lstm.locator(".run-ready").wait_for()
    assert area.input_value() == made
    area.fill("x = 1")
    lstm.get_by_role("button", name="Show my answer").click()
    assert area.input_value() == WRONG
    both = {"an earlier hash": WRONG, answer["hash"]: WRONG}
    assert stored(lstm)["cells"] == {answer["id"]: both}
    undo.click()
    assert area.input_value() == "x = 1"


def test_the_keyboard_alone_will_do(fresh):
    page = fresh
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


def test_letters_lie_on_letters(lstm):
    """The text area is as large as the text in colours, and written in the same way."""
    same = """names => [...document.querySelectorAll('.run-lines')].map(lines => {
        const [pre, area] = lines.children
        const [a, b] = [pre, area].map(e => getComputedStyle(e))
        const [p, q] = [pre, area].map(e => e.getBoundingClientRect())
        return [...names.filter(n => a[n] !== b[n]).map(n => `${n}: ${a[n]}, ${b[n]}`),
            ...['x', 'y', 'width', 'height'].filter(n => Math.abs(p[n] - q[n]) > 0.6)]
    }).flat()"""
    names = ["fontFamily", "fontSize", "lineHeight", "letterSpacing", "paddingLeft", "paddingTop"]
    assert lstm.evaluate(same, names) == []


def test_such_a_page_is_accessible_and_fits_a_phone(fresh):
    page = fresh
    report(width_complaints(page))
    report(access_complaints(page, insides=False))
    turn_dark(page)
    report(access_complaints(page, colours_only=True))


def test_a_page_that_was_opened_as_a_file_says_why(browser, run_site):
    base = run_site.resolve().as_uri() + "/"
    with reader(browser, "light", base) as (page, troubles):
        page.goto(f"{base}exercises/04-lstm.html", wait_until="load")
        assert "run make serve RUN=1 in" in page.locator(".run-page").inner_text()
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
