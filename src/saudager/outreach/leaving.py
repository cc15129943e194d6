"""Wishes that need no verb of writing: off the list, «отстаньте», «стоп»."""

import re

from saudager.outreach.stops import Scope, Stop, Trust, has

_REPORT_OR_LEAVE = re.compile("e|[zJ]|i.*[OMou]|[OM]")
"""«Отписать» is to report as well: it must be the customer who is written off, or from our messages."""
_COURTESIES = re.compile("[fV]*")
_OUR_LIST = re.compile(r"D.*i[dvy]*[LO]|e.*[LO]|[LO].*e|[U&].*[LO]|[LO].*[U&]|[ev].*@.*v|v@.*e|e.*v@")
_MY_NUMBER = re.compile("yd?[UW&]|[U&]y")
_SOME_LIST = re.compile("[UO]|e.*@|@.*e")
_TURNED_OFF = re.compile("[OM7]|e.*[L@]|U.*[L@]")
_TURNED_OFF_FOR_ME = re.compile("[mevh].*[OML@7]|[OML@7].*[mevh]|U.*[L@]")
_BARE_STOP = re.compile("[sSfVk]*s[sSfVk]*")
_BARE_ENOUGH = re.compile("[SfkVuh2d]*S[SfkVuh2d]*")


def leaving(parts: str) -> Stop | None:
    """«Отпишите меня», «удалите мой номер», «отключите рассылку»."""
    trust: Trust | None = None
    if "A" in parts:
        trust = Trust.SURE
    elif "Q" in parts:
        if _REPORT_OR_LEAVE.search(parts):
            trust = Trust.SURE
        elif _COURTESIES.fullmatch(parts.replace("Q", "")):
            trust = Trust.ALONE
    elif "D" in parts:
        trust = _of_list(parts)
    elif "T" in parts and _TURNED_OFF.search(parts):
        trust = Trust.SURE if _TURNED_OFF_FOR_ME.search(parts) else Trust.AMONG_HARMLESS
    return Stop(Scope.OFFERS if has(parts, "Oo") else Scope.EVERYTHING, trust) if trust else None


def told_to_go(parts: str) -> Stop | None:
    """«Отстаньте», and a bare «стоп» or «прекратите»."""
    if "E" in parts:
        return Stop(Scope.EVERYTHING, Trust.SURE)
    if _BARE_STOP.fullmatch(parts):
        return Stop(Scope.EVERYTHING, Trust.ALONE)
    return Stop(Scope.WHAT_WAS_NAMED, Trust.AMONG_REASONS, named_by="O") if _BARE_ENOUGH.fullmatch(parts) else None


def _of_list(parts: str) -> Trust | None:
    """How far «удалите» is trusted; None for what stands in an order or a basket."""
    if _OUR_LIST.search(parts):
        return Trust.SURE
    if _MY_NUMBER.search(parts):
        return Trust.AMONG_REASONS
    if _SOME_LIST.search(parts):
        return Trust.AMONG_HARMLESS
    return Trust.ALONE if "e" in parts else None
