"""The state of a run, and its way to the disk and back.

``state`` is what a later step depends on, ``position`` how far the run is, ``opening`` makes it
anew or takes it up, and ``checkpoint`` is the file.
"""
