"""Answers to the first project."""

from tests.exercises import RIGHT, change

PARTS_BY_LOOP = """\
def parts(values, W, K):
    N = len(values)
    borders = [7 * N // 10, 17 * N // 20, N]
    pairs, start = [], 0
    for end in borders:
        x, y = [], []
        for first in range(max(start, W), end - K + 1):
            x.append(values[first - W : first])
            y.append(values[first : first + K])
        pairs.append((np.array(x), np.array(y)))
        start = end
    return tuple(pairs)


def scaling(values):
    count = len(values) * 7 // 10
    mean = sum(values[:count]) / count
    return mean, np.sqrt(sum((value - mean) ** 2 for value in values[:count]) / count)
"""
PARTS_BY_VIEWS = """\
def parts(values, W, K):
    from numpy.lib.stride_tricks import sliding_window_view

    rows = sliding_window_view(values, W + K)
    first = np.arange(len(rows)) + W
    last = first + K - 1
    when = [np.searchsorted([7 * len(values) // 10, 17 * len(values) // 20], t, "right")
            for t in (first, last)]
    return [[rows[(when[0] == k) & (when[1] == k)][:, :W],
             rows[(when[0] == k) & (when[1] == k)][:, W:]] for k in range(3)]


def scaling(values):
    from course_pkg.data.splitting.scaling import StandardScaler

    scaler = StandardScaler().fit(values[: 7 * len(values) // 10])
    return float(scaler.offset), float(scaler.unit)
"""
BASELINES = """\
def persistence(x, K):
    return np.tile(x[:, [-1]], (1, K))


def seasonal_naive(x, K, season):
    return np.stack([x[:, k - season] for k in range(K)], axis=1)


def linear(train, x):
    a, y = (np.asarray(part) for part in train)
    middle = a.mean(0)
    weights = np.linalg.solve((a - middle).T @ (a - middle), (a - middle).T @ (y - y.mean(0)))
    return y.mean(0) + (x - middle) @ weights
"""
COMPARE = """\
def compare(values, season, W, K, seeds, train):
    middle, unit = scaling(values)
    first, second, third = parts((values - middle) / unit, W, K)

    def row(name, seed, forecast):
        misses = [unit * (forecast[:, k] - third[1][:, k]) for k in range(K)]
        return [name, seed, [float(np.linalg.norm(m) / len(m) ** 0.5) for m in misses]]

    predictors = [train(first, second, seed) for seed in seeds]
    return [
        row("persistence", None, persistence(third[0], K)),
        row("seasonal naive", None, seasonal_naive(third[0], K, season)),
        row("linear", None, linear(first, third[0])),
        *(row("network", s, p(third[0])) for s, p in zip(seeds, predictors, strict=True)),
    ]


def summary(rows):
    import statistics

    errors = {}
    for method, _, found in rows:
        errors.setdefault(method, []).append(list(found))
    return {
        method: [
            [statistics.mean(column) for column in zip(*table)],
            [statistics.stdev(column) if len(table) > 1 else 0.0 for column in zip(*table)],
        ]
        for method, table in errors.items()
    }
"""
TRAIN = """\
class Differences(nn.Module):
    def __init__(self, K):
        super().__init__()
        from course_pkg.models.lstm import LSTM

        self.cell, self.out = LSTM(1, 24), nn.Linear(24, K)

    def forward(self, x):  # the difference to the last value
        y = self.cell(x.t().unsqueeze(2))[0]
        return x[:, -1:] + self.out(y.mean(0) + y[-1])


def train(train_part, valid_part, seed):
    generator = np.random.default_rng(seed)
    torch.manual_seed(int(generator.integers(2**31)))
    x, y = (torch.tensor(a).float() for a in train_part)
    model = Differences(y.shape[1])
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.02)
    for _ in range(20):
        for rows in np.array_split(generator.permutation(len(x)), 4):
            loss = (model(x[rows]) - y[rows]).abs().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    @torch.no_grad()
    def predict(windows):
        return model(torch.tensor(windows).float()).numpy()

    return predict
"""

ANSWERS = [
    ("parts", RIGHT, PARTS_BY_LOOP),
    ("parts", RIGHT, PARTS_BY_VIEWS),
    ("parts", "sees the future", change(("first + K <= a", "first < a"))),
    ("parts", "Near a border a window has", change(("first >= a", "first + K > a"))),
    ("parts", "Inputs may reach back", change(("first >= b]", "first - W >= b]"))),
    ("parts", "shape", change(("N - K + 1", "N - K"))),
    ("parts", "The oldest value of a window", change(("np.arange(-W, 0)", "np.arange(-1, -W - 1, -1)"))),
    ("parts", "right behind the window", change(("+ np.arange(K)", "+ np.arange(K) - 1"))),
    ("parts", "shape", change(("7 * N // 10, 17 * N // 20", "8 * N // 10, 9 * N // 10"))),
    ("parts", "do not shuffle", change(("np.arange(W, N - K + 1)", "np.arange(N - K, W - 1, -1)"))),
    ("parts", "has seen the test part", change(("[: 7 * len(values) // 10]", ""))),
    ("parts", "has seen the validation part", change(("[: 7 * len", "[: 17 * len"), ("// 10]", "// 20]"))),
    ("parts", "variance", change(("known.std()", "known.var()"))),
    ("parts", "First the mean", change(("known.mean(), known.std()", "known.std(), known.mean()"))),
    ("parts", "N - 1", change(("known.std()", "known.std(ddof=1)"))),
    ("baselines", RIGHT, BASELINES),
    ("baselines", RIGHT, change(("weights, *_ = np.linalg.lstsq(with_ones(train[0]), train[1], rcond=None)", "weights = np.linalg.pinv(with_ones(train[0])) @ train[1]"))),
    ("baselines", "oldest value", change(("x[:, -1:], K", "x[:, :1], K"))),
    ("baselines", "mean of the window", change(("x[:, -1:], K", "x.mean(1, keepdims=True), K"))),
    ("baselines", "not from the beginning", change(("begin : begin + K", "0:K"))),
    ("baselines", "one step too late", change(("x.shape[1] - season", "x.shape[1] - season + 1"))),
    ("baselines", "last K values", change(("begin : begin + K", "-K:"))),
    ("baselines", "constant w_0", change(("np.column_stack([np.ones(len(x)), x])", "x"))),
    ("baselines", "shape", change(("return with_ones(x) @", "return with_ones(train[0]) @"))),
    ("compare", RIGHT, COMPARE),
    ("compare", RIGHT, change(("for seed in seeds:", "for seed in tuple(seeds):"), ("return rows", "return tuple(rows)"))),
    ("compare", "mean squared errors", change(("np.sqrt(np.mean((forecast - y) ** 2, axis=0))", "np.mean((forecast - y) ** 2, axis=0)"))),
    ("compare", "mean absolute errors", change(("np.sqrt(np.mean((forecast - y) ** 2, axis=0))", "np.mean(np.abs(forecast - y), axis=0)"))),
    ("compare", "average over the windows", change(("axis=0))\n\n    rows", "axis=1))\n\n    rows"))),
    ("compare", "one error for all steps", change(("axis=0))\n\n    rows", "axis=None))\n\n    rows"))),
    ("compare", "validation part", change(("train_part, valid_part, (x, y) =", "train_part, (x, y), valid_part ="))),
    ("compare", "This is the test part", change(("train(train_part, valid_part,", "train(train_part, (x, y),"))),
    ("compare", "how often", change(("errors(predict(x))", "min(errors(predict(x)), errors(predict(x)), key=sum)"))),
    ("compare", "the seeds with which", change(("valid_part, seed)", "valid_part, 0)"))),
    ("compare", "This is not scaled", change(("(values - mean) / deviation, W, K", "values, W, K"))),
    ("compare", "the test part with it", change(("= scaling(values)", "= values.mean(), values.std()"))),
    ("compare", "errors of scaled values", change(("return deviation * np", "return np"))),
    ("compare", "divides by n", change(("ddof=1", "ddof=0"))),
    ("compare", "best seed", change(("errors.mean(axis=0), spread", "errors.min(axis=0), spread"))),
    ("compare", "error of the mean", change((", spread\n", ", spread / len(errors) ** 0.5\n"))),
    ("train", RIGHT, TRAIN),
    ("train", RIGHT, change(('cell="gru", H=16', 'cell="lstm", H=24'))),
    ("train", "stands alone", change(("x.T[:, :, None]", "x[:, :, None]"), ("y[-1]", "y[:, -1]"))),
    ("train", "stays below 0.5", change(("range(300)", "range(2)"))),
    ("train", "stays below 0.5", change(("x, y = map(single, train_part)", "x, y = map(single, train_part)\n    y = y[torch.randperm(len(y))]"))),
    ("train", "stands alone", change(("(single(windows))", "(single(windows - windows.mean()))"))),
    ("train", "same seed", change(("torch.manual_seed(seed)", "torch.seed()"))),
    ("train", "hand the seed on", change(("torch.manual_seed(seed)", "torch.manual_seed(0)"))),
    ("train", "No recurrent cell", change(("self.recurrent = Recurrent(cell, 1, H, start=\"orthogonal\")", "self.hidden = nn.LazyLinear(H)"), ("y, _ = self.recurrent(x.T[:, :, None])", "y = self.hidden(x).relu()"), ("self.readout(y[-1])", "self.readout(y)"))),
    ("train", "NumPy array", change((".double().numpy()", ".double()"))),
    ("train", "changed the arrays", change(("def single(array):", "train_part[1].sort()\n\n    def single(array):"))),
]
