"""The command translate: what it answers, what it draws, and what it refuses in one sentence."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
import torch

from course_pkg.__main__ import main
from course_pkg.data.text.byte_pairs import BytePairs
from course_pkg.data.text.vocabulary import Vocabulary
from course_pkg.decoding.beam import beam_search
from course_pkg.models.language_model import LanguageModel
from course_pkg.models.pointer import PointerSeq2Seq
from course_pkg.models.seq2seq import Seq2Seq
from course_pkg.models.translator import Translator
from course_pkg.training.loop import fit
from course_pkg.training.recipes.saved_model import load_model, save_model
from course_pkg.training.recipes.translate import open_run, source_tokens, translate
from course_pkg.training.settings import Settings
from tests.training import small

SIDES = ("source", "target")


def save_run(folder, task, source, target):
    """Write the three files of a run that are read."""
    folder.mkdir()
    for name, vocabulary in zip(SIDES, (source, target), strict=True):
        vocabulary.save(folder / f"vocabulary-{name}.json")
    save_model(folder / "model.safetensors", task.model, task.identity())
    return folder


@pytest.fixture(scope="module")
def letters(tmp_path_factory):
    """A run that has learned to write letters from behind."""
    parts = small.reversed_texts(counts=(600, 60, 60), lengths=(2, 6))
    task = small.translate(parts=parts, hidden=32, batch=32)
    fit(task, Settings(epochs=15, lr=1e-2, schedule="one_cycle", evaluate_every=285))
    folder = tmp_path_factory.mktemp("letters") / "run"
    return save_run(folder, task, task._target, task._target)  # the same letters on both sides


def untrained(folder, *, attention="additive", level="char", tokens="abcde"):
    torch.manual_seed(0)
    vocabularies = [Vocabulary.build(tokens, level=level) for _ in SIDES]
    sizes = {f"{side}_tokens": len(vocabularies[0]) for side in SIDES}
    model = Seq2Seq(embedding=4, hidden=6, attention=attention, **sizes)

    class Task:
        def identity(self):
            return {f"vocabulary-{side}": vocabularies[0].sha256 for side in SIDES}

    task = Task()
    task.model = model
    return save_run(folder, task, *vocabularies)


@pytest.fixture
def run(capsys):
    def call(folder, *words):
        status = main(["translate", str(folder), *map(str, words)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


@pytest.mark.parametrize("words", [[], ["--beam", 3]])
@pytest.mark.parametrize("text", ["abcde", "ba", "eedc"])
def test_the_answer_is_all_that_is_written(letters, run, words, text):
    assert run(letters, text, *words) == (0, f"{text[::-1]}\n", "")


def test_n_best_answers_are_the_beams_with_their_scores(letters, run):
    trained = open_run(letters)
    ids = torch.from_numpy(trained.source.encode("abc"))[:, None]
    never = [trained.target.id(token) for token in ("<pad>", "<bos>", "<unk>")]
    begin, end = trained.target.id("<bos>"), trained.target.id("<eos>")
    found = beam_search(
        Translator(trained.model, ids), [begin], 16, width=5, alpha=1.0, stop=end,
        forbidden=never, n_best=3,
    )  # fmt: skip
    expected = [
        f"{written.log_probs.mean():.3f}\t{trained.target.decode(written.ids[:-1])}"
        for written in found
    ]
    status, out, err = run(letters, "abc", "--n-best", 3, "--beam", 5)
    assert (status, out.splitlines(), err) == (0, expected, "")
    assert expected[0].endswith("\tcba")
    assert len(run(letters, "abc", "--n-best", 6)[1].splitlines()) == 6
    assert len(run(letters, "abc", "--n-best", 1)[1].splitlines()) == 1


def test_the_attention_is_the_models(letters, run):
    trained = open_run(letters)
    (answer,) = translate(trained, list("abcd"))
    assert answer.tokens == list("dcba")
    assert answer.ended
    scorer, looks = (
        Translator(trained.model, torch.tensor(trained.source.encode("abcd"))[:, None]),
        [],
    )
    state = scorer.start(1)
    for token in ["<bos>", *"dcb"]:
        _, state = scorer.step(np.array([trained.target.id(token)]), state)
        looks.append(scorer.weights(state)[0])
    np.testing.assert_allclose(answer.weights, looks, atol=1e-12)
    status, out, _ = run(letters, "abcd", "--attention")
    head, empty, across, *down = out.splitlines()
    assert (status, head, empty, across.split()) == (0, "dcba", "", list("abcd"))
    for line, token, row in zip(down, "dcba", looks, strict=True):
        percents = [f"{100 * weight:.0f}" if weight >= 0.005 else "." for weight in row]
        assert line.split() == [token, *percents]


def test_the_attention_of_a_wide_table_is_in_shades(letters, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "9")
    _, out, _ = run(letters, "abcde", "--attention")
    assert out.splitlines()[2] == "  abcde"
    assert "░" in out or "▓" in out or "█" in out


def test_the_picture_is_written_whole(letters, run, tmp_path):
    status, out, _ = run(letters, "abcd", "--svg", tmp_path / "look.svg")
    assert (status, out) == (0, "dcba\n")
    picture = ET.parse(tmp_path / "look.svg").getroot()
    texts = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert [text for text in texts if not text.isdigit()] == [*"abcd", *"dcba"]
    assert [path.name for path in tmp_path.iterdir()] == ["look.svg"]
    status, _, err = run(letters, "abcd", "--svg", tmp_path / "nowhere" / "look.svg")
    assert status == 1
    assert err.startswith("error: ")
    assert "nowhere" in err


def test_an_unknown_token_is_read_as_such_and_said(letters, run):
    status, out, err = run(letters, "abXYX")
    assert (status, err) == (0, "unknown to the model: 'X', 'Y'\n")
    assert not set(out) & set("<XY")


def test_special_tokens_are_never_written_and_what_does_not_end_is_said(tmp_path, run):
    folder = untrained(tmp_path / "run")
    model, about = load_model(folder / "model.safetensors")
    with torch.no_grad():
        model.readout.bias[:3] = 50.0  # padding, unknown, begin
        model.readout.bias[4] = 20.0
    save_model(folder / "model.safetensors", model, about)
    for words in ([], ["--beam", 2]):
        status, out, err = run(folder, "ab", *words)
        assert (status, out) == (0, "a" * 14 + "\n")
        assert err == "cut off after 14 tokens: it did not end\n"


def test_words_are_joined_as_one_writes_them(tmp_path):
    folder = untrained(tmp_path / "run", level="word", tokens=["ninety", "-", "nine", ","])
    trained = open_run(folder)
    assert source_tokens("ninety-nine, nine", trained.source) == [
        "ninety", "-", "nine", ",", "nine",
    ]  # fmt: skip
    (answer,) = translate(trained, ["ninety", "-", "nine"])
    assert " - " not in answer.text
    assert " ," not in answer.text


def test_a_model_without_attention_answers_and_shows_none(tmp_path, run):
    folder = untrained(tmp_path / "run", attention="none")
    assert run(folder, "ab")[0] == 0
    for words in (["--attention"], ["--svg", tmp_path / "look.svg"]):
        status, out, err = run(folder, "ab", *words)
        assert (status, out) == (1, "")
        assert err == f"error: {folder}: expected a model with attention, got one without\n"
    assert not (tmp_path / "look.svg").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([""], "text: expected at least one token, got an empty text"),
        (["a" * 10_001], "text: expected at most 10,000 tokens, got 10,001"),
        (["ab", "--beam", "0"], "--beam: expected at least 1, got 0"),
        (["ab", "--beam", "wide"], "--beam: expected a whole number, got 'wide'"),
        (["ab", "--beam", "1000000"], "width: expected at most 1,000, got 1000000"),
        (["ab", "--n-best", "0"], "--n-best: expected at least 1, got 0"),
        (["ab", "--n-best", "2.5"], "--n-best: expected a whole number, got '2.5'"),
        (["ab", "--n-best", "3", "--beam", "2"], "--n-best: expected at most --beam 2, got 3"),
    ],
)
def test_a_wrong_command_is_one_sentence(letters, run, words, message):
    status, out, err = run(letters, *words)
    assert (status, out) == (1, "")
    assert err.startswith(f"error: {message}")
    assert err.count("\n") == 1


def without_vocabulary(folder):
    (folder / "vocabulary-target.json").unlink()


def exchanged(folder):
    Vocabulary.build("edcba").save(folder / "vocabulary-source.json")
    Vocabulary.build("vwxyz").save(folder / "vocabulary-target.json")


def of_another_size(folder):
    _, about = load_model(folder / "model.safetensors")
    save_model(folder / "model.safetensors", Seq2Seq(source_tokens=9, target_tokens=8), about)


def of_another_task(folder):
    save_model(folder / "model.safetensors", LanguageModel(tokens=9, hidden=4))


def with_a_pointer(folder):
    _, about = load_model(folder / "model.safetensors")
    pointer = PointerSeq2Seq(tokens=9, unknown=1, embedding=4, hidden=6)
    save_model(folder / "model.safetensors", pointer, about)


def without_specials(folder):
    vocabulary = Vocabulary.build("abcdefghi", specials=[])
    vocabulary.save(folder / "vocabulary-target.json")
    model, about = load_model(folder / "model.safetensors")
    about = about | {"vocabulary-target": vocabulary.sha256}
    save_model(folder / "model.safetensors", model, about)


def of_byte_pairs(folder):
    pairs = BytePairs()
    for side in ("source", "target"):
        pairs.save(folder / f"vocabulary-{side}.json")
    about = {f"vocabulary-{side}": pairs.sha256 for side in ("source", "target")}
    model = Seq2Seq(source_tokens=len(pairs), target_tokens=len(pairs), embedding=4, hidden=6)
    save_model(folder / "model.safetensors", model, about)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (of_byte_pairs, "run: expected vocabularies of tokens, got byte pairs"),
        (without_vocabulary, "expected the model's vocabulary, found no vocabulary-target.json"),
        (exchanged, "vocabulary-target.json is not the vocabulary that model.safetensors was"),
        (of_another_size, "vocabulary-target.json is not the vocabulary that model.safetensors"),
        (of_another_task, "expected a run of the task 'translate', .* got a LanguageModel"),
        (with_a_pointer, "expected a run of the task 'translate', .* got a PointerSeq2Seq"),
        (without_specials, "vocabulary-target.json: expected the token '<pad>', found none"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_folder_that_is_no_such_run_is_one_sentence(tmp_path, run, spoil, message):
    folder = untrained(tmp_path / "run")
    spoil(folder)
    status, out, err = run(folder, "ab")
    assert (status, out) == (1, "")
    assert re.search(message, err)
    assert err.count("\n") == 1


def test_a_run_of_the_command_train_translates(tmp_path, run, capsys):
    recipe, folder = tmp_path / "small.toml", tmp_path / "run"
    recipe.write_text(
        'task = "translate"\ndevice = "cpu"\n'
        '[data]\nname = "reversal"\nbatch = 8\nwritten = 10\nmax_length = 10\n'
        "[model]\nhidden = 4\nembedding = 4\n[training]\nsteps = 2\n"
    )
    assert main(["train", str(recipe), "--out", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "Reversed digits: train " in out
    assert re.search(r"test: loss \d\.\d+, exact 0\.0000, edits \d\.\d+", out)
    assert sorted(path.name for path in folder.glob("vocabulary*")) == [
        "vocabulary-source.json", "vocabulary-target.json",
    ]  # fmt: skip
    assert main(["train", str(recipe), "--out", str(folder), "--resume"]) == 0
    capsys.readouterr()
    status, out, _ = run(folder, "31415")
    assert status == 0
    assert re.fullmatch(r"\d*\n", out)
