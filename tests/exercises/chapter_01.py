"""Chapter 01, recurrent networks."""

from tests.exercises import RIGHT, change

LATER = "later = H * (D * H) + H * H + 2 * H"
SECOND = "y_backward[::-1]], axis=2)"
FIRST_STATE = "h = h0\n"
READ = "np.tanh(x_t @ W_ih.T + b_ih + h @ W_hh.T + b_hh)"
SLOPES = "(1 - h_t**2)[:, None] * W_hh"
PRODUCT = "step_jacobian(h_t, W_hh) @ product"
SHARE = "n * math.log(n / seen[column])"

ANSWERS = [
    # 1.1: shapes, and a formula
    (
        "shapes-and-sizes",
        RIGHT,
        """
def shapes_of_tasks():
    step = "step by step"
    return dict(a="many to one", b="one to many", c=step, d="read, then write", e=step)

def number_of_parameters(I, H, L, D, O):
    total, reads = 0, I
    for _ in range(L):
        total += D * H * (reads + H + 2)
        reads = D * H
    return float(total + O * (reads + 1))
""",
    ),
    (
        "shapes-and-sizes",
        RIGHT,
        change(
            (LATER, "later = sum([D * H * H, H**2, H, H])"), ('"e": "step', '"E": 0, "e": "step')
        ),
    ),
    (
        "shapes-and-sizes",
        "not right yet for c, e",
        change(
            ('"c": "step by step"', '"c": "many to one"'),
            ('"e": "step by step"', '"e": "one to many"'),
        ),
    ),
    ("shapes-and-sizes", "is none of", change(('"read, then write"', '"read then write"'))),
    ("shapes-and-sizes", "no answer for d", change(('"d": "read, then write",', ""))),
    (
        "shapes-and-sizes",
        "1 of 2 points: right so far is the number of parameters",
        change(('"b": "one to many"', '"b": "step by step"')),
    ),
    ("shapes-and-sizes", "has two biases", change(("2 * H", "H"))),
    ("shapes-and-sizes", "joined states, D*H numbers, not H", change(("(D * H) + H * H", "2 * H"))),
    ("shapes-and-sizes", "not the input", change((LATER, "later = first"))),
    (
        "shapes-and-sizes",
        "Later layers and the readout",
        change((LATER, "later = first"), ("O * (D * H) + O", "O * H + O")),
    ),
    ("shapes-and-sizes", "The readout reads the joined", change(("O * (D * H) + O", "O * H + O"))),
    ("shapes-and-sizes", "There is one readout", change(("O * (D * H) + O", "D * (O * H + O)"))),
    ("shapes-and-sizes", "The readout has a bias", change(("O * (D * H) + O", "O * (D * H)"))),
    ("shapes-and-sizes", "Each direction has weights", change(("return D * (", "return ("))),
    (
        "shapes-and-sizes",
        "What does L change",
        change(("D * (first + (L - 1) * later)", "D * first")),
    ),
    # 1.2: predict, then run
    ("predict", RIGHT, change(("np.array([0.3434, 0.0])", "[[0.3434], [0]]"))),
    ("predict", RIGHT, change(("np.array([0.3434, 0.0])", "0.34338, -0.0"), ('"works', '"Works'))),
    ("predict", "the echo is not 'adds'", change(('"works against"', '"adds"'))),
    ("predict", "unit 1 is too high", change(("[0.3434, 0.0]", "[0.9277, 0.0]"))),
    ("predict", "Mind the minus sign", change(("[0.3434, 0.0]", "[0.9277, 0.0]"))),
    ("predict", "before the last tanh", change(("[0.3434, 0.0]", "[0.3580, 0.0]"))),
    ("predict", "One more step is to go", change(("[0.3434, 0.0]", "[0.0, 0.6420]"))),
    ("predict", "that of step 3 is 1", change(("[0.3434, 0.0]", "[-0.5663, 0.0]"))),
    ("predict", "the first ones too", change(("[0.3434, 0.0]", "[0.0, 0.0]"))),
    ("predict", "The entries are swapped", change(("[0.3434, 0.0]", "[0.0, 0.3434]"))),
    ("predict", "two numbers, one for each unit", change(("np.array([0.3434, 0.0])", "0.3434"))),
    # 1.3: the forward pass, in one direction
    (
        "forward",
        RIGHT,
        change(
            (READ, "np.tanh((np.einsum('hi,bi->bh', W_ih, x_t) + (W_hh @ h.T).T) + (b_ih + b_hh))"),
            ("np.stack(states)", "np.array(states).tolist()"),
        ),
    ),
    (
        "forward",
        RIGHT,
        """
def forward(x, params, h0):
    joined = np.hstack([params.W_ih, params.W_hh, (params.b_ih + params.b_hh)[:, None]])
    y = np.empty((len(x), *h0.shape))
    for t in range(len(x)):
        before = y[t - 1] if t else h0
        y[t] = np.tanh(np.column_stack([x[t], before, np.ones(len(h0))]) @ joined.T)
    return y

def bidirectional(x, params_forward, params_backward):
    ends, both = [], []
    for way, params in ((1, params_forward), (-1, params_backward)):
        (y, h), _ = rnn.forward(np.flip(x, 0) if way < 0 else x, params)
        ends.append(h)
        both.append(y[::way])
    return [np.dstack(both), np.array(ends)]
""",
    ),
    (
        "forward",
        RIGHT,
        """
def forward(x, params, h0):
    W, U, b, c = (np.asarray(p) for p in params)
    def rest(h, t):
        if t == len(x):
            return []
        h = np.tanh(x[t] @ W.T + h @ U.T + b + c)
        return [h, *rest(h, t + 1)]
    return rest(h0, 0)

def bidirectional(x, params_forward, params_backward):
    T, B, _ = x.shape
    left, _ = rnn.forward(x, params_forward)[0]
    h = np.zeros((B, len(params_backward.W_hh)))
    right = np.zeros((T, *h.shape))
    for t in range(T - 1, -1, -1):
        h, _ = rnn.step(x[t], h, params_backward)
        right[t] = h
    return np.concatenate((left, right), -1), np.stack((left[-1], right[0]))
""",
    ),
    ("forward", "Is W_hh transposed?", change(("h @ W_hh.T", "h @ W_hh"))),
    ("forward", "Is b_hh added?", change((" + b_hh", ""))),
    ("forward", "Is b_ih added?", change((" + b_ih", ""))),
    ("forward", "Where is tanh?", change((READ, READ.removeprefix("np.tanh")))),
    ("forward", "Is h0 used?", change((FIRST_STATE, "h = np.zeros_like(h0)\n"))),
    ("forward", "Is the state handed on?", change(("+ h @ W_hh.T", "+ h0 @ W_hh.T"))),
    (
        "forward",
        "after step t, not before it",
        change((f"h = {READ}", f"before, h = h, {READ}"), ("append(h)", "append(before)")),
    ),
    ("forward", "not in y", change(("states = []", "states = [h0]"))),
    ("forward", "not the last one alone", change(("np.stack(states)", "h"))),
    (
        "forward",
        "is one array written anew",
        change((FIRST_STATE, "h = h0.copy()\n"), (f"h = {READ}", f"h[:] = {READ}")),
    ),
    (
        "forward",
        "writes into h0",
        change((f"h = {READ}", f"h[:] = {READ}"), ("append(h)", "append(h.copy())")),
    ),
    (
        "forward",
        "writes into x",
        change(("h = np.tanh(x_t @ W", "x_t /= 2\n        h = np.tanh(2 * x_t @ W")),
    ),
    ("forward", "asks for NumPy alone", change((READ, "rnn.step(x_t, h, params)[0]"))),
    (
        "forward",
        "2 of 4 points: right so far is two directions",
        change((READ, "rnn.step(x_t, h, params)[0]")),
    ),
    ("forward", "single precision", change(("np.stack(states)", "np.float32(np.stack(states))"))),
    # and in two
    (
        "forward",
        "2 of 4 points: right so far is one direction",
        change((SECOND, SECOND[:-7] + "0)")),
    ),
    ("forward", "Turn the second reader's", change(("y_backward[::-1]", "y_backward"))),
    (
        "forward",
        "The backward states stand first",
        change(("[y_forward, y_backward[::-1]]", "[y_backward[::-1], y_forward]")),
    ),
    (
        "forward",
        "does not read from the end",
        change(("x[::-1]", "x"), ("y_backward[::-1]", "y_backward")),
    ),
    (
        "forward",
        "Another one was turned round",
        change(("x[::-1]", "x[:, ::-1]")),
    ),
    (
        "forward",
        "The input's numbers",
        change(("x[::-1]", "x[:, :, ::-1]"), ("y_backward[::-1]", "y_backward")),
    ),
    (
        "forward",
        "has parameters of its own",
        change(("x[::-1], params_backward", "x[::-1], params_forward")),
    ),
    (
        "forward",
        "not added",
        change(
            (
                "np.concatenate([y_forward, y_backward[::-1]], axis=2)",
                "y_forward + y_backward[::-1]",
            )
        ),
    ),
    (
        "forward",
        "ends at step 1, not at step T",
        change(("h_forward, h_backward])", "h_forward, y_backward[::-1][-1]])")),
    ),
    (
        "forward",
        "The forward reader comes",
        change(("[h_forward, h_backward]", "[h_backward, h_forward]")),
    ),
    (
        "forward",
        "along a new axis",
        change(("np.stack([h_forward, h_backward])", "np.hstack([h_forward, h_backward])")),
    ),
    # 1.4: two halves of the steps, whatever the number of sequences
    ("bugs", RIGHT, change(("half = len(x) // 2", "half = -(-batch.shape[1] // 2)"))),
    (
        "bugs",
        RIGHT,
        """
def last_states(batch, params):
    h = None
    for part in np.array_split(np.moveaxis(batch, 0, 1), 2):
        (_, h), _ = rnn.forward(part, params, h)
    return h
""",
    ),
    ("bugs", "3 is the number of sequences", change(("half = len(x) // 2", "half = len(batch)"))),
    ("bugs", "4 is half of 8 steps", change(("half = len(x) // 2", "half = 4"))),
    ("bugs", "expected (4, 4), got (3, 5)", change(("len(x) // 2", "len(x) // 2 - 1"))),
    ("bugs", "Where did the state", change(("params, h_middle", "params"))),
    ("bugs", "Does the first axis hold time?", change(("batch.transpose(1, 0, 2)", "batch"))),
    ("bugs", "states in the middle", change(("return h_n", "return h_middle"))),
    (
        "bugs",
        "second half is read first",
        change(("x[:half]", "x[half :]"), ("x[half:]", "x[:half]")),
    ),
    (
        "bugs",
        "writes into batch",
        change(
            ("half = len(x) // 2", "half = len(x) // 2\n    batch += 0.0\n    batch[0, 0] += 1")
        ),
    ),
    (
        "bugs",
        "exchange the axes by transpose",
        change(("batch.transpose(1, 0, 2)", "batch.reshape(8, -1, 3)")),
    ),
    (
        "bugs",
        "All steps are read at once",
        """
def last_states(batch, params):
    return rnn.forward(batch.transpose(1, 0, 2), params)[0][1]
""",
    ),
    (
        "bugs",
        RIGHT,
        change(
            ("def last", "from course_pkg.reference.cells.rnn import forward as f\n\n\ndef last"),
            ("rnn.forward(", "f("),
        ),
    ),
    # 1.5: the Jacobian of a step, and of a sequence
    ("jacobian", RIGHT, change((SLOPES, "np.diag(1 - h_t * h_t) @ W_hh"))),
    (
        "jacobian",
        RIGHT,
        """
def step_jacobian(h_t, W_hh):
    return [[(1 - h**2) * w for w in row] for h, row in zip(h_t, W_hh)]

def sequence_jacobian(states, W_hh):
    columns = []
    for v in np.eye(len(W_hh)):
        for h_t in states:
            v = (1 - h_t**2) * (W_hh @ v)
        columns.append(v)
    return np.transpose(columns)
""",
    ),
    (
        "jacobian",
        RIGHT,
        change(
            (PRODUCT, "product @ step_jacobian(h_t, W_hh)"),
            ("in states", "in states[::-1]"),
        ),
    ),
    ("jacobian", "scales row i, not column i", change((SLOPES, "(1 - h_t**2) * W_hh"))),
    ("jacobian", "Rows and columns are swapped", change((SLOPES, f"({SLOPES}).T"))),
    ("jacobian", "The slope of tanh is missing", change((SLOPES, "1.0 * W_hh"))),
    ("jacobian", "h_t is a tanh already", change(("1 - h_t**2", "1 - np.tanh(h_t) ** 2"))),
    ("jacobian", "is the square there", change(("1 - h_t**2", "1 - h_t"))),
    ("jacobian", "not a product of sums", change((SLOPES, "(1 - h_t**2) @ W_hh"))),
    ("jacobian", "the newest factor", change((PRODUCT, "product @ step_jacobian(h_t, W_hh)"))),
    (
        "jacobian",
        "1 of 2 points: right so far is one",
        change((PRODUCT, "step_jacobian(h_t, W_hh)")),
    ),
    (
        "jacobian",
        "not entry by entry",
        change((" @ product", " * product"), ("np.eye(len(W_hh))", "np.ones_like(W_hh)")),
    ),
    ("jacobian", "This is the last factor", change((PRODUCT, "step_jacobian(h_t, W_hh)"))),
    ("jacobian", "Where is that of step 1", change(("in states", "in states[1:]"))),
    (
        "jacobian",
        "not their product",
        change((" @ product", " + product"), ("np.eye(len(W_hh))", "0 * W_hh")),
    ),
    (
        "jacobian",
        "step_jacobian writes into W_hh",
        change((f"return {SLOPES}", "W_hh *= (1 - h_t**2)[:, None]\n    return W_hh")),
    ),
    # 1.6: right networks, written in other ways
    (
        "parity",
        RIGHT,
        """
def parity_weights():
    return [[2], [1]], [-2, 0], [[-2, 2], [-1, 1]], [[-1.0, 1.0]]
""",
    ),
    (
        "parity",
        RIGHT,
        """
def parity_weights():  # exclusive or: the parity is |x - p|
    return np.array([[1], [-1]]), np.zeros(2), np.array([[-1, -1], [1, 1]]), np.ones((1, 2))
""",
    ),
    ("parity", "Rows and columns of W_hh", change(("W_ih, b, W_hh,", "W_ih, b, W_hh.T,"))),
    ("parity", "W_hy: expected shape (1, 2), got (2,)", change(("[[1.0, -2.0]]", "[1.0, -2.0]"))),
    ("parity", "values are not", change(("b = np.array([0.0, -1.0])", "b = np.zeros(2)"))),
    (
        "parity",
        "This counts the ones",
        change(
            ("[1.0, -2.0], [1.0, -2.0]", "[1.0, 0.0], [0.0, 0.0]"),
            ("[[1.0, -2.0]]", "[[1.0, 0.0]]"),
        ),
    ),
    (
        "parity",
        "This repeats the input",
        change(("[[1.0, -2.0], [1.0, -2.0]]", "np.zeros((2, 2))")),
    ),
    # 1.7: a floor by counting, a loop by hand
    (
        "window",
        RIGHT,
        """
def floor(text, k):
    total = 0.0
    for n in range(len(text)):
        window = [text[(n + i) % len(text)] for i in range(k)]
        same = [m for m in range(len(text))
                if [text[(m + i) % len(text)] for i in range(k)] == window]
        last = [text[(m + k) % len(text)] for m in same]
        total -= np.log(last.count(text[(n + k) % len(text)]) / len(same))
    return np.float64(total / len(text))

def train(text, k, seed, updates=200):
    x, y = windows(text, k)
    net, out = new_network(x.max() + 1, seed)
    both = nn.ModuleList([net, out])
    adam = torch.optim.Adam(both.parameters(), lr=2e-2)
    kept = np.zeros(updates)
    for n in range(updates):
        both.zero_grad()
        _, h = net(torch.eye(x.max() + 1, dtype=torch.float64)[x])
        log_p = out(h[0]).log_softmax(-1)
        loss = -log_p[torch.arange(len(y)), y].sum() / len(y)
        kept[n] = loss.detach()
        loss.backward()
        adam.step()
    return kept
""",
    ),
    ("window", RIGHT, change(("loss.item()", "loss.detach()"), ("states[-1]", "states[k - 1]"))),
    (
        "window",
        "A tensor becomes an array",
        change(("loss.item()", "loss"), ("return losses", "return torch.stack(losses)")),
    ),
    ("window", "this is in bits", change((SHARE, SHARE.replace("log(", "log2(")))),
    ("window", "The sign", change(("return -sum(logs)", "return sum(logs)"))),
    ("window", "Divide by the number of windows", change((" / len(text)\n", "\n"))),
    (
        "window",
        "This is the mean share",
        change(("math.log(n / seen[column])", "-(n / seen[column])")),
    ),
    (
        "window",
        "also when it occurs twice",
        change((SHARE, SHARE[4:]), ("/ len(text)", "/ len(logs)")),
    ),
    (
        "window",
        "for one letter less",
        change(("windows(text, k)\n    c", "windows(text, k - 1)\n    c")),
    ),
    (
        "window",
        "for one letter more",
        change(("windows(text, k)\n    c", "windows(text, k + 1)\n    c")),
    ),
    (
        "window",
        "2 of 4 points: right so far is the floor",
        change(("return losses", "return losses[0]")),
    ),
    ("window", "2 of 4 points: right so far is the train", change(("-sum(logs)", "sum(logs)"))),
    ("window", "zero_grad()", change(("        optimiser.zero_grad()\n", ""))),
    ("window", "Do the weights change?", change(("        optimiser.step()\n", ""))),
    ("window", "not the first", change(("states[-1]", "states[0]"))),
    ("window", "Leave softmax out", change(("(scores, t", "(scores.softmax(1), t"))),
    ("window", "the layer, too", change(("*layer.parameters(), ", ""))),
    ("window", "the readout, too", change((", *readout.parameters()", ""))),
    (
        "window",
        "not their sum",
        change(("(scores, targets)", '(scores, targets, reduction="sum")')),
    ),
    (
        "window",
        "behind the window",
        change(("windows(text, k))", "windows(text, k))\n    targets = x[-1]")),
    ),
    ("window", "not 0.001", change(("lr=0.02", "lr=0.001"))),
    ("window", "hand the seed on", change(("new_network(V, seed)", "new_network(V, 0)"))),
    (
        "window",
        "not the last one alone",
        change(("return losses\n", "return losses[-1]\n")),
    ),
    (
        "window",
        "hand no state on",
        change(
            ("losses = []", "losses, h = [], None"),
            ("states, _ = layer(x)", "states, h = layer(x, h)\n        h = h.detach()"),
        ),
    ),
    (
        "window",
        "not after it",
        change(
            ("        losses.append(loss.item())\n", ""),
            (
                "optimiser.step()\n",
                "optimiser.step()\n        losses.append(cross_entropy(readout(layer(x)[0][-1]), "
                "targets).item())\n",
            ),
        ),
    ),
    ("window", "Is `updates` 200", change(("updates=200", "updates=20"))),
    ("window", "is k handed on?", change(("in windows(text, k)", "in windows(text, 1)"))),
]
