"""What the page on Hugging Face's libraries says is what the script printed; the script counts."""

import re

import pytest
import torch
from notebook_files import ROOT

from experiments import hugging_face

PAGE = (ROOT / "book/hugging-face.md").read_text(encoding="utf-8")
PRINTED = (ROOT / "book/results/hugging-face.txt").read_text(encoding="utf-8")


def test_without_the_libraries_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert hugging_face.main([]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: expected transformers and peft in an environment of")
    assert captured.err.count("\n") == 1


def test_recurrent_layers_are_found_where_they_are_built(tmp_path):
    for name, text in {
        "one": "self.rnn = nn.LSTM(3, 4)",
        "two": "nn.GRUCell(3, 4); nn.LSTM(1, 2)",
        "three": "isinstance(module, nn.LSTM)",  # named, not built
        "four": "nn.Linear(3, 4)",
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / f"modeling_{name}.py").write_text(text)
    assert hugging_face.layers_used(tmp_path) == {"one": ["LSTM"], "two": ["GRUCell", "LSTM"]}


class Kept:
    def __init__(self, *tensors):
        self.inside, self.again = {"list": list(tensors)}, tensors[0]


def test_each_number_that_is_kept_counts_once():
    one, two = torch.zeros(2, 3), torch.zeros(4)
    assert hugging_face.numbers_in((Kept(one, two), "text", None, 5), set()) == 10


@pytest.mark.parametrize("grows", [False, True])
def test_what_a_model_keeps_is_measured(grows):
    def model(input_ids, use_cache):
        assert use_cache
        size = input_ids.shape[1] if grows else 1
        return {"logits": torch.zeros(99), "state": torch.zeros(3, size)}

    measured = [hugging_face.kept(model, tokens) for tokens in (8, 64)]
    assert measured == ([24, 192] if grows else [3, 3])


def test_the_page_says_what_was_printed():
    day, versions = PRINTED.splitlines()[0].split(": ")
    assert day == "2026-11-29"
    assert "29 November 2026" in PAGE
    for one in versions.split(", "):
        assert one in " ".join(PAGE.split())
    models = dict(re.findall(r"^  (\w+): (.+)$", PRINTED, re.MULTILINE))
    constant = {name for name, line in models.items() if line.endswith(", the same after 64")}
    assert constant == {"mamba", "mamba2", "falcon_mamba", "rwkv", "xlstm"}
    assert models["gpt2"].endswith("8.00 times as many after 64")
    assert models["recurrent_gemma"].startswith("not measured")
    assert "1.02 times as many" in PRINTED
    assert "Language models among them: none" in PRINTED
    assert "Of 196 kinds of language models" in PRINTED
    assert "of 196 kinds of language models none" in PAGE
    layers = {line for line in models.values() if re.fullmatch(r"(LSTM|GRUCell)", line)}
    assert layers == {"LSTM", "GRUCell"}
    assert sum(line in layers for line in models.values()) == 7
    assert 'target_modules=["recurrent"]: refused' in PRINTED
    assert 'target_modules="all-linear": adapts readout,' in PRINTED
    named = re.search(r"target_parameters=.*adapts recurrent.*LSTM's by (\S+)", PRINTED)
    assert float(named[1]) < 1e-12
    assert "soft prompt: refused" in PRINTED
