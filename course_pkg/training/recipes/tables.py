"""The tasks that a configuration can name, and what each of their tables may say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, NamedTuple

from course_pkg.checks import check_number, check_option, check_size
from course_pkg.data.registry import find, load_text
from course_pkg.data.sets.card import DataCard
from course_pkg.data.text.vocabulary import UNKNOWN, Vocabulary
from course_pkg.models.classifier import SequenceClassifier
from course_pkg.models.language_model import LanguageModel
from course_pkg.training.datasets import by_rows
from course_pkg.training.device import DEVICES
from course_pkg.training.recipes.config import ConfigError, from_table, short
from course_pkg.training.settings import Settings
from course_pkg.training.tasks.classify import Classify
from course_pkg.training.tasks.next_token import PredictNext
from course_pkg.training.tasks.protocol import Task


@dataclass(frozen=True, kw_only=True)
class LabelledData:
    """The table ``data`` of the task ``classify``."""

    name: str
    batch: int = 64  # sequences in a batch, over all processes

    def __post_init__(self) -> None:
        find(self.name, "images")
        check_size("batch", self.batch)


@dataclass(frozen=True, kw_only=True)
class TextData:
    """The table ``data`` of the task ``lm``."""

    name: str
    level: str | None = None  # "char" or "word", where the text comes at both
    batch: int = 32  # streams side by side, over all processes
    window: int = 64  # steps between two updates
    min_count: int = 1  # rarer tokens of the training part are unknown
    max_size: int | None = None  # of the vocabulary

    def __post_init__(self) -> None:
        levels = find(self.name, "text").levels
        if self.level is not None:
            check_option("level", self.level, levels)
        for name in ("batch", "window", "min_count"):
            check_size(name, getattr(self, name))
        if self.max_size is not None:
            check_size("max_size", self.max_size)


@dataclass(frozen=True, kw_only=True)
class ClassifierModel:
    """The table ``model`` of the task ``classify``: see ``SequenceClassifier``."""

    cell: str = "lstm"
    hidden: int = 128
    layers: int = 1
    bidirectional: bool = False
    embedding: int = 64
    pooling: str = "last"
    dropout: float = 0.0
    backend: str = "torch"
    start: str = "orthogonal"

    def __post_init__(self) -> None:
        _check_model(self)


@dataclass(frozen=True, kw_only=True)
class LanguageModelModel:
    """The table ``model`` of the task ``lm``: see ``LanguageModel``."""

    cell: str = "lstm"
    hidden: int = 128
    layers: int = 1
    embedding: int = 64
    dropout: float = 0.0
    tied: bool = False
    backend: str = "torch"
    start: str = "orthogonal"

    def __post_init__(self) -> None:
        _check_model(self)


def _check_model(table: ClassifierModel | LanguageModelModel) -> None:
    """Check what the model would check by other names, or only after the data have come."""
    for name in ("hidden", "layers", "embedding"):
        check_size(name, getattr(table, name))
    check_number("dropout", table.dropout, "[0, 1)")


@dataclass(frozen=True, kw_only=True)
class Config:
    """What every configuration says."""

    task: str
    device: str = "auto"
    threads: int = 1  # of the CPU; another number gives other last digits
    data: Any
    model: Any
    training: Settings

    def __post_init__(self) -> None:
        check_option("device", self.device, DEVICES)
        check_size("threads", self.threads)


@dataclass(frozen=True, kw_only=True)
class ClassifyConfig(Config):
    """A configuration whose task is ``classify``."""

    data: LabelledData
    model: ClassifierModel = field(default_factory=ClassifierModel)


@dataclass(frozen=True, kw_only=True)
class LMConfig(Config):
    """A configuration whose task is ``lm``."""

    data: TextData
    model: LanguageModelModel = field(default_factory=LanguageModelModel)


# To add a task: its configuration, and what builds it.
CONFIGS: dict[str, type[Config]] = {"classify": ClassifyConfig, "lm": LMConfig}


class Built(NamedTuple):
    """A task that is ready to be trained."""

    task: Task
    card: DataCard  # of the data
    sizes: dict[str, str]  # how much each part holds, in words
    vocabulary: Vocabulary | None


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
    if not isinstance(task, str) or task not in CONFIGS:
        near = get_close_matches(str(task), CONFIGS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(CONFIGS)}"
        raise ConfigError(f"task: unknown task {short(task)}; {hint}")
    return from_table(CONFIGS[task], table)


def build(config: Config) -> Built:
    """Load the data, build the model, and put them together.

    The weights come from torch's generator as it is: seed it first.

    Parameters
    ----------
    config : Config

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
    return _build_lm(config) if isinstance(config, LMConfig) else _build_classify(config)


@contextmanager
def _table(name: str, table: Any) -> Iterator[None]:
    """Say in which table of the configuration the reason of an error is, and by which key."""
    try:
        yield
    except (TypeError, ValueError, OverflowError, MemoryError, RuntimeError) as error:
        # torch's word for too little memory is a RuntimeError of many lines.
        first = next(iter(str(error).splitlines()), type(error).__name__)
        dot = "." if hasattr(table, first.partition(":")[0]) else ": "
        raise ConfigError(f"{name}{dot}{first}") from error


def _build_classify(config: Config) -> Built:
    data = by_rows(find(config.data.name).load())
    with _table("model", config.model):
        model = SequenceClassifier(
            classes=data.classes,
            features=data.features,
            **_keywords(config.model),
        )
    with _table("data", config.data):
        task = Classify(model, data.parts, batch=config.data.batch, seed=config.training.seed)
    sizes = {name: f"{len(part.labels):,} sequences" for name, part in data.parts.items()}
    return Built(task, data.card, sizes, None)


def _build_lm(config: LMConfig) -> Built:
    data = config.data
    corpus = load_text(data.name, data.level)
    # The training part alone: a token that is only in the other parts has to be unknown.
    with _table("data", data):
        vocabulary = Vocabulary.build(
            corpus.train,
            level=corpus.level,
            min_count=data.min_count,
            max_size=data.max_size,
            specials=[UNKNOWN],
        )
    if len(vocabulary) < 2:
        raise ConfigError(
            "data.max_size, data.min_count: expected to leave at least one token besides "
            f"{UNKNOWN!r}, got none: there is nothing to predict"
        )
    parts = {
        name: vocabulary.encode(list(getattr(corpus, name))) for name in ("train", "valid", "test")
    }
    with _table("model", config.model):
        model = LanguageModel(tokens=len(vocabulary), **_keywords(config.model))
    with _table("data", config.data):
        task = PredictNext(
            model,
            parts,
            batch=data.batch,
            window=data.window,
            about={"vocabulary": vocabulary.sha256},
        )
    sizes = {name: f"{len(ids):,} tokens" for name, ids in parts.items()}
    return Built(task, corpus.card, sizes, vocabulary)


def _keywords(table: Any) -> dict[str, Any]:
    return dict(vars(table))
