"""Chapter 06, training practice."""

from tests.exercises import RIGHT, change

STOP_BACKWARDS = """
def early_stop(losses, patience):
    def lowest_before(k):
        finite = [loss for loss in losses[:k] if loss == loss and loss < float("inf")]
        return min(finite, default=float("inf"))

    kept = None
    for k, loss in enumerate(losses):
        if loss < lowest_before(k):
            kept = k
        elif k - (-1 if kept is None else kept) > patience:
            return [kept, k + 1]
    return [kept, len(losses)]
"""

FIRST_IS_BEST = """
def early_stop(losses, patience):
    best, since, k = 0, 0, 0
    for k in range(1, len(losses)):
        best, since = (k, 0) if losses[k] < losses[best] else (best, since + 1)
        if since > patience:
            break
    return best, k + 1
"""

GRADIENT_BY_MATRICES = """
def predicted_floor():
    return [np.log(1 + 3 / np.e), np.e / (np.e + 3)]


def double_softmax_gradient(z, y):
    rows = []
    for row, right in zip(z, y):
        p = np.exp(row) / np.exp(row).sum()
        r = np.exp(p) / np.exp(p).sum()
        r[right] -= 1
        rows.append((np.diag(p) - np.outer(p, p)) @ r)
    return rows
"""

ADAM_WITHOUT_HATS = """
def adam_step(w, g, m, v, k, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m, v = m + (1 - beta1) * (g - m), v + (1 - beta2) * (g**2 - v)
    root = (1 - beta2**k) ** 0.5
    return [w - lr * root / (1 - beta1**k) * m / (np.sqrt(v) + eps * root), m, v]
"""

LOSS_ONE_BY_ONE = """
def masked_loss(scores, targets, lengths):
    dscores, total = np.zeros(scores.shape), 0
    for b, n in enumerate(lengths):
        for t in range(n):
            z = scores[t, b] - scores[t, b].max()
            p = np.exp(z) / np.exp(z).sum()
            total += np.log(np.exp(z).sum()) - z[targets[t, b]]
            p[targets[t, b]] -= 1
            dscores[t, b] = p
    return np.float64(total / sum(lengths)), dscores / sum(lengths)
"""

LOSS_BY_REPLACING = """
def masked_loss(scores, targets, lengths):
    behind = np.arange(len(scores))[:, None] >= lengths
    clean = np.where(behind[:, :, None], 0, scores)
    loss, cache = cross_entropy.forward(clean, np.where(behind, -100, targets))
    return loss, cross_entropy.backward(1.0, cache)
"""

WINDOWS_BY_VIEW = """
def repaired_windows(series, W):
    cut = len(series) * 4 // 5
    scaled = (series - np.mean(series[:cut])) / np.std(series[:cut])
    view = np.lib.stride_tricks.sliding_window_view
    return [view(scaled[:cut], W), view(scaled[cut:], W)]


def repaired_choice(valid, test):
    best = max(range(len(valid)), key=valid.__getitem__)
    return [best, test[best]]
"""

ALL_SHUFFLED = (
    "    return windows(train), windows(test)",
    "    a = windows(train)\n    return np.random.default_rng(0).permutation(a), windows(test)",
)

RESUME_BY_PICKLE = """
import pickle


def save(run):
    return {"run": pickle.dumps(run.__dict__)}


def resume(saved):
    run = Run(17)
    run.__dict__ = pickle.loads(saved["run"])
    return run
"""

SWEEP_BY_LISTS = """
def log_grid(low, high, per_decade):
    steps = int(np.log10(high / low) * per_decade + 0.5)
    return [low * 10 ** (k / per_decade) for k in range(steps + 1)]


def choose(losses):
    means = [sum(row) / len(row) if all(map(math.isfinite, row)) else 9e9 for row in losses]
    best = np.argsort(means)[0]
    return [best, best == 0 or best == len(means) - 1]


def sweep(train, rates, seeds):
    trials = {(rate, seed): train(rate, seed) for seed in seeds for rate in rates}
    losses = [[trials[rate, seed].valid_loss for seed in seeds] for rate in rates]
    rate = rates[choose(np.array(losses))[0]]
    return losses, rate, [trials[rate, seed].test() / 500 for seed in seeds]
"""

TESTS_OF_ALL = (
    "    best, _ = choose(losses)\n",
    "    best, _ = choose(losses)\n    tests = [[t.test() for t in row] for row in trials]\n",
)

ANSWERS = [
    # 6.1: what is better
    ("stopping", RIGHT, STOP_BACKWARDS),
    ("stopping", RIGHT, change(("loss < lowest", "not loss >= lowest and loss == loss"))),
    ("stopping", "a better loss sets the count back", change(("k, loss, 0", "k, loss, since"))),
    ("stopping", "more than patience", change(("since > patience", "since >= patience"))),
    ("stopping", "Equal was taken for better", change(("loss < lowest", "loss <= lowest"))),
    ("stopping", "NaN was taken for better", change(("loss < lowest", "not loss >= lowest"))),
    (
        "stopping",
        "Infinity is never better",
        change(("loss < lowest", "loss < lowest or (best is None and loss == loss)")),
    ),
    ("stopping", "Keep the best weights", change(("return best, k + 1", "return k, k + 1"))),
    ("stopping", "it starts at 1", change(("return best, k + 1", "return best, k"))),
    ("stopping", "not its loss", change(("return best, k + 1", "return lowest, k + 1"))),
    (
        "stopping",
        "nobody knows of the 0.3",
        change(("since += 1\n", "since = 0\n")),
    ),
    (
        "stopping",
        "changes the list",
        change(
            ("    best, lowest, since = None", "    losses += [0]\n    best, lowest, since = None")
        ),
    ),
    ("stopping", "not even at the start", FIRST_IS_BEST),
    # 6.2: a floor, and a gradient that passes both
    ("double", RIGHT, GRADIENT_BY_MATRICES),
    (
        "double",
        RIGHT,
        change(("(p * dp).sum(axis=1, keepdims=True)", "np.einsum('bk,bk->b', p, dp)[:, None]")),
    ),
    ("double", "ten classes", change(("(math.e + 3)", "(math.e + 9)"))),
    ("double", "one is right, three are not", change(("(math.e + 3)", "(math.e + 3.4938)"))),
    ("double", "That is guessing", change(("math.e / (math.e + 3)", "1 / 4"))),
    (
        "double",
        "The loss comes first",
        change(
            (
                "return round(-math.log(highest), 4), round(highest, 4)",
                "return round(highest, 4), round(-math.log(highest), 4)",
            )
        ),
    ),
    ("double", "negative logarithm", change(("round(-math.log", "round(math.log"))),
    (
        "double",
        "1 of 3 points: right so far is the prediction",
        change(("return p * (dp - ", "return p * (dp + ")),
    ),
    (
        "double",
        "with one softmax",
        change(
            (
                "return p * (dp - (p * dp).sum(axis=1, keepdims=True))",
                "return p - np.eye(z.shape[1])[y]",
            )
        ),
    ),
    (
        "double",
        "to pass the first softmax",
        change(("return p * (dp - (p * dp).sum(axis=1, keepdims=True))", "return dp")),
    ),
    (
        "double",
        "sum over the other classes",
        change((" - (p * dp).sum(axis=1, keepdims=True)", "")),
    ),
    (
        "double",
        "only the diagonal",
        change(("(dp - (p * dp).sum(axis=1, keepdims=True))", "(1 - p) * dp")),
    ),
    ("double", "not averaged", change(("return p *", "return p / len(z) *"))),
    ("double", "not over the rows", change(("axis=1", "axis=0"))),
    ("double", "not p - q", change(("dp = softmax(p)", "dp = p"))),
    ("double", "was changed", change(("p = softmax(z)\n", "p = softmax(z)\n    z -= 1\n"))),
    # 6.3: both means weigh old and new alike
    ("adam", RIGHT, ADAM_WITHOUT_HATS),
    ("adam", RIGHT, change(("beta2 * v + (1 - beta2) * g * g", "v + (1 - beta2) * (g * g - v)"))),
    (
        "adam",
        "1 - beta the new value",
        change(("beta2 * v + (1 - beta2) * g * g", "(1 - beta2) * v + beta2 * g * g")),
    ),
    (
        "adam",
        "eps stands outside the root",
        change(("(np.sqrt(v_hat) + eps)", "np.sqrt(v_hat + eps)")),
    ),
    ("adam", "The root of v_hat is missing", change(("np.sqrt(v_hat)", "v_hat"))),
    ("adam", "Where is eps", change((" + eps)", ")"))),
    (
        "adam",
        "both means start at 0",
        change(("m_hat, v_hat = m / (1 - beta1**k), v / (1 - beta2**k)", "m_hat, v_hat = m, v")),
    ),
    ("adam", "power k is missing", change(("beta1**k", "beta1"), ("beta2**k", "beta2"))),
    ("adam", "k counts from 1", change(("**k", "**(k + 1)"))),
    ("adam", "mean of the squares", change(("(1 - beta2) * g * g", "(1 - beta2) * g"))),
    ("adam", "only the step uses the corrected", change((", m, v\n", ", m_hat, v_hat\n"))),
    ("adam", "are left as they were", change(("    m = beta1", "    m *= 1.5\n    m = beta1"))),
    # 6.4: what is given stays as it was, and padding is not read
    ("masked", RIGHT, LOSS_ONE_BY_ONE),
    ("masked", RIGHT, LOSS_BY_REPLACING),
    ("masked", RIGHT, change(("np.asarray(lengths)", "np.array(lengths)[None]"))),
    (
        "masked",
        "writes into scores",
        change(("    mask = ", "    scores -= scores.max(axis=2, keepdims=True)\n    mask = ")),
    ),
    ("masked", "writes into targets", change(("    y = ", "    targets[~mask] = -100\n    y = "))),
    ("masked", "writes into lengths", change(("    y = ", "    lengths.sort()\n    y = "))),
    ("masked", "This is the sum", change((".mean()), dscores", ".sum()), dscores"))),
    (
        "masked",
        "padding was counted",
        change(("-log_p[rows, y].mean()", "-log_p[rows, y].sum() / targets.size")),
    ),
    (
        "masked",
        "each step counts",
        change(("-log_p[rows, y].mean()", "-log_p[rows, y].sum() / len(lengths)")),
    ),
    ("masked", "negative logarithm", change(("float(-log_p", "float(log_p"))),
    (
        "masked",
        "sequences' own means",
        change(
            (
                "-log_p[rows, y].mean()",
                "np.mean([cross_entropy.forward(scores[:n, b], targets[:n, b])[0]"
                " for b, n in enumerate(lengths)])",
            )
        ),
    ),
    (
        "masked",
        "see log_softmax",
        change(("log_p = log_softmax(scores[mask])", "log_p = np.log(softmax(scores[mask]))")),
    ),
    (
        "masked",
        "exp(1000) is infinite",
        change(
            (
                "log_p = log_softmax(scores[mask])",
                "e = np.exp(scores[mask])\n    log_p = np.log(e / e.sum(axis=1, keepdims=True))",
            ),
            ("-log_p[rows, y].mean()", "-(np.eye(V)[y] * log_p).sum() / len(y)"),
        ),
    ),
    ("masked", "Divide by the number of valid steps", change((" / len(y)", ""))),
    (
        "masked",
        "The sign",
        change(("(np.exp(log_p) - np.eye(V)[y])", "(np.eye(V)[y] - np.exp(log_p))")),
    ),
    ("masked", "The target is missing", change((" - np.eye(V)[y])", ")"))),
    (
        "masked",
        "NaN times 0 is NaN",
        """
def masked_loss(scores, targets, lengths):
    mask = np.arange(len(scores))[:, None] < lengths
    onehot = np.eye(scores.shape[2])[np.where(mask, targets, 0)]
    shifted = scores - scores.max(axis=2, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=2, keepdims=True))
    loss = -(mask[..., None] * onehot * log_p).sum() / mask.sum()
    return loss, mask[..., None] * (np.exp(log_p) - onehot) / mask.sum()
""",
    ),
    # 6.5: the future, and the part that made the choice
    ("leaks", RIGHT, WINDOWS_BY_VIEW),
    ("leaks", RIGHT, change(("int(np.argmax(valid))", "valid.index(max(valid))"))),
    (
        "leaks",
        "have seen the test part",
        change(("train.mean(), train.std()", "series.mean(), series.std()")),
    ),
    (
        "leaks",
        "what the leaky pipeline gives",
        change(("    return windows(train), windows(test)", "    return leaky_windows(series, W)")),
    ),
    (
        "leaks",
        "by the training part's numbers",
        change(("scaled = (part - mean) / spread", "scaled = (part - part.mean()) / part.std()")),
    ),
    ("leaks", "as it is", change(("train.std()", "train.std(ddof=1)"))),
    ("leaks", "missing at the end", change(("len(part) - W + 1", "len(part) - W"))),
    (
        "leaks",
        "they lie in both",
        change(("series[:cut], series[cut:]", "series[:cut], series[cut - W + 1 :]")),
    ),
    (
        "leaks",
        "80 % of those",
        change(
            (
                "    return windows(train), windows(test)",
                "    every = windows(series)\n"
                "    many = int(0.8 * len(every))\n"
                "    return every[:many], every[many:]",
            )
        ),
    ),
    ("leaks", "the values are not", change(ALL_SHUFFLED)),
    (
        "leaks",
        "and scale before",
        """
def repaired_windows(series, W):
    every = np.array([series[t : t + W] for t in range(len(series) - W + 1)])
    cut = int(0.8 * len(every))
    train, test = every[:cut], every[cut:]
    return (train - train.mean()) / train.std(), (test - train.mean()) / train.std()


def repaired_choice(valid, test):
    return np.argmax(valid), test[np.argmax(valid)]
""",
    ),
    (
        "leaks",
        "not of the windows",
        change(
            (
                "    return windows(train), windows(test)",
                "    a, b = windows(train), windows(test)\n"
                "    return (a - a.mean()) / a.std(), (b - a.mean()) / a.std()",
            )
        ),
    ),
    (
        "leaks",
        "changes the series",
        change(("    mean, spread", "    series -= train.mean()\n    mean, spread")),
    ),
    ("leaks", "Chosen on the test part", change(("np.argmax(valid)", "np.argmax(test)"))),
    (
        "leaks",
        "2 of 3 points",
        change(("return chosen, test[chosen]", "return chosen, valid[chosen]")),
    ),
    (
        "leaks",
        "not the best one's",
        change(("return chosen, test[chosen]", "return chosen, max(test)")),
    ),
    ("leaks", "large is good", change(("np.argmax(valid)", "np.argmin(valid)"))),
    # 6.6: a dictionary, and copies
    ("resume", RIGHT, RESUME_BY_PICKLE),
    ("resume", RIGHT, change(('"w": run.w.copy(),', '"w": np.array(run.w),'))),
    (
        "resume",
        "expected a dictionary, got Run",
        """
def save(run):
    return copy.deepcopy(run)


def resume(saved):
    return copy.deepcopy(saved)
""",
    ),
    ("resume", "expected a dictionary, got NoneType", "def save(run):\n    pass"),
    ("resume", "The rate depends on the step", change(('saved["step"]', "0"))),
    ("resume", "The saved w changed while the old run", change(("run.w.copy()", "run.w"))),
    ("resume", "The saved velocity changed", change(("run.velocity.copy()", "run.velocity"))),
    ("resume", "velocity was not carried on", change(('saved["velocity"].copy()', "np.zeros(5)"))),
    (
        "resume",
        "generator starts anew",
        change(('    run.rng.bit_generator.state = saved["rng"]\n', "")),
    ),
    (
        "resume",
        "keep its state",
        change(
            ("copy.deepcopy(run.rng.bit_generator.state)", "run.rng"),
            ('run.rng.bit_generator.state = saved["rng"]', 'run.rng = saved["rng"]'),
        ),
    ),
    ("resume", "copy in resume, too", change(('saved["w"].copy()', 'saved["w"]'))),
    # 6.7: equal factors, an honest choice, one look at the test part
    ("sweep", RIGHT, SWEEP_BY_LISTS),
    (
        "sweep",
        RIGHT,
        change(
            (
                "np.geomspace(low, high, steps + 1)",
                "np.logspace(np.log10(low), np.log10(high), steps + 1)",
            )
        ),
    ),
    ("sweep", "not equal steps", change(("np.geomspace", "np.linspace"))),
    ("sweep", "np.logspace takes exponents", change(("np.geomspace", "np.logspace"))),
    ("sweep", "both ends count", change(("steps + 1)", "steps)"))),
    ("sweep", "for each factor of ten", change(("steps + 1)", "per_decade + 1)"))),
    (
        "sweep",
        "What does np.argmin",
        change(
            ("mean = np.where(finite, losses.mean(axis=1), np.inf)", "mean = losses.mean(axis=1)")
        ),
    ),
    (
        "sweep",
        "What does np.argmin",
        change(
            (
                "mean = np.where(finite, losses.mean(axis=1), np.inf)",
                "mean = np.nanmean(losses, axis=1)",
            )
        ),
    ),
    (
        "sweep",
        "not the luckiest",
        change(("losses.mean(axis=1), np.inf", "losses.min(axis=1), np.inf")),
    ),
    (
        "sweep",
        "The first row is an edge",
        change(("best in (0, len(losses) - 1)", "best == len(losses) - 1")),
    ),
    ("sweep", "small is good", change(("np.inf)", "-np.inf)"), ("mean.argmin()", "mean.argmax()"))),
    (
        "sweep",
        "choose changes the losses",
        change(("    finite = ", "    losses[np.isnan(losses)] = np.inf\n    finite = ")),
    ),
    ("sweep", "test() was called 24 times", change(TESTS_OF_ALL)),
    (
        "sweep",
        "of them differ",
        change(
            (
                "trial.test() / 500 for trial in trials[best]",
                "train(rates[best], seed).test() / 500 for seed in seeds",
            )
        ),
    ),
    (
        "sweep",
        "not `trained` itself",
        change(
            ("[[train(rate, seed) for", "[[Trial(rate, lambda: 400) for"),
        ),
    ),
    ("sweep", "not their number", change(("trial.test() / 500", "trial.test()"))),
    (
        "sweep",
        "not the number of its row",
        change(("return losses, rates[best],", "return losses, best,")),
    ),
    (
        "sweep",
        "not their mean",
        change(
            (
                "    return losses, rates[best], accuracies",
                "    return losses, rates[best], accuracies.mean()",
            )
        ),
    ),
]
