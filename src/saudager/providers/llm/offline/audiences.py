"""Whom a thing is for: what is for adults answers no question about children."""

import re

_AUDIENCES = {
    "child": re.compile(r"(?<!\w)(?:реб[её]н|дет(?:и|ей|ям|ск|ишк)|малыш|сын|доч|внук|внуч|школьник)"),
    "teenager": re.compile(r"(?<!\w)подрост"),
    "adult": re.compile(r"(?<!\w)взросл"),
    "woman": re.compile(r"(?<!\w)(?:женск|женщин)"),
    "man": re.compile(r"(?<!\w)(?:мужск|мужчин)"),
}


def audiences(plain: str) -> frozenset[str]:
    """Every audience a normalised text names."""
    return frozenset(name for name, pattern in _AUDIENCES.items() if pattern.search(plain))
