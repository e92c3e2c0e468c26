"""What a step of a recurrent layer costs, in arithmetic: a count, not a measurement."""

from __future__ import annotations

from course_pkg.checks import check_size


def step_flops(I: int, H: int, gates: int) -> int:
    """Count the additions and multiplications in the matrix products of one step.

    Parameters
    ----------
    I, H : int
        Input and hidden size.
    gates : int
        Number of row blocks of the weights, G: 1 for the plain network, 2 for the minimal gated
        unit, 3 for the GRU, 4 for the LSTM.

    Returns
    -------
    int
        For one sequence; a product of two numbers and its addition to a sum count as 2. Biases,
        gates and nonlinearities are left out: they grow with H, not with its square.

    Notes
    -----
    Equation: eq-step-flops

    Examples
    --------
    >>> [step_flops(64, 128, gates) for gates in (1, 3, 4)]
    [49152, 147456, 196608]
    """
    I, H, G = check_size("I", I), check_size("H", H), check_size("gates", gates)
    return 2 * G * H * (I + H)
