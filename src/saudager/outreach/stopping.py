"""What one phrase asks us to stop; every part of it must belong to the wish, so goods, couriers and calls do not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from saudager.outreach.phrases import Phrase


class Scope(IntEnum):
    """How much the customer wants to hear no more of."""

    WHAT_WAS_NAMED = 1
    """«Не присылайте»: of what, another phrase must say."""
    OFFERS = 2
    EVERYTHING = 3


class Trust(IntEnum):
    """What the rest of the message may be for the phrase to be taken at its word."""

    ALONE = 1
    """Courtesies only: «стоп»."""
    AMONG_HARMLESS = 2
    """No question and no goods: «не пишите, уже купила»."""
    SURE = 3
    """Anything."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A wish to hear no more; ``of_writing`` when a verb of writing says it, not a word about lists or advertising."""

    scope: Scope
    trust: Trust
    of_writing: bool = False
    addressed: bool = True
    """Names the customer, messages or this chat: not about writing at all."""


_FOREIGN = re.compile(r"[xtqK$!H~13]")
_OFFERS = re.compile(r"[Oo%]")
_FILL = "[fmekvVuhi+0yjaoOMUL2%&N]*"
_PLAIN = "[fmevVuhi+0yjaoOMUL2%&]*"
_WITHOUT_ASKING = "[fmevVuhi+0yaoOMUL2%Nz]*"
_DENIED = (
    re.compile(rf"(?:n|[Ss]){_FILL}(?:[wpgbcr]{_FILL}a{_FILL}n?{_FILL})*([wpgbr])"),
    re.compile(rf"n(?!m[WPG]){_PLAIN}(?:[WPGBC]{_PLAIN}a{_PLAIN}n?{_PLAIN})*([WPGBI])"),
    re.compile(rf"n{_FILL}z{_FILL}(r)|(r){_FILL}nz"),
    re.compile(rf"([wpgbr]){_FILL}(?:n{_FILL}N|N?-|S)"),
    re.compile(rf"j{_FILL}n{_FILL}(l)"),
    re.compile(rf"F{_FILL}([wpgbr])"),
)
_STOP_DENIED = re.compile(rf"n{_WITHOUT_ASKING}[SsADQTERZ]")
_NOT_WANTED = re.compile(rf"[SsX0F]|n{_FILL}[Nz]|N-|nz")
_MODAL = re.compile(r"[NSskzF-]")
_ASIDE = re.compile(r"[fkuVmevh]*")


def stop_in(phrase: Phrase) -> Stop | None:
    """What the phrase asks to stop, None when it asks nothing of the kind or says anything else beside it."""
    parts = phrase.parts
    if _FOREIGN.search(parts) or _STOP_DENIED.search(parts):
        return None
    found = _leaving(parts) or _told(parts)
    if found or (phrase.is_question and "k" not in parts and "2S" not in parts):
        return found
    return _denied(phrase) or (None if phrase.is_question else _unwanted(parts))


def _leaving(parts: str) -> Stop | None:
    """«Отпишите меня», «удалите мой номер», «отключите рассылку»."""
    scope = Scope.OFFERS if re.search(r"[Oo]", parts) else Scope.EVERYTHING
    trust: Trust | None = None
    if "A" in parts:
        trust = Trust.SURE
    elif "Q" in parts:
        if re.search(r"e|[kz]|i.*[OMou]|[OM]", parts):
            trust = Trust.SURE
        elif _ASIDE.fullmatch(parts.replace("Q", "")) and "m" not in parts:
            trust = Trust.ALONE
    elif "D" in parts:
        if re.search(r"e.*[LOM]|[LOM].*e|y[UW&]|[U&]y|U.*[LO]|[LO].*U", parts):
            trust = Trust.SURE
        elif re.search(r"U|[OM]", parts):
            trust = Trust.AMONG_HARMLESS
        elif "e" in parts:
            trust = Trust.ALONE
    elif "T" in parts and "O" in parts:
        trust = Trust.SURE
    elif "T" in parts and re.search(r"[ML]", parts):
        trust = Trust.SURE if re.search(r"M.*[mev+k]|[mev+k].*M", parts) else Trust.AMONG_HARMLESS
    return Stop(scope, trust) if trust else None


def _told(parts: str) -> Stop | None:
    """«Отстаньте», and a bare «стоп»."""
    if "E" in parts:
        return Stop(Scope.EVERYTHING, Trust.SURE)
    if "s" in parts and re.fullmatch(r"[sSfVk]*", parts):
        return Stop(Scope.EVERYTHING, Trust.ALONE)
    return None


def _denied(phrase: Phrase) -> Stop | None:
    """«Не пишите мне», «хватит слать рекламу», «жазбаңыз»."""
    parts = phrase.parts
    verbs = [next(filter(None, hit.groups())) for kind in _DENIED for hit in kind.finditer(parts)]
    if not verbs or (phrase.is_question and not _MODAL.search(parts)):
        return None
    if "I" in verbs and ("V" in parts or phrase.is_question):
        return None
    if _OFFERS.search(parts):
        return Stop(Scope.OFFERS, Trust.SURE, of_writing=True)
    return max((_of_verb(verb.lower(), parts) for verb in verbs), key=lambda stop: (stop.scope, stop.trust))


def _of_verb(verb: str, parts: str) -> Stop:
    """Goods are sent and labels are written too: the vaguer the verb, the more must be said with it."""
    to_me, more, nothing, messages = (re.search(kind, parts) is not None for kind in ("[me]", "[+2]", "0", "M"))
    here = "h" in parts
    together = to_me + more + nothing
    of_us = re.search("iu", parts) is not None
    sure, named = {
        "b": (True, True),
        "w": (to_me or more or messages or here, True),
        "i": (to_me or more or messages or here, True),
        "l": (to_me or messages, True),
        "p": (to_me or more or messages or nothing, True),
        "g": ((messages and (together > 0 or "v" in parts)) or together == 3, messages or together > 1),
        "r": (messages or (nothing and more) or ((nothing or more) and of_us), messages or nothing or more),
    }[verb]
    return Stop(
        Scope.EVERYTHING if named else Scope.WHAT_WAS_NAMED,
        Trust.SURE if sure else Trust.AMONG_HARMLESS,
        of_writing=True,
        addressed=to_me or messages or here,
    )


def _unwanted(parts: str) -> Stop | None:
    """«Без рассылок», «реклама не нужна», «надоели ваши сообщения»."""
    if re.search(r"[WPGBIwpgbclCYDTR]", parts) or not _NOT_WANTED.search(parts):
        return None
    if "O" in parts:
        backed = re.search(r"[v+SsFe]", parts) is not None
        return Stop(Scope.OFFERS, Trust.SURE if backed else Trust.AMONG_HARMLESS)
    if "M" in parts:
        backed = re.search(r"[mev+0]|n.*z", parts) is not None and "X" not in parts
        return Stop(Scope.EVERYTHING, Trust.SURE if backed else Trust.AMONG_HARMLESS)
    if "o" in parts and re.search(r"[mev+SX0F]", parts):
        return Stop(Scope.OFFERS, Trust.AMONG_HARMLESS)
    return None


def asks_to_hear(phrase: Phrase) -> bool:
    """Whether the customer also asks to be written, called or sent something: then he is not leaving."""
    rest = phrase.parts
    for kind in _DENIED:
        rest = kind.sub("", rest)
    return re.search(r"(?<![vya0XNi])[WPGC]|Y", rest) is not None


def is_threat(phrases: Sequence[Phrase]) -> bool:
    """«Ещё раз напишете — заблокирую»."""
    parts = [phrase.parts for phrase in phrases]
    again = any(re.fullmatch(r"[qH2fmeVha0OM+v]*(?:H|W[fe]*2)[qH2fmeVha0OM+v~1]*", one) for one in parts)
    return again and any("~" in one for one in parts)
