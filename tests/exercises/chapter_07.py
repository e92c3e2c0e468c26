"""Chapter 07, language models and generation."""

from tests.exercises import RIGHT, change

PREDICTED = "return round(perplexity, 3), round(cold, 3), round(warm, 3), 3"
EXTRA = "len(letters) + 1"

ANSWERS = [
    # 7.1: nats go with e, bits with 2
    (
        "report",
        RIGHT,
        """
def report(log_probs, characters):
    bits = [-value / math.log(2) for value in log_probs.tolist()]
    mean = sum(bits) / len(bits)
    return [2**mean, mean, sum(bits) / characters]
""",
    ),
    (
        "report",
        RIGHT,
        """
def report(log_probs, characters):
    text = math.prod(np.exp(log_probs))  # the probability of the whole text
    N = log_probs.size
    return text ** (-1 / N), np.log2(1 / text) / N, np.log2(1 / text) / characters
""",
    ),
    ("report", "take a power of e, not of 2", change(("math.exp(nats)", "2**nats"))),
    ("report", "these are bits", change(("math.exp(nats)", "math.exp(bits)"))),
    ("report", "take the mean there", change(("math.exp(nats)", "np.mean(np.exp(-log_probs))"))),
    ("report", "These are nats", change(("bits = nats / math.log(2)", "bits = nats"))),
    ("report", "divide by it", change(("/ math.log(2)", "* math.log(2)"))),
    (
        "report",
        "more characters than tokens",
        change(("len(log_probs) / characters", "characters / len(log_probs)")),
    ),
    (
        "report",
        "log_probs is left as it was",
        change(("    nats = -np.mean", "    log_probs *= -1\n    nats = np.mean")),
    ),
    # 7.2: divide the logarithms, the largest first taken away
    (
        "temperature",
        RIGHT,
        change(
            (PREDICTED, "return [3.3636, 8 / 11, np.float64(0.3694), 3.0]"),
            ("scores - np.log(np.exp(scores).sum())", "log_softmax(log_probs / temperature)"),
        ),
    ),
    (
        "temperature",
        RIGHT,
        """
def predicted():
    return 3.364, 0.727, 0.369, 3


def tempered(log_probs, temperature):
    powers = np.exp(log_probs - max(log_probs)) ** (1 / temperature)
    return [math.log(power / sum(powers)) for power in powers]
""",
    ),
    ("temperature", "This is the entropy in bits", change(("2**1.75", "1.75"))),
    ("temperature", "makes the model surer", change(("round(cold, 3)", "round(warm, 3)"))),
    (
        "temperature",
        "at temperature 2 is too high",
        change(("round(warm, 3), 3", "round(root, 3), 3")),
    ),
    ("temperature", "Their sum has to reach p", change(("warm, 3), 3", "warm, 3), 2"))),
    ("temperature", "Divide by the temperature", change((" / temperature", " * temperature"))),
    (
        "temperature",
        "not the probabilities",
        change(("(log_probs - np.max(log_probs)) /", "np.exp(log_probs) /")),
    ),
    (
        "temperature",
        "Return their logarithms",
        change(
            ("return scores -", "return np.exp(scores) /"),
            ("np.log(np.exp(scores).sum())", "np.exp(scores).sum()"),
        ),
    ),
    ("temperature", "take the largest away", change((" - np.max(log_probs)", ""))),
    (
        "temperature",
        "2 of 3 points: right so far is the prediction.",
        change(("scores - np.log(np.exp(scores).sum())", "scores")),
    ),
    (
        "temperature",
        "1 of 3 points: right so far is tempered.",
        change(("warm, 3), 3", "warm, 3), 4")),
    ),
    (
        "temperature",
        "log_probs is left as it was",
        change(
            (
                "    scores = (log_probs - np.max(log_probs))",
                "    log_probs -= 1\n    scores = (log_probs - np.max(log_probs))",
            )
        ),
    ),
    # 7.3: each bug that is left is named, however many are
    (
        "evaluation",
        RIGHT,
        """
def text_perplexity(score, ids, window):
    state, found = None, []
    for before, after in zip(ids[:-1], ids[1:]):  # one token at a time is a window, too
        log_probs, state = score([before], state)
        found.append(-float(log_probs[0][after]))
    return np.exp(np.mean(found))
""",
    ),
    (
        "evaluation",
        RIGHT,
        """
def text_perplexity(score, ids, window):
    x, y, state, product = ids[:-1], ids[1:], None, 1.0
    while len(x):
        log_probs, state = score(x[:window], state)
        for row, token in zip(log_probs, y):  # zip stops at the shorter one
            product *= math.exp(-row[token] / (len(ids) - 1))
        x, y = x[window:], y[window:]
    return product
""",
    ),
    (
        "evaluation",
        "which token is the target of which, and at what the model knows where a window begins, "
        "and at which mean is taken, and of what, and at the tokens behind",
        change(
            (
                "    total, state",
                "    return perplexity_with_bugs(score, ids, window)\n    total, state",
            )
        ),
    ),
    (
        "evaluation",
        "Look at what the model knows where a window begins.",
        change(("score(x, state)", "score(x, None)")),
    ),
    (
        "evaluation",
        "Look at the tokens behind the last full window.",
        """
def text_perplexity(score, ids, window):
    total, state, count = 0.0, None, 0
    for start in range(0, len(ids) - window, window):
        y = ids[start + 1 : start + 1 + window]
        log_probs, state = score(ids[start : start + window], state)
        total -= log_probs[np.arange(len(y)), y].sum()
        count += len(y)
    return math.exp(total / count)
""",
    ),
    (
        "evaluation",
        "the first token of each window, which is never a target",
        """
def text_perplexity(score, ids, window):
    total, state, count = 0.0, None, 0
    for start in range(0, len(ids) - 1, window):
        part = ids[start : start + window]
        log_probs, state = score(part[:-1], state)
        total -= log_probs[np.arange(len(part) - 1), part[1:]].sum()
        count += len(part) - 1
    return math.exp(total / count)
""",
    ),
    ("evaluation", "29 tokens are predicted", change(("(len(ids) - 1))", "len(ids))"))),
    (
        "evaluation",
        "score was given 29 tokens at once, the window is 8",
        change(("    total, state", "    window = len(ids)\n    total, state")),
    ),
    # 7.4: the smallest set, ties by id, and p = 1
    (
        "nucleus",
        RIGHT,
        """
def nucleus(log_probs, p):
    left, total, result = list(enumerate(log_probs)), 0.0, [-math.inf] * len(log_probs)
    while left and total < p:
        best = max(left, key=lambda pair: (pair[1], -pair[0]))
        left.remove(best)
        total += math.exp(best[1])
        result[best[0]] = best[1]
    return [value - math.log(total) for value in result]
""",
    ),
    (
        "nucleus",
        RIGHT,
        """
def nucleus(log_probs, p):
    ids = np.arange(len(log_probs))
    order = np.lexsort((ids, -log_probs))
    q = np.exp(log_probs)[order]
    before = np.concatenate([[0], np.cumsum(q)[:-1]])  # what is there without it
    kept = np.isin(ids, order[before < p])
    return np.where(kept, log_probs - np.log(np.exp(log_probs) @ kept), -np.inf)
""",
    ),
    ("nucleus", "with which p is reached stays", change(("p) + 1", "p)"))),
    (
        "nucleus",
        "Normalise over what is kept",
        change((" - np.log(np.exp(log_probs[kept]).sum())", "")),
    ),
    (
        "nucleus",
        "the lower id is taken first",
        change(('np.argsort(-log_probs, kind="stable")', "np.argsort(log_probs)[::-1]")),
    ),
    (
        "nucleus",
        "minus infinity, not 0",
        change(("np.full_like(log_probs, -np.inf)", "np.zeros_like(log_probs)")),
    ),
    ("nucleus", "Give each to its own token", change(("result[kept] =", "result[: len(kept)] ="))),
    (
        "nucleus",
        "The sum never reaches 1 here",
        change(("np.searchsorted(total, p)", "np.argmax(total >= p)")),
    ),
    (
        "nucleus",
        "log_probs is left as it was",
        change(
            (
                "    result = np.full_like(log_probs, -np.inf)",
                "    result, log_probs = log_probs, log_probs.copy()\n    result[:] = -np.inf",
            )
        ),
    ),
    (
        "nucleus",
        "asks for NumPy alone",
        "from course_pkg.decoding.filters import keep_top_p as nucleus",
    ),
    # 7.5: the variance under q, the power 3
    ("entropy", RIGHT, change(("q @ (z - q @ z) ** 2", "(q * z**2).sum() - (q * z).sum() ** 2"))),
    (
        "entropy",
        RIGHT,
        """
def entropy_and_slope(z, temperature):
    powers = np.exp(z / temperature)
    q = powers / powers.sum()
    apart = (z[:, None] - z) ** 2  # each pair of scores
    slope = 0.5 * q @ apart @ q / temperature**3
    return math.log(powers.sum()) - q @ z / temperature, slope
""",
    ),
    (
        "entropy",
        "A finite difference is only near",
        """
def entropy_and_slope(z, temperature):
    def entropy(temperature):
        log_q = log_softmax(z / temperature)
        return -np.exp(log_q) @ log_q

    step = 1e-5
    higher, lower = entropy(temperature + step), entropy(temperature - step)
    return entropy(temperature), (higher - lower) / (2 * step)
""",
    ),
    (
        "entropy",
        "1 of 2 points: right so far is the entropy.",
        change(("spread / temperature**3", "spread")),
    ),
    (
        "entropy",
        "1 of 2 points: right so far is its slope.",
        change(("return -(q @ log_q)", "return q @ log_q")),
    ),
    ("entropy", "These are bits", change(("return -(q @ log_q)", "return -(q @ np.log2(q))"))),
    ("entropy", "power 2 of the temperature", change(("temperature**3", "temperature**2"))),
    ("entropy", "not over the V scores", change(("q @ (z - q @ z) ** 2", "np.var(z)"))),
    ("entropy", "Subtract the mean first", change(("q @ (z - q @ z) ** 2", "q @ z**2"))),
    ("entropy", "the sign", change(("spread / temperature**3", "-spread / temperature**3"))),
    # 7.6: what is kept, and how often the model is asked
    (
        "beam",
        RIGHT,
        """
def beam(next_log_probs, width, length):
    texts, totals = np.zeros((1, 0), int), np.zeros(1)
    for _ in range(length):
        scores = np.array([next_log_probs(tuple(text.tolist())) for text in texts])
        all_totals = (totals[:, None] + scores).ravel()
        best = np.argsort(all_totals)[::-1][:width]
        rows, tokens = best // scores.shape[1], best % scores.shape[1]
        texts, totals = np.column_stack([texts[rows], tokens]), all_totals[best]
    return texts[0], totals[0]
""",
    ),
    (
        "beam",
        RIGHT,
        """
def beam(next_log_probs, width, length):
    kept = {(): 0}
    while len(next(iter(kept))) < length:
        found = {}
        for text, total in kept.items():
            log_probs = next_log_probs(text)
            for token in range(len(log_probs)):
                found[text + (token,)] = total + log_probs[token]
        kept = dict(sorted(found.items(), key=lambda item: item[1], reverse=True)[:width])
    best = max(kept, key=kept.get)
    return [list(best), kept[best]]
""",
    ),
    ("beam", "This is what greedy search finds", change(("[:width]", "[:1]"))),
    ("beam", "keep more than one beginning", change(("[:width]", "[: max(1, width - 1)]"))),
    ("beam", "extend no more than the best", change(("[:width]", ""))),
    (
        "beam",
        "more than once for the same beginning",
        change(
            ("    kept = [", "    for _ in range(9):\n        next_log_probs(())\n    kept = [")
        ),
    ),
    ("beam", "not the least likely", change(("-pair[1]", "pair[1]"))),
    (
        "beam",
        "takes a tuple of tokens",
        change(("next_log_probs(prefix)", "next_log_probs(list(prefix))")),
    ),
    (
        "beam",
        "Return its logarithm",
        change(("return kept[0]", "return kept[0][0], math.exp(kept[0][1])")),
    ),
    ("beam", "One token is missing", change(("range(length)", "range(length - 1)"))),
    # 7.7: what is held out stays unseen
    (
        "text",
        RIGHT,
        change(
            ("number.get(letter, 0)", f"number.get(letter, {EXTRA.replace(' + 1', '')})"),
            ("start=1", "start=0"),
        ),
    ),
    (
        "text",
        RIGHT,
        """
def experiment(text, seed, updates=400):
    cut = len(text) * 9 // 10
    letters = list(dict.fromkeys(text[:cut]))

    def ids(part):
        found = [letters.index(c) if c in letters else len(letters) for c in part]
        return np.array(found)

    train, rest, curve = ids(text[:cut]), ids(text[cut:]), []
    for count, score in trained(train, len(letters) + 1, seed, updates=updates):
        curve.append([count, read_as_one_stream(score, rest).bits_per_token])
    p = np.exp(KneserNey.fit(train, len(letters) + 1, order=5).log_probs(rest))
    return [curve[-1][1], np.mean(np.log2(1 / p)), np.array(curve)]
""",
    ),
    ("text", "These are nats", change(("-ngram.mean() / math.log(2)", "-ngram.mean()"))),
    ("text", "The vocabulary has seen the held-out part", change(("set(text[:cut])", "set(text)"))),
    ("text", "90 % are for training", change(("0.9 * len", "0.8 * len"))),
    ("text", "not on the training part", change(("log_probs(held_out)", "log_probs(train)"))),
    (
        "text",
        "Your network needs only 0.",
        change(("read_as_one_stream(score, held_out)", "read_as_one_stream(score, train)")),
    ),
    ("text", "trained on the training part alone", change(("trained(train, V", "trained(ids, V"))),
    ("text", "Is V right? Are these bits", change((".bits_per_token)", ".mean)"))),
    ("text", "Hand the seed on", change(("V, seed, updates", "V, 0, updates"))),
    ("text", "when it was measured", change(("updates=updates", "updates=50"))),
    (
        "text",
        "measured on the rest alone",
        change(("read_as_one_stream(score, held_out)", "read_as_one_stream(score, ids)")),
    ),
    (
        "text",
        "2 of 4 points: right so far is the network.",
        change(("order=5", "order=3")),
    ),
]
