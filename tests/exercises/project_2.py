"""Answers to the second project."""

from tests.exercises import RIGHT, change

PARTS = """\
def cut_text(text):
    def near(one, other):
        a, b = one.split(), other.split()
        if min(len(a), len(b)) < 6:
            return a == b
        return any(a[j : j + 6] == b[k : k + 6]
                   for j in range(len(a) - 5) for k in range(len(b) - 5))

    lines = text.rstrip("\\n").split("\\n")
    first = lines[: len(lines) * 6 // 10]
    second = [line for line in lines[len(first) : len(lines) * 8 // 10]
              if not any(near(line, old) for old in first)]
    third = [line for line in lines[len(lines) * 8 // 10 :]
             if not any(near(line, old) for old in first + second)]
    return tuple("\\n".join([*part, ""]) for part in (first, second, third))
"""
TEXT_PARTS = change(
    (
        "{tuple(words[k : k + 6]) for k in range(last)}",
        '{"|".join(words[k : k + 6]) + "|" * (len(words) < 6) for k in range(last)}',
    )
)
NGRAMS = """\
def ngram_bits(base, small, test, V):
    found = []
    for texts in ([small], [base], [base, small]):
        model = KneserNey.fit(np.hstack(texts), V, order=5)
        found.append(float(np.sum(np.log2(np.exp(-model.log_probs(test)))) / (len(test) - 1)))
    return found
"""
COMPARE = """\
def compare(base, train, valid, test, old, seeds, adapted, alone):
    from course_pkg.metrics.language import log_probs_of

    models = [("base", None, base)]
    models += [("adapted", seed, adapted(base, train, valid, seed)) for seed in seeds]
    models += [("alone", seed, alone(base, train, valid, seed)) for seed in seeds]
    rows = []
    for method, seed, model in models:
        model.train(False)
        score = score_of(model)
        found = [-log_probs_of(score, ids, at_once=10**6).mean() / np.log(2) for ids in (test, old)]
        rows.append([method, seed, *found])
    return rows


def forgetting(rows):
    table = {}
    for method, seed, _, bits in rows:
        table.setdefault(method, []).append(bits)
    values = np.array(table["adapted"])
    n = len(values)
    mean = values.sum() / n
    return mean - table["base"][0], (((values - mean) ** 2).sum() / (n - 1)) ** 0.5
"""
TRAIN = """\
def steps(model, train, valid, seed, lr, updates):
    draw = np.random.default_rng(seed)
    torch.manual_seed(seed)
    weights = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=lr)
    model.train()
    for step in range(updates):
        optimiser.param_groups[0]["lr"] = lr * (1 - step / updates)
        begin = draw.integers(len(train) - 41, size=16)
        ids = torch.from_numpy(train[begin[:, None] + np.arange(41)].T.copy()).long()
        logits, _ = model(ids[:-1])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
    return model.eval()


def adapted(base, train, valid, seed):
    model = LanguageModel(**base.settings)
    model.load_state_dict(base.state_dict())
    return steps(model, train, valid, seed, 6e-3, 60)


def alone(base, train, valid, seed):
    torch.manual_seed(seed)
    return steps(LanguageModel(**base.settings), train, valid, seed, 1e-2, 100)
"""
COPIED = "copy.deepcopy(base)"

ANSWERS = [
    ("parts", RIGHT, PARTS),
    ("parts", RIGHT, TEXT_PARTS),
    ("parts", "Near copies are to be left out", change(("if not runs(line) & seen", ""))),
    (
        "parts",
        "not only a whole line",
        change(("{tuple(words[k : k + 6]) for k in range(last)}", "{tuple(words)}")),
    ),
    (
        "parts",
        "Six words in a row, not five",
        change(("len(words) - 5, 1", "len(words) - 4, 1"), ("k : k + 6", "k : k + 5")),
    ),
    (
        "parts",
        "not with those that were left out",
        change(("seen.union(*map(runs, new))", "seen.union(*map(runs, part_lines))")),
    ),
    ("parts", "Short lines can be copies", change(("max(len(words) - 5, 1)", "len(words) - 5"))),
    (
        "parts",
        "Within a part copies may stay",
        change(
            (
                "new = [line for line in part_lines if not runs(line) & seen]\n        seen",
                "new = []\n        for line in part_lines:\n            if not runs(line) & seen:\n"
                "                new.append(line)\n                seen = seen | runs(line)\n"
                "        seen",
            )
        ),
    ),
    ("parts", "lines of the training part", change(("6 * n // 10", "7 * n // 10"))),
    ("parts", "three strings", change(('"".join(f"{line}\\n" for line in new)', "new"))),
    ("ngrams", RIGHT, NGRAMS),
    ("ngrams", RIGHT, change(("bits(small), bits(base)", "[bits(small), bits(base)")
                             , ("[base, small]))", "[base, small]))]"))),
    ("ngrams", "These are nats", change((" / math.log(2)", ""))),
    ("ngrams", "The sign", change(("return -log_p", "return log_p"))),
    ("ngrams", "not the mean", change(("log_p.mean()", "log_p.sum()"))),
    ("ngrams", "The order is 5", change(("order=5", "order=3"))),
    ("ngrams", "The test text was counted", change(("fit(counted,", "fit(np.concatenate([counted, test]),"))),
    ("ngrams", "The base text comes first", change(("[base, small]", "[small, base]"))),
    ("ngrams", "This has counted: base", change(("bits(small), bits(base)", "bits(base), bits(small)"))),
    ("compare", RIGHT, COMPARE),
    ("compare", RIGHT, change(("return rows", "return tuple(map(tuple, rows))"))),
    ("compare", "it dropped units", change(("model.eval()", "model.train()"))),
    ("compare", "These are nats", change((".bits_per_token", ".mean"))),
    ("compare", "First the bits on test", change(("(test, old)", "(old, test)"))),
    (
        "compare",
        "read the text as one",
        change(("read_as_one_stream(score, ids)", "read_in_windows(score, ids, 32)")),
    ),
    ("compare", "validation part", change(("(test, old)", "(valid, old)"))),
    ("compare", "Let each model read each text once", change(("*bits(learn(base, train, valid, seed))", "*min([bits(m), bits(m)])"), ("rows.append(", "m = learn(base, train, valid, seed)\n            rows.append("))),
    ("compare", "get the training and the validation part", change(("train, valid, seed)", "train, test, seed)"))),
    ("compare", "calls of adapted and alone", change(("valid, seed)", "valid, 0)"))),
    ("compare", "The sign", change(("row[3] - before", "before - row[3]"))),
    ("compare", "Forgetting is on old", change(("row[3] - before", "row[2] - before"), ("for method, _, _, old_bits", "for method, _, old_bits, _"))),
    ("compare", "n - 1 matters", change(("ddof=1", "ddof=0"))),
    ("compare", "nothing to forget", change(('if row[0] == "adapted"', 'if row[0] != "base"'))),
    ("train", RIGHT, TRAIN),
    ("train", RIGHT, change(("batch=16, window=24", "batch=4, window=64"))),
    ("train", "has changed base", change((COPIED, "base"))),
    ("train", "Start from a copy", change((COPIED, "LanguageModel(**base.settings)"))),
    ("train", "Of base it may take the sizes", change(("model = LanguageModel(**base.settings)", f"model = {COPIED}"))),
    ("train", "two seeds have given the same", change(("seed=seed)", "seed=0)"))),
    ("train", "has given other weights", change(("torch.manual_seed(seed)", "torch.seed()"))),
    ("train", "not too fast", change(("fit(task, settings, show_progress=False)", ""))),
    ("train", "a LanguageModel, not", change(("return model.eval()", "return task"))),
]
