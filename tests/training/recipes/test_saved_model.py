"""A model file builds the same model again, and no other file does."""

from contextlib import nullcontext

import pytest
import torch

from course_pkg.models.classifier import SequenceClassifier
from course_pkg.models.language_model import LanguageModel
from course_pkg.models.pointer import PointerSeq2Seq
from course_pkg.models.seq2seq import Seq2Seq
from course_pkg.training.recipes import saved_model
from course_pkg.training.recipes.saved_model import load_model, save_model
from course_pkg.training.resuming.checkpoint import CheckpointError, save_checkpoint


@pytest.mark.parametrize(
    "model",
    [
        SequenceClassifier(classes=3, tokens=9, hidden=4, cell="gru", bidirectional=True),
        SequenceClassifier(classes=3, features=2, hidden=4, layers=2, backend="ours"),
        LanguageModel(tokens=9, embedding=4, hidden=4, tied=True),
        Seq2Seq(
            source_tokens=9, target_tokens=7, hidden=4, attention_size=3, layers=2, dropout=0.5
        ),
        PointerSeq2Seq(tokens=9, unknown=2, hidden=4, attention="dot", input_feeding=True),
    ],
)
def test_a_model_file_builds_the_same_model(tmp_path, model):
    save_model(tmp_path / "m", model, {"note": 1})
    again, about = load_model(tmp_path / "m")
    assert type(again) is type(model)
    assert about == {"note": 1}
    assert again.settings == model.settings
    expected = model.state_dict()
    assert again.state_dict().keys() == expected.keys()
    assert all(torch.equal(again.state_dict()[name], expected[name]) for name in expected)


@pytest.mark.parametrize(
    "about",
    [
        {},
        {"model": "os.system", "settings": {}, "about": {}},
        {"model": "LanguageModel", "settings": {"tokens": -1}, "about": {}},
        {"model": "LanguageModel", "settings": {"tokens": 9, "what": 1}, "about": {}},
        {"model": "LanguageModel", "settings": {"tokens": 9}, "about": {}},
        {"model": ["list"], "settings": {}, "about": {}},
        {"model": "LanguageModel", "settings": {"tokens": 9}, "about": None},
        {"model": "LanguageModel", "settings": {"tokens": 9}, "about": [["a", 1]]},
        {"model": "LanguageModel", "settings": None, "about": {}},
        {"model": "LanguageModel", "settings": {"tokens": 9, "layers": 10**9}, "about": {}},
        {"model": "LanguageModel", "settings": {"tokens": 10**9, "hidden": 10**6}, "about": {}},
        {"model": "LanguageModel", "settings": {"tokens": 10**30}, "about": {}},
    ],
)
def test_a_file_that_is_no_model_is_refused(tmp_path, about):
    save_checkpoint(tmp_path / "m", {"W": torch.zeros(1)}, about)
    with pytest.raises(CheckpointError, match="m: expected a model file"):
        load_model(tmp_path / "m")


def test_the_model_of_a_file_is_not_built_before_its_weights_fit(tmp_path, monkeypatch):
    model = LanguageModel(tokens=9, embedding=4, hidden=4)
    tensors, settings = model.state_dict(), model.settings | {"tokens": 10}
    built = []

    class Watched(LanguageModel):
        def __init__(self, **settings):
            super().__init__(**settings)
            built.append(self.readout.weight.device.type)

    monkeypatch.setattr(saved_model, "models", lambda: {"LanguageModel": Watched})
    for tokens, devices in ((10, ["meta"]), (9, ["meta", "cpu"])):
        content = {"model": "LanguageModel", "settings": settings | {"tokens": tokens}, "about": {}}
        save_checkpoint(tmp_path / "m", tensors, content)
        built.clear()
        with pytest.raises(CheckpointError, match="shape") if tokens == 10 else nullcontext():
            load_model(tmp_path / "m")
        assert built == devices


def test_only_a_task_model_can_be_saved(tmp_path):
    with pytest.raises(TypeError, match="model: expected one of SequenceClassifier, LanguageModel"):
        save_model(tmp_path / "m", torch.nn.Linear(1, 1))


def test_a_language_model_saved_before_it_had_more_kinds_of_dropout_is_read(tmp_path):
    model = LanguageModel(tokens=9, hidden=4, dropout=0.2)
    later = ("dropout_in", "dropout_out", "same_mask", "weight_drop")
    settings = {name: value for name, value in model.settings.items() if name not in later}
    content = {"model": "LanguageModel", "settings": settings, "about": {}}
    save_checkpoint(tmp_path / "old.safetensors", model.state_dict(), content)
    again = load_model(tmp_path / "old.safetensors").model
    assert again.settings == model.settings
    assert (again.dropout_in, again.dropout_out) == (0.2, 0.2)
