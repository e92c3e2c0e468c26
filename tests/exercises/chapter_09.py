"""Chapter 09, pre-training, fine-tuning, adapting, not forgetting."""

from tests.exercises import RIGHT, change

BEST = "best = min(counts, key=lambda pair: (-counts[pair], pair))"
UPDATE = "alpha / len(A) * (x @ A.T @ B.T)"
FREEZE = """\
        for name, p in model.named_parameters():
            if name in frozen:
                p.grad = None  # mends 1
"""
CLIP = "        nn.utils.clip_grad_norm_(model.parameters(), 0.5)  # mends 2\n"
FISHER = "(p * (1 - p)) @ x**2 / len(x)"
PREDICTED = "return trained, 100 * trained / whole, math.ceil(whole / 640), 4 * 512, 128, 3"
THAW = "p.requires_grad_(k * every <= epoch)"
RATE = "lr * decay**k if k * every <= epoch else 0.0"
COPY_RECURRENT = "    model.recurrent.load_state_dict(base.recurrent.state_dict())\n"

ANSWERS = [
    # 9.1: what is counted, which of equals, and how a word is merged
    (
        "pairs",
        RIGHT,
        """
def merge_once(corpus, new):
    counts = {}
    for word in corpus:
        for k in range(len(word) - 1):
            counts[word[k : k + 2]] = counts.get(word[k : k + 2], 0) + corpus[word]
    best = sorted(counts.items(), key=lambda item: (-item[1], *item[0]))[0][0]
    def merged(word):
        if len(word) < 2:
            return word
        if word[:2] == best:
            return (new, *merged(word[2:]))
        return (word[0], *merged(word[1:]))
    return [list(best), {merged(word): n for word, n in corpus.items()}]
""",
    ),
    (
        "pairs",
        RIGHT,
        # a merged token is never merged again, so letters can stand for tokens
        """
def merge_once(corpus, new):
    texts = {"".join(map(chr, word)): n for word, n in corpus.items()}
    counts = Counter()
    for text, n in texts.items():
        for a, b in zip(text, text[1:]):
            counts.update({a + b: n})
    most = max(counts.values())
    best = min(pair for pair, n in counts.items() if n == most)
    found = {text.replace(best, chr(new)): n for text, n in texts.items()}
    ids = {tuple(np.array([ord(c) for c in text])): n for text, n in found.items()}
    return tuple(map(ord, best)), ids
""",
    ),
    (
        "pairs",
        "counts as often as its word occurs",
        change(("counts[pair] += times", "counts[pair] += 1")),
    ),
    (
        "pairs",
        "more than once",
        change(("in itertools.pairwise(word)", "in set(itertools.pairwise(word))")),
    ),
    (
        "pairs",
        "holds the pair (a, a) twice",
        change(
            (
                "            counts[pair] += times",
                "            counts[pair] += times * (pair[0] != pair[1])\n"
                "        for k, run in itertools.groupby(word):\n"
                "            counts[k, k] += len(list(run)) // 2 * times",
            )
        ),
    ),
    (
        "pairs",
        "not the largest",
        change((BEST, "best = max(counts, key=lambda p: (counts[p], p))")),
    ),
    (
        "pairs",
        "not the one that you meet first",
        change((BEST, "best = counts.most_common(1)[0][0]")),
    ),
    (
        "pairs",
        "not the one that you meet last",
        change((BEST, "best = max(reversed(counts), key=counts.get)")),
    ),
    (
        "pairs",
        "from left to right",
        change(
            ("for token in word:", "for token in word[::-1]:"),
            ("(done[-1], token) == best", "(token, done[-1]) == best"),
            ("tuple(done)", "tuple(done[::-1])"),
        ),
    ),
    (
        "pairs",
        "not in one place of a word",
        change(("if done and (", "if new not in done and done and (")),
    ),
    ("pairs", "not the pair", change(("done[-1] = new", "done[-1] = best"))),
    (
        "pairs",
        "This is the old corpus",
        change(("return best, merged", "return best, dict(corpus)")),
    ),
    ("pairs", "The new corpus is a dict", change(("return best, merged", "return best, Counter"))),
    (
        "pairs",
        "corpus is left as it was",
        change(("return best, merged", "corpus.clear()\n    return best, merged")),
    ),
    (
        "pairs",
        "1 of 2 points: right so far is the new corpus.",
        change((BEST, "best = max(counts, key=lambda p: (counts[p], p))")),
    ),
    (
        "pairs",
        "1 of 2 points: right so far is the pair.",
        change(("merged[tuple(done)] = times", "merged[tuple(done)] = 1")),
    ),
    # 9.2: the factor in every place, and which of the thin matrices is which
    (
        "low-rank",
        RIGHT,
        """
def merged(W, A, B, alpha):
    return W + np.outer(B[:, 0], A[0]) * alpha / len(A) + alpha / len(A) * B[:, 1:] @ A[1:]


def low_rank(x, W, A, B, alpha):
    return np.einsum("ni,oi->no", x, merged(W, A, B, alpha))


def low_rank_gradients(dy, x, W, A, B, alpha):
    dW = sum(np.outer(d, v) for d, v in zip(dy, x)) * alpha / A.shape[0]
    return [dy @ merged(W, A, B, alpha), B.T @ dW, dW @ A.T]
""",
    ),
    (
        "low-rank",
        RIGHT,
        change((UPDATE, "(alpha * x @ A.T @ B.T) / B.shape[1]"), ("du.T @ x", "(x.T @ du).T")),
    ),
    ("low-rank", "The factor alpha/r is missing", change((UPDATE, "x @ A.T @ B.T"))),
    ("low-rank", "divide by the rank", change((UPDATE, "alpha * (x @ A.T @ B.T)"))),
    ("low-rank", "by its columns", change((UPDATE, UPDATE.replace("len(A)", "A.shape[1]")))),
    ("low-rank", "not those of B", change((UPDATE, UPDATE.replace("len(A)", "len(B)")))),
    ("low-rank", "Where is its update?", change((" + " + UPDATE, ""))),
    ("low-rank", "This is the update alone. W", change(("x @ W.T + " + UPDATE, UPDATE))),
    (
        "low-rank",
        "x reaches y by A and B as well",
        change(("return dy @ W + du @ A,", "return dy @ W,")),
    ),
    ("low-rank", "frozen, not absent", change(("return dy @ W + du @ A,", "return du @ A,"))),
    (
        "low-rank",
        "The factor alpha/r is missing",
        change(("du.T @ x, scale", "B.T @ dy.T @ x, scale")),
    ),
    (
        "low-rank",
        "The factor alpha/r is missing",
        change(("scale * (dy.T @ (x @ A.T))", "dy.T @ (x @ A.T)")),
    ),
    (
        "low-rank",
        "This is the gradient of W'. A is",
        change(("du.T @ x, scale * (dy.T @ (x @ A.T))", "dy.T @ x, scale * dy.T @ x")),
    ),
    (
        "low-rank",
        "This is the gradient of B. A comes first",
        change(
            (
                "du.T @ x, scale * (dy.T @ (x @ A.T))",
                "scale * (dy.T @ (x @ A.T)), du.T @ x",
            )
        ),
    ),
    ("low-rank", "This is the transpose", change(("du.T @ x", "x.T @ du"))),
    ("low-rank", "This is a mean over the batch", change(("du.T @ x", "du.T @ x / len(x)"))),
    (
        "low-rank",
        "the merged matrix: the shape (3, 4) is right",
        change(("return W + alpha / len(A) * (B @ A)", "return W + B @ A")),
    ),
    (
        "low-rank",
        "Add it to W",
        change(("return W + alpha / len(A) * (B @ A)", "return alpha / len(A) * (B @ A)")),
    ),
    (
        "low-rank",
        "W is left as it was",
        change(
            ("return W + alpha / len(A) * (B @ A)", "W += alpha / len(A) * (B @ A)\n    return W")
        ),
    ),
    (
        "low-rank",
        "asks for NumPy alone",
        change(("    scale = alpha", "    hash_of({})\n    scale = alpha")),
    ),
    (
        "low-rank",
        "2 of 3 points: right so far are low_rank and merged.",
        change(("du.T @ x", "x.T @ du")),
    ),
    # 9.3: no gradient at all, clipped without the frozen ones, cleared first
    (
        "frozen",
        RIGHT,
        """
def continue_training(model, optimiser, batches, frozen, loss):
    for name, p in model.named_parameters():
        p.grad = None
        p.requires_grad_(name not in frozen)
    for batch in batches:
        loss(model, batch).backward()
        nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 0.5)
        optimiser.step()
        optimiser.zero_grad()
""",
    ),
    (
        "frozen",
        RIGHT,
        # the optimiser moves them, and they are put back
        """
def continue_training(model, optimiser, batches, frozen, loss):
    held = {n: p.detach().clone() for n, p in model.named_parameters() if n in frozen}
    others = [p for n, p in model.named_parameters() if n not in frozen]
    for batch in batches:
        model.zero_grad()
        loss(model, batch).backward()
        nn.utils.clip_grad_norm_(others, 0.5)
        optimiser.step()
        with torch.no_grad():
            for name, old in held.items():
                model.get_parameter(name).copy_(old)
""",
    ),
    (
        "frozen",
        "A gradient of zero still moves a weight",
        change(("p.grad = None", "p.grad.zero_()")),
    ),
    (
        "frozen",
        "A gradient of zero still moves a weight",
        lambda source: (
            "def continue_training(*given):\n    return continue_with_bugs(*given)\n"
            if source
            else source
        ),
    ),
    (
        "frozen",
        "The old one is still there",
        change(
            (
                "    for batch",
                "    [p.requires_grad_(n not in frozen) for n, p in "
                "model.named_parameters()]\n    for batch",
            ),
            ("        optimiser.zero_grad()  # mends 3\n", ""),
            (FREEZE, ""),
            ("        optimiser.step()", "        optimiser.step()\n        optimiser.zero_grad()"),
        ),
    ),
    ("frozen", "nothing is frozen", change((FREEZE, ""))),
    (
        "frozen",
        "are cleared, and at which gradients are clipped",
        change(
            ("        optimiser.zero_grad()  # mends 3\n", ""),
            (FREEZE + CLIP, CLIP + FREEZE),
            ("        optimiser.step()", "        optimiser.step()\n        optimiser.zero_grad()"),
        ),
    ),
    (
        "frozen",
        "Look at when the gradients of the batch before are cleared.",
        change(
            ("        optimiser.zero_grad()  # mends 3\n", ""),
            ("        optimiser.step()", "        optimiser.step()\n        optimiser.zero_grad()"),
        ),
    ),
    (
        "frozen",
        "those of frozen weights do not count",
        change((FREEZE + CLIP, CLIP + FREEZE)),
    ),
    (
        "frozen",
        "This optimiser has no memory",
        change(
            (
                "    for batch",
                "    optimiser = torch.optim.AdamW(\n"
                "        model.parameters(), lr=0.05, weight_decay=0.1\n"
                "    )\n    for batch",
            )
        ),
    ),
    ("frozen", "No gradient is clipped", change((CLIP, ""))),
    (
        "frozen",
        "Clear the gradients at every batch",
        change(("        optimiser.zero_grad()  # mends 3\n", "")),
    ),
    ("frozen", "They have not moved", change(("        optimiser.step()", "        pass"))),
    (
        "frozen",
        "returns nothing",
        lambda source: source.replace("    ### END", "    return model\n    ### END"),
    ),
    (
        "frozen",
        "1 of 3 points: right so far is the frozen weights.",
        change((CLIP, "")),
    ),
    (
        "frozen",
        "2 of 3 points: right so far is the trained weights.",
        change(("p.grad = None", "p.grad = None\n                p.data += 1e-13")),
    ),
    # 9.4: each weight's own mean; both answers, squared first
    (
        "springs",
        RIGHT,
        """
def elastic_minimum(star, F, theta_B, H, strength):
    found = star.tolist()
    for i in range(len(star)):
        total = strength * F[i] + H[i]
        if total:
            found[i] = star[i] + H[i] / total * (theta_B[i] - star[i])
    return found


def fisher_of_yes(theta, x):
    total = 0
    for row in x:
        p = 1 / (1 + math.exp(-row @ theta))
        for answer, chance in ((1, p), (0, 1 - p)):
            total = total + chance * ((answer - p) * row) ** 2
    return total / len(x)
""",
    ),
    (
        "springs",
        RIGHT,
        change(
            (FISHER, "np.mean(x**2 / (2 + 2 * np.cosh(x @ theta))[:, None], axis=0)"),
            ("    p = 1 / (1 + np.exp(-(x @ theta)))  # (N,)\n", ""),
        ),
    ),
    (
        "springs",
        "this divides 0 by 0",
        change(("np.where(total > 0, mean / np.where(total > 0, total, 1), star)", "mean / total")),
    ),
    (
        "springs",
        "stays where it was",
        change((", total, 1), star)", ", total, 1), 0)")),
    ),
    (
        "springs",
        "does not go to B's minimum",
        change((", total, 1), star)", ", total, 1), theta_B)")),
    ),
    ("springs", "lambda is missing", change(("stiff = strength * F", "stiff = F"))),
    (
        "springs",
        "The weights are exchanged",
        change(("stiff * star + H * theta_B", "H * star + stiff * theta_B")),
    ),
    (
        "springs",
        "lambda multiplies F, not H",
        change(("stiff = strength * F", "stiff, H = F, strength * H")),
    ),
    (
        "springs",
        "it drops out",
        change(("stiff = strength * F", "stiff = strength / 2 * F")),
    ),
    ("springs", "This is the sum", change((FISHER, "(p * (1 - p)) @ x**2"))),
    ("springs", "its square x squared", change((FISHER, "(p * (1 - p)) @ x / len(x)"))),
    ("springs", "Square first", change((FISHER, "((p * (1 - p)) @ x / len(x)) ** 2"))),
    ("springs", "add up both answers", change((FISHER, "(p * (1 - p)) ** 2 @ x**2 / len(x)"))),
    ("springs", "p (1 - p) is missing", change((FISHER, "(x**2).mean(axis=0)"))),
    ("springs", "The answer no counts", change((FISHER, "(p * (1 - p) ** 2) @ x**2 / len(x)"))),
    ("springs", "The answer yes counts", change((FISHER, "(p**2 * (1 - p)) @ x**2 / len(x)"))),
    ("springs", "This is p squared", change((FISHER, "p**2 @ x**2 / len(x)"))),
    ("springs", "This is (1 - p) squared", change((FISHER, "(1 - p) ** 2 @ x**2 / len(x)"))),
    ("springs", "one number for each weight", change((FISHER, f"({FISHER}).mean()"))),
    (
        "springs",
        "F is left as it was",
        change(("stiff = strength * F", "stiff = F\n    F *= strength")),
    ),
    (
        "springs",
        "asks for NumPy alone",
        change(
            (
                "    p = 1 / (1 + np.exp(-(x @ theta)))",
                "    hash_of({})\n    p = 1 / (1 + np.exp(-(x @ theta)))",
            )
        ),
    ),
    (
        "springs",
        "1 of 2 points: right so far is elastic_minimum.",
        change((FISHER, "(p * (1 - p)) @ x**2")),
    ),
    ("springs", "theta squared", change((FISHER, "(p * (1 - p)) @ (x * theta) ** 2 / len(x)"))),
    # 9.5: higher or lower, and both gradients before a step
    (
        "rank",
        RIGHT,
        """
def predicted():
    return [2560.0, 3.91, 103, 2048, 128, 3]


def trained_update(x, t, W, A, alpha, lr, steps):
    A, B = torch.tensor(A, requires_grad=True), torch.zeros(len(W), len(A)).double()
    x, t, W, B = torch.tensor(x), torch.tensor(t), torch.tensor(W), B.requires_grad_()
    optimiser = torch.optim.SGD([A, B], lr=lr)
    for _ in range(steps):
        loss = ((x @ W.T + alpha / len(A) * x @ A.T @ B.T - t) ** 2).sum() / 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return alpha / len(A) * (B @ A).detach()
""",
    ),
    (
        "rank",
        RIGHT,
        change(
            ("        dA, dB = s * B.T @ dW, s * dW @ A.T\n", ""),
            (
                "A, B = A - lr * dA, B - lr * dB",
                "B, A = B - s * lr * dW @ A.T, A - s * lr * B.T @ dW",
            ),
        ),
    ),
    ("rank", "is too low", change((PREDICTED, PREDICTED.replace("trained,", "1024,", 1)))),
    ("rank", "do not multiply", change((PREDICTED, PREDICTED.replace("trained,", "2**20,", 1)))),
    ("rank", "In percent.", change((PREDICTED, PREDICTED.replace("100 *", "1 *")))),
    ("rank", "still a little less", change((PREDICTED, PREDICTED.replace("ceil", "floor")))),
    (
        "rank",
        "saves nothing earlier",
        change((PREDICTED, PREDICTED.replace("math.ceil(whole / 640)", "128"))),
    ),
    ("rank", "which is 0", change((PREDICTED, PREDICTED.replace("4 * 512,", "2560,")))),
    ("rank", "which is not 0", change((PREDICTED, PREDICTED.replace("4 * 512,", "0,")))),
    ("rank", "multiplied by B = 0", change((PREDICTED, PREDICTED.replace("4 * 512,", "512,")))),
    ("rank", "can be independent", change((PREDICTED, PREDICTED.replace("128, 3", "300, 3")))),
    (
        "rank",
        "the columns of B made of",
        change((PREDICTED, PREDICTED.replace("128, 3", "128, 8"))),
    ),
    (
        "rank",
        "in which directions",
        change((PREDICTED, PREDICTED.replace("128, 3", "128, 150"))),
    ),
    (
        "rank",
        "The factor alpha/r is missing",
        change(("s, B = alpha / len(A),", "s, B = 1,")),
    ),
    (
        "rank",
        "into the gradients, too",
        change(("s * B.T @ dW, s * dW @ A.T", "B.T @ dW, dW @ A.T")),
    ),
    ("rank", "into what you return", change(("return s * B @ A", "return B @ A"))),
    ("rank", "a sum, not a mean", change(("- t).T @ x", "- t).T @ x / len(x)"))),
    ("rank", "has the error as its gradient", change(("- t).T @ x", "- t).T @ x * 2"))),
    ("rank", "A learns, too", change(("A, B = A - lr * dA,", "A, B = A,"))),
    (
        "rank",
        "A's wants the old B",
        change(
            ("dA, dB = s * B.T @ dW, s * dW @ A.T", "B = B - lr * s * dW @ A.T"),
            ("A, B = A - lr * dA, B - lr * dB", "A = A - lr * s * B.T @ dW"),
        ),
    ),
    ("rank", "The sign?", change(("B - lr * dB", "B + lr * dB"))),
    ("rank", "This is W'", change(("return s", "return W + s"))),
    ("rank", "a step too many", change(("range(steps)", "range(steps + 1)"))),
    (
        "rank",
        "A is left as it was",
        change(
            ("A, B = A - lr * dA, B - lr * dB", "A -= lr * dA\n        B = B - lr * dB"),
        ),
    ),
    (
        "rank",
        "1 of 2 points: right so far is trained_update.",
        change((PREDICTED, PREDICTED.replace("128, 3", "128, 8"))),
    ),
    # 9.6: which group when, how fast, and one Adam
    (
        "gradual",
        RIGHT,
        """
def train_gradually(groups, epochs, lr, decay, every):
    for p in sum(groups, []):
        p.requires_grad_(False)
    optimiser, rates, table = None, [0.0] * len(groups), []
    for epoch, losses in enumerate(epochs):
        k = epoch // every
        if epoch % every == 0 and k < len(groups):
            group = groups[-1 - k]
            rates[-1 - k] = lr * decay**k
            for p in group:
                p.requires_grad_(True)
            if optimiser is None:
                optimiser = torch.optim.Adam(group, lr=lr)
            else:
                optimiser.add_param_group({"params": group, "lr": rates[-1 - k]})
        table.append(list(rates))
        for loss in losses:
            for p in sum(groups, []):
                p.grad = None
            loss().backward()
            optimiser.step()
    return np.array(table)
""",
    ),
    (
        "gradual",
        RIGHT,
        # frozen groups lose their gradients after each backward pass
        change(
            (THAW, "pass"),
            (
                "loss().backward()",
                "loss().backward()\n            for p in sum(groups[: -1 - epoch // every], []):\n"
                "                p.grad = None",
            ),
            ("groups[: -1 - epoch // every]", "groups[: max(0, len(groups) - 1 - epoch // every)]"),
        ),
    ),
    (
        "gradual",
        "comes first and has the rate lr",
        change(("range(len(groups) - 1, -1, -1)", "range(len(groups))")),
    ),
    (
        "gradual",
        "Thaw from the output down: the readout first.",
        change((RATE, RATE.replace("k * every", "(len(groups) - 1 - k) * every"))),
    ),
    (
        "gradual",
        "The readout has the rate lr; the groups below have less",
        change((RATE, RATE.replace("decay**k", "decay ** (len(groups) - 1 - k)"))),
    ),
    ("gradual", "too early", change(("<= epoch", "<= epoch + 1"))),
    (
        "gradual",
        "an epoch too late",
        change(("k * every <= epoch", "k * every <= max(epoch - 1, 0)")),
    ),
    (
        "gradual",
        "not at every epoch",
        change(("k * every <= epoch", "k <= epoch")),
    ),
    (
        "gradual",
        "the readout is trained alone. A frozen",
        change(("k * every <= epoch", "0 <= epoch")),
    ),
    ("gradual", "A frozen group has the rate 0", change((RATE, "lr * decay**k"))),
    (
        "gradual",
        "What was thawed before is trained on",
        change(("k * every <= epoch", "k == min(epoch // every, len(groups) - 1)")),
    ),
    ("gradual", "decay is missing", change(("lr * decay**k", "lr"))),
    ("gradual", "multiply by decay from group", change(("decay**k", "decay ** min(k, 1)"))),
    ("gradual", "do not divide", change(("decay**k", "decay**-k"))),
    (
        "gradual",
        "From the input to the output: the readout",
        change(
            ("rates.append([", "rates.append([])\n        rates[-1].extend(["),
            ("for k in above])", "for k in above][::-1])"),
        ),
    ),
    (
        "gradual",
        "Nothing has been trained",
        change(("            optimiser.step()", "            pass")),
    ),
    (
        "gradual",
        "a new one has forgotten",
        change(
            (
                "        for loss in losses",
                "        optimiser = torch.optim.Adam(optimiser.param_groups)\n"
                "        for loss in losses",
            )
        ),
    ),
    (
        "gradual",
        "A rate of 0 does not do",
        change(
            (
                "            for p in group:\n                " + THAW,
                "            optimiser.param_groups[len(groups) - 1 - k]['lr'] = ("
                "lr * decay**k if k * every <= epoch else 0)",
            )
        ),
    ),
    ("gradual", "Clear the gradients", change(("            optimiser.zero_grad()\n", ""))),
    (
        "gradual",
        "Every group was trained with the rate lr",
        change(('"lr": lr * decay**k', '"lr": lr')),
    ),
    ("gradual", "Every group was trained from the first epoch", change((THAW, "pass"))),
    (
        "gradual",
        "batches in their order",
        change(("for loss in losses", "for loss in losses[::-1]")),
    ),
    (
        "gradual",
        "1 of 2 points: right so far is the training.",
        change((RATE, "lr * decay**k")),
    ),
    (
        "gradual",
        "1 of 2 points: right so far is the rates.",
        change(('"lr": lr * decay**k', '"lr": lr')),
    ),
    # 9.7: what is copied, and what is trained
    (
        "labels",
        RIGHT,
        """
def started(base, seed):
    model = fresh(seed)
    theirs = dict(base.named_parameters())
    with torch.no_grad():
        for name, p in model.named_parameters():
            if not name.startswith("readout"):
                p.copy_(theirs[name])
    return model


def accuracy(model, data):
    found = model(data[0]).detach().numpy().argmax(axis=1)
    return np.mean(found == data[1].numpy())


def experiment(base, train, test, seed):
    found = []
    for start, alone in ((None, False), (base, False), (base, True)):
        model = started(start, seed) if start is not None else fresh(seed)
        if alone:
            model.embedding.requires_grad_(False)
            model.recurrent.requires_grad_(False)
        taught(model, [p for p in model.parameters() if p.requires_grad], train)
        found.append(accuracy(model, test))
    return tuple(found)
""",
    ),
    (
        "labels",
        RIGHT,
        change(
            (
                "    model.embedding.load_state_dict(base.embedding.state_dict())  # copies\n"
                + COPY_RECURRENT,
                "    state = {n: w for n, w in base.state_dict().items() if n[:3] != 'rea'}\n"
                "    model.load_state_dict(state, strict=False)\n",
            ),
            (".double().mean().item()", ".double().mean()"),
        ),
    ),
    (
        "labels",
        "weights of the recurrent part in started",
        change((COPY_RECURRENT, "")),
    ),
    (
        "labels",
        "They are those of fresh",
        change(
            ("    model.embedding.load_state_dict(base.embedding.state_dict())  # copies\n", "")
        ),
    ),
    ("labels", "Hand the seed on", change(("model = fresh(seed)", "model = fresh(0)"))),
    (
        "labels",
        "share weights",
        change((COPY_RECURRENT, "    model.recurrent = base.recurrent\n")),
    ),
    ("labels", "not in percent", change((".mean().item()", ".mean().item() * 100"))),
    ("labels", "This is the error", change(("== labels", "!= labels"))),
    ("labels", "Divide by N", change((".mean().item()", ".sum().item()"))),
    (
        "labels",
        "Count the likeliest classes",
        change(
            (
                "(model(x).argmax(dim=1) == labels).double()",
                "model(x).softmax(dim=1)[torch.arange(len(labels)), labels]",
            )
        ),
    ),
    ("labels", "Measure on test", change(("train), test)", "train), train)"))),
    (
        "labels",
        "without base",
        change(("scratch, whole = fresh(seed),", "scratch, whole = started(base, seed),")),
    ),
    (
        "labels",
        "not the readout alone",
        change(("whole.parameters()", "whole.readout.parameters()")),
    ),
    (
        "labels",
        "Train the readout alone",
        change(("features.readout.parameters()", "features.parameters()")),
    ),
    (
        "labels",
        "Start anew",
        change(("features = started(base, seed)", "features = whole")),
    ),
    (
        "labels",
        "not new ones",
        change(("features = started(base, seed)", "features = fresh(seed)")),
    ),
    (
        "labels",
        "The order is",
        change(("    return [\n", "    chosen = chosen[::-1]\n    return [\n")),
    ),
    (
        "labels",
        "hand it on to `fresh`",
        change(("fresh(seed), started(base, seed)\n", "fresh(1), started(base, seed)\n")),
    ),
    (
        "labels",
        "2 of 4 points: right so far are started and accuracy.",
        change(("train), test)", "train), train)")),
    ),
]
