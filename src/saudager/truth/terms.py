"""Terms of one: «сделаем за неделю», «рассрочка на год», «через полгода» name a figure without a number."""

import re
from collections.abc import Iterator
from decimal import Decimal

from saudager.truth.figures import Figure, FigureKind
from saudager.truth.known import Known
from saudager.truth.matching import Place, find_proof
from saudager.truth.senses import senses_of

_TERM = re.compile(
    r"(?<!\w)(?:за|через|на|в течение|within|in)\s(?:(?P<day>сутки|день|a day)|(?P<week>неделю|a week)|"
    r"(?P<month>месяц|a month)|(?P<half>полгода|half a year)|(?P<year>год|a year)|(?P<hour>час|an hour))(?!\w)"
)
_TERMED = frozenset(("§term", "§delivery", "§warranty", "§instalment", "§installation"))
_LENGTHS = {"half": (6, "month")}


def wrong_terms(place: Place, known: Known) -> Iterator[str]:
    """Russian complaints about terms of one sentence that no fact proves."""
    plain = place.plain[slice(*place.span)]
    if plain.rstrip().endswith("?") or not senses_of(plain) & _TERMED:
        return
    for hit in _TERM.finditer(plain):
        value, unit = _LENGTHS.get(str(hit.lastgroup), (1, str(hit.lastgroup)))
        start, end = (place.span[0] + edge for edge in hit.span(str(hit.lastgroup)))
        figure = Figure(place.draft[start:end], FigureKind.QUANTITY, (Decimal(value),), unit, start, end)
        inside = sorted((*place.inside, figure), key=lambda one: one.start)
        if find_proof(figure, Place(place.draft, place.plain, place.span, inside, place.earlier), known) is None:
            yield f"«{hit.group()}»: такого срока в документах нет."
