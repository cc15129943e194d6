"""Who talks to us, what was said, and whose turn it is."""
