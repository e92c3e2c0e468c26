"""The run that another one starts from: opened, checked, and its weights copied.

A recipe names it in its table ``base``, or the command does. The recipe need not repeat the sizes
of the base run's model, nor how its vocabulary was made: they are filled in. A recipe that says
otherwise is refused, since weights of other sizes, or of other tokens, mean nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from course_pkg.data.registry import DATA_SETS
from course_pkg.data.text.byte_pairs import AnyVocabulary
from course_pkg.training.recipes.adapter import HEAD
from course_pkg.training.recipes.config import ConfigError, from_table, read_toml, short
from course_pkg.training.recipes.finished import open_finished
from course_pkg.training.recipes.saved_model import load_model, weights_hash
from course_pkg.training.recipes.tables import CONFIG, MODEL, VOCABULARY, BaseRun, Config
from course_pkg.training.resuming.state import check_tensors
from course_pkg.training.tasks.registry import config_from, module_of

# What a run of a task can be the base of. The model of "translate" has nothing in common with them.
LEADS_TO = {"lm": ("lm", "classify"), "classify": ("classify",)}
SIZES = ("embedding", "cell", "hidden", "layers", "backend")  # of the model: weights have them
ALSO = ("tied", "bidirectional")  # where the task is the same
POOLING = "pooling"  # where the readout is copied too: it was trained on vectors pooled so
TOKENS = ("level", "merges", "min_count", "max_size")  # of the data: they make the vocabulary
BODY = ("embedding", "recurrent")  # what the models of two tasks have in common


class Base(NamedTuple):
    """A finished run, to start another one from."""

    folder: Path
    config: Config
    model: nn.Module
    vocabulary: AnyVocabulary | None  # where its steps are ids
    sha256: str  # of its weights
    data: Mapping[str, str]  # the SHA-256 of each part that it was trained and measured on


def open_base(folder: Path) -> Base:
    """Open a finished run of a task that another run can start from.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Base

    Raises
    ------
    FileNotFoundError
        If there is no such folder, or no finished run in it.
    ValueError
        If it is a run of another kind of task, a file is damaged, or the vocabulary in it is not
        the model's.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: expected the folder of a run, found none")
    if not (folder / CONFIG).exists():
        raise FileNotFoundError(f"{folder}: expected a run, found no {CONFIG}")
    try:
        config = config_from(read_toml(folder / CONFIG))
    except ConfigError as error:
        message = str(error).removeprefix(f"{folder / CONFIG}: ")
        raise ConfigError(f"{folder / CONFIG}: {message}") from error
    if config.task not in LEADS_TO:
        raise ValueError(
            f"{folder}: expected a run of one of the tasks {', '.join(LEADS_TO)}, "
            f"got one of {config.task!r}"
        )
    files = {VOCABULARY: "tokens"} if (folder / VOCABULARY).exists() or config.task == "lm" else {}
    model, vocabularies = open_finished(folder, config.task, module_of(config.task).MODEL, files)
    if not files and getattr(model, "settings", {}).get("tokens"):
        raise FileNotFoundError(f"{folder}: expected the model's vocabulary, found no {VOCABULARY}")
    model = model.float()  # as they were: float64 holds each number of float32
    data = load_model(folder / MODEL).about.get("data", {})
    vocabulary = next(iter(vocabularies), None)
    return Base(folder, config, model, vocabulary, weights_hash(model), data)


def base_of(table: Mapping[str, Any]) -> Base | None:
    """Open the base run that a recipe names, if it names one.

    Raises
    ------
    ConfigError
        If the table ``base`` does not say what it should, or the weights of the run are not those
        whose SHA-256 it says.
    """
    found = table.get("base")
    if found is None:
        return None
    if not isinstance(found, Mapping):
        raise ConfigError(f"base: expected a table, got {type(found).__name__} ({short(found)})")
    wanted = from_table(BaseRun, found, "base")
    base = open_base(Path(wanted.run))
    if wanted.sha256 not in (None, base.sha256):
        raise ConfigError(
            f"base.sha256: expected weights with the SHA-256 {short(wanted.sha256)}, "
            f"those of {base.folder} have {base.sha256}: another run is there now"
        )
    return base


def fill(table: Mapping[str, Any], base: Base) -> dict[str, Any]:
    """Fill in what a recipe takes from its base run.

    Parameters
    ----------
    table : mapping
        The recipe, as it was read. Not changed.
    base : Base

    Returns
    -------
    dict

    Raises
    ------
    ConfigError
        If the base run is of a task that does not lead to the recipe's, or the recipe says
        something else than the base run.
    """
    was, task = base.config.task, table.get("task")
    if task not in LEADS_TO[was]:
        raise ConfigError(
            f"task: expected one of {', '.join(LEADS_TO[was])}, as {base.folder} is a run of "
            f"{was!r}, got {short(task)}"
        )
    _check_kind(table.get("data"), base)
    settings: Mapping[str, Any] = base.model.settings  # type: ignore[assignment]
    given = {name: settings[name] for name in SIZES}
    if was == task:
        data = table.get("data")
        same = isinstance(data, Mapping) and _is_same(task, data.get("name"), base)
        also = (*ALSO, *([POOLING] if same else []))
        given |= {name: settings[name] for name in also if name in settings}
    else:  # a language model reads in one direction
        given["bidirectional"] = False
    filled = dict(table) | {"base": {"run": str(base.folder), "sha256": base.sha256}}
    filled.setdefault("adapting", {})
    filled["model"] = _agree("model", table.get("model", {}), given, base)
    if base.vocabulary is not None:
        known, data = module_of(task).Data.__dataclass_fields__, base.config.data  # type: ignore[attr-defined]
        given = {name: getattr(data, name) for name in TOKENS if hasattr(data, name)}
        given["level"] = base.vocabulary.level
        given = {name: value for name, value in given.items() if name in known}
        filled["data"] = _agree("data", table.get("data", {}), given, base)
    return filled


def _agree(name: str, table: Any, given: Mapping[str, Any], base: Base) -> Any:
    """Return a table with the values of the base run; None stands in no file."""
    if not isinstance(table, Mapping):
        return table  # what is wrong with it, the check of the recipe says
    for key, value in given.items():
        if key in table and table[key] != value:
            wanted = "nothing" if value is None else f"{short(value)} or nothing"
            raise ConfigError(
                f"{name}.{key}: expected {wanted}, as {base.folder} has it, got {short(table[key])}"
            )
    return {**table, **{key: value for key, value in given.items() if value is not None}}


def _is_same(task: str, data: Any, base: Base) -> bool:
    """Return whether the scores are for the tokens or classes of the base run."""
    return task == base.config.task and (task == "lm" or data == base.config.data.name)


def _check_kind(data: Any, base: Base) -> None:
    """Raise if the base run's model reads something else than these data.

    Images and no tokens, the other way round, or tokens at another level than a text comes at.
    What is no data set at all is left to the check of the recipe.
    """
    name = data.get("name") if isinstance(data, Mapping) else None
    entry = DATA_SETS.get(name) if isinstance(name, str) else None
    if entry is None:
        return
    vocabulary = base.vocabulary
    if vocabulary is not None and entry.levels and vocabulary.level not in entry.levels:
        raise ConfigError(
            f"data.name: expected a text at level {vocabulary.level!r}, which the model of "
            f"{base.folder} reads, got {name!r}, which comes at {' and '.join(entry.levels)!r}"
        )
    if (entry.kind == "images") == (vocabulary is not None):
        reads = "images" if base.vocabulary is None else "tokens"
        raise ConfigError(
            f"data.name: expected {reads}, which the model of {base.folder} reads, got {name!r}"
        )


def copy_weights(base: Base, model: nn.Module, config: Config) -> tuple[str, ...]:
    """Copy the weights of the base run into a new model.

    Parameters
    ----------
    base : Base
    model : Module
        What the recipe describes. Its embedding and its recurrent layers get the base run's
        weights; so does its readout, if the scores are for the same tokens or classes.
    config : Config
        Of the new run.

    Returns
    -------
    tuple of str
        What was copied; the rest stays as it was drawn.

    Raises
    ------
    ConfigError
        If the weights have other shapes.
    """
    same = _is_same(config.task, config.data.name, base)
    copied = [name for name in (*BODY, *([HEAD] if same else [])) if getattr(model, name, None)]
    for name in copied:
        tensors = base.model.get_submodule(name).state_dict()
        try:
            check_tensors(name, tensors, model.get_submodule(name).state_dict())
        except ValueError as error:
            raise ConfigError(f"model: not as in {base.folder}: {error}") from error
        model.get_submodule(name).load_state_dict(tensors)
    return tuple(copied)
