"""Data: sets with a card each, generated tasks, and what stands between data and a network.

Everything here works without a network. Loaders that can do more have ``source="full"``, which
downloads the public original once and checks its SHA256.

The list of all sets: ``catalog``. The loader of texts: ``texts``. The command: ``cli``. The rooms
inside are ``sets``, ``text``, ``batching``, ``splitting`` and ``files``.
"""
