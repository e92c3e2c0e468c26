"""Chapter 02, backpropagation through time."""

from tests.exercises import RIGHT, change

GRADIENTS = "[1, 24, 10, 30]"
RECURSION = "p = slope * (h + w * p)"
CUT = "h = h.detach()"

ANSWERS = [
    # 2.1: predict, then run
    ("predict", RIGHT, change((GRADIENTS, "np.array([1.0, 24.0, 10.0, 30.0])"), ('"no"', '"No"'))),
    ("predict", RIGHT, change((GRADIENTS, "1, 4 * 6, 10 + 0 + 0, 5 + 24 + 0 + 1"))),
    ("predict", "is not 'yes'", change(('"no"', '"yes"'))),
    ("predict", "dh_1 is too high", change((GRADIENTS, "[49, 24, 34, 6]"))),
    ("predict", "At step 2 the unit is off", change((GRADIENTS, "[49, 24, 34, 6]"))),
    ("predict", "the second route is there too", change((GRADIENTS, "[1, 0, 10, 30]"))),
    ("predict", "are exchanged", change((GRADIENTS, "[1, 24, 30, 10]"))),
    ("predict", "the state before the step", change((GRADIENTS, "[1, 24, 50, 30]"))),
    ("predict", "has the wrong sign", change((GRADIENTS, "[-1, -24, -10, -30]"))),
    ("predict", "not 2 e_t", change((GRADIENTS, "[2, 48, 20, 60]"))),
    ("predict", "The last loss is missing", change((GRADIENTS, "[1, 4, 0, 5]"))),
    ("predict", "expected shape (4,), got (2,)", change((GRADIENTS, "[10, 30]"))),
    # 2.2: five bugs
    ("bugs", RIGHT, change(("dW_ih += da.T @ x[t]", "dW_ih += np.einsum('bh,bi->hi', da, x[t])"))),
    (
        "bugs",
        RIGHT,
        """
def backward(dy, x, h, W_ih, W_hh):
    T, da = len(x), np.zeros_like(dy)
    later = np.zeros_like(dy[0])
    for t in range(T - 1, -1, -1):
        da[t] = (1 - h[t + 1] ** 2) * (dy[t] + later)
        later = (W_hh.T @ da[t].T).T
    return [
        da @ W_ih,
        later,
        np.tensordot(da, x, axes=((0, 1), (0, 1))),
        sum(da[t].T @ h[t] for t in range(T)),
        da.sum(axis=(0, 1)),
    ]
""",
    ),
    ("bugs", "belongs to the state after that step", change(("h[t + 1] ** 2", "h[t] ** 2"))),
    ("bugs", "what was W_hh multiplied by", change(("da.T @ h[t]", "da.T @ h[t + 1]"))),
    ("bugs", "is it the sum over all steps", change(("db += ", "db = "))),
    ("bugs", "has no transpose in rows", change(("da @ W_hh  #", "da @ W_hh.T  #"))),
    (
        "bugs",
        "Which steps have a loss?",
        change(("dh = dh + dy[t]", "dh = dy[t] if t == len(x) - 1 else dh")),
    ),
    (
        "bugs",
        "add it before the slope",
        change(
            ("dh = np.zeros_like(h[0])", "dh = dy[-1]"),
            ("        dh = dh + dy[t]", "        #"),
            ("da @ W_hh  #", "da @ W_hh + (dy[t] if t else 0)  #"),
        ),
    ),
    ("bugs", "writes into dy", change(("dh = dh + dy[t]", "dh = dy[t] = dh + dy[t]"))),
    (
        "bugs",
        "still that of the given function",
        change(
            (
                "def backward(",
                "def backward(*all):\n    return backward_with_bugs(*all)\n\n\ndef rest(",
            )
        ),
    ),
    (
        "bugs",
        "asks for NumPy alone",
        """
def backward(dy, x, h, W_ih, W_hh):
    zeros = np.zeros(len(W_hh))
    cache = rnn.forward(x, rnn.Params(W_ih, W_hh, zeros, zeros), h[0])[1]
    return rnn.backward(dy, cache)[:5]
""",
    ),
    # 2.3: a first state that is learned, and weights of the steps
    (
        "changes",
        RIGHT,
        change(
            ("(da_1 @ W_hh).sum(axis=0)", "W_hh.T @ da_1.sum(0)"),
            (
                "2 * m[:, :, None] * error / m.sum()",
                "np.einsum('tb,tbo->tbo', 2 * m / m.sum(), error)",
            ),
        ),
    ),
    (
        "changes",
        RIGHT,
        """
def first_state_gradient(da_1, W_hh):
    return sum(W_hh.T @ row for row in da_1).tolist()

def weighted_loss(x, target, m, params, readout):
    (y, _), cache = rnn.forward(x, params)
    y_hat, readout_cache = linear.forward(y, readout)
    share = (m / np.sum(m))[..., np.newaxis]
    error = target - y_hat
    dy = -2 * (share * error) @ readout.W
    return [np.sum(share * error * error), rnn.backward(dy, cache).dW_hh]
""",
    ),
    ("changes", "add up, do not average", change((".sum(axis=0)", ".mean(axis=0)"))),
    ("changes", "Is W_hh transposed?", change(("(da_1 @ W_hh)", "(da_1 @ W_hh.T)"))),
    ("changes", "How does h_0 enter a_1?", change(("(da_1 @ W_hh)", "da_1"))),
    ("changes", "What does sharing add?", change((".sum(axis=0)\n", "\n"))),
    ("changes", "And is W_hh transposed?", change(("(da_1 @ W_hh).sum(axis=0)", "da_1 @ W_hh.T"))),
    ("changes", "Add up over the sequences", change((".sum(axis=0)\n", ".sum(axis=1)\n"))),
    (
        "changes",
        "writes into da_1",
        change(("    return (da", "    da_1 *= 2\n    return 0.5 * (da")),
    ),
    ("changes", "2 of 3 points: right so far is the weighted", change(("(da_1 @ W_hh)", "da_1"))),
    ("changes", "1 of 3 points: right so far is the first", change(("2 * m[:", "m[:"))),
    ("changes", "has a factor 2", change(("2 * m[:", "m[:"))),
    ("changes", "Divide by the sum of the weights", change((" / m.sum()", ""))),
    ("changes", "not by the number of steps", change((" / m.sum()", " / m.size"))),
    ("changes", "Do the weights enter the gradient", change(("2 * m[:, :, None] *", "2 *"))),
    (
        "changes",
        "Where do the weights enter",
        change(("(m * (error**2).sum(axis=2)).sum() / m.sum()", "(error**2).sum(axis=2).mean()")),
    ),
    (
        "changes",
        "it is not squared itself",
        change(("(m * (error**2).sum(axis=2))", "((m[:, :, None] * error) ** 2)")),
    ),
    ("changes", "added, not averaged", change(("(error**2).sum", "(error**2).mean"))),
    ("changes", "The sign", change(("dy_hat = 2", "dy_hat = -2"))),
    (
        "changes",
        "writes into target",
        change(("error = y_hat - target", "target -= y_hat\n    error = -target")),
    ),
    # 2.4: the order of the steps
    ("checkpoints", RIGHT, change(("dh, dW_hh = dh_n, ", "dh, dW_hh = dh_n.copy(), "))),
    (
        "checkpoints",
        RIGHT,
        """
def checkpointed_gradients(x, params, h0, dh_n, s):
    kept, h = {}, h0
    for t in range(len(x)):
        if t % s == 0:
            kept[t] = h
        h = step(x[t], h, params)[0]
    total = 0
    while kept:
        t, h = kept.popitem()
        caches = []
        for x_t in x[t:t + s]:
            h, cache = step(x_t, h, params)
            caches.append(cache)
        while caches:
            grads = rnn.step_backward(dh_n, caches.pop())
            dh_n, total = grads.dh, total + grads.dW_hh
    return dh_n, total
""",
    ),
    (
        "checkpoints",
        "Both runs take the steps of the last segment",
        """
def checkpointed_gradients(x, params, h0, dh_n, s):
    starts, h, caches = [], h0, []
    for t, x_t in enumerate(x):
        if t % s == 0:
            starts.append(h)
            caches = []
        h, cache = step(x_t, h, params)
        caches.append(cache)
    dh, dW_hh = dh_n, np.zeros_like(params.W_hh)
    for k in reversed(range(len(starts))):
        for cache in reversed(caches):
            grads = rnn.step_backward(dh, cache)
            dh, dW_hh = grads.dh, dW_hh + grads.dW_hh
        h, caches = starts[k - 1], []
        for x_t in x[(k - 1) * s : k * s]:
            h, cache = step(x_t, h, params)
            caches.append(cache)
    return dh, dW_hh
""",
    ),
    ("checkpoints", "Use step, not rnn.step", change((" step(x_t", " rnn.step(x_t"))),
    (
        "checkpoints",
        "start from its own kept state",
        change(("h, caches = starts[k], []", "h, caches = h0, []")),
    ),
    ("checkpoints", "the last step comes first", change(("in reversed(caches)", "in caches"))),
    (
        "checkpoints",
        "from the last to the first",
        change(("in reversed(range(len(starts)))", "in range(len(starts))")),
    ),
    (
        "checkpoints",
        "which is shorter, is missing",
        change(("range(len(starts))", "range(len(x) // s)")),
    ),
    (
        "checkpoints",
        "of one segment only",
        change(
            ("h, caches = starts[k], []", "h, caches = starts[k], []\n        dW_hh = 0 * dW_hh")
        ),
    ),
    (
        "checkpoints",
        "The sum over time is missing",
        change(("dW_hh += grads.dW_hh", "dW_hh = grads.dW_hh")),
    ),
    (
        "checkpoints",
        "keep the state before each segment",
        change(
            (
                "        h, _ = step(x_t, h, params)",
                "        h, _ = step(x_t, h, params)\n        kept.append(h)",
            ),
            ("starts, h = [], h0", "starts, h, kept = [], h0, []"),
        ),
    ),
    (
        "checkpoints",
        "Did you keep all caches of the first run",
        """
def checkpointed_gradients(x, params, h0, dh_n, s):
    h, caches = h0, []
    for x_t in x:
        h, cache = step(x_t, h, params)
        caches.append(cache)
    dh, dW_hh = dh_n, 0
    for cache in caches[::-1]:
        grads = rnn.step_backward(dh, cache)
        dh, dW_hh = grads.dh, dW_hh + grads.dW_hh
    return dh, dW_hh
""",
    ),
    (
        "checkpoints",
        "writes into dh_n",
        change(("dh = grads.dh\n", "dh[:] = grads.dh\n")),
    ),
    # 2.5: sensitivities, forwards
    (
        "diagonal",
        RIGHT,
        """
def diagonal_rtrl(x, dy, W_ih, w, b):
    joined = np.column_stack([w, W_ih])  # both kinds of weights at once
    h, s = 0 * b, 0 * joined
    total = 0 * joined
    for t in range(len(x)):
        at_once = np.column_stack([h, np.tile(x[t], (len(w), 1))])
        h = np.tanh(np.sum(joined * at_once, axis=1) + b)
        s = np.diag(1 - h**2) @ (at_once + np.diag(w) @ s)
        total = total + dy[t][:, None] * s
    return total[:, 0], total[:, 1:]
""",
    ),
    (
        "diagonal",
        RIGHT,
        change(("return dw, dW_ih", "return dw.tolist(), torch.from_numpy(dW_ih)")),
    ),
    ("diagonal", "the state before the step", change((RECURSION, "p = slope * (h_next + w * p)"))),
    (
        "diagonal",
        "multiplies both parts",
        change(("slope = 1 - h_next**2", "slope = np.ones_like(h)")),
    ),
    ("diagonal", "is multiplied by w", change(("w * p)", "p)"), ("w[:, None] * q)", "q)"))),
    ("diagonal", "add up over the steps", change(("dw += e_t", "dw = e_t"))),
    ("diagonal", "multiply by it", change(("e_t * p", "p"))),
    ("diagonal", "what of those before", change((RECURSION, "p = slope * h"))),
    ("diagonal", "dW_ih: the shape (4, 2) is right", change(("(x_t + w", "(0 * x_t + w"))),
    ("diagonal", "writes into w", change(("    return dw", "    w[:] = 0\n    return dw"))),
    ("diagonal", "expected shape (4,), got (4, 4)", change(("return dw,", "return np.diag(dw),"))),
    (
        "diagonal",
        "expected shape (4, 2), got (2, 4)",
        change(("return dw, dW_ih", "return dw, dW_ih.T")),
    ),
    # 2.7: the share of the loss terms
    ("share", RIGHT, change(("min(max(k2 - d, 0), k1) / k1", "np.clip((k2 - d) / k1, 0, 1)"))),
    (
        "share",
        RIGHT,
        """
def share_that_sees(d, k1, k2):
    return sum(k2 - k1 + j > d for j in range(1, k1 + 1)) / k1
""",
    ),
    ("share", "the answer the (d + 1)st", change(("k2 - d", "k2 - d + 1"))),
    ("share", "One step too strict", change(("k2 - d", "k2 - d - 1"))),
    ("share", "The share is one of k1", change(("/ k1", "/ k2"))),
    ("share", "negative or above 1", change(("min(max(k2 - d, 0), k1)", "(k2 - d)"))),
    ("share", "not through j", change(("k2 - d", "k1 - d"))),
    ("share", "This is the number of loss terms", change((" / k1", ""))),
    ("share", "in place of /", change((" / k1", " // k1"))),
    # 2.8: a loop over chunks, and what it learns
    (
        "chunks",
        RIGHT,
        """
def train(d, k, seed, updates=200):
    layer, readout = new_network(seed)
    both = nn.ModuleList([layer, readout])
    adam = torch.optim.Adam(both.parameters(), 1e-2)
    h = torch.zeros(1, 16, 16, dtype=torch.float64)
    kept = np.empty(updates)
    pairs = zip(*(stream.split(k) for stream in echo(d, updates * k, seed)))
    for n, (x, y) in enumerate(pairs):
        both.zero_grad()
        states, h = layer(x, h.data)
        loss = (readout(states) - y).square().mean()
        kept[n] = loss.detach()
        loss.backward()
        adam.step()
    return kept

def chunks_that_learn(d, lengths, seed):
    return tuple(filter(lambda k: sum(train(d, k, seed)[-50:]) < 25, lengths))
""",
    ),
    (
        "chunks",
        RIGHT,
        change(
            (CUT, "h.detach_()"),
            ("        optimiser.zero_grad()\n", ""),
            ("optimiser.step()\n", "optimiser.step()\n        optimiser.zero_grad()\n"),
        ),
    ),
    ("chunks", "Hand on h.detach(), not h", change((CUT, "h.detach()"))),
    (
        "chunks",
        "Hand on h.detach(), not h",
        change((CUT, "h"), ("backward()", "backward(retain_graph=True)")),
    ),
    ("chunks", "each chunk seems to start", change((CUT, "h = None"))),
    ("chunks", "zero_grad()", change(("        optimiser.zero_grad()\n", ""))),
    ("chunks", "Do the weights change?", change(("        optimiser.step()\n", ""))),
    ("chunks", "Chunks do not overlap", change(("range(0, updates * k, k)", "range(updates)"))),
    ("chunks", "seems to read the first chunk", change(("slice(start, start + k)", "slice(0, k)"))),
    (
        "chunks",
        "not the last one alone",
        change(("readout(states), answers[chunk]", "readout(states[-1]), answers[chunk][-1]")),
    ),
    (
        "chunks",
        "a mean, not a sum",
        change(("answers[chunk])", 'answers[chunk], reduction="sum")')),
    ),
    ("chunks", "These answers have no delay", change(("answers[chunk])", "bits[chunk])"))),
    ("chunks", "the layer, too", change(("*layer.parameters(), ", ""))),
    ("chunks", "the readout, too", change((", *readout.parameters()", ""))),
    ("chunks", "The rate is 0.01, not 0.001", change(("lr=0.01", "lr=0.001"))),
    (
        "chunks",
        "Hand the seed on",
        change(("k, seed)\n    layer", "k, 0)\n    layer"), ("rk(seed)", "rk(0)")),
    ),
    ("chunks", "expected 200, got 30", change(("updates=200", "updates=30"))),
    ("chunks", "The network, too", change(("new_network(seed)", "new_network(0)"))),
    ("chunks", "3 of 4 points: right so far is the training", change(("< 0.5]", "> 0.5]"))),
    (
        "chunks",
        "a rule with exceptions",
        change(("if np.mean(train(d, k, seed)[-50:]) < 0.5]", "if k > d]")),
    ),
    ("chunks", "those that do not learn it", change(("< 0.5]", "> 0.5]"))),
    (
        "chunks",
        "Not whether",
        change(("k for k in lengths if ", ""), (" < 0.5]", " < 0.5 for k in lengths]")),
    ),
    (
        "chunks",
        "Keep the lengths in their order",
        change(("in lengths if", "in sorted(lengths) if")),
    ),
]
