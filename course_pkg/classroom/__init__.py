"""Assign the exercises of a chapter to a class, and grade what comes back.

What is graded: ``assignment``, a chapter's exercises as their source has them; ``handed_in``, the
files of a class; ``submission``, the cells of one of them; ``repair``, which of these are run, in
which order. How: ``runner`` runs a notebook and judges it, in a process of its own; ``judging``
starts that process, limits it, and starts it again where a cell has ended it; ``trust`` keeps what
the checks stand on. What comes out: ``grading`` puts the verdicts together, for all students;
``table`` writes grades, ``page`` feedback, ``similar`` the answers that are alike; ``written`` has
the points that a person gives, in a table that ``sheet`` reads and adds to. ``assigning``
packs what students get, with the package by ``wheel``; ``links`` takes out what leads nowhere.
``cli`` has the commands.
"""
