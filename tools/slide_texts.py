"""Turn a chapter into the texts of slides: its own headings, equations, figures and questions.

A slide is Markdown with TeX, as nbconvert reads it; what is MyST's alone is written in plain words.
Nothing is added: a slide says what the chapter says, only less of it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from functools import cache
from html import escape
from typing import Literal, NamedTuple

from nbformat import NotebookNode
from notebook_files import ROOT, notebooks_in, read

EQUATION = re.compile(r"(?<!\\)\$\$(.+?)(?<!\\)\$\$(?:[ \t]*\(([^)\s]+)\))?", re.DOTALL)
DIRECTIVE = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?P<kind>[\w:-]+)\}[ ]*(?P<title>[^\n]*)\n"
    r"(?P<body>.*?)^(?P=fence)[ ]*$",
    re.DOTALL | re.MULTILINE,
)
CODE = re.compile(r"^(`{3,})(?!\{)[^\n`]*\n.*?^\1[ ]*$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^(#{1,3}) ([^\n]+)$", re.MULTILINE)
PIECES = re.compile(f"({DIRECTIVE.pattern})|({HEADING.pattern})|({EQUATION.pattern})", re.S | re.M)
OPTIONS = re.compile(r"\A(?::[\w-]+:.*\n)+\n?")
SENTENCE = re.compile(r"(?<=[.!?:])\s+(?=[A-Z*{$\"“])")
LOOK_INSIDE = {"dropdown", "prf:proof", "admonition", "card"}
STATEMENTS = {"prf:definition": "Definition", "prf:proposition": "Proposition"}


class Slide(NamedTuple):
    """One slide; those that go on below the one before are of the kind ``subslide``."""

    kind: Literal["slide", "subslide"]
    text: str


@cache
def equation_numbers() -> dict[str, str]:
    """Return the number of each labelled equation of the book, as the site counts them."""
    numbers: dict[str, str] = {}
    for path in notebooks_in("book"):
        labels = [
            label
            for cell in read(path).cells
            if cell.cell_type == "markdown"
            for _, label in EQUATION.findall(CODE.sub("", cell.source))
            if label
        ]
        numbers |= {label: f"{int(path.stem[:2])}.{k}" for k, label in enumerate(labels, start=1)}
    return numbers


@cache
def _authors() -> dict[str, str]:
    """Return how each work of the bibliography is named in a text: Gers et al. (2000)."""
    from pybtex.database import parse_file

    found = {}
    for key, entry in parse_file(str(ROOT / "book" / "references.bib")).entries.items():
        names = [" ".join(person.last_names) for person in entry.persons.get("author", [])]
        who = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
        found[key] = f"{who or key} ({entry.fields.get('year', 'n.d.')})".replace("{", "")
    return {key: name.replace("}", "") for key, name in found.items()}


def _role(found: re.Match[str]) -> str:
    """Write a role of MyST in plain words."""
    role, text = found[1], found[2]
    if role.startswith("cite"):
        return "; ".join(_authors()[key.strip()] for key in text.split(","))
    if role == "eq":
        return f"({equation_numbers()[text]})"
    if role in ("numref", "prf:ref") and "<" not in text:
        return "the figure" if role == "numref" else "the statement"
    text = re.sub(r"\s*<[^>]*>$", "", text).removeprefix("~")
    return f"`{text.rsplit('.', 1)[-1]}`" if role.startswith("py") else text


def plain(markdown: str) -> str:
    """Return Markdown without what MyST alone understands, and without links.

    >>> plain("An {term}`input gate <gate>` of [chapter 05](05-gru.ipynb), see {py:func}`~a.b`.")
    'An input gate of chapter 05, see `b`.'
    """
    text = re.sub(r"^\([\w-]+\)=\n", "", markdown, flags=re.MULTILINE)
    text = re.sub(r"\{([\w:]+)\}`([^`]+)`", _role, text)
    text = re.sub(r"(?<!!)\[([^\]]+)\]\([^)\s]+\)", r"\1", text)
    return re.sub(
        r"(\A|[.!?] )(the (?:figure|statement)\b)", lambda m: m[1] + m[2].capitalize(), text
    )


def numbered(markdown: str) -> str:
    """Write its number beside each labelled equation, and take the labels away."""

    def tag(found: re.Match[str]) -> str:
        number = f"\\tag{{{equation_numbers()[found[2]]}}}" if found[2] else ""
        return f"$$\n{found[1].strip()}\n{number}\n$$".replace("\n\n", "\n")

    return EQUATION.sub(tag, markdown)


def sentences(paragraph: str) -> list[str]:
    """Split a paragraph into sentences.

    >>> sentences("It is one. Is it $x$? So it is:")
    ['It is one.', 'Is it $x$?', 'So it is:']
    """
    return SENTENCE.split(" ".join(paragraph.split()))


def is_prose(paragraph: str) -> bool:
    """Whether a paragraph is running text: no table, list or bold line of its own."""
    return bool(paragraph.strip()) and not re.match(
        r"\s*(\||- |\d+\. |>|\*\*[^*]+\*\*\s*$)", paragraph
    )


def first_sentence(text: str) -> str:
    """Return the first sentence of running text, or nothing."""
    paragraphs = [p for p in re.split(r"\n\s*\n", text) if is_prose(p)]
    return plain(sentences(paragraphs[0])[0]) if paragraphs else ""


def last_sentence(text: str) -> str:
    """Return the sentence that leads to what follows the text."""
    paragraphs = [p for p in re.split(r"\n\s*\n", text.rstrip()) if p.strip()]
    if not paragraphs or not is_prose(paragraphs[-1]):
        return ""
    return plain(sentences(paragraphs[-1])[-1])


def picture(html: str, caption: str) -> str:
    """Put a picture on a slide, with the first two sentences of its caption."""
    words = " ".join(sentences(caption)[:2])
    flat = re.sub(r"\n\s*", " ", html)
    return f'<div class="picture">{flat}</div>\n\n<div class="caption">\n\n{plain(words)}\n\n</div>'


def figures_of(cell: NotebookNode) -> Iterator[str]:
    """Yield the pictures that a code cell shows, out of its stored outputs."""
    shown = cell.metadata.get("mystnb", {})
    caption = shown.get("figure", {}).get("caption", "")
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if "image/svg+xml" in data:
            content = base64.b64encode(data["image/svg+xml"].encode()).decode()
            alt = escape(" ".join(shown.get("image", {}).get("alt", "").split()))
            image = f'<img alt="{alt}" src="data:image/svg+xml;base64,{content}">'
            yield picture(image, caption)
        elif "<img" in data.get("text/html", ""):
            yield picture(data["text/html"], caption)


class Writer:
    """Writes the slides of one chapter, cell by cell."""

    def __init__(self, stem: str, title: str) -> None:
        self.stem = stem
        self.title = title  # of the section
        self.subtitle = ""  # of the part of a section
        self.slides: list[Slide] = []

    def below(self, text: str) -> None:
        """Add a slide below the one that opened the section."""
        heading = plain(self.subtitle or self.title)
        self.slides.append(Slide("subslide", f"### {heading}\n\n{text}"))

    def section(self, title: str, text: str, parts: list[str]) -> None:
        """Open a section: its heading, its first sentence, the headings of its parts."""
        self.title, self.subtitle = title, ""
        lines = [f"## {plain(title)}"]
        if words := first_sentence(text):
            lines.append(words)
        if len(parts) > 1:
            lines.append("\n".join(f"- {plain(part)}" for part in parts))
        self.slides.append(Slide("slide", "\n\n".join(lines)))

    def directive(self, kind: str, title: str, body: str, before: str) -> None:
        """Show what stands in a directive, or what there is to show inside it."""
        text = OPTIONS.sub("", body)
        page = f"../html/book/{self.stem}.html"
        if kind == "admonition" and title == "Think first":
            question = text.split(":::{dropdown}")[0]
            self.below(
                f'<div class="think">\n\n**Think first.** {plain(question.strip())}\n\n</div>'
            )
        elif kind in STATEMENTS:
            self.below(f"**{STATEMENTS[kind]}: {plain(title)}.** {numbered(plain(text.strip()))}")
        elif kind in ("explorer", "flow-chart"):
            name = re.search(r"^:name: *(\S+)", body, re.MULTILINE)
            words = text.strip().rsplit("\n", 1)[-1]
            self.below(
                f"{plain(words)}\n\n[Open the figure on the chapter's page]"
                f"({page}#{name[1] if name else ''})"
            )
        elif kind == "card":
            self.below(f"**{plain(title)}**\n\n{numbered(plain(text.strip()))}")
        elif kind in LOOK_INSIDE:
            self.equations(text, before)

    def equations(self, text: str, before: str = "") -> None:
        """Show the labelled equations of a text, each with the sentence that leads to it."""
        end = 0
        for found in EQUATION.finditer(text):
            if found[2]:
                words = last_sentence(text[end : found.start()]) or ("" if end else before)
                self.below(f"{words}\n\n{numbered(found[0])}")
            end = found.end()

    def markdown(self, source: str, following: list[str]) -> None:
        """Write the slides of a cell of text; ``following`` are the headings that come later."""
        source = CODE.sub("", source)
        end = 0
        for found in PIECES.finditer(source):
            before = last_sentence(source[end : found.start()])
            if found["fence"]:
                self.directive(found["kind"], found["title"].strip(), found["body"], before)
            elif heading := HEADING.fullmatch(found[0]):
                level, title = len(heading[1]), heading[2].strip()
                if level == 2:
                    rest = PIECES.split(source[found.end() :], maxsplit=1)[0]
                    self.section(title, rest, following)
                elif level == 3:
                    self.subtitle = title
            elif EQUATION.fullmatch(found[0]):
                self.equations(found[0], before)
            end = found.end()
        if self.title == "Summary" and "Remember:" in source:
            points = source.split("Remember:")[1].strip().split("\n\n")[0]
            self.below(f"**Remember**\n\n{plain(points)}")


def parts_of(cells: list[NotebookNode], start: int, title: str) -> list[str]:
    """Return the headings of the parts of a section, which begins in a certain cell."""
    text = "\n".join(c.source for c in cells[start:] if c.cell_type == "markdown")
    after = text.split(f"## {title}\n", 1)[-1]
    found = []
    for level, heading in HEADING.findall(CODE.sub("", after)):
        if len(level) <= 2:
            break
        found.append(heading.strip())
    return found


def slides_of(stem: str) -> list[Slide]:
    """Return the slides of a chapter."""
    from sphinx_course.chapters import read_chapter

    path = ROOT / "book" / f"{stem}.ipynb"
    chapter = read_chapter(path)
    objectives = "\n".join(f"- {plain(objective)}" for objective in chapter.objectives)
    writer = Writer(stem, chapter.title)
    writer.slides = [
        Slide("slide", f"# {chapter.title}\n\n{plain(chapter.question)}"),
        Slide("subslide", f"### After this chapter you can\n\n{objectives}"),
    ]
    cells = read(path).cells[1:]
    for number, cell in enumerate(cells):
        if cell.cell_type == "markdown":
            titles = [t.strip() for level, t in HEADING.findall(cell.source) if len(level) == 2]
            parts = parts_of(cells, number, titles[-1]) if titles else []
            writer.markdown(cell.source, parts)
        else:
            for text in figures_of(cell):
                writer.below(text)
    return writer.slides
