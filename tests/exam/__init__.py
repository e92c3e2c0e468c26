"""The exam: questions on the instructors' page, answers in the solutions, numbers in `numbers`."""
