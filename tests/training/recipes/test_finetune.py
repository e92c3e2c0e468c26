"""The command finetune: what each method trains and what it leaves alone, killed or not."""

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from course_pkg.__main__ import main
from course_pkg.training.adapting.freezing import hash_of
from course_pkg.training.log import read_records
from course_pkg.training.recipes import adapted
from course_pkg.training.recipes.adapter import ADAPTER
from course_pkg.training.recipes.saved_model import load_model
from course_pkg.training.resuming.checkpoint import load_checkpoint

ROOT = Path(__file__).parents[3]
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
hidden = 6
embedding = 4
[training]
steps = 5
"""
TEXT = """\
task = "lm"
device = "cpu"
[data]
name = "agreement"
batch = 512
window = 16
[training]
epochs = 3
lr = 0.01
log_every = 1
checkpoint_every = 2
"""
CLASSIFY = """\
task = "classify"
device = "cpu"
[data]
name = "docstrings"
labels = 96
batch = 32
max_length = 8
[model]
dropout = 0.1
[training]
epochs = 4
lr = 0.01
log_every = 1
checkpoint_every = 2
"""
METHODS = ("full", "features", "gradual", "lora")


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A folder with a base run and the recipes of runs that start from it."""
    folder = tmp_path_factory.mktemp("finetune")
    for name, text in {"lm": LM, "text": TEXT, "classify": CLASSIFY}.items():
        (folder / f"{name}.toml").write_text(text)
    assert main(["train", str(folder / "lm.toml"), "--out", str(folder / "base")]) == 0
    return folder


@pytest.fixture(scope="module")
def finished(here):
    """A finished run of each method, by its name, with what the command printed."""
    found = {}

    def of(method):
        if method not in found:
            folder = here / method
            words = ["finetune", here / "base", here / "classify.toml", "--method", method]
            with contextlib.redirect_stdout(io.StringIO()) as said:
                assert main([*map(str, words), "--out", str(folder)]) == 0
            found[method] = folder, said.getvalue()
        return found[method]

    return of


def weights_of(folder):
    return dict(load_model(folder / "model.safetensors").model.named_parameters())


@pytest.mark.parametrize("method", METHODS)
def test_the_command_says_what_is_frozen_and_it_is(here, finished, method):
    folder, said = finished(method)
    weights, base = weights_of(folder), weights_of(here / "base")
    same = {name for name in base if name in weights and torch.equal(base[name], weights[name])}
    body = {name for name in base if not name.startswith("readout")}
    total = sum(weight.numel() for weight in weights.values())
    trained, of = (
        int(number.replace(",", ""))
        for number in re.search(r"([\d,]+) of ([\d,]+) parameters are trained", said).groups()
    )
    assert f"SequenceClassifier, {total:,} parameters\n" in said
    if method == "features":
        assert same == body
        assert trained == sum(w.numel() for name, w in weights.items() if name not in body)
        assert of == total
        assert "frozen: embedding, recurrent, " in said
    elif method == "lora":
        matrices = {name for name in body if "weight_" in name}
        assert same == body - matrices
        # B A of each matrix, of rank 4, and the new readout.
        readout = sum(w.numel() for name, w in weights.items() if name not in body)
        assert trained == readout + sum(4 * sum(base[name].shape) for name in matrices)
        assert of == total + trained - readout
        assert "\ntrained: additions to recurrent 1, readout\n" in said
    else:
        assert same == set()
        assert (trained, of) == (total, total)
        assert "no weight was frozen" in said
    if method in ("features", "lora"):
        digest = re.search(r"the same bits as before, SHA-256 (\w{64})", said)[1]
        frozen = {name: base[name] for name in body}
        assert (hash_of(frozen) == digest) == (method == "features")  # lora names them otherwise


def test_the_bits_that_lora_leaves_alone_are_the_base_runs(here, finished):
    folder, _ = finished("lora")
    state = load_checkpoint(folder / "checkpoint.safetensors").tensors
    base = weights_of(here / "base")
    for name in ("weight_ih_l0", "weight_hh_l0"):
        held = state[f"model.recurrent.network.parametrizations.{name}.original"]
        assert torch.equal(held, base[f"recurrent.network.{name}"])


def test_the_merged_model_is_the_base_and_its_additions(here, finished):
    folder, _ = finished("lora")
    tensors, about = load_checkpoint(folder / ADAPTER)
    base, merged = weights_of(here / "base"), weights_of(folder)
    config = about["adapting"]
    scale = config["alpha"] / config["rank"]
    for name in ("weight_ih_l0", "weight_hh_l0"):
        A, B = (tensors[f"recurrent.network.parametrizations.{name}.0.{x}"] for x in "AB")
        assert B.any()
        expected = base[f"recurrent.network.{name}"] + scale * (B @ A)
        assert (merged[f"recurrent.network.{name}"] - expected).abs().max() < 1e-6
    assert torch.equal(tensors["readout.weight"], merged["readout.weight"])
    assert len(tensors) == 2 * 2 + 2
    assert about["base"] == load_model(folder / "model.safetensors").about["base"]


@pytest.mark.parametrize("method", METHODS)
def test_the_method_is_written_down(finished, method):
    folder, said = finished(method)
    about = load_model(folder / "model.safetensors").about
    assert about["adapting"]["method"] == method
    assert about["metrics"].keys() == {"valid", "test"}
    assert (folder / ADAPTER).exists() == (method == "lora")
    card = (folder / "card.md").read_text()
    for line in said.splitlines():
        if line.startswith(("from ", "method ", "trained: ", "frozen: ")):
            assert f"- {line}\n" in card


def test_gradual_says_from_which_epoch_each_group_is_trained(finished):
    assert (
        "trained: embedding from epoch 3, recurrent 1 from epoch 2, readout"
        in (finished("gradual")[1])
    )


def test_a_frozen_weight_that_changes_is_an_error(here, tmp_path, monkeypatch):
    """As by a bug: after the training one bit of a frozen weight is another."""
    fit = adapted.finish

    def harmed(start, config, folder):
        with torch.no_grad():
            weight = start.built.task.model.embedding.weight
            weight[0, 0] = torch.nextafter(weight[0, 0], torch.tensor(9.0))
        return fit(start, config, folder)

    monkeypatch.setattr("course_pkg.training.recipes.run.finish", harmed)
    words = ["finetune", here / "base", here / "classify.toml", "--method", "features"]
    with pytest.raises(RuntimeError, match="frozen weights have changed: their SHA-256 was"):
        main([*map(str, words), "--out", str(tmp_path / "run")])
    assert not (tmp_path / "run" / "model.safetensors").exists()


@pytest.fixture(scope="module")
def kill():
    """A function that runs a recipe until a moment at which the process is killed."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.training.killed"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    ) as server:  # fmt: skip

        def order(*words):
            server.stdin.write("\t".join(map(str, words)) + "\n")
            server.stdin.flush()
            assert int(server.stdout.readline()) == signal.SIGKILL

        yield order
        server.stdin.close()


def timeless(folder):
    return [
        {key: value for key, value in record.items() if key != "seconds"}
        for record in read_records(folder)
    ]


@pytest.mark.parametrize(
    ("recipe", "adapting"),
    [
        ("classify", 'method = "gradual"\ndecay = 0.4'),
        ("classify", 'method = "lora"\nreplay = 0.4'),
        ("text", 'method = "features"'),
        ("text", 'method = "lora"\nrank = 2'),
        ("text", 'method = "full"\nelastic = 10.0\nreplay = 0.3'),
    ],
)
def test_a_killed_run_goes_on_to_the_same_bits(here, kill, tmp_path, recipe, adapting):
    table = f'\n[base]\nrun = "{here / "base"}"\n[adapting]\n{adapting}\n'
    text = (here / f"{recipe}.toml").read_text() + table
    for name in ("quiet", "disturbed"):
        (tmp_path / f"{name}.toml").write_text(text)
    quiet, disturbed = tmp_path / "quiet", tmp_path / "disturbed"
    assert main(["train", f"{quiet}.toml", "--out", str(quiet)]) == 0
    for moment, number in (("update", 4), ("saved", 3), ("write", 2), ("evaluation", 1)):
        kill("command", disturbed, moment, number)
    assert not (disturbed / "model.safetensors").exists()
    assert main(["train", f"{disturbed}.toml", "--out", str(disturbed), "--resume"]) == 0
    assert timeless(disturbed) == timeless(quiet)
    names = ["model.safetensors", "checkpoint.safetensors"]
    names += [ADAPTER] if "lora" in adapting else []
    for name in names:
        one, two = load_checkpoint(disturbed / name), load_checkpoint(quiet / name)
        assert one.about == two.about
        assert one.tensors.keys() == two.tensors.keys()
        assert all(torch.equal(one.tensors[key], two.tensors[key]) for key in two.tensors)
    assert (disturbed / "result.json").read_text() == (quiet / "result.json").read_text()
    assert not list(disturbed.glob(".*")), "a half file was left"
