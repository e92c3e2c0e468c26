"""Make MathML that MathJax wrote fit for browsers, which read a part of the language: MathML Core.

Four things are written in other words. Letters that a ``mathvariant`` made bold or script become
the characters that Unicode has for them. The room between neighbours, which MathJax computes as
TeX does, becomes room beside the operators, or a space. Columns and rows of tables get classes, for
``book/site/mathematics.css``, and a strut, so that no row is lower than a line of text. Rows that
hold one thing become that thing. What Core has no word for is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from sphinx_course.math_letters import in_alphabet

# What may stay: in Core these mean what they mean to MathJax.
KEPT = {
    "math": ("display",),
    "mi": ("mathvariant",),
    "mn": (),
    "mo": ("largeop", "maxsize", "minsize", "movablelimits", "stretchy", "symmetric"),
    "mtext": (),
    "mspace": ("depth", "height", "width"),
    "mrow": (),
    "mfrac": ("linethickness",),
    "msqrt": (),
    "mroot": (),
    "mphantom": (),
    "mpadded": ("depth", "height", "lspace", "voffset", "width"),
    "mstyle": ("displaystyle", "scriptlevel"),
    **dict.fromkeys(("msub", "msup", "msubsup"), ()),
    **dict.fromkeys(("munder", "mover", "munderover"), ("accent", "accentunder")),
    "mtable": ("displaystyle",),
    "mtr": (),
    "mtd": (),
}
ROWS = ("math", "mrow", "mstyle", "mtd", "msqrt", "mphantom", "mpadded")  # children in a line
SCRIPTED = ("msub", "msup", "msubsup", "munder", "mover", "munderover", "mfrac")

# TeX's three kinds of room, in em, and what Core leaves on both sides of the commonest operators
# that stand between two things: nothing need be said of those.
ROOM = {"thinmathspace": "0.167em", "mediummathspace": "0.222em", "thickmathspace": "0.278em"}
THIN, MEDIUM, THICK = ROOM.values()
BETWEEN = {"=": (THICK, THICK), "+": (MEDIUM, MEDIUM), "−": (MEDIUM, MEDIUM), ",": ("0", THIN)}
ACCENTS = {"^": "ˆ", "~": "˜", **{sign: sign for sign in "ˆ˜¯˙¨→←ˇ⏞⏟"}}  # in the font's best forms
FENCES = "()[]{}⟨⟩⌊⌋⌈⌉"
APPLIED = "\u2061"  # the unseen sign between a function and its argument
LARGE = "⊙⊕⊗"  # Firefox draws these large in displayed formulas, as TeX draws sums


class NotInCoreError(ValueError):
    """Something that browsers do not know."""


def shown(element: Element) -> str:
    """Return the characters that the font has to have: a letter that stands alone is italic."""
    text = "" if element.get("class") == "code" else element.text or ""
    alone = element.tag == "mi" and len(text) == 1 and "mathvariant" not in element.attrib
    return in_alphabet(text, "italic") if alone else text


def operator(element: Element) -> Element | None:
    """Return the operator that an element is, perhaps with scripts, or nothing."""
    if element.tag == "mo":
        return element
    if element.tag in SCRIPTED:
        return operator(element[0])
    if element.tag in ("mrow", "mstyle", "mphantom", "mpadded"):
        found = [child for child in element if child.tag not in ("mspace", "mtext")]
        return operator(found[0]) if len(found) == 1 else None
    return None


def without_wrappers(element: Element) -> Element:
    """Return an element less the rows, inside and around it, that hold one thing."""
    element[:] = [without_wrappers(child) for child in element]
    if element.tag in ROWS:
        # An unseen delimiter, and the empty letter that stands before a sign of relation.
        empty = [c for c in element if c.tag in ("mi", "mo", "mrow") and not (c.text or len(c))]
        for child in empty:
            element.remove(child)
    # A bracket of a size of its own needs its row: with a script, Chromium makes no other larger.
    plain = element.tag == "mrow" and not any("minsize" in child.attrib for child in element)
    if plain or (element.tag == "mstyle" and all(child.tag == "mspace" for child in element)):
        if len(element) != 1:
            return element
        space = element.get("data-space")
        if space:
            element[0].set("data-space", space)
        return element[0]
    return element


def set_letters(element: Element) -> None:
    """Write letters of a kind as the characters they are."""
    variant = element.get("mathvariant")
    if variant is None or variant == "normal":
        return
    del element.attrib["mathvariant"]
    if variant == "monospace":
        element.set("class", "code")  # in the font of code, as in the text
        return
    element.text = "".join(in_alphabet(letter, variant) for letter in element.text or "")


def set_room(row: Element) -> None:
    """Put room beside the operators of a row, and spaces between other neighbours."""
    for child in [child for child in row if child.text == APPLIED]:
        row.remove(child)  # the room says it; and Firefox would leave more
    children = list(row)
    rooms = [ROOM.get(child.attrib.pop("data-space", ""), "0") for child in children]
    signs = [operator(child) for child in children]
    for place, (child, room, sign) in enumerate(zip(children, rooms, signs, strict=True)):
        if sign is not None:
            if "minsize" in sign.attrib:
                sign.set("stretchy", "true")  # by itself, a bar with a script is not
            if (sign.text or " ") in LARGE:
                sign.set("largeop", "false")
            last = place + 1 == len(children)
            after = "0" if last or signs[place + 1] is not None else rooms[place + 1]
            usual = BETWEEN.get(sign.text or "") if place and not last else None
            for name in ("lspace", "rspace"):
                sign.attrib.pop(name, None)  # what a row inside has said
            if (room, after) != (("0", "0") if (sign.text or "") in FENCES else usual):
                sign.set("lspace", room)
                sign.set("rspace", after)
        elif room != "0" and (place == 0 or signs[place - 1] is None):
            row.insert(list(row).index(child), Element("mspace", {"width": room}))


def set_accents(element: Element) -> None:
    """Say which signs above and below are accents; in Core no operator is one by itself."""
    for place, names, kind in (
        (1, ("munder", "munderover"), "accentunder"),
        (-1, ("mover", "munderover"), "accent"),
    ):
        sign = element[place] if element.tag in names else None
        if sign is None or sign.tag != "mo":
            continue
        if sign.get("stretchy") != "false":
            sign.set("class", "wide")
        if sign.get("accent") != "false" and sign.text in ACCENTS:
            sign.text = ACCENTS[sign.text]
            element.set(kind, "true")


def set_prime(element: Element) -> None:
    """Keep primes large: the font's are drawn for their place, and scripts are small and high."""
    if element.tag in ("msup", "msubsup") and set(element[-1].text or " ") <= set("′″"):
        large = around("mstyle", element[-1], scriptlevel="0")
        element[-1] = around("mpadded", large, height="0.3em", voffset="-0.3em")


def around(tag: str, element: Element, **attributes: str) -> Element:
    """Return an element with one child."""
    parent = Element(tag, attributes)
    parent.append(element)
    return parent


def set_table(table: Element) -> None:
    """Write how the columns of a table stand, and the room between its rows, as classes."""
    sides = table.get("columnalign", "center").split()
    columns = table.get("columnspacing", "0.8em").split()
    gaps = table.get("rowspacing", "0.4em").split()
    for number, row in enumerate(table):
        if number + 1 < len(table):
            row.set("class", f"gap-{tenths(gaps[min(number, len(gaps) - 1)])}")
        for place, cell in enumerate(row):
            side = sides[min(place, len(sides) - 1)]
            room = tenths(columns[min(place, len(columns)) - 1]) if place else 0
            names = [side] if side != "center" else []
            names += [f"after-{room}"] if room else []
            if names:
                cell.set("class", " ".join(names))
        if len(row):
            row[0].insert(0, Element("mspace", {"height": "0.75em", "depth": "0.25em"}))


def tenths(length: str) -> int:
    """Return a length in tenths of an em, as MathJax writes it in em or in points."""
    if length.endswith("pt"):
        return round(float(length.removesuffix("pt")))
    return round(10 * float(length.removesuffix("em")))


def written(element: Element) -> Iterator[str]:
    """Yield an element as HTML."""
    names = ("class", "lspace", "rspace", *KEPT[element.tag])
    pairs = "".join(
        f' {name}="{escape(element.attrib[name])}"' for name in names if name in element.attrib
    )
    if not element.text and not len(element):
        yield f"<{element.tag}{pairs}/>"
        return
    yield f"<{element.tag}{pairs}>{escape(element.text or '', quote=False)}"
    for child in element:
        yield from written(child)
    yield f"</{element.tag}>"


def to_core(mathml: str, tex: str) -> tuple[str, set[str]]:
    """Return a formula as MathML Core that keeps its TeX, and the characters it shows.

    Raises
    ------
    NotInCoreError
        If the formula has an element that browsers do not know, or another space back than one.
    """
    root = ElementTree.fromstring(mathml.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', ""))
    for element in root.iter():
        if element.tag not in KEPT:
            raise NotInCoreError(f"browsers do not know the element {element.tag}")
        element.text = (element.text or "").strip(" \n")
    without_wrappers(root)
    for element in root.iter():
        set_letters(element)
        set_accents(element)
        set_prime(element)
        if element.get("width", "").startswith("-"):
            if element.get("width") != f"-{THIN}":
                raise NotInCoreError(f"a space of {element.get('width')}: only \\! may go back")
            element.attrib = {"class": "back"}
        if element.tag == "mtable":
            set_table(element)
    for element in reversed(list(root.iter())):  # inner rows first
        if element.tag in ROWS:
            set_room(element)
    characters = {character for element in root.iter() for character in shown(element)}
    display = ' display="block"' if root.get("display") == "block" else ""
    inside = "".join(part for child in root for part in written(child))
    if len(root) != 1:
        inside = f"<mrow>{inside}</mrow>"
    note = f'<annotation encoding="application/x-tex">{escape(tex, quote=False)}</annotation>'
    return f"<math{display}><semantics>{inside}{note}</semantics></math>", characters
