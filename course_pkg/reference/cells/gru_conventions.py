"""Two published conventions of the GRU's update gate, and the exact way between them."""

from __future__ import annotations

from typing import TypeVar

from course_pkg.reference.cells import gru, gru_reset_before
from course_pkg.reference.checks import Shapes, check_params

Params = TypeVar("Params", gru.Params, gru_reset_before.Params)


def negate_update_gate(params: Params) -> Params:
    """Convert parameters between the two conventions of the update gate.

    Here, in torch and in Keras ``h_next = (1 - z) * n + z * h``: z is how much is kept. Elsewhere
    ``h_next = z * n + (1 - z) * h``: z is how much is replaced. Since
    ``1 - sigmoid(a) = sigmoid(-a)``, parameters trained with one convention give the same network
    under the other once the z rows change their sign.

    Parameters
    ----------
    params : gru.Params or gru_reset_before.Params
        In either convention.

    Returns
    -------
    Params
        In the other, copied; of the same type. Twice is the identity, to the last bit.

    Notes
    -----
    Equation: eq-gru-other-update

    Source: z is what is kept in :cite:t:`cho2014`, the conference paper, and what is replaced in
    :cite:t:`chung2014` and :cite:t:`bahdanau2015`.

    Examples
    --------
    >>> import numpy as np
    >>> params = gru.Params(np.ones((3, 1)), np.ones((3, 1)), np.array([1.0, 2.0, 3.0]), np.ones(3))
    >>> negate_update_gate(params).b_ih
    array([ 1., -2.,  3.])
    """
    check_params(Shapes(), params, gru.Params._fields, gates=3)
    if not isinstance(params, (gru.Params, gru_reset_before.Params)):
        kind = f"{type(params).__module__}.{type(params).__qualname__}"
        raise TypeError(f"params: expected gru.Params or gru_reset_before.Params, got {kind}")
    H = params.W_hh.shape[1]
    turned = type(params)(*(array.copy() for array in params))
    for array in turned:
        array[H : 2 * H] *= -1
    return turned
