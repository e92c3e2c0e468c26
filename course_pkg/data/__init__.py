"""Data: sets with a card each, generated tasks, and what stands between data and a network.

Everything here works without a network. Loaders that can do more have ``source="full"``, which
downloads the public original once and checks its SHA256.

The list of all sets: ``registry``. The command: ``cli``. What all ask of their arrays: ``checks``.
The rooms inside are ``sets``, ``text``, ``batching``, ``splitting`` and ``files``.
"""
