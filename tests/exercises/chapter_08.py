"""Chapter 08, sequence to sequence and attention."""

from tests.exercises import RIGHT, change

VALID = "valid = np.arange(T)[:, None] < lengths"
PREDICTED = "return 0.45 * 0.8 * 0.48, 0.21, 1, 3, 5, round(loops, 3)"
BACKWARDS = "source = text[::-1] if backwards else text"

ANSWERS = [
    # 8.1: the inputs shifted, END counted, PAD not
    (
        "likelihood",
        RIGHT,
        """
def log_likelihood(score, targets, lengths, begin):
    inputs = np.roll(targets, 1, axis=0)
    inputs[0] = begin
    found = score(inputs)
    return [
        sum(float(found[t, b, targets[t, b]]) for t in range(lengths[b]))
        for b in range(len(lengths))
    ]
""",
    ),
    (
        "likelihood",
        RIGHT,
        change(("np.where(valid, picked, 0).sum(axis=0)", "picked.sum(axis=0, where=valid)")),
    ),
    ("likelihood", "shift the inputs", change(("score(inputs)", "score(targets)"))),
    (
        "likelihood",
        "What stands behind END is counted",
        change((VALID, "valid = np.ones((T, B), bool)")),
    ),
    (
        "likelihood",
        "0 times infinity is NaN",
        change(("np.where(valid, picked, 0)", "(valid * picked)")),
    ),
    ("likelihood", "END counts, too", change((VALID, VALID + " - 1"))),
    ("likelihood", "What stands behind END", change((VALID, VALID.replace("<", "<=")))),
    (
        "likelihood",
        "This is a mean over the tokens",
        change((".sum(axis=0)", ".sum(axis=0) / lengths")),
    ),
    ("likelihood", "one number for each text", change((".sum(axis=0)", ".sum()"))),
    ("likelihood", "The sign", change(("return np", "return -np"))),
    (
        "likelihood",
        "Return their logarithms",
        change(
            (
                "return np.where(valid, picked, 0).sum(axis=0)",
                "return np.exp(np.where(valid, picked, 0).sum(axis=0))",
            )
        ),
    ),
    (
        "likelihood",
        "calls score 4 times",
        change(("log_probs = score(inputs)", "log_probs = [score(inputs) for _ in inputs][0]")),
    ),
    (
        "likelihood",
        "targets is left as it was",
        change(("    return np", "    targets[~valid] = -1\n    return np")),
    ),
    ("likelihood", "BEGIN, not PAD", change(("np.full((1, B), begin)", "np.zeros((1, B), int)"))),
    # 8.2: minus infinity before the softmax, and rows without NaN
    (
        "attend",
        RIGHT,
        """
def attend(query, memory, lengths):
    T, B, H = query.shape
    contexts, weights = np.zeros((T, B, H)), np.zeros((T, B, len(memory)))
    for b, n in enumerate(lengths):
        scores = query[:, b] @ memory[:n, b].T / H**0.5
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        weights[:, b, :n] = p / p.sum(axis=1, keepdims=True)
        contexts[:, b] = weights[:, b, :n] @ memory[:n, b]
    return contexts, weights
""",
    ),
    (
        "attend",
        RIGHT,
        """
def attend(query, memory, lengths):
    place = np.arange(len(memory))[:, None, None]
    rows = np.nan_to_num(memory * 1.0, nan=0, posinf=0, neginf=0)
    rows = rows * (place < np.asarray(lengths)[:, None])
    scores = (query[:, None] * rows).sum(axis=-1) / math.sqrt(query.shape[-1])  # (T, S, B)
    scores = scores - 1e6 * (place[:, :, 0] >= lengths)
    weights = np.exp(scores - scores.max(axis=1)[:, None])
    weights = (weights / weights.sum(axis=1)[:, None]).transpose(0, 2, 1)
    return [(weights[..., None] * rows.swapaxes(0, 1)).sum(axis=2), weights]
""",
    ),
    (
        "attend",
        "nothing is masked",
        change(
            ("    scores = np.where(there, scores, -np.inf)\n", ""),
            ("    memory = np.where(there.T[:, :, None], memory, 0)", "    #"),
        ),
    ),
    (
        "attend",
        "the one of padding is minus infinity",
        change(("there, scores, -np.inf", "there, scores, 0")),
    ),
    (
        "attend",
        "mask before the softmax",
        change(
            ("    scores = np.where(there, scores, -np.inf)\n", ""),
            ("    memory = np.where(there.T[:, :, None], memory, 0)", "    #"),
            ("    return np", "    weights = weights * there\n    return np"),
        ),
    ),
    ("attend", "Divide the scores by the root of H", change((" / np.sqrt(H)", ""))),
    ("attend", "not by H", change((" / np.sqrt(H)", " / H"))),
    ("attend", "not of S", change((" / np.sqrt(H)", " / np.sqrt(S)"))),
    (
        "attend",
        "not over the T queries",
        change(
            ("axis=2", "axis=0"),
            (
                "weights /= ",
                "weights = np.where(there, weights, 0)\n    weights /= np.where(there, 1, 1) * ",
            ),
            ("weights.sum", "np.maximum(1e-300, weights).sum"),
            ("scores - scores.max", "scores - np.where(there, scores, 0).max"),
        ),
    ),
    (
        "attend",
        "The axes are time, batch, rows",
        change(("memory), weights", "memory), weights.swapaxes(1, 2)")),
    ),
    (
        "attend",
        "0 * NaN is NaN",
        change(("    memory = np.where(there.T[:, :, None], memory, 0)", "    #")),
    ),
    (
        "attend",
        "memory is left as it was",
        change(("memory = np.where(there.T[:, :, None], memory, 0)", "memory[~there.T] = 0")),
    ),
    (
        "attend",
        "take the largest score away first",
        change(("np.exp(scores - scores.max(axis=2, keepdims=True))", "np.exp(scores)")),
    ),
    (
        "attend",
        "Padding wins here",
        change(
            ("there, scores, -np.inf", "there, scores, -100.0"),
            ("scores.max(axis=2", "scores.max(axis=2, where=there, initial=-1e9"),
        ),
    ),
    (
        "attend",
        "asks for NumPy alone",
        change(("    return np", "    softmax(scores)\n    return np")),
    ),
    # 8.3: each bug that is left is named, however many are
    (
        "loss",
        RIGHT,
        """
def batch_loss(encode, decode, sources, targets):
    total = count = 0  # pair by pair, there is no padding
    for source, target in zip(sources, targets):
        state = encode(np.array([source]).T, np.array([len(source)]))
        log_probs = decode(np.array([[1, *target]]).T, state)
        for t, token in enumerate([*target, 2]):
            total, count = total - log_probs[t, 0, token], count + 1
    return total / count
""",
    ),
    (
        "loss",
        RIGHT,
        """
def batch_loss(encode, decode, sources, targets):
    lengths = list(map(len, sources))
    target = padded([list(row) + [2] for row in targets], pad=99)  # another sign for PAD
    inputs = np.roll(target, 1, axis=0)
    inputs[0], valid = 1, target < 99
    there = np.where(target < 99, target, 0)
    log_probs = decode(np.where(inputs < 99, inputs, 0), encode(padded(sources), lengths))
    T, B, _ = log_probs.shape
    picked = log_probs[np.arange(T)[:, None], np.arange(B), there]
    return -np.average(picked, weights=valid)
""",
    ),
    (
        "loss",
        "what the encoder reads of a short source, and at what the decoder reads at each step, "
        "and at what the decoder has to write last, and at what the mean is taken over.",
        change(
            (
                "    source = padded",
                "    return loss_with_bugs(encode, decode, sources, targets)\n    source = padded",
            )
        ),
    ),
    (
        "loss",
        "Look at what the encoder reads of a short source.",
        change(("[len(row) for row in sources]", "[len(source)] * len(sources)")),
    ),
    (
        "loss",
        "Look at what the decoder reads at each step.",
        change(("decode(inputs,", "decode(target,")),
    ),
    (
        "loss",
        "Look at what the decoder has to write last.",
        change(("[[*row, end] for", "[row for"), ("[[begin, *row] for", "[[begin, *row[:-1]] for")),
    ),
    (
        "loss",
        "Look at what the mean is taken over: PAD is no token.",
        change(("[target != pad].mean", ".mean")),
    ),
    (
        "loss",
        "This is a sum per text",
        change(("[target != pad].mean()", "[target != pad].sum() / len(sources)")),
    ),
    (
        "loss",
        "a mean of the three texts' means",
        change(
            (
                "-picked[target != pad].mean()",
                "-np.mean([p[y != pad].mean() for p, y in zip(picked.T, target.T)])",
            )
        ),
    ),
    ("loss", "The sign", change(("return -picked", "return picked"))),
    (
        "loss",
        "targets is left as it was",
        change(
            (
                "padded([[*row, end] for row in targets])",
                "padded([row.append(end) or row for row in targets])",
            ),
            ("[begin, *row]", "[begin, *row[:-1]]"),
        ),
    ),
    # 8.4: through the softmax, and both parts of a row
    (
        "gradient",
        RIGHT,
        """
def attention_gradients(s, m, W, dc):
    ds, dm, dW = np.zeros_like(s), np.zeros_like(m), np.zeros_like(W)
    for t in range(len(s)):
        alpha = softmax(m @ W.T @ s[t])
        de = (np.diag(alpha) - np.outer(alpha, alpha)) @ (m @ dc[t])
        for j in range(len(m)):
            ds[t] += de[j] * (W @ m[j])
            dm[j] += de[j] * (W.T @ s[t]) + alpha[j] * dc[t]
            dW += de[j] * np.outer(s[t], m[j])
    return [ds, dm, dW]
""",
    ),
    (
        "gradient",
        RIGHT,
        """
def attention_gradients(s, m, W, dc):
    sW, Wm = s @ W, m @ W.T
    alpha = softmax(sW @ m.T)
    apart = m[None] - (alpha @ m)[:, None]  # (T, S, H)
    de = alpha * np.einsum("th,tsh->ts", dc, apart)
    dW = np.einsum("ts,ta,sb->ab", de, s, m)
    return np.einsum("ts,sh->th", de, Wm), de.T @ sW + alpha.T @ dc, dW
""",
    ),
    (
        "gradient",
        "2 of 3 points: right so far are ds and dW.",
        change((" + alpha.T @ dc", "")),
    ),
    (
        "gradient",
        "s is left as it was",
        change(("    alpha = softmax", "    s *= 1.5\n    s, W = s / 1.5, W\n    alpha = softmax")),
    ),
    (
        "gradient",
        "the sum over k is missing",
        change((" - (dc * c).sum(axis=1, keepdims=True)", "")),
    ),
    (
        "gradient",
        "not on its own alone",
        change(
            (
                "alpha * (dc @ m.T - (dc * c).sum(axis=1, keepdims=True))",
                "alpha * (1 - alpha) * (dc @ m.T)",
            )
        ),
    ),
    (
        "gradient",
        "The softmax lies between",
        change(("alpha * (dc @ m.T - (dc * c).sum(axis=1, keepdims=True))", "dc @ m.T")),
    ),
    ("gradient", "the gradient of s is W m", change(("de @ m @ W.T", "de @ m @ W"))),
    ("gradient", "A row is averaged, too", change((" + alpha.T @ dc", ""))),
    ("gradient", "A row is compared, too", change(("de.T @ s @ W + ", ""))),
    ("gradient", "the gradient of m is W^T s", change(("de.T @ s @ W +", "de.T @ s @ W.T +"))),
    ("gradient", "the rows of W meet s", change(("s.T @ de @ m", "m.T @ de.T @ s"))),
    (
        "gradient",
        "asks for NumPy and `softmax` alone",
        change(("    alpha = softmax", "    log_softmax(s)\n    alpha = softmax")),
    ),
    (
        "gradient",
        "not divided by the root of H",
        change(
            ("softmax(s @ W @ m.T)", "softmax(s @ W @ m.T / np.sqrt(s.shape[1]))"),
            ("keepdims=True))", "keepdims=True)) / np.sqrt(s.shape[1])"),
        ),
    ),
    # 8.5: higher or lower, and no number before it is found
    (
        "length",
        RIGHT,
        change(
            (PREDICTED, "return [0.173, 0.21, 1.0, 3, 5, -0.5691]"),
            ("    best, highest = (0,), -math.inf\n", "    best, highest = [0], -np.inf\n"),
        ),
    ),
    (
        "length",
        RIGHT,
        """
def predicted():
    return 0.1728, np.float64(0.21), 1, 3, 5, -0.569


def best_text(p, length, alpha):
    with np.errstate(divide="ignore"):
        log_p = np.log(p)

    def endings(before, total, words):
        yield total + log_p[before, 0], (*words, 0)
        if len(words) + 1 < length:
            for word in range(1, len(p)):
                yield from endings(word, total + log_p[before, word], (*words, word))

    found = [(total / len(text) ** alpha, text) for total, text in endings(0, 0.0, ())]
    score, text = max(found, key=lambda pair: pair[0])
    return np.array(text), score
""",
    ),
    (
        "length",
        "1 of 2 points: right so far is best_text.",
        change(("0.21, 1, 3", "0.21, 1, 1")),
    ),
    (
        "length",
        "1 of 2 points: right so far is the prediction.",
        change(("range(1, length + 1)", "range(1, length)")),
    ),
    (
        "length",
        "p of the greedy text is too high",
        change((PREDICTED, PREDICTED.replace("0.45 * 0.8 * 0.48", "0.21", 1))),
    ),
    ("length", "The text ends in 0", change(("return 0.45 * 0.8 * 0.48", "return 0.36"))),
    ("length", "There is a likelier text", change(("0.48, 0.21, 1, 3", "0.48, 0.1728, 1, 3"))),
    ("length", "The 0 at the end counts", change(("0.21, 1, 3", "0.21, 0, 3"))),
    ("length", "Two tokens are likelier than 0", change(("0.21, 1, 3", "0.21, 1, 2"))),
    ("length", "less per token than the mean", change(("1, 3, 5,", "1, 3, 3,"))),
    ("length", "Divide by the number of tokens", change(("* 0.48) / 5", "* 0.48)"))),
    (
        "length",
        "Is the score divided by the length",
        change(("log_p / n**alpha > highest", "log_p > highest")),
    ),
    (
        "length",
        "to the power alpha",
        change(
            ("best, highest = text, log_p / n**alpha", "best, highest = text, log_p"),
            ("log_p / n**alpha > highest", "log_p / n**alpha > highest / len(best) ** alpha"),
        ),
    ),
    (
        "length",
        "The last token is 0",
        change(("return best, highest", "return best[:-1], highest")),
    ),
    ("length", "One token more is allowed", change(("range(1, length + 1)", "range(1, length)"))),
    (
        "length",
        "That is a token too many",
        change(("range(1, length + 1)", "range(1, length + 2)")),
    ),
    (
        "length",
        "Return the score, not the probability",
        change(("return best, highest", "return best, math.exp(highest * len(best) ** alpha)")),
    ),
    # 8.6: which reference counts, and the empty text
    (
        "bleu",
        RIGHT,
        """
def corpus_bleu(translations, references):
    texts = [text.split() for text in translations]
    refs = [[r.split() for r in several] for several in references]
    product = 1.0
    for n in range(1, 5):
        right = written = 0
        for h, several in zip(texts, refs):
            found = [" ".join(h[k : k + n]) for k in range(len(h) - n + 1)]
            theirs = [[" ".join(r[k : k + n]) for k in range(len(r) - n + 1)] for r in several]
            written += len(found)
            right += sum(
                min(found.count(g), max(t.count(g) for t in theirs)) for g in dict.fromkeys(found)
            )
        if right == 0:
            return 0
        product *= right / written
    N_h, N_r = sum(map(len, texts)), 0
    for h, several in zip(texts, refs):
        sizes = sorted(map(len, several))
        N_r += min(sizes, key=lambda size: abs(size - len(h)))
    return 100 * product**0.25 * (1 if N_h > N_r else math.exp(1 - N_r / N_h))
""",
    ),
    (
        "bleu",
        RIGHT,
        """
def corpus_bleu(translations, references):
    def counts(text, n):
        found, words = {}, text.split()
        for k in range(n, len(words) + 1):
            piece = tuple(words[k - n : k])
            found[piece] = found.get(piece, 0) + 1
        return found

    log_shares = []
    for n in (1, 2, 3, 4):
        right = written = 0
        for text, several in zip(translations, references):
            theirs = [counts(one, n) for one in several]
            for piece, count in counts(text, n).items():
                written += count
                right += min(count, max(t.get(piece, 0) for t in theirs))
        log_shares.append(np.log(right / written) if right else -np.inf)
    N_h = sum(len(text.split()) for text in translations)
    N_r = 0
    for text, several in zip(translations, references):
        n = len(text.split())
        N_r += sorted((len(r.split()) for r in several), key=lambda m: 2 * abs(m - n) + (m > n))[0]
    return 100 * np.exp(np.mean(log_shares) + min(0, 1 - N_r / max(N_h, 1)))
""",
    ),
    (
        "bleu",
        "not at the first alone",
        change(("for reference in several]", "for reference in several[:1]]")),
    ),
    (
        "bleu",
        "not the shortest one",
        change(
            ("min((abs(len(r) - len(h)), len(r)) for r in refs)[1]", "min(len(r) for r in refs)")
        ),
    ),
    (
        "bleu",
        "not the longest one",
        change(
            ("min((abs(len(r) - len(h)), len(r)) for r in refs)[1]", "max(len(r) for r in refs)")
        ),
    ),
    (
        "bleu",
        "not their mean",
        change(
            (
                "min((abs(len(r) - len(h)), len(r)) for r in refs)[1]",
                "np.mean([len(r) for r in refs])",
            )
        ),
    ),
    (
        "bleu",
        "take the length of the shorter",
        change(
            (
                "len(r) - len(h)), len(r)) for r in refs)[1]",
                "len(r) - len(h)), -len(r)) for r in refs)[1] * -1",
            )
        ),
    ),
    ("bleu", "not all together", change(("most |= pieces", "most += pieces"))),
    (
        "bleu",
        "A piece counts at most as often",
        change(
            (
                "(pieces(h, n) & most).total()",
                "sum(k for g, k in pieces(h, n).items() if g in most)",
            )
        ),
    ),
    ("bleu", "What is short is punished", change(("min(1.0, math.exp(1 - N_r / N_h))", "1.0"))),
    (
        "bleu",
        "Long texts get no extra",
        change(("min(1.0, math.exp(1 - N_r / N_h))", "math.exp(1 - N_r / N_h)")),
    ),
    ("bleu", "the factor exp(1 - N_r / N_h)", change(("1 - N_r / N_h", "1 - N_h / N_r"))),
    ("bleu", "The geometric mean", change((" ** (1 / 4)", ""))),
    (
        "bleu",
        "the geometric one",
        change(("float(np.prod(right / written)) ** (1 / 4)", "float(np.mean(right / written))")),
    ),
    ("bleu", "Return it times 100", change(("100 * shortness", "shortness"))),
    ("bleu", 'split(" ") finds one word', change(("text.split(), [", 'text.split(" "), ['))),
    (
        "bleu",
        "this is a mean over sentences",
        lambda source: (
            source.replace("def corpus_bleu", "def single")
            + "\n\ndef corpus_bleu(texts, references):\n"
            "    both = zip(texts, references)\n"
            "    return np.mean([single([text], [refs]) for text, refs in both])\n"
        ),
    ),
    (
        "bleu",
        "your function divides by 0",
        change(("    if not right.all():  # then N_h is above 0, too\n        return 0.0\n", "")),
    ),
    (
        "bleu",
        "asks for NumPy alone",
        change(("    right, written", "    softmax(np.zeros(2))\n    right, written")),
    ),
    (
        "bleu",
        "asks for NumPy alone: `corpus_bleu` calls `sacrebleu`",
        """
def corpus_bleu(translations, references):
    import sacrebleu

    most = max(map(len, references))
    rows = [[r[min(k, len(r) - 1)] for r in references] for k in range(most)]
    metric = sacrebleu.BLEU(tokenize="none", smooth_method="none", force=True)
    return metric.corpus_score(translations, rows).score
""",
    ),
    # 8.7: what is turned round, and what is measured
    (
        "reading",
        RIGHT,
        """
def pair(text, backwards):
    edge = np.ones((1, text.shape[1]), dtype=int)
    source = np.flip(text, axis=0) if backwards else text.copy()
    return [source, np.r_[edge, text], np.r_[text, 2 * edge]]


def right_by_place(model, text, backwards):
    source, inputs, targets = pair(text, backwards)
    log_probs, _ = model(torch.tensor(source.copy()), torch.tensor(inputs))
    same = log_probs.argmax(dim=2)[: len(text)] == torch.tensor(text)
    return same.double().mean(dim=1)


def experiment(text, seed, updates=300):
    shares = []
    for way in (0, 1):
        model = trained(lambda t, way=way: pair(t, way), seed, updates, len(text))
        shares.append(right_by_place(model, text, way))
    return shares
""",
    ),
    (
        "reading",
        RIGHT,
        change(
            ("(written == targets).mean(axis=1)[:-1]", "np.mean(written[:-1] == text, axis=1)"),
            (
                "return measured(False), measured(True)",
                "return list(map(measured, (0, 1)))",
            ),
        ),
    ),
    ("reading", "Read from the last digit to the first", change((BACKWARDS, "source = text"))),
    ("reading", "Only the second way", change((BACKWARDS, "source = text[::-1]"))),
    (
        "reading",
        "This turns the batch round",
        change((BACKWARDS, BACKWARDS.replace("[::-1]", "[:, ::-1]"))),
    ),
    (
        "reading",
        "The batch stays as it is",
        change((BACKWARDS, BACKWARDS.replace("[::-1]", "[::-1, ::-1]"))),
    ),
    (
        "reading",
        "they stay as they are",
        change((BACKWARDS, "text = source = text[::-1] if backwards else text")),
    ),
    (
        "reading",
        "BEGIN first, and no END",
        change(
            (
                "    return source, inputs,",
                "    inputs = np.vstack([text, np.full((1, B), end)])\n    return source, inputs,",
            )
        ),
    ),
    (
        "reading",
        "Only the source is turned round",
        change(
            ("np.vstack([text, np.full((1, B), end)])", "np.vstack([source, np.full((1, B), end)])")
        ),
    ),
    ("reading", "END is left out", change(("mean(axis=1)[:-1]", "mean(axis=1)"))),
    (
        "reading",
        "keep the places",
        change(
            ("(written == targets).mean(axis=1)[:-1]", "(written == targets)[:-1].mean(axis=0)")
        ),
    ),
    (
        "reading",
        "one number for each place",
        change(("(written == targets).mean(axis=1)[:-1]", "(written == targets)[:-1].mean()")),
    ),
    (
        "reading",
        "to read the other way",
        change(("= pair(text, backwards)", "= pair(text, not backwards)")),
    ),
    (
        "reading",
        "Forwards comes first",
        change(("measured(False), measured(True)", "measured(True), measured(False)")),
    ),
    (
        "reading",
        "Hand on to `trained`: seed.",
        change(("seed, updates, S", "0, updates, S")),
    ),
    ("reading", "Hand on to `trained`: S.", change((", S=len(text)", ""))),
    (
        "reading",
        "Hand on to `trained`: updates, S.",
        change(("seed, updates, S=len(text)", "seed, 1")),
    ),
    (
        "reading",
        "in the way in which it learned",
        change(
            (
                "return right_by_place(model, text, backwards)",
                "return right_by_place(model, text, not backwards)",
            )
        ),
    ),
    (
        "reading",
        "1 of 4 points: right so far is pair.",
        change(("mean(axis=1)[:-1]", "mean(axis=1)")),
    ),
    (
        "reading",
        "2 of 4 points: right so far are pair and right_by_place.",
        change(("measured(False), measured(True)", "measured(True), measured(False)")),
    ),
]
