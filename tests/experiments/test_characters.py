"""The parts that the runs on a text share."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from course_pkg.data.text.vocabulary import UNKNOWN, Vocabulary
from course_pkg.metrics.language import read_as_one_stream
from experiments import characters

IDS = np.random.default_rng(0).integers(0, 5, 101)


def windows_read(monkeypatch, carry, updates=4):
    """Train for a few updates; return for each the state that went in."""
    model = characters.fresh_model(5, 0, H=3, E=2)
    states, forward = [], model.forward
    monkeypatch.setattr(
        model, "forward", lambda ids, state=(): states.append(state) or forward(ids, state)
    )
    assert list(characters.train(model, IDS, updates, B=2, T=20, carry=carry)) == [0, 1, 2, 3, 4]
    return states


def test_the_state_is_carried_until_the_text_begins_again(monkeypatch):
    """50 steps in each of two streams: windows of 20, 20 and 10, then the first one again."""
    states = windows_read(monkeypatch, carry=True)
    assert [len(state) for state in states] == [0, 2, 2, 0]
    assert not any(part.requires_grad for state in states for part in state)


def test_without_carrying_every_window_starts_from_zeros(monkeypatch):
    assert windows_read(monkeypatch, carry=False) == [()] * 4


def test_both_see_the_same_first_window_and_then_part():
    weights = {}
    for updates in (1, 2):
        for carry in (True, False):
            model = characters.fresh_model(5, 0, H=3, E=2)
            list(characters.train(model, IDS, updates, B=2, T=20, carry=carry))
            weights[updates, carry] = model.readout.weight.detach()
    assert torch.equal(weights[1, True], weights[1, False])
    assert not torch.equal(weights[2, True], weights[2, False])


def test_the_rate_falls_to_zero(monkeypatch):
    rates = []

    class Adam(torch.optim.Adam):
        def step(self, *args, **kwargs):
            rates.append(self.param_groups[0]["lr"])
            return super().step(*args, **kwargs)

    monkeypatch.setattr(torch.optim, "Adam", Adam)
    list(characters.train(characters.fresh_model(5, 0, H=3), IDS, 4, B=2, T=20, lr=1.0))
    np.testing.assert_allclose(rates, [(1 + math.cos(math.pi * k / 4)) / 2 for k in range(4)])


def test_bits_are_those_of_the_whole_text():
    model = characters.fresh_model(5, 0, H=3, E=2)
    with torch.no_grad():
        logits, _ = model(torch.from_numpy(IDS[:-1, None]))
    expected = torch.nn.functional.cross_entropy(logits[:, 0], torch.from_numpy(IDS[1:]))
    assert characters.bits_per_token(model, IDS) == pytest.approx(expected.item() / math.log(2))
    assert read_as_one_stream(characters.scoring(model), IDS).tokens == 100


def test_what_comes_next_is_a_distribution():
    log_p = characters.next_log_probs(characters.fresh_model(5, 0, H=3), IDS[:7])
    assert log_p.shape == (5,)
    assert np.exp(log_p).sum() == pytest.approx(1)


def test_a_model_writes_known_tokens_and_repeats_itself():
    vocabulary = Vocabulary.build("ab\n", specials=[UNKNOWN])
    model = characters.fresh_model(len(vocabulary), 0, H=3)
    first, again = (
        characters.write(model, vocabulary, 200, np.random.default_rng(3)) for _ in range(2)
    )
    assert first == again
    assert len(first) == 200
    assert set(first) == set("ab\n")


@pytest.mark.parametrize("text", ["a # b", 'new\n"line"', "\u201c\u2026"])
def test_a_text_on_one_line_comes_back(text):
    line = characters.quoted(text)
    assert json.loads(line) == text
    assert "#" not in line
    assert "\n" not in line


def test_the_forty_lines_run_alone_on_any_text(tmp_path):
    """400 updates on a text of three characters that is easy to learn."""
    (tmp_path / "own.txt").write_text("abc" * 600, encoding="utf-8")
    program = Path(__file__).parents[2] / "book/files/character_model.py"
    source = program.read_text(encoding="utf-8")
    assert source.count("H, B, T = len(characters), 32, 128, 32, 32") == 1
    small = source.replace("len(characters), 32, 128, 32, 32", "len(characters), 4, 8, 2, 9")
    (tmp_path / "small.py").write_text(small, encoding="utf-8")
    command = [sys.executable, "small.py", "own.txt"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    head, _, written = run.stdout.partition("\n")
    assert float(head.split()[0]) < 0.1
    assert written.strip() in "abc" * 200
