"""Cut the font of the formulas, STIX Two Math, down to the characters that formulas here use.

A Python package that draws formulas holds the font. Browsers find in its table ``MATH`` how to set
scripts, fractions and large brackets; the subset keeps it, and the larger forms of all signs kept.
"""

from __future__ import annotations

import string
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx_course.math_letters import in_alphabet

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

PACKAGE = "ziamath"
SOURCE = f"{PACKAGE}/fonts/STIXTwoMath-Regular.ttf"
NAME = "STIXTwoMath-subset.woff2"  # mathematics.css names it

GREEK = "αβγδεζηθικλμνξπρστυφχψωϕϵΓΔΘΛΞΠΣΦΨΩ"
UPRIGHT = string.ascii_letters + string.digits + GREEK + " \u00a0.,:;!?'/+-=*%()[]{}|<>&#~^_"
OPERATORS = "−±×⋅∘∗⊙⊗⊕∝∼≈≡≠≤≥≪≫≲≳→←↔⇒⇐⇔↦∈∉∋⊂⊆∪∩∖∅∀∃¬∧∨∂∇∑∏∫√∞ℓ′″⊤⊥∣‖⋯…⋮⋱⌊⌋⌈⌉⟨⟩⏞⏟¯ˆ˜˙¨ˇ―"
CHARACTERS = frozenset(
    [
        *UPRIGHT,
        *OPERATORS,
        *(in_alphabet(letter, "italic") for letter in string.ascii_letters + GREEK + "∂"),
        *(in_alphabet(letter, "bold") for letter in string.digits),
        *(in_alphabet(letter, "script") for letter in string.ascii_uppercase),
        *(in_alphabet(letter, "double-struck") for letter in "ENPQRZ1"),
    ]
)

# Measures of the font that become TeX's, in thousandths of an em: small fractions fit a line of
# text, lines are one pixel thick where the text is 16 pixels high, and scripts stand at one height,
# whether their letter is low, deep or tall.
MEASURES = {
    "FractionDenominatorShiftDown": 370,
    "FractionNumeratorShiftUp": 420,
    "FractionRuleThickness": 52,
    "RadicalRuleThickness": 52,
    "SubscriptBaselineDropMin": 0,
    "SuperscriptBaselineDropMax": 386,
}

# Brackets, and how many larger forms of each are kept, before they are put together from parts.
BRACKETS = {"()": 5, "[]⌈⌉⌊⌋": 3, "{}": 10, "⟨⟩": 6}


def narrow_brackets(font: TTFont) -> None:
    """Make the larger forms of brackets, and of the root, hardly wider than the smallest.

    Chromium leaves all signs that may grow the room that the widest form would take. The forms
    kept get the margins of the bracket itself, and the parts the width of the largest form kept.
    """
    variants, names = font["MATH"].table.MathVariants, font.getBestCmap()
    places = {name: i for i, name in enumerate(variants.VertGlyphCoverage.glyphs)}
    for signs, count in BRACKETS.items():
        groups: list[set[str]] = []  # of parts that brackets have in common
        for name in (names[ord(sign)] for sign in signs):
            entry = variants.VertGlyphConstruction[places[name]]
            base = font["glyf"][name]
            margins = base.xMin, font["hmtx"][name][0] - base.xMax
            entry.MathGlyphVariantRecord = entry.MathGlyphVariantRecord[: count + 1]
            kept = [record.VariantGlyph for record in entry.MathGlyphVariantRecord]
            entry.VariantCount = len(kept)
            for form in kept[1:]:
                fit(font, [form], margins)
            if entry.GlyphAssembly:
                parts = {record.glyph for record in entry.GlyphAssembly.PartRecords}
                parts = parts.union(*(group for group in groups if group & parts))
                groups = [*(group for group in groups if not group & parts), parts]
                largest = font["glyf"][kept[-1]]
        half = sum(margins) // 2  # left and right forms have the margins the other way round
        for group in groups:
            fit(font, sorted(group), (half, half), largest.xMax - largest.xMin)
    entry = variants.VertGlyphConstruction[places[names[ord("√")]]]
    smallest, *larger = [record.VariantGlyph for record in entry.MathGlyphVariantRecord]
    base = font["glyf"][smallest]
    margins = base.xMin, font["hmtx"][smallest][0] - base.xMax
    parts = {record.glyph for record in entry.GlyphAssembly.PartRecords}
    for group in [*({form} for form in larger), parts]:
        fit(font, sorted(group), margins, base.xMax - base.xMin)


def let_bars_grow(font: TTFont) -> None:
    """Let the two parts that a long bar consists of cover each other nearly wholly.

    Chromium would make no bar longer than one part and shorter than nearly two.
    """
    variants, names = font["MATH"].table.MathVariants, font.getBestCmap()
    for sign in "|∣‖":
        place = variants.VertGlyphCoverage.glyphs.index(names[ord(sign)])
        for part in variants.VertGlyphConstruction[place].GlyphAssembly.PartRecords:
            part.StartConnectorLength = part.EndConnectorLength = part.FullAdvance - 1


def fit(font: TTFont, names: list[str], margins: tuple[int, int], width: int = 0) -> None:
    """Move glyphs that stand one above another between margins, and squeeze them to a width."""
    glyphs = [font["glyf"][name] for name in names]
    left, right = min(g.xMin for g in glyphs), max(g.xMax for g in glyphs)
    scale = min(1, width / (right - left)) if width else 1
    for name, glyph in zip(names, glyphs, strict=True):
        glyph.coordinates.translate((-left, 0))
        glyph.coordinates.scale((scale, 1))
        glyph.coordinates.translate((margins[0], 0))
        glyph.coordinates.toInt()
        glyph.recalcBounds(font["glyf"])
        font["hmtx"][name] = (sum(margins) + round(scale * (right - left)), glyph.xMin)


def write_font(path: Path) -> None:
    """Write the subset."""
    from fontTools.subset import Options, Subsetter, load_font, save_font

    # Without "ssty", thicker forms for scripts: twice the size, and only Firefox asks for them.
    options = Options(flavor="woff2", layout_features=[], hinting=False, bidi_closure=False)
    font = load_font(str(distribution(PACKAGE).locate_file(SOURCE)), options)
    narrow_brackets(font)
    let_bars_grow(font)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=map(ord, CHARACTERS))
    subsetter.subset(font)
    for name, measure in MEASURES.items():
        getattr(font["MATH"].table.MathConstants, name).Value = measure
    path.parent.mkdir(parents=True, exist_ok=True)
    save_font(font, str(path), options)
