"""Chapter 04, LSTM."""

from tests.exercises import RIGHT, change

ANSWERS = [
    # 4.2: the bias that keeps a fraction
    ("slope", RIGHT, change(("np.log(f / (1 - f))", "-np.log(p ** (-1 / T) - 1)"))),
    ("slope", "T steps have T gates", change(("(1 / T)", "(1 / (T - 1))"))),
    ("slope", "take the T-th root", change(("p ** (1 / T)", "1 - p / T"))),
    ("slope", "sigma of this is 1 - f", change(("f / (1 - f)", "(1 - f) / f"))),
    # 4.3: two cells from tutorials
    (
        "repair",
        RIGHT,
        change(
            ("array[H : 2 * H] *= -1", "array[:] = np.r_[array[:H], -array[H:2*H], array[2*H:]]")
        ),
    ),
    ("repair", "The biases belong to the gate", change(("in changed:", "in changed[:2]:"))),
    ("repair", "the input gate's rows", change(("H : 2 * H", "0:H"))),
    ("repair", "The output gate is still not used", change(("sigmoid(o) * ", ""))),
    ("repair", "writes into params", change(("array.copy()", "array"))),
]
