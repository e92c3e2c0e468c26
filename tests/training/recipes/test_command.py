"""The command: what a run writes, what it refuses, and how it says so."""

import json
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from course_pkg.__main__ import main
from course_pkg.data.registry import load_text
from course_pkg.data.text.vocabulary import Vocabulary
from course_pkg.training.log import read_records
from course_pkg.training.loop import evaluate
from course_pkg.training.recipes.config import override, read_toml
from course_pkg.training.recipes.saved_model import load_model
from course_pkg.training.resuming.checkpoint import CheckpointError
from course_pkg.training.tasks.registry import build, config_from

ROOT = Path(__file__).parents[3]


def test_the_agreement_grammar_can_be_trained_on(tmp_path, capsys):
    """As every text of the list: nothing but the name says which one it is."""
    path = tmp_path / "agreement.toml"
    path.write_text(
        'task = "lm"\n[data]\nname = "agreement"\n'
        "[model]\nhidden = 4\nembedding = 4\n[training]\nsteps = 2\n"
    )
    assert run(path, "--out", tmp_path / "run") == 0
    assert "grammar" in capsys.readouterr().out


def run(*words):
    return main(["train", *map(str, words)])


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "small words.toml"
    path.write_text(
        'task = "lm"\ndevice = "cpu"\n'
        '[data]\nname = "python-text"\nlevel = "word"\nbatch = 8\nwindow = 8\nmax_size = 50\n'
        "[model]\nhidden = 4\nembedding = 4\n"
        "[training]\nsteps = 6\nlog_every = 2\n"
    )
    return path


@pytest.fixture(scope="module")
def finished(config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "finished"
    assert run(config, "--out", folder) == 0
    return folder


def test_the_run_folder_holds_everything(finished, config):
    assert sorted(path.name for path in finished.iterdir()) == [
        "card.md", "checkpoint.safetensors", "config.toml", "metrics.jsonl",
        "model.safetensors", "result.json", "vocabulary.json",
    ]  # fmt: skip
    assert config_from(read_toml(finished / "config.toml")) == config_from(read_toml(config))
    card = (finished / "card.md").read_text()
    result = json.loads((finished / "result.json").read_text())
    assert f"| test | loss | {result['test']['loss']:.4f} |" in card
    for part in ("## Data", "PSF licence", "not fit for", "small words.toml", "max_size = 50"):
        assert part in card
    records = read_records(finished)
    assert [record["step"] for record in records] == [2, 4, 6, 6]
    assert result["valid"]["loss"] == records[-1]["valid_loss"]


def test_the_unknown_words_of_each_part_are_counted_and_said(finished, config):
    vocabulary = Vocabulary.load(finished / "vocabulary.json")
    corpus = load_text("python-text", "word")
    built = build(config_from(read_toml(config)))
    card = (finished / "card.md").read_text()
    for part in ("train", "valid", "test"):
        words = list(getattr(corpus, part))
        unknown = [word not in vocabulary for word in words]
        said = f"{len(words):,} tokens, {sum(unknown):,} unknown ({sum(unknown) / len(words):.2%})"
        assert built.sizes[part] == said
        assert f"- {part} part: {said}" in card
    result = json.loads((finished / "result.json").read_text())["test"]
    assert result["unknown_share"] == pytest.approx(sum(unknown[1:]) / (len(words) - 1))
    assert "bits_per_character" not in result  # a token is a word


def test_the_saved_model_gives_the_measured_result(finished, config):
    vocabulary = Vocabulary.load(finished / "vocabulary.json")
    assert len(vocabulary) == 50
    model, about = load_model(finished / "model.safetensors", vocabulary=vocabulary.sha256)
    built = build(config_from(read_toml(config)))
    built.task.model.load_state_dict(model.state_dict())
    assert evaluate(built.task, "test") == about["metrics"]["test"]
    with pytest.raises(CheckpointError, match="the same ids stand for other tokens"):
        load_model(finished / "model.safetensors", vocabulary="0" * 64)


def test_the_vocabulary_is_made_from_the_training_part_alone(config):
    corpus = load_text("python-text", "word")
    built = build(config_from(override(read_toml(config), {"data.max_size": "100000"})))
    assert set(built.vocabularies["vocabulary.json"].tokens) - {"<unk>"} == set(corpus.train)
    assert not set(corpus.test) <= set(corpus.train)  # else the test would show nothing


def test_a_finished_run_says_its_result_again(finished, config, capsys):
    before = (finished / "result.json").read_bytes()
    assert run(config, "--out", finished, "--resume") == 0
    assert "everything is in" in capsys.readouterr().out
    assert (finished / "result.json").read_bytes() == before


def test_notes_that_somebody_wrote_into_a_run_stay(finished, config, tmp_path):
    noted = shutil.copytree(finished, tmp_path / "noted")
    for name in ("card.md", "config.toml"):
        with (noted / name).open("a") as file:
            file.write("# The run of the talk: keep.\n")
    assert run(config, "--out", noted, "--resume") == 0
    for name in ("card.md", "config.toml"):
        assert (noted / name).read_text().endswith("keep.\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "a run is here; go on with --resume, or take another folder by --out"),
        (["--resume", "--seed", "3"], "training.seed was 0 and is 3"),
        (["--resume", "--set", "training.lr=0.5"], "training.lr was 0.001 and is 0.5"),
        (["--set", "training.lr"], "--set: expected KEY=VALUE, got 'training.lr'"),
        (["--set", "training.epoch=1"], "training.epoch: unknown key; did you mean 'epochs'?"),
        (["--set", "data.level=byte"], "data.level: expected one of 'char', 'word', got 'byte'"),
        (["--device", "tpu"], "device: expected one of"),
        (["--set", "training.lr=1" + "0" * 400], "training.lr: expected a number below 1.8e308"),
        (["--set", "training.lr=1" + "0" * 5000], "training.lr: expected float, got str"),
        (["--set", "training.lr=" + "[" * 5000 + "]" * 5000], "training.lr: expected float, got"),
        (["--set", "training.lr" + ".a" * 5000 + "=1"], "training.lr: expected float, got dict"),
        (["--set", "a" + ".a" * 5000 + "=1"], "a: unknown key"),
        (["--set", "task" + "=" + "x" * 5000], "task: unknown task"),
        (["--set", "model.hidden" + ".a" * 5000 + "=1"], "'hidden' is a value, not a table"),
        (["--set", "training.momentum" + ".a" * 5000 + "=1"], "training.momentum: expected float"),
    ],
)
def test_a_wrong_command_is_one_sentence(finished, config, capsys, words, message):
    assert run(config, "--out", finished, *words) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_a_device_that_is_not_there_is_one_sentence(config, tmp_path, capsys):
    assert run(config, "--out", tmp_path / "run", "--device", "cuda") == 1
    assert "error: device: expected a CUDA device, found none" in capsys.readouterr().err


def test_a_folder_with_other_files_is_left_alone(config, tmp_path, capsys):
    (tmp_path / "thesis.tex").write_text("precious")
    assert run(config, "--out", tmp_path) == 1
    assert "expected an empty folder or a run, found other files" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_what_a_killed_run_has_left_is_no_file_of_somebody_else(config, tmp_path, capsys):
    own, other = tmp_path / ".config.toml-ab_d3f9h.part", tmp_path / ".x.part"
    own.write_text("ta")
    assert run(config, "--out", tmp_path, "--resume") == 0
    assert not own.exists()
    other.write_text("precious")
    own.write_text("ta")
    assert run(config, "--out", tmp_path) == 1  # a run that goes on may be writing it
    assert own.exists()
    assert run(config, "--out", tmp_path, "--resume") == 0
    assert not own.exists()
    assert other.read_text() == "precious"
    capsys.readouterr()


@pytest.mark.parametrize(
    "change",
    [
        "model.cell=lstn", "model.hidden=0", "model.embedding=5", "data.batch=0",
        "data.batch=1000000", "data.max_size=1", "training.select_on=dev",
        "training.select_by=bleu", "training.tensorboard=true", "model.hidden=100000",
    ],
)  # fmt: skip
def test_a_mistake_leaves_no_folder_that_blocks_the_corrected_run(
    config, tmp_path, capsys, monkeypatch, change
):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    changes = ["--set", change, *(["--set", "model.tied=true"] if "embedding" in change else [])]
    assert run(config, "--out", tmp_path / "run", *changes) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_the_card_says_the_whole_command(config, tmp_path):
    changes = ["--seed", "3", "--device", "cpu"]
    changes += ["--set", "training.lr=0.5", "--set", "model.cell=gru"]
    assert run(config, "--out", tmp_path / "run", *changes) == 0
    line = (
        f"`python -m course_pkg train '{config}' --device cpu --seed 3 "
        "--set training.lr=0.5 --set model.cell=gru`"
    )
    card = (tmp_path / "run" / "card.md").read_text()
    assert line in card
    assert "Each part was read once, as one stream" in card


def test_the_command_of_the_card_makes_the_same_model(config, tmp_path, monkeypatch):
    """As printed, where it was typed: byte for byte, the checkpoint too."""
    (tmp_path / "recipes").mkdir()
    shutil.copy(config, tmp_path / "recipes")
    monkeypatch.chdir(tmp_path)
    changes = ["--seed", "3", "--set", "model.cell=gru", "--out", "first"]
    assert run("recipes/small words.toml", *changes) == 0
    (line,) = re.findall("^`(python .*)`$", Path("first/card.md").read_text(), re.MULTILINE)
    program, *words = shlex.split(line)
    assert program == "python"
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    for name in ("model.safetensors", "checkpoint.safetensors", "config.toml", "result.json"):
        again = Path("runs/small words", name).read_bytes()
        assert again == Path("first", name).read_bytes(), name


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"valid": 3}', '{"valid": {"loss": "x"}}'])
def test_a_damaged_result_is_named(finished, config, tmp_path, capsys, content):
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    (folder / "result.json").write_text(content)
    assert run(config, "--out", folder, "--resume") == 1
    assert "result.json: damaged" in capsys.readouterr().err


def test_a_damaged_configuration_of_the_run_is_named(finished, config, tmp_path, capsys):
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    (folder / "config.toml").write_text('task = "x"')
    assert run(config, "--out", folder, "--resume") == 1
    assert "run/config.toml: task: unknown task" in capsys.readouterr().err


def test_what_is_not_finite_is_null_in_the_result(finished, config, tmp_path, capsys, monkeypatch):
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    (folder / "result.json").unlink()
    monkeypatch.setattr(
        "course_pkg.training.recipes.run.evaluate",
        lambda *arguments: {"loss": 800.0, "perplexity": math.inf, "bits": math.nan},
    )
    for _ in range(2):
        assert run(config, "--out", folder, "--resume") == 0
        assert "test: loss 800.0000, perplexity nan, bits nan" in capsys.readouterr().out
    result = json.loads((folder / "result.json").read_text(), parse_constant=pytest.fail)
    assert result["test"] == {"loss": 800.0, "perplexity": None, "bits": None}
    assert load_model(folder / "model.safetensors").about["metrics"] == result
    assert "| test | perplexity | nan |" in (folder / "card.md").read_text()


def test_too_little_memory_is_one_sentence(config, tmp_path, capsys, monkeypatch):
    def full(*arguments, **keywords):
        raise RuntimeError("can't allocate memory: you tried to allocate 1 bytes\nmore\nlines")

    monkeypatch.setattr("course_pkg.training.recipes.run.fit", full)
    assert run(config, "--out", tmp_path / "run") == 1
    error = capsys.readouterr().err
    assert error.startswith("error: not enough memory for this run: can't allocate")
    assert error.count("\n") == 1


def test_a_missing_configuration_is_named(tmp_path, capsys):
    assert run(tmp_path / "nothing.toml") == 1
    assert "nothing.toml" in capsys.readouterr().err


def test_a_damaged_checkpoint_is_one_sentence(finished, config, tmp_path, capsys):
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("config.toml", "metrics.jsonl"):
        (folder / name).write_bytes((finished / name).read_bytes())
    (folder / "checkpoint.safetensors").write_bytes(b"\x80\x04 pickled")
    assert run(config, "--out", folder, "--resume") == 1
    assert "this is a pickle" in capsys.readouterr().err


def test_ctrl_c_says_how_to_go_on(config, tmp_path, capsys, monkeypatch):
    def interrupted(*arguments, **keywords):
        raise KeyboardInterrupt

    monkeypatch.setattr("course_pkg.training.recipes.run.fit", interrupted)
    assert run(config, "--out", tmp_path / "run") == 130
    assert "with --resume goes on" in capsys.readouterr().err
    monkeypatch.undo()
    assert run(config, "--out", tmp_path / "run", "--resume") == 0


def test_without_a_folder_the_run_is_named_after_its_configuration(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(config) == 0
    assert (tmp_path / "runs" / "small words" / "card.md").exists()
