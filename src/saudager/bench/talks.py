"""Weeks of simulated customers in the whole product: what a conversation costs, whom it writes to unasked, and whether
an agreed call is booked; beside a bare agent and a plain rule of 24 hours over the same conversations.
"""

import statistics
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from saudager import prompts
from saudager.bench import settings, shares, tokens, told_vendor, unasked
from saudager.bench.left_out import LeftOut
from saudager.bench.told_vendor import Prompter, Request, Vendor
from saudager.engines.models import Spend
from saudager.exam.cases import DialogueCase, shipped_knowledge
from saudager.exam.cast import everybody
from saudager.exam.dialogues import played
from saudager.exam.manners import FOR_SOME
from saudager.exam.seen import Seen
from saudager.moments import spoken_now
from saudager.rehearsal import OPENING, rehearse

_SEEDS, _FEWEST = 6, 2
_CONTEXT = 20
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
        {"variant": "followups_product", **unasked.judged(talks, unasked.ours)},
        {"variant": "followups_24h_rule", **unasked.judged(talks, unasked.by_rule)},
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


async def with_hosted_model(scale: float) -> Row:
    """One customer of each kind and the hosted model the environment sets: tokens as its vendor counts them, money as
    it tells or the price list, follow-ups and calls as above, and what a conversation takes on average of each."""
    cases = everybody(1)
    with tempfile.TemporaryDirectory() as folder:
        own = settings.in_folder(folder, knowledge_dir=shipped_knowledge())
        if not (own.compatible_base_url or any(getattr(own, f"{name}_api_key") for name in own.engines)):
            raise LeftOut("no hosted model is set: GEMINI_API_KEY, OPENROUTER_API_KEY, OPENAI_API_KEY or COMPATIBLE_…")
        async with rehearse(own, hosted=True) as shop:
            talks = [seen for _, seen in await played(shop, cases[: max(_FEWEST, round(len(cases) * scale))])]
            spent = await shop.app.db.read(_spent)
    return {
        **{name: round(total / len(talks), 5) for name, total in spent.items()},
        **{f"followups_{name}": value for name, value in unasked.judged(talks, unasked.ours).items()},
        **{f"calls_{name}": value for name, value in _calls(talks).items()},
        "conversations": len(talks),
    }


def _spent(session: Session) -> dict[str, float]:
    """Of all conversations together; calls whose price nobody knows are not in the money."""
    tokens_of = (Spend.tokens_in, Spend.tokens_cached, Spend.tokens_out)
    total = [func.sum(column) for column in (Spend.calls, *tokens_of, Spend.micro_usd, Spend.unpriced_calls)]
    row = session.execute(select(*total)).one()
    calls, into, cached, out, millionths, unpriced = (figure or 0 for figure in row)
    return {
        "calls": calls,
        "tokens_in": into,
        "tokens_cached": cached,
        "tokens_out": out,
        "usd": millionths / 1_000_000,
        "calls_unpriced": unpriced,
    }


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


def _calls(talks: Sequence[Seen]) -> Row:
    """Of the customers who agreed on a call, those who have it booked, and at the time they agreed on."""
    agreed = [seen for seen in talks if seen.customer.agreed]
    booked = sum(_CALL_AGREED.broken(seen) is None for seen in agreed)
    return {"conversations": len(talks), **shares.share("booked", booked, len(agreed))}
