"""From text to numbers: ``tokens``, ``vocabulary``."""
