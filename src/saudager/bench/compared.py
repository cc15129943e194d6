"""One variant's figure beside another's, of the same run."""

from collections.abc import Mapping
from typing import Any

Compared = Mapping[str, tuple[str, str, str]]
"""By the ratio's name: the figure, our variant and the other's."""


def ratios(rows: Mapping[str, Mapping[str, Any]], compared: Compared) -> dict[str, float]:
    """Ours divided by the other's; one that is nought or was left out has no ratio."""
    return {
        name: round(rows[ours][figure] / rows[other][figure], 3)
        for name, (figure, ours, other) in compared.items()
        if rows.get(ours, {}).get(figure) and rows.get(other, {}).get(figure)
    }
