"""Replay: batches of what was learned before, mixed into what is learned now."""

from __future__ import annotations

from course_pkg.checks import check_number
from course_pkg.models.shared import share_body
from course_pkg.training.tasks.mixture import Mixture
from course_pkg.training.tasks.protocol import Task

OLD = "old"  # the name of the old task; its metrics begin so


def with_replay(task: Task, old: Task, share: float, *, seed: int = 0) -> Task:
    """Mix batches of an old task into a new one, so that a model keeps what it has learned.

    Parameters
    ----------
    task, old : Task
        What is to be learned, and what was. Their models may be one; if they are two, the body
        of the old one becomes that of the new one, and their readouts stay apart.
    share : float in [0, 1)
        The share of batches that are of the old task; with 0 there is no mixture.
    seed : int

    Returns
    -------
    Task

    Examples
    --------
    >>> import numpy as np
    >>> from course_pkg.models.language_model import LanguageModel
    >>> from course_pkg.training.tasks.next_token import PredictNext
    >>> model, ids = LanguageModel(tokens=5, hidden=4), np.arange(99) ** 2 % 5
    >>> tasks = [PredictNext(model, {"train": x}, batch=2, window=5) for x in (ids[:50], ids[50:])]
    >>> list(with_replay(*tasks, 0.5).goals)
    ['loss', 'perplexity', 'bits', 'old_loss', 'old_perplexity', 'old_bits']
    """
    if check_number("share", share, "[0, 1)") == 0:
        return task
    if old.model is not task.model:
        share_body(task.model, old.model)
    return Mixture({"new": task, OLD: old}, shares=(1 - share, share), seed=seed)
