"""The state of a run, and its way to the disk and back: ``state``, ``position``, ``checkpoint``."""
