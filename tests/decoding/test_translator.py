"""The searches on a sequence-to-sequence model: every sentence finds its own source."""

import numpy as np
import pytest
import torch

from course_pkg.decoding.beam import beam_score, beam_search
from course_pkg.decoding.beam_batch import beam_search_batch
from course_pkg.decoding.exhaustive import exhaustive_search
from course_pkg.decoding.greedy import greedy_batch
from course_pkg.models.seq2seq import Seq2Seq
from course_pkg.models.translator import Translator

S, B, V, LENGTH = 6, 7, 5, 5
BEGIN, END = 0, 1


def sources(seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, S + 1, size=B)
    lengths[0] = S
    return torch.from_numpy(rng.integers(9, size=(S, B))), torch.from_numpy(lengths)


def model_of(seed, attention="additive", scale=4.0):
    torch.manual_seed(seed)
    model = Seq2Seq(source_tokens=9, target_tokens=V, embedding=4, hidden=6, attention=attention)
    model = model.double()
    with torch.no_grad():
        for weight in model.parameters():
            weight *= scale  # surer than it was born: texts of different lengths win
    return model


@pytest.mark.parametrize("attention", ["additive", "dot", "none"])
@pytest.mark.parametrize("keep_greedy", [True, False])
@pytest.mark.parametrize(("width", "alpha", "n_best"), [(1, 0.0, 1), (2, 0.0, 1), (4, 0.8, 3)])
def test_side_by_side_is_one_after_another(attention, width, alpha, n_best, keep_greedy):
    options = {"width": width, "alpha": alpha, "n_best": n_best, "stop": END}
    for seed in range(4):
        model, (source, lengths) = model_of(seed, attention), sources(seed)
        found = beam_search_batch(
            Translator(model, source, lengths),
            np.full((1, B), BEGIN),
            LENGTH,
            **options,
            keep_greedy=keep_greedy,
        )
        for b, texts in enumerate(found):
            one = Translator(model, source[: lengths[b], b : b + 1], lengths[b : b + 1])
            alone = beam_search(one, [BEGIN], LENGTH, **options, keep_greedy=keep_greedy)
            assert [text.ids.tolist() for text in texts] == [text.ids.tolist() for text in alone]
            for text, same in zip(texts, alone, strict=True):
                np.testing.assert_allclose(text.log_probs, same.log_probs, atol=1e-10)


@pytest.mark.parametrize("alpha", [0.0, 0.8])
def test_a_beam_that_holds_all_texts_is_exhaustive_search(alpha):
    for seed in range(4):
        model, (source, lengths) = model_of(seed), sources(seed)
        found = beam_search_batch(
            Translator(model, source, lengths),
            np.full((1, B), BEGIN),
            4,
            width=V**3,
            alpha=alpha,
            stop=END,
        )
        for b, (best,) in enumerate(found):
            one = Translator(model, source[:, b : b + 1], lengths[b : b + 1])
            (wanted,) = exhaustive_search(one, [BEGIN], 4, alpha=alpha, stop=END)
            assert best.ids.tolist() == wanted.ids.tolist()


@pytest.mark.parametrize("width", [2, 4])
@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0])
def test_the_best_text_never_scores_below_the_greedy_one(alpha, width):
    for seed in range(10):
        scorer = Translator(model_of(seed, scale=2.0), *sources(seed))
        prompts = np.full((1, B), BEGIN)
        found = beam_search_batch(scorer, prompts, 9, width=width, alpha=alpha, stop=END)
        written = greedy_batch(scorer, prompts, 9, stop=END)
        for (best,), text in zip(found, written, strict=True):
            scores = [beam_score(one.log_probs, alpha) for one in (best, text)]
            assert scores[0] >= scores[1] - 1e-10


def covered(model, source, length, ids):
    """Return the coverage of one text, from the attention of the whole model's one call."""
    inputs = torch.tensor([[BEGIN], *[[token] for token in ids[:-1].tolist()]])
    with torch.no_grad():
        _, weights = model(source[:length], inputs, [length], [len(ids)])
    return weights[:, 0].sum(dim=0).clamp(max=1).log().sum().item()


def test_coverage_is_of_the_attention_that_wrote_the_text():
    changed = 0
    for seed in range(6):
        model, (source, lengths) = model_of(seed), sources(seed)
        scorer, prompts = Translator(model, source, lengths), np.full((1, B), BEGIN)
        options = {"width": V**3, "stop": END}
        plain = beam_search_batch(scorer, prompts, 3, **options, n_best=V**3)  # all texts
        found = beam_search_batch(scorer, prompts, 3, **options, beta=0.7)
        for b, (best,) in enumerate(found[:2]):
            assert len(plain[b]) == 1 + 4 + 16 * 5
            column, n = source[:, b : b + 1], int(lengths[b])
            scores = [
                text.log_probs.sum() + 0.7 * covered(model, column, n, text.ids)
                for text in plain[b]
            ]
            assert best.ids.tolist() == plain[b][int(np.argmax(scores))].ids.tolist()
            changed += best.ids.tolist() != plain[b][0].ids.tolist()
    assert changed > 0
