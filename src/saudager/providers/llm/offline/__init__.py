"""The model that needs no key and no network: plain rules that answer from the shop's passages, word for word."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from saudager.languages.seeing import Sight, besides, sight_in
from saudager.providers.llm import Action, Answered, Briefing, Decision, M, NoEngine, Said, Task
from saudager.providers.llm.offline import phrases
from saudager.providers.llm.offline.answers import Answer
from saudager.providers.llm.offline.attributes import holds
from saudager.providers.llm.offline.choosing import answer
from saudager.providers.llm.offline.fitting import Context
from saudager.providers.llm.offline.own_orders import of_orders
from saudager.providers.llm.offline.questions import Question, also_called, alternatives, question
from saudager.providers.llm.offline.reading import Reading, read
from saudager.providers.llm.offline.rows import money_of
from saudager.providers.llm.offline.saying import money
from saudager.providers.llm.offline.several import added_up, several
from saudager.providers.llm.offline.terms import bag
from saudager.providers.llm.offline.units import Unit, units_of
from saudager.words import clean, normalise

_SENTENCES = 4
_CONTEXT_LINES = 4
_CONTEXT_TERMS = 12


class OfflineModel:
    """Deterministic salesperson: every figure it says stands in a passage of the briefing, or is counted from those."""

    name = "offline"
    hosted = False

    async def decide(self, briefing: Briefing) -> Answered[Decision]:
        """Answer the new lines in one to four sentences; what the passages do not hold is handed over to a person."""
        return Answered(_decide(briefing), self.name)

    async def write(self, task: Task) -> Answered[str]:
        """Rules write no free text."""
        raise NoEngine("the offline engine writes no free text")

    async def extract(self, task: Task, into: type[M]) -> Answered[M]:
        """Rules fill no forms; the moderator has rules of its own."""
        raise NoEngine("the offline engine reads no forms")

    async def warm_up(self) -> None:
        """Nothing to load."""

    async def close(self) -> None:
        """Nothing to close."""


def _decide(briefing: Briefing) -> Decision:
    reading = read(briefing.new_lines, today=briefing.now.weekday())
    if reading.wants_person or reading.complains:
        phrase = phrases.SORRY if reading.complains else phrases.CALL_A_PERSON
        return _hand_over(phrase[reading.language], briefing.new_lines, reading, briefing)
    seen = [one.text for one in reading.questions if sight_in(one.text)] if briefing.pictures else []
    answers, unknown = _answer_all(reading, briefing)
    said = [
        f"{one.said}." if one.in_his_language else phrases.quoted(one.said.rstrip("."), reading.language)
        for one in answers
    ]
    if _asks_more_off(reading, answers):
        said.insert(0, phrases.OTHER_DISCOUNT[reading.language])
    actions = []
    if seen:
        said.append(phrases.SEE_BELOW[reading.language])
        actions.append(Action(kind="send_picture", detail="; ".join(seen)[:500]))
    if unknown and not reading.tampers and (not reading.wants_discount or any(one.firm for one in unknown)):
        said.append(phrases.FIND_OUT_REST[reading.language] if answers or seen else phrases.FIND_OUT[reading.language])
        actions.append(Action(kind="hand_over", detail="; ".join(one.text.rstrip(".") for one in unknown)[:500]))
    if reading.asks_if_machine:
        said.insert(0, phrases.A_MACHINE[reading.language])
    said.extend(_around(reading, bool(said)))
    is_settled = any(action.kind == "hand_over" for action in actions) or bool(seen and not answers)
    return Decision(reply=_compose(said, answers, reading, briefing, is_settled), actions=actions)


def _answer_all(reading: Reading, briefing: Briefing) -> tuple[list[Answer], list[Question]]:
    units = units_of(briefing.facts)
    context = context_of(briefing.history, briefing.synonyms)
    answers: list[Answer] = []
    unknown: list[Question] = []
    for one in _spoken_of(reading, briefing, unknown):
        if told := of_orders(one.text, briefing.orders):
            answers.extend(other for other in told.answers if other not in answers)
            unknown.extend([] if told.is_whole else [one])
            continue
        if not one.terms and not one.topics and not one.wants and not one.days:
            continue
        if not one.terms and not one.topics and one.wants == ("price",) and any(other.priced for other in answers):
            continue
        if context.unanswered and not one.firm and not set(one.topics) - set(context.topics):
            continue
        if answers and _is_told(one, answers[-1]):
            continue
        found = _answer_one(one, units, context, reading, briefing.synonyms)
        if found and _turns_aside(one, context) and all(other.said in context.last_reply for other in found):
            found = _answer_one(one, units, Context(), reading, briefing.synonyms)
        if one.wants_total and not one.terms and (total := _total(briefing.history)):
            found = [total]
        if found:
            answers = [old for old in answers if not any(old.said in other.said for other in found)]
            known = " ".join(other.said for other in answers)
            answers.extend(other for other in found if other.said not in known)
        else:
            unknown.append(one)
        context = followed(context, one, " ".join(other.said for other in found))
        context.unanswered = not found
    return answers, unknown


def _spoken_of(reading: Reading, briefing: Briefing, unknown: list[Question]) -> Iterator[Question]:
    """The questions words answer; what somebody wants to see and cannot be shown is ``unknown``."""
    for one in (also_called(one, briefing.synonyms) for one in reading.questions):
        sight = sight_in(one.text)
        if sight is None or (sight is Sight.WONDERED and not briefing.pictures):
            yield one
            continue
        if not briefing.pictures:
            unknown.append(one)
        if (rest := besides(one.text)) is not None:
            yield also_called(question(rest), briefing.synonyms)


def _is_told(asked: Question, last: Answer) -> bool:
    """«И за сколько дней?» when the sentence before has named the days."""
    wants = set(asked.wants) - {"hours", "address", "who"}
    told = normalise(last.said)
    return bool(wants) and not (asked.firm or asked.topics) and all(holds(want, told) for want in asked.wants)


def _turns_aside(asked: Question, before: Context) -> bool:
    """«А доставка сколько стоит?» after the price of a window: what was said last is no answer to it."""
    return bool(set(asked.topics) - set(before.topics))


def _answer_one(
    one: Question, units: list[Unit], context: Context, reading: Reading, synonyms: Mapping[str, Sequence[str]]
) -> list[Answer]:
    found = answer(one, units, context, reading.language)
    if things := several(one, found, lambda part: answer(part, units, context, reading.language)):
        total = added_up(things, reading.language) if one.wants_total else None
        return [*things, total] if total else things
    parts = [also_called(question(part), synonyms) for part in alternatives(one)]
    if len(parts) > 1:
        first = parts[0]
        shared = followed(context, replace(first, terms=first.terms[:-1]), "")
        shared.wants = shared.wants or one.wants
        both = [answer(part, units, shared, reading.language) for part in parts]
        if all(both):
            return [other for several in both for other in several]
    return found


def context_of(history: Sequence[Said], synonyms: Mapping[str, Sequence[str]]) -> Context:
    """What the conversation was about: what the customer asked, newest first, and what we answered last."""
    context = Context()
    lines = history[-2 * _CONTEXT_LINES :]
    for place, line in enumerate(lines):
        if line.author != "customer":
            continue
        reply = next((other.text for other in lines[place + 1 :] if other.author == "us"), "")
        for one in read([clean(line.text, 500)]).questions:
            context = followed(context, also_called(one, synonyms), reply)
    return context


def followed(before: Context, latest: Question, reply: str) -> Context:
    """The context after one more question and its answer; what a new thing replaces is forgotten."""
    keys = {term.key for term in latest.terms}
    units = {term.number.unit for term in latest.terms if term.number}
    older = [
        replace(term, weight=term.weight * 0.8)
        for term in before.terms
        if term.key not in keys and not (term.number and term.number.unit in units)
    ]
    has_thing = any(term.firm and term.word and not term.is_adjective for term in latest.terms)
    if has_thing and not latest.leans and latest.wants:
        older = [replace(term, weight=term.weight * 0.4) for term in older]
    older = [term for term in older if not term.may_be_name]
    kind = bool(latest.wants or latest.topics)
    terms = (*latest.terms, *older)[:_CONTEXT_TERMS]
    return Context(
        terms=terms,
        topics=latest.topics if kind else before.topics,
        wants=latest.wants if kind else before.wants,
        days=latest.days or before.days,
        replied=bag(reply) if reply else before.replied,
        last_reply=reply or before.last_reply,
    )


def _total(history: Sequence[Said]) -> Answer | None:
    """The last two prices we named, added up."""
    named = [re.findall(r"\d[\d ]*(?= (?:₸|тг|тенге))", line.text) for line in history if line.author == "us"][-2:]
    if len(named) < 2 or not all(len(set(prices)) == 1 for prices in named):
        return None
    amounts = [money_of(prices[0]) or 0 for prices in named]
    return Answer(
        f"{money(amounts[0])} + {money(amounts[1])} = {money(sum(amounts))}", (), amount=sum(amounts), priced=True
    )


def _asks_more_off(reading: Reading, answers: list[Answer]) -> bool:
    """Whether a percentage is asked for that the answer does not name."""
    named = {
        share for one in reading.questions if "discount" in one.topics for share in re.findall(r"(\d+)\s*%", one.text)
    }
    return bool(answers and named) and not any(
        re.search(rf"\b{share}\s*%", one.said) for share in named for one in answers
    )


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
    return [phrases.AGREED[language]] if reading.agrees else []


def _compose(said: list[str], answers: list[Answer], reading: Reading, briefing: Briefing, is_settled: bool) -> str:
    language = reading.language
    greeting = [] if briefing.history else [phrases.GREETING[language]]
    room = _SENTENCES - len(greeting)
    if len(said) > room:
        said = [*said[: room - 1], " ".join(said[room - 1 :]).replace(". ", "; ")]
    closing = _closing(answers, reading, briefing, is_settled, bool(said))
    if closing and len(said) < room and not any("?" in sentence for sentence in said):
        said = [*said, closing]
    return " ".join([*greeting, *said])


def _closing(
    answers: list[Answer], reading: Reading, briefing: Briefing, is_settled: bool, answered: bool
) -> str | None:
    """At most one question, none that was asked before."""
    language = reading.language
    if is_settled or reading.thanks or reading.declines or reading.agrees:
        return None
    asked = " ".join(line.text for line in briefing.history if line.author == "us")
    if not answers:
        return None if reading.asks_if_machine else phrases.HOW_TO_HELP[language]
    if not any(one.priced for one in answers):
        return None
    candidates = [
        *([phrases.WHICH_VARIANT[language]] if any(one.open for one in answers) else []),
        *phrases.NEXT_QUESTIONS[language],
    ]
    return next((candidate for candidate in candidates if candidate not in asked), None)


def _hand_over(sentence: str, lines: Sequence[str], reading: Reading, briefing: Briefing) -> Decision:
    greeting = "" if briefing.history else f"{phrases.GREETING[reading.language]} "
    detail = "; ".join(clean(line, 200) for line in lines[-3:])
    return Decision(reply=greeting + sentence, actions=[Action(kind="hand_over", detail=detail)])
