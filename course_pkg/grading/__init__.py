"""The checks of the exercises: they explain what is wrong, and judge nothing but the answer.

``run_check`` runs a check, ``parts`` gives points for parts of it; ``feedback`` and ``prediction``
compare an answer and explain; ``calls`` sees what an answer calls; ``progress`` notes what is
solved, and ``cli`` tells it. Below them: ``failure``, ``answers``, ``differences``, ``names``,
``explain``.
"""
