"""Databases: short synchronous transactions in database threads, awaited from the event loop."""
