"""Losses, from logits where that is safer: ``cross_entropy``, ``bce``, ``mse``, ``reduction``."""
