"""Networks made of cells: ``stack``, ``unroll``, ``classifier``, ``language_model``, ``scorer``."""
