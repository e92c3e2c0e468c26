"""What can be learned, one file a task.

``protocol`` says what a task is, ``registry`` which there are, ``parts`` looks whether the parts of
the data are apart, and ``texts`` reads labelled texts. Each other file is a task: ``...``.
"""
