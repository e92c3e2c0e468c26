"""Chapter 05, GRU and the gated family."""

from tests.exercises import RIGHT, change

STEP = "(1 - z) * n + z * h  #"
AFTER = ("x_n + r * m", "x_n + (r * h) @ W_hh[2 * h.shape[1] :].T + b_hh[2 * h.shape[1] :]")

UNITS_BY_TRIAL = """
def operations(cell, T, I, H):
    rows = {"rnn": H, "mgu": 2 * H, "gru": 3 * H, "lstm": 4 * H}[cell]
    return float(T * (2 * rows * I + 2 * rows * H))


def matched_units(cell, I, budget):
    best = 1
    for H in range(1, 200):
        if abs(size(cell, I, H) - budget) < abs(size(cell, I, best) - budget):
            best = H
    return np.int64(best)


def size(cell, I, H):
    return ("rnn", "mgu", "gru", "lstm").index(cell) * H * (H + I + 2) + H * (H + I + 2)
"""

FIT_BY_LSTSQ = """
def smoothing_gru(tau, H):
    z, I = float(np.exp(-1 / tau)), H
    W_ih = np.vstack([np.ones((H, I)), np.zeros((H, I)), np.eye(H)])  # r matters to nobody
    b_hh = np.concatenate([np.ones(H), np.full(H, -np.log(1 / z - 1)), np.zeros(H)])
    return W_ih, np.zeros((3 * H, H)), np.zeros(3 * H), b_hh


def fit_time_constant(x, y):
    left, right = [], []
    before = 0 * y[0]
    for x_t, y_t in zip(x, y):
        left += list((y_t - np.tanh(x_t)).ravel())
        right += list((before - np.tanh(x_t)).ravel())
        before = y_t
    (z,), *_ = np.linalg.lstsq(np.array(right)[:, None], np.array(left), rcond=None)
    return np.array(-1 / np.log(z))
"""

ANSWERS_TO_WEIGHTS = """
def from_other_update(params):
    signs = np.repeat([1.0, -1.0, 1.0], len(params.b_ih) // 3)
    return [array * (signs[:, None] if array.ndim == 2 else signs) for array in params]


def counter_example():
    # Unit 1 hears itself; its own gate is shut, so before and after it hears nothing. Unit 2
    # hears unit 1: after, its own gate is open, before, that of unit 1 is shut.
    W_hh = np.zeros((6, 2))
    W_hh[5, 0] = 5
    b_hh = np.array([-50.0, 50.0, -50.0, -50.0, 0, 0])
    return (np.zeros((6, 3)), W_hh, np.zeros(6), b_hh), np.ones((1, 3)), [[-1, 0]]


def to_before(params):
    H = len(params.b_ih) // 3
    rho = np.diag(sigmoid(params.b_ih + params.b_hh)[:H])
    W = rho @ params.W_hh[2 * H :] @ np.linalg.inv(rho)
    b = rho @ params.b_hh[2 * H :]
    return (
        params.W_ih,
        np.concatenate([params.W_hh[: 2 * H], W]),
        params.b_ih,
        np.concatenate([params.b_hh[: 2 * H], b]),
    )
"""

BUGS_BLOCK_BY_BLOCK = """
def repaired_step(x, h, params):
    H = h.shape[1]
    a, b = params.W_ih @ x.T + params.b_ih[:, None], params.W_hh @ h.T + params.b_hh[:, None]
    r, z = 1 / (1 + np.exp(-(a + b)[: 2 * H])).reshape(2, H, -1)
    n = np.tanh(a[2 * H :] + r * b[2 * H :])
    return (n + z * (h.T - n)).T


def backward_step(dh_next, x, h, params, gates):
    W_ih, W_hh, _, _ = params
    r, z, n, m = gates
    H = h.shape[1]
    da_n = dh_next * (1 - z) * (1 - n**2)
    da = [da_n * m * r * (1 - r), dh_next * (h - n) * z * (1 - z), da_n]
    back = [da[0], da[1], da_n * r]
    dh, dx = dh_next * z, np.zeros_like(x)
    for k in range(3):
        rows = slice(k * H, (k + 1) * H)
        dh = dh + back[k] @ W_hh[rows]
        dx = dx + da[k] @ W_ih[rows]
    return [
        dh,
        dx,
        np.vstack([np.einsum("bh,bi->hi", d, x) for d in da]),
        np.vstack([np.einsum("bh,bj->hj", d, h) for d in back]),
        np.hstack([d.sum(0) for d in da]),
        np.hstack([d.sum(0) for d in back]),
    ]
"""

MGU_AS_A_GRU = """
def mgu_step(x, h, params):
    W_ih, W_hh, b_ih, b_hh = params
    H = h.shape[1]
    f = sigmoid(x @ W_ih[:H].T + b_ih[:H] + h @ W_hh[:H].T + b_hh[:H])
    n = np.tanh(x @ W_ih[H:].T + b_ih[H:] + (f * h) @ W_hh[H:].T + b_hh[H:])
    return [h + f * (n - h), {"f": f, "n": n}]


def mgu_backward(dh_next, x, h, params, gates):
    W_ih, W_hh, _, _ = params
    f, n, H = gates["f"], gates["n"], h.shape[1]
    da_n = dh_next * f * (1 - n**2)
    d_fh = da_n @ W_hh[H:]
    da_f = (dh_next * n - dh_next * h + d_fh * h) * (f - f**2)
    dW_hh = np.zeros_like(W_hh)
    dW_hh[:H] = da_f.T @ h
    dW_hh[H:] = da_n.T @ (f * h)
    db = np.r_[da_f.sum(0), da_n.sum(0)]
    dh = dh_next - f * dh_next + f * d_fh + da_f @ W_hh[:H]
    return dh, da_f @ W_ih[:H] + da_n @ W_ih[H:], np.r_[da_f, da_n.T].T @ x, dW_hh, db, db
""".replace("np.r_[da_f, da_n.T].T @ x", "np.c_[da_f, da_n].T @ x")

RACE_WITH_LISTS = """
def updates_needed(curve, limit=0.02):
    pairs = list(curve)
    return next((count for count, error in pairs if error < limit), pairs[-1][0])


def race(train, seeds, H):
    H_lstm = min(range(1, H + 1), key=lambda n: abs(4 * n * (n + 4) - 3 * H * (H + 4)))
    needed = np.zeros((2, len(seeds)))
    for column, seed in enumerate(seeds):
        needed[1, column] = updates_needed(train("lstm", H_lstm, seed))
        needed[0, column] = updates_needed(train("gru", H, seed))
    return needed.tolist()


def lead(needed, t):
    logs = [math.log(b) - math.log(a) for a, b in zip(*needed)]
    S = len(logs)
    mean = sum(logs) / S
    error = math.sqrt(sum((l - mean) ** 2 for l in logs) / (S - 1) / S)
    return [math.exp(mean + sign * t * error) for sign in (0, -1, 1)]
"""

ANSWERS = [
    # 5.1: row blocks, biases, and the nearest size
    ("cost", RIGHT, UNITS_BY_TRIAL),
    ("cost", RIGHT, change(("2 * T * G * H * (I + H)", "T * G * (2 * H * I + 2 * H * H)"))),
    ("cost", "comes with an addition", change(("return 2 * T * G", "return T * G"))),
    ("cost", "there are T", change(("return 2 * T * G", "return 2 * G"))),
    ("cost", "in no matrix product", change(("(I + H)", "(I + H + 2)"))),
    ("cost", "three row blocks, not four", change(('"gru": 3', '"gru": 4'))),
    ("cost", "Each row block has two biases", change(("(I + 2)", "(I + 1)"), ("I + 2)", "I + 1)"))),
    (
        "cost",
        "One more unit comes nearer",
        change(("(below, below + 1)", "(below, below)")),
    ),
    (
        "cost",
        "Do not round the root",
        change(
            ("below = max(1, int(root))", "below = max(1, round(root))"),
            ("(below, below + 1)", "(below,)"),
        ),
    ),
    ("cost", "At least one unit", change(("max(1, int(root))", "int(root)"))),
    # 5.2: both gates, and the sign of the state
    ("predict", RIGHT, "def predicted_state():\n    return np.float32(0.69063)"),
    (
        "predict",
        RIGHT,
        """
def predicted_state():
    h = -1
    for x in (0, 1):
        z = 1 / (1 + np.exp(4 * x - 2))
        h = (1 - z) * np.tanh(2 * x + 0.5 * h) + z * h
    return h
""",
    ),
    ("predict", "z is what is kept", "def predicted_state():\n    return -0.3515"),
    ("predict", "The reset gate halves", "def predicted_state():\n    return 0.5653"),
    ("predict", "One more step is to go", "def predicted_state():\n    return -0.9359"),
    ("predict", "The state starts at -1, not at 0", "def predicted_state():\n    return 0.8491"),
    ("predict", "too high", "def predicted_state():\n    return 0.8"),
    ("predict", "too low", "def predicted_state():\n    return 0.5"),
    ("predict", "Carry more digits", "def predicted_state():\n    return 0.6915"),
    # 5.3: a gate that is a number, and the number back
    ("smoothing", RIGHT, FIT_BY_LSTSQ),
    ("smoothing", RIGHT, change(("(left * right).sum()", "np.vdot(left, right)"))),
    (
        "smoothing",
        "z and 1 - z are exchanged",
        change(("np.log(z / (1 - z))", "np.log((1 - z) / z)")),
    ),
    ("smoothing", "The sigmoid of the bias", change(("np.log(z / (1 - z))", "z"))),
    ("smoothing", "1 - 1/tau is close", change(("z = np.exp(-1 / tau)", "z = 1 - 1 / tau"))),
    ("smoothing", "two biases of a gate add up", change(("b_ih, np.zeros(3 * H))", "b_ih, b_ih)"))),
    (
        "smoothing",
        "second block of rows",
        change(("[0.0, np.log(z / (1 - z)), 0.0]", "[np.log(z / (1 - z)), 0.0, 0.0]")),
    ),
    (
        "smoothing",
        "the n rows of W_hh are 0",
        change(("W_ih, np.zeros((3 * H, H)), b_ih", "W_ih, W_ih, b_ih")),
    ),
    ("smoothing", "right so far is the GRU", change(("return -1 / np.log(z)", "return z"))),
    ("smoothing", "is positive", change(("return -1 / np.log(z)", "return 1 / np.log(z)"))),
    ("smoothing", "The candidate is tanh(x)", change(("n = np.tanh(x)", "n = x"))),
    (
        "smoothing",
        "the median of the ratios",
        change(("z = (", "z = np.median(left / right) or (")),
    ),
    (
        "smoothing",
        "The first step counts too",
        change(("left, right = y - n, before - n", "left, right = (y - n)[1:], (before - n)[1:]")),
    ),
    ("smoothing", "writes into x", change(("n = np.tanh(x)", "n = np.tanh(x, out=x)"))),
    # 5.4: what can be converted, and what cannot
    ("weights", RIGHT, ANSWERS_TO_WEIGHTS),
    (
        "weights",
        RIGHT,  # whole numbers are weights
        change(("W_hh = np.zeros((6, 2))", "W_hh = np.zeros((6, 2), int)")),
    ),
    ("weights", "Nothing was converted", change(("*= -1", "*= 1"))),
    ("weights", "These are the r rows", change(("p[H : 2 * H] *= -1", "p[:H] *= -1"))),
    ("weights", "Only the z rows", change(("p[H : 2 * H] *= -1", "p *= -1"))),
    ("weights", "two biases in each", change(("in converted:", "in converted[:3]:"))),
    (
        "weights",
        "from_other_update writes into W_ih",
        change(("*(p.copy() for p in params)", "*params")),
    ),
    ("weights", "has to lie between", change(("[[0.0, 0.9]]", "[[0.0, 1.9]]"))),
    ("weights", "hides the candidate", change(("-100.0, -100.0, 0.0", "100.0, 100.0, 0.0"))),
    ("weights", "gates that differ", change(("[-100.0, 100.0, -100", "[100.0, 100.0, -100"))),
    ("weights", "Whom does a shut", change(("W_hh[4, 1]", "W_hh[4, 0]"))),
    ("weights", "2 of 4 points", change(("rho[:, None] * W_hh[2 * H :] / rho", "W_hh[2 * H :]"))),
    (
        "weights",
        "The columns have to be divided",
        change(("W_hh[2 * H :] / rho\n", "W_hh[2 * H :]\n")),
    ),
    (
        "weights",
        "these are exchanged",
        change(("rho[:, None] * W_hh[2 * H :] / rho", "W_hh[2 * H :] * rho / rho[:, None]")),
    ),
    ("weights", "stands inside the bracket", change(("rho * b_hh[2 * H :]", "b_hh[2 * H :]"))),
    ("weights", "has two biases", change(("sigmoid(b_ih[:H] + b_hh[:H])", "sigmoid(b_ih[:H])"))),
    # 5.5: the reset gate after the product; the sign, and the other last block
    ("bugs", RIGHT, BUGS_BLOCK_BY_BLOCK),
    ("bugs", RIGHT, change((STEP, "n + z * (h - n)  #"))),
    ("bugs", "the reset gate comes after the product", change(AFTER)),
    (
        "bugs",
        "Which gate resets",
        change(("x_n + r * m", "x_n + z * m"), (STEP, "(1 - r) * n + r * h  #")),
    ),
    (
        "bugs",
        "its bias b_hn too",
        change(("x_n + r * m", "x_n + r * (m - b_hh[2 * h.shape[1] :]) + b_hh[2 * h.shape[1] :]")),
    ),
    ("bugs", "the other convention", change((STEP, "z * n + (1 - z) * h  #"))),
    ("bugs", "single precision", change(("+ z * h  #", "+ z * h.astype(np.float32)  #"))),
    ("bugs", "never negative", change(("np.tanh(", "sigmoid("))),
    ("bugs", "it can grow for ever", change((STEP, "(1 - z) * n + h  #"))),
    ("bugs", "has a sign", change(("(h - n)  # bug", "(n - h)  # bug"))),
    ("bugs", "r stands between", change(("dm = da_n * m, da_n * r", "dm = da_n * m, da_n"))),
    (
        "bugs",
        "Both bugs are still there",
        change(("(h - n)  # bug", "(n - h)  # bug"), ("da_n * m, da_n * r", "da_n * m, da_n")),
    ),
    ("bugs", "z * dh_next, is missing", change(("dh_next * z + da_h", "da_h"))),
    ("bugs", "has the factor z", change(("dh_next * z + da_h", "dh_next + da_h"))),
    ("bugs", "1 of 3 points", change(("da_h @ W_hh", "da_x @ W_hh"))),
    (
        "bugs",
        "was changed",
        change(("    da_n = dn", "    dh_next *= 1\n    h += 0.1\n    da_n = dn")),
    ),
    (
        "bugs",
        "`gru.step`",
        "def repaired_step(x, h, params):\n    return gru.step(x, h, params)[0]",
    ),
    # 5.6: the gate acts in two places
    ("mgu", RIGHT, MGU_AS_A_GRU),
    ("mgu", RIGHT, change(("(1 - f) * h + f * n", "h + f * (n - h)"))),
    ("mgu", "df begins with n - h", change(("(n - h)", "(h - n)"))),
    ("mgu", "df has two terms", change((" + d_fh * h ", " "))),
    ("mgu", "The direct way", change(("dh_next * (1 - f) + d_fh", "d_fh"))),
    ("mgu", "multiplies f * h, not h", change(("da_n.T @ (f * h)", "da_n.T @ h"))),
    ("mgu", "not what is kept", change(("(1 - f) * h + f * n", "f * h + (1 - f) * n"))),
    ("mgu", "before the product", change(("(f * h) @ W_hn.T)", "f * (h @ W_hn.T))"))),
    ("mgu", "has the factor f", change(("d_fh * f + da_f", "d_fh + da_f"))),
    ("mgu", "1 of 3 points", change(("return dh, da @ W_ih", "return dh, da_n @ W_ih[:5]"))),
    # 5.7: a race in pairs, with equal parameters
    ("race", RIGHT, "import math\n" + RACE_WITH_LISTS),
    ("race", RIGHT, change(('matched_units("lstm", 2, budget)', "round(H * 0.855)"))),
    ("race", "not below the limit", change(("error < limit", "error <= limit"))),
    ("race", "not the last or lowest", change(("            break", "            last = updates"))),
    (
        "race",
        "The lowest error is not asked for",
        change(
            (
                "    for pair in curve:",
                "    pairs = list(curve)\n"
                "    if min(error for _, error in pairs) >= limit:\n"
                "        return min(pairs, key=lambda pair: pair[1])[0]\n"
                "    for pair in pairs:",
            )
        ),
    ),
    ("race", "a third more parameters", change(('matched_units("lstm", 2, budget)', "H"))),
    ("race", "3/4 is too few", change(('matched_units("lstm", 2, budget)', "3 * H // 4"))),
    (
        "race",
        "The GRU's row comes first",
        change(
            ("    return np.array(", "    return np.flip("),
            ("\n        ]\n    )", "\n        ],\n        axis=0,\n    )"),
        ),
    ),
    ("race", "one run for each", change(("in seeds]", "in seeds[1:]]"))),
    ("race", "one run for each", change(("(cell, size, seed)", "(cell, size, seed + size)"))),
    ("race", "not `trained` itself", change(("train(cell, size, seed)", "[(0, size * seed)]"))),
    ("race", "LSTM over GRU", change(("needed[1] / needed[0]", "needed[0] / needed[1]"))),
    ("race", "ddof=1", change(("logs.std(ddof=1)", "logs.std()"))),
    ("race", "divided by the root of S", change((" / np.sqrt(len(logs))", ""))),
    ("race", "Where is t", change(("half = t * ", "half = "))),
    (
        "race",
        "the ratios themselves",
        change(
            ("logs = np.log(needed[1] / needed[0])", "logs = needed[1] / needed[0]"),
            (
                "np.exp(middle), np.exp(middle - half), np.exp(middle + half)",
                "middle, middle - half, middle + half",
            ),
        ),
    ),
]
