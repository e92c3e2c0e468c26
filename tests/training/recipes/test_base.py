"""Runs that start from another one: what they take from it, and which ones are refused."""

import json
import shutil

import numpy as np
import pytest
import torch

from course_pkg.__main__ import main
from course_pkg.data.text.vocabulary import Vocabulary
from course_pkg.training.recipes.adapted import start_from
from course_pkg.training.recipes.base import base_of, fill, open_base
from course_pkg.training.recipes.config import read_toml
from course_pkg.training.recipes.generate import open_run
from course_pkg.training.recipes.saved_model import load_model, save_model, weights_hash
from course_pkg.training.tasks.registry import config_from

LM = """\
task = "lm"
device = "cpu"
[data]
name = "python-text"
level = "word"
batch = 8
window = 8
max_size = 60
[model]
cell = "gru"
hidden = 6
embedding = 4
layers = 2
[training]
steps = 4
"""
CLASSIFY = """\
task = "classify"
device = "cpu"
[data]
name = "docstrings"
labels = 40
max_length = 12
[model]
pooling = "mean"
[training]
steps = 3
"""
DIGITS = """\
task = "classify"
device = "cpu"
[data]
name = "digits"
[model]
hidden = 4
[training]
steps = 2
"""
DATES = """\
task = "translate"
device = "cpu"
[data]
name = "reversal"
[model]
hidden = 4
embedding = 4
[training]
steps = 1
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A folder with the recipes, and a run of each."""
    folder = tmp_path_factory.mktemp("bases")
    recipes = {"lm": LM, "classify": CLASSIFY, "digits": DIGITS, "dates": DATES}
    for name, text in recipes.items():
        path = folder / f"{name}.toml"
        path.write_text(text)
        if name != "classify":  # whose base is to be the language model
            assert main(["train", str(path), "--out", str(folder / name)]) == 0
    return folder


def call(*words):
    return main([str(word) for word in words])


def filled(here, recipe, base):
    parent = open_base(here / base)
    return config_from(fill(read_toml(here / f"{recipe}.toml"), parent)), parent


def test_a_language_model_goes_on_where_the_base_run_stopped(here):
    config, base = filled(here, "lm", "lm")
    start = start_from(base, config)
    assert weights_hash(start.built.task.model) == base.sha256 == config.base.sha256
    assert "copied embedding, recurrent, readout; drawn anew: nothing" in start.words
    file = load_model(here / "lm" / "model.safetensors")
    assert weights_hash(file.model) == base.sha256


def test_sizes_and_vocabulary_are_those_of_the_base_run(here, tmp_path):
    path = tmp_path / "other.toml"
    path.write_text(
        'task = "lm"\ndevice = "cpu"\n[data]\nname = "agreement"\n[training]\nsteps = 2'
    )
    assert call("train", path, "--from", here / "lm", "--out", tmp_path / "run") == 0
    model, about = load_model(tmp_path / "run" / "model.safetensors")
    base = load_model(here / "lm" / "model.safetensors")
    assert model.settings == base.model.settings
    vocabulary = Vocabulary.load(tmp_path / "run" / "vocabulary.json")
    assert vocabulary == Vocabulary.load(here / "lm" / "vocabulary.json")
    assert about["vocabulary"] == vocabulary.sha256
    assert about["base"] == {"run": str(here / "lm"), "sha256": weights_hash(base.model)}
    assert open_run(tmp_path / "run").vocabulary == vocabulary
    # What is written down is the whole recipe: the same again without the option.
    config = read_toml(tmp_path / "run" / "config.toml")
    assert config["model"]["hidden"] == 6
    assert config["data"]["level"] == "word"
    assert config["base"] == about["base"]


def test_a_classifier_gets_the_body_of_a_language_model(here):
    config, base = filled(here, "classify", "lm")
    torch.manual_seed(0)
    start = start_from(base, config)
    model = start.built.task.model
    for part in ("embedding", "recurrent"):
        new, old = (m.get_submodule(part).state_dict() for m in (model, base.model))
        assert new.keys() == old.keys()
        assert all(torch.equal(new[name], old[name]) for name in new)
    assert "copied embedding, recurrent; drawn anew: readout" in start.words
    assert dict(start.built.vocabularies)["vocabulary.json"] == base.vocabulary
    # The classifier's state after a text is the language model's.
    x = torch.randint(60, (7, 3))
    _, state = base.model.eval()(x)
    _, same = model.eval().recurrent(model.embedding(x))
    assert torch.equal(state[0], same[0])


def test_a_classifier_of_the_same_data_keeps_its_readout(here):
    config, base = filled(here, "digits", "digits")
    start = start_from(base, config)
    assert weights_hash(start.built.task.model) == base.sha256
    assert base.vocabulary is None


def test_pooling_is_the_base_runs_where_the_readout_is(here, tmp_path):
    """A readout was trained on vectors that were pooled in one way; a new one may have another."""
    words = ["--from", here / "lm", "--set", "model.pooling=max", "--out", tmp_path / "max"]
    assert call("train", here / "classify.toml", *words) == 0
    base = open_base(tmp_path / "max")
    table = {"task": "classify", "data": {"name": "docstrings"}, "training": {"steps": 1}}
    assert config_from(fill(table, base)).model.pooling == "max"
    other = table | {"data": {"name": "word-kinds"}, "model": {"pooling": "mean"}}
    assert config_from(fill(other, base)).model.pooling == "mean"


def test_a_run_that_has_a_parent_can_be_one(here, tmp_path):
    chain = [here / "lm"]
    for name in ("child", "grandchild"):
        words = ["finetune", chain[-1], here / "classify.toml", "--out", tmp_path / name]
        assert call(*words) == 0
        chain.append(tmp_path / name)
    about = load_model(chain[-1] / "model.safetensors").about
    assert about["base"]["run"] == str(tmp_path / "child")
    assert about["base"]["sha256"] == open_base(tmp_path / "child").sha256
    card = (tmp_path / "grandchild" / "card.md").read_text()
    assert "copied embedding, recurrent, readout; drawn anew: nothing" in card
    assert f"--from {tmp_path / 'child'}" in card


def other_vocabulary(run):
    Vocabulary.build(["other", "tokens"], level="word").save(run / "vocabulary.json")


def not_finite(run):
    model, about = load_model(run / "model.safetensors")
    with torch.no_grad():
        model.readout.bias[0] = np.nan
    save_model(run / "model.safetensors", model, about)


def flip_a_bit(run):
    content = bytearray((run / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (run / "model.safetensors").write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (shutil.rmtree, "expected the folder of a run, found none"),
        (lambda run: (run / "config.toml").unlink(), "expected a run, found no config.toml"),
        (lambda run: (run / "config.toml").write_text("task = 3"), "config.toml: task: unknown"),
        (lambda run: (run / "model.safetensors").unlink(), "expected a finished run, found no mod"),
        (
            lambda run: (run / "model.safetensors").write_bytes(b"\x80"),
            "base/model.safetensors: this",
        ),
        (flip_a_bit, "base/model.safetensors: damaged, its contents do not"),
        (not_finite, "expected finite weights, got others in readout.bias"),
        (lambda run: (run / "vocabulary.json").unlink(), "found no vocabulary.json"),
        (lambda run: (run / "vocabulary.json").write_text("{"), "vocabulary.json: expected a voc"),
        (other_vocabulary, "vocabulary.json is not the vocabulary that model.safetensors was"),
    ],
)
def test_a_base_run_that_is_damaged_or_not_finished_is_refused(
    here, tmp_path, capsys, harm, message
):
    base = shutil.copytree(here / "lm", tmp_path / "base")
    harm(base)
    for words in (["finetune", base, here / "classify.toml"], ["train", here / "lm.toml"]):
        words += [] if words[0] == "finetune" else ["--from", base]
        assert call(*words, "--out", tmp_path / "run") == 1
        error = capsys.readouterr().err
        assert error.startswith("error: ")
        assert error.count("\n") == 1
        assert message in error
        assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("base", "recipe", "changes", "message"),
    [
        ("dates", "lm", [], "expected a run of one of the tasks lm, classify, got one of 'transl"),
        ("lm", "dates", [], "task: expected one of lm, classify, as"),
        ("digits", "lm", [], "task: expected one of classify, as"),
        ("lm", "digits", ["model.hidden=6"], "data.name: expected tokens, which the model of"),
        ("digits", "classify", [], "data.name: expected images, which the model of"),
        ("lm", "classify", ["model.hidden=7"], "model.hidden: expected 6 or nothing, as"),
        ("lm", "classify", ["model.cell=lstm"], "model.cell: expected 'gru' or nothing, as"),
        ("lm", "classify", ["model.backend=ours"], "model.backend: expected 'torch' or nothing"),
        ("lm", "classify", ["model.bidirectional=true"], "model.bidirectional: expected False or"),
        ("lm", "lm", ["model.tied=true"], "model.tied: expected False or nothing"),
        ("lm", "lm", ["data.max_size=61"], "data.max_size: expected 60 or nothing"),
        ("lm", "lm", ["data.merges=9"], "data.merges: expected nothing, as"),
        ("digits", "digits", ["model.pooling=max"], "model.pooling: expected 'last' or nothing"),
        ("lm", "classify", ["data.level=char"], "data.level: expected 'word' or nothing"),
        ("lm", "classify", ["adapting.method=some"], "adapting.method: expected one of 'full',"),
        ("lm", "classify", ["adapting.speed=1"], "adapting.speed: unknown key"),
        ("lm", "classify", ["adapting=3"], "adapting: expected a table, got int"),
        ("lm", "classify", ["model=3"], "model: expected a table, got int"),
        ("lm", "classify", ["data=3"], "data: expected a table, got int"),
        ("lm", "classify", ["adapting.replay=1"], "adapting.replay: expected a number in [0, 1)"),
        ("lm", "classify", ["adapting.method=lora", "adapting.elastic=1"], "adapting.elastic: exp"),
    ],
)  # fmt: skip
def test_a_recipe_that_does_not_go_with_its_base_is_refused(
    here, tmp_path, capsys, base, recipe, changes, message
):
    words = [word for change in changes for word in ("--set", change)]
    out = tmp_path / "run"
    assert call("finetune", here / base, here / f"{recipe}.toml", "--out", out, *words) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"error: {message}" if "one of the tasks" not in message else "error:")
    assert message in error
    assert error.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("base = 3\n", "base: expected a table, got int"),
        ("base = {run = 3}\n", "base.run: expected str, got int"),
        ("base = {}\n", "base: missing: run"),
        ('base = {run = "RUN", sha256 = "00"}\n', "base.sha256: expected weights with the SHA-256"),
        ("adapting = {}\n", "adapting: expected a run to start from"),
    ],
)
def test_a_base_that_a_recipe_names_is_checked(here, tmp_path, capsys, table, message):
    path = tmp_path / "recipe.toml"
    path.write_text(table.replace("RUN", str(here / "lm")) + LM)
    assert call("train", path, "--out", tmp_path / "run") == 1
    assert f"error: {message}" in capsys.readouterr().err


def test_a_recipe_can_name_its_base_and_a_command_another_one(here, tmp_path):
    table = {"base": {"run": str(here / "lm")}}
    assert base_of(table).sha256 == open_base(here / "lm").sha256
    assert base_of({}) is None
    path = tmp_path / "recipe.toml"
    path.write_text('base = {run = "nowhere", sha256 = "00"}\n' + LM)
    assert call("train", path, "--from", here / "lm", "--out", tmp_path / "run") == 0


def test_a_base_run_that_changed_meanwhile_is_noticed_by_resume(here, tmp_path, capsys):
    base = shutil.copytree(here / "lm", tmp_path / "base")
    words = ["finetune", base, here / "classify.toml", "--out", tmp_path / "run"]
    assert call(*words) == 0
    assert call(*words, "--resume") == 0
    model, about = load_model(base / "model.safetensors")
    with torch.no_grad():
        model.embedding.weight[0, 0] += 1
    save_model(base / "model.safetensors", model, about)
    assert call(*words, "--resume") == 1
    assert "the run here has another configuration: base.sha256 was" in capsys.readouterr().err


def test_the_result_of_a_base_run_does_not_depend_on_what_it_is_base_of(here, tmp_path):
    """Starting from a run reads it, and nothing else."""
    before = {path.name: path.read_bytes() for path in (here / "lm").iterdir()}
    assert call("train", here / "lm.toml", "--from", here / "lm", "--out", tmp_path / "run") == 0
    assert {path.name: path.read_bytes() for path in (here / "lm").iterdir()} == before
    assert json.loads((tmp_path / "run" / "result.json").read_text()).keys() == {"valid", "test"}


@pytest.mark.parametrize("name", ["elastic", "replay"])
def test_data_that_are_no_longer_those_of_the_base_run_are_noticed(here, tmp_path, capsys, name):
    base = shutil.copytree(here / "lm", tmp_path / "base")
    model, about = load_model(base / "model.safetensors")
    about["data"]["train"] = "0" * 64
    save_model(base / "model.safetensors", model, about)
    words = ["finetune", base, here / "lm.toml", "--out", tmp_path / "run"]
    assert call(*words, "--set", f"adapting.{name}=0.5") == 1
    assert f"adapting.{name}: expected the data that {base} was" in capsys.readouterr().err
    assert call(*words) == 0  # without the old data nothing depends on them


def test_byte_pairs_go_from_a_language_model_to_a_classifier(here, tmp_path):
    path = tmp_path / "pairs.toml"
    path.write_text(
        LM.replace("python-text", "docstring-text").replace('"word"', '"char"')
        .replace("max_size = 60", "merges = 30")
    )  # fmt: skip
    assert call("train", path, "--out", tmp_path / "pairs") == 0
    words = ["finetune", tmp_path / "pairs", here / "classify.toml", "--out", tmp_path / "run"]
    assert call(*words) == 0
    one, two = (open_base(tmp_path / name).vocabulary for name in ("pairs", "run"))
    assert one == two
    assert len(one) == 286


def test_a_text_that_does_not_come_at_the_base_runs_level_is_named(here, tmp_path, capsys):
    path = tmp_path / "characters.toml"
    path.write_text(LM.replace('"word"', '"char"'))
    assert call("train", path, "--out", tmp_path / "characters") == 0
    path.write_text('task = "lm"\n[data]\nname = "agreement"\n[training]\nsteps = 2')
    capsys.readouterr()
    assert call("finetune", tmp_path / "characters", path, "--out", tmp_path / "run") == 1
    error = capsys.readouterr().err
    assert error.startswith("error: data.name: expected a text at level 'char', which the model of")
    assert "got 'agreement', which comes at 'word'" in error


def test_dropped_weights_of_our_layers_and_lora_are_one_sentence(here, tmp_path, capsys):
    path = tmp_path / "ours.toml"
    path.write_text(LM.replace("[model]", '[model]\nbackend = "ours"\nweight_drop = 0.2'))
    assert call("train", path, "--out", tmp_path / "ours", "--set", "training.steps=1") == 0
    words = ["finetune", tmp_path / "ours", path, "--method", "lora", "--out", tmp_path / "run"]
    capsys.readouterr()
    assert call(*words) == 1
    assert "error: adapting.method: expected another one than 'lora'" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
