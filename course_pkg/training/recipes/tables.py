"""What every recipe says, and how the table of a model follows from the model's signature."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, make_dataclass
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar, get_type_hints

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from course_pkg.checks import check_option, check_size
from course_pkg.data.sets.card import DataCard
from course_pkg.data.text.byte_pairs import AnyVocabulary
from course_pkg.training.adapting.method import Adapting
from course_pkg.training.device import DEVICES, pick_device
from course_pkg.training.memory import check_memory
from course_pkg.training.recipes.config import ConfigError, key_of
from course_pkg.training.settings import Settings
from course_pkg.training.tasks.protocol import Task

M = TypeVar("M", bound=nn.Module)

MOST_THREADS = 1024  # more than any machine has; of a million, torch dies

# torch's word for too little memory, or for sizes that no machine can address, is a RuntimeError.
REFUSALS = (TypeError, ValueError, OverflowError, MemoryError, RuntimeError)


@dataclass(frozen=True, kw_only=True)
class BaseRun:
    """The table ``base``: the run whose weights the new one starts from."""

    run: str  # its folder
    sha256: str | None = None  # of its weights; written down when the new run starts


@dataclass(frozen=True, kw_only=True)
class Config:
    """What every recipe says; its task says what the tables ``data`` and ``model`` hold."""

    task: str
    device: str = "auto"
    threads: int = 1  # of the CPU; another number gives other last digits
    base: BaseRun | None = None  # by default a run starts from weights that are drawn
    adapting: Adapting | None = None  # how the weights of the base run are trained
    data: Any
    model: Any
    training: Settings

    def __post_init__(self) -> None:
        check_option("device", self.device, DEVICES)
        if check_size("threads", self.threads) > MOST_THREADS:
            raise ValueError(f"threads: expected at most {MOST_THREADS}, got {self.threads}")
        if self.adapting is not None and self.base is None:
            raise ValueError(
                "adapting: expected a run to start from, in the table base or by --from, got none"
            )


# The files that a run leaves, besides its log and its checkpoint.
CONFIG, RESULT = "config.toml", "result.json"
MODEL, CARD = "model.safetensors", "card.md"
# Those that hold vocabularies: of a text, or of the two sides of pairs.
VOCABULARY = "vocabulary.json"
SOURCE, TARGET = "vocabulary-source.json", "vocabulary-target.json"
NO_FILES: Mapping[str, AnyVocabulary] = MappingProxyType({})


class Built(NamedTuple):
    """A task that is ready to be trained."""

    task: Task
    card: DataCard  # of the data
    sizes: dict[str, str]  # how much each part holds, in words
    vocabularies: Mapping[str, AnyVocabulary] = NO_FILES  # by the name of their file in a run

    def describe(self) -> str:
        """Say how much data there is, and how large the model."""
        count = sum(parameter.numel() for parameter in self.task.model.parameters())
        sizes = ", ".join(f"{part} {size}" for part, size in self.sizes.items())
        return f"{self.card.name}: {sizes}\n{type(self.task.model).__name__}, {count:,} parameters"


def table_of(model: type[nn.Module], given: Mapping[str, Any]) -> type:
    """Make the table ``model`` of a recipe: the model's signature is its schema.

    Names, types and defaults come from the model's arguments, so they are written once. A
    table is checked by building the model on torch's meta device, where a weight has a shape and
    no memory: before data are loaded, and whatever the sizes are.

    Parameters
    ----------
    model : type
        A module whose arguments are keywords.
    given : mapping
        The arguments that follow from the data, and so stand in no recipe; each with a value
        that fits, for the check.

    Returns
    -------
    type
        A frozen dataclass.

    Examples
    --------
    >>> from course_pkg.models.language_model import LanguageModel
    >>> Table = table_of(LanguageModel, {"tokens": 2})
    >>> Table(hidden=64).cell
    'lstm'
    >>> Table(hidden=64, tied=True, embedding=32)
    Traceback (most recent call last):
        ...
    ValueError: embedding: expected hidden = 64 for tied weights, got 32
    """
    hints = get_type_hints(model.__init__)
    fields = [
        (name, hints[name], field(default=argument.default))
        for name, argument in inspect.signature(model).parameters.items()
        if name not in given
    ]

    def check(table: Any) -> None:
        on_meta(model, **vars(table), **given)

    return make_dataclass(
        f"{model.__name__}Table", fields, namespace={"__post_init__": check},
        frozen=True, kw_only=True,
    )  # fmt: skip


def recipe_of(data: type, model: type) -> type[Config]:
    """Make the configuration of a task out of its two tables."""
    fields: list[Any] = [("data", data), ("model", model, field(default_factory=model))]
    return make_dataclass("Recipe", fields, bases=(Config,), frozen=True, kw_only=True)


class _Undrawn(TorchFunctionMode):
    """Draw no weights: on the meta device there is nothing to fill.

    For the attempt torch would import its compiler, which takes longer than torch itself.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        is_draw = func in (torch.Tensor.normal_, torch.Tensor.uniform_)
        if is_draw or getattr(func, "__module__", "") == nn.init.__name__:
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


def on_meta(model: type[M], **arguments: Any) -> M:
    """Build a model without memory for its weights.

    Raises
    ------
    TypeError, ValueError
        If the model refuses an argument, or its weights are more than a machine can address.

    Examples
    --------
    >>> on_meta(nn.Linear, in_features=10**6, out_features=10**6).weight.device
    device(type='meta')
    """
    try:
        with _Undrawn(), torch.device("meta"):
            return model(**arguments)
    except (RuntimeError, TypeError) as error:  # torch has both words for what is too large
        first = str(error).splitlines()[0]
        if isinstance(error, TypeError) and "Overflow" not in first:
            raise
        raise ValueError(f"expected sizes that a machine can address: {first}") from error


def make_model(model: type[M], config: Config, **given: Any) -> M:
    """Build the model of a recipe, after a look whether this machine can hold and train it.

    Parameters
    ----------
    model : type
    config : Config
    **given
        The arguments that follow from the data.

    Raises
    ------
    ConfigError
        If the model refuses an argument, or is too large; the message names the table.
    """
    arguments = {**vars(config.model), **given}
    with in_table("model", config.model):
        check_memory(on_meta(model, **arguments), config.training, pick_device(config.device))
        return model(**arguments)


@contextmanager
def in_table(name: str, table: Any) -> Iterator[None]:
    """Say in which table of a recipe the reason of an error is, and by which key."""
    try:
        yield
    except ConfigError:
        raise
    except REFUSALS as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise ConfigError(key_of(name, vars(table), first)) from error
