"""Make a book to print out of the one long page that Sphinx writes of all pages of the course.

The long page is the site's frame around everything. What is kept of it is the text, cut into the
pages that it consists of. Each gets ids of its own, since most chapters have a ``summary``; links
lead to these, and one that leads out of the book to a file beside the site is left as plain words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import copy
from html import escape
from typing import NamedTuple
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from sphinx_course.exercise_bars import CHECK, SET_UP

# On paper nobody presses, and what belongs to the start page is told by the title page.
NOT_ON_PAPER = ", ".join(
    (
        "script:not([data-keep])",
        "button",
        ".headerlink",
        ".onlyprint",
        ".start-buttons",
        ".card-actions",
        ".not-on-paper",
    )
)
SHORT = 30  # lines of code that are kept on one page of paper
SMALL = 12  # rows of a table that are
BRIEF = 900  # letters in a box that is
OF_THE_START_PAGE = "start.css"  # it changes what all pages have
HEADING = re.compile(r"h[1-6]$")
IS_CHECK = re.compile(CHECK.format(number=r"\d+"))
REFERENCES = ("aria-labelledby", "aria-describedby", "for")  # attributes that hold ids


class Part(NamedTuple):
    """A part of the book: its caption, and the names of its chapters."""

    caption: str
    chapters: list[str]


class Entry(NamedTuple):
    """A line of the contents."""

    level: int  # 0 a part, 1 a chapter, 2 a section
    text: str
    target: str  # the id that it leads to; of a part, its first chapter's


def slug(name: str) -> str:
    """Return the id of a page: ``book/04-lstm`` is ``book-04-lstm``."""
    return name.replace("/", "-")


def new_id(name: str, old: str) -> str:
    """Return the id that an id of one page has in the book."""
    return f"{slug(name)}--{old}"


# ---- the pages ---------------------------------------------------------------------------------


def pages_of(article: Tag) -> dict[str, Tag]:
    """Cut the article into its pages, by the marks that Sphinx sets, and return them by name.

    A page holds those that stand below it, as a chapter holds its exercises.
    """
    found = {}
    for mark in article.select('span[id^="document-"]'):
        name = mark["id"].removeprefix("document-")
        page = mark.wrap(BeautifulSoup().new_tag("div"))
        page.attrs = {"class": "page", "id": slug(name), "data-page": name}
        while (after := page.next_sibling) is not None:
            if isinstance(after, Tag) and str(after.get("id", "")).startswith("document-"):
                break
            page.append(after.extract())
        mark.decompose()
        found[name] = page
    return found


def page_around(tag: Tag) -> str:
    """Return the name of the page that a tag stands in, nothing for the start page."""
    page = tag.find_parent("div", class_="page")
    return str(page["data-page"]) if page else ""


def make_ids_different(pages: dict[str, Tag]) -> set[str]:
    """Give every page ids of its own, and return all there are."""
    ids = {slug(name) for name in pages}
    tops = {id(page) for page in pages.values()}
    for page in pages.values():
        for tag in page.find_all(_has_ids):
            if id(tag) in tops or tag.get("data-renamed"):
                continue
            name = page_around(tag)
            tag["data-renamed"] = "1"
            if tag.get("id"):
                tag["id"] = _unused(new_id(name, str(tag["id"])), ids)
                ids.add(tag["id"])
            for attribute in REFERENCES:
                if value := tag.get(attribute):
                    words = value if isinstance(value, list) else str(value).split()
                    tag[attribute] = " ".join(new_id(name, word) for word in words)
    for page in pages.values():
        for tag in page.find_all(attrs={"data-renamed": True}):
            del tag["data-renamed"]
    return ids


def _has_ids(tag: Tag) -> bool:
    return any(tag.get(name) for name in ("id", *REFERENCES))


def _unused(wanted: str, taken: set[str]) -> str:
    """Return an id that nothing has: the second of two on a page gets a number."""
    found, number = wanted, 1
    while found in taken:
        number += 1
        found = f"{wanted}-{number}"
    return found


# ---- links -------------------------------------------------------------------------------------


def target_of(href: str, name: str, ids: set[str]) -> str | None:
    """Return the id in the book that a link on a page leads to, None if it leads out of the book.

    Raises
    ------
    ValueError
        If the link leads into the book, but to nothing.
    """
    if not href.startswith("#"):
        return None
    if not href.startswith("#document-"):
        target = new_id(name, href[1:])
    else:
        page, _, anchor = href.removeprefix("#document-").partition("#")
        if slug(page) not in ids:
            return None  # a page of the site that is not in the book
        target = new_id(page, anchor) if anchor else slug(page)
    if target not in ids:
        raise ValueError(f"{name}: the link {href} leads to nothing in the book.")
    return target


def on_the_site(href: str, address: str) -> str:
    """Return where on the published site a link leads that leads out of the book."""
    if href.startswith("#document-"):
        page, _, anchor = href.removeprefix("#document-").partition("#")
        return urljoin(address, f"{page}.html" + (f"#{anchor}" if anchor else ""))
    return urljoin(address, re.sub(r"^(\.\./)+", "", href))


def mend_links(book: Tag, ids: set[str], moved: dict[str, str], address: str) -> list[str]:
    """Let all links lead to ids of the book or to the web, and return what leads to nothing.

    ``moved`` says where to find now what was left out because it stands in the book already. Where
    the site has no address, the words of a link to it stay, and the link goes.
    """
    wrong = []
    for link in book.select("a[href], a[*|href]"):
        attribute = "href" if link.has_attr("href") else "xlink:href"  # the second in drawings
        href = str(link[attribute])
        if re.match(r"(https?|mailto):", href):
            continue
        try:
            target = target_of(href, page_around(link), ids | moved.keys())
        except ValueError as error:
            wrong.append(str(error))
            continue
        if target is not None:
            link[attribute] = f"#{moved.get(target, target)}"
        elif address:
            link[attribute] = on_the_site(href, address)
        else:
            link.unwrap()
    return wrong


# ---- exercises and solutions -------------------------------------------------------------------


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
            words = _words(bar)
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


def _words(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").split())


def _blocks(section: Tag) -> Iterator[Tag]:
    """Yield what a section consists of, without its heading and the sections in it."""
    for child in list(section.find_all(recursive=False)):
        if child.name != "section" and not HEADING.match(child.name):
            yield child


def _question(block: Tag) -> str:
    """Return what a block says; of a cell, its code without the output."""
    code = block.select_one(".cell_input") if "cell" in (block.get("class") or []) else None
    return _words(code or block)


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


# ---- the book ----------------------------------------------------------------------------------


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
        if len(_words(box)) < BRIEF:
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
    return _words(heading)


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

    head: str  # style sheets and, while formulas need it, MathJax
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
    scripts = [str(tag) for tag in soup.select("head script") if "mathjax" in str(tag).lower()]
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
    return Book("\n".join([*styles, *scripts, heads]), "\n".join(text), contents, wrong)
