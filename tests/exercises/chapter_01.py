"""Chapter 01, recurrent networks."""

from tests.exercises import RIGHT, change

ANSWERS = [
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
    # 1.7: a right network, written in another order
    (
        "parity",
        RIGHT,
        """
def parity_weights():
    return [[2], [1]], [-2, 0], [[-2, 2], [-1, 1]], [[-1.0, 1.0]]
""",
    ),
    ("parity", "Rows and columns of W_hh", change(("W_ih, b, W_hh,", "W_ih, b, W_hh.T,"))),
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
]
