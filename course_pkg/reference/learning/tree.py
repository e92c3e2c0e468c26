"""Parameters of a whole model: dictionaries and named tuples of arrays, nested at will.

A field of a named tuple is None where a model does without that part; it holds no array.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, TypeVar

import numpy as np

from course_pkg.reference.checks import Array, Shapes, all_axes

P = TypeVar("P")


def _children(tree: Any) -> dict[str, Any] | None:
    """Return what a node holds, by name, or None for anything that is no node."""
    if isinstance(tree, Mapping):
        children = {str(name): child for name, child in tree.items()}
        if len(children) < len(tree):
            raise ValueError(f"keys: expected keys that differ as text, got {list(tree)}")
        return children
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        children = dict(zip(tree._fields, tree, strict=True))
        return {name: child for name, child in children.items() if child is not None}
    if isinstance(tree, (list, tuple)):
        return {str(index): child for index, child in enumerate(tree)}
    return None


def _as_array(leaf: Any) -> Any:
    """Undo what NumPy does to an array without axes when one computes with it."""
    return np.asarray(leaf) if isinstance(leaf, np.floating) else leaf


def leaves(name: str, tree: object) -> dict[str, Array]:
    """List the arrays of a tree under their full names.

    Parameters
    ----------
    name : str
        The argument's name, for messages.
    tree : dict, NamedTuple, list or tuple of arrays or of further trees

    Returns
    -------
    dict of ndarray

    Raises
    ------
    TypeError
        If something in the tree is no float32 or float64 array.
    ValueError
        If there is no array at all, one is empty or not finite, or two have the same full name.

    Examples
    --------
    >>> list(leaves("params", {"cell": {"W": np.ones(2)}, "b": np.ones(1)}))
    ['cell.W', 'b']
    """
    found: dict[str, Array] = {}

    def visit(path: str, node: Any) -> None:
        children = _children(node)
        if children is None:
            if path in found:
                raise ValueError(f"{name}: expected one array of each name, got two {path!r}")
            array = _as_array(node)
            found[path] = Shapes().array(f"{name}[{path!r}]", array, all_axes(array), finite=True)
        else:
            for key, child in children.items():
                visit(f"{path}.{key}" if path else key, child)

    if _children(tree) is None:
        raise TypeError(
            f"{name}: expected a dict, NamedTuple, list or tuple of arrays, "
            f"got {type(tree).__name__}"
        )
    visit("", tree)
    if not found:
        raise ValueError(f"{name}: expected at least one array, got none")
    return found


def rebuild(tree: P, arrays: Mapping[str, Array]) -> P:
    """Put new arrays in the places of those of a tree.

    Parameters
    ----------
    tree : dict, NamedTuple, list or tuple
        Gives the structure; it is not changed.
    arrays : mapping of str to ndarray
        Named as by :func:`leaves`.

    Returns
    -------
    Of the type of ``tree``, and so are all its parts; a mapping that is no dict becomes one.

    Raises
    ------
    ValueError
        If an array is missing.

    Examples
    --------
    >>> rebuild({"cell": {"W": np.ones(2)}}, {"cell.W": np.zeros(2)})
    {'cell': {'W': array([0., 0.])}}
    """

    def build(path: str, node: Any) -> Any:
        children = _children(node)
        if children is None:
            if path not in arrays:
                raise ValueError(f"arrays: expected an array for {path!r}, found none")
            return _as_array(arrays[path])
        built = {key: build(f"{path}.{key}" if path else key, c) for key, c in children.items()}
        if isinstance(node, Mapping):
            new = copy(node) if isinstance(node, dict) else {}  # OrderedDict and others stay
            new.update(zip(node, built.values(), strict=True))
            return new
        if hasattr(node, "_fields"):
            return node._replace(**built)
        return type(node)(built.values())

    result: P = build("", tree)
    return result


def pick_gradients(params: P, grads: object) -> P:
    """Arrange the gradients of the parameters like the parameters.

    A backward function also returns gradients that belong to no parameter, such as ``dx``. They
    have no place in an update, nor in a gradient norm, so they are left out here.

    Parameters
    ----------
    params : dict, NamedTuple, list or tuple
        The parameters.
    grads : dict, NamedTuple, list or tuple
        For each entry ``W`` of ``params`` an entry ``dW`` or else ``W``; others are left out.

    Returns
    -------
    Of the type of ``params``, holding gradients.

    Raises
    ------
    ValueError
        If a gradient is missing or does not fit its parameter.

    Examples
    --------
    >>> from course_pkg.reference.layers import layer_norm
    >>> params = layer_norm.Params(gain=np.ones(2), bias=np.zeros(2))
    >>> y, cache = layer_norm.forward(np.array([[1.0, 3.0]]), params)
    >>> grads = layer_norm.backward(np.ones_like(y), cache)  # of dx, dgain and dbias ...
    >>> pick_gradients(params, grads).bias  # ... those of the gain and of the bias
    array([1., 1.])
    """
    picked: dict[str, Array] = {}

    def visit(path: str, node: Any, grad: Any) -> None:
        children, grad_children = _children(node), _children(grad)
        if children is None:
            picked[path] = grad
            return
        for key, child in children.items():
            below = f"{path}.{key}" if path else key
            for candidate in (f"d{key}", key):
                if grad_children is not None and candidate in grad_children:
                    visit(below, child, grad_children[candidate])
                    break
            else:
                raise ValueError(f"grads: expected a gradient for {below!r}, found none")

    leaves("params", params)
    visit("", params, grads)
    result = rebuild(params, picked)
    match_leaves(params, "grads", result)
    return result


def add_decay(name: str, g: Array, w: Array, weight_decay: float) -> tuple[str, Array]:
    """Add ``weight_decay * w`` to a gradient; return what to call the sum in messages, and the sum.

    Examples
    --------
    >>> add_decay("w", np.array([1.0]), np.array([4.0]), 0.5)
    ("grads['w'] + weight_decay * params['w']", array([3.]))
    """
    label = f"grads[{name!r}]"
    if weight_decay == 0:
        return label, g
    with np.errstate(over="ignore"):
        return f"{label} + weight_decay * params[{name!r}]", g + weight_decay * w


def match_leaves(params: object, name: str, other: object) -> dict[str, Array]:
    """List the arrays of ``other``, or raise unless names, shapes and dtypes are those of params.

    Examples
    --------
    >>> match_leaves({"W": np.ones(2)}, "grads", {"W": np.ones(3)})
    Traceback (most recent call last):
        ...
    ValueError: grads['W']: expected shape (N0,) with N0 = 2 as in params['W'], got (3,)
    """
    expected, found = leaves("params", params), leaves(name, other)
    if expected.keys() != found.keys():
        raise ValueError(
            f"{name}: expected arrays named {sorted(expected)} as in params, got {sorted(found)}"
        )
    for path, array in expected.items():
        shapes = Shapes()
        shapes.array(f"params[{path!r}]", array, all_axes(array))
        shapes.array(f"{name}[{path!r}]", found[path], all_axes(array))
    return found
