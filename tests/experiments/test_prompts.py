"""String tasks: the lines, a small frozen model, what is learned around it, pairs left out."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from experiments import prompts, unseen_pairs
from experiments.string_tasks import (
    ALPHABETS,
    ARROW,
    LENGTH,
    LETTERS,
    PAIRS,
    STOP,
    TASKS,
    WORDS,
    V,
    answer_loss,
    exact,
    lines,
    named,
    pretrain,
    strings,
    text,
    unseen,
    write,
)

RESULTS = Path(__file__).resolve().parents[2] / "book" / "results"


def test_each_task_writes_what_its_name_says():
    x = np.array([[9], [7], [10], [8]])
    answers = {
        "copy": [9, 7, 10, 8], "reverse": [8, 10, 7, 9], "rotate": [10, 8, 9, 7],
        "sort": [7, 8, 9, 10], "swap": [8, 7, 10, 9], "fall": [10, 9, 8, 7],
    }  # fmt: skip
    assert list(TASKS) == list(answers)
    for task, answer in answers.items():
        assert lines(task, x)[:, 0].tolist() == [9, 7, 10, 8, ARROW, *answer, STOP]
    assert named("sort", x)[:, 0].tolist() == [WORDS.index("sort"), *lines("sort", x)[:, 0]]


def test_the_text_has_every_pair_but_those_of_weight_0():
    out = {("reverse", 2): 0.0, ("copy", 1): 0.2}
    found = text(np.random.default_rng(0), out, 6000)
    assert found.shape == (2 * LENGTH + 3, 6000)
    letters = found[1 : LENGTH + 1]
    alphabet = (letters - len(WORDS)) // LETTERS
    assert (alphabet == alphabet[0]).all()
    count = {
        (task, a): int(((found[0] == WORDS.index(task)) & (alphabet[0] == a)).sum())
        for task, a in PAIRS
    }
    assert count["reverse", 2] == 0
    assert 60 < count["copy", 1] < 170  # 6000 * 0.2 / 10.2 = 118, give or take 11
    assert min(n for pair, n in count.items() if pair not in out) > 480  # 588, give or take 23


def test_test_lines_are_of_the_alphabets_asked_for_and_not_among_those_shown():
    shown = lines("copy", strings(np.random.default_rng(1), 1, 400))
    found = unseen("copy", 500, [1], but=shown)
    assert (found[:LENGTH] >= len(WORDS) + LETTERS).all()
    assert (found[:LENGTH] < len(WORDS) + 2 * LETTERS).all()
    old = {tuple(line) for line in shown.T.tolist()}
    assert 300 < found.shape[1] < 450  # of 1,296 strings some 400 / 1296 are taken
    assert not old & {tuple(line) for line in found.T.tolist()}
    assert torch.equal(unseen("copy", 500, [1], but=shown), found)


@pytest.fixture(scope="module")
def frozen():
    """A small model that has learnt to copy letters of the first alphabet."""
    others = {pair: 0.0 for pair in PAIRS if pair != ("copy", 0)}
    return pretrain(0, weights=others, updates=450, H=64, lr=1e-2)


def test_a_model_goes_on_by_what_it_has_written(frozen):
    test = unseen("copy", 60, [0])
    begun = named("copy", test[:LENGTH].numpy())[: LENGTH + 2]
    written = write(frozen, begun)
    logits, _ = frozen(torch.cat([begun, written]))
    assert (logits[LENGTH + 1 : -1].argmax(dim=2) == written).all()
    both = torch.cat([begun, test[-LENGTH - 1 :]])
    right = written == test[:LENGTH]
    assert exact(frozen, both) == pytest.approx(right.all(dim=0).double().mean().item())
    assert right.double().mean() > 0.4  # who guesses a letter has a sixth


@pytest.mark.parametrize("way", ["prompt-2", "state", "lora-2", "full"])
def test_every_way_learns_from_the_lines_and_only_what_it_may(frozen, way):
    torch.manual_seed(0)
    before = {name: p.detach().clone() for name, p in frozen.state_dict().items()}
    shown = lines("copy", strings(np.random.default_rng(0), 0, 32))
    model = prompts.adapted(frozen, way)
    start = answer_loss(model, shown).item()
    rate = prompts.RATES[way.partition("-")[0]]
    prompts.tune(model, shown, rate, updates=40, seed=0)
    assert answer_loss(model, shown).item() < 0.8 * start
    for name, p in frozen.state_dict().items():
        assert torch.equal(p, before[name])  # a copy was trained
    if way in ("prompt-2", "state"):
        for name, p in model.model.state_dict().items():
            assert torch.equal(p, before[name])
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    G, H, E = 3, 64, 32
    lora = 2 * (E + G * H + H + G * H + H + V)
    assert trained == {"prompt-2": 2 * E, "state": H, "lora-2": lora}.get(
        way, sum(p.numel() for p in frozen.parameters())
    )


def test_the_best_words_are_the_ones_with_the_smallest_loss(frozen):
    shown = prompts.show("copy", 8, seed=3)
    best = prompts.best_words(frozen, shown)
    least = answer_loss(frozen, prompts.begin(best, shown))
    for words in ([WORDS.index("copy")], [5], [0, 1], [V - 1, 2]):
        assert least <= answer_loss(frozen, prompts.begin(words, shown))


def test_pairs_left_out_are_of_three_tasks_and_all_alphabets():
    for seed in range(5):
        out = unseen_pairs.left_out(seed)
        assert {alphabet for _, alphabet in out} == set(range(ALPHABETS))
        assert len({task for task, _ in out}) == len(out)


def test_the_commands_record_every_way_and_pair(tmp_path):
    path = tmp_path / "results.csv"
    sizes = ["--updates", "3", "--tuning", "2", "--tests", "4", "--csv", str(path)]
    assert prompts.main(["--seeds", "0", "--few", "4", "--many", "70", *sizes]) == 0
    rows = pd.read_csv(path, comment="#")
    recorded = pd.read_csv(RESULTS / "prompts.csv", comment="#")
    assert list(recorded) == list(rows)
    assert len(recorded) == 10 * len(rows) == 10 * (4 * 11 + 2 * 7)
    assert rows.exact.between(0, 1).all()
    assert unseen_pairs.main(["--seeds", "0", "--weights", "0", "0.1", *sizes]) == 0
    rows = pd.read_csv(path, comment="#")
    recorded = pd.read_csv(RESULTS / "unseen-pairs.csv", comment="#")
    assert list(recorded) == list(rows)
    assert len(recorded) == 10 * len(rows) == 10 * 2 * len(PAIRS)
    assert (recorded.tuned.notna() == recorded.left_out).all()
