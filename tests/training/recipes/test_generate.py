"""The command generate: what it writes and where, and what it refuses in one sentence."""

import io
import os
import re
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch

from course_pkg.__main__ import main
from course_pkg.data.text.byte_pairs import BytePairs
from course_pkg.data.text.vocabulary import UNKNOWN, Vocabulary
from course_pkg.decoding.beam import beam_search
from course_pkg.decoding.greedy import greedy
from course_pkg.decoding.sample import sample
from course_pkg.models.classifier import SequenceClassifier
from course_pkg.models.language_model import LanguageModel
from course_pkg.models.scorer import Scorer
from course_pkg.training.recipes.generate import generate, open_run, tokens_of
from course_pkg.training.recipes.saved_model import load_model, save_model

LETTERS = "the cat sat on the mat.\n"
WORDS = ["the", "cat", "does", "n't", "sit", "(", "yet", ")", ",", "it", "stands", "<eos>"]


def make_run(folder, tokens, level="char", **changed):
    """Write the two files of a run that are read: a vocabulary, and a model with its hash."""
    folder.mkdir()
    torch.manual_seed(0)
    if level == "pairs":
        vocabulary = BytePairs.train(tokens, 10)
    else:
        vocabulary = Vocabulary.build(tokens, level=level, specials=[UNKNOWN])
    model = LanguageModel(tokens=len(vocabulary), embedding=4, hidden=8)
    with torch.no_grad():
        model.readout.weight *= 8  # what comes next then depends on what was read
        for name, value in changed.items():
            model.readout.get_parameter(name)[0] = value
    vocabulary.save(folder / "vocabulary.json")
    save_model(folder / "model.safetensors", model, {"vocabulary": vocabulary.sha256})
    return folder


@pytest.fixture(scope="module")
def letters(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("letters") / "run", LETTERS)


@pytest.fixture(scope="module")
def of_words(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("words") / "run", WORDS, "word")


@pytest.fixture(scope="module")
def of_pairs(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("pairs") / "run", LETTERS * 3, "pairs")


@pytest.fixture
def run(capsys):
    def call(folder, *words, prompt="the "):
        status = main(["generate", str(folder), "--prompt", prompt, *map(str, words)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


def parts_of(folder):
    vocabulary = Vocabulary.load(folder / "vocabulary.json")
    model = load_model(folder / "model.safetensors").model.double().eval()
    return vocabulary, Scorer(model), vocabulary.encode("the ")


FILTERS = {"temperature": 0.7, "top_k": 5, "top_p": 0.8}


@pytest.mark.parametrize("filters", [{}, FILTERS])
def test_a_sample_is_the_decoders(letters, run, filters):
    vocabulary, scorer, ids = parts_of(letters)
    rng = np.random.default_rng(7)
    written = sample(scorer, ids, 80, rng, forbidden=[vocabulary.id(UNKNOWN)], **filters)
    words = [
        word for name, value in filters.items() for word in (f"--{name.replace('_', '-')}", value)
    ]
    status, out, err = run(letters, "--length", 80, "--seed", 7, *words)
    assert (status, err) == (0, "")
    assert out == "the " + vocabulary.decode(written.ids) + "\n"
    assert len(set(out)) > 5


def test_greedy_and_beam_are_the_decoders(letters, run):
    vocabulary, scorer, ids = parts_of(letters)
    limits = {"forbidden": [vocabulary.id(UNKNOWN)]}
    likeliest = greedy(scorer, ids, 40, **limits)
    best, *_ = beam_search(scorer, ids, 40, width=4, **limits)
    assert best.log_probs.sum() > likeliest.log_probs.sum()  # else one could stand for the other
    for words, written in ((["--greedy"], likeliest), (["--beam", 4], best)):
        assert run(letters, "--length", 40, *words) == (
            0,
            "the " + vocabulary.decode(written.ids) + "\n",
            "",
        )


def test_a_new_seed_is_shown_and_gives_the_same_text_again(letters, run):
    status, first, err = run(letters, "--length", 80)
    assert status == 0
    seed = re.fullmatch(r"the same text again: --seed (\d+)\n", err)[1]
    assert run(letters, "--length", 80, "--seed", seed) == (0, first, "")
    assert run(letters, "--length", 80)[1] != first  # unless by chance it is the same seed of 2^32


def test_500_tokens_are_the_default(letters, run):
    assert len(run(letters, "--seed", 0)[1]) == len("the ") + 500 + len("\n")


@pytest.mark.parametrize("words", [["--seed", 0], ["--greedy"], ["--beam", 2]])
def test_the_unknown_token_is_written_only_where_it_is_asked_for(tmp_path, run, words):
    folder = make_run(tmp_path / "run", LETTERS, bias=50.0)  # of token 0, the unknown one
    assert UNKNOWN not in run(folder, "--length", 30, *words)[1]
    assert UNKNOWN in run(folder, "--length", 30, "--unknown", *words)[1]


def test_text_comes_token_by_token(letters):
    pieces = []
    generate(open_run(letters), "the ", pieces.append, length=20)
    assert pieces[0] == "the "
    assert [len(piece) for piece in pieces[1:]] == 20 * [1]


def test_every_token_is_flushed(letters, monkeypatch):
    seen = []

    class Terminal(io.StringIO):
        def flush(self):
            seen.append(self.getvalue())

    monkeypatch.setattr(sys, "stdout", Terminal())
    words = ["--prompt", "the ", "--length", "20", "--seed", "3"]
    assert main(["generate", str(letters), *words]) == 0
    whole = seen[-1]
    assert len(whole) == len("the ") + 20 + len("\n")
    assert {whole[:end] for end in range(4, len(whole) + 1)} <= set(seen)


def test_words_get_the_spaces_that_a_reader_expects(of_words, run):
    for seed in range(3):
        status, out, _ = run(of_words, "--length", 200, "--seed", seed, prompt="the cat does n't ")
        assert status == 0
        assert out.startswith("the cat does n't")
        assert not re.search(r" [,)\n]|\( |  |<eos>", out)
        text = out.removesuffix("\n").replace("(", "( ").replace("\n", " <eos> ")
        text = re.sub(r"(n't|[,)])", r" \1", text.replace("does n't", "doesn't"))
        assert len(text.split()) == 4 + 200


@pytest.mark.parametrize("prompt", ["the ", "循环 \ud800"])
def test_byte_pairs_are_written_as_the_text_that_they_decode_to(of_pairs, prompt):
    model, pairs = open_run(of_pairs)
    pieces = []
    generate((model, pairs), prompt, pieces.append, length=300, seed=4)
    rng = np.random.default_rng(4)
    written = sample(Scorer(model), pairs.encode(prompt), 300, rng)
    assert pieces[0] == prompt
    assert "".join(pieces[1:]) == pairs.decode(written.ids)
    assert "\ufffd" in pairs.decode(written.ids)  # the model knows nothing: many are no text


def test_bytes_of_one_character_wait_for_each_other(of_pairs, monkeypatch):
    trained = open_run(of_pairs)
    for ids, expected in (
        ("环".encode(), ["", "", "环"]),
        ("环a".encode()[1:], ["\ufffd", "\ufffd", "a"]),
        ("环".encode()[:2], ["", "", "\ufffd"]),  # the last piece is what still waits
    ):

        def write_these(scorer, prompt, length, *, on_token, ids=ids, **_):
            for number in ids:
                on_token(number)

        monkeypatch.setattr("course_pkg.training.recipes.generate.greedy", write_these)
        pieces = []
        generate(trained, "the", pieces.append, way="greedy", length=len(ids))
        assert pieces == ["the", *expected]


def test_a_prompt_of_byte_pairs_has_no_unknown_token(of_pairs, run):
    assert run(of_pairs, "--length", 5, "--greedy", prompt="thé €")[1].startswith("thé €")
    message = "error: prompt: expected at least one token, got an empty text\n"
    assert run(of_pairs, prompt="") == (1, "", message)


@pytest.mark.parametrize(
    ("prompt", "tokens"),
    [
        ("the cat doesn't", None),
        ("the cat does n't (yet), it", "the cat does n't ( yet ) , it"),
        ("it\nstands", "it <eos> stands"),
        ("it\n", "it <eos>"),
        (" it ", "it"),
    ],
)
def test_a_prompt_of_words_is_cut_as_the_vocabulary_needs_it(of_words, prompt, tokens):
    vocabulary = Vocabulary.load(of_words / "vocabulary.json")
    if tokens is None:
        with pytest.raises(ValueError, match=r'got "doesn\'t"$'):
            tokens_of(prompt, vocabulary)
    else:
        assert tokens_of(prompt, vocabulary) == tokens.split()


def test_many_unknown_characters_are_not_all_listed(letters):
    vocabulary = Vocabulary.load(letters / "vocabulary.json")
    with pytest.raises(ValueError, match=r"got 'A', 'B', .*'J' and 16 more$"):
        tokens_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ" * 2, vocabulary)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--temperature", "0"], "temperature: expected a number in (0, inf), got 0.0"),
        (["--temperature", "-1"], "temperature: expected a number in (0, inf), got -1.0"),
        (["--temperature", "nan"], "temperature: expected a number in (0, inf), got nan"),
        (["--temperature", "hot"], "temperature: expected a number, got 'hot'"),
        (["--top-k", "0"], "top_k: expected an integer"),
        (["--top-k", "99"], "top_k: expected an integer"),
        (["--top-k", "2.5"], "top_k: expected a whole number, got '2.5'"),
        (["--top-p", "0"], "top_p: expected a number in (0, 1], got 0.0"),
        (["--top-p", "1.1"], "top_p: expected a number in (0, 1], got 1.1"),
        (["--beam", "0"], "beam: expected an integer of at least 1, got 0"),
        (["--beam", "1000000000"], "beam: expected at most 1,000, got 1000000000"),
        (["--length", "0"], "length: expected an integer of at least 1, got 0"),
        (["--length", "1" + 30 * "0"], "length: expected at most 1,000,000,000, got 1"),
        (["--length", "9" * 5000], "length: expected a whole number, got '9999"),
        (["--seed", "-1"], "seed: expected an integer in 0..4294967295, got -1"),
        (["--greedy", "--beam", "2"], "--greedy, --beam: expected at most one of the two"),
        (["--greedy", "--seed", "2"], "--seed: expected without --greedy, which draws nothing"),
        (["--beam", "2", "--top-k", "2"], "--top-k: expected without --beam, which draws nothing"),
    ],
)
def test_a_wrong_option_is_one_sentence(letters, run, words, message):
    status, out, err = run(letters, *words)
    assert (status, out) == (1, "")
    assert err.startswith(f"error: {message}")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ("", "prompt: expected at least one token, got an empty text"),
        ("thé €", "prompt: expected tokens of the vocabulary, got 'é', '€'"),
        (UNKNOWN, "prompt: expected tokens of the vocabulary, got '<', 'u', 'k', '>'"),
    ],
)
def test_a_wrong_prompt_is_one_sentence(letters, run, prompt, message):
    status, out, err = run(letters, prompt=prompt)
    assert (status, out, err) == (1, "", f"error: {message}\n")


def without_model(folder):
    (folder / "model.safetensors").unlink()


def without_vocabulary(folder):
    (folder / "vocabulary.json").unlink()


def of_another_task(folder):
    save_model(folder / "model.safetensors", SequenceClassifier(classes=2, features=3, hidden=4))


def cut_short(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def one_bit(folder):
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def of_another_text(folder):
    Vocabulary.build(LETTERS.upper(), specials=[UNKNOWN]).save(folder / "vocabulary.json")


def of_another_kind(folder):
    BytePairs.train(LETTERS, 3).save(folder / "vocabulary.json")


def changed_by_hand(folder):
    path = folder / "vocabulary.json"
    path.write_text(path.read_text().replace('"."', '"!"'))


def with_no_number(folder):
    model, about = load_model(folder / "model.safetensors")
    with torch.no_grad():
        model.readout.bias[1] = torch.nan
    save_model(folder / "model.safetensors", model, about)


def of_another_size(folder):
    _, about = load_model(folder / "model.safetensors")
    save_model(folder / "model.safetensors", LanguageModel(tokens=99, hidden=4), about)


def without_folder(folder):
    shutil.rmtree(folder)


def a_file(folder):
    shutil.rmtree(folder)
    folder.write_text("")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (without_folder, "expected the folder of a run, found none"),
        (a_file, "expected the folder of a run, found none"),
        (without_model, "expected a finished run, found no model.safetensors"),
        (without_vocabulary, "expected the model's vocabulary, found no vocabulary.json"),
        (of_another_task, "expected a run of the task 'lm', .* got a SequenceClassifier"),
        (cut_short, "model.safetensors: damaged"),
        (one_bit, "model.safetensors: damaged"),
        (of_another_text, "vocabulary.json is not the vocabulary that model.safetensors was"),
        (of_another_kind, "vocabulary.json is not the vocabulary that model.safetensors was"),
        (of_another_size, "vocabulary.json is not the vocabulary that model.safetensors was"),
        (changed_by_hand, "vocabulary.json: the vocabulary is damaged"),
        (with_no_number, "model.safetensors: expected finite weights, got others in readout.bias"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_folder_that_is_no_finished_run_is_one_sentence(tmp_path, run, spoil, message):
    folder = make_run(tmp_path / "run", LETTERS)
    spoil(folder)
    status, out, err = run(folder)
    assert (status, out) == (1, "")
    assert err.startswith("error: ")
    assert re.search(message, err)
    assert err.count("\n") == 1


def test_a_run_of_the_command_train_goes_on(tmp_path, run, capsys):
    recipe = tmp_path / "small.toml"
    recipe.write_text(
        'task = "lm"\ndevice = "cpu"\n'
        '[data]\nname = "python-text"\nlevel = "word"\nbatch = 8\nwindow = 8\nmax_size = 50\n'
        "[model]\nhidden = 4\nembedding = 4\n[training]\nsteps = 2\n"
    )
    assert main(["train", str(recipe), "--out", str(tmp_path / "run")]) == 0
    capsys.readouterr()
    status, out, _ = run(tmp_path / "run", "--length", 20, prompt="The")
    assert status == 0
    assert out.startswith("The")
    assert UNKNOWN not in out


def test_a_run_with_byte_pairs_goes_on(tmp_path, run, capsys):
    recipe = tmp_path / "small.toml"
    recipe.write_text(
        'task = "lm"\ndevice = "cpu"\n'
        '[data]\nname = "python-text"\nmerges = 20\nbatch = 8\nwindow = 8\n'
        "[model]\nhidden = 4\nembedding = 4\n[training]\nsteps = 2\n"
    )
    assert main(["train", str(recipe), "--out", str(tmp_path / "run")]) == 0
    assert "bits_per_character" in capsys.readouterr().out
    assert len(open_run(tmp_path / "run").vocabulary) == 276
    status, out, _ = run(tmp_path / "run", "--length", 20, prompt="循环")
    assert status == 0
    assert out.startswith("循环")


def start(folder, *words):
    """Start the command as a process of its own, with what it writes in pipes."""
    return subprocess.Popen(
        [sys.executable, "-m", "course_pkg", "generate", str(folder), "--prompt", "the ", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=None if os.name == "nt" else hear_control_c,
    )  # fmt: skip


def hear_control_c():
    """Undo what a shell does to jobs in the background, and so to the tests: they ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


LONG = ("--length", "1000000000")  # days: these processes end because they are ended


@pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")
def test_text_is_there_at_once_and_control_c_ends_it_quietly(letters):
    with start(letters, *LONG) as process:
        assert process.stdout.read(50).startswith(b"the ")  # while it goes on
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out.endswith(b"\n")
    assert re.fullmatch(rb"the same text again: --seed \d+\n", err)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other pipes")
def test_a_reader_who_has_enough_ends_it_quietly(letters):
    with start(letters, *LONG, "--seed", "1") as process:
        process.stdout.read(100)
        process.stdout.close()  # as head -c 100
        assert process.stderr.read() == b""


def test_the_command_imports_no_compiler(letters):
    code = (
        "import sys\nfrom course_pkg.__main__ import main\n"
        f"main(['generate', {str(letters)!r}, '--prompt', 'the ', '--length', '3'])\n"
        "slow = {'torch._dynamo', 'sympy', 'pandas', 'matplotlib', 'scipy'} & set(sys.modules)\n"
        "sys.exit(f'imported: {slow}' if slow else 0)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
