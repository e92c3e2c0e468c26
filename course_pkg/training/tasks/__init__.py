"""What can be learned, one file a task.

``protocol`` says what a task is, ``registry`` which there are: ``classify``, ``next_token``.
``parts`` looks whether the parts of the data are apart.
"""
