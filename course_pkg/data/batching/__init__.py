"""Sequences side by side: ``padding``, ``batches``, ``streams``, ``pairs``."""
