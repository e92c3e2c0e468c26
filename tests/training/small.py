"""Small tasks that train in a moment."""

from itertools import islice

import numpy as np
import torch

from course_pkg.data.text.vocabulary import Vocabulary
from course_pkg.models.classifier import SequenceClassifier
from course_pkg.models.language_model import LanguageModel
from course_pkg.models.seq2seq import Seq2Seq
from course_pkg.models.shared import share_body
from course_pkg.training.settings import Settings
from course_pkg.training.tasks.classify import Classify, Labelled
from course_pkg.training.tasks.mixture import Mixture
from course_pkg.training.tasks.next_token import PredictNext
from course_pkg.training.tasks.translate import Translate

CPU = torch.device("cpu")
SETTINGS = Settings(epochs=2, lr=1e-2, log_every=1)


def labelled(count, seed, *, ragged=False, dtype=np.float32):
    """Sequences of 6 vectors, or of 2 to 6: is the sum of all entries above 0?"""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, 7, count) if ragged else np.full(count, 6)
    x = [rng.normal(size=(length, 3)).astype(dtype) for length in lengths]
    labels = np.array([int(sequence.sum() > 0) for sequence in x])
    return Labelled(x if ragged else np.stack(x), labels)


def classify(seed=0, *, batch=16, ragged=False, dropout=0.0, double=False, counts=(100, 40, 40)):
    """The task on these sequences, with a model whose weights depend on the seed alone."""
    torch.manual_seed(seed)
    model = SequenceClassifier(classes=2, features=3, hidden=8, dropout=dropout)
    dtype = np.float64 if double else np.float32
    parts = {
        name: labelled(count, place, ragged=ragged, dtype=dtype)
        for place, (name, count) in enumerate(zip(("train", "valid", "test"), counts, strict=True))
    }
    return Classify(model.double() if double else model, parts, batch=batch, seed=seed)


def text(length=700):
    """A text whose tokens follow each from the two before it, but for some."""
    # Without them the text would repeat itself, and its end stand in its beginning.
    rng = np.random.default_rng(0)
    ids = [0, 1]
    while len(ids) < length:
        surprise = int(rng.integers(7)) if rng.random() < 0.02 else 0
        ids.append((2 * ids[-1] + ids[-2] + surprise) % 7)
    return np.array(ids)


def language(seed=0, *, batch=4, window=10, double=False, length=700, **options):
    """The task of going on with such a text; options are the model's."""
    torch.manual_seed(seed)
    ids = text(length)
    parts = {"train": ids[:-200], "valid": ids[-200:-100], "test": ids[-100:]}
    model = LanguageModel(tokens=7, embedding=6, hidden=12, **options)
    return PredictNext(model.double() if double else model, parts, batch=batch, window=window)


def reversed_texts(counts=(120, 30, 30), lengths=(1, 6)):
    """Strings of the letters a to e, all different, and the same strings from behind."""
    rng = np.random.default_rng(0)
    found = {}
    while len(found) < sum(counts):
        letters = rng.choice(list("abcde"), rng.integers(*lengths, endpoint=True))
        found["".join(letters)] = None
    texts = iter(found)
    return {
        name: [(text, text[::-1]) for text in islice(texts, count)]
        for name, count in zip(("train", "valid", "test"), counts, strict=True)
    }


def translate(seed=0, *, parts=None, double=False, dropout=0.0, hidden=8, options=None, **task):
    """The task of reversing such strings; ``options`` are the model's."""
    torch.manual_seed(seed)
    parts = parts or reversed_texts()
    source, target = (
        Vocabulary.build("".join(pair[side] for pair in parts["train"])) for side in (0, 1)
    )
    model = Seq2Seq(
        source_tokens=len(source), target_tokens=len(target), embedding=6, hidden=hidden,
        dropout=dropout, **(options or {}),
    )  # fmt: skip
    model = model.double() if double else model
    return Translate(model, parts, source, target, seed=seed, **({"batch": 16} | task))


def two_tasks(*, dropout=0.0, shares=(0.3, 0.7)):
    """To go on with a text, and to tell which of two tokens a sequence has more of: one body."""
    text_task = language(dropout=dropout)
    torch.manual_seed(1)
    model = SequenceClassifier(classes=2, tokens=7, embedding=6, hidden=12, dropout=dropout)
    share_body(text_task.model, model)
    rng, parts = np.random.default_rng(0), {}
    for name, count in (("train", 60), ("valid", 30), ("test", 30)):
        x = rng.integers(7, size=(count, 8))
        parts[name] = Labelled(x, ((x == 0).sum(axis=1) > (x == 1).sum(axis=1)).astype(int))
    return Mixture({"text": text_task, "count": Classify(model, parts, batch=10)}, shares=shares)


def weights(task):
    """A copy of the weights, as one row."""
    return torch.cat([p.detach().flatten().clone() for p in task.model.parameters()])


class Guarded:
    """A task that says when its test part is looked at."""

    def __init__(self, task):
        self._task, self.asked = task, []

    def __getattr__(self, name):
        return getattr(self._task, name)

    def evaluate(self, part, device):
        self.asked.append(part)
        return self._task.evaluate(part, device)
