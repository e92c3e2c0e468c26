"""Runs that are too long for a notebook; their results are kept in book/results/."""
