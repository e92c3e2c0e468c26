"""Adapting: a model that has learned one thing learns another.

The layers are put into ``groups``, each with its own learning rate and its own first epoch;
``method`` says which of them are trained, and ``freezing`` proves that the others were not. Two
ways not to forget: ``elastic`` holds weights near those of an earlier task, and ``replay`` goes on
learning that task now and then.
"""
