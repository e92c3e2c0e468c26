"""`course_pkg.reference.learning.tree`: names, structure, and gradients found by name."""

from collections import OrderedDict, defaultdict
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pytest

from course_pkg.reference.cells import rnn
from course_pkg.reference.layers import layer_norm, rms_norm
from course_pkg.reference.learning import tree

NORM = layer_norm.Params(np.ones(2), np.zeros(2))
MODEL = {"cells": [NORM, NORM], "out": {"W": np.ones((1, 2)), "s": np.float64(3)}, "last": (NORM,)}


def test_every_array_has_a_name():
    assert list(tree.leaves("params", MODEL)) == [
        "cells.0.gain",
        "cells.0.bias",
        "cells.1.gain",
        "cells.1.bias",
        "out.W",
        "out.s",
        "last.0.gain",
        "last.0.bias",
    ]


def test_rebuilding_keeps_every_type():
    doubled = {name: 2 * a for name, a in tree.leaves("params", MODEL).items()}
    built = tree.rebuild(MODEL, doubled)
    assert isinstance(built["cells"], list)
    assert isinstance(built["cells"][1], layer_norm.Params)
    assert isinstance(built["last"], tuple)
    assert built["out"]["s"] == 6
    assert np.array_equal(built["last"][0].gain, [2, 2])
    assert np.array_equal(MODEL["last"][0].gain, [1, 1])


def test_keys_that_are_no_strings_stay_what_they_are():
    assert list(tree.rebuild({3: np.ones(1)}, {"3": np.zeros(1)})) == [3]


def test_dictionaries_keep_their_own_type():
    params = OrderedDict(b=np.ones(1), a=defaultdict(list, {"W": np.ones(2)}))
    built = tree.rebuild(params, {"b": np.zeros(1), "a.W": np.zeros(2)})
    assert type(built) is OrderedDict
    assert list(built) == ["b", "a"]
    assert type(built["a"]) is defaultdict
    assert built["a"]["W"].sum() == 0
    assert params["b"][0] == 1
    assert type(tree.rebuild(MappingProxyType({"b": np.ones(1)}), {"b": np.zeros(1)})) is dict


def test_gradients_are_found_under_both_names_and_others_left_out():
    rng = np.random.default_rng(0)
    cell = rnn.Params(*(rng.normal(size=s) for s in [(2, 3), (2, 2), (2,), (2,)]))
    params = {"cell": cell, "gain": np.ones(2)}
    (y, _), cache = rnn.forward(rng.normal(size=(4, 1, 3)), cell)
    cell_grads = rnn.backward(np.ones_like(y), cache)
    _, norm_cache = rms_norm.forward(y, params["gain"])
    norm_grads = rms_norm.backward(np.ones_like(y), norm_cache)
    for name in ("gain", "dgain"):
        picked = tree.pick_gradients(params, {"cell": cell_grads, name: norm_grads.dgain})
        assert isinstance(picked["cell"], rnn.Params)
        assert picked["cell"].W_hh is cell_grads.dW_hh
        assert picked["cell"].b_ih is cell_grads.db_ih
        assert picked["gain"] is norm_grads.dgain


def test_of_two_names_the_one_with_a_d_is_the_gradient():
    W, dW = np.array([1.0]), np.array([2.0])
    assert tree.pick_gradients({"W": W}, {"W": W, "dW": dW})["W"] is dW


class Parts(NamedTuple):
    W: np.ndarray | None
    more: layer_norm.Params | None


def test_a_part_that_is_none_holds_nothing_and_stays():
    params = [Parts(np.ones(1), None), Parts(None, NORM)]
    assert list(tree.leaves("params", params)) == ["0.W", "1.more.gain", "1.more.bias"]
    grads = [Parts(np.zeros(1), None), Parts(None, NORM)]
    picked = tree.pick_gradients(params, grads)
    assert [type(part) for part in picked] == [Parts, Parts]
    assert picked[0].W is grads[0].W
    assert picked[0].more is None
    assert picked[1].W is None
    assert picked[1].more.gain is NORM.gain


P = {"cell": {"W": np.ones(2)}}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tree.leaves("params", 3.0), TypeError, "params: expected a dict, .* got float"),
        (
            lambda: tree.leaves("params", None),
            TypeError,
            "params: expected a dict, .* got NoneType",
        ),
        (lambda: tree.leaves("params", {"a": None}), TypeError, r"params\['a'\]: .* got NoneType"),
        (lambda: tree.leaves("params", Parts(None, None)), ValueError, "params: expected at least"),
        (
            lambda: tree.pick_gradients(Parts(np.ones(1), None), Parts(None, None)),
            ValueError,
            "grads: expected a gradient for 'W', found none",
        ),
        (lambda: tree.leaves("params", {"a": {}}), ValueError, "params: expected at least one"),
        (lambda: tree.leaves("params", {"a": [1.0]}), TypeError, r"params\['a.0'\]: .* got float"),
        (lambda: tree.pick_gradients(P, {"cell": {}}), ValueError, "gradient for 'cell.W'"),
        (lambda: tree.pick_gradients(P, {}), ValueError, "grads: .* for 'cell', found none"),
        (lambda: tree.pick_gradients(P, {"cell": np.ones(2)}), ValueError, "for 'cell.W'"),
        (lambda: tree.pick_gradients(P, np.ones(2)), ValueError, "for 'cell'"),
        (
            lambda: tree.pick_gradients(P, {"cell": {"dW": np.ones(3)}}),
            ValueError,
            r"grads\['cell.W'\]: .* N0 = 2 as in params\['cell.W'\]",
        ),
        (
            lambda: tree.pick_gradients(P, {"cell": {"dW": {"deeper": np.ones(2)}}}),
            ValueError,
            r"grads: expected arrays named \['cell.W'\] as in params, got \['cell.W.deeper'\]",
        ),
        (
            lambda: tree.leaves("params", {"a.b": np.ones(1), "a": {"b": np.ones(1)}}),
            ValueError,
            "params: expected one array of each name, got two 'a.b'",
        ),
        (
            lambda: tree.leaves("params", {1: np.ones(1), "1": np.ones(1)}),
            ValueError,
            r"keys: expected keys that differ as text, got \[1, '1'\]",
        ),
        (lambda: tree.rebuild(P, {}), ValueError, "arrays: expected an array for 'cell.W', found"),
        (lambda: tree.pick_gradients({}, {}), ValueError, "params: expected at least one"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
