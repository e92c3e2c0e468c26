"""From text to numbers and back: ``tokens``, ``vocabulary``, ``spaces``, ``joined``."""
