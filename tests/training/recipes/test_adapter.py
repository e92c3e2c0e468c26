"""The file of an adapter: beside its base it is the run's model, and beside no other."""

import copy

import pytest
import torch

from course_pkg.__main__ import main
from course_pkg.models.adapters import merge
from course_pkg.training.recipes.adapter import ADAPTER, load_adapter
from course_pkg.training.recipes.base import open_base
from course_pkg.training.recipes.generate import Trained, generate, open_run
from course_pkg.training.recipes.saved_model import load_model, weights_hash
from course_pkg.training.resuming.checkpoint import (
    CheckpointError,
    load_checkpoint,
    save_checkpoint,
)

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
embedding = 6
tied = true
[training]
steps = 5
"""
CLASSIFY = """\
task = "classify"
device = "cpu"
[data]
name = "docstrings"
labels = 48
max_length = 8
[model]
dropout = 0.5
[training]
steps = 4
lr = 0.1
[adapting]
method = "lora"
rank = 2
"""
TEXT = """\
task = "lm"
device = "cpu"
[data]
name = "agreement"
batch = 64
window = 16
[training]
steps = 4
lr = 0.1
[adapting]
method = "lora"
rank = 3
alpha = 5.0
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A folder with a base run, and with three that adapted it."""
    folder = tmp_path_factory.mktemp("adapters")
    for name, text in (("base", LM), ("classify", CLASSIFY), ("text", TEXT)):
        (folder / f"{name}.toml").write_text(text)
    assert main(["train", f"{folder / 'base'}.toml", "--out", str(folder / "base")]) == 0
    replay = ["--set", "adapting.replay=0.4"]
    for name, recipe, more in (
        ("classify", "classify", []), ("text", "text", []), ("replay", "classify", replay),
    ):  # fmt: skip
        words = ["finetune", folder / "base", folder / f"{recipe}.toml", "--out", folder / name]
        assert main([*map(str, words), *more]) == 0
    return folder


@pytest.mark.parametrize("name", ["classify", "text", "replay"])
def test_beside_its_base_it_is_the_model_of_the_run(here, name):
    base = open_base(here / "base")
    model = load_adapter(here / name / ADAPTER, base.model)
    x = torch.randint(60, (7, 3))
    saved = load_model(here / name / "model.safetensors").model.eval()
    one, two = (m(x) if name != "text" else m(x)[0] for m in (model, saved))
    torch.testing.assert_close(one, two, rtol=0, atol=1e-6)
    merge(model)
    assert weights_hash(model) == weights_hash(saved)
    assert model.settings == saved.settings
    if name != "text":
        assert torch.equal(saved.embedding.weight, base.model.embedding.weight)
    assert weights_hash(base.model) == base.sha256, "the base has changed"


def test_one_base_serves_several(here):
    base = open_base(here / "base").model
    before = copy.deepcopy(base.state_dict())
    x = torch.randint(60, (7, 3))
    both = [load_adapter(here / name / ADAPTER, base) for name in ("classify", "text", "replay")]
    again = load_adapter(here / "classify" / ADAPTER, base)
    assert torch.equal(both[0](x), again(x))
    assert not torch.equal(both[0](x), both[2](x))
    for model in both:
        assert weights_hash(base) == weights_hash(open_base(here / "base").model)
        assert model.embedding.weight is not base.embedding.weight
    assert all(torch.equal(base.state_dict()[name], before[name]) for name in before)


def test_the_files_hold_what_is_trained_and_no_more(here):
    for name in ("classify", "replay"):  # the old readout, for replay, is no part of the model
        found = load_checkpoint(here / name / ADAPTER).tensors
        assert sorted({key.split(".")[0] for key in found}) == ["readout", "recurrent"]
    found = load_checkpoint(here / "text" / ADAPTER).tensors  # tied: one matrix, one update
    assert sorted(found) == sorted(
        f"{part}.parametrizations.{name}.0.{letter}"
        for part, name in (("embedding", "weight"), ("recurrent.network", "weight_ih_l0"),
                           ("recurrent.network", "weight_hh_l0"))
        for letter in "AB"
    )  # fmt: skip


def test_a_model_that_writes_text_takes_an_adapter(here):
    trained = open_run(here / "base")  # in float64
    model = load_adapter(here / "text" / ADAPTER, trained.model)
    assert {weight.dtype for weight in model.parameters()} == {torch.float64}
    written = []
    for one in (Trained(model, trained.vocabulary), open_run(here / "text")):
        pieces = []
        generate(one, "the", pieces.append, length=20, seed=1)
        written.append("".join(pieces))
    assert written[0] == written[1]


def test_other_weights_are_refused(here):
    base = open_base(here / "base").model
    with torch.no_grad():
        base.readout.bias[0] += 1
    other = open_base(here / "classify").model
    for model in (
        base,
        other,
        load_adapter(here / "text" / ADAPTER, open_run(here / "base").model),
    ):
        with pytest.raises(ValueError, match=r"base: expected the weights beside which .* SHA-256"):
            load_adapter(here / "text" / ADAPTER, model)
    with pytest.raises(TypeError, match=r"base: expected a Module, got .*Path"):
        load_adapter(here / "text" / ADAPTER, here / "base")


@pytest.mark.parametrize(
    "harm",
    [
        lambda tensors, about: tensors.popitem(),
        lambda tensors, about: tensors.update(more=torch.zeros(2)),
        lambda tensors, about: tensors["readout.bias"].fill_(torch.nan),
        lambda tensors, about: tensors.update({"readout.bias": torch.zeros(9)}),
        lambda tensors, about: about.update(model="Model"),
        lambda tensors, about: about.update(model="Seq2Seq"),
        lambda tensors, about: about.update(settings=3),
        lambda tensors, about: about["settings"].update(hidden=10**9),
        lambda tensors, about: about["settings"].update(hidden=7),
        lambda tensors, about: about["settings"].update(size=7),
        lambda tensors, about: about.pop("base"),
        lambda tensors, about: about.update(adapting=None),
        lambda tensors, about: about["adapting"].update(rank=1),
        lambda tensors, about: about["adapting"].update(rank="2"),
        lambda tensors, about: about["adapting"].update(alpha=float("nan")),
    ],
)
def test_a_file_that_is_no_adapter_is_one_sentence(here, tmp_path, harm):
    base = open_base(here / "base").model
    path = tmp_path / ADAPTER
    tensors, about = load_checkpoint(here / "classify" / ADAPTER)
    harm(tensors, about)
    save_checkpoint(path, tensors, about)
    with pytest.raises(CheckpointError, match=r"adapter\.safetensors: expected an adapter"):
        load_adapter(path, base)


def test_a_damaged_file_is_refused(here, tmp_path):
    base = open_base(here / "base").model
    path = tmp_path / ADAPTER
    path.write_bytes((here / "text" / ADAPTER).read_bytes()[:-5])
    with pytest.raises(CheckpointError, match="damaged"):
        load_adapter(path, base)
    with pytest.raises(CheckpointError, match="expected an adapter"):
        load_adapter(here / "text" / "model.safetensors", base)
    with pytest.raises(FileNotFoundError):
        load_adapter(here / "base" / ADAPTER, base)
