"""From a customer's message to the answer on his phone, with a model that takes a stated time to think.

Each message is a new customer's first, so the product asks the model twice: who writes, and what to answer. A bare
agent asks once. ``_no_patience`` is the product without the wait for a customer's next line.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from typing import Any

from saudager import prompts
from saudager.bench import settings, shares, told_vendor
from saudager.bench.delays import Delays
from saudager.bench.told_vendor import Vendor
from saudager.clock import SystemClock
from saudager.exam.cases import shipped_knowledge
from saudager.moments import spoken_now
from saudager.providers.llm import Decision, Verdict
from saudager.rehearsal import OPENING, rehearse
from saudager.settings import Settings

_CUSTOMERS, _RATE, _THINKING = 60, 5.0, 1.0
_FEWEST, _SHORTEST_THOUGHT = 5, 0.2
_TEXT = "Здравствуйте, сколько стоит стул «Ару»?"
_REPLY = "Здравствуйте! Для кухни или для гостиной?"
Row = dict[str, Any]


async def measured(scale: float) -> list[Row]:
    """The product as shipped, without patience, and a bare agent."""
    count, thinking = max(_FEWEST, round(_CUSTOMERS * scale)), max(_SHORTEST_THOUGHT, _THINKING * scale)
    patience = {name: Settings.model_fields[name].default for name in ("patience", "patience_complete")}
    return [
        {"variant": "answer_product", **patience, **await _product(count, thinking, patience)},
        {"variant": "answer_product_no_patience", **await _product(count, thinking, {})},
        {"variant": "answer_bare_agno", **await _bare_agno(count, thinking)},
    ]


async def _product(count: int, thinking: float, patience: dict[str, Any]) -> Row:
    vendor = _vendor(thinking)
    async with told_vendor.running(vendor) as url:
        with tempfile.TemporaryDirectory() as folder:
            own = settings.in_folder(folder, **told_vendor.engine(url), knowledge_dir=shipped_knowledge(), **patience)
            async with rehearse(own, hosted=True, clock=SystemClock()) as shop:
                await shop.app.model.warm_up()
                delays = Delays(lambda chat: shop.customer_says(_TEXT, chat=chat))
                shop.phone.on_sent = lambda line: delays.answered(line.chat)
                await delays.steady(count, _RATE)
    return _told(delays.each, thinking, vendor.asked)


async def _bare_agno(count: int, thinking: float) -> Row:
    import agno.agent
    from agno.models.openai.like import OpenAILike

    vendor = _vendor(thinking)
    documents = told_vendor.documents(shipped_knowledge())
    rules = prompts.load("sales").fill(
        knowledge_base=documents, conversation_history="", new_message="", current_datetime=spoken_now(OPENING)
    )
    async with told_vendor.running(vendor) as url:
        model = OpenAILike(id=told_vendor.MODEL, api_key="none", base_url=url)
        agent = agno.agent.Agent(model=model, system_message=rules, telemetry=False)
        answering: list[asyncio.Task[None]] = []

        async def answer(chat: str) -> None:
            await agent.arun(_TEXT)
            delays.answered(chat)

        async def write(chat: str) -> None:
            answering.append(asyncio.create_task(answer(chat)))

        delays = Delays(write)
        await delays.steady(count, _RATE)
        await asyncio.gather(*answering)
    return _told(delays.each, thinking, vendor.asked)


def _told(delays: Sequence[float], thinking: float, asked: int) -> Row:
    in_ms = [delay * 1000 for delay in delays]
    return {
        "messages": len(delays),
        "model_s": thinking,
        "calls": round(asked / len(delays), 2),
        **shares.median("p50_ms", in_ms),
        "p95_ms": round(sorted(in_ms)[int(len(in_ms) * 0.95)]),
    }


def _vendor(thinking: float) -> Vendor:
    decision = Decision(reply=_REPLY).model_dump_json()
    verdict = Verdict(is_client=True, confidence=0.95, reasoning="спрашивает цену").model_dump_json(by_alias=True)

    def answer(body: dict[str, Any]) -> str:
        schema = body.get("response_format", {}).get("json_schema", {})
        return {"Verdict": verdict, "Decision": decision}.get(schema.get("name", ""), _REPLY)

    vendor = Vendor(thinking=thinking)
    vendor.answer = answer
    return vendor
