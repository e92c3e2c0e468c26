"""The figure of the start page shows what was recorded, and what chapter 01 says of it."""

import json

import pandas as pd
import pytest
from notebook_files import ROOT
from sphinx.errors import ExtensionError
from sphinx_course import explorers
from sphinx_course.explorers import lengths as figure

from experiments.lengths import TRAINED


@pytest.fixture(scope="module")
def made():
    return explorers.load("lengths", ROOT)


@pytest.fixture(scope="module")
def recorded():
    """Accuracies of the networks that chapter 01 shows: a row for each network."""
    rows = pd.concat(pd.read_csv(ROOT / record, comment="#") for record in figure.RECORDS)
    chapter = (ROOT / "book" / "01-recurrent-networks.ipynb").read_text(encoding="utf-8")
    assert f'by_length.loc[\\"even\\", {figure.SEED}]' in chapter
    of_the_seed = rows[rows["seed"] == figure.SEED]
    return of_the_seed.pivot_table(index="trained", columns="length", values="accuracy")


def test_every_picture_says_what_was_recorded(made, recorded):
    data = json.loads(json.dumps(made.data()))
    (control,) = data["controls"]
    assert control["values"] == [str(length) for length in recorded.columns]
    for place, length in enumerate(recorded.columns):
        _, says, marks = data["pictures"][data["index"][place]]
        shares = [float(said.removesuffix(" %")) / 100 for said in says[1:4]]
        assert shares == pytest.approx(recorded.loc[["all", "14", "even"], length], abs=1e-9)
        assert says[0] == length == sum(len(signs) for signs in says[4:7])
        assert says[7] == ("the same" if says[4] == says[6] else "different")
        assert abs("".join(says[4:7]).count("+") - length / 2) <= 0.5  # balanced, as in training
        shown = [figure.SHOWN] * place + [figure.NOW]
        assert marks == 3 * (shown + [figure.HIDDEN] * (len(recorded.columns) - len(shown)))


def test_points_stand_where_they_were_measured_and_differ_where_the_training_was(made, recorded):
    drawn = made.html("x").split("<g ")[1:]
    points = iter(drawn)
    for name in figure.NETWORKS:
        for length in recorded.columns:
            point = next(points)
            assert ("<rect" in point) == (length in TRAINED[name])
            assert ('class="unseen"' in point) == (length not in TRAINED[name])
    stems = [part.split('d="M')[1].split('"')[0].replace("V", " ").split() for part in drawn]
    heights = [(float(bottom) - float(top)) / figure.HIGH for _, bottom, top in stems]
    right = recorded.loc[list(figure.NETWORKS)].to_numpy().ravel()
    assert heights == pytest.approx(right, abs=0.1 / figure.HIGH)


def test_the_question_of_the_start_page_is_true(made, recorded):
    page = " ".join((ROOT / "book" / "index.md").read_text(encoding="utf-8").split())
    assert "Right every time at 20 signs, wrong every time at 21." in page
    assert recorded.loc["even", 20] == 1
    assert recorded.loc["even", 21] == 0
    assert made.start().says[0] == 20
    # The words for those who do not see it.
    assert (recorded.loc["all"] == 1).all()
    assert recorded.loc["14", 14] == 1
    assert recorded.loc["14"].min() == 0
    assert recorded.loc["14"].max() == 1
    assert (recorded.loc["even"] == [length % 2 == 0 for length in recorded.columns]).all()


def test_a_record_with_a_hole_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "some.csv"
    path.write_text("seed,trained,length,accuracy\n1,all,6,1.0\n1,all,8,1.0\n", encoding="utf-8")
    with pytest.raises(ExtensionError, match=r"some\.csv: expected networks .* for seed 1"):
        figure.read(path)
    path.write_text("seed,trained\n1,all\n", encoding="utf-8")
    with pytest.raises(ExtensionError, match=r"some\.csv: expected columns seed"):
        figure.read(path)
