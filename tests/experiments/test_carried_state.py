"""The runs with and without a carried state, made short."""

import pandas as pd

from experiments import carried_state


def test_the_command_records_every_way_to_measure_every_model(tmp_path):
    path = tmp_path / "state.csv"
    arguments = ["--seeds", "0", "1", "--windows", "8", "64", "--hidden", "4", "--updates", "3"]
    assert carried_state.main([*arguments, "--csv", str(path)]) == 0
    assert path.read_text(encoding="utf-8").startswith(
        "# command: python -m experiments.carried_state --seeds 0 1"
    )
    rows = pd.read_csv(path, comment="#")
    assert len(rows) == 2 * 2 * 3
    assert set(rows.measured) == {"whole", "8", "64"}
    assert rows.bits.between(5, 7).all()  # hardly trained: about log2 of 104 characters


def test_a_model_that_reads_more_before_each_character_knows_more():
    """The recorded runs in small: a carried state, measured with short windows, looks worse."""
    text = carried_state.load()
    sizes = {"H": 32, "T": 32, "lr": 1e-2, "updates": 150}
    rows = carried_state.run(text, 5, True, windows=[4, 32], **sizes)
    bits = {row["measured"]: float(row["bits"]) for row in rows}
    assert bits["4"] > bits["32"] > bits["whole"]
