"""Honest parts: ``splits``, ``leaks``, ``scaling``."""
