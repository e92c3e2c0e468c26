"""Files that are whole or not there: ``download``, ``atomic``, ``utf8``."""
