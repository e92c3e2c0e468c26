"""Data: sets with a card each, generated tasks, and what stands between data and a network.

Most sets need no network: they come out of installed packages, or are generated. A public original
is downloaded once, by its loader or by the command, and its SHA256 is checked.

The list of all sets: ``registry``. The command: ``cli``. What all ask of their arrays: ``checks``.
The rooms inside are ``sets``, ``text``, ``batching``, ``splitting`` and ``files``.
"""
