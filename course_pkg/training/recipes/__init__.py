"""Runs from a TOML file.

The way into a run: ``config``, ``tables``, ``run``. From another run: ``base``, ``adapted``. What
is left of it: ``saved_model``, ``adapter``, ``model_card``; ``finished`` opens it again. What it is
good for: ``generate``, ``translate`` and, to see where a model looked, ``alignment``.
"""
