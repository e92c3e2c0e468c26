"""Exercise feedback."""
