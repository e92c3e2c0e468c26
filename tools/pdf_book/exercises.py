"""Leave out of exercises and solutions what is of no use on paper, or is in the book already."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag
from sphinx_course.exercise_bars import CHECK, SET_UP

from pdf_book.pages import new_id, slug, words_of

HEADING = re.compile(r"h[1-6]$")
IS_CHECK = re.compile(CHECK.format(number=r"\d+"))


def leave_out_what_runs(pages: dict[str, Tag]) -> dict[str, str]:
    """Take set-up and checks out of exercises and solutions: on paper nobody runs them.

    A check holds the right answers as well; on the site it is folded. Returns which id stands for
    which one that was taken out.
    """
    moved: dict[str, str] = {}
    for name, page in pages.items():
        if not name.startswith(("exercises/", "solutions/")):
            continue
        for bar in page.select("div.cell details.hide > summary"):
            cell = bar.find_parent("div", class_="cell")
            words = words_of(bar)
            if words == SET_UP:
                dropped = cell.find_parent("section")
            elif IS_CHECK.match(words):
                dropped = cell
            else:
                continue
            for tag in [dropped, *dropped.find_all(id=True)]:
                if tag.get("id"):
                    moved[str(tag["id"])] = slug(name)
            dropped.decompose()
    return moved


def _blocks(section: Tag) -> Iterator[Tag]:
    """Yield what a section consists of, without its heading and the sections in it."""
    for child in list(section.find_all(recursive=False)):
        if child.name != "section" and not HEADING.match(child.name):
            yield child


def _question(block: Tag) -> str:
    """Return what a block says; of a cell, its code without the output."""
    code = block.select_one(".cell_input") if "cell" in (block.get("class") or []) else None
    return words_of(code or block)


def leave_out_what_is_repeated(pages: dict[str, Tag], ids: set[str]) -> dict[str, str]:
    """Take out of the solutions what the exercises say word for word, and lead to it instead.

    Call it when ids are different. Returns which id stands for which one that was taken out.
    """
    moved: dict[str, str] = {}
    for name, page in pages.items():
        exercise = name.replace("solutions/", "exercises/", 1)
        if not name.startswith("solutions/") or exercise not in pages:
            continue
        for section in page.find_all("section"):
            twin_id = str(section.get("id", "")).replace(slug(name), slug(exercise), 1)
            twin = pages[exercise].find("section", id=twin_id) if twin_id else None
            if section.parent is page:  # their titles differ, and so do their ids
                twin = pages[exercise].find("section")
                twin_id = slug(exercise)
            if twin is None:
                continue
            said = {_question(block) for block in _blocks(twin)}
            dropped = [b for b in _blocks(section) if _question(b) and _question(b) in said]
            for block in dropped:
                for tag in [block, *block.find_all(id=True)]:
                    if old := str(tag.get("id") or ""):
                        new = old.replace(slug(name), slug(exercise), 1)
                        moved[old] = new if new in ids else twin_id
                block.decompose()
            heading = section.find(HEADING, recursive=False)
            if dropped and heading is not None:
                whole = twin_id == slug(exercise)
                anchor = "" if whole else "#" + twin_id.removeprefix(new_id(exercise, ""))
                what = "The exercises" if whole else "The exercise"
                link = f'<a href="#document-{exercise}{anchor}" class="page-of"></a>'
                note = f'<p class="see">{what}: {link}</p>'
                heading.insert_after(BeautifulSoup(note, "html.parser"))
    return moved
