"""A run that kills itself, as ``kill -9`` would, at a moment that the command line names.

``python -m tests.training.killed TASK FOLDER MOMENT NUMBER``
"""

import io
import os
import pathlib
import signal
import sys

import torch

from course_pkg.data import atomic
from course_pkg.training import loop
from course_pkg.training.settings import Settings
from tests.training.small import classify, language

TASKS = {
    "classify": lambda: classify(dropout=0.3, ragged=True),
    "language": lambda: language(dropout=0.3),
}
SETTINGS = Settings(
    epochs=3, lr=1e-2, schedule="cosine", accumulate=2, log_every=1, checkpoint_every=4,
    evaluate_every=6, patience=30,
)  # fmt: skip


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def at_call(number, function):
    """Return the function, or rather one that kills the process at the call of this number."""
    calls = [0]

    def counted(*arguments, **keywords):
        calls[0] += 1
        if calls[0] == number:
            die()
        return function(*arguments, **keywords)

    return counted


def in_the_middle_of_writing(number):
    """Return an ``os.fdopen`` whose file of this number gets half its bytes, then the end."""
    calls, fdopen = [0], os.fdopen

    def opened(handle, mode):
        calls[0] += 1
        file = fdopen(handle, mode)
        if calls[0] < number:
            return file

        class Half(io.RawIOBase):
            def write(self, content):
                file.write(content[: len(content) // 2])
                file.flush()
                die()

        return Half()

    return opened


def arm(moment, number):
    """Make the process die at the given moment."""
    if moment == "update":  # of the weights, in an epoch
        loop.update = at_call(number, loop.update)
    elif moment == "evaluation":
        loop.evaluate = at_call(number, loop.evaluate)
    elif moment == "write":  # half a file
        atomic.os.fdopen = in_the_middle_of_writing(number)
    elif moment == "sync":  # a whole file, perhaps not on the disk
        atomic.os.fsync = at_call(number, os.fsync)
    elif moment == "rename":  # a whole file beside the old one
        pathlib.Path.replace = at_call(number, pathlib.Path.replace)
    elif moment == "saved":  # right behind a checkpoint
        save = loop.save_checkpoint

        def save_and_die(*arguments):
            save(*arguments)
            at_call.count = getattr(at_call, "count", 0) + 1
            if at_call.count == number:
                die()

        loop.save_checkpoint = save_and_die
    else:
        raise ValueError(moment)


if __name__ == "__main__":
    task, folder, moment, number = sys.argv[1:]
    torch.set_num_threads(1)
    arm(moment, int(number))
    loop.fit(TASKS[task](), SETTINGS, folder=pathlib.Path(folder), resume=True)
    print("was not killed")
