"""Exercise feedback.

`run_check` runs a check; `feedback` and `prediction` compare an answer and explain; `calls` sees
what an answer calls. Below them: `failure`, `answers`, `differences`, `names`, `explain`.
"""
