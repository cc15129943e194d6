"""The model that needs no key and no network: plain rules that answer from the shop's passages, word for word."""

import re
from collections.abc import Sequence
from dataclasses import replace

from saudager.providers.llm import Action, Briefing, Decision, Said
from saudager.providers.llm.offline import phrases
from saudager.providers.llm.offline.choosing import Answer, choose
from saudager.providers.llm.offline.reading import Question, Reading, question, read
from saudager.words import clean

_SENTENCES = 4
_CONTEXT_LINES = 4
_SHORT = 5


class OfflineModel:
    """Deterministic salesperson: every figure it says stands verbatim in a passage of the briefing."""

    name = "offline"

    async def decide(self, briefing: Briefing) -> Decision:
        """Answer the new lines in two to four sentences; what the passages do not hold is handed over to a person."""
        reading = read(briefing.new_lines)
        if reading.wants_person:
            return _hand_over(phrases.CALL_A_PERSON[reading.language], briefing.new_lines, reading, briefing)
        answers, unknown = _answer_all(reading, briefing)
        said = [f"{answer.said.rstrip('.')}." for answer in answers]
        if _asks_more_off(reading, answers):
            said.insert(0, phrases.OTHER_DISCOUNT[reading.language])
        actions = []
        if unknown:
            said.append(_find_out(reading, unknown, bool(answers)))
            actions.append(Action(kind="hand_over", detail="; ".join(one.text for one in unknown)[:500]))
        said.extend(_around(reading, bool(said)))
        return Decision(reply=_compose(said, answers, reading, briefing, bool(unknown)), actions=actions)


def _answer_all(reading: Reading, briefing: Briefing) -> tuple[list[Answer], list[Question]]:
    context = _context(briefing.history)
    answers: list[Answer] = []
    unknown: list[Question] = []
    for one in (question(statement) for statement in reading.statements):
        if one.about and len(one.text.split()) <= _SHORT and (answer := choose(one, briefing.facts, None)):
            answers.append(answer)
            context = one
    for one in reading.questions:
        if answers and not one.about and not one.size:
            continue
        found = [answer for part in _parts(one, briefing, context) if (answer := choose(part, briefing.facts, context))]
        if not found and not one.about_discount:
            unknown.append(one)
        said = " ".join(answer.said for answer in answers)
        answers.extend(answer for answer in found if answer.said not in said)
        context = _carried(one, context)
    return answers, unknown


def _parts(whole: Question, briefing: Briefing, context: Question | None) -> list[Question]:
    """«Сколько стоит доставка и есть ли рассрочка» is two questions when each half has its own passage."""
    halves = [question(part) for part in whole.text.replace(" а также ", " и ").split(" и ")]
    if len(halves) == 2 and all(half.about for half in halves):
        first, second = (choose(half, briefing.facts, context) for half in halves)
        if first and second and not set(first.facts) & set(second.facts):
            return halves
    return [whole]


def _context(history: Sequence[Said]) -> Question | None:
    """What the customer asked about last; short follow-ups are joined with what they followed."""
    context = None
    for line in history[-2 * _CONTEXT_LINES :]:
        if line.author == "customer":
            context = _carried(question(clean(line.text, 500)), context)
    return context


def _carried(latest: Question, before: Question | None) -> Question | None:
    if before is None or not (latest.follows_up or not latest.about):
        return latest if latest.about else before
    return replace(latest, about=latest.about | before.about, size=latest.size or before.size)


def _asks_more_off(reading: Reading, answers: list[Answer]) -> bool:
    """Whether a percentage is asked for that the answer does not name."""
    named = {share for one in reading.questions if one.about_discount for share in re.findall(r"(\d+)\s*%", one.text)}
    return bool(answers and named) and not any(
        re.search(rf"\b{share}\s*%", answer.said) for share in named for answer in answers
    )


def _find_out(reading: Reading, unknown: list[Question], partly: bool) -> str:
    if partly:
        return phrases.FIND_OUT_REST[reading.language]
    return (phrases.FIND_OUT_SIZE if any(one.size for one in unknown) else phrases.FIND_OUT)[reading.language]


def _around(reading: Reading, answered: bool) -> list[str]:
    """What is said when a line asks nothing of the documents."""
    language = reading.language
    if reading.tampers:
        return [phrases.BACK_TO_MATTER[language]]
    if reading.wants_discount and not answered:
        return [phrases.NO_DISCOUNT[language]]
    if answered:
        return []
    if reading.thanks:
        return [phrases.WELCOME[language]]
    if reading.declines:
        return [phrases.DECLINED[language]]
    if reading.agrees:
        return [phrases.AGREED[language]]
    return [phrases.NOTED[language]] if reading.statements else []


def _compose(said: list[str], answers: list[Answer], reading: Reading, briefing: Briefing, handed_over: bool) -> str:
    language = reading.language
    greeting = [] if briefing.history else [phrases.GREETING[language]]
    room = _SENTENCES - len(greeting)
    if len(said) > room:
        said = [*said[: room - 1], " ".join(said[room - 1 :]).replace(". ", "; ")]
    closing = _closing(answers, reading, briefing, handed_over, bool(said))
    if closing and len(said) < room and not any("?" in sentence for sentence in said):
        said = [*said, closing]
    return " ".join([*greeting, *said])


def _closing(
    answers: list[Answer], reading: Reading, briefing: Briefing, handed_over: bool, answered: bool
) -> str | None:
    """At most one question, none that was asked before."""
    language = reading.language
    if not answered or (reading.tampers and not answers):
        return phrases.HOW_TO_HELP[language]
    if handed_over or reading.thanks or reading.declines:
        return None
    asked = " ".join(line.text for line in briefing.history if line.author == "us")
    if answers and not any(answer.priced for answer in answers):
        return phrases.HOW_TO_HELP[language] if not briefing.history else None
    candidates = [
        *([phrases.WHICH_SIZE[language]] if any(answer.ask_size for answer in answers) else []),
        *([phrases.WHICH_VARIANT[language]] if any(answer.ask_variant for answer in answers) else []),
        *phrases.NEXT_QUESTIONS[language],
    ]
    return next((candidate for candidate in candidates if candidate not in asked), None)


def _hand_over(sentence: str, lines: Sequence[str], reading: Reading, briefing: Briefing) -> Decision:
    greeting = "" if briefing.history else f"{phrases.GREETING[reading.language]} "
    detail = "; ".join(clean(line, 200) for line in lines[-3:])
    return Decision(reply=greeting + sentence, actions=[Action(kind="hand_over", detail=detail)])
