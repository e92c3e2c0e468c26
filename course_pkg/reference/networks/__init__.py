"""Networks made of cells.

In the order of the course: ``stack``, ``unroll``, ``classifier``, ``language_model``, ``scorer``,
``encoder``, ``encoder_decoder``, ``translator``.
"""
