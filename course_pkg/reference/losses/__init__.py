"""Losses, from logits where that is safer, and one on the weights.

``cross_entropy``, ``bce`` and ``mse``, and how they sum up in ``reduction``. A penalty on weights
that are to stay near others is in ``elastic_weights``.
"""
