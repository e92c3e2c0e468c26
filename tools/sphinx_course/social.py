"""Make what is shown of a page where somebody links to it: its address and a picture.

Both need a public address. Without one there is no picture, and ``og:url``, of which
sphinxext.opengraph would write half, is taken out of the pages' heads. Title, description and kind
of page stay.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from notebook_files import ROOT
from sphinx.application import Sphinx
from sphinx.config import Config

from sphinx_course.publishing import values_of

CARD = "_static/social-card.png"
WIDTH, HEIGHT = 1200, 630  # what the big sites show without cutting anything off
RECORDED = ROOT / "book" / "results" / "lengths.csv"
ALT = (
    "Accuracy against length: a network trained on even lengths is right at every even length, "
    "and wrong at every odd one."
)
TAGS = (
    f'<meta property="og:image:width" content="{WIDTH}" />',
    f'<meta property="og:image:height" content="{HEIGHT}" />',
    '<meta name="twitter:card" content="summary_large_image" />',
)


def draw_card(path: Path, title: str, part: str) -> None:
    """Draw the picture: the title, and the surprise that chapter 1 begins with."""
    import matplotlib
    from matplotlib.figure import Figure

    from course_pkg.plots.style import BLUE, GREY, INK, RED  # as in the chapter
    from sphinx_course.explorers.lengths import TRAINED, read

    even = dict(sorted(read(RECORDED)["even"].items()))  # the network that saw even lengths only
    # The font is matplotlib's own, so that the picture does not depend on the machine.
    with matplotlib.rc_context({"font.family": "DejaVu Sans", "svg.fonttype": "none"}):
        figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor="white")
        figure.text(0.06, 0.84, title, size=40, weight="bold", color=INK)
        figure.text(0.06, 0.745, part, size=28, color=INK)
        axes = figure.add_axes((0.1, 0.2, 0.84, 0.38))
        axes.plot(list(even), list(even.values()), color=GREY, linewidth=1.5, zorder=1)
        for length, accuracy in even.items():
            seen = length in TRAINED["even"]
            axes.plot(length, accuracy, "s" if seen else "o", color=BLUE if seen else RED, ms=13)
        axes.set(ylim=(-0.15, 1.15), yticks=[0, 1], yticklabels=["0 %", "100 %"])
        axes.tick_params(labelsize=20, colors=INK, length=0)
        axes.set_xlabel("length of the sequence", size=20, color=INK)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        caption = "Trained on the blue lengths. Why is it wrong at every odd one?"
        figure.text(0.06, 0.625, caption, size=22, color=INK)
        figure.savefig(path, metadata={"Software": None})


def set_picture(app: Sphinx, config: Config) -> None:
    """Tell sphinxext.opengraph of the picture."""
    if values_of(config).address:
        config.ogp_image = CARD
        config.ogp_image_alt = ALT
        config.ogp_custom_meta_tags = [*config.ogp_custom_meta_tags, *TAGS]


def drop_address(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Remove the tag, unless the configuration names a public address."""
    if not app.config.ogp_site_url:
        context["metatags"] = re.sub(
            r'<meta property="og:url"[^>]*>\s*', "", context.get("metatags", "")
        )


def write_card(app: Sphinx, error: Exception | None) -> None:
    """Put the picture beside the pages."""
    if error is None and app.builder.name == "html" and values_of(app.config).address:
        title, _, part = app.config.project.partition(", ")
        draw_card(Path(app.outdir) / CARD, title, part)


def setup(app: Sphinx) -> None:
    """Run after sphinxext.opengraph."""
    app.connect("config-inited", set_picture, priority=410)
    app.connect("html-page-context", drop_address, priority=900)
    app.connect("build-finished", write_card)
