"""What torchrun starts: small runs, alone or in a group. ``... two_processes FOLDER``."""

import contextlib
import pathlib
import sys
from dataclasses import replace

import torch

from course_pkg.training import loop
from course_pkg.training.adapting.method import Adapting, adapt
from course_pkg.training.distributed import process_group
from course_pkg.training.settings import Settings
from tests.training.small import classify, language

SETTINGS = Settings(epochs=2, lr=1e-2, log_every=1, checkpoint_every=4)
# 11 sequences in batches of 5: the last batch has one sequence, so one process has none.
CASES = {
    "ragged": lambda: (classify(batch=5, ragged=True, counts=(11, 9, 9)), SETTINGS),
    "accumulated": lambda: (
        classify(batch=5, counts=(21, 9, 9)),
        Settings(epochs=3, lr=1e-2, accumulate=2, clip=0.1, log_every=1, patience=1),
    ),
    "language": lambda: (language(batch=5), SETTINGS),
}


# Groups thaw and are held: the wrapped model has to look for its weights again.
ADAPTED = Adapting(method="gradual", decay=0.5, elastic=50.0)
CASES["adapted"] = lambda: (language(batch=5), replace(SETTINGS, epochs=4))


class StoppedError(Exception):
    pass


def interrupt_at(number):
    """Make the update of this number raise, in all processes."""
    update, calls = loop.update, [0]

    def counted(*arguments):
        calls[0] += 1
        if calls[0] == number:
            loop.update = update
            raise StoppedError
        return update(*arguments)

    loop.update = counted


def run_all(folder, share, device):
    for name, make in CASES.items():
        place = folder / name
        if share.is_main:
            place.mkdir(parents=True)
        task, settings = make()
        adaptation = None
        if name == "adapted":
            adaptation = adapt(task.model, ADAPTED, base=language(seed=1, batch=5))
        loop.fit(task, settings, adaptation=adaptation, folder=place, share=share, device=device)
    # Dropout, so that each process has a random state of its own, also with shares of one size;
    # interrupted and resumed.
    for name, interrupted in (("quiet", False), ("interrupted", True)):
        place = folder / name
        if share.is_main:
            place.mkdir()
        if interrupted:
            interrupt_at(7)
            with contextlib.suppress(StoppedError):
                loop.fit(language(batch=4, dropout=0.3), SETTINGS, folder=place, share=share)
        task = language(batch=4, dropout=0.3)
        loop.fit(task, SETTINGS, folder=place, share=share, resume=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    with process_group(sys.argv[2] if len(sys.argv) > 2 else "cpu") as (share, device):
        run_all(pathlib.Path(sys.argv[1]), share, device)
