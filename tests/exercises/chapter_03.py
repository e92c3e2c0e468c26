"""Chapter 03, vanishing and exploding gradients."""

from tests.exercises import RIGHT, change


def matrix(entries):
    return f"""
TURN = np.array([[0.6, -0.8], [0.8, 0.6]])

def deceptive_matrix(sigma, rho):
    return np.array({entries})
"""


def clipping(clipped, norm="total"):
    return f"""
def clip_by_global_norm(grads, max_norm):
    norms = [np.linalg.norm(g) for g in grads]
    entries = np.concatenate([np.ravel(g) for g in grads])
    total = np.linalg.norm(entries)
    return [{clipped} for g in grads], {norm}
"""


def needing(share):
    return (
        "np.linalg.norm(missing, axis=(1, 2)) / np.linalg.norm(\n        parts.sum(axis=0)\n    )",
        f"{share} / np.linalg.norm(parts.sum(axis=0))",
    )


WHOLE, PARTIAL = "np.linalg.norm(parts.sum(axis=0))", "np.linalg.norm(parts.cumsum(0), axis=(1, 2))"
SCALED = "g * min(1.0, max_norm / {})"

ANSWERS = [
    # 3.2: the largest singular value
    ("sigmoid-bound", RIGHT, change(("np.linalg.norm(W_hh, ord=2)", "np.linalg.svd(W_hh)[1][0]"))),
    ("sigmoid-bound", "not a sum of entries", change(("ord=2", "ord=1"))),
    ("sigmoid-bound", "the value is not right", change(("ord=2", "ord=np.inf"))),
    (
        "sigmoid-bound",
        "largest entry",
        change(("np.linalg.norm(W_hh, ord=2)", "np.abs(W_hh).max()")),
    ),
    # 3.4: the corner may be anything that is large enough
    ("deceptive", RIGHT, matrix("[[rho, sigma], [0, rho / 2]]")),
    ("deceptive", RIGHT, matrix("[[rho, 10 * sigma], [0, rho]]")),
    ("deceptive", RIGHT, matrix("[[rho, 0], [1000, rho]]")),
    ("deceptive", RIGHT, matrix("[[rho, 1e6 * sigma], [0, rho]]")),
    ("deceptive", RIGHT, matrix("[[-rho, 1e6 * sigma], [0, rho]]")),
    ("deceptive", RIGHT, matrix("[[0, sigma], [rho**2 / sigma, 0]]")),
    ("deceptive", RIGHT, matrix("TURN @ [[0, sigma], [rho**2 / sigma, 0]] @ TURN.T")),
    ("deceptive", RIGHT, matrix("[[rho + 9 * sigma, 9 * sigma], [-9 * sigma, rho - 9 * sigma]]")),
    ("deceptive", "Did the corner go to the diagonal", matrix("[[sigma, rho], [0, rho]]")),
    ("deceptive", "Both eigenvalues are 0", matrix("[[0, sigma], [0, 0]]")),
    ("deceptive", "shrinks faster than asked", matrix("[[rho / 2, sigma], [0, rho / 2]]")),
    ("deceptive", "Make the corner larger", matrix("[[rho, 1.0], [0, rho]]")),
    ("deceptive", "Make the corner larger", matrix("[[rho, 0.99 * sigma], [0, 0]]")),
    ("deceptive", "spectral radius", matrix("[[rho + 0.01, 1e9], [0, rho]]")),
    ("deceptive", "spectral radius", matrix("[[rho, 1e9], [1e-4, rho]]")),
    # 3.6: each mistake has its own hint
    ("global-norm", RIGHT, clipping(SCALED.format("max(total, 1e-300)"))),
    ("global-norm", RIGHT, clipping("g * max_norm / max(total, max_norm)")),
    ("global-norm", "this is clipping by value", clipping("np.clip(g, -max_norm, max_norm)")),
    (
        "global-norm",
        "Each array was clipped by itself",
        clipping(SCALED.format("max(np.linalg.norm(g), 1e-9)")),
    ),
    ("global-norm", "the largest norm of one array", clipping("g", "max(norms)")),
    ("global-norm", "This is the largest entry", clipping("g", "np.abs(entries).max()")),
    ("global-norm", "These are added norms", clipping("g", "sum(norms)")),
    ("global-norm", "The root is missing", clipping("g", "total**2")),
    ("global-norm", "largest norm of an array", clipping(SCALED.format("max(norms)"))),
    ("global-norm", "Scaled by the largest entry", clipping(SCALED.format("entries.max()"))),
    ("global-norm", "It has to be max_norm", clipping("g / total")),
    ("global-norm", "Nothing was clipped", clipping("g")),
    ("global-norm", "must not be lengthened", clipping("g * max_norm / total")),
    ("global-norm", "0 / 0 is no number", clipping("g / total * min(total, max_norm)")),
    # 3.8: norms of sums
    ("lag-parts", RIGHT, change(needing("np.sqrt((missing**2).sum(axis=(1, 2)))"))),
    ("lag-parts", "without a transpose", change(("da @ W_hh", "da @ W_hh.T"))),
    ("lag-parts", "Equal norms are not equal sums", change(needing(f"abs({WHOLE} - {PARTIAL})"))),
    (
        "lag-parts",
        "not the difference of the norms",
        change(needing(f"({WHOLE} - {PARTIAL})")),
    ),
    (
        "lag-parts",
        "Use the Frobenius norm",
        change(needing("np.linalg.norm(missing, 2, axis=(1, 2))")),
    ),
]
