"""Chapter 03, vanishing and exploding gradients."""

from tests.exercises import RIGHT, change


def matrix(entries):
    return f"""
TURN = np.array([[0.6, -0.8], [0.8, 0.6]])

def deceptive_matrix(sigma, rho):
    return np.array({entries})
"""


def clipping(clipped, norm="total"):
    return lambda solution: (
        f"""
def clip_by_global_norm(grads, max_norm):
    norms = [np.linalg.norm(g) for g in grads]
    entries = np.concatenate([np.ravel(g) for g in grads])
    total = np.linalg.norm(entries)
    return [{clipped} for g in grads], {norm}


def train{solution.partition("def train")[2]}
"""
    )


FATES = ["vanishes", "vanishes", "explodes"]
BIASES = "zeros = rng.uniform(-1, 1, H) / np.sqrt(H)"


def slopes(values="np.log([0.9, 0.8, 1.1])", fates="FATES"):
    return f"""
FATES = {FATES}

def slopes_of_three():
    return {values}

def fate_of_three():
    return {fates}
"""


def training(
    step="weights, clipped, 0.3",
    batch="batch(20, rng)",
    again="pass",
    result="losses, norms",
    start="(2.0, 1.0)",
):
    return f"""
def clip_by_global_norm(grads, max_norm):
    norm = np.sqrt(sum(np.vdot(g, g) for g in grads))
    return [g * min(1.0, max_norm / max(norm, 1e-300)) for g in grads], norm

def train(gain, max_norm, seed, updates=200):
    rng = np.random.default_rng(seed)
    weights = start(gain, rng)
    {again}
    once = batch(20, rng) if "once" in {batch!r} else None
    losses, norms = np.zeros(updates), np.zeros(updates)
    for k in range(updates):
        losses[k], grads = loss_and_gradients(weights, *({batch}))
        clipped, norm = clip_by_global_norm(grads, max_norm)
        norms[k] = norm
        old, down, rate = {step}
        weights = [w - rate * g for w, g in zip(old, down)]
    return {result}

def my_start():
    return {start}
"""


def needing(share):
    return (
        "np.linalg.norm(missing, axis=(1, 2)) / np.linalg.norm(\n        parts.sum(axis=0)\n    )",
        f"{share} / np.linalg.norm(parts.sum(axis=0))",
    )


WHOLE, PARTIAL = "np.linalg.norm(parts.sum(axis=0))", "np.linalg.norm(parts.cumsum(0), axis=(1, 2))"
SCALED = "g * min(1.0, max_norm / {})"

ANSWERS = [
    # 3.1: three matrices
    (
        "three-slopes",
        RIGHT,
        slopes("(np.log(9 / 10), np.log(8) - np.log(10), np.log(11 / 10))", "np.array(FATES)"),
    ),
    ("three-slopes", RIGHT, slopes("[-0.10536, -0.22314, 0.09531]", "tuple(FATES)")),
    ("three-slopes", "the question asks for their logarithm", slopes("[0.9, 0.8, 1.1]")),
    ("three-slopes", "eigenvalues", slopes("np.log([0.9, 30.014, 1.1])")),
    ("three-slopes", "has a negative logarithm", slopes("-np.log([0.9, 0.8, 1.1])")),
    ("three-slopes", "has both eigenvalues", slopes("np.log([0.9, 0.5, 1.1])")),
    ("three-slopes", "Natural logarithm", slopes("np.log10([0.9, 0.8, 1.1])")),
    ("three-slopes", "W_b is too high", slopes("np.log([0.9, 0.9, 1.1])")),
    ("three-slopes", "first grow above 30", slopes(fates="['vanishes', 'explodes', 'explodes']")),
    ("three-slopes", "expected 'vanishes' or", slopes(fates="['v', 'v', 'e']")),
    ("three-slopes", "1 of 2 points: right so far is the change", slopes(fates="FATES[::-1]")),
    # 3.2: the corner may be anything that is large enough
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
    # 3.3: a gradient before training
    (
        "step-0",
        RIGHT,
        """
def log_lengths(dh_n, slopes, W_hh):
    T, B, H = slopes.shape
    lengths = np.zeros(T + 1)
    for b in range(B):
        column = dh_n[b]
        lengths[0] += 0.5 * np.log(column @ column) / B
        for n in range(1, T + 1):
            column = W_hh.T @ np.diag(slopes[T - n, b]) @ column
            lengths[n] += 0.5 * np.log(column @ column) / B
    return list(lengths)

def predicted_rate(slopes, W_hh):
    J = slopes[..., None] * W_hh
    return np.log(np.sqrt(np.mean(np.sum(J**2, axis=(2, 3)) / len(W_hh))))
""",
    ),
    ("step-0", RIGHT, change(("(slope * dh) @ W_hh", "np.einsum('bi,ij->bj', slope * dh, W_hh)"))),
    ("step-0", "without a transpose", change(("(slope * dh) @ W_hh", "(slope * dh) @ W_hh.T"))),
    ("step-0", "The slopes are turned round", change(("slopes[::-1]", "slopes"))),
    ("step-0", "The slopes are missing", change(("(slope * dh)", "dh"))),
    ("step-0", "come before the matrix", change(("(slope * dh) @ W_hh", "slope * (dh @ W_hh)"))),
    ("step-0", "Lag 0, the last state", change(("return np.array(found)", "return found[::-1]"))),
    ("step-0", "not for the batch", change(("dh, axis=1)).mean()", "dh))"))),
    ("step-0", "of each length, then", change(("axis=1)).mean()", "axis=1).mean())"))),
    ("step-0", "Take their logarithm", change(("np.array(found)", "np.exp(found)"))),
    ("step-0", "to base 10", change(("np.log(np.linalg", "np.log10(np.linalg"))),
    (
        "step-0",
        "writes into dh_n",
        change(("dh, found = dh_n, []", "dh_n *= 2; dh, found = dh_n / 2, []")),
    ),
    (
        "step-0",
        "expected shape (9,), got (8,)",
        change(("np.array(found)", "np.array(found[:-1])")),
    ),
    ("step-0", "The half is missing", change(("0.5 * np.log((slopes", "np.log((slopes"))),
    (
        "step-0",
        "r is its logarithm",
        change(
            (
                "0.5 * np.log((slopes**2 * row_squares).mean())",
                "np.sqrt((slopes**2 * row_squares).mean())",
            )
        ),
    ),
    (
        "step-0",
        "sum the squares over j",
        change(("(W_hh**2).sum(axis=1)", "(W_hh**2).sum(axis=0)")),
    ),
    ("step-0", "Square the slopes", change(("slopes**2", "slopes"))),
    ("step-0", "2 of 3 points", change(("row_squares).mean()", "row_squares).sum()"))),
    # 3.4: a safe switch
    (
        "switch",
        RIGHT,
        """
def switch_factor(w):
    u = 30.0
    for _ in range(20_000):
        u = w * np.tanh(u)
    return 2 * u / np.sinh(2 * u)

def steps_until(w, eps):
    n, f = 0, switch_factor(w)
    while f**n >= eps:
        n += 1
    return n
""",
    ),
    ("switch", RIGHT, change(("1 - h**2", "(1 - h) * (1 + h)"), ("int(np.floor(", "(np.floor("))),
    ("switch", "The factor w from inside", change(("w * (1 - h**2)", "1 - h**2"))),
    ("switch", "The slope of tanh is missing", change(("w * (1 - h**2)", "w"))),
    ("switch", "h* is a tanh already", change(("1 - h**2", "1 - np.tanh(h) ** 2"))),
    ("switch", "not 1 - h*", change(("1 - h**2", "1 - h"))),
    ("switch", "the resting point itself", change(("w * (1 - h**2)", "h"))),
    ("switch", "not to the start", change(("range(5000)", "range(1)"))),
    ("switch", "One step too early", change((" + 1", ""))),
    ("switch", "One step too late", change((" + 1", " + 2"))),
    ("switch", "1 of 2 points: right so far is the factor", change((" + 1", " + 9"))),
    ("switch", "is not the first n", change(("np.log(eps)", "np.log(1e-6)"))),
    # 3.5: three bugs
    (
        "irnn",
        RIGHT,
        """
def irnn_states(x, H, rng):
    read = x @ (0.001 * rng.normal(size=(H, x.shape[2]))).T
    states, h = [], np.zeros((x.shape[1], H))
    for a in read:
        h = np.maximum(a + h, 0)
        states.append(h)
    return np.stack(states)
""",
    ),
    ("irnn", RIGHT, change(("np.eye(H)", "initialization.identity(H)"))),
    ("irnn", "The recurrent matrix is full of ones", change(("np.eye(H)", "np.ones((H, H))"))),
    ("irnn", "still tanh", change((', nonlinearity="relu"', ""))),
    (
        "irnn",
        "The biases are not 0",
        change(("zeros = np.zeros(H)", BIASES), ("zeros, zeros", "zeros, 0 * zeros")),
    ),
    (
        "irnn",
        "One of three found: the matrix",
        change(
            ("zeros = np.zeros(H)", BIASES),
            ("zeros, zeros", "zeros, 0 * zeros"),
            (', nonlinearity="relu"', ""),
        ),
    ),
    ("irnn", "expected shape", change(("return y", "return y[-1]"))),
    ("irnn", "the values are not", change(("0.001", "0.01"))),
    # 3.6: each mistake has its own hint; a training of one's own
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
    (
        "global-norm",
        "Your function writes",
        change(("[scale * g for g", "[np.multiply(g, scale, out=g) for g")),
    ),
    ("global-norm", RIGHT, training("weights, grads, 0.3 * min(1, max_norm / norm)")),
    ("global-norm", RIGHT, training(start="(1.5, 1)")),
    ("global-norm", "The gradients are not clipped", training("weights, grads, 0.3")),
    ("global-norm", "Keep the new weights", training("weights, clipped, 0.0")),
    ("global-norm", "The rate is 0.3", training("weights, clipped, 0.01")),
    ("global-norm", "This goes uphill", training("weights, clipped, -0.3")),
    ("global-norm", "must not be lengthened", training("weights, grads, 0.3 * max_norm / norm")),
    (
        "global-norm",
        "Draw a new batch",
        training(batch="batch(20, np.random.default_rng(0)) if 0 else once"),
    ),
    ("global-norm", "One generator", training(again="rng = np.random.default_rng(seed)")),
    ("global-norm", "The losses come first", training(result="norms, losses")),
    (
        "global-norm",
        "These are the norms after",
        training(result="losses, np.minimum(norms, max_norm)"),
    ),
    ("global-norm", "expected 2 values", training(result="losses")),
    (
        "global-norm",
        "4 of 5 points: right so far are clipping and the",
        training(start="(2.0, 1e6)"),
    ),
    ("global-norm", "on seed 0; expected below 0.1", training(start="(0.5, 1.0)")),
    ("global-norm", "on seed 1; expected below 0.1", training(start="(1.0, 1.0)")),
    ("global-norm", "has to be a number above 0", training(start="(2.0, None)")),
    # 3.8: norms of sums
    ("lag-parts", RIGHT, change(needing("np.sqrt((missing**2).sum(axis=(1, 2)))"))),
    (
        "lag-parts",
        RIGHT,
        """
def parts_by_lag(dh_n, states, W_hh):
    T, dh = len(states) - 1, 1.0 * dh_n
    parts = np.zeros((T, *W_hh.shape))
    for n in range(T):
        for b in range(len(dh)):
            dh[b] = (1 - states[T - n, b] ** 2) * dh[b]
            parts[n] += np.outer(dh[b], states[T - n - 1, b])
            dh[b] = W_hh.T @ dh[b]
    return parts

def lags_needed(parts, eps):
    whole, count = sum(parts), 0
    missing = whole
    while np.linalg.norm(missing) >= eps * np.linalg.norm(whole):
        missing, count = missing - parts[count], count + 1
    return count
""",
    ),
    ("lag-parts", "delta^a, not delta^h", change(("da.T @ states", "dh.T @ states"))),
    (
        "lag-parts",
        "Lag 0 belongs to the last",
        change(("np.stack(parts)", "np.stack(parts[::-1])")),
    ),
    ("lag-parts", "the state before the step", change(("states[k - 1])", "states[k])"))),
    ("lag-parts", "row i is of unit i", change(("da.T @ states[k - 1]", "states[k - 1].T @ da"))),
    ("lag-parts", "how many parts", change(("[0]) + 1", "[0])"))),
    (
        "lag-parts",
        "writes into dh_n or states",
        change(("return np.stack(parts)", "dh_n += 1\n    return np.stack(parts)")),
    ),
    ("lag-parts", "2 of 3 points: right so far is the cut", change(("[0]) + 1", "[0]) + 3"))),
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
