"""The hosted engines: their order, what is done when one fails, and what they cost."""
