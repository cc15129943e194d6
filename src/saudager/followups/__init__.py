"""Keeping after customers who fell silent or are undecided, and stopping in time."""
