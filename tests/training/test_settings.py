"""Settings: what is refused, and what is kept of a number."""

import math

import numpy as np
import pytest

from course_pkg.models.language_model import LanguageModel
from course_pkg.training.loop import fit
from course_pkg.training.recipes.saved_model import load_model, save_model
from course_pkg.training.settings import Settings
from course_pkg.training.tasks.next_token import PredictNext
from tests.training.small import classify


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"epochs": None}, ValueError, "epochs, steps: expected exactly one of the two, got ep"),
        ({"steps": 5}, ValueError, "epochs, steps: expected exactly one"),
        ({"epochs": 0}, ValueError, "epochs: expected an integer of at least 1, got 0"),
        ({"epochs": 1.5}, TypeError, "epochs: expected an integer, got float"),
        ({"lr": 0}, ValueError, "lr: expected a number in"),
        ({"lr": "fast"}, TypeError, "lr: expected a number, got str"),
        ({"lr": math.nan}, ValueError, "lr: expected a number in"),
        ({"clip": -1}, ValueError, "clip: expected a number in"),
        ({"momentum": 0.9}, ValueError, "momentum: expected 0 with adam, got 0.9"),
        ({"weight_decay": -1}, ValueError, "weight_decay: expected a number in"),
        ({"accumulate": 0}, ValueError, "accumulate: expected an integer of at least 1"),
        ({"log_every": 0}, ValueError, "log_every: expected an integer of at least 1"),
        ({"patience": -1}, ValueError, "patience: expected an integer of at least 0"),
        ({"patience": True}, TypeError, "patience: expected an integer, got bool"),
        ({"evaluate_every": -1}, ValueError, "evaluate_every: expected an integer of at least 0"),
        ({"warm_up_steps": 1.0}, TypeError, "warm_up_steps: expected an integer, got float"),
        ({"min_delta": -1}, ValueError, "min_delta: expected a number in"),
        ({"seed": -1}, ValueError, "seed: expected an integer in 0.."),
        ({"optimiser": "adagrad"}, ValueError, "optimiser: expected one of 'adam', 'adamw', 'sg"),
        ({"schedule": "step"}, ValueError, "schedule: expected one of"),
        ({"precision": "float16"}, ValueError, "precision: expected one of 'full', 'bfloat16'"),
        ({"select_on": "test"}, ValueError, "a choice made on it makes that measurement too good"),
        ({"select_on": "train"}, ValueError, "select_on: expected a held-out part"),
        ({"select_on": 3}, TypeError, "select_on: expected a string, got int"),
        ({"select_by": None}, TypeError, "select_by: expected a string, got NoneType"),
        ({"deterministic": "no"}, TypeError, "deterministic: expected True or False, got 'no'"),
        ({"tensorboard": 1}, TypeError, "tensorboard: expected True or False, got 1"),
        ({"lr": 10**400}, ValueError, "lr: expected a number"),
    ],
)
def test_bad_settings_are_refused(changes, error, message):
    with pytest.raises(error, match=message):
        Settings(**{"epochs": 1} | changes)


def test_numpy_numbers_are_kept_as_plain_ones(tmp_path):
    settings = Settings(
        epochs=np.int64(1), lr=np.float32(0.01), seed=np.int64(3), clip=np.float64(1),
        patience=np.int32(3), warm_up_steps=np.int64(2), deterministic=np.bool_(False),
    )  # fmt: skip
    types = [type(value) for value in vars(settings).values()]
    assert set(types) <= {int, float, str, bool, type(None)}
    fit(classify(), settings, folder=tmp_path)
    model = LanguageModel(tokens=np.int64(7), hidden=np.int64(4))
    text = np.random.default_rng(0).integers(7, size=90)
    parts = {"train": text[:60], "valid": text[60:]}
    task = PredictNext(model, parts, batch=np.int64(2), window=np.int64(8))
    (tmp_path / "lm").mkdir()
    fit(task, settings, folder=tmp_path / "lm")
    save_model(tmp_path / "m", model)
    assert load_model(tmp_path / "m").model.settings["tokens"] == 7
