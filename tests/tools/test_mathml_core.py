"""Formulas become MathML that browsers read: each kind of change on a case written by hand."""

import re
from multiprocessing import get_all_start_methods, get_context

import pytest
from sphinx_course.math_font import CHARACTERS, NAME, write_font
from sphinx_course.mathml_core import NotInCoreError, to_core
from sphinx_course.tex_to_mathml import FormulaError, to_mathml


def core(inside, tex="x"):
    """Return what stands before the TeX, and the characters."""
    html, characters = to_core(f"<math>{inside}</math>", tex)
    return re.fullmatch(r"<math><semantics>(.*)<annotation.*", html)[1], characters


THICK = 'data-space="thickmathspace"'
PAIR = "<mi>a</mi><mi>b</mi>"
CASES = {
    "bold": ('<mi mathvariant="bold">W</mi>', "<mi>𝐖</mi>"),
    "script": ('<mi mathvariant="script">L</mi>', "<mi>ℒ</mi>"),
    "double-struck": ('<mn mathvariant="double-struck">1</mn>', "<mn>𝟙</mn>"),
    "bold Greek": ('<mi mathvariant="bold-italic">θ</mi>', "<mi>𝜽</mi>"),
    "upright": ('<mi mathvariant="normal">d</mi>', '<mi mathvariant="normal">d</mi>'),
    "code": ('<mtext mathvariant="monospace">eps</mtext>', '<mtext class="code">eps</mtext>'),
    "row of one": ('<mrow data-mjx-texclass="ORD"><mi>a</mi></mrow>', "<mi>a</mi>"),
    "usual room": (
        f"<mi>a</mi><mo {THICK}>=</mo><mi {THICK}>b</mi>",
        "<mrow><mi>a</mi><mo>=</mo><mi>b</mi></mrow>",
    ),
    "no room": (
        "<mi>a</mi><mo>=</mo><mi>b</mi>",
        '<mrow><mi>a</mi><mo lspace="0" rspace="0">=</mo><mi>b</mi></mrow>',
    ),
    "room before a letter": (
        '<mi>ln</mi><mo>\u2061</mo><mi data-space="thinmathspace">a</mi>',
        '<mrow><mi>ln</mi><mspace width="0.167em"/><mi>a</mi></mrow>',
    ),
    "room before two signs": (
        f"<mi>a</mi><mo {THICK}>=</mo><mo {THICK}>−</mo><mi>b</mi>",
        '<mrow><mi>a</mi><mo lspace="0.278em" rspace="0">=</mo>'
        '<mo lspace="0.278em" rspace="0">−</mo><mi>b</mi></mrow>',
    ),
    "room of an operator with a script": (
        f"<mi>a</mi><msub {THICK}><mo>∼</mo><mi>p</mi></msub><mi {THICK}>b</mi>",
        '<mrow><mi>a</mi><msub><mo lspace="0.278em" rspace="0.278em">∼</mo><mi>p</mi></msub>'
        "<mi>b</mi></mrow>",
    ),
    "brackets": (
        f'<mo stretchy="false">(</mo>{PAIR}<mo stretchy="false">)</mo>',
        f'<mrow><mo stretchy="false">(</mo>{PAIR}<mo stretchy="false">)</mo></mrow>',
    ),
    "accent": (
        '<mover><mi>x</mi><mo stretchy="false">^</mo></mover>',
        '<mover accent="true"><mi>x</mi><mo stretchy="false">ˆ</mo></mover>',
    ),
    "brace below": (
        f"<munder><mrow>{PAIR}</mrow><mo>⏟</mo></munder>",
        f'<munder accentunder="true"><mrow>{PAIR}</mrow><mo class="wide">⏟</mo></munder>',
    ),
    "prime": (
        "<msup><mi>a</mi><mo>′</mo></msup>",
        '<msup><mi>a</mi><mpadded height="0.3em" voffset="-0.3em"><mstyle scriptlevel="0">'
        '<mo lspace="0" rspace="0">′</mo></mstyle></mpadded></msup>',
    ),
    "space back": (
        '<mi>a</mi><mspace width="-0.167em"></mspace>',
        '<mrow><mi>a</mi><mspace class="back"/></mrow>',
    ),
    "unseen bracket": ('<mi>a</mi><mo fence="true" stretchy="true"></mo>', "<mi>a</mi>"),
    "columns and rows": (
        '<mtable columnalign="right left" columnspacing="0em" rowspacing="3pt">'
        "<mtr><mtd><mi>a</mi></mtd><mtd><mi>b</mi></mtd></mtr>"
        "<mtr><mtd><mi>c</mi></mtd><mtd></mtd></mtr></mtable>",
        '<mtable><mtr class="gap-3"><mtd class="right"><mspace depth="0.25em" height="0.75em"/>'
        '<mi>a</mi></mtd><mtd class="left"><mi>b</mi></mtd></mtr>'
        '<mtr><mtd class="right"><mspace depth="0.25em" height="0.75em"/>'
        '<mi>c</mi></mtd><mtd class="left"/></mtr></mtable>',
    ),
    "columns apart": (
        '<mtable columnspacing="1em"><mtr><mtd><mn>1</mn></mtd>'
        "<mtd><mn>2</mn></mtd></mtr></mtable>",
        '<mtable><mtr><mtd><mspace depth="0.25em" height="0.75em"/><mn>1</mn></mtd>'
        '<mtd class="after-10"><mn>2</mn></mtd></mtr></mtable>',
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_each_kind_becomes_what_browsers_read(kind):
    mathml, expected = CASES[kind]
    assert core(mathml)[0] == expected


def test_the_tex_is_kept_and_escaped():
    html, _ = to_core('<math display="block"><mi>a</mi></math>', r"a < b \& c")
    assert html.startswith('<math display="block"><semantics><mi>a</mi><annotation')
    assert html.endswith(
        r'encoding="application/x-tex">a &lt; b \&amp; c</annotation></semantics></math>'
    )


def test_the_characters_are_those_that_a_browser_draws():
    assert core("<mi>h</mi><mi>ln</mi>")[1] == {"ℎ", "l", "n"}
    assert core('<mi mathvariant="normal">h</mi>')[1] == {"h"}


@pytest.mark.parametrize(
    "inside", ["<menclose><mi>a</mi></menclose>", '<mspace width="-1em"></mspace>']
)
def test_what_browsers_do_not_know_is_refused(inside):
    with pytest.raises(NotInCoreError):
        core(inside)


@pytest.mark.parametrize("tex", [r"\unheard", r"\frac{a}", "a_b_c", r"\begin{aligned}a"])
def test_a_formula_that_cannot_be_read_is_refused(tex):
    with pytest.raises(FormulaError):
        to_mathml(tex, False)


def test_mathjax_says_where_tex_leaves_room():
    mathml = re.sub(r"\n *", "", to_mathml(r"a=\ln b", False))
    assert '<mo data-space="thickmathspace">=</mo>' in mathml
    assert '<mi data-space="thinmathspace">b</mi>' in mathml
    assert "data-space" not in to_mathml("x_{a=b}", False)  # TeX leaves none in scripts


@pytest.mark.skipif("fork" not in get_all_start_methods(), reason="this system does not fork")
def test_pages_may_be_written_in_several_processes():
    to_mathml("a", False)
    with get_context("fork").Pool(1) as pool:  # as Sphinx does; V8 would not answer there
        assert "<mi>b</mi>" in pool.apply_async(to_mathml, ("b", False)).get(timeout=60)


def test_the_font_has_what_formulas_may_use_and_its_larger_forms(tmp_path):
    from fontTools.ttLib import TTFont

    write_font(tmp_path / NAME)
    assert (tmp_path / NAME).stat().st_size < 36_000
    font = TTFont(tmp_path / NAME)
    names = font.getBestCmap()
    assert {chr(code) for code in names} >= CHARACTERS
    table = font["MATH"].table.MathVariants
    forms = dict(zip(table.VertGlyphCoverage.glyphs, table.VertGlyphConstruction, strict=True))
    for sign in "()[]{}⟨⟩⌈⌉⌊⌋":
        form = forms[names[ord(sign)]]
        larger = [record.VariantGlyph for record in form.MathGlyphVariantRecord]
        assert len(larger) >= 4
        if form.GlyphAssembly:
            larger += [part.glyph for part in form.GlyphAssembly.PartRecords]
        widths = [font["hmtx"][name][0] for name in larger]
        assert max(widths) < widths[0] + 160  # Chromium takes the widest form's width for all
