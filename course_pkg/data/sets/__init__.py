"""The data sets, each with its card, and the formats of their files.

What all share: ``card``, ``corpus``. Text: ``python_text``, ``tinyshakespeare``, ``ptb``,
``wikitext``, ``agreement``. Pairs of texts: ``pairs``, ``reversal``, ``dates``,
``number_words``, ``summaries``, ``booking``, ``tatoeba``. Texts with labels, and a text to learn
from before: ``labelled``, ``library``, ``docstrings``, ``docstring_text``, ``word_kinds``,
``polarity``, ``banking77``. Series: ``sunspots``, ``co2``. Images: ``digits``. Generated tasks:
``adding``, ``counting``, ``neighbours``. Formats and generators: ``token_files``, ``idx``,
``grammar``.
"""
