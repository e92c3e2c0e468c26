"""Told the truth or left alone: what is counted, and the runs made short."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from experiments import digits, teacher_forcing, two_languages

RESULTS = Path(__file__).resolve().parents[2] / "book" / "results"


def test_the_first_mistake_and_whether_it_swaps_two_neighbours():
    targets = torch.tensor([[1, 2, 3], [1, 2, 3], [4, 4, 5], [1, 2, 3]]).T  # one text a column
    written = torch.tensor([[1, 3, 2], [3, 2, 1], [4, 4, 5], [1, 2, 9]]).T
    first = teacher_forcing.first_mistakes(written == targets)
    assert first.tolist() == [1, 0, 3, 2]
    found = teacher_forcing.swaps(written, targets, first)
    assert found.tolist() == [True, False, False, False]


def test_the_truth_falls_along_a_straight_line():
    truth = teacher_forcing.falling(0.5)
    assert [truth(0), truth(0.5), truth(1)] == [1, 0.75, 0.5]
    assert teacher_forcing.falling(1)(0.7) == 1


def test_every_position_of_every_model_is_counted(tmp_path):
    path = tmp_path / "forcing.csv"
    arguments = ["--seeds", "3", "--truth", "1", "0.5", "--hidden", "6", "--length", "4"]
    more = ["--updates", "3", "--tests", "50", "--csv", str(path)]
    assert teacher_forcing.main([*arguments, *more]) == 0
    rows = pd.read_csv(path, comment="#")
    assert [*rows.position] == [1, 2, 3, 4] * 2
    assert (rows.forced <= 50).all()
    assert (rows[rows.position == 1].forced == rows[rows.position == 1].free).all()  # no prefix
    assert (rows.free_after <= rows.after).all()
    assert (rows.after - rows.free_after <= 50 - rows.free).all()  # mistakes behind a mistake
    assert [*pd.read_csv(RESULTS / "teacher-forcing.csv", comment="#")] == [*rows]


def test_a_text_in_two_languages_is_right_but_not_in_one():
    source = torch.tensor([[3, 1], [3, 1], [3, 1]]).T  # one text a column
    end = two_languages.END
    written = torch.tensor([[3, 1, end], [13, 1, end], [13, 11, 0]]).T
    right, one = two_languages.judge(written, source)
    assert right.tolist() == [True, True, False]
    assert one.tolist() == [True, False, False]
    assert [two_languages.WORDS[word] for word in written[:2, 1]] == ["drei", "one"]


def test_the_command_records_every_schedule(tmp_path):
    path = tmp_path / "languages.csv"
    arguments = ["--seeds", "3", "--truth", "1", "0", "--hidden", "6", "--length", "2"]
    more = ["--updates", "3", "--tests", "50", "--csv", str(path)]
    assert two_languages.main([*arguments, *more]) == 0
    rows = pd.read_csv(path, comment="#")
    assert [*rows.truth] == [1, 0]
    assert (rows.drawn_one_language <= rows.drawn_right).all()
    assert [*pd.read_csv(RESULTS / "two-languages.csv", comment="#")] == [*rows]


def test_own_words_in_training_lead_to_texts_in_two_languages():
    """The recorded runs in small."""
    found = []
    for truth in (1.0, 0.0):
        model = two_languages.train(6, truth, H=32, length=3, updates=300)
        source = two_languages.texts(np.random.default_rng(1), 3, 300).source
        torch.manual_seed(1)
        right, one = two_languages.judge(digits.write(model, source, 4, draw=True), source)
        found.append(float(one.sum() / right.sum()))
    assert found[0] > 0.9
    assert found[1] < 0.7
