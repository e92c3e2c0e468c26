"""Data: sets with a card each, generated tasks, and what stands between data and a network.

Everything here works without a network. Loaders that can do more have ``source="full"``, which
downloads the public original once and checks its SHA256.
"""

from course_pkg.data.adding import ADDING_BASELINE, adding_problem
from course_pkg.data.agreement import agreement_grammar, load_agreement
from course_pkg.data.batches import length_batches, padding_share, shuffled_batches
from course_pkg.data.card import DataCard
from course_pkg.data.co2 import WeeklySeries, fill_forward, load_co2
from course_pkg.data.corpus import Corpus
from course_pkg.data.counting import CountingBatch, counting_batch
from course_pkg.data.digits import Digits, Images, load_digits, rows
from course_pkg.data.download import DownloadError
from course_pkg.data.grammar import Arc, Grammar
from course_pkg.data.leaks import shared_examples
from course_pkg.data.padding import PaddedBatch, pad_batch, unpad_batch
from course_pkg.data.ptb import load_ptb
from course_pkg.data.python_text import load_python_text
from course_pkg.data.scaling import MinMaxScaler, StandardScaler
from course_pkg.data.splits import Split, group_split, random_split, stratified_split, time_split
from course_pkg.data.streams import StreamWindow, TokenStreams
from course_pkg.data.sunspots import YearlySeries, load_sunspots
from course_pkg.data.texts import load_characters, load_words
from course_pkg.data.tinyshakespeare import load_tinyshakespeare
from course_pkg.data.token_files import load_token_folder
from course_pkg.data.tokens import characters, words
from course_pkg.data.vocabulary import Vocabulary
from course_pkg.data.wikitext import load_wikitext2

__all__ = [
    "ADDING_BASELINE",
    "Arc",
    "Corpus",
    "CountingBatch",
    "DataCard",
    "Digits",
    "DownloadError",
    "Grammar",
    "Images",
    "MinMaxScaler",
    "PaddedBatch",
    "Split",
    "StandardScaler",
    "StreamWindow",
    "TokenStreams",
    "Vocabulary",
    "WeeklySeries",
    "YearlySeries",
    "adding_problem",
    "agreement_grammar",
    "characters",
    "counting_batch",
    "fill_forward",
    "group_split",
    "length_batches",
    "load_agreement",
    "load_characters",
    "load_co2",
    "load_digits",
    "load_ptb",
    "load_python_text",
    "load_sunspots",
    "load_tinyshakespeare",
    "load_token_folder",
    "load_wikitext2",
    "load_words",
    "pad_batch",
    "padding_share",
    "random_split",
    "rows",
    "shared_examples",
    "shuffled_batches",
    "stratified_split",
    "time_split",
    "unpad_batch",
    "words",
]
