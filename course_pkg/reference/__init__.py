"""The NumPy reference: one idea per file, forward and hand-written backward.

Every function is pure: ``forward(...) -> (out, cache)`` and ``backward(dout, cache) -> grads``.
Nothing here imports torch.
"""
