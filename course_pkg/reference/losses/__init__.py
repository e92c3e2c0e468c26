"""Losses, from logits where that is safer, and one on the weights.

``cross_entropy``, ``bce`` and ``mse``, and how they sum up in ``reduction``. ``quantile`` and
``gaussian`` are for forecasts that say how sure they are. Two are on whole sequences: ``crf`` of
tags, by the recursions of ``crf_recursions``, and ``ctc`` of labels that may stand anywhere, by
those of ``ctc_lattice``. Word vectors learn by ``negative_sampling`` or ``glove``. A penalty on
weights that are to stay near others is in ``elastic_weights``.
"""
