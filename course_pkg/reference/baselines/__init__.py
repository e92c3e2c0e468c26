"""What a network has to beat, without a gradient: ``ngrams``, which rest on ``counts``."""
