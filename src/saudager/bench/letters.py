"""Letters: the figures they rest on, and what else ``PARTS`` measure; their docstrings say how."""

from typing import Any

from saudager.bench import letters_metrics, letters_sending
from saudager.bench.letters_metrics import companies_postgresql, companies_sqlite
from saudager.bench.letters_sending import (
    charts,
    floor_aiosmtplib,
    render,
    send_1000,
    send_10000,
    send_postgresql,
)

__all__ = [
    "charts",
    "companies_postgresql",
    "companies_sqlite",
    "floor_aiosmtplib",
    "ratios",
    "render",
    "send_1000",
    "send_10000",
    "send_postgresql",
]
PARTS = (letters_metrics, letters_sending)
"""Modules with variants, each with the ``ratios`` of its own."""


def ratios(rows: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Those of every part, of what could be measured."""
    return {name: ratio for part in PARTS for name, ratio in part.ratios(rows).items()}
