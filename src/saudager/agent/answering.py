"""From a briefing to words that may be said: ask the model, do what it wants done, let the guard look, repair once."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager import prompts
from saudager.agent import actions, briefing, courtesy, disclosure, picturing
from saudager.agent.actions import Happened, Running
from saudager.agent.briefing import OpenTurn, Papers
from saudager.app import App
from saudager.contracts import Media
from saudager.crm import told as told_leads
from saudager.orders import told
from saudager.prompts import Prompt
from saudager.providers.llm import Answered, Briefing, Call, Decision, Fact
from saudager.settings import Settings
from saudager.studio import showing
from saudager.truth import guard
from saudager.truth.guard import Examination, ProvedFigure
from saudager.truth.named import NamedFact

_ROUNDS = 2
"""How often a model writes one answer: once, and once again when an action failed or the guard stopped the draft."""


@dataclass
class Answer:
    """What may be said, what a person must look at, and everything it rests on."""

    reply: str
    unanswered: list[str] = field(default_factory=list)
    """Questions of the customer that wait for a person."""
    withheld: list[str] = field(default_factory=list)
    """Why the guard let no draft out; empty when one passed."""
    pictures: list[tuple[int, Media]] = field(default_factory=list)
    """What goes out after the reply, each with the picture's id."""
    trace: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Attempt:
    """One draft, what was done before it, and what the guard found."""

    answered: Answered[Decision]
    happened: list[Happened]
    examined: Examination
    check_took: float
    """Seconds the guard took."""

    @property
    def passed(self) -> bool:
        return self.examined.passed and all(one.done for one in self.happened)

    @property
    def pictures(self) -> list[tuple[int, Media]]:
        wanted = [one for happened in self.happened for one in happened.pictures]
        return list(dict(wanted).items())[: showing.MOST]

    @property
    def remarks(self) -> tuple[str, ...]:
        """Why it must be written again."""
        told = tuple(f"Что на самом деле вышло: {one.told}" for one in self.happened)
        stopped = tuple(f"Так сказать нельзя: {problem}" for problem in self.examined.problems)
        return (*told, *stopped, "Напиши ответ заново: говори только то, что есть в сведениях магазина.")


async def answer(app: App, turn: OpenTurn, *, until: float, acts: bool = True) -> Answer:
    """Answer the turn's new lines. What no document proves is not said: it is found out by a person.

    Without ``acts`` nothing is done besides: the answer is only to be read by a person of the shop.
    """
    began = time.perf_counter()
    papers, prompt = await app.db.read(_prepared, turn, app.settings, whole=app.model.hosted, now=app.clock.now())
    searched = time.perf_counter()
    brief = briefing.brief(turn, papers, prompt=prompt, settings=app.settings, now=app.clock.now(), until=until)
    run = actions.run if acts else actions.refuse
    attempts = await _attempts(app, turn, brief, papers, run)
    last = attempts[-1]
    reply = last.answered.value.reply if last.passed else courtesy.WILL_FIND_OUT[courtesy.of_lines(turn.new_words)]
    thought = time.perf_counter() - searched
    checked = sum(attempt.check_took for attempt in attempts)
    return Answer(
        reply=disclosure.disclosed(reply, turn, app.settings),
        unanswered=_left_to_a_person(attempts, turn),
        withheld=[] if last.passed else last.examined.problems,
        pictures=last.pictures if last.passed else [],
        trace=_trace(attempts, papers, brief)
        | {"took_ms": {"search": _ms(searched - began), "model": _ms(thought - checked), "check": _ms(checked)}},
    )


def _prepared(
    session: Session, turn: OpenTurn, settings: Settings, *, whole: bool, now: datetime
) -> tuple[Papers, Prompt]:
    papers = briefing.find_papers(session, turn, settings, whole=whole, now=now)
    if asked := picturing.asked_to_see(turn):
        found = picturing.fitting(session, turn, asked, settings)
        papers = replace(papers, pictures=list(dict.fromkeys(one.title for one in found)))
    return papers, prompts.in_force(session, "sales", settings.prompts_dir)


async def _attempts(app: App, turn: OpenTurn, brief: Briefing, papers: Papers, run: Running) -> list[_Attempt]:
    """Every draft there was; the last one is the best that could be had."""
    attempts: list[_Attempt] = []
    done: list[Happened] = []
    for _ in range(_ROUNDS):
        attempt = await _attempt(app, turn, brief, papers, await app.model.decide(brief), done, run)
        attempts.append(attempt)
        has_news = any(one.is_news and one not in done for one in attempt.happened)
        if (attempt.passed and not has_news) or attempt.answered.engine == app.offline.name:
            return attempts
        done = [one for one in attempt.happened if one.done]
        brief = replace(brief, remarks=attempt.remarks)
    plain = replace(brief, remarks=())
    attempts.append(await _attempt(app, turn, plain, papers, await app.offline.decide(plain), done, run))
    return attempts


async def _attempt(
    app: App,
    turn: OpenTurn,
    brief: Briefing,
    papers: Papers,
    answered: Answered[Decision],
    done: Sequence[Happened],
    run: Running,
) -> _Attempt:
    decision = answered.value
    already = {(one.action.kind, one.action.detail) for one in done}
    wanted = [action for action in decision.actions if (action.kind, action.detail) not in already]
    happened = [*done, *await run(app, turn, wanted)]
    proved = [fact for one in happened for fact in one.facts]
    hosted = answered.engine != app.offline.name
    began = time.perf_counter()
    of_today = [*papers.found, *(papers.whole if hosted else ()), *proved]
    earlier = [*(said.text for said in turn.history), *turn.new_words]
    reply = told.without_numbers(decision.reply, papers.orders)
    circumstances: dict[str, Any] = {"earlier": earlier, "now": brief.now, "letter": turn.is_by_mail}
    of_lead = papers.lead.proofs if papers.lead else []
    proofs = [*of_today, *papers.letter, *told.proofs(papers.orders), *of_lead]
    examined = guard.examine(reply, facts=proofs, **circumstances)
    if told.is_priced_by_orders(reply, examined) or told_leads.is_misquoted(reply, examined):
        examined = guard.examine(decision.reply, facts=[*of_today, *papers.letter], **circumstances)
    return _Attempt(answered, happened, examined, time.perf_counter() - began)


def _left_to_a_person(attempts: Sequence[_Attempt], turn: OpenTurn) -> list[str]:
    handed_over = [
        one.action.detail or turn.new_words[-1]
        for one in attempts[-1].happened
        if one.done and one.action.kind == "hand_over"
    ]
    return handed_over or ([] if attempts[-1].passed else ["; ".join(turn.new_words)])


def _trace(attempts: Sequence[_Attempt], papers: Papers, brief: Briefing) -> dict[str, Any]:
    last = attempts[-1]
    calls = [call for attempt in attempts for call in attempt.answered.calls]
    trace: dict[str, Any] = {
        "model": last.answered.engine,
        "draft": None if last.passed else last.answered.value.reply,
        "facts": [_traced(fact) for fact in (*papers.found, *papers.of_orders)],
        "figures": [{"text": figure.text, "source": _source(figure)} for figure in last.examined.figures],
        "problems": last.examined.problems,
        "rejected": [
            {
                "engine": attempt.answered.engine,
                "draft": attempt.answered.value.reply,
                "problems": [*attempt.examined.problems, *(one.told for one in attempt.happened if not one.done)],
            }
            for attempt in attempts[:-1]
        ],
        "actions": [{**one.action.model_dump(), "done": one.done, "told": one.told} for one in last.happened],
        "calls": traced_calls(calls),
    }
    if last.passed and last.pictures:
        trace["pictures"] = [{"id": id, "media": media.model_dump(exclude_none=True)} for id, media in last.pictures]
    if calls:
        trace["prompt"] = brief.instructions.replace(
            papers.text, f"({len(papers.whole or papers.found)} фрагментов документов)"
        )
    return trace


def _source(figure: ProvedFigure) -> dict[str, Any] | None:
    source = figure.source or figure.row
    return None if source is None else _traced(source)


def _traced(source: Fact | NamedFact) -> dict[str, Any]:
    if isinstance(source, NamedFact):
        return {"name": source.name, "label": source.label, "value": source.value}
    return {
        "file": source.file,
        "page": source.page,
        "row": source.row,
        "section": source.section,
        "text": source.text,
        "score": round(source.score, 2),
    }


def traced_calls(calls: Sequence[Call]) -> list[dict[str, Any]]:
    """Calls to hosted engines as a trace keeps them; ``usd`` is text, null when nobody knows the price."""
    return [
        {
            "engine": call.engine,
            "model": call.model,
            "tokens_in": call.tokens_in,
            "tokens_out": call.tokens_out,
            "tokens_cached": call.tokens_cached,
            "usd": None if call.cost is None else str(call.cost),
            "took_ms": round(call.took_ms, 1),
            "fault": call.fault,
        }
        for call in calls
    ]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
