"""Configurations in TOML: read, checked key by key, and written with every default filled in."""

from __future__ import annotations

import json
import reprlib
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_type_hints

from course_pkg.data.files.utf8 import read_utf8

C = TypeVar("C")

# The keys that have an option of their own on the command line.
SHORT = {"device": "--device", "training.seed": "--seed"}


class ConfigError(ValueError):
    """The configuration does not say what it should; the message names the key."""


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file, also one that an editor began with a byte order mark.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ConfigError
        If it is no text in UTF-8, or no TOML; the message has the line.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "run.toml"
    ...     _ = path.write_text('task = "lm"')
    ...     read_toml(path)
    {'task': 'lm'}
    """
    try:
        text = read_utf8(path)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    try:
        return tomllib.loads(text)
    except ValueError as error:  # of TOML, or a number with thousands of digits
        raise ConfigError(f"{path}: no TOML: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deeply") from error


def override(table: Mapping[str, Any], changes: Mapping[str, str]) -> dict[str, Any]:
    """Change some keys of a table; values are written as in TOML, strings also without quotes.

    Parameters
    ----------
    table : mapping
        Not changed.
    changes : mapping of str to str
        Keys with dots, such as ``training.lr``.

    Returns
    -------
    dict

    Raises
    ------
    ConfigError
        If a key leads into something that is no table.

    Examples
    --------
    >>> override({"seed": 0, "data": {"batch": 8}}, {"seed": "3", "data.name": "mnist"})
    {'seed': 3, 'data': {'batch': 8, 'name': 'mnist'}}
    """
    changed = dict(table)
    for key, text in changes.items():
        *path, last = key.split(".")
        inner = changed
        for name in path:
            below = inner.get(name, {})
            if not isinstance(below, Mapping):
                raise ConfigError(f"{key}: {name!r} is a value, not a table")
            inner[name] = dict(below)  # a copy: the table that was given is not changed
            inner = inner[name]
        try:
            inner[last] = tomllib.loads(f"value = {text}")["value"]
        except (ValueError, RecursionError):
            inner[last] = text
    return changed


def from_table(kind: type[C], table: Mapping[str, Any], where: str = "") -> C:
    """Make a dataclass from a TOML table; every key is checked.

    Parameters
    ----------
    kind : dataclass
        Its fields are of type int, float, str, bool, one of these or None, or dataclasses.
    table : mapping
    where : str
        The name of the table, for messages.

    Returns
    -------
    Of type ``kind``.

    Raises
    ------
    ConfigError
        If a key is unknown, missing or of the wrong type, or the dataclass refuses a value.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Model:
    ...     hidden: int = 128
    >>> from_table(Model, {"hiden": 64}, "model")
    Traceback (most recent call last):
        ...
    course_pkg.training.recipes.config.ConfigError: model.hiden: unknown key; did you mean 'hidden'?
    """
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind) if field.init]  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in table.items():
        full = f"{where}.{key}" if where else key
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"
            raise ConfigError(f"{full}: unknown key; {hint}")
        values[key] = _checked(full, value, hints[key])
    missing = [
        field.name
        for field in fields(kind)  # type: ignore[arg-type]
        if field.init
        and field.name not in values
        and field.default is MISSING
        and field.default_factory is MISSING
    ]
    if missing:
        raise ConfigError(f"{where or 'the file'}: missing: {', '.join(missing)}")
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise ConfigError(key_of(where, known, str(error))) from error


def key_of(where: str, known: Collection[str], message: str) -> str:
    """Name the table in a message, and put its key behind a dot if the message begins with one.

    Examples
    --------
    >>> key_of("model", {"hidden"}, "hidden: expected ..."), key_of("model", {"hidden"}, "no room")
    ('model.hidden: expected ...', 'model: no room')
    """
    keys = message.partition(":")[0].split(", ")
    return f"{where}{'.' if set(keys) <= set(known) else ': '}{message}" if where else message


def to_toml(config: Any) -> str:
    r"""Write a dataclass as TOML, defaults included; what is None is left out.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass
    ... class Model:
    ...     hidden: int = 128
    >>> @dataclass
    ... class Config:
    ...     name: str
    ...     model: Model
    >>> print(to_toml(Config('the "first"', Model())), end="")
    name = "the \"first\""
    <BLANKLINE>
    [model]
    hidden = 128
    """
    plain, tables = [], []
    for key, value in asdict(config).items():
        if isinstance(value, dict):
            inner = to_toml(getattr(config, key))
            tables.append(f"\n[{key}]\n{inner}")
        elif value is not None:
            plain.append(f"{key} = {_written(value)}\n")
    return "".join(plain + tables)


def _written(value: Any) -> str:
    if isinstance(value, str):  # a JSON string is one of TOML, but for DEL
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value) if isinstance(value, (bool, int)) else repr(float(value))


def short(value: Any) -> str:
    """Write a value for a message: the beginning of it, however long or deep it is.

    Examples
    --------
    >>> short("8")
    "'8'"
    >>> short([[[[[[[[1]]]]]]]])
    '[[[[[[...]]]]]]'
    """
    return reprlib.repr(value)


def _checked(name: str, value: Any, hint: Any) -> Any:
    """Return a value of the wanted type, or raise."""
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    for kind in kinds:
        if is_dataclass(kind) and isinstance(kind, type):
            if not isinstance(value, Mapping):
                raise ConfigError(f"{name}: expected a table, got {type(value).__name__}")
            return from_table(kind, value, name)
        if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                return float(value)
            except OverflowError:
                raise ConfigError(f"{name}: expected a number below 1.8e308") from None
        if kind is not NoneType and type(value) is kind:
            return value
    expected = " or ".join(kind.__name__ for kind in kinds if kind is not NoneType)
    raise ConfigError(f"{name}: expected {expected}, got {type(value).__name__} ({short(value)})")
