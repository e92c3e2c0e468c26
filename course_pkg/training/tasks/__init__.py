"""What can be learned, one file a task: ``protocol``, ``parts``, ``classify``, ``next_token``."""
