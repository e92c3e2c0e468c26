"""A recipe: what it may say, and what is said of one that is wrong."""

import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_pkg.data.registry import DATA_SETS
from course_pkg.training.recipes.config import ConfigError, override, read_toml, to_toml
from course_pkg.training.tasks.registry import build, config_from

ROOT = Path(__file__).parents[3]


CLASSIFY = {"task": "classify", "data": {"name": "digits"}, "training": {"epochs": 1}}


WORDS = {"name": "python-text", "level": "word"}


LM = {"task": "lm", "data": WORDS, "training": {"steps": 3}}


@pytest.fixture(autouse=True)
def small_machine(monkeypatch):
    """Whatever this machine holds: a large one would fill what a test asks to be refused."""
    monkeypatch.setattr("course_pkg.training.memory.free_bytes", lambda device: 2**32)


@pytest.mark.parametrize("recipe", sorted((ROOT / "experiments/recipes").glob("*.toml")))
def test_every_recipe_is_a_configuration(recipe):
    config = config_from(read_toml(recipe))
    assert config_from(tomllib.loads(to_toml(config))) == config


@pytest.mark.parametrize("table", [CLASSIFY, LM])
def test_a_configuration_is_written_with_its_defaults_and_read_again(table):
    config = config_from(table)
    written = tomllib.loads(to_toml(config))
    assert config_from(written) == config
    assert written["training"]["clip"] == 1.0
    assert written["model"]["hidden"] == 128


@dataclass
class Inner:
    text: str = ""
    number: float = 0.0


@dataclass
class Outer:
    text: str
    whole: int
    yes: bool
    inner: Inner


@given(
    text=st.text(), whole=st.integers(-(2**60), 2**60), yes=st.booleans(),
    number=st.floats(allow_nan=False),
)  # fmt: skip
def test_what_is_written_as_toml_is_read_back(text, whole, yes, number):
    text = text.encode("utf-8", "ignore").decode()  # no lone surrogates
    config = Outer(text, whole, yes, Inner(text, number))
    assert tomllib.loads(to_toml(config)) == asdict(config)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "clasify"}, "task: unknown task 'clasify'; did you mean 'classify'?"),
        ({"task": 3}, "task: unknown task 3; expected one of classify, lm"),
        ({"traning": {}}, "traning: unknown key; did you mean 'training'?"),
        ({"zzz": 1}, "zzz: unknown key; expected one of task, device, threads"),
        ({"data": {"nam": "digits"}}, "data.nam: unknown key; did you mean 'name'?"),
        ({"data": {}}, "data: missing: name"),
        ({"data": 3}, "data: expected a table, got int"),
        ({"data": {"name": "digit"}}, "data.name: expected one of 'agreement', "),
        ({"data": {"name": "sunspots"}}, "data.name: expected images or labelled texts, one of "),
        ({"data": {"name": "digits", "batch": 0}}, "data.batch: expected an integer of at least"),
        ({"data": {"name": "digits", "batch": "8"}}, "data.batch: expected int, got str ('8')"),
        ({"data": {"name": "digits", "batch": True}}, "data.batch: expected int, got bool"),
        ({"model": {"hiden": 3}}, "model.hiden: unknown key; did you mean 'hidden'?"),
        ({"model": {"hidden": 1.5}}, "model.hidden: expected int, got float (1.5)"),
        ({"training": {}}, "training.epochs, steps: expected exactly one of the two"),
        ({"training": {"epochs": 1, "lr": "x"}}, "training.lr: expected float, got str ('x')"),
        ({"training": {"epochs": 1, "lr": -1}}, "training.lr: expected a number in (0, inf)"),
        ({"training": {"epochs": 1, "patience": 0.5}}, "training.patience: expected int, got fl"),
        ({"training": {"epochs": 1, "select_on": "test"}}, "training.select_on: the test part"),
        ({"threads": 0}, "threads: expected an integer of at least 1, got 0"),
        ({"threads": 10**6}, "threads: expected at most 1024, got 1000000"),
        ({"device": "tpu"}, "device: expected one of 'auto', 'cpu', 'cuda', 'mps', got 'tpu'"),
    ],
)
def test_a_wrong_configuration_is_refused_by_the_name_of_its_key(changes, message):
    with pytest.raises(ConfigError) as error:
        config_from(CLASSIFY | changes)
    assert message in str(error.value)


def test_a_missing_table_is_named():
    with pytest.raises(ConfigError, match="the file: missing: data, training"):
        config_from({"task": "lm"})


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({"cell": "lstn"}, "model.cell: expected one of 'rnn', 'gru', 'lstm', got 'lstn'"),
        ({"hidden": 0}, "model.hidden: expected an integer of at least 1"),
        ({"hidden": 10**5}, "model: not enough memory: 40,4"),
        ({"hidden": 2**62, "start": "torch"}, "model: "),
        ({"hidden": 10**23}, "model: expected sizes that a machine can address: "),
        ({"layers": 10**6}, "model.layers: expected at most 1000, got 1000000"),
        ({"layers": 10**23}, "model.layers: expected at most 1000, got 1"),
        ({"dropout": 1.0}, "model.dropout: expected a number in"),
        ({"tied": True}, "model.embedding: expected hidden = 128 for tied weights, got 64"),
    ],
)
def test_a_model_that_cannot_be_built_is_a_mistake_of_the_configuration(model, message):
    with pytest.raises(ConfigError, match=message):
        build(config_from(LM | {"model": model}))


def test_a_model_that_does_not_fit_is_refused_before_a_weight_is_filled(monkeypatch):
    """One that fits for 1 copy and not for training is refused too; nothing is drawn for either."""
    config = config_from(LM | {"model": {"hidden": 64}})
    drawn = set()
    monkeypatch.setattr(
        "course_pkg.models.recurrent.start_orthogonal",
        lambda network, cell: drawn.update(p.device.type for p in network.parameters()),
    )
    for free, word in ((10**5, "hold"), (10**7, "train")):
        monkeypatch.setattr("course_pkg.training.memory.free_bytes", lambda device, free=free: free)
        with pytest.raises(ConfigError, match=f"model: not enough memory: .* to {word}, and"):
            build(config)
    assert drawn == {"meta"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"max_size": 0}, "data.max_size: expected an integer of at least 1, got 0"),
        ({"max_size": 1}, "data.max_size: expected at least 2, so that a token besides the spec"),
        ({"min_count": 10**9}, r"data.min_count: expected at most \d+, .*, got 1000000000"),
        ({"batch": 10**6}, r"data: parts\['train'\]: expected .* N > batch = 1000000"),
    ],
)
def test_data_that_cannot_be_used_are_a_mistake_of_the_configuration(data, message):
    with pytest.raises(ConfigError, match=message):
        build(config_from(LM | {"data": WORDS | data}))


@pytest.mark.parametrize("entry", DATA_SETS.values(), ids=list(DATA_SETS))
def test_each_name_of_the_data_list_is_known_to_a_recipe(entry):
    """A series has no task yet, and is refused by what it is and not as an unknown name."""
    task = {"text": "lm", "images": "classify", "labelled": "classify"}.get(entry.kind)
    if task is None:
        with pytest.raises(ConfigError, match=f"got {entry.name!r}, which is {entry.kind}"):
            config_from(LM | {"data": {"name": entry.name}})
    else:
        table = {"task": task, "data": {"name": entry.name}, "training": {"epochs": 1}}
        assert config_from(table).data.name == entry.name


def test_changes_reach_into_tables():
    table = {"a": {"b": 1}, "c": 2}
    assert override(table, {"a.b": "0.5", "d.e": "true", "c": "word"}) == {
        "a": {"b": 0.5},
        "c": "word",
        "d": {"e": True},
    }
    assert table == {"a": {"b": 1}, "c": 2}
    with pytest.raises(ConfigError, match=r"c.d: 'c' is a value, not a table"):
        override(table, {"c.d": "1"})


@pytest.mark.parametrize("content", [b"task = ", b"task = 1\ntask = 2", b"n = 1" + b"0" * 5000])
def test_a_file_that_is_no_toml_is_refused(tmp_path, content):
    path = tmp_path / "c.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="no TOML"):
        read_toml(path)


@pytest.mark.parametrize(
    "content", ["lr = " + "[" * 5000 + "]" * 5000, "training.lr" + ".a" * 5000 + " = 1"]
)
def test_a_file_that_is_nested_too_deeply_is_refused(tmp_path, content):
    path = tmp_path / "c.toml"
    path.write_text('task = "lm"\n' + content)
    with pytest.raises(ConfigError):
        config_from(read_toml(path))


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
