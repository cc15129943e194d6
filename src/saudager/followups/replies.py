"""What did they answer? A customer's reply to an offer, read by plain rules in Russian, Kazakh and English."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from saudager.followups.clauses import Clause, Stance, sentences
from saudager.followups.phrasebook import phrasebook
from saudager.followups.spelled import one_spelling, pieces
from saudager.words import normalise


class Reply(StrEnum):
    """What a customer's answer makes of an offer."""

    YES = "yes"
    NO = "no"
    UNDECIDED = "undecided"
    OTHER = "other"
    """The conversation goes on."""


_ASKED_WHAT_IS_UNCLEAR = re.compile(
    r"(?:вопрос|неясн|непонятн|не ?понятн|уточни|сұрақ|сұрағ|түсініксіз|questions?|unclear|anything else"
    r"|что-то еще|еще что)"
    r"[^?.!]*\?"
)
_OFFERED_TO_SEND = re.compile(
    r"(?:прис[лы]|отправ|скин|выс[лы]|показа|рассказа|посчита|рассчита|подобра|жібер|көрсет|есепте|айтып бер"
    r"|\b(?:send|show|share|tell|calculate)\b)[^?.!]*\?"
)
_PLAIN_REFUSAL = re.compile(
    r"\W*(?:(?:нет|спасибо|передумал\w*|пока)\W+)*не (?:надо|нужно|стоит|звоните|пишите)(?: \w+){0,3}\W*"
    r"|\W*(?:нет\W+)?\w+ть не (?:надо|нужно|стоит)\W*"
)
_LATER = re.compile(r"\W*не (?:пишите|звоните) (?:пока|сейчас)\b")
_SOME_UNKNOWN = 4
_UNKNOWN = {Stance.AGREES: 2, Stance.DENIES: 2, Stance.NONE: 0}
"""How many unknown words an answer of this stance may hold before the rules are no longer sure."""


@dataclass(frozen=True, slots=True)
class Read:
    """How an answer is read; when the rules are not ``sure``, a language model may be asked second."""

    reply: Reply
    sure: bool


def read_reply(text: str, offer: str = "") -> Reply:
    """What a customer answers to an offer; «other» when the conversation goes on.

    ``offer`` is our last line; it tells «нет» to a sale from «нет» to «остались вопросы?».
    """
    return read_closely(text, offer).reply


def read_closely(text: str, offer: str = "") -> Read:
    """The answer, and whether the rules are sure of it."""
    plain = normalise(text)
    if _LATER.match(plain):
        return Read(Reply.OTHER, False)
    if _PLAIN_REFUSAL.fullmatch(plain):
        return Read(Reply.NO, True)
    book = phrasebook()
    clauses: list[Clause] = []
    for sentence in sentences(pieces(text, book.english), book):
        clauses += _with_condition(sentence)
    so_far = _Reading()
    for clause in clauses:
        so_far.hear(clause)
    return _to_the_offer(so_far.read(), so_far.stance, normalise(offer))


def _with_condition(sentence: Iterable[Clause]) -> list[Clause]:
    """«Если скинете, то беру» decides nothing yet, and neither does «скинете 10 % — беру»."""
    clauses = list(sentence)
    bargains = [at for at, clause in enumerate(clauses) if clause.stance is Stance.BARGAINS]
    agrees = [at for at, clause in enumerate(clauses) if clause.stance in (Stance.DECIDES, Stance.AGREES)]
    open_yet = any(clause.conditional for clause in clauses) or (bargains and agrees and agrees[-1] > bargains[0])
    if not open_yet:
        return clauses
    return [
        replace(clause, stance=Stance.THINKS, doubtful=True)
        if at in agrees or (clause.conditional and clause.stance is Stance.BARGAINS)
        else clause
        for at, clause in enumerate(clauses)
    ]


class _Reading:
    """What has been answered so far, clause by clause; the last clear decision wins."""

    def __init__(self) -> None:
        self.stance = Stance.NONE
        self.unknown = 0
        self.doubtful = False
        self.turned = False

    def hear(self, clause: Clause) -> None:
        before, now = self.stance, self._weighed(clause)
        self.unknown += clause.unknown
        if now is Stance.NONE:
            self.turned = self.turned or clause.stance is Stance.SCOLDS
            return
        self.doubtful = clause.doubtful or (self.doubtful and now is before)
        self.turned = self.turned or _turns(before, now)
        self.stance = now

    def read(self) -> Read:
        reply = _REPLIES[self.stance]
        bound = _UNKNOWN.get(self.stance, _SOME_UNKNOWN)
        plain = self.unknown <= bound or self.stance in (Stance.ASKS, Stance.ARRANGES)
        return Read(reply, plain and not self.doubtful and not self.turned)

    def _weighed(self, clause: Clause) -> Stance:
        """The stance after this clause; ``NONE`` when it changes nothing."""
        before, now = self.stance, clause.stance
        agreed = before in (Stance.DECIDES, Stance.AGREES)
        declined = before in (Stance.DECLINES, Stance.DENIES, Stance.DEAR)
        match now:
            case Stance.AGREES if before is not Stance.NONE and not (before is Stance.DEAR and clause.contrasted):
                return Stance.NONE
            case Stance.DENIES if before in (Stance.DECLINES, Stance.SCOLDS):
                return Stance.NONE
            case Stance.DECLINES if agreed and clause.unknown and before is Stance.DECIDES:
                return Stance.NONE
            case Stance.DEAR if before is Stance.DECIDES and not clause.contrasted:
                return Stance.NONE
            case Stance.DEAR if agreed:
                return Stance.THINKS
            case Stance.DEAR if before is not Stance.NONE:
                return Stance.NONE
            case Stance.FAREWELL if before is not Stance.NONE:
                return Stance.NONE if declined else Stance.THINKS
            case Stance.ASKS if before in (Stance.DECIDES, Stance.THINKS, Stance.SCOLDS):
                return Stance.NONE
            case Stance.ASKS if before is Stance.DECLINES and not clause.contrasted and clause.opening in _RHETORIC:
                return Stance.NONE
            case Stance.ARRANGES if agreed:
                return Stance.DECIDES
            case Stance.ARRANGES if before is Stance.THINKS:
                return Stance.NONE
            case Stance.REQUESTS | Stance.BARGAINS if before not in (Stance.NONE, Stance.DENIES):
                return Stance.NONE
            case Stance.SCOLDS if before in (Stance.DECLINES, Stance.DENIES, Stance.DECIDES):
                return Stance.NONE
            case Stance.NONE if clause.contrasted and before is Stance.AGREES and clause.unknown:
                return Stance.THINKS
        return now


def _turns(before: Stance, now: Stance) -> bool:
    """Whether the customer says one thing and then another."""
    sides = {_REPLIES[before], _REPLIES[now]} - {"other"}
    return len(sides) > 1 and "undecided" not in sides


def _to_the_offer(read: Read, stance: Stance, offer: str) -> Read:
    """«Да» and «нет» once more, now that it is known what was asked."""
    if not offer:
        return read
    if stance in (Stance.AGREES, Stance.DENIES) and _ASKED_WHAT_IS_UNCLEAR.search(offer):
        return Read(Reply.OTHER, read.sure)
    if stance is Stance.REQUESTS and _OFFERED_TO_SEND.search(offer):
        return Read(Reply.YES, False)
    return read


_RHETORIC = frozenset(map(one_spelling, ("зачем", "почему", "откуда", "сколько", "неге", "why")))
"""«Не надо, зачем вы пишете» asks nothing."""
_REPLIES: dict[Stance, Reply] = {
    Stance.DECIDES: Reply.YES,
    Stance.AGREES: Reply.YES,
    Stance.DECLINES: Reply.NO,
    Stance.DENIES: Reply.NO,
    Stance.DEAR: Reply.NO,
    Stance.THINKS: Reply.UNDECIDED,
    Stance.FAREWELL: Reply.UNDECIDED,
    Stance.ASKS: Reply.OTHER,
    Stance.ARRANGES: Reply.OTHER,
    Stance.REQUESTS: Reply.OTHER,
    Stance.BARGAINS: Reply.OTHER,
    Stance.SCOLDS: Reply.OTHER,
    Stance.NONE: Reply.OTHER,
}
