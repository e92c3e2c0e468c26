"""Train a character model, let it write: python character_model.py [TEXT.txt]."""

import sys
from functools import partial
from pathlib import Path

import numpy as np

from course_pkg.data.batching.streams import TokenStreams
from course_pkg.data.registry import load_text
from course_pkg.reference.cells import lstm
from course_pkg.reference.layers import embedding, linear
from course_pkg.reference.layers.softmax import softmax
from course_pkg.reference.learning import adam, clip
from course_pkg.reference.learning.tree import pick_gradients
from course_pkg.reference.losses import cross_entropy

own = sys.argv[1:]
text = Path(own[0]).read_text("utf-8") if own else load_text("python-text").train

rng = np.random.default_rng(0)
characters, ids = np.unique(list(text), return_inverse=True)  # (V,), (N,)
V, E, H, B, T = len(characters), 32, 128, 32, 32
draw = partial(rng.normal, 0, H**-0.5)  # of a shape
params = {
    "embedding": draw((V, E)),
    "cell": lstm.Params(*map(draw, [(4 * H, E), (4 * H, H), 4 * H, 4 * H])),
    "readout": linear.Params(draw((V, H)), draw(V)),
}


def forward(x, h=None, c=None):
    """Score, after each character, what comes next; keep what backward needs."""
    x, read = embedding.forward(x, params["embedding"])  # (T, B, E)
    (y, h, c), ran = lstm.forward(x, params["cell"], h, c)  # (T, B, H)
    logits, scored = linear.forward(y, params["readout"])  # (T, B, V)
    return logits, (h, c), (read, ran, scored)


def backward(dlogits, caches):
    """Take the gradient back through the readout, the cell and the embedding."""
    read, ran, scored = caches
    readout = linear.backward(dlogits, scored)
    cell = lstm.backward(readout.dh, ran)
    table = embedding.backward(cell.dx, read)
    grads = {"embedding": table, "cell": cell, "readout": readout}
    return pick_gradients(params, grads)


streams, memory, state = TokenStreams(ids, B, T), adam.init(params), ()
for update in range(400):
    x, y, first = streams[update % len(streams)]  # (T, B): read x, predict y
    logits, state, caches = forward(x, *(() if first else state))
    loss, compared = cross_entropy.forward(logits, y)
    grads = backward(cross_entropy.backward(1.0, compared), caches)
    grads, _ = clip.clip_norm(grads, 1.0)
    params, memory = adam.update(params, grads, memory, lr=5e-3)
print(f"{loss / np.log(2):.2f} bits per character in the last window")

written, state = [ids[0]], ()
for _ in range(300):
    logits, state, _ = forward(np.array([[written[-1]]]), *state)
    written.append(rng.choice(V, p=softmax(logits[0, 0])))
print("".join(characters[written]))
