"""What can be learned, one file a task.

``protocol`` says what a task is, ``registry`` which there are, and ``parts`` looks whether the
parts of the data are apart. Each other file is a task: ``...``.
"""
