"""Measures of what a model does, on NumPy alone.

``means``, ``intervals`` and ``language`` are sums, counts and probabilities. ``calibration`` and
``roc`` ask what a classifier's own scores are worth, ``forecast_errors`` how far off a forecast
was. The others compare a written sequence with the right one: ``matches`` whether it is the same,
``edit_distance`` how much one has to change, ``bleu`` and ``rouge`` how many pieces the two share,
``spans`` which entities were found. ``pairs`` looks at the input of these. BLEU needs the package
sacrebleu, and only when it is called.
"""
