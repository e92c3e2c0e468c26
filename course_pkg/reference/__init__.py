"""The NumPy reference: one idea per file, forward and hand-written backward.

Every function is pure: ``forward(...) -> (out, cache)`` and ``backward(dout, cache) -> grads``.
None changes an array that it is given. Nothing here imports torch.

The rooms are ``cells``, ``networks``, ``layers``, ``losses``, ``learning`` and ``gradients``;
``checks`` holds what all of them ask of their arguments.
"""
