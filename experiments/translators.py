"""Train a translator as its recipe says, on all pairs or on some, for several experiments."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from course_pkg.data.batching.pairs import pad_pairs
from course_pkg.data.sets.pairs import Pair, Pairs
from course_pkg.data.text.joined import to_tokens
from course_pkg.data.text.vocabulary import BEGIN, END, PAD, SPECIALS, UNKNOWN, Vocabulary
from course_pkg.models.seq2seq import Seq2Seq
from course_pkg.models.translator import Translator
from course_pkg.training.loop import fit
from course_pkg.training.recipes.config import override, read_toml
from course_pkg.training.recipes.tables import make_model
from course_pkg.training.seeding import seed_everything
from course_pkg.training.settings import Settings
from course_pkg.training.tasks.registry import config_from
from course_pkg.training.tasks.translate import Translate
from experiments.record import ROOT

RECIPES = ROOT / "experiments" / "recipes"
LOOKS = 10  # at the validation part; the weights with its lowest loss are kept


class Trained(NamedTuple):
    """A model, and what it takes to let it write."""

    model: Seq2Seq
    task: Translate
    source: Vocabulary
    target: Vocabulary
    updates: int
    seconds: float  # of the processor, to train it

    @property
    def begin(self) -> int:
        """The id that stands before a target."""
        return self.target.id(BEGIN)

    @property
    def end(self) -> int:
        """The id that ends a target."""
        return self.target.id(END)

    def encode(self, text: str) -> npt.NDArray[np.int64]:
        """Return the ids of a source."""
        return self.source.encode(to_tokens(text, self.source.level))

    def write(self, sources: Sequence[str]) -> list[list[str]]:
        """Return the tokens of what the model writes for each source, greedily."""
        return self.task.write([self.encode(text) for text in sources])

    def translator(self, sources: Sequence[str]) -> Translator:
        """Return a scorer that writes for these sources, side by side."""
        batch = pad_pairs([self.encode(text) for text in sources], [[]] * len(sources), 0, 0, 0)
        lengths = torch.from_numpy(batch.source_lengths)
        return Translator(self.model, torch.from_numpy(batch.source), lengths)


def train(
    name: str,
    part: Sequence[Pair],
    pairs: Pairs,
    seed: int,
    *,
    changes: Mapping[str, str] | None = None,
    steps: int | None = None,
) -> Trained:
    """Train on a part of the training pairs, with as many updates as the recipe makes on all.

    The validation part has no more pairs than that part.
    """
    start = time.process_time()
    config = config_from(override(read_toml(RECIPES / f"{name}.toml"), changes or {}))
    given = vars(config.training)
    if steps is None:
        steps = given["epochs"] * -(-len(pairs.train) // config.data.batch)
    settings = Settings(
        **{key: value for key, value in given.items() if key not in ("epochs", "steps")}
        | {"steps": steps, "seed": seed, "evaluate_every": -(-steps // LOOKS)}
    )
    seed_everything(seed)
    source, target = (
        Vocabulary.build(
            (token for pair in part for token in to_tokens(pair[side], level)),
            level=level,
            specials=specials,
        )
        for side, (level, specials) in enumerate(
            zip(pairs.levels, ([PAD, UNKNOWN], SPECIALS), strict=True)
        )
    )
    model = make_model(Seq2Seq, config, source_tokens=len(source), target_tokens=len(target))
    parts = {"train": part, "valid": pairs.valid[: len(part)]}
    task = Translate(model, parts, source, target, batch=config.data.batch, written=0, seed=seed)
    result = fit(task, settings, show_progress=False)
    model.double().eval()  # as a finished run is opened: so another machine writes the same
    return Trained(model, task, source, target, result.steps, time.process_time() - start)
