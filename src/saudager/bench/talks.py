"""Weeks of simulated customers in the whole product: what a conversation costs, whom it writes to unasked, and whether
an agreed call is booked; beside a bare agent and a plain rule of 24 hours over the same conversations.
"""

import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from saudager import prompts
from saudager.bench import settings, shares, tokens, told_vendor
from saudager.bench.told_vendor import Prompter, Request, Vendor
from saudager.exam.cases import DialogueCase, shipped_knowledge
from saudager.exam.cast import everybody
from saudager.exam.customers import Means
from saudager.exam.dialogues import played
from saudager.exam.manners import FOR_SOME
from saudager.exam.seen import Seen
from saudager.moments import spoken_now
from saudager.providers.channels import Line
from saudager.rehearsal import OPENING, rehearse
from saudager.words import normalise

_SEEDS, _FEWEST = 12, 2
_CONTEXT = 20
_DAY = timedelta(hours=24)
_AGREED = frozenset({"да", "согласен", "готов", "давайте", "хорошо", "ок"})
_REFUSED = frozenset({"нет", "не надо", "не интересно", "не сейчас", "откажусь"})
_CALL_AGREED = next(rule for rule in FOR_SOME if rule.key == "call_agreed")
Row = dict[str, Any]


async def measured(scale: float) -> list[Row]:
    """Everything the conversations show, once with the settings as shipped and once with found passages only."""
    cases = everybody(_SEEDS)
    cases = cases[: max(_FEWEST, round(len(cases) * scale))]
    talks, spent = await _played(cases)
    _, with_passages = await _played(cases, knowledge_whole_tokens=0)
    bare = await _bare_agno(talks)
    count = len(talks)
    return [
        {"variant": "cost_product", **_cost(spent, count)},
        {"variant": "cost_product_passages", **_cost(with_passages, count)},
        {"variant": "cost_bare_agno", **_cost(bare, count)},
        {"variant": "followups_product", **_followups(talks, _ours)},
        {"variant": "followups_24h_rule", **_followups(talks, _by_rule)},
        {"variant": "calls_product", **_calls(talks)},
    ]


Spent = list[tuple[object, str, list[Request]]]


async def _played(cases: Sequence[DialogueCase], **other: Any) -> tuple[list[Seen], Spent]:
    vendor = Vendor()
    async with told_vendor.running(vendor) as url:
        with tempfile.TemporaryDirectory() as folder:
            own = settings.in_folder(folder, **told_vendor.engine(url), knowledge_dir=shipped_knowledge(), **other)
            async with rehearse(own, hosted=True) as shop:
                shop.app.model = prompter = Prompter(shop.app.model, shop.app.offline, vendor)
                talks = [seen for _, seen in await played(shop, cases)]
    return talks, [*prompter.spent]


async def _bare_agno(talks: Sequence[Seen]) -> Spent:
    """Every line of the same customers put to an Agno agent that has the whole documents in its system prompt, our
    rules above them, and the last twenty lines; it answers what we answered. Who writes, follow-ups and checks of what
    it says are not in it."""
    import agno.agent
    from agno.models.message import Message
    from agno.models.openai.like import OpenAILike

    vendor = Vendor()
    spent: Spent = []
    documents = told_vendor.documents(shipped_knowledge())
    async with told_vendor.running(vendor) as url:
        model = OpenAILike(id=told_vendor.MODEL, api_key="none", base_url=url)
        for seen in talks:
            zone = seen.house.settings.zone
            for spoken in seen.spoken:
                said = [line for line in seen.phone if line.sent_at < spoken.at][-_CONTEXT + 1 :]
                reply = "\n".join(line.text or "" for line in seen.replies_to(spoken)) or "Здравствуйте! Чем помочь?"
                rules = prompts.load("sales").fill(
                    knowledge_base=documents,
                    conversation_history="(в сообщениях ниже)",
                    new_message="(последнее сообщение покупателя ниже)",
                    current_datetime=spoken_now(spoken.at.astimezone(zone)),
                )
                vendor.answer = partial(_said, reply)
                before = len(vendor.requests)
                agent = agno.agent.Agent(model=model, system_message=rules, telemetry=False)
                await agent.arun(input=[*map(_as_message(Message), said), Message(role="user", content=spoken.text)])
                spent.append((seen.chat, "answers", vendor.requests[before:]))
    return spent


def _said(reply: str, body: dict[str, Any]) -> str:
    return reply


def _as_message(message: Any) -> Any:
    return lambda line: message(role="assistant" if line.from_us else "user", content=line.text or "")


def _cost(spent: Spent, conversations: int) -> Row:
    """Tokens and money of one conversation, weeks long and with everything asked of a model in it.

    ``cached`` is the part a vendor's prompt cache could have held at best; ``usd_`` is the list price without a cache,
    ``usd_cached_`` with that best one.
    """
    by_whom: dict[object, list[Request]] = defaultdict(list)
    by_what: dict[str, int] = defaultdict(int)
    for who, what, requests in spent:
        by_whom[who] += requests
        by_what[what] += len(requests)
    each = [*by_whom.values(), *([[]] * (conversations - len(by_whom)))]
    row: Row = {
        "conversations": conversations,
        "calls": round(sum(map(len, each)) / conversations, 2),
        **{f"calls_{what}": round(count / conversations, 2) for what, count in sorted(by_what.items())},
        "counted_by": tokens.counted_by(),
        **shares.mean("tokens_in", [sum(one.into for one in some) for some in each], digits=0),
        "tokens_cached": round(statistics.fmean(sum(one.cached for one in some) for some in each)),
        **shares.mean("tokens_out", [sum(one.out for one in some) for some in each], digits=0),
    }
    for model in tokens.usual_models():
        name = model[1].replace(".", "_").replace("-", "_")
        for title, has_cache in (("usd", False), ("usd_cached", True)):
            costs = [sum(_dollars(model, one, has_cache=has_cache) for one in some) for some in each]
            row |= shares.mean(f"{title}_{name}", costs, digits=5)
    return row


def _dollars(model: tuple[str, str], request: Request, *, has_cache: bool) -> float:
    return tokens.dollars(model, request.into, request.out, request.cached if has_cache else 0, at=OPENING)


def _followups(talks: Sequence[Seen], written: Any) -> Row:
    """How many follow-ups were wrong by what the customer meant, which his script knows; ``reached`` are those who
    were thinking it over and got one."""
    all_of = [(seen, list(written(seen))) for seen in talks]
    faults: dict[str, int] = defaultdict(int)
    count = 0
    for seen, moments in all_of:
        for before, at in zip([None, *moments], moments, strict=False):
            count += 1
            if why := _fault(seen, before, at):
                faults[why] += 1
    thinking = [(seen, moments) for seen, moments in all_of if _thinks_it_over(seen)]
    return {
        "conversations": len(talks),
        **shares.share("wrong", sum(faults.values()), count),
        **{f"wrong_{why}": some for why, some in sorted(faults.items())},
        "undecided": len(thinking),
        "undecided_reached": sum(bool(moments) for _, moments in thinking),
    }


def _fault(seen: Seen, before: datetime | None, at: datetime) -> str | None:
    if not seen.persona.is_customer:
        return "not_a_customer"
    for means, why in (
        (Means.STOPS, "told_to_stop"),
        (Means.DECLINES, "declined"),
        (Means.COMPLAINS, "complains"),
        (Means.WANTS_CALL, "call_agreed"),
    ):
        if (since := seen.first(means)) is not None and since < at:
            return why
    if before is not None and at - before < _DAY:
        return "too_often"
    return None


def _thinks_it_over(seen: Seen) -> bool:
    meant = {line.means for line in seen.spoken}
    never = {Means.STOPS, Means.DECLINES, Means.COMPLAINS, Means.WANTS_CALL, Means.TAMPERS}
    return seen.persona.is_customer and not meant & never


def _ours(seen: Seen) -> Iterator[datetime]:
    """Lines nobody asked for, but for the reminders of a booked call."""
    for line in seen.unasked:
        if not _is_reminder(line, seen):
            yield line.sent_at


def _is_reminder(line: Line, seen: Seen) -> bool:
    ahead = timedelta(minutes=seen.house.settings.call_reminder_minutes + 5)
    calls = seen.rows.calls if seen.rows else ()
    return any(call.scheduled_at - ahead <= line.sent_at <= call.scheduled_at for call in calls)


def _by_rule(seen: Seen) -> Iterator[datetime]:
    """As the project's documents have it: a customer by our own verdict, our line the last, and he has not answered
    one of the listed words of yes or no for 24 hours; then at the intervals until he writes."""
    if seen.rows is None or not seen.rows.contact.is_client:
        return
    asked = {id(line) for line in seen.unasked}
    lines = [line for line in seen.phone if id(line) not in asked]
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        theirs = [one for one in lines if not one.from_us and one.sent_at <= line.sent_at]
        if not line.from_us or not theirs or normalise(theirs[-1].text or "") in _AGREED | _REFUSED:
            continue
        until = following.sent_at if following else seen.until
        for hours in seen.house.settings.follow_up_intervals:
            if (at := line.sent_at + timedelta(hours=hours)) < until:
                yield at


def _calls(talks: Sequence[Seen]) -> Row:
    """Of the customers who agreed on a call, those who have it booked, and at the time they agreed on."""
    agreed = [seen for seen in talks if seen.customer.agreed]
    booked = sum(_CALL_AGREED.broken(seen) is None for seen in agreed)
    return {"conversations": len(talks), **shares.share("booked", booked, len(agreed))}
