"""What a network has to beat, without a gradient.

``ngrams``, which rest on ``counts``, predict the next token. ``word_by_word`` and ``nearest``
translate, ``naive_bayes`` classifies; ``texts`` turns their words into numbers.
"""
