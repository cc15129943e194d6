"""Saudager: a self-hosted AI salesperson for small and mid-size merchants."""

__version__ = "0.2.0"
