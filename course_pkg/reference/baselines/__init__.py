"""What a network has to beat: classical models without a gradient, ``ngrams``."""
