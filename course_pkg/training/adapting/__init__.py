"""Adapting: a model that has learned one thing learns another.

The layers are put into ``groups``, each with its own learning rate and its own first epoch;
``method`` says which of them are trained, and ``freezing`` proves that the others were not.
"""
