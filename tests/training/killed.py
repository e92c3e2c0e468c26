"""Runs that kill themselves, as ``kill -9`` would, at a given moment.

``python -m tests.training.killed`` reads orders, one a line: TASK, FOLDER, MOMENT and NUMBER, with
tabs between them. Importing torch takes seconds, so it is imported once and the process forks.
"""

import contextlib
import importlib
import io
import os
import pathlib
import signal
import sys

import torch

from course_pkg.__main__ import main
from course_pkg.data.files import atomic
from course_pkg.data.registry import load_labelled
from course_pkg.training import loop
from course_pkg.training.adapting.method import Adapting, adapt
from course_pkg.training.adapting.replay import with_replay
from course_pkg.training.settings import Settings
from tests.training.small import classify, language, translate, two_tasks

TASKS = {
    "classify": lambda: classify(dropout=0.3, ragged=True),
    "language": lambda: language(dropout_in=0.3, dropout_out=0.2, same_mask=True, weight_drop=0.3),
    "translate": lambda: translate(dropout=0.3, truth=0.5, truth_epochs=2),
    "gradual": lambda: language(layers=2, dropout=0.3),
    "elastic": lambda: classify(dropout=0.3, ragged=True),
    "lora": lambda: classify(dropout=0.3, ragged=True),
}
TASKS["replay"] = lambda: with_replay(TASKS["language"](), language(seed=1, length=900), 0.4)
TASKS["heads"] = lambda: two_tasks(dropout=0.3)
ADAPTING = {
    "gradual": Adapting(method="gradual", decay=0.5),
    "elastic": Adapting(elastic=3.0),
    "lora": Adapting(method="lora", rank=2),
}
SETTINGS = Settings(
    epochs=3, lr=1e-2, schedule="cosine", accumulate=2, log_every=1, checkpoint_every=3,
    evaluate_every=4, patience=30,
)  # fmt: skip


def prepare(name):
    """Make a task, and what its run is adapted by; its drawn weights stand for the base's."""
    task = TASKS[name]()
    if name not in ADAPTING:
        return task, None
    return task, adapt(task.model, ADAPTING[name], base=TASKS[name]())


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


def run(task, folder, moment, number):
    """Train until the moment comes."""
    arm(moment, int(number))
    if task == "command":  # with the configuration beside the folder
        with contextlib.redirect_stdout(io.StringIO()):  # the orders are answered there
            main(["train", f"{folder}.toml", "--out", folder, "--resume"])
    else:
        made, adaptation = prepare(task)
        place = pathlib.Path(folder)
        loop.fit(made, SETTINGS, adaptation=adaptation, folder=place, resume=True)


def serve():
    """Run each order in a child of its own, and say which signal ended it (0: none did)."""
    importlib.import_module("torch._dynamo")  # the optimiser would, in each child anew
    for order in sys.stdin:
        if order.startswith("command"):
            load_labelled("docstrings")  # read once, and not by each child anew
        child = os.fork()
        if child == 0:
            try:
                run(*order.split("\t"))
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    serve()
