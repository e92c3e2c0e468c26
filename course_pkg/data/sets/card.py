"""What a person should know about a data set before using it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from textwrap import fill


@dataclass(frozen=True)
class DataCard:
    """Origin, size, licence and limits of one data set.

    Printing a card shows one paragraph per field.

    Examples
    --------
    >>> card = DataCard("Counts", "made up", "3 values", "public domain", "none", "any decision")
    >>> print(card)
    name          Counts
    origin        made up
    size          3 values
    licence       public domain
    citation      none
    not fit for   any decision
    """

    name: str
    origin: str
    size: str
    licence: str
    citation: str
    not_fit_for: str

    def __str__(self) -> str:
        """Return one paragraph per field."""
        return "\n".join(
            fill(
                f"{field.name.replace('_', ' '):<14}{getattr(self, field.name)}",
                width=80,
                subsequent_indent=" " * 14,
            )
            for field in fields(self)
        )
