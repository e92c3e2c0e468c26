"""Learning byte pairs beside the library ``tokenizers``, which is written in Rust.

``python -m benchmarks.byte_pairs`` learns 1,000 merges of the same text by both, in turns, and says
how many times as long the course's code takes. The merges are compared too. Besides the Python
language reference there is a text of Chinese characters, drawn at random with the frequencies of
Zipf's law: its words are long and nearly all different, which is as slow as it gets.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence

import numpy as np

from benchmarks.timing import interleave
from course_pkg.data.sets.python_text import load_python_text
from course_pkg.data.text.merging import as_numbers, cut_words, learn_merges


def python_text(length: int) -> str:
    """Return the language reference, again and again with changed letters, up to a length."""
    corpus = load_python_text()
    text = f"{corpus.train}{corpus.valid}{corpus.test}"
    while len(text) < length:
        text += text.swapcase()  # other words, as a longer text has
    return text[:length]


def chinese_text(length: int) -> str:
    """Return characters by Zipf's law, with a comma after ten of them on average."""
    rng = np.random.default_rng(0)
    ranks = np.minimum(rng.zipf(1.3, length), 3000)
    found = np.array([chr(0x4E00 + rank) for rank in range(3001)])[ranks]
    found[rng.random(length) < 0.1] = "，"
    return "".join(found)


TEXTS = {"python": python_text, "chinese": chinese_text}


def of_tokenizers(words: Counter[str], merges: int) -> list[str]:
    """Learn merges by the library, from words in the characters of :func:`as_numbers`.

    It orders the first tokens by their code points. Byte b is therefore the character 0x100 + b, so
    that all of them are letters, in the order of the bytes; ties are then broken alike.
    """
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.trainers import BpeTrainer

    tokenizer = Tokenizer(BPE())
    trainer = BpeTrainer(
        vocab_size=256 + merges,
        min_frequency=2,
        show_progress=False,
        initial_alphabet=[chr(0x100 + byte) for byte in range(256)],
    )
    texts = ("".join(chr(0x100 + ord(token)) for token in word) for word in words.elements())
    tokenizer.train_from_iterator(texts, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    number = model["vocab"]
    return [chr(number[left]) + chr(number[right]) for left, right in model["merges"]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark from the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.byte_pairs", description=__doc__)
    parser.add_argument("--texts", nargs="+", choices=TEXTS, default=list(TEXTS))
    parser.add_argument("--length", type=int, default=10**6, help="characters")
    parser.add_argument("--merges", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    for name in options.texts:
        text = TEXTS[name](options.length)
        words = Counter(as_numbers(word) for word in cut_words(text))
        ways = {
            "ours": lambda words=words: learn_merges(words, options.merges),
            "tokenizers": lambda words=words: of_tokenizers(words, options.merges),
        }
        same = ways["ours"]() == ways["tokenizers"]()
        timings = interleave(ways, seconds=0.0, rounds=options.rounds, clock=time.process_time)
        middle, low, high = timings["ours"].ratio(timings["tokenizers"])
        print(
            f"{name}: {len(text):,} characters, {len(words):,} different words, "
            f"{options.merges:,} merges, {'the same' if same else 'DIFFERENT'}: "
            f"{timings['ours'].median():.2f} s, {middle:.2f} ({low:.2f} to {high:.2f}) times as "
            "long as tokenizers",
            flush=True,
        )
        if not same:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
