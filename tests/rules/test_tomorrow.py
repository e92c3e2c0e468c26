"""The code and the claims of the page "Train a model tomorrow"."""

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from course_pkg.data.batching.batches import length_batches, padding_share, shuffled_batches
from experiments.schedules import load_columns
from tests.rules.published import report

BOOK = Path(__file__).parents[2] / "book"
PAGE = BOOK / "train-a-model-tomorrow.md"
ROW = re.compile(
    r"^(?:\d+\. |- ).*?(?=^\S|^$|\Z)"  # a step or a point, with its indented lines
    r"|^\| (?!you see|data |updates|images|counted).*?$",  # a row of a table
    re.DOTALL | re.MULTILINE,
)
LINK = re.compile(r"\]\([^)]+\)|\{(?:py:\w+|download)\}`")


@pytest.fixture(scope="module")
def recipe():
    """Run the code block of the page; return its names."""
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.S | re.M)
    names = {}
    exec(compile(code, PAGE.name, "exec"), names)
    return names


def test_every_row_links_to_what_proves_it():
    text = re.sub(r"^```.*?^```", "", PAGE.read_text(encoding="utf-8"), flags=re.S | re.M)
    # Rows of numbers have their link in the sentence above the table.
    rows = [row for row in ROW.findall(text) if not re.search(r"\| \d+(\.\d+)? \|", row)]
    assert len(rows) > 40
    report([f"no link: {row[:80]!r}" for row in rows if not LINK.search(row)])


@pytest.fixture(scope="module")
def digits():
    """Return the digits of chapter 06 as the recipe wants them: pairs of sequence and label."""
    return [
        [
            (part.x[:n, b], label)
            for b, (n, label) in enumerate(
                zip(part.lengths.tolist(), part.labels.tolist(), strict=True)
            )
        ]
        for part in load_columns()
    ]


@pytest.mark.parametrize("seed", [3, 4])
def test_the_recipe_learns(recipe, digits, seed):
    torch.manual_seed(seed)
    model = recipe["Classifier"](28, 32, 10)
    log = recipe["train"](model, digits[0], 300)
    losses, norms = np.array(log).T
    assert len(losses) == 300
    assert losses[0] == pytest.approx(math.log(10), abs=0.1)
    assert losses[-20:].mean() < 0.3
    assert (norms > 0).all()
    assert recipe["accuracy"](model, digits[1]) > 0.85


def test_it_stops_in_the_middle_of_an_epoch(recipe, digits):
    model = recipe["Classifier"](28, 4, 10)
    assert len(recipe["train"](model, digits[0][:70], 3, B=20)) == 3


def test_no_answer_depends_on_the_neighbours_in_the_batch(recipe, digits):
    torch.manual_seed(0)
    model = recipe["Classifier"](28, 8, 10)
    with torch.no_grad():
        alone = [model(*recipe["collate"]([example])[:2]) for example in digits[1][:30]]
        together = model(*recipe["collate"](digits[1][:30])[:2])
    assert torch.allclose(torch.cat(alone), together, atol=1e-6)
    one_by_one = recipe["accuracy"](model, digits[1][:60], B=1)
    assert recipe["accuracy"](model, digits[1][:60], B=60) == pytest.approx(one_by_one)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_twenty_examples_are_learned_by_heart(recipe, digits, seed):
    twenty = digits[0][::50]  # the images are sorted by digit: two of each
    torch.manual_seed(seed)
    model = recipe["Classifier"](28, 32, 10)
    assert recipe["train"](model, twenty, 100, B=20)[-1][0] < 0.1


@pytest.mark.parametrize("seed", [5, 6])
def test_more_images_bring_more_than_the_same_again(recipe, digits, seed):
    right = []
    for used in (digits[0][::4], digits[0]):
        torch.manual_seed(seed)
        model = recipe["Classifier"](28, 32, 10)
        recipe["train"](model, used, 120)
        right.append(recipe["accuracy"](model, digits[1]))
    assert right[1] > right[0] + 0.01


def test_batches_of_like_length_hold_less_padding():
    lengths = load_columns()[0].lengths.numpy()
    at_random = padding_share(lengths, shuffled_batches(1000, 50, np.random.default_rng(0)))
    alike = padding_share(lengths, length_batches(lengths, 50, np.random.default_rng(0), pool=5))
    assert (round(at_random, 2), round(alike, 2)) == (0.2, 0.08)


def recorded(name):
    return pd.read_csv(BOOK / "results" / name, comment="#")


def test_what_the_page_says_of_schedules():
    runs = recorded("schedules.csv")
    right = runs.groupby(["schedule", "budget", "peak"]).valid_accuracy.mean()
    at_low = right["constant"].xs(0.003, level="peak") - right["cosine"].xs(0.003, level="peak")
    assert at_low[120] == pytest.approx(0.10, abs=0.01)
    assert 0.01 < at_low[600] < 0.02
    best = right.groupby(["schedule", "budget"]).max().unstack()
    assert (best[300] - best[120]).between(0.035, 0.065).all()
    assert (best[600] - best[300]).between(0, 0.02).all()
    by_peak = right["constant"].unstack("budget")
    assert (by_peak.max() - by_peak.min() > 0.12).all()
    assert (best - best.loc["constant"]).max().max() < 0.02
    highest = right.groupby(["schedule", "budget"]).idxmax().map(lambda case: case[2])
    assert {highest["cosine", budget] for budget in (120, 300, 600)} == {0.03}
    named = {"warm-up": "warm-up, then constant", "step": "two steps down"}
    page = PAGE.read_text(encoding="utf-8")
    for schedule, row in (100 * best).iterrows():
        numbers = " | ".join(f"{value:.1f}" for value in row)
        assert f"| {named.get(schedule, schedule)} | {numbers} |" in page


def test_what_the_page_says_of_batches():
    runs = recorded("tomorrow-batches.csv")
    page = PAGE.read_text(encoding="utf-8")
    right = runs.groupby(["lr", "batch"]).valid_accuracy.mean().unstack()
    for lr, row in (100 * right).iterrows():
        assert f"| rate {lr:g} | {' | '.join(f'{value:.1f}' for value in row)} |" in page
    one = runs.set_index(["batch", "lr", "seed"]).valid_accuracy.sort_index()
    assert (one[20, 0.01] > one[20, 0.03]).all()
    assert (one[200, 0.01] < one[200, 0.03]).sum() == 9
    assert list(right.idxmax()) == [0.01, 0.01, 0.03]
    assert (one[20, 0.01] > one[200, 0.03]).all()
    assert list(runs.groupby("batch").updates.first()) == [600, 240, 60]


def test_what_the_page_says_of_rare_classes():
    runs = recorded("tomorrow-rare.csv")
    page = PAGE.read_text(encoding="utf-8")
    mean = 100 * runs.groupby("weights")[["rare_found", "others_right"]].mean()
    names = {"none": "as they are", "root": "by 1 / root of number", "full": "by 1 / number"}
    for weights, name in names.items():
        found, others = mean.loc[weights]
        assert f"| {name} | {found:.1f} | {others:.1f} |" in page
    found = runs.pivot(index="seed", columns="weights", values="rare_found")
    assert (found["root"] > found["none"]).all()
    assert mean.others_right["root"] > mean.others_right["none"] - 0.5


def test_what_the_page_says_of_clipping():
    runs = recorded("tomorrow-clipping.csv").set_index(["optimiser", "percentile", "seed"])
    mean = runs.groupby(["optimiser", "percentile"]).valid_accuracy.mean()
    for optimiser in ("adam", "sgd"):
        assert abs(mean[optimiser, 90] - mean[optimiser, 0]) < 0.005
    right, clipped = runs.valid_accuracy.sort_index(), runs.clipped.sort_index()
    assert round(clipped["sgd", 10].mean(), 2) == 0.96
    assert (right["sgd", 10] < right["sgd", 0]).all()
    assert mean["sgd", 0] - mean["sgd", 10] == pytest.approx(0.07, abs=0.01)
    assert abs(mean["adam", 10] - mean["adam", 0]) < 0.01
