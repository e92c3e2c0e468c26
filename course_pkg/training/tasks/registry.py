"""The tasks that a recipe can name, and the way from a recipe to a task that is ready to train."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from typing import Any, cast

from torch import nn

from course_pkg.data.text.byte_pairs import AnyVocabulary
from course_pkg.models.pointer import PointerSeq2Seq
from course_pkg.training.recipes.config import ConfigError, from_table, short
from course_pkg.training.recipes.tables import Built, Config, recipe_of, table_of
from course_pkg.training.tasks.protocol import TaskModule

# To add a task: its file in this room, and its line here.
TASKS = {
    "classify": "classify",
    "lm": "next_token",
    "translate": "translate",
}


def module_of(name: str) -> TaskModule:
    """Return the file of a task, as a module.

    Examples
    --------
    >>> module_of("lm").MODEL.__name__
    'LanguageModel'
    """
    return cast(TaskModule, import_module(f"course_pkg.training.tasks.{TASKS[name]}"))


def models() -> dict[str, type[nn.Module]]:
    """Return what a model file may name: the models of all tasks, and those without a task.

    Examples
    --------
    >>> sorted(models())
    ['LanguageModel', 'PointerSeq2Seq', 'Seq2Seq', 'SequenceClassifier']
    """
    found = [*(module_of(name).MODEL for name in TASKS), PointerSeq2Seq]
    return {model.__name__: model for model in found}


@cache
def recipe(name: str) -> type[Config]:
    """Return what the recipe of a task may say, as a dataclass.

    Examples
    --------
    >>> list(recipe("lm").__dataclass_fields__)
    ['task', 'device', 'threads', 'base', 'adapting', 'data', 'model', 'training']
    """
    task = module_of(name)
    return recipe_of(task.Data, table_of(task.MODEL, task.GIVEN))


def config_from(table: Mapping[str, Any]) -> Config:
    """Check a table that was read from TOML, and make the configuration of its task.

    Parameters
    ----------
    table : mapping

    Returns
    -------
    Config

    Raises
    ------
    ConfigError
        If the task is unknown, a key is unknown or missing, or a value is refused.

    Examples
    --------
    >>> table = {"task": "classify", "data": {"name": "digits"}, "training": {"epochs": 2}}
    >>> config_from(table).model.hidden
    128
    >>> config_from(table | {"task": "clasify"})
    Traceback (most recent call last):
        ...
    course_pkg.training.recipes.config.ConfigError: task: unknown task 'clasify'; did you mean ...
    """
    task = table.get("task")
    if not isinstance(task, str) or task not in TASKS:
        near = get_close_matches(str(task), TASKS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(TASKS)}"
        raise ConfigError(f"task: unknown task {short(task)}; {hint}")
    return from_table(recipe(task), table)


def build(config: Config, vocabulary: AnyVocabulary | None = None) -> Built:
    """Load the data, build the model, and put them together.

    The weights come from torch's generator as it is: seed it first.

    Parameters
    ----------
    config : Config
    vocabulary : Vocabulary, optional
        Of the run that this one starts from, which the ids then follow. By default the task makes
        its own.

    Returns
    -------
    Built

    Raises
    ------
    ConfigError
        If the data or the model refuse what the configuration says, or the model is too large
        for this machine; the message names the table.
    OSError, ModuleNotFoundError
        If the data cannot be had.
    """
    build_task = module_of(config.task).build
    return build_task(config) if vocabulary is None else build_task(config, vocabulary)
