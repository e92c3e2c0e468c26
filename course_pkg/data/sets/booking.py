"""Dialogues about a table in a restaurant: what was said so far, and what the waiter says next.

The waiter needs three things: for how many people, on which day, at what time. A guest names
some of them at once and the others when asked, confirms or corrects, and says thank you. What the
waiter says follows from what has been said, except at the end: there he has six answers, some of
them more frequent than others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from course_pkg.checks import check_count, check_seed, check_size
from course_pkg.data.sets.card import DataCard
from course_pkg.data.sets.pairs import Pair, Pairs

BOOKING_CARD = DataCard(
    name="A table in a restaurant",
    origin="drawn by course_pkg.data.sets.booking from a seed",
    size=(
        "dialogues of 3 to 8 turns of the waiter, each turn a pair; by default of 3,000 training, "
        "300 validation, 300 test dialogues, whose bookings training never confirms"
    ),
    licence="none needed: generated",
    citation="this course",
    not_fit_for="any conclusion about people, who do not speak by a script",
)
PEOPLE = ("two", "three", "four", "five", "six", "seven", "eight")
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TIMES = ("noon", "one", "seven", "eight", "nine", "ten")
SLOTS = (PEOPLE, DAYS, TIMES)
SAID = ("for {}", "on {}", "at {}")
ASKED = ("for how many people?", "on which day?", "at what time?")
THANKS = ("thank you.", "thanks a lot.", "great, thanks.")
FAREWELLS = {
    "you are welcome.": 0.4,
    "my pleasure.": 0.12,
    "see you then.": 0.12,
    "enjoy your day.": 0.12,
    "thank you for calling.": 0.12,
    "we look forward to it.": 0.12,
}
Booking = tuple[int, int, int]  # places in PEOPLE, DAYS and TIMES


def load_booking(
    train: int = 3_000,
    held_out: int = 300,
    seed: int = 0,
    *,
    corrections: tuple[int, int] = (0, 2),
) -> Pairs:
    r"""Draw dialogues; the source of a pair is what was said, the target what the waiter says.

    Parameters
    ----------
    train : int
        Number of training dialogues.
    held_out : int
        Number of validation dialogues, and of test dialogues.
    seed : int, at least 0
        Also of the bookings that stand in each part: no two parts confirm the same one.
    corrections : (int, int)
        The smallest and the largest number of times that a guest changes one of the three things.

    Returns
    -------
    Pairs
        Words on both sides; the pairs of a dialogue follow each other.

    Raises
    ------
    TypeError, ValueError
        If a number is none of these.

    Examples
    --------
    >>> source, target = load_booking(train=1, held_out=1, seed=2).test[1]
    >>> print(source.replace(" waiter", "\nwaiter").replace(" guest", "\nguest"))
    guest: hello, i would like a table at one.
    waiter: for how many people?
    guest: for six on friday.
    >>> target
    'a table for six on friday at one, right?'
    """
    counts = (check_size("train", train), *2 * [check_size("held_out", held_out)])
    least, most = (check_count("corrections", number) for number in corrections)
    if least > most:
        raise ValueError(f"corrections: expected the smaller one first, got {corrections}")
    rng = np.random.default_rng(check_seed(seed))
    every = rng.permutation([*np.ndindex(*map(len, SLOTS))])  # (294, 3)
    parts = []
    for count, some in zip(
        counts, np.split(every, (-2 * len(every) // 6, -len(every) // 6)), strict=True
    ):
        bookings = [(int(p), int(d), int(t)) for p, d, t in some]
        changes = {
            a: [b for b in bookings if sum(x != y for x, y in zip(a, b, strict=True)) == 1]
            for a in bookings
        }
        bookings = [booking for booking in bookings if changes[booking]]
        part: list[Pair] = []
        for _ in range(count):
            path = [bookings[rng.integers(len(bookings))]]
            for _ in range(rng.integers(least, most + 1)):
                next_ones = changes[path[-1]]
                path.append(next_ones[rng.integers(len(next_ones))])
            part += _pairs(_turns(path, rng))
        parts.append(part)
    train_pairs, valid, test = parts
    return Pairs(train_pairs, valid, test, ("word", "word"), BOOKING_CARD)


def in_words(booking: Booking) -> str:
    """Say a booking.

    Examples
    --------
    >>> in_words((0, 4, 3))
    'for two on friday at eight'
    """
    return " ".join(_said(booking, range(3)))


def _said(booking: Booking, slots: Iterable[int]) -> list[str]:
    return [SAID[k].format(SLOTS[k][booking[k]]) for k in slots]


def _turns(path: list[Booking], rng: np.random.Generator) -> Iterator[tuple[str, str]]:
    """Yield what the guest says and what the waiter answers; the guest changes their mind."""
    booking = path[0]
    known = {k for k in range(3) if rng.random() < 0.4}
    guest = " ".join(["hello, i would like a table", *_said(booking, sorted(known))]) + "."
    while len(known) < 3:
        asked = min({0, 1, 2} - known)
        yield guest, ASKED[asked]
        now = {asked} | {k for k in range(3) if k not in known and rng.random() < 0.3}
        known |= now
        guest = " ".join(_said(booking, sorted(now))) + "."
    for following in path[1:]:
        yield guest, f"a table {in_words(booking)}, right?"
        changed = [k for k in range(3) if booking[k] != following[k]]
        booking = following
        guest = f"no, {_said(booking, changed)[0]}."
    yield guest, f"a table {in_words(booking)}, right?"
    yield "yes.", f"it is booked, {in_words(booking)}."
    farewells = list(FAREWELLS)
    yield THANKS[rng.integers(len(THANKS))], str(rng.choice(farewells, p=list(FAREWELLS.values())))


def _pairs(turns: Iterator[tuple[str, str]]) -> Iterator[Pair]:
    """Yield all that was said before each turn of the waiter, and the turn."""
    said = ""
    for guest, waiter in turns:
        said = f"{said} guest: {guest}".strip()
        yield said, waiter
        said = f"{said} waiter: {waiter}"
