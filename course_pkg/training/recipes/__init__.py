"""Runs from a TOML file.

The way into a run: ``config``, ``tables``, ``run``. What is left of it: ``saved_model``,
``model_card``. What it is good for: ``generate``.
"""
