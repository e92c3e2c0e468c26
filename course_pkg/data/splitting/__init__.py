"""Honest parts: ``splits``, ``few``, ``leaks``, ``scaling``."""
