"""What one phrase asks us to stop; every part of it must belong to the wish, so goods, couriers and calls do not."""

import re
from collections.abc import Sequence

from saudager.outreach.denying import BETWEEN, denied, is_denied_to_stop
from saudager.outreach.leaving import leaving, told_to_go
from saudager.outreach.phrases import Phrase
from saudager.outreach.stops import Scope, Stop, Trust, has

_FOREIGN = "xtqK$!H~1345"
_VERBS = "WPGBIwpgbclCYDTR"
_NOT_WANTED = re.compile(f"[SsX0F]|n{BETWEEN}[Nz]|N-|nz")
_ONCE_MORE = re.compile("[qH2fmeVhad0OM+v]*(?:H|W[fe]*2)[qH2fmeVhad0OM+v~1345]*")


def stop_in(phrase: Phrase) -> Stop | None:
    """What the phrase asks to stop, None when it asks nothing of the kind or says anything else beside it."""
    parts = phrase.parts
    if has(parts, _FOREIGN) or is_denied_to_stop(parts):
        return None
    found = leaving(parts) or told_to_go(parts)
    if found or (phrase.is_question and not has(parts, "kJ=F")):
        return found
    return denied(phrase) or (None if phrase.is_question else _unwanted(parts))


def is_threat(phrases: Sequence[Phrase]) -> bool:
    """«Ещё раз напишете — заблокирую»."""
    parts = [phrase.parts for phrase in phrases]
    return any(map(_ONCE_MORE.fullmatch, parts)) and any("~" in one for one in parts)


def _unwanted(parts: str) -> Stop | None:
    """«Без рассылок», «реклама не нужна», «надоели ваши сообщения»."""
    if has(parts, _VERBS) or not _NOT_WANTED.search(parts):
        return None
    if "O" in parts:
        return Stop(Scope.OFFERS, Trust.SURE if has(parts, "v+SsF") else Trust.AMONG_HARMLESS)
    if "M" in parts and ("S" not in parts or has(parts, "v+")):  # «хватит сообщения» is that one will do
        sure = "X" not in parts and (has(parts, "v0") or re.search("F.*i", parts) is not None)
        trust = Trust.SURE if sure else Trust.AMONG_REASONS if "+" in parts else Trust.AMONG_HARMLESS
        return Stop(Scope.OFFERS if has(parts, "o%") else Scope.EVERYTHING, trust, of_writing=True)
    if "o" in parts and has(parts, "mev+SX0F"):
        return Stop(Scope.OFFERS, Trust.AMONG_HARMLESS)
    return None
