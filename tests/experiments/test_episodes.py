"""Episodes: what is told when, the best answers by Bayes' rule, and the run made short."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from experiments import episodes
from experiments.episodes import (
    NOISE,
    SIZE,
    THINGS,
    Episodes,
    best_answers,
    draw,
    same_things,
    shown_before,
    train,
)

RESULTS = Path(__file__).resolve().parents[2] / "book" / "results"


def test_examples_before_each_step_are_counted_by_thing():
    names = np.array([0, 1, 0, 0, 2, 1])[:, None]
    assert shown_before(names)[:, 0].tolist() == [0, 0, 1, 2, 0, 1]


def test_the_best_answers_are_those_of_bayes_rule_by_the_whole_covariance():
    found = draw(np.random.default_rng(0), 3, steps=7)
    answers = best_answers(found)
    for b in range(3):
        for t in range(7):
            x, names = found.x[: t + 1, b], found.names[: t + 1, b].copy()
            densities = []
            for guess in range(THINGS):
                names[t] = guess
                same = names[:, None] == names[None]  # seen together: they share a thing
                covariance = same + NOISE**2 * np.eye(t + 1)
                _, log_det = np.linalg.slogdet(covariance)
                quadratic = np.trace(x.T @ np.linalg.solve(covariance, x))
                densities.append(-quadratic / 2 - SIZE * log_det / 2)
            assert answers[t, b] == np.argmax(densities)


def test_a_name_is_told_one_step_after_it_is_asked():
    torch.manual_seed(0)
    model = episodes.Learner("lstm", 8)
    found = draw(np.random.default_rng(1), 2, steps=6)
    x, names = torch.from_numpy(found.x).float(), torch.from_numpy(found.names)
    logits = model(x, names)
    changed = names.clone()
    changed[3] = (names[3] + 1) % THINGS
    other = model(x, changed)
    assert torch.equal(other[:4], logits[:4])
    assert not torch.equal(other[4], logits[4])


def test_who_always_meets_the_same_things_learns_them_and_nothing_else():
    model = train(0, "same", updates=60, H=24)
    rng = np.random.default_rng(2)
    own = draw(rng, 200, things=same_things(0))
    new = draw(rng, 200)
    assert (episodes.answers(model, *own) == own.names).mean() > 0.8
    assert (episodes.answers(model, *new) == new.names).mean() < 0.5


def test_names_that_say_nothing_are_as_frequent_in_each_episode():
    names = draw(np.random.default_rng(3), 50).names
    told = episodes.shuffled(np.random.default_rng(4), names)
    assert (np.sort(told, axis=0) == np.sort(names, axis=0)).all()
    assert (told != names).any()
    x = draw(np.random.default_rng(3), 50).x
    best = best_answers(Episodes(x, told))
    assert (best == names).mean() < 0.6


def test_the_command_records_every_test(tmp_path):
    path = tmp_path / "episodes.csv"
    arguments = ["--seeds", "0", "--updates", "2", "--hidden", "8", "--tests", "30"]
    assert episodes.main([*arguments, "--csv", str(path)]) == 0
    rows = pd.read_csv(path, comment="#")
    assert len(rows) == 2 * 5 * 4
    recorded = pd.read_csv(RESULTS / "episodes.csv", comment="#")
    assert list(recorded) == list(rows)
    assert len(recorded) == 10 * len(rows)
    by_rule = recorded[(recorded.test == "new things") & (recorded.shown == 1)].best
    rng = np.random.default_rng(2026)
    found = draw(rng, 2000)
    right = (best_answers(found) == found.names)[shown_before(found.names) == 1].mean()
    assert by_rule.unique() == pytest.approx([right], abs=1e-3)
