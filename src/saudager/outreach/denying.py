"""Wishes that deny a verb of writing: «не пишите мне», «хватит слать рекламу», «жазбаңыз»."""

import re

from saudager.outreach.phrases import Phrase
from saudager.outreach.stops import Scope, Stop, Trust, has

_NOUNS = "fmevVuhi+0ydaoOMUL72%&@"
_BESIDE = f"[{_NOUNS}]*"
BETWEEN = f"[{_NOUNS}kjNJ=]*"
"""What may stand between the parts of a wish."""
_DENIED = (
    re.compile(f"[nSs]{BETWEEN}(?:[wpgbcr]{BETWEEN}a{BETWEEN}n?{BETWEEN})*([wpgbr])"),
    re.compile(f"n(?!m[WPG]){_BESIDE}(?:[WPGBC]{_BESIDE}a{_BESIDE}n?{_BESIDE})*([WPGBI])"),
    re.compile(f"n{BETWEEN}z{BETWEEN}(r)|(r){BETWEEN}nz"),
    re.compile(f"([wpgbr]){BETWEEN}(?:n{BETWEEN}N|N?-|S)"),
    re.compile(f"j{BETWEEN}n{BETWEEN}(l)|n{BETWEEN}z{BETWEEN}j{BETWEEN}(l)"),
    re.compile(f"F(?={BETWEEN}[wpgbr]?{BETWEEN}[meMOo%]){BETWEEN}([wpgbr])"),
)
_STOP_DENIED = re.compile(f"n[{_NOUNS}Nz]*[SsADQTERZ]")
_WRITTEN_OR_SENT = re.compile(r"d(?![dvyiUMOo%L&@h])|(?<![idvy])[dvy]*[U&L@7]")
"""«Не пишите мне это», «не пишите номер»."""
_MISSPELT_ORDER = re.compile("f*nI.*[me+]")
"""«Не пишете мне больше», not «мне больше не пишете»."""
_MODAL = "NSskzFJ=-"
_ASKS_TO_HEAR = re.compile("(?<![vyda0XNi])[WPGC]|Y")


def denied(phrase: Phrase) -> Stop | None:
    """What is not to be written or sent any more; None where it is anything but our messages."""
    parts = phrase.parts
    verbs = [next(filter(None, hit.groups())) for kind in _DENIED for hit in kind.finditer(parts)]
    if not verbs:
        return None
    if "I" in verbs and (phrase.is_question or not _MISSPELT_ORDER.match(parts)):
        return None
    if _WRITTEN_OR_SENT.search(parts) and not has(parts, "SsBb"):
        return None
    if has(parts, "Oo") or ("%" in parts and has(parts, "ivPpGgr")):
        trust = Trust.SURE if has(parts, "me+vhPpBbF") else Trust.AMONG_REASONS
        return Stop(Scope.OFFERS, trust, of_writing=True)
    if "%" in parts:
        return None
    return max((_of_verb(verb.lower(), parts) for verb in verbs), key=lambda stop: (stop.scope, stop.trust))


def is_denied_to_stop(parts: str) -> bool:
    """«Не отписывайте меня»."""
    return _STOP_DENIED.search(parts) is not None


def asks_to_hear(phrase: Phrase) -> bool:
    """Whether the customer also asks to be written, called or sent something: then he is not leaving."""
    rest = phrase.parts
    for kind in _DENIED:
        rest = kind.sub("", rest)
    return _ASKS_TO_HEAR.search(rest) is not None or (rest == phrase.parts and rest[0] == "h")


def _of_verb(verb: str, parts: str) -> Stop:
    """Goods are sent and labels are written too: the vaguer the verb, the more must be said with it."""
    to_me, more, nothing, messages = has(parts, "me"), has(parts, "+2"), "0" in parts, "M" in parts
    addressed = to_me or messages or "h" in parts
    sure, likely, named = False, False, True
    match verb:
        case "b":
            sure, likely = to_me or more, "k" in parts
        case "w" | "i":
            sure = to_me or re.search("i[dvy]*U", parts) is not None
            likely = more or addressed or "k" in parts
            named = to_me or not (nothing or (has(parts, "J=") and not (addressed or more)))
        case "l":
            sure = to_me or messages
        case "p":
            sure, likely = messages or (to_me and more and nothing), to_me
        case "g":
            said = to_me + more + nothing
            going_on = has(parts, "Ss") and to_me
            sure, likely = messages and (said > 0 or "v" in parts), said == 3 or going_on
            named = messages or said > 1 or going_on
        case "r":
            wanted = has(parts, _MODAL)
            sure = wanted and (messages or (nothing and more) or ((nothing or more) and "iu" in parts))
            named = wanted and (messages or nothing or more)
    return Stop(
        Scope.EVERYTHING if named else Scope.WHAT_WAS_NAMED,
        Trust.SURE if sure else Trust.AMONG_REASONS if likely else Trust.AMONG_HARMLESS,
        of_writing=True,
        elliptic=verb in "pg" and not (messages or nothing),
    )
