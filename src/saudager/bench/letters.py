"""Letters: the figures they rest on, and what else ``PARTS`` measure; their docstrings say how."""

from typing import Any

from saudager.bench import letters_metrics
from saudager.bench.letters_metrics import companies_postgresql, companies_sqlite

__all__ = ["companies_postgresql", "companies_sqlite", "ratios"]
PARTS = (letters_metrics,)
"""Modules with variants, each with the ``ratios`` of its own."""


def ratios(rows: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Those of every part, of what could be measured."""
    return {name: ratio for part in PARTS for name, ratio in part.ratios(rows).items()}
