"""Where training starts: how weights and gate biases are drawn."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from course_pkg.checks import check_generator, check_number, check_size
from course_pkg.reference.checks import Array, check_fits

DType = npt.DTypeLike


def _check(n_out: int, n_in: int, rng: np.random.Generator, dtype: DType) -> np.dtype[Any]:
    check_size("n_out", n_out)
    check_size("n_in", n_in)
    check_generator(rng)
    return check_dtype(dtype)


def check_dtype(dtype: DType) -> np.dtype[Any]:
    """Return float32 or float64 as a dtype object, or raise."""
    try:
        found = np.dtype(dtype)
    except TypeError as error:
        raise TypeError(f"dtype: expected float32 or float64, got {dtype!r}") from error
    if found not in (np.float32, np.float64):
        raise TypeError(f"dtype: expected float32 or float64, got {found}")
    return found


def _cast(name: str, value: float, weights: Array, dtype: np.dtype[Any]) -> Array:
    """Change the dtype; ``value`` is the argument to blame if it is too large for that."""
    with np.errstate(over="ignore"):
        cast = weights.astype(dtype)
    check_fits(name, value, cast, "weights that")
    return cast


def xavier_uniform(
    n_out: int,
    n_in: int,
    rng: np.random.Generator,
    *,
    gain: float = 1.0,
    dtype: DType = np.float64,
) -> Array:
    """Draw a weight matrix that keeps the variance of signals and of gradients about the same.

    Parameters
    ----------
    n_out, n_in : int
        Rows and columns. For stacked gates draw each gate by itself and join them: one draw of
        (4H, I) would take all gates for one output and start too small.
    rng : numpy.random.Generator
    gain : float, above 0
        Makes up for the shrinking of the activation that follows.
    dtype : float32 or float64

    Returns
    -------
    W : ndarray, (n_out, n_in)

    Notes
    -----
    Uniform in [-a, a] with ``a = gain sqrt(6 / (n_in + n_out))``, so that the variance is
    ``gain^2 2 / (n_in + n_out)``.

    Source: :cite:t:`glorot2010`.

    Examples
    --------
    >>> W = xavier_uniform(200, 100, np.random.default_rng(0))
    >>> bool(abs(W).max() <= np.sqrt(6 / 300)), round(float(W.var() * 300 / 2), 1)
    (True, 1.0)
    """
    found = _check(n_out, n_in, rng, dtype)
    bound = check_number("gain", gain, "(0, inf)") * math.sqrt(6 / (n_in + n_out))
    check_fits("gain", gain, np.asarray(2 * bound), "weights that")
    return _cast("gain", gain, rng.uniform(-bound, bound, (n_out, n_in)), found)


def xavier_normal(
    n_out: int,
    n_in: int,
    rng: np.random.Generator,
    *,
    gain: float = 1.0,
    dtype: DType = np.float64,
) -> Array:
    """Draw like :func:`xavier_uniform`, with the same variance, from a normal distribution.

    Parameters
    ----------
    n_out, n_in, rng, gain, dtype
        As for :func:`xavier_uniform`.

    Returns
    -------
    W : ndarray, (n_out, n_in)

    Notes
    -----
    Normal with mean 0 and variance ``gain^2 2 / (n_in + n_out)``.

    Source: :cite:t:`glorot2010`.

    Examples
    --------
    >>> W = xavier_normal(200, 100, np.random.default_rng(0))
    >>> round(float(W.var() * 300 / 2), 1)
    1.0
    """
    found = _check(n_out, n_in, rng, dtype)
    std = check_number("gain", gain, "(0, inf)") * math.sqrt(2 / (n_in + n_out))
    return _cast("gain", gain, std * rng.standard_normal((n_out, n_in)), found)


def orthogonal(
    n_out: int,
    n_in: int,
    rng: np.random.Generator,
    *,
    gain: float = 1.0,
    dtype: DType = np.float64,
) -> Array:
    """Draw a matrix that only rotates and reflects: all its singular values equal ``gain``.

    Parameters
    ----------
    n_out, n_in, rng, dtype
        As for :func:`xavier_uniform`.
    gain : float, above 0

    Returns
    -------
    W : ndarray, (n_out, n_in)
        ``W^T W = gain^2`` times the identity, or ``W W^T`` if there are more columns than rows.

    Notes
    -----
    Equation: eq-orthogonal-init

    The factor Q of a QR decomposition of normal numbers. A decomposition may choose the sign of
    each column of Q; giving R a positive diagonal takes that choice away and makes Q uniform
    over all orthogonal matrices (the Haar measure).

    Source: :cite:t:`saxe2014`; the signs: :cite:t:`mezzadri2007`.

    Examples
    --------
    >>> W = orthogonal(3, 3, np.random.default_rng(0), gain=2.0)
    >>> np.linalg.svd(W, compute_uv=False).round(6)
    array([2., 2., 2.])
    """
    found = _check(n_out, n_in, rng, dtype)
    gain = check_number("gain", gain, "(0, inf)")
    tall = (max(n_out, n_in), min(n_out, n_in))
    Q, R = np.linalg.qr(rng.standard_normal(tall))
    Q = Q * np.where(np.diag(R) < 0, -1.0, 1.0)  # one sign per column
    return _cast("gain", gain, gain * (Q if n_out >= n_in else Q.T), found)


def identity(H: int, *, scale: float = 1.0, dtype: DType = np.float64) -> Array:
    """Make a recurrent matrix that at first keeps the state as it is.

    Parameters
    ----------
    H : int
        Hidden size.
    scale : float, above 0
    dtype : float32 or float64

    Returns
    -------
    W_hh : ndarray, (H, H)

    Notes
    -----
    Equation: eq-irnn-init

    Source: :cite:t:`le2015`, who use it with ReLU and biases of 0.

    Examples
    --------
    >>> identity(2)
    array([[1., 0.],
           [0., 1.]])
    """
    scale = check_number("scale", scale, "(0, inf)")
    return _cast("scale", scale, scale * np.eye(check_size("H", H)), check_dtype(dtype))


def forget_bias(H: int, value: float = 1.0, *, dtype: DType = np.float64) -> Array:
    """Make an LSTM bias that opens the forget gate: at first the cell keeps its memory.

    Parameters
    ----------
    H : int
        Hidden size.
    value : float
        The bias of the forget gate; the others get 0.
    dtype : float32 or float64

    Returns
    -------
    b : ndarray, (4H,)
        In the order i, f, g, o, for one of the two biases; the other one should be 0, because
        the two are added.

    Notes
    -----
    Equation: eq-lstm-forget-bias

    Source: the idea, :cite:t:`gers2000`, with other values; 1 for every unit,
    :cite:t:`jozefowicz2015`.

    Examples
    --------
    >>> forget_bias(2)
    array([0., 0., 1., 1., 0., 0., 0., 0.])
    """
    b = np.zeros(4 * check_size("H", H), dtype=check_dtype(dtype))
    value = check_number("value", value, "(-inf, inf)")
    b[H : 2 * H] = _cast("value", value, np.full(H, value), b.dtype)
    return b


def chrono_bias(
    H: int, T_max: float, rng: np.random.Generator, *, dtype: DType = np.float64
) -> Array:
    """Draw LSTM biases whose memory times spread from one step to ``T_max`` steps.

    Parameters
    ----------
    H : int
        Hidden size.
    T_max : float, at least 2
        The longest dependency that is expected, in time steps.
    rng : numpy.random.Generator
    dtype : float32 or float64

    Returns
    -------
    b : ndarray, (4H,)
        In the order i, f, g, o, for one of the two biases; the other one should be 0.

    Notes
    -----
    ``b_f = log(u)`` with u uniform in [1, T_max - 1], ``b_i = -b_f``. A forget gate with bias
    log u is open by u / (u + 1), so what the cell holds fades with a time constant of about u
    steps.

    Equation: eq-lstm-chrono

    Source: :cite:t:`tallecollivier2018`.

    Examples
    --------
    >>> b = chrono_bias(3, T_max=100, rng=np.random.default_rng(0))
    >>> b.reshape(4, 3).round(2)
    array([[-4.15, -3.31, -1.61],
           [ 4.15,  3.31,  1.61],
           [ 0.  ,  0.  ,  0.  ],
           [ 0.  ,  0.  ,  0.  ]])
    """
    b = np.zeros(4 * check_size("H", H), dtype=check_dtype(dtype))
    check_generator(rng)
    b_f = np.log(rng.uniform(1, check_number("T_max", T_max, "[2, inf)") - 1, H))  # (H,)
    b[:H], b[H : 2 * H] = -b_f, b_f
    return b
