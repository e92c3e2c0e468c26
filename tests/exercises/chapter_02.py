"""Chapter 02, backpropagation through time."""

from tests.exercises import RIGHT, change

ANSWERS = [
    # 2.2: five bugs
    ("bugs", RIGHT, change(("dW_ih += da.T @ x[t]", "dW_ih += np.einsum('bh,bi->hi', da, x[t])"))),
    ("bugs", "belongs to the state after that step", change(("h[t + 1] ** 2", "h[t] ** 2"))),
    ("bugs", "what was W_hh multiplied by", change(("da.T @ h[t]", "da.T @ h[t + 1]"))),
    ("bugs", "is it the sum over all steps", change(("db += ", "db = "))),
    ("bugs", "writes into dy", change(("dh = dh + dy[t]", "dh = dy[t] = dh + dy[t]"))),
    # 2.6: the states that fit
    ("memory", RIGHT, change(("n * n // 4", "int((n / 2) ** 2)"))),
    ("memory", "The first state is one of the 100", change(("n - 1", "n"))),
    ("memory", "Solve 2 sqrt(T) = n", change(("n * n // 4", "n // 2"))),
    ("memory", "then divide by 4", change(("n * n // 4", "(n // 2) ** 2"))),
    ("memory", "A state has B H numbers", change(("(size * B * H)", "(size * H)"))),
    # 2.7: the order of the steps
    ("checkpoints", RIGHT, change(("dh, dW_hh = dh_n, ", "dh, dW_hh = dh_n.copy(), "))),
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
]
