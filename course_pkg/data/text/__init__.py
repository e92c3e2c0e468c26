"""From text to numbers and back: tokens and their numbers, and texts put together again.

Words and characters: ``tokens``, ``vocabulary``, ``spaces``, ``joined``. What is between the two,
and leaves nothing unknown: ``merging``, ``byte_pairs``.
"""
