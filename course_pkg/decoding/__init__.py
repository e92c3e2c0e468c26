"""From log-probabilities to tokens, on NumPy alone.

``scorer``, ``tables``, ``filters``, ``repetition``, ``writing``, ``sample``, ``greedy``, ``beam``,
``beam_batch``, ``exhaustive``, ``viterbi``
"""
