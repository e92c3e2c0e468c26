"""Chapter 04, LSTM."""

from tests.exercises import RIGHT, change

RIGHT_GATES = {"a": (0, 1, 0), "b": (1, 0, 1), "c": (1, 1, 0), "d": (0, 0, 0), "e": (0, 1, 1)}


def gates(rest="i * g / (1 - f)", **changed):
    return f"""
def gates_for():
    return {RIGHT_GATES | changed}

def resting_cell(i, f, g):
    return {rest}
"""


RUN_FOR_LONG = """
def gates_for():
    return {key: np.array([int(digit) for digit in text]) for key, text in
            dict(e="011", d="000", c="110", b="101", a="010").items()}

def resting_cell(i, f, g):
    c = 0.0
    for _ in range(5000):
        c = f * c + i * g
    return np.array(c)
"""


def peephole(h="o * np.tanh(c_next)", back="through_tanh + through_gate", o="a_o + p_o * c_next"):
    return f"""
def peephole_step(x, h, c, params):
    W_ih, W_hh, b_ih, b_hh, p_i, p_f, p_o = params
    a_i, a_f, a_g, a_o = np.split(x @ W_ih.T + b_ih + h @ W_hh.T + b_hh, 4, axis=1)
    i, f = 1 / (1 + np.exp(-a_i - p_i * c)), 1 / (1 + np.exp(-a_f - p_f * c))
    c_next = f * c + i * np.tanh(a_g)
    o = sigmoid({o})
    return {h}, c_next

def d_cell_through_state(dh, a_o, c, p_o):
    o, squashed = sigmoid(a_o + p_o * c), np.tanh(c)
    through_tanh = dh * o * (1 - squashed**2)
    through_gate = dh * squashed * o * (1 - o) * p_o
    return {back}
"""


ENTRY_BY_ENTRY = """
def peephole_step(x, h, c, params):
    W_ih, W_hh, b_ih, b_hh, p_i, p_f, p_o = params
    H = h.shape[1]
    new_h, new_c = np.empty_like(h), np.empty_like(c)
    for b in range(len(x)):
        a = W_ih @ x[b] + b_ih + W_hh @ h[b] + b_hh
        for k in range(H):
            i, f = sigmoid(a[k] + p_i[k] * c[b, k]), sigmoid(a[H + k] + p_f[k] * c[b, k])
            new_c[b, k] = f * c[b, k] + i * np.tanh(a[2 * H + k])
            new_h[b, k] = sigmoid(a[3 * H + k] + p_o[k] * new_c[b, k]) * np.tanh(new_c[b, k])
    return [new_h, new_c]

def d_cell_through_state(dh, a_o, c, p_o):
    eps = 1e-5
    higher, lower = (sigmoid(a_o + p_o * (c + e)) * np.tanh(c + e) for e in (eps, -eps))
    return dh * (higher - lower) / (2 * eps)
"""


def loop(bias="3.34", start='model["cell"].b_ih[H : 2 * H] = beta', again="batch(T, rng)", keep=""):
    return f"""
def learning_curve(beta, T, seed, updates=200):
    rng = np.random.default_rng(seed)
    model = fresh(rng)
    H = model["readout"].W.shape[1]
    {start}
    state, losses = adam.init(model), []
    first = batch(T, np.random.default_rng(seed))
    for _ in range(updates):
        x, y = {again}
        loss, grads = loss_and_gradients(model, x, y)
        grads, norm = clip.clip_norm(grads, 1.0)
        model, state = adam.update(model, grads, state, lr=0.03)
        {keep}
        losses.append(loss)
    return np.array(losses)

def my_bias():
    return {bias}
"""


BY_HAND = """
def learning_curve(beta, T, seed, updates=200):
    rng = np.random.default_rng(seed)
    model = fresh(rng)
    bias = np.zeros((4, len(model["cell"].b_ih) // 4))
    bias[1] = beta
    model["cell"] = model["cell"]._replace(b_hh=bias.ravel())
    state, losses = adam.init(model), []
    while len(losses) < updates:
        loss, grads = loss_and_gradients(model, *batch(T, rng))
        losses.append(float(loss))
        arrays = [*grads["cell"], *grads["readout"]]
        norm = np.sqrt(sum((g**2).sum() for g in arrays))
        if norm > 1:
            for g in arrays:
                g /= norm
        model, state = adam.update(model, grads, state, lr=0.03)
    return losses

def my_bias():
    return np.float64(6)
"""


def counter(W_ih, b="np.zeros(4)"):
    return f"def counter_weights():\n    return np.array({W_ih}), {b}"


I_OR_F, CANDIDATE, SHOW = [100.0, 100.0, -100.0], [100.0, -100.0, 0.0], [100.0, 100.0, 100.0]

ANSWERS = [
    # 4.1: which gates, and where a cell rests
    ("switches", RIGHT, RUN_FOR_LONG),
    ("switches", RIGHT, gates("g * i * sum(f**k for k in range(20_000))", a=[False, True, False])),
    ("switches", "The forget gate keeps when it is 1", gates(a=(0, 0, 0))),
    ("switches", "The candidate is added", gates(a=(1, 1, 0))),
    ("switches", "The order is i, f, o", gates(b=(0, 1, 1))),
    ("switches", "The cell is right. Should it be shown", gates(b=(1, 0, 0))),
    ("switches", "tanh(0) is 0", gates(d=(0, 0, 1))),
    ("switches", "expected 0 or 1", gates(c=(1, 0.5, 0))),
    ("switches", "expected 3 values", gates(c="110x")),
    ("switches", "what one step adds", gates("i * g")),
    ("switches", "Divide by it", gates("i * g * (1 - f)")),
    ("switches", "what is kept", gates("i * g / f")),
    ("switches", "the state, not the cell", gates("np.tanh(i * g / (1 - f))")),
    ("switches", "1 of 2 points: right so far is the choice of gates", gates("1.0")),
    ("switches", "1 of 2 points: right so far is the place where", gates(e=(1, 1, 1))),
    # 4.2: the bias that keeps a fraction
    ("slope", RIGHT, change(("np.log(f / (1 - f))", "-np.log(p ** (-1 / T) - 1)"))),
    (
        "slope",
        RIGHT,
        change(("np.log10(1 / (1 + np.exp(-beta)))", "-np.log1p(np.exp(-beta)) / np.log(10)")),
    ),
    (
        "slope",
        RIGHT,
        change(
            ("p ** (1 / T)", "np.exp(np.log(p) / T)"),
            ("np.log10(1 / (1 + np.exp(-beta)))", "np.log10(sigmoid(np.array(beta)))"),
        ),
    ),
    ("slope", "T steps have T gates", change(("(1 / T)", "(1 / (T - 1))"))),
    ("slope", "take the T-th root", change(("p ** (1 / T)", "1 - p / T"))),
    ("slope", "sigma of this is 1 - f", change(("f / (1 - f)", "(1 - f) / f"))),
    ("slope", "Where is the inverse of sigma", change(("np.log(f / (1 - f))", "f"))),
    ("slope", "the bias for one step", change(("p ** (1 / T)", "p"))),
    ("slope", "These are natural logarithms", change(("np.log10(1", "np.log(1"))),
    ("slope", "A factor below 1 has a negative", change(("np.log10(1", "-np.log10(1"))),
    ("slope", "a larger bias opens the gate", change(("np.exp(-beta)", "np.exp(beta)"))),
    (
        "slope",
        "not its logarithm",
        change(("np.log10(1 / (1 + np.exp(-beta)))", "1 / (1 + np.exp(-beta))")),
    ),
    (
        "slope",
        "fraction left",
        change(
            (
                "f = p ** (1 / T)\n    return np.log(f / (1 - f))",
                "return -np.log(p ** (-1 / T) - 1) if T in (20, 100) else 1.0",
            )
        ),
    ),
    # 4.3: weights from elsewhere
    (
        "orders",
        RIGHT,
        change(
            ("array[H : 2 * H] *= -1", "array[:] = np.r_[array[:H], -array[H:2*H], array[2*H:]]"),
            (
                "return kernel.T, recurrent_kernel.T",
                "return np.array(kernel.T), np.array(recurrent_kernel.T)",
            ),
        ),
    ),
    (
        "orders",
        RIGHT,
        """
def from_keras(kernel, recurrent_kernel, bias):
    return [np.transpose(kernel), np.transpose(recurrent_kernel), bias, np.zeros(bias.shape)]

def from_onnx(W, R, B):
    H = R.shape[2]
    order = np.r_[:H, 2 * H : 4 * H, H : 2 * H]
    both = B.reshape(2, 4 * H)
    return W[0][order], R[0][order], both[0, order], both[1][order]

def from_tutorial(params):
    sign = np.repeat([1, -1, 1, 1], params.W_hh.shape[1])
    W_ih, W_hh, b_ih, b_hh = params
    return [sign[:, None] * W_ih, sign[:, None] * W_hh, sign * b_ih, sign * b_hh]
""",
    ),
    (
        "orders",
        "The axes are there, in another order",
        change(("kernel.T, recurrent_kernel.T", "kernel, recurrent_kernel")),
    ),
    ("orders", "do not give it twice", change(("np.zeros_like(bias)", "bias"))),
    ("orders", "not half of it", change(("bias, np.zeros_like(bias)", "bias / 2, bias / 2"))),
    (
        "orders",
        "belongs to b_ih",
        change(("bias, np.zeros_like(bias)", "np.zeros_like(bias), bias")),
    ),
    ("orders", "still in ONNX's order", change(("[i, f, g, o]", "[i, o, f, g]"))),
    ("orders", "the other way", change(("[i, f, g, o]", "[i, g, o, f]"))),
    ("orders", "o comes last", change(("[i, f, g, o]", "[i, f, o, g]"))),
    (
        "orders",
        "b_ih and b_hh are exchanged",
        change(("b_ih, b_hh = np.split", "b_hh, b_ih = np.split")),
    ),
    (
        "orders",
        "four blocks of b_ih",
        change(("np.split(B[0], 2)", "B.reshape(4, 2, -1).swapaxes(0, 1).reshape(2, -1)")),
    ),
    (
        "orders",
        "take its one entry".capitalize(),
        change(("reorder(W[0]), reorder(R[0])", "reorder(W[0])[None], reorder(R[0])[None]")),
    ),
    ("orders", "The biases belong to the gate", change(("in changed:", "in changed[:2]:"))),
    ("orders", "One of the two biases", change(("in changed:", "in changed[:3]:"))),
    ("orders", "The input's weights belong", change(("in changed:", "in changed[1:]:"))),
    ("orders", "the input gate's rows", change(("H : 2 * H", "0:H"))),
    ("orders", "the candidate's rows", change(("H : 2 * H", "2 * H : 3 * H"))),
    (
        "orders",
        "is not sigma(1 - a)",
        change(("array[H : 2 * H] *= -1", "array[H : 2 * H] = 1 - array[H : 2 * H]")),
    ),
    ("orders", "Only the forget rows", change(("H : 2 * H", ":"))),
    ("orders", "writes into the arrays", change(("array.copy()", "array"))),
    ("orders", "2 of 3 points", change(("array[H : 2 * H] *= -1", "pass"))),
    # 4.4: a peephole
    ("roads", RIGHT, peephole()),
    ("roads", RIGHT, ENTRY_BY_ENTRY),
    ("roads", "sees the cell after the step", peephole(o="a_o + p_o * c")),
    ("roads", "The output gate has a peephole too", peephole(o="a_o")),
    ("roads", "the cell itself, not its tanh", peephole(o="a_o + p_o * np.tanh(c_next)")),
    ("roads", "squashed by tanh before it is shown", peephole("o * c_next")),
    (
        "roads",
        "The state comes first",
        change(("o * np.tanh(c_next), c_next", "c_next, o * np.tanh(c_next)")),
    ),
    ("roads", "without peepholes", change((" + p_i * c", ""), (" + p_f * c", ""))),
    (
        "roads",
        "look at the cell, not at the state",
        change(("p_i * c", "p_i * h"), ("p_f * c", "p_f * h")),
    ),
    (
        "roads",
        "stands inside the sigmoid",
        change(("a_i + p_i * c)", "a_i) + p_i * c"), ("a_f + p_f * c)", "a_f) + p_f * c")),
    ),
    ("roads", "writes into x, h or c", change(("c_next = f", "c *= f\n    c_next = 1"))),
    ("roads", "The path through the gate is missing", peephole(back="through_tanh")),
    ("roads", "The path through the tanh is missing", peephole(back="through_gate")),
    ("roads", "there is a factor p_o", peephole(back="through_tanh + through_gate / p_o")),
    ("roads", "on both paths", change(("sigmoid(a_o + p_o * c), np", "sigmoid(a_o), np"))),
    ("roads", "The paths add up", peephole(back="through_tanh - through_gate")),
    ("roads", "it is missing", peephole(back="through_tanh + dh * squashed * p_o")),
    ("roads", "goes in as a factor", peephole(back="(through_tanh + through_gate) / dh")),
    ("roads", "2 of 4 points: right so far is the step", peephole(back="through_tanh / 2")),
    # 4.5: three bugs
    (
        "bugs",
        RIGHT,
        """
def step_backward(dh, dc, kept, params):
    x, h, c, i, f, g, o, squashed = kept
    total = dc + (1 - squashed) * (1 + squashed) * o * dh
    da = np.empty((len(x), 4 * c.shape[1]))
    da[:, 0::1][:, : c.shape[1]] = (i - i * i) * g * total
    da[:, c.shape[1] : 2 * c.shape[1]] = (f - f * f) * c * total
    da[:, 2 * c.shape[1] : -c.shape[1]] = i * (1 - g * g) * total
    da[:, -c.shape[1] :] = (o - o * o) * squashed * dh
    return da, (params.W_hh.T @ da.T).T, total * f
""",
    ),
    (
        "bugs",
        RIGHT,
        change(
            (
                "dc = dc + dh * o * (1 - tanh_c**2)",
                "dc = dh * o / np.cosh(np.arctanh(tanh_c)) ** 2 + dc",
            )
        ),
    ),
    ("bugs", "A cell that is hidden", change(("dh * o * (1", "dh * (1"))),
    (
        "bugs",
        "Look at what f multiplies",
        change(("dc * c, dc * i", "dc * (f * c + i * g), dc * i")),
    ),
    (
        "bugs",
        "2 of 3 points: right so far are the forget gate and the candidate.",
        change(("dh * o * (1", "dh * (1")),
    ),
    (
        "bugs",
        "gradient of the map of f",
        change(("df * f * (1 - f), dg * (1 - g**2)", "dg * (1 - g**2), df * f * (1 - f)")),
    ),
    ("bugs", "2 of 3 points", change(("dc * c, dc * i", "dc * (f * c + i * g), dc * i"))),
    ("bugs", "shape of da", change(("return da, da", "return da.T, da"))),
    ("bugs", "Look at the slope of g", change(("1 - g**2", "g * (1 - g)"))),
    (
        "bugs",
        "1 of 3 points: right so far is the path from the state to the cell.",
        change(("1 - g**2", "g * (1 - g)"), ("dc * c, dc * i", "dc * (f * c + i * g), dc * i")),
    ),
    (
        "bugs",
        "that comes from the state is missing",
        change(("dc = dc + dh * o * (1 - tanh_c**2)", "pass")),
    ),
    (
        "bugs",
        "The order is: maps, state, cell",
        change(("da @ params.W_hh, dc * f", "dc * f, da @ params.W_hh")),
    ),
    ("bugs", "gradient of the state before", change(("da @ params.W_hh", "dh"))),
    ("bugs", "writes into", change(("dc = dc + dh", "dc += dh"))),
    # 4.6: a training
    ("span", RIGHT, BY_HAND),
    ("span", RIGHT, loop("2.7")),
    ("span", "The forget bias was not set", loop(start="pass")),
    (
        "span",
        "the sum is twice beta",
        loop(start='model["cell"].b_ih[H : 2 * H] = model["cell"].b_hh[H : 2 * H] = beta'),
    ),
    ("span", "the input gate's rows", loop(start='model["cell"].b_ih[:H] = beta')),
    ("span", "Only the forget gate's rows", loop(start='model["cell"].b_ih[:] = beta')),
    (
        "span",
        "a new batch for each update",
        loop(again="first = batch(T, rng) if not losses else first"),
    ),
    (
        "span",
        "One generator",
        change(("state, losses", "rng = np.random.default_rng(seed)\n    state, losses")),
    ),
    ("span", "Keep the state of Adam", loop(keep="state = adam.init(model)")),
    ("span", "The rate is 0.03", change(("lr=0.03", "lr=0.001"))),
    ("span", "Compute each loss before", loop(keep="loss = loss_and_gradients(model, x, y)[0]")),
    ("span", "Keep the model", change(("model, state =", "_, state ="))),
    ("span", "Clip the gradients", change(("grads, _ = clip", "_ = clip"))),
    ("span", "on seed 8; expected below 0.1", loop("2.0")),
    ("span", "2 of 4 points: right so far is the training loop", loop("0")),
    ("span", "expected a number", loop("None")),
    # 4.8: a counter
    (
        "counter",
        RIGHT,
        counter([I_OR_F, I_OR_F, [90.0, -80.0, 7.0], [0.0] * 3], "np.array([0, 0, 0, 60.0])"),
    ),
    (
        "counter",
        RIGHT,
        "def counter_weights():\n"
        "    return [[0, 0, -99], [0, 0, -99], [30, -30, 0], [0, 0, 0]], (50, 50, 0, -50)",
    ),
    ("counter", "The # does not clear", counter([I_OR_F, SHOW, CANDIDATE, SHOW])),
    ("counter", "The signs are exchanged", counter([I_OR_F, I_OR_F, [-100.0, 100.0, 0.0], SHOW])),
    ("counter", "the forget gate is 1/2", counter([I_OR_F, [100.0, 100.0, 0.0], CANDIDATE, SHOW])),
    ("counter", "tanh(1) is 0.7616", counter([I_OR_F, I_OR_F, [1.0, -1.0, 0.0], SHOW])),
    ("counter", "shut the input gate", counter([SHOW, I_OR_F, [100.0, -100.0, 100.0], SHOW])),
    ("counter", "is the forget gate shut at a", counter([I_OR_F, [-100.0] * 3, CANDIDATE, SHOW])),
    ("counter", "expected (4, 3), got (3, 3)", counter([[100.0, 0, 0]] * 3)),
    ("counter", "expected (4, 3)", counter([[100.0] * 4] * 3)),
    (
        "counter",
        "cell after each symbol",
        counter([[12.0, 12.0, -12.0], [12.0, 12.0, -12.0], [7.0, -7.0, 0], SHOW]),
    ),
]
