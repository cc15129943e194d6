"""Operators who sign in quickly."""

from tests.console.conftest import _sites_come_back, quick_passwords

__all__ = ["_sites_come_back", "quick_passwords"]
