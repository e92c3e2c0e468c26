"""Put the pages in order, with a table of contents, and what is folded open."""

from __future__ import annotations

import re
from copy import copy
from html import escape
from typing import NamedTuple

from bs4 import BeautifulSoup, Tag

from pdf_book.exercises import HEADING, leave_out_what_is_repeated, leave_out_what_runs
from pdf_book.pages import make_ids_different, mend_links, pages_of, slug, words_of

# On paper nobody presses, and what belongs to the start page is told by the title page.
NOT_ON_PAPER = "script, button, .headerlink, .onlyprint, .start-buttons, .card-actions"
SHORT = 30  # lines of code that are kept on one page of paper
SMALL = 12  # rows of a table that are
BRIEF = 900  # letters in a box that is
OF_THE_START_PAGE = "start.css"  # it changes what all pages have


class Part(NamedTuple):
    """A part of the book: its caption, and the names of its chapters."""

    caption: str
    chapters: list[str]


class Entry(NamedTuple):
    """A line of the contents."""

    level: int  # 0 a part, 1 a chapter, 2 a section
    text: str
    target: str  # the id that it leads to; of a part, its first chapter's


def clean(book: Tag) -> None:
    """Take away what is of no use on paper, and open what is folded."""
    for tag in book.select(NOT_ON_PAPER):
        tag.decompose()
    for fold in book.select("details"):
        fold["open"] = ""
    for tag in book.select(".toggle"):
        tag["class"] = [word for word in tag["class"] if word != "toggle"]
    for tag in book.select("[tabindex]"):
        del tag["tabindex"]
    for code in book.select("div.highlight"):
        if code.get_text().strip().count("\n") < SHORT:
            code["class"] = [*code.get("class", []), "short"]
    for box in book.select("div.admonition"):
        if len(words_of(box)) < BRIEF:
            box["class"] = [*box.get("class", []), "short"]
    for table in book.select("table"):
        if len(table.select("tr")) < SMALL:
            table["class"] = [*table.get("class", []), "short"]


def title_of(page: Tag) -> str:
    """Return the title of a page, with its number if it has one."""
    heading = copy(page.find(HEADING))
    if heading is None:
        return ""
    for tex in heading.find_all("annotation"):  # of a formula: what is copied, not what is seen
        tex.decompose()
    return words_of(heading)


def contents_of(parts: list[Part], pages: dict[str, Tag]) -> list[Entry]:
    """Return the lines of the table of contents: parts, chapters, and their sections."""
    entries = []
    for part in parts:
        chapters = [name for name in part.chapters if name in pages]
        if not chapters:
            continue
        entries.append(Entry(0, part.caption, slug(chapters[0])))
        for name in chapters:
            entries.append(Entry(1, title_of(pages[name]), slug(name)))
            if not re.match(r"book/\d\d-", name):
                continue
            for tag in pages[name].select(":scope > section > section, div.page"):
                entries.append(Entry(2, title_of(tag), str(tag["id"])))
    return entries


def contents_html(entries: list[Entry], numbers: dict[str, int]) -> str:
    """Return the table of contents; ``numbers`` says on which page of paper an id stands."""
    lines = []
    for entry in entries:
        number = numbers.get(entry.target, "")
        lines.append(
            f'<li class="level-{entry.level}"><a href="#{entry.target}">'
            f'<span class="what">{escape(entry.text)}</span>'
            f'<span class="where">{number}</span></a></li>'
        )
    return '<nav class="book-contents"><h1>Contents</h1><ol>' + "\n".join(lines) + "</ol></nav>"


def running_heads(pages: dict[str, Tag]) -> str:
    """Return a style sheet that writes the title of each page of the site on its pages of paper."""
    rules = []
    for number, (name, page) in enumerate(pages.items()):
        title = title_of(page).replace("\\", "\\\\").replace('"', '\\"')
        rules.append(
            f'@page p{number} {{ @top-left {{ content: "{title}" }} }}\n'
            f'[id="{slug(name)}"] {{ page: p{number} }}'
        )
    return "\n".join(rules)


class Book(NamedTuple):
    """The pieces of the book, in order."""

    head: str  # style sheets
    body: str
    contents: list[Entry]
    wrong: list[str]  # links that lead to nothing


def make_book(html: str, parts: list[Part], address: str = "") -> Book:
    """Make the book of the page that Sphinx wrote; ``address`` is the published site's."""
    soup = BeautifulSoup(html, "html.parser")
    article = soup.select_one("article.bd-article") or soup.select_one("main") or soup
    styles = [
        str(link)
        for link in soup.select('head link[rel~="stylesheet"]')
        if OF_THE_START_PAGE not in str(link.get("href"))
    ]
    pages = pages_of(article)
    clean(article)
    ids = make_ids_different(pages)
    moved = leave_out_what_runs(pages) | leave_out_what_is_repeated(pages, ids)
    contents = contents_of(parts, pages)
    wanted = [name for part in parts for name in part.chapters if name in pages]
    first = {part.chapters[0]: part.caption for part in parts if part.chapters}
    wrong: list[str] = []
    text = []
    heads = f"<style>{running_heads(pages)}</style>"  # before the parts' captions are put above
    for name in wanted:
        wrong += mend_links(pages[name], ids, moved, address)
        if name in first:
            caption = f'<h1 class="part">{escape(first[name])}</h1>'
            pages[name].insert(0, BeautifulSoup(caption, "html.parser"))
        text.append(str(pages[name]))
    return Book("\n".join([*styles, heads]), "\n".join(text), contents, wrong)
