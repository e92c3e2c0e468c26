"""Find the characters that Unicode has for bold, italic or script letters of formulas."""

from __future__ import annotations

# Where Unicode's mathematical alphabets begin: capitals, small letters, digits, Greek capitals and
# small letters. The letters that older blocks had already are missing there.
ALPHABETS = {
    "bold": (0x1D400, 0x1D41A, 0x1D7CE, 0x1D6A8, 0x1D6C2),
    "italic": (0x1D434, 0x1D44E, None, 0x1D6E2, 0x1D6FC),
    "bold-italic": (0x1D468, 0x1D482, None, 0x1D71C, 0x1D736),
    "script": (0x1D49C, 0x1D4B6, None, None, None),
    "bold-script": (0x1D4D0, 0x1D4EA, None, None, None),
    "fraktur": (0x1D504, 0x1D51E, None, None, None),
    "double-struck": (0x1D538, 0x1D552, 0x1D7D8, None, None),
    "sans-serif": (0x1D5A0, 0x1D5BA, 0x1D7E2, None, None),
    "bold-sans-serif": (0x1D5D4, 0x1D5EE, 0x1D7EC, 0x1D756, 0x1D770),
}
OLDER = {
    "italic": {"h": "ℎ"},
    "script": dict(zip("BEFHILMRego", "ℬℰℱℋℐℒℳℛℯℊℴ", strict=True)),
    "fraktur": dict(zip("CHIRZ", "ℭℌℑℜℨ", strict=True)),
    "double-struck": dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True)),
}
FIRST = ("A", "a", "0", "Α", "α")
LENGTHS = (26, 26, 10, 25, 25)
GREEK_SIGNS = dict(zip("∂ϵϑϰϕϱϖ", range(25, 32), strict=True))  # they follow the small letters


def in_alphabet(letter: str, variant: str) -> str:
    """Return the character that Unicode has for a letter of this kind, or the letter.

    >>> in_alphabet("x", "italic"), in_alphabet("h", "italic"), in_alphabet("1", "double-struck")
    ('𝑥', 'ℎ', '𝟙')
    """
    if letter in OLDER.get(variant, {}):
        return OLDER[variant][letter]
    starts = ALPHABETS.get(variant, (None,) * 5)
    if letter in GREEK_SIGNS and starts[4] is not None:
        return chr(starts[4] + GREEK_SIGNS[letter])
    for start, first, length in zip(starts, FIRST, LENGTHS, strict=True):
        if start is not None and 0 <= ord(letter) - ord(first) < length:
            return chr(start + ord(letter) - ord(first))
    return letter
