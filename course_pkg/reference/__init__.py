"""The NumPy reference: one idea per file, forward and hand-written backward.

The rooms are ``cells``, ``networks``, ``layers``, ``losses``, ``learning``, ``gradients`` and
``baselines``, which count or solve and have no backward; ``checks`` holds what all of them ask of
their arguments. NumPy is all that they need. What holds for every function is said here, and
nowhere again:

*Pure functions.* ``forward(...) -> (out, cache)`` computes; ``backward(dout, cache) -> grads``
carries the gradient of a loss with respect to ``out`` back to all that went in. Each gradient has
the shape of what it belongs to. Nothing that you pass in is changed.

*Arrays* of numbers are float32 or float64, all those of one call alike. The letters of a shape,
such as ``(T, B, I)``, are sizes of at least 1. A letter stands for one size in all arguments of a
call, and a size of 1 is not stretched to fit.

*Errors.* Arguments are checked before anything is computed. A ``TypeError`` or ``ValueError`` names
the argument, what was expected and what came: an array of the wrong type, rank or size, a parameter
that is not finite, a number outside the range that its description gives, an option that is not in
the list. A section *Raises* stands only where there is more to say.

*Caches* hold the arrays that ``forward`` was given, not copies: change none of them before the
backward pass. What a function returns is yours to change: no cache shares its memory.
"""
