"""Other ways to a gradient, checks of it, and what becomes of it on its way through time.

In the order of the course: ``gradcheck``, ``truncated``, ``rtrl``, ``checkpointing``,
``jacobian``, ``gradient_rates``, ``lag_parts``, ``direct_path``, ``cost``.
"""
