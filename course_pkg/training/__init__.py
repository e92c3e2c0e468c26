"""Training: one explicit loop, with schedules, early stopping, logs, checkpoints and resuming."""
