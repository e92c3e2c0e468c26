"""The task lm: which vocabulary it makes or takes, and what it measures with byte pairs."""

import math

import pytest
import torch

from course_pkg.data.registry import load_text
from course_pkg.data.text.byte_pairs import BytePairs, load_vocabulary
from course_pkg.data.text.vocabulary import UNKNOWN, Vocabulary
from course_pkg.models.language_model import LanguageModel
from course_pkg.training.recipes.config import ConfigError
from course_pkg.training.recipes.tables import VOCABULARY
from course_pkg.training.tasks.next_token import PredictNext, build
from course_pkg.training.tasks.registry import config_from


def config(**data):
    return config_from(
        {
            "task": "lm",
            "device": "cpu",
            "data": {"name": "python-text", "batch": 4, "window": 16, **data},
            "model": {"hidden": 4, "embedding": 4},
            "training": {"steps": 2},
        }
    )


@pytest.fixture(scope="module")
def built():
    return build(config(merges=50))


def test_byte_pairs_are_learned_from_the_training_part(built):
    corpus = load_text("python-text")
    pairs = built.vocabularies[VOCABULARY]
    assert pairs == BytePairs.train(corpus.train, 50)
    assert built.task.model.settings["tokens"] == len(pairs) == 256 + 50
    for name in built.task.parts:
        assert pairs.decode(built.task._whole[name]) == getattr(corpus, name)
    expected = f"{len(corpus.test):,} characters, {len(built.task._whole['test']):,} tokens"
    assert built.sizes["test"] == expected


def test_bits_per_character_are_those_of_the_text_and_not_of_the_tokens(built):
    found = built.task.evaluate("test", torch.device("cpu"))
    ids = built.task._whole["test"]
    # The first token is read and not predicted.
    characters = (
        len(load_text("python-text").test) - built.vocabularies[VOCABULARY].characters[ids[0]]
    )
    nats = found["loss"] * (len(ids) - 1)
    assert found["bits_per_character"] == pytest.approx(nats / math.log(2) / characters, rel=1e-12)
    assert found["bits_per_character"] < found["bits"]
    assert "unknown_share" not in found  # nothing can be unknown


def test_a_vocabulary_that_is_given_is_used_as_it_is(built):
    pairs = BytePairs.train("another text, another vocabulary", 5)
    again = build(config(), pairs)
    assert again.vocabularies[VOCABULARY] is pairs
    assert again.task.model.settings["tokens"] == len(pairs)
    assert again.task.identity()["vocabulary"] == pairs.sha256
    assert built.task.identity()["vocabulary"] != pairs.sha256


def test_tokens_that_a_given_vocabulary_lacks_are_unknown():
    few = Vocabulary.build("etaoin shrdlu", specials=[UNKNOWN])
    task = build(config(), few).task
    text = load_text("python-text").test
    expected = sum(one not in few for one in text[1:]) / (len(text) - 1)
    assert expected > 0.1
    assert task.evaluate("test", torch.device("cpu"))["unknown_share"] == pytest.approx(expected)


def test_the_level_is_that_of_the_given_vocabulary():
    of_words = Vocabulary.build(["the", "of"], level="word", specials=[UNKNOWN])
    assert build(config(), of_words).task._level == "word"  # by default the text has characters
    with pytest.raises(ConfigError, match=r"^data.level: expected 'word', as the vocabulary that"):
        build(config(level="char"), of_words)


def test_a_text_without_characters_takes_no_byte_pairs():
    words_alone = config(name="agreement")
    with pytest.raises(ConfigError, match=r"^data.level: expected one of 'word', got 'char'"):
        build(words_alone, BytePairs())


def test_a_vocabulary_without_unknown_token_refuses_what_it_lacks():
    with pytest.raises(ConfigError, match=r"^data: tokens: .* is not in the vocabulary"):
        build(config(), Vocabulary.build("abc", specials=[]))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"merges": 0}, "data.merges: expected an integer of at least 1, got 0"),
        ({"merges": 5, "level": "word"}, "data.merges: expected none at level 'word'"),
        ({"merges": 5, "name": "ptb"}, "data.merges: expected none at level 'word'"),
        ({"merges": 5, "min_count": 2}, "data.merges: expected neither min_count nor max_size"),
        ({"merges": 5, "max_size": 500}, "data.merges: expected neither min_count nor max_size"),
    ],
)
def test_merges_that_do_not_fit_are_refused(data, message):
    with pytest.raises(ConfigError, match=f"^{message}"):
        config(**data)


def test_the_characters_of_a_token_count_where_they_are_given():
    text = torch.arange(40).remainder(7).numpy()
    model = LanguageModel(tokens=7, hidden=3)
    one, two = (
        PredictNext(model, {"train": text}, batch=2, characters=characters)
        for characters in (text[:7] * 0 + 1, text[:7] * 0 + 2)
    )
    first, second = (task.evaluate("train", torch.device("cpu")) for task in (one, two))
    assert first["bits_per_character"] == pytest.approx(first["bits"], abs=1e-12)
    assert second["bits_per_character"] == pytest.approx(first["bits"] / 2, abs=1e-12)


def test_a_saved_vocabulary_gives_the_same_ids(built, tmp_path):
    built.vocabularies[VOCABULARY].save(tmp_path / VOCABULARY)
    text = load_text("python-text").valid
    ids = load_vocabulary(tmp_path / VOCABULARY).encode(text)
    assert ids.tolist() == built.task._whole["valid"].tolist()
