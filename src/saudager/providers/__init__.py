"""The outside world: one folder a kind, its ``__init__`` is the port, every other file one vendor."""
