"""When a person must take over, told by plain rules before any model is asked; and what the customer is told then."""

import re
from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy.orm import Session

from saudager.agent import courtesy
from saudager.agent.briefing import OpenTurn
from saudager.agent.escalation_grammar import says, says_only
from saudager.db.statements import Statement, document
from saudager.languages import Language
from saudager.languages.latin import kazakh_from_latin
from saudager.settings import Settings
from saudager.words import clean, normalise


class Reason(StrEnum):
    """Why a person is called, as the shop is told."""

    MONEY_BACK = "требует вернуть деньги"
    PAYMENT = "что-то не так с оплатой"
    COMPLAINS = "жалуется"
    ANGRY = "сердится"
    WANTS_PERSON = "просит человека"
    NOT_KNOWN_TWICE = "дважды подряд не нашлось ответа"


_LINE_LIMIT = 1500
_SENTENCE = re.compile(r"[.!?…\n]+|\)\)+")
_NOT_A_WORD = re.compile(r"[\W_]+")
_LATIN_WORD = re.compile(r"[a-z][a-z'’]*")
_KAZAKH_LETTERS = str.maketrans("әғқңөұүһі", "агкноууxи".replace("x", "х"))
_TRACE = Statement("select trace from turns where id = :turn")


def reason_in(lines: Sequence[str]) -> Reason | None:
    """Why the customer's new lines call for a person; None for ordinary ones."""
    parts = [plain for line in lines for part in _SENTENCE.split(clean(line, _LINE_LIMIT)) if (plain := _plain(part))]
    found: set[Reason] = set()
    for sentence in (spelled for part in parts for spelled in _spellings(part)):
        found |= _in_sentence(sentence)
    for talk in _spellings(" ".join(parts)) if len(parts) > 1 else ():
        found |= _in_talk(talk)
    return next((reason for reason in Reason if reason in found), None)


def _in_sentence(sentence: str) -> set[Reason]:
    found = _in_talk(sentence)
    if says_only("only_money_back", sentence) or (
        says("wants_money_back", sentence) and not says("rules_of_return", sentence)
    ):
        found.add(Reason.MONEY_BACK)
    if says("angry", sentence) and not says("hopes_not", sentence):
        found.add(Reason.ANGRY)
    if says_only("only_a_person", sentence) or (
        says("wants_person", sentence) and not says("who_are_you", sentence) and not says("wants_nobody", sentence)
    ):
        found.add(Reason.WANTS_PERSON)
    return found


def _in_talk(talk: str) -> set[Reason]:
    """What may be spread over several sentences: «Обещали во вторник. И ничего не привезли»."""
    found: set[Reason] = set()
    if says("demands_money", talk):
        found.add(Reason.MONEY_BACK)
    if says("payment", talk):
        found.add(Reason.PAYMENT)
    if says("complains", talk) and not says("hopes_not", talk):
        found.add(Reason.COMPLAINS)
    if says("legal", talk) and not says("asks_a_price", talk):
        found.add(Reason.COMPLAINS)
    return found


def did_not_know_before(session: Session, turn: OpenTurn) -> bool:
    """Whether our last word in the conversation left a question to a person; a line a person wrote since ends that."""
    ours = turn.last_of_ours
    if ours is None or ours.turn_id is None:
        return False
    row = _TRACE(session, turn=ours.turn_id).fetchone()
    return row is not None and bool(document(row[0]).get("unanswered"))


def waiting_line(reason: Reason, language: Language, settings: Settings) -> str:
    """That a person has been told, and when people work: nothing that is not so."""
    told = courtesy.HANDED_OVER[language].format(
        begins=f"{settings.working_hours_start}:00", ends=f"{settings.working_hours_end}:00"
    )
    calm = reason in (Reason.WANTS_PERSON, Reason.NOT_KNOWN_TWICE)
    return told if calm else f"{courtesy.SORRY[language]} {told}"


def _plain(sentence: str) -> str:
    return _NOT_A_WORD.sub(" ", normalise(sentence).translate(_KAZAKH_LETTERS)).strip()


def _spellings(plain: str) -> list[str]:
    """The sentence as it stands, and with its Latin words as they sound: «vernite dengi» is «верните денги»."""
    if not _LATIN_WORD.search(plain):
        return [plain]
    return [plain, _LATIN_WORD.sub(lambda word: kazakh_from_latin(word.group()), plain)]
