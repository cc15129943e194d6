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
    AMONG_REASONS = 3
    """What somebody did or does, of whatever goods: «больше не пишите, я взял диван у других»."""
    SURE = 4
    """Anything."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A wish to hear no more; ``of_writing`` when it is about being written to, not about lists or advertising."""

    scope: Scope
    trust: Trust
    of_writing: bool = False
    addressed: bool = True
    """Names the customer, messages or this chat: not about writing at all."""
    of: str = "Oo%"
    """Parts that may name what is to stop, where another phrase must."""
    elliptic: bool = False
    """«Не шлите мне»: of offers, when another phrase names them."""


_FOREIGN = re.compile(r"[xtqK$!H~1345]")
_BESIDE = "[fmevVuhi+0ydaoOMUL72%&@]*"
"""What may stand between the parts of a wish."""
_FILL = "[fmekvVuhi+0ydjaoOMUL72%&@NJ=]*"
_DENIED = (
    re.compile(rf"(?:n|[Ss]){_FILL}(?:[wpgbcr]{_FILL}a{_FILL}n?{_FILL})*([wpgbr])"),
    re.compile(rf"n(?!m[WPG]){_BESIDE}(?:[WPGBC]{_BESIDE}a{_BESIDE}n?{_BESIDE})*([WPGBI])"),
    re.compile(rf"n{_FILL}z{_FILL}(r)|(r){_FILL}nz"),
    re.compile(rf"([wpgbr]){_FILL}(?:n{_FILL}N|N?-|S)"),
    re.compile(rf"j{_FILL}n{_FILL}(l)|n{_FILL}z{_FILL}j{_FILL}(l)"),
    re.compile(rf"F(?={_FILL}[wpgbr]?{_FILL}[meMOo%]){_FILL}([wpgbr])"),
)
_SOMETHING = re.compile(r"d(?![dvyiUMOo%L&@h])|(?<![idvy])[dvy]*[U&L@7]")
"""What is written or sent: «не пишите мне это», «не пишите номер»."""
_STOP_DENIED = re.compile(r"n[fmevVuhi+0ydaoOMUL72%&@Nz]*[SsADQTERZ]")
_NOT_WANTED = re.compile(rf"[SsX0F]|n{_FILL}[Nz]|N-|nz")
_MODAL = re.compile(r"[NSskzFJ=-]")
_ASIDE = re.compile(r"[fV]*")
_ENOUGH = re.compile(r"[SfkVuh2d]*S[fkVuh2d]*")


def stop_in(phrase: Phrase) -> Stop | None:
    """What the phrase asks to stop, None when it asks nothing of the kind or says anything else beside it."""
    parts = phrase.parts
    if _FOREIGN.search(parts) or _STOP_DENIED.search(parts):
        return None
    found = _leaving(parts) or _told(parts)
    if found or (phrase.is_question and not re.search("[kJ=F]", parts)):
        return found
    return _denied(phrase) or (None if phrase.is_question else _unwanted(parts))


def _leaving(parts: str) -> Stop | None:
    """«Отпишите меня», «удалите мой номер», «отключите рассылку»."""
    trust: Trust | None = None
    if "A" in parts:
        trust = Trust.SURE
    elif "Q" in parts:
        if re.search(r"e|[zJ]|i.*[OMou]|[OM]", parts):
            trust = Trust.SURE
        elif _ASIDE.fullmatch(parts.replace("Q", "")):
            trust = Trust.ALONE
    elif "D" in parts:
        trust = _of_list(parts)
    elif "T" in parts and re.search(r"[OM7&]|e.*[L@]|y[U&]", parts):
        backed = re.search(r"[mevh].*[OML@7]|[OML@7].*[mevh]|yU", parts) is not None
        trust = Trust.SURE if backed else Trust.AMONG_HARMLESS
    scope = Scope.OFFERS if re.search(r"[Oo]", parts) else Scope.EVERYTHING
    return Stop(scope, trust) if trust else None


def _of_list(parts: str) -> Trust | None:
    if re.search(r"D.*i[dvy]*[LO]|e.*[LO]|[LO].*e|U.*[LO]|[LO].*U|[ev].*@.*v|v@.*e|e.*v@", parts):
        return Trust.SURE
    if re.search(r"yd?[UW&]|[U&]y", parts):
        return Trust.AMONG_REASONS
    if re.search(r"[UO]|e.*@|@.*e", parts):
        return Trust.AMONG_HARMLESS
    return Trust.ALONE if "e" in parts else None


def _told(parts: str) -> Stop | None:
    """«Отстаньте», and a bare «стоп» or «прекратите»."""
    if "E" in parts:
        return Stop(Scope.EVERYTHING, Trust.SURE)
    if "s" in parts and re.fullmatch(r"[sSfVk]*", parts):
        return Stop(Scope.EVERYTHING, Trust.ALONE)
    return Stop(Scope.WHAT_WAS_NAMED, Trust.AMONG_REASONS, of="O") if _ENOUGH.fullmatch(parts) else None


def _denied(phrase: Phrase) -> Stop | None:
    """«Не пишите мне», «хватит слать рекламу», «жазбаңыз»."""
    parts = phrase.parts
    verbs = [next(filter(None, hit.groups())) for kind in _DENIED for hit in kind.finditer(parts)]
    if not verbs or (phrase.is_question and not _MODAL.search(parts)):
        return None
    if "I" in verbs and (phrase.is_question or not re.match("f*nI.*[me+]", parts)):
        return None  # «почему мне не пишете»
    if _SOMETHING.search(parts) and not re.search("[SsBb]", parts):
        return None
    plainly = re.search("[Oo]", parts) or ("%" in parts and re.search("[ivPpGgr]", parts))
    if plainly:
        backed = re.search(r"[me+vhPpBbF]", parts) is not None
        return Stop(Scope.OFFERS, Trust.SURE if backed else Trust.AMONG_REASONS, of_writing=True)
    if "%" in parts:
        return None
    return max((_of_verb(verb.lower(), parts) for verb in verbs), key=lambda stop: (stop.scope, stop.trust))


def _of_verb(verb: str, parts: str) -> Stop:
    """Goods are sent and labels are written too: the vaguer the verb, the more must be said with it."""
    to_me, more, nothing, messages = (re.search(kind, parts) is not None for kind in ("[me]", "[+2]", "0", "M"))
    here = "h" in parts
    together = to_me + more + nothing
    of_us, stopped = re.search("iu", parts) is not None, re.search("[Ss]", parts) is not None
    wanted = re.search("[zNSskJ=F-]", parts) is not None
    only_may = re.search("[J=]", parts) is not None and not (to_me or more or messages or here)
    on_number = re.search("i[dvy]*U", parts) is not None
    sure, likely, named = {
        "b": (to_me or more, "k" in parts, True),
        "w": (to_me or on_number, more or messages or here or "k" in parts, to_me or not (nothing or only_may)),
        "i": (to_me, more or messages or here, True),
        "l": (to_me or messages, False, True),
        "p": (messages or (to_me and more and nothing), to_me, True),
        "g": (
            messages and (together > 0 or "v" in parts),
            together == 3 or (stopped and to_me),
            messages or together > 1 or (stopped and to_me),
        ),
        "r": (
            wanted and (messages or (nothing and more) or ((nothing or more) and of_us)),
            False,
            wanted and (messages or nothing or more),
        ),
    }[verb]
    return Stop(
        Scope.EVERYTHING if named else Scope.WHAT_WAS_NAMED,
        Trust.SURE if sure else Trust.AMONG_REASONS if likely else Trust.AMONG_HARMLESS,
        of_writing=True,
        addressed=to_me or messages or here,
        elliptic=verb in "pg" and not (messages or nothing),
    )


def _unwanted(parts: str) -> Stop | None:
    """«Без рассылок», «реклама не нужна», «надоели ваши сообщения»."""
    if re.search(r"[WPGBIwpgbclCYDTR]", parts) or not _NOT_WANTED.search(parts):
        return None
    if "O" in parts:
        return Stop(Scope.OFFERS, Trust.SURE if re.search(r"[v+SsF]", parts) else Trust.AMONG_HARMLESS)
    if "M" in parts and not ("S" in parts and not re.search("[v+]", parts)):
        likely = re.search(r"[v0]|F.*i", parts) is not None and "X" not in parts
        trust = Trust.SURE if likely else Trust.AMONG_REASONS if "+" in parts else Trust.AMONG_HARMLESS
        return Stop(Scope.EVERYTHING, trust, of_writing=True)
    if "o" in parts and re.search(r"[mev+SX0F]", parts):
        return Stop(Scope.OFFERS, Trust.AMONG_HARMLESS)
    return None


def asks_to_hear(phrase: Phrase) -> bool:
    """Whether the customer also asks to be written, called or sent something: then he is not leaving."""
    rest = phrase.parts
    for kind in _DENIED:
        rest = kind.sub("", rest)
    return re.search(r"(?<![vyda0XNi])[WPGC]|Y", rest) is not None or (rest == phrase.parts and rest[0] == "h")


def is_threat(phrases: Sequence[Phrase]) -> bool:
    """«Ещё раз напишете — заблокирую»."""
    parts = [phrase.parts for phrase in phrases]
    again = any(re.fullmatch(r"[qH2fmeVhad0OM+v]*(?:H|W[fe]*2)[qH2fmeVhad0OM+v~1345]*", one) for one in parts)
    return again and any("~" in one for one in parts)
