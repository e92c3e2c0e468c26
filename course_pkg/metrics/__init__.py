"""Measures of what a model does, on NumPy alone: ``means``, ``intervals``, ``language``."""
