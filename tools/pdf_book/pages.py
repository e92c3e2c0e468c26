"""Cut the long page that Sphinx writes into pages, with ids and links of their own.

Most chapters have a ``summary``, so each page of the course gets ids that begin with its name.
Links lead to these. One that leads out of the book goes to the published site or, where there is
none, is left as plain words.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag

REFERENCES = ("aria-labelledby", "aria-describedby", "for")  # attributes that hold ids


def slug(name: str) -> str:
    """Return the id of a page: ``book/04-lstm`` is ``book-04-lstm``."""
    return name.replace("/", "-")


def new_id(name: str, old: str) -> str:
    """Return the id that an id of one page has in the book."""
    return f"{slug(name)}--{old}"


def words_of(tag: Tag) -> str:
    """Return what a tag says, in one line."""
    return " ".join(tag.get_text(" ").split())


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
