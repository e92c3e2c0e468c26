"""Open a page in headless Chromium and say what a reader would stumble over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import chromium as installed
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError

ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing else can be reached
]
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

# Without preload: axe would fetch style sheets again, from wrong addresses, and cause 404s.
AXE_OPTIONS = {"resultTypes": ["violations"], "preload": False}
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
# Formulas and listings hold four fifths of a chapter's elements, all made by the same two programs;
# entries of the API and of the index are made alike, so the first ones stand for all.
FLATTEN = """() => {
    document.querySelectorAll('math').forEach(e => e.replaceChildren())
    document.querySelectorAll('.highlight pre').forEach(e => { e.textContent = e.textContent })
    document.querySelectorAll('dl.py ~ dl.py, .genindextable li ~ li ~ li').forEach(e => e.remove())
}"""
# What decides an element's colours: its kind, classes and own style, and those of what it lies in;
# of what it lies in, only what has a class or style.
MARK_LOOKS = """known => {
    const seen = new Set(known), added = []
    const own = e => [...e.classList].sort().join('.') + (e.getAttribute('style') ?? '')
    const part = e => own(e) && `${e.localName}.${own(e)}>`
    const around = e => e ? around(e.parentElement) + part(e) : ''
    const look = e => `${around(e.parentElement)}${e.localName}.${own(e)}`
    document.querySelectorAll('[data-look]').forEach(e => e.removeAttribute('data-look'))
    for (const e of document.body.querySelectorAll('*')) {
        if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue
        if (!e.checkVisibility()) continue
        const name = look(e)
        if (seen.has(name)) continue
        seen.add(name)
        added.push(name)
        e.setAttribute('data-look', '')
    }
    return added
}"""

# Formulas are in the page; they have their places when their font is there.
MATH_IS_DONE = "async () => { await document.fonts.ready }"
UNSET = """() => [...document.querySelectorAll('.math')]
    .filter(e => !e.querySelector('math annotation[encoding="application/x-tex"]'))
    .map(e => e.textContent.trim().slice(0, 60))"""
MATH_ERRORS = """() => [...document.querySelectorAll('math')]
    .filter(e => e.querySelector('merror, [mathvariant]:not([mathvariant=normal])') ||
        !e.querySelector('annotation')?.textContent.trim() || e.parentElement.closest('math') ||
        !e.getBoundingClientRect().width && e.checkVisibility())
    .map(e => e.textContent.slice(0, 60))"""
PROGRAMS = "() => [...document.scripts].map(e => e.src).filter(src => /mathjax|katex/i.test(src))"
# The elements that stick out, without those in a box that scrolls or hides what is too wide.
TOO_WIDE = """() => {
    const root = document.documentElement, room = root.clientWidth
    if (root.scrollWidth <= room) return []
    const sticksOut = e => e.getBoundingClientRect().right + scrollX > room + 1
    const isBoxed = e => e.parentElement !== document.body && e.parentElement &&
        (getComputedStyle(e.parentElement).overflowX !== 'visible' || isBoxed(e.parentElement))
    return [`${root.scrollWidth} px wide on ${room} px`,
        ...[...document.body.querySelectorAll('*')]
            .filter(e => sticksOut(e) && !isBoxed(e)).slice(0, 3)
            .map(e => e.outerHTML.slice(0, 100).replace(/\\s+/g, ' '))]
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser; without one, skip, or fail where CI is set."""
    path = installed.find_chromium()
    if path is None:
        reason = f"no browser: none of {', '.join(installed.NAMES)} is installed"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    root = ["--no-sandbox"] if os.geteuid() == 0 else []  # its sandbox does not run as root
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS + root)
        except PlaywrightError as error:
            pytest.fail(f"{path} does not start:\n{error}", pytrace=False)
        yield browser
        browser.close()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without a line for each on the screen."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine and yield the address it begins with."""
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@contextmanager
def reader(browser: Browser, mode: str, base: str) -> Iterator[tuple[Page, list[str]]]:
    """Open a tab in light or dark mode that writes down what goes wrong behind the page."""
    context = browser.new_context(color_scheme=mode, viewport=WIDE)
    context.set_default_timeout(60_000)
    context.add_init_script(
        f"localStorage.setItem('mode', {mode!r}); localStorage.setItem('theme', {mode!r})"
    )
    page, troubles = context.new_page(), []
    listen(page, base, troubles)
    yield page, troubles
    context.close()


def listen(page: Page, base: str, troubles: list[str]) -> None:
    """Write down what goes wrong behind a page."""

    def on_request(request):
        if not request.url.startswith((base, "data:", "blob:")):
            troubles.append(f"requests {request.url}")

    def on_response(response):
        if response.status >= 400:
            troubles.append(f"gets status {response.status} for {response.url}")

    def on_console(message):
        if message.type == "error":
            troubles.append(f"console error: {message.text}")

    page.on("request", on_request)
    page.on("response", on_response)
    page.on("console", on_console)
    page.on("pageerror", lambda error: troubles.append(f"script error: {error}"))
    page.on("requestfailed", lambda request: troubles.append(f"cannot load {request.url}"))


def visit(page: Page, address: str) -> None:
    """Open a page and wait until its mathematics stands."""
    page.goto(address, wait_until="load")
    page.evaluate(MATH_IS_DONE)


def turn_dark(page: Page) -> None:
    """Show an open page as a reader sees it who has chosen the dark mode."""
    page.emulate_media(color_scheme="dark")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.evaluate("document.getAnimations().forEach(a => a instanceof CSSTransition && a.finish())")


def math_complaints(page: Page) -> list[str]:
    """Return formulas that were not set or hold an error, and programs that would set some."""
    return [
        *(f"a formula is not set: {text!r}" for text in page.evaluate(UNSET)),
        *(f"a formula with an error: {text!r}" for text in page.evaluate(MATH_ERRORS)),
        *(f"a program for formulas: {src}" for src in page.evaluate(PROGRAMS)),
    ]


def access_complaints(page: Page, *, colours_only: bool = False, insides: bool = True) -> list[str]:
    """Return axe's serious and critical findings: on colours alone, or by all rules."""
    found = colour_complaints(page, set())
    return found if colours_only else found + rule_complaints(page, insides=insides)


def rule_complaints(page: Page, *, insides: bool = True) -> list[str]:
    """Return axe's serious and critical findings, those on colours left out.

    With ``insides`` false formulas are emptied, listings lose their colours and lists of what is
    made alike are cut short first, since axe takes minutes for those of a long page.
    """
    if not insides:
        flatten(page)
    others = {rule: {"enabled": False} for rule in COLOUR_RULES}
    return _findings(page, None, {**AXE_OPTIONS, "rules": others})


def flatten(page: Page) -> None:
    """Empty formulas, and shorten what is made alike."""
    page.evaluate(FLATTEN)


def colour_complaints(page: Page, seen: set[str]) -> list[str]:
    """Return axe's serious and critical findings on the colours of looks not in ``seen``.

    Elements look the same that have the same kind and classes, and lie in elements of the same
    classes. One of each look is read, and added to ``seen``: what axe says of colours
    takes it longer than all else, and most of a page looks like the page before.
    """
    new = page.evaluate(MARK_LOOKS, sorted(seen))
    seen.update(new)
    options = {**AXE_OPTIONS, "runOnly": COLOUR_RULES}
    return _findings(page, {"include": [["[data-look]"]]}, options) if new else []


def _findings(page: Page, context: dict | None, options: dict) -> list[str]:
    return [
        f"axe, {found['impact']}: {found['help']} ({found['id']}): "
        + "; ".join(node["html"][:120] for node in found["nodes"][:3])
        for found in Axe().run(page, context, options).response["violations"]
        if found["impact"] in ("serious", "critical")
    ]


def width_complaints(page: Page) -> list[str]:
    """Return what makes a page scroll sideways on a phone."""
    page.set_viewport_size(NARROW)
    culprits = page.evaluate(TOO_WIDE)
    page.set_viewport_size(WIDE)
    return [f"scrolls sideways on a phone: {'; '.join(culprits)}"] if culprits else []
