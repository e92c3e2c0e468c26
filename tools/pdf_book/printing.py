"""Let Chromium print the book.

It prints twice, since only then the contents know on which pages things stand. What it writes is
then written again: Chromium says the words of a heading twice where it moved it to the next page.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pdf_book.paper import about

if TYPE_CHECKING:
    from playwright.sync_api import Page

ARGUMENTS = ["--disable-gpu", "--no-first-run", "--disable-background-networking"]

logging.getLogger("pikepdf").setLevel(logging.WARNING)  # else it greets when it is imported

READY = """async () => {
    await Promise.all([...document.images].map(image => image.decode().catch(() => null)))
    await document.fonts.ready
}"""
WRONG_FORMULAS = """() => [
    ...document.querySelectorAll('merror')].map(e => e.textContent)
    .concat([...document.querySelectorAll('.math')].filter(e => !e.querySelector('math'))
        .map(e => e.textContent.trim().slice(0, 60)))"""
BROKEN_IMAGES = "() => [...document.images].filter(i => !i.naturalWidth).map(i => i.src)"
HEADINGS = """() => [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(heading => {
    const copy = heading.cloneNode(true)
    copy.querySelectorAll('annotation').forEach(e => e.remove()) // the TeX of a formula
    return copy.textContent.replace(/\\s+/g, ' ').trim()
})"""
WRITE_NUMBERS = """numbers => {
    const of = link => numbers[decodeURIComponent(link.getAttribute('href').slice(1))]
    for (const link of document.querySelectorAll('nav.book-contents a'))
        link.querySelector('.where').textContent = of(link) ?? ''
    for (const link of document.querySelectorAll('a.page-of'))
        link.textContent = `page ${of(link) ?? '000'}`
}"""


def pages_of_targets(pdf: Path) -> dict[str, int]:
    """Return on which page of a PDF, counted from 1, each target of a link stands."""
    import pikepdf

    with pikepdf.open(pdf) as file:
        numbers = {page.objgen: number for number, page in enumerate(file.pages, 1)}
        targets = file.Root.get("/Dests", pikepdf.Dictionary())
        return {name.removeprefix("/"): numbers[to[0].objgen] for name, to in targets.items()}


def bookmarks(items: list[Any]) -> Iterator[Any]:
    """Yield bookmarks and what stands below each, in the order of the book."""
    for item in items:
        yield item
        yield from bookmarks(item.children)


def finish(draft: Path, target: Path, headings: list[str]) -> None:
    """Write a PDF again: bookmarks mended, with its author, and smaller.

    Chromium says the words of a heading twice where it moved it to the next page, and loses the
    blank where a line ends. It packs what is drawn, but not the description for screen readers.

    Raises
    ------
    ValueError
        If there is not one bookmark for each heading.
    """
    import pikepdf

    with pikepdf.open(draft) as file:
        file.docinfo["/Author"] = about()["authors"]
        file.docinfo["/Creator"] = "make pdf"
        with file.open_outline() as outline:
            marks = list(bookmarks(outline.root))
            if len(marks) != len(headings):
                raise ValueError(f"{len(headings)} headings have {len(marks)} bookmarks.")
            for mark, words in zip(marks, headings, strict=True):
                mark.title = words
        packed = pikepdf.ObjectStreamMode.generate
        file.save(target, object_stream_mode=packed, recompress_flate=True)


def print_page(page: Page, target: Path, *, complete: bool) -> None:
    """Print an open page; ``complete`` adds bookmarks, and what screen readers need."""
    page.pdf(
        path=target,
        prefer_css_page_size=True,
        print_background=True,
        outline=complete,
        tagged=complete,
    )


def print_book(source: Path, target: Path, chromium: str) -> list[str]:
    """Print a page as a book and return what is wrong with it."""
    from playwright.sync_api import sync_playwright

    draft = target.with_suffix(".draft")
    with sync_playwright() as playwright:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []  # its sandbox does not run as root
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS + root)
        page = browser.new_page()
        page.set_default_timeout(600_000)
        page.goto(source.as_uri(), wait_until="load")
        page.emulate_media(media="print")
        page.evaluate(READY)
        wrong = [f"formula: {text!r}" for text in page.evaluate(WRONG_FORMULAS)]
        wrong += [f"image: {name}" for name in page.evaluate(BROKEN_IMAGES)]
        page.evaluate(WRITE_NUMBERS, {})
        print_page(page, draft, complete=False)
        numbers = pages_of_targets(draft)
        page.evaluate(WRITE_NUMBERS, numbers)
        print_page(page, draft, complete=True)
        headings = page.evaluate(HEADINGS)
        browser.close()
    if pages_of_targets(draft) != numbers:
        wrong.append("the contents name wrong pages.")
    try:
        finish(draft, target, headings)
    except ValueError as error:
        wrong.append(str(error))
    draft.unlink()
    return wrong
