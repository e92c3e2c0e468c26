"""Chapter 05, GRU and the gated family."""

from tests.exercises import RIGHT, change

AFTER = ("x_n + r * m", "x_n + (r * h) @ W_hh[2 * h.shape[1] :].T + b_hh[2 * h.shape[1] :]")

ANSWERS = [
    # 5.5: the reset gate after the product
    ("repair", RIGHT, change(("(1 - z) * n + z * h", "n + z * (h - n)"))),
    ("repair", "the reset gate comes after the product", change(AFTER)),
    (
        "repair",
        "Which gate resets",
        change(("r * m", "z * m"), ("(1 - z) * n + z * h", "(1 - r) * n + r * h")),
    ),
    ("repair", "the other convention", change(("(1 - z) * n + z * h", "z * n + (1 - z) * h"))),
    ("repair", "single precision", change(("+ z * h ", "+ z * h.astype(np.float32) "))),
    ("repair", "never negative", change(("np.tanh(", "sigmoid("))),
    # 5.7: weights that are whole numbers are weights
    (
        "before-after",
        RIGHT,
        change(("W_hh = np.zeros((3 * H, H))", "W_hh = np.zeros((3 * H, H), int)")),
    ),
    # 5.8: the gate acts in two places
    ("mgu", RIGHT, change(("(1 - f) * h + f * n", "h + f * (n - h)"))),
    ("mgu", "df begins with n - h", change(("(n - h)", "(h - n)"))),
    ("mgu", "df has two terms", change((" + d_fh * h ", " "))),
    ("mgu", "The direct way", change(("dh_next * (1 - f) + d_fh", "d_fh"))),
    ("mgu", "multiplies f * h, not h", change(("da_n.T @ (f * h)", "da_n.T @ h"))),
    ("mgu", "not what is kept", change(("(1 - f) * h + f * n", "f * h + (1 - f) * n"))),
]
