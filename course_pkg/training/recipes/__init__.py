"""Runs from a TOML file: ``config``, ``tables``, ``run``, ``saved_model``, ``model_card``."""
