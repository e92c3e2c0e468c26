"""The first samples, made short."""

import json

import numpy as np
import pandas as pd

from experiments import first_samples


def test_the_command_writes_samples_and_what_comes_next(tmp_path):
    samples, expected = tmp_path / "samples.csv", tmp_path / "next.csv"
    arguments = ["--hidden", "8", "--updates", "0", "3", "--length", "20"]
    assert first_samples.main([*arguments, "--csv", str(samples), "--next", str(expected)]) == 0
    rows = pd.read_csv(samples, comment="#")
    assert rows.updates.tolist() == [0, 3]
    assert [len(json.loads(sample)) for sample in rows["sample"]] == [20, 20]
    assert rows.bits_test[1] < rows.bits_test[0] < 7
    after = pd.read_csv(expected, comment="#")
    assert [json.loads(context) for context in after.context.unique()] == [*first_samples.CONTEXTS]
    totals = np.exp(after.log_prob).groupby(after.context).sum()
    np.testing.assert_allclose(totals, 1, atol=1e-4)
