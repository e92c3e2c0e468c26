"""Train a character model, let it write: python character_model.py [TEXT.txt]."""

import sys
from pathlib import Path

import numpy as np

from course_pkg.data.batching.streams import TokenStreams
from course_pkg.data.registry import load_text
from course_pkg.reference.cells import lstm
from course_pkg.reference.layers import embedding, linear, softmax
from course_pkg.reference.learning import adam, clip, tree
from course_pkg.reference.losses import cross_entropy

path = sys.argv[1] if sys.argv[1:] else None
text = Path(path).read_text("utf-8") if path else load_text("python-text").train

characters, ids = np.unique(list(text), return_inverse=True)  # (V,), (N,)
V, E, H, B, T = len(characters), 32, 128, 32, 32
rng, a = np.random.default_rng(0), H**-0.5
cell_shapes = (4 * H, E), (4 * H, H), (4 * H,), (4 * H,)
params = {
    "table": rng.normal(size=(V, E)),
    "cell": lstm.Params(*(rng.uniform(-a, a, shape) for shape in cell_shapes)),
    "readout": linear.Params(rng.uniform(-a, a, (V, H)), np.zeros(V)),
}
streams, memory = TokenStreams(ids, B, T), adam.init(params)


def forward(x, h, c):
    embedded, read = embedding.forward(x, params["table"])  # (T, B, E)
    (states, h, c), cell = lstm.forward(embedded, params["cell"], h, c)  # (T, B, H)
    logits, readout = linear.forward(states, params["readout"])  # (T, B, V)
    return logits, (h, c), (read, cell, readout)


for update in range(400):
    x, y, first = streams[update % len(streams)]  # (T, B) each
    state = (np.zeros((B, H)), np.zeros((B, H))) if first else state
    logits, state, (read, cell, readout) = forward(x, *state)
    loss, compared = cross_entropy.forward(logits, y)
    d_readout = linear.backward(cross_entropy.backward(1.0, compared), readout)
    d_cell = lstm.backward(d_readout.dh, cell)
    d_table = embedding.backward(d_cell.dx, read)
    grads = {"table": d_table, "cell": d_cell, "readout": d_readout}
    grads, _ = clip.clip_norm(tree.pick_gradients(params, grads), 1.0)
    params, memory = adam.update(params, grads, memory, lr=5e-3)
    if update % 100 == 99:
        print(f"update {update + 1}: {loss / np.log(2):.2f} bits per character")

written, state = [ids[0]], (np.zeros((1, H)), np.zeros((1, H)))
for _ in range(300):
    logits, state, _ = forward(np.array([[written[-1]]]), *state)
    written.append(rng.choice(V, p=softmax.softmax(logits[0, 0])))
print("".join(characters[written]))
