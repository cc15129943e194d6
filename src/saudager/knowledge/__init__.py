"""What the shop's own documents say: read from a folder, cut into passages, found by a question."""
