"""Chapter 06, training practice."""

from tests.exercises import RIGHT, change

ANSWERS = [
    # 6.3: both means weigh old and new alike
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
    # 6.4: what is given stays as it was
    ("masked", RIGHT, change(("np.asarray(lengths)", "np.array(lengths)[None]"))),
    (
        "masked",
        "writes into scores",
        change(("    mask = ", "    scores -= scores.max(axis=2, keepdims=True)\n    mask = ")),
    ),
    ("masked", "writes into targets", change(("    y = ", "    targets[~mask] = -100\n    y = "))),
    ("masked", "writes into lengths", change(("    y = ", "    lengths.sort()\n    y = "))),
    # 6.6: what is better
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
    # 6.7: a dictionary
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
]
