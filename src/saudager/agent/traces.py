"""What the trace of a turn keeps, piece by piece: passages, figures, drafts, deeds, requests to models, times."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from saudager.words import cells

_STEPS = (
    ("waited", "ждал, не допишете ли вы"),
    ("search", "поиск"),
    ("model", "модель"),
    ("check", "проверка"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """What proves a figure. ``cells`` are (heading, content) of a table row, empty for running text; ``score`` tells
    from 0 to 1 how well it fits the question, 0 when it was not found by it."""

    place: str
    section: str
    text: str
    cells: tuple[tuple[str, str], ...]
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line; one with a source is a proved figure."""

    text: str
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft that was not said, and why."""

    engine: str
    words: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deed:
    """Something the salesperson wanted done, and what really came of it."""

    kind: str
    detail: str
    done: bool
    told: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to a hosted engine; ``usd`` is None when nobody knows its price."""

    engine: str
    model: str
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    usd: Decimal | None
    milliseconds: float
    fault: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a turn in milliseconds; ``share`` of the whole is from 0 to 100."""

    name: str
    words: str
    milliseconds: float
    share: float


def sources(trace: dict[str, Any]) -> tuple[tuple[Source, ...], tuple[Source, ...]]:
    """What the figures rest on, and what else was found, each once and best first."""
    found = {(one.place, one.text): one for one in map(_source, trace.get("facts", ()))}
    proofs = {(one.place, one.text): one for one in (piece.source for piece in figures(trace)) if one is not None}
    used = (replace(one, score=found[key].score) if key in found else one for key, one in proofs.items())
    return tuple(sorted(used, key=_score, reverse=True)), tuple(
        sorted((one for key, one in found.items() if key not in proofs), key=_score, reverse=True)
    )


def figures(trace: dict[str, Any]) -> tuple[Piece, ...]:
    """Every figure of the last draft; one nothing proves has no source."""
    return tuple(
        Piece(one["text"], None if one["source"] is None else _source(one["source"]))
        for one in trace.get("figures", ())
    )


def pieces(written: str, trace: dict[str, Any]) -> tuple[Piece, ...]:
    """The text cut at its proved figures, which the trace names in reading order."""
    cut, at = [], 0
    for figure in figures(trace):
        found = re.compile(rf"(?<!\d){re.escape(figure.text)}(?!\d)").search(written, at)
        if found is None or figure.source is None:
            continue
        if found.start() > at:
            cut.append(Piece(written[at : found.start()]))
        at = found.end()
        cut.append(figure)
    return (*cut, Piece(written[at:])) if at < len(written) else tuple(cut)


def stopped(trace: dict[str, Any]) -> tuple[Draft, ...]:
    """Every draft that was not said, in the order they were written."""
    drafts = [Draft(one["engine"], one["draft"], tuple(one["problems"])) for one in trace.get("rejected", ())]
    if (last := trace.get("draft")) is not None:
        undone = (deed.told for deed in deeds(trace) if not deed.done)
        drafts.append(Draft(trace["model"], last, (*trace.get("problems", ()), *undone)))
    return tuple(drafts)


def deeds(trace: dict[str, Any]) -> tuple[Deed, ...]:
    """What the salesperson did or wanted to do besides answering."""
    return tuple(
        Deed(one["kind"], one["detail"], one.get("done", True), one.get("told", "")) for one in trace.get("actions", ())
    )


def calls(trace: dict[str, Any]) -> tuple[Asked, ...]:
    """Every request to a hosted engine, answered or not, in order."""
    return tuple(
        Asked(
            engine=one["engine"],
            model=one["model"],
            tokens_in=one["tokens_in"],
            tokens_out=one["tokens_out"],
            tokens_cached=one["tokens_cached"],
            usd=None if one["usd"] is None else Decimal(one["usd"]),
            milliseconds=one["took_ms"],
            fault=one["fault"],
        )
        for one in trace.get("calls", ())
    )


def altogether(asked: Sequence[Asked]) -> Asked | None:
    """Several requests added up, None for fewer than two; a price nobody knows leaves the sum unknown."""
    if len(asked) < 2:
        return None
    known = [one.usd for one in asked if one.usd is not None]
    return Asked(
        engine="",
        model="",
        tokens_in=sum(one.tokens_in for one in asked),
        tokens_out=sum(one.tokens_out for one in asked),
        tokens_cached=sum(one.tokens_cached for one in asked),
        usd=sum(known, Decimal(0)) if len(known) == len(asked) else None,
        milliseconds=sum(one.milliseconds for one in asked),
        fault="",
    )


def steps(trace: dict[str, Any]) -> tuple[Step, ...]:
    """Where the time of a turn went."""
    took: dict[str, float] = trace.get("took_ms", {})
    total = sum(took.values()) or 1.0
    return tuple(
        Step(name, words, took[name], round(100 * took[name] / total, 2)) for name, words in _STEPS if name in took
    )


def _score(source: Source) -> float:
    return source.score


def _source(fact: dict[str, Any]) -> Source:
    if "name" in fact:
        return Source("запись магазина", fact["label"], f"{fact['name']} = {fact['value']}", ())
    row = fact["row"]
    page = f", стр. {fact['page']}" if fact["page"] else ""
    return Source(
        place=fact["file"] + page + (f", строка {row}" if row else ""),
        section=fact["section"].rpartition(" › ")[2],
        text=fact["text"],
        cells=tuple(cells(fact["text"])) if row else (),
        score=fact.get("score", 0.0),
    )
