"""A figure as whoever watches a service is shown it."""

from collections.abc import Mapping

Values = Mapping[tuple[str, ...], float]
"""Each value by those of the labels."""
Family = tuple[str, str, tuple[str, ...], Values]
"""A name, what it says, the names of its labels, and its values."""
