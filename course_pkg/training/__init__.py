"""Training: one explicit loop, and a file for each idea around it.

The run: ``loop``, ``update``, ``settings``, ``schedules``, ``early_stopping``, ``seeding``. The
machine: ``device``, ``precision``, ``distributed``. What one sees of it: ``log``, ``progress``.
The command: ``cli``, ``datasets``. The rooms inside are ``tasks``, ``resuming`` and ``recipes``.
"""
