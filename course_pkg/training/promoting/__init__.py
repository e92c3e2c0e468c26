"""Which model is in use: every run with its parent, and a gate for the one that takes over.

``run_table`` lists the runs of a folder. ``gate`` lets a model take over from the one that was
promoted before, if it is no worse; ``records`` keeps the history of each name in a file.
"""
