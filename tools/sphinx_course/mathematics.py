"""Set the formulas when the site is built, so that no page runs a program to show them.

MathJax reads the TeX (``tex_to_mathml``), what it writes is made fit for browsers
(``mathml_core``), and browsers set it with a font that the site carries (``math_font``). The TeX
stays in the page: it is what a reader copies (``book/site/mathematics.js``). A formula that cannot
be read, or has a character that the font lacks, is a warning, which ends the build.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from sphinx_course import math_font
from sphinx_course.mathml_core import NotInCoreError, to_core
from sphinx_course.tex_to_mathml import FormulaError, to_mathml

if TYPE_CHECKING:
    from sphinx.writers.html import HTML5Translator

logger = logging.getLogger(__name__)

# A formula in the text with the signs that touch it: "(h)," and not the comma on the next line.
# Browsers break a line on both sides of a formula, whatever stands there.
TOUCHED = re.compile(
    r"([(\[“‘]*)(<span class=\"math notranslate nohighlight\"[^>]*>(?:(?!</span>).)*</span>)"
    r"([.,;:!?)\]”’]*)",
    re.DOTALL,
)


def displayed(source: str) -> str:
    r"""Return the TeX of a displayed formula as Sphinx reads it.

    Lines may be broken by ``\\`` alone, and an empty line starts another equation.

    >>> print(displayed("a = b"))
    a = b
    >>> print(displayed(r"a &= b \\ &= c"))
    \begin{split}a &= b \\ &= c\end{split}
    """
    parts = [part for part in source.split("\n\n") if part.strip()]
    parts = [rf"\begin{{split}}{p}\end{{split}}" if r"\\" in p else p for p in parts]
    if len(parts) > 1:
        return r"\begin{aligned}" + r"\\".join(parts) + r"\end{aligned}"
    return parts[0] if parts else ""


def formula(node: nodes.Element, tex: str, display: bool) -> str:
    """Return a formula as HTML, or its TeX, with a warning, where that is impossible."""
    try:
        html, characters = to_core(to_mathml(tex, display), node.astext().strip())
    except (FormulaError, NotInCoreError) as error:
        logger.warning("cannot set the formula %s: %s", tex, error, location=node)
        return f"<code>{nodes.unescape(tex)}</code>"
    strangers = "".join(sorted(characters - math_font.CHARACTERS))
    if strangers:
        message = "the font lacks %r of the formula %s: see tools/sphinx_course/math_font.py"
        logger.warning(message, strangers, tex, location=node)
    return html


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in the text."""
    start = self.starttag(node, "span", "", CLASS="math notranslate nohighlight")
    self.body.append(f"{start}{formula(node, node.astext(), display=False)}</span>")
    raise nodes.SkipNode


def visit_math_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula, before it its number with a link to it."""
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    source = node.astext()
    if node["number"] and not node["nowrap"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, _("Link to this equation"))
        self.body.append("</span>")
    tex = source if node["nowrap"] else displayed(source)
    self.body.append(f'<div class="formula">{formula(node, tex, display=True)}</div></div>\n')
    raise nodes.SkipNode


def held_together(body: str) -> str:
    """Keep formulas on one line with the brackets and stops that touch them.

    >>> formula = '<span class="math notranslate nohighlight"><math></math></span>'
    >>> held_together(f"a {formula}, b") == f'a <span class="held">{formula},</span> b'
    True
    """

    def held(found: re.Match[str]) -> str:
        whole: str = found[0]
        return f'<span class="held">{whole}</span>' if found[1] or found[3] else whole

    return TOUCHED.sub(held, body)


def hold_formulas(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Do so on each page."""
    if "body" in context:
        context["body"] = held_together(context["body"])


def write_font(app: Sphinx) -> None:
    """Put the font beside the pages, where it is not there yet."""
    path = Path(app.outdir, "_static", math_font.NAME)
    if app.builder.format == "html" and not path.exists():
        math_font.write_font(path)


def setup(app: Sphinx) -> None:
    """Take the place of Sphinx's own way with formulas."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    app.add_css_file("mathematics.css", priority=900)  # after course.css
    app.add_js_file("mathematics.js", defer="defer")
    app.connect("html-page-context", hold_formulas)
    app.connect("builder-inited", write_font)
