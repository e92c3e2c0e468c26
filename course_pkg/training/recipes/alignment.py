"""Where a model looked, as a picture: source tokens across, target tokens down, attention inside.

As a table for a terminal, or as an SVG file. Both are plain strings.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence
from html import escape

from course_pkg.reference.checks import Array, check_array

SHADES = " ░▒▓█"
DARK = (31, 78, 156)  # the colour of a weight of 1; that of 0 is white
CELL, LETTER, GAP = 30, 8, 8  # pixels: a cell, a letter at most, what stands between two things


def table(source: Sequence[str], target: Sequence[str], weights: Array, *, width: int = 100) -> str:
    """Draw attention weights with letters.

    Parameters
    ----------
    source : sequence of S str
        Tokens.
    target : sequence of T str
    weights : ndarray, (T, S)
        Each row sums to 1.
    width : int
        Columns of the terminal. Weights are in percent where that fits, else shades.

    Returns
    -------
    str
        A line for the source and one for each target token; a weight below half a percent is a
        dot.

    Raises
    ------
    TypeError, ValueError
        If the weights are not of this shape, or not in 0..1.

    Examples
    --------
    >>> import numpy as np
    >>> weights = np.array([[0.02, 0.98], [0.999, 0.001]])
    >>> print(table("12", "21", weights))
        1   2
    2   2  98
    1 100   .
    >>> print(table("12", "21", weights, width=5))
      12
    2  █
    1 █
    """
    weights = _checked(source, target, weights)
    across, down = [[_shown(token) for token in tokens] for tokens in (source, target)]
    percents = [[_percent(weight) for weight in row] for row in weights]
    left = max(map(_columns, down), default=0)
    for cells, gap in ((percents, " "), ([[_shade(w) for w in row] for row in weights], "")):
        least = max((len(cell) for row in cells for cell in row), default=1)
        wide = [max(_columns(token), least) for token in across]
        gap = gap or " " * any(_columns(token) > 1 for token in across)
        lines = [
            _padded(name, left) + " " + gap.join(map(_aligned, row, wide))
            for name, row in [("", across), *zip(down, cells, strict=True)]
        ]
        if max(map(_columns, lines)) <= width:
            break
    return "\n".join(line.rstrip() for line in lines)


def svg(source: Sequence[str], target: Sequence[str], weights: Array) -> str:
    """Draw attention weights as an SVG picture that is read aloud too.

    Parameters
    ----------
    source : sequence of S str
        Tokens.
    target : sequence of T str
    weights : ndarray, (T, S)
        Each row sums to 1.

    Returns
    -------
    str
        A whole file. Its description says where each target token looked most.

    Raises
    ------
    TypeError, ValueError
        If the weights are not of this shape, or not in 0..1.

    Examples
    --------
    >>> import numpy as np
    >>> picture = svg(["six"], ["sechs"], np.array([[1.0]]))
    >>> picture[:4], "<desc" in picture, "sechs: six 100%" in picture
    ('<svg', True, True)
    """
    weights = _checked(source, target, weights)
    across, down = [[_shown(token) for token in tokens] for tokens in (source, target)]
    longest = max(map(_columns, across))
    slanted = longest * LETTER > CELL  # such names do not fit above their column
    left = max(map(_columns, down), default=0) * LETTER + 2 * GAP
    top = (int(0.75 * longest * LETTER) if slanted else 0) + CELL
    right = top if slanted else GAP
    wide, high = left + CELL * len(across) + right, top + CELL * len(down) + GAP
    parts = [f'<rect width="{wide}" height="{high}" fill="#fff"/>']
    for s, name in enumerate(across):
        x, y = left + CELL * s + CELL // 2, top - GAP
        how = f'transform="rotate(-45 {x} {y})"' if slanted else 'text-anchor="middle"'
        parts.append(f'<text x="{x}" y="{y}" {how}>{escape(name)}</text>')
    for t, name in enumerate(down):
        y = top + CELL * t
        x = left - GAP
        parts.append(f'<text x="{x}" y="{y + 20}" text-anchor="end">{escape(name)}</text>')
        for s, weight in enumerate(weights[t]):
            x, fill = left + CELL * s, _fill(weight)
            colour = "#{:02x}{:02x}{:02x}".format(*fill)
            parts.append(
                f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" fill="{colour}" '
                'stroke="#ccc"/>'
            )
            if weight >= 0.095:
                parts.append(
                    f'<text x="{x + CELL // 2}" y="{y + 19}" text-anchor="middle" font-size="11" '
                    f'fill="{ink(fill)}">{_percent(weight)}</text>'
                )
    title = "Attention, in percent: source tokens across, target tokens down"
    lines = "; ".join(
        f"{name}: " + ", ".join(_largest(across, row))
        for name, row in zip(down, weights, strict=True)
    )
    mark = hashlib.sha256((title + lines).encode()).hexdigest()[:8]  # two may stand in one page
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" '
        f'height="{high}" role="img" aria-labelledby="t{mark} d{mark}" font-family="sans-serif" '
        'font-size="14" fill="#111">'
    )
    words = [f'<title id="t{mark}">{title}</title>', f'<desc id="d{mark}">{escape(lines)}</desc>']
    return "\n".join([head, *words, *parts, "</svg>"]) + "\n"


def ink(fill: tuple[int, int, int]) -> str:
    """Return the colour of text that is easier to read on a background.

    Examples
    --------
    >>> ink((255, 255, 255)), ink((31, 78, 156))
    ('#000', '#fff')
    """
    return "#000" if luminance(fill) > 0.179 else "#fff"


def luminance(colour: tuple[int, int, int]) -> float:
    """Return how bright a colour is, 0..1, as the Web Content Accessibility Guidelines say.

    Examples
    --------
    >>> round(luminance((255, 255, 255)), 6), luminance((0, 0, 0))
    (1.0, 0.0)
    """
    linear = [
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (part / 255 for part in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _checked(source: Sequence[str], target: Sequence[str], weights: Array) -> Array:
    check_array("weights", weights)
    shape = (len(target), len(source))
    if weights.shape != shape or not source:
        raise ValueError(f"weights: expected shape (T, S) = {shape}, S >= 1, got {weights.shape}")
    if not ((weights >= 0) & (weights <= 1 + 1e-6)).all():
        raise ValueError("weights: expected numbers in 0..1")
    return weights


def _fill(weight: float) -> tuple[int, int, int]:
    share = min(float(weight), 1.0)
    red, green, blue = (round(255 + (part - 255) * share) for part in DARK)
    return red, green, blue


def _largest(across: Sequence[str], row: Array) -> list[str]:
    """Say where a row has its two largest weights, if they are worth saying."""
    order = sorted(range(len(row)), key=lambda s: -row[s])[:2]
    return [f"{across[s]} {_percent(row[s])}%" for s in order if row[s] >= 0.095 or s == order[0]]


def _percent(weight: float) -> str:
    return "." if weight < 0.005 else f"{100 * weight:.0f}"


def _shade(weight: float) -> str:
    return SHADES[min(int(weight * len(SHADES)), len(SHADES) - 1)]


def _shown(token: str) -> str:
    """Return a token as one can see it."""
    return "␣" if token == " " else token if token.isprintable() else ascii(token)[1:-1]


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for a Chinese character."""
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in text
    )


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - _columns(text))


def _aligned(text: str, columns: int) -> str:
    return " " * (columns - _columns(text)) + text
