"""Rule: every image says in words what it shows, and every drawn figure has name and caption.

Drawn figures are stored as SVG, in files that a phone can load, and those whose colours stand for
numbers say so: the site does not invert them in dark mode.
"""

import ast
import re
import shutil
import subprocess
import sys

import pytest
from bs4 import BeautifulSoup
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_code_cell, new_notebook, new_output
from notebook_files import METADATA, ROOT, dumps, read, shown, write

from tests.rules.published import (
    BOOK,
    BOOK_PAGES,
    SOLUTIONS,
    each,
    markdown_of,
    report,
    without_code_blocks,
)

MOST = 150_000  # characters of an SVG
PANELS = 'class="panels"'
DRAWS_A_MAP = {"heatmap", "over_text", "imshow", "matshow", "pcolormesh", "pcolor", "contourf"}
GREYS = {"Greys", "gray", "binary"}  # inverted, white to black fits a dark page
HEAT_MAP = "heat-map"
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
        outputs = [output.get("data", {}) for output in cell.get("outputs", [])]
        panels = [html for data in outputs if PANELS in (html := data.get("text/html", ""))]
        images = len(panels) + sum(
            any(kind.startswith("image/") for kind in data) for data in outputs
        )
        if not images:
            continue
        where = f"{name}, cell {number}"
        if images > 1:
            complaints.append(f"{where}: {images} images under one alternative text; draw one.")
        render = cell.metadata.get("mystnb", {})
        figure = render.get("figure", {})
        caption, label = figure.get("caption", "").strip(), figure.get("name", "")
        if panels:
            for image in BeautifulSoup(panels[0], "html.parser")("img"):
                wrong = alt_complaint(image.get("alt"), caption)
                complaints += [f"{where}: {wrong} (plots.side_by_side)."] if wrong else []
        else:
            wrong = alt_complaint(render.get("image", {}).get("alt"), caption)
            complaints += [f"{where}: {wrong} (metadata mystnb.image.alt)."] if wrong else []
        if not caption:
            complaints.append(f"{where}: the figure has no caption (mystnb.figure.caption).")
        if not label.startswith("fig-"):
            complaints.append(f"{where}: the figure's name must start with fig-, got {label!r}.")
        elif label in names:
            complaints.append(f"{where}: cell {names[label]} has the name {label!r} too.")
        names.setdefault(label, number)
    return complaints


def format_complaints(notebook, name):
    """Return a sentence for each figure that is no SVG, or a large one."""
    complaints = []
    for number, cell in enumerate(notebook.cells, start=1):
        for data in (output.get("data", {}) for output in cell.get("outputs", [])):
            where = f"{name}, cell {number}"
            if data.keys() & {"image/png", "image/jpeg"}:
                complaints.append(f"{where}: expected SVG: call plots.use_style(), and run it.")
            if (size := len(data.get("image/svg+xml", ""))) > MOST:
                complaints.append(f"{where}: the SVG has {size} characters, more than {MOST}.")
    return complaints


def maps_drawn(source):
    """Return the names of the calls that draw numbers as colours."""
    tree = ast.parse(TransformerManager().transform_cell(source))
    found = []
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        given = {word.arg: getattr(word.value, "value", None) for word in call.keywords}
        grey = str(given.get("cmap")).removesuffix("_r") in GREYS
        if name in DRAWS_A_MAP and not grey:
            found.append(name)
    return found


def map_complaints(notebook, name):
    """Return a sentence for each heat map that does not say that it is one."""
    return [
        f"{name}, cell {number}: {', '.join(maps)} draws numbers as colours: expected "
        f"{HEAT_MAP!r} in the metadata mystnb.image.classes."
        for number, cell in enumerate(notebook.cells, start=1)
        if cell.cell_type == "code"
        and any("image/" in kind for out in cell.outputs for kind in out.get("data", {}))
        and (maps := maps_drawn(cell.source))
        and HEAT_MAP not in cell.metadata.get("mystnb", {}).get("image", {}).get("classes", "")
    ]


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


@each(BOOK + SOLUTIONS)
def test_drawn_figures_are_svg(path):
    report(format_complaints(read(path), shown(path)))


@each(BOOK + SOLUTIONS)
def test_heat_maps_say_so(path):
    report(map_complaints(read(path), shown(path)))


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


def panels(*alts):
    """A notebook with one output of several pictures."""
    images = "".join(f"<img src='data:,' alt='{alt}'>" for alt in alts)
    output = new_output("execute_result", data={"text/html": f"<div {PANELS}>{images}</div>"})
    cell = new_code_cell("x", outputs=[output], metadata={"mystnb": {"figure": GOOD["figure"]}})
    return new_notebook(cells=[cell])


def test_each_panel_needs_words_and_the_whole_name_and_caption():
    assert output_complaints(panels(ALT, ALT + " Again."), "n") == []
    (sentence,) = output_complaints(panels(ALT, "short"), "n")
    assert "fewer than 40: 'short' (plots.side_by_side)" in sentence
    bare = panels(ALT)
    bare.cells[0].metadata = {}
    assert len(output_complaints(bare, "n")) == 2


def test_the_rule_sees_a_png_and_a_large_svg():
    assert format_complaints(drawn(GOOD, "image/svg+xml"), "n") == []
    assert "n, cell 1: expected SVG" in format_complaints(drawn(GOOD), "n")[0]
    large = drawn(GOOD, "image/svg+xml")
    large.cells[0].outputs[0].data["image/svg+xml"] = "x" * (MOST + 1)
    assert "the SVG has 150001 characters" in format_complaints(large, "n")[0]


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("plots.heatmap(ax, states)", ["heatmap"]),
        ("image = left.pcolormesh(x, y, z)", ["pcolormesh"]),
        ("ax.imshow(x, cmap='viridis')", ["imshow"]),
        ("ax.imshow(x, cmap=colours)", ["imshow"]),
        ("%matplotlib inline\nheatmap(ax, states)", ["heatmap"]),
        ("ax.imshow(x, cmap='Greys')", []),
        ("ax.imshow(x, cmap='gray_r')", []),
        ("ax.plot(x)", []),
        ("'imshow(x)'", []),
    ],
)
def test_the_rule_sees_a_heat_map_without_its_class(source, names):
    notebook = drawn(GOOD)
    notebook.cells[0].source = source
    complaints = map_complaints(notebook, "n")
    assert [", ".join(names)] * len(complaints) == names
    assert all(f"cell 1: {names[0]} draws numbers" in sentence for sentence in complaints)
    notebook.cells[0].metadata["mystnb"] = {"image": {"alt": ALT, "classes": "wide heat-map"}}
    assert map_complaints(notebook, "n") == []


@pytest.mark.parametrize(
    ("stored", "outcome"), [("image/png", "1 passed"), ("text/html", "1 failed")]
)
def test_a_stored_png_is_not_compared_with_the_svg_of_a_new_run(tmp_path, stored, outcome):
    figure = {stored: "...", "text/plain": "<Figure size 792x352 with 1 Axes>"}
    notebook = drawn({})
    notebook.metadata = METADATA
    cell = notebook.cells[0]
    cell.update(
        execution_count=1,
        source="import matplotlib.pyplot as plt\nfrom course_pkg import plots\n"
        "plots.use_style()\nplt.plot([0, 1])\nplt.show()",
        outputs=[new_output("display_data", data=figure)],
    )
    write(tmp_path / "one.ipynb", dumps(notebook))
    shutil.copy(ROOT / "conftest.py", tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval"]
    run = subprocess.run(
        [*command, "--nbval-current-env", "-c", "/dev/null", "--rootdir=.", "one.ipynb"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert outcome in run.stdout, run.stdout


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
