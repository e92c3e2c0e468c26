"""Losses, from logits where that is safer, and one on the weights.

``cross_entropy``, ``bce`` and ``mse``, and how they sum up in ``reduction``. A penalty on weights
that are to stay near others is in ``elastic_weights``; a loss on whole tag sequences is ``crf``,
by the recursions of ``crf_recursions``; word vectors learn by ``negative_sampling`` or ``glove``.
"""
