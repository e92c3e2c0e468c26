"""Training: one explicit loop, and a file for each idea around it.

The run: ``loop``, ``update``, ``settings``, ``schedules``, ``early_stopping``, ``seeding``. The
machine: ``device``, ``memory``, ``precision``, ``distributed``. What one sees of it: ``log``,
``progress``. The commands: ``cli``, ``cli_train``, ``cli_translate``, ``cli_promote``. The rooms
inside are ``tasks``, ``adapting``, ``resuming``, ``recipes`` and ``promoting``.
"""
