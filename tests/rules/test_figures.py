"""Rule: every image says in words what it shows, and every drawn figure has name and caption."""

import re

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_notebook, new_output
from notebook_files import read, shown

from tests.rules.published import (
    BOOK,
    BOOK_PAGES,
    SOLUTIONS,
    each,
    markdown_of,
    report,
    without_code_blocks,
)

LEAST = 40  # characters; a shorter text names the picture but does not say what is to be seen
FILE_NAME = re.compile(r"\S+\.(png|svg|jpe?g|gif|webp)", re.IGNORECASE)
MARKDOWN_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)]*)\)")
DIRECTIVE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,}|:{3,})\{(?P<kind>figure|image|grid-item-card|card)\}[^\n]*\n"
    r"(?P<body>.*?)^(?P=indent)(?P=fence) *$",
    re.DOTALL | re.MULTILINE,
)
OPTION = re.compile(r"^\s*:([\w-]+):[ \t]*(.*)$", re.MULTILINE)


def alt_complaint(alt, caption=""):
    """Return what is wrong with an alternative text, or an empty string."""
    alt = " ".join(str(alt or "").split())
    if not alt:
        return "the image has no alternative text"
    if FILE_NAME.fullmatch(alt):
        return f"the alternative text is a file name, {alt!r}"
    if len(alt) < LEAST:
        return f"the alternative text has {len(alt)} characters, fewer than {LEAST}: {alt!r}"
    if alt == " ".join(caption.split()):
        return "the alternative text only repeats the caption"
    return ""


def output_complaints(notebook, name):
    """Return a sentence for everything that an image in the outputs lacks."""
    complaints = []
    names = {}
    for number, cell in enumerate(notebook.cells, start=1):
        outputs = cell.get("outputs", [])
        images = sum(
            any(kind.startswith("image/") for kind in output.get("data", {})) for output in outputs
        )
        if not images:
            continue
        where = f"{name}, cell {number}"
        if images > 1:
            complaints.append(f"{where}: {images} images under one alternative text; draw one.")
        render = cell.metadata.get("mystnb", {})
        figure = render.get("figure", {})
        caption, label = figure.get("caption", "").strip(), figure.get("name", "")
        wrong = alt_complaint(render.get("image", {}).get("alt"), caption)
        if wrong:
            complaints.append(f"{where}: {wrong} (metadata mystnb.image.alt).")
        if not caption:
            complaints.append(f"{where}: the figure has no caption (mystnb.figure.caption).")
        if not label.startswith("fig-"):
            complaints.append(f"{where}: the figure's name must start with fig-, got {label!r}.")
        elif label in names:
            complaints.append(f"{where}: cell {names[label]} has the name {label!r} too.")
        names.setdefault(label, number)
    return complaints


def markdown_complaints(markdown, where):
    """Return a sentence for each image of a text that does not say what it shows."""
    text = without_code_blocks(markdown)
    wrongs = []
    for found in DIRECTIVE.finditer(text):
        options = dict(OPTION.findall(found["body"]))
        if "card" not in found["kind"]:
            wrongs.append(alt_complaint(options.get("alt")))
        elif options.keys() & {"img-top", "img-bottom", "img-background"}:
            wrongs.append(alt_complaint(options.get("img-alt")))
    wrongs += [alt_complaint(found[1]) for found in MARKDOWN_IMAGE.finditer(text)]
    wrongs += [alt_complaint(tag.get("alt")) for tag in BeautifulSoup(text, "html.parser")("img")]
    return [f"{where}: {wrong}." for wrong in wrongs if wrong]


@each(BOOK + SOLUTIONS)
def test_drawn_figures_have_words_name_and_caption(path):
    report(output_complaints(read(path), shown(path)))


@each(BOOK + BOOK_PAGES + SOLUTIONS)
def test_images_in_the_text_have_words(path):
    report([c for where, text in markdown_of(path) for c in markdown_complaints(text, where)])


def test_figure_names_are_unique_over_all_pages():
    seen, complaints = {}, []
    for path in BOOK + SOLUTIONS:
        for cell in read(path).cells:
            label = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
            if label and seen.setdefault(label, path) != path:
                complaints.append(f"{shown(path)}: {shown(seen[label])} has {label!r} too.")
    report(complaints)


ALT = "Three boxes in a row, joined by arrows that carry the state from left to right."
GOOD = {"image": {"alt": ALT}, "figure": {"caption": "The unrolled network.", "name": "fig-one"}}


def drawn(mystnb, kind="image/png", images=1):
    outputs = [new_output("display_data", data={kind: "..."})] * images
    cell = new_code_cell("draw()", outputs=outputs, metadata={"mystnb": mystnb})
    return new_notebook(cells=[cell])


def test_a_figure_with_everything_passes():
    assert output_complaints(drawn(GOOD), "n") == []
    assert output_complaints(new_notebook(cells=[new_code_cell("no image")]), "n") == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"image": {}}, "n, cell 1: the image has no alternative text"),
        ({"image": {"alt": "  "}}, "n, cell 1: the image has no alternative text"),
        ({"image": {"alt": "A plot."}}, "fewer than 40"),
        ({"image": {"alt": "_images/" + "a1" * 30 + ".png"}}, "the alternative text is a file"),
        (
            {"figure": {"caption": ALT, "name": "fig-one"}},
            "the alternative text only repeats the caption",
        ),
        ({"figure": {"name": "fig-one"}}, "the figure has no caption"),
        ({"figure": {"caption": "It.", "name": "one"}}, "must start with fig-, got 'one'"),
        ({"figure": {"caption": "It."}}, "must start with fig-, got ''"),
    ],
)
@pytest.mark.parametrize("kind", ["image/png", "image/svg+xml"])
def test_the_rule_sees_what_a_figure_lacks(change, complaint, kind):
    (sentence,) = output_complaints(drawn({**GOOD, **change}, kind), "n")
    assert complaint in sentence


def test_the_rule_sees_two_images_and_one_name_twice():
    assert "2 images under one" in output_complaints(drawn(GOOD, images=2), "n")[0]
    twice = drawn(GOOD)
    twice.cells *= 2
    assert "cell 1 has the name 'fig-one' too" in output_complaints(twice, "n")[0]


@pytest.mark.parametrize(
    "markdown",
    [
        "![](a.png)",
        "![a.png](a.png)",
        "![A diagram.](a.svg)",
        "<img src='a.png'>",
        "<p><img src='a.png' alt='short'></p>",
        "```{figure} a.svg\n:name: fig-a\n\nA caption.\n```",
        ":::{image} a.svg\n:alt: Boxes.\n:::",
        "::::{grid} 2\n:::{grid-item-card} One\n:img-top: a.png\nText.\n:::\n::::",
    ],
)
def test_the_rule_sees_an_image_without_words(markdown):
    assert len(markdown_complaints("Before.\n\n" + markdown + "\n\nAfter.", "p")) == 1


@pytest.mark.parametrize(
    "markdown",
    [
        f"![{ALT}](a.png)",
        f"```{{figure}} a.svg\n:name: fig-a\n:alt: {ALT}\n\nA caption.\n```",
        f":::{{image}} a.svg\n:alt: {ALT}\n:::",
        "```markdown\n![](a.png)\n```",
        ":::{grid-item-card} One\nText.\n:::",
    ],
)
def test_the_rule_accepts_an_image_with_words(markdown):
    assert markdown_complaints(markdown, "p") == []
