"""Losses, from logits where that is safer: ``cross_entropy``, ``bce``, ``mse``, ``reduction``.

And a penalty on weights that are to stay near others: ``elastic_weights``.
"""
