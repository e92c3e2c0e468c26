"""An interactive figure as data: its controls, and one picture for each of their settings.

Everything that a page shows is computed here, before anybody reads it: a setting is an index for
each control, a picture is a handful of whole numbers. The page's script (``book/site/explorer.js``)
computes nothing. It looks up the picture of the setting and moves what the still already shows.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import NamedTuple


class Control(NamedTuple):
    """What a reader can set: a slider (``range``) or a list (``choice``)."""

    label: str
    values: Sequence[str]  # as they are shown and read aloud
    start: int = 0
    kind: str = "range"


class Words(NamedTuple):
    """The names of what is drawn, and the sentence that says what is to be seen.

    ``{0}``, ``{1}``, ... in the sentence stand for what a picture says.
    """

    labels: Sequence[str]
    sentence: str


class Picture(NamedTuple):
    """What is drawn for one setting: values in thousandths of the full length.

    Fewer values than there are labels: the rest is not there at all.
    """

    words: Words
    says: Sequence[int | str]
    values: Sequence[int]


@dataclass(frozen=True)
class Explorer:
    """An interactive figure. ``draw`` turns words and values into the inside of an SVG."""

    title: str
    description: str
    controls: Sequence[Control]
    picture: Callable[..., Picture]  # of one index for each control
    draw: Callable[[Words, Sequence[int]], str]
    size: tuple[int, int]

    def start(self) -> Picture:
        """Return the picture that stands in the page before anything is moved."""
        return self.picture(*(control.start for control in self.controls))

    def data(self) -> dict[str, object]:
        """Return what the script needs; equal pictures and words are kept once."""
        words: dict[tuple[object, ...], int] = {}
        pictures: dict[tuple[object, ...], int] = {}
        index = []
        for setting in itertools.product(*(range(len(c.values)) for c in self.controls)):
            drawn = self.picture(*setting)
            key = (tuple(drawn.words.labels), drawn.words.sentence)
            number = words.setdefault(key, len(words))
            row = (number, tuple(drawn.says), tuple(drawn.values))
            index.append(pictures.setdefault(row, len(pictures)))
        return {
            "controls": [control._asdict() for control in self.controls],
            "words": [{"labels": labels, "sentence": said} for labels, said in words],
            "pictures": list(pictures),  # each: number of its words, what it says, values
            "index": index,  # a picture for each setting, the last control's runs fastest
        }

    def html(self, identifier: str) -> str:
        """Return the element as it stands in the page, the still and its sentence in it."""
        still = self.start()
        names = f"{identifier}-title {identifier}-desc"
        width, height = self.size
        data = json.dumps(self.data(), ensure_ascii=False, separators=(",", ":"))
        return "\n".join(
            [
                "<course-explorer>",
                f'<svg role="img" aria-labelledby="{names}" viewBox="0 0 {width} {height}">',
                f'<title id="{identifier}-title">{escape(self.title)}</title>',
                f'<desc id="{identifier}-desc">{escape(self.description)}</desc>',
                self.draw(still.words, still.values),
                "</svg>",
                f"<p>{escape(still.words.sentence.format(*still.says), quote=False)}</p>",
                # Nothing in the data may look like the end of the element.
                '<script type="application/json">' + data.replace("<", "\\u003c") + "</script>",
                "</course-explorer>",
            ]
        )
