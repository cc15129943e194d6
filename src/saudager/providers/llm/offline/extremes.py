"""One end of a list: the cheapest or the dearest of what fits, also beside what was named before."""

import re

from saudager.providers.llm.offline.fitting import Context, Fit
from saudager.providers.llm.offline.questions import Question
from saudager.providers.llm.offline.rows import money_of


def extreme(asked: Question, fits: list[Fit], context: Context) -> Fit | None:
    priced = [found for found in fits if found.unit.price and found.unit.amount]
    if asked.is_relative and (before := _last_named(context.last_reply)):
        shelves = {(f.unit.fact.file, f.unit.fact.section) for f in fits if "replied" in f.earlier}
        priced = [found for found in priced if (found.unit.fact.file, found.unit.fact.section) in shelves]
        priced = [
            found
            for found in priced
            if ((found.unit.amount or 0) < before if asked.extreme == "cheapest" else (found.unit.amount or 0) > before)
        ]
        numbered = [
            found for found in priced if all(t.key in found.earlier for t in context.terms if t.number)
        ] or priced
        priced = numbered
    if not priced:
        return None
    priced = [found for found in priced if found.leads] or priced
    most = max(len(found.matched) for found in priced)
    priced = [found for found in priced if len(found.matched) == most]
    if asked.is_relative:
        top = max(found.score for found in priced)
        priced = [found for found in priced if found.score > top - 2.0]
    choose = min if asked.extreme == "cheapest" else max
    return choose(priced, key=lambda found: found.unit.amount or 0)


def _last_named(text: str) -> float | None:
    """The last amount of money an answer of ours named."""
    found = re.findall(r"(\d[\d \u00a0]*)\s*(?:₸|тг|тенге)", text)
    return money_of(found[-1]) if found else None
