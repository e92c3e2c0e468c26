"""Networks made of cells: ``stack``, ``unroll``, ``classifier``."""
