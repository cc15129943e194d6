"""What a reply costs this machine besides the model: through our port and its order of engines, and without them.

Every client sends the same 22 messages (rules of 1 500 characters, 20 lines of conversation, a new one) over loopback
to a vendor that answers at once. A reply is a text, a structured answer is a Decision read into our fields. CPU is that
of the whole process with all its threads, the vendor's is not in it; the median of ten equal parts is told.
"""

import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from saudager import demo
from saudager.app import App
from saudager.bench import memory, sent, settings, vendor
from saudager.bootstrap import bootstrap
from saudager.providers.llm import Briefing, Decision, LanguageModel, Said, Task
from saudager.rehearsal import rehearse

_CALLS, _ROUNDS, _PARTS, _WARM = 500, 100, 10, 50
_MODEL = "bench-1"
_NOW = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)
_SAMPLE_SHOP = Path(demo.__file__).parent / "sample_shop"
_RULE = "Цены, скидки и сроки бери только из сведений магазина и относи их только к тому товару, о котором спросили. "
_RULES = (_RULE * 20)[:1500]
_SAID = (
    "Здравствуйте, сколько стоит окно 1500 на 1500 с установкой?",
    "Добрый день! Двустворчатое окно «Стандарт 60» стоит 94 500 ₸ вместе с установкой. Сколько окон вам нужно?",
)
_NEW = "А если взять три окна, какая будет скидка и когда привезёте?"
_QUESTIONS = (
    "Сколько стоит окно 1500 на 1500?",
    "А доставка в другой город есть?",
    "Какая гарантия на фурнитуру?",
    "Можно в рассрочку?",
    "Во сколько вы закрываетесь в субботу?",
    "Сколько стоит балконный блок?",
    "Какая скидка, если взять пять окон?",
    "Есть москитные сетки, почём?",
    "Продаёте ли вы теплицы?",
    "Терезе қанша тұрады?",
)
Row = dict[str, Any]
Ask = Callable[[], Awaitable[object]]


async def port(scale: float) -> Row:
    """Through the port to one engine: what it was asked, checked and read into our fields."""
    from saudager.providers.llm.agno import AgnoModel

    with vendor.running() as url:
        model = AgnoModel("compatible", "compatible", base_url=url, model=_MODEL)
        try:
            return await _of_model(model, scale)
        finally:
            await model.close()


async def engines(scale: float) -> Row:
    """The same as the product asks: the order of engines on top, every call counted in the database."""
    async with _product() as app:
        return await _of_model(app.model, scale)


async def bare_agno(scale: float) -> Row:
    """Agno's Agent as documented, telemetry off: one for texts, one with ``output_schema``."""
    import agno.agent
    from agno.models.message import Message as Line
    from agno.models.openai.like import OpenAILike

    lines = [Line(role=role, content=text) for role, text in _messages()]
    with vendor.running() as url:

        def agent(**wanted: Any) -> Any:
            like = OpenAILike(id=_MODEL, api_key="none", base_url=url)
            return agno.agent.Agent(model=like, telemetry=False, **wanted)

        text, structured = agent(), agent(output_schema=Decision)

        async def reply() -> object:
            return (await text.arun(input=lines)).content

        async def decide() -> object:
            return (await structured.arun(input=lines)).content

        return await _measured(reply, decide, scale)


async def floor_httpx(scale: float) -> Row:
    """httpx posts, JSON read, a structured answer validated by pydantic: no SDK, no faults told apart."""
    import httpx

    body = {"model": _MODEL, "messages": [{"role": role, "content": text} for role, text in _messages()]}
    schema = {"name": "Decision", "schema": Decision.model_json_schema()}
    structured = body | {"response_format": {"type": "json_schema", "json_schema": schema}}
    with vendor.running() as url:
        async with httpx.AsyncClient(trust_env=False) as client:

            async def content(asked: dict[str, Any]) -> str:
                answer = await client.post(f"{url}/chat/completions", json=asked)
                text: str = answer.raise_for_status().json()["choices"][0]["message"]["content"]
                return text

            async def decide() -> object:
                return Decision.model_validate_json(await content(structured))

            return await _measured(lambda: content(body), decide, scale)


async def many_calls(scale: float) -> Row:
    """Memory over 2 000 calls, texts and structured answers in turn, as the product asks."""
    async with _product() as app:
        early, last = int(200 * scale), int(2000 * scale)
        task, turn = _task(), _turn()
        rss_early = 0.0
        for number in range(1, last + 1):
            await (app.model.write(task) if number % 2 else app.model.decide(turn))
            if number == early:
                rss_early = memory.now_mb()
        rss = memory.now_mb()
    return {"early_calls": early, "rss_mb_early": rss_early, "calls": last, "rss_mb": rss}


async def offline(scale: float) -> Row:
    """The offline engine on the sample shop's 14 pages: the decision alone, and with the search before it."""
    with tempfile.TemporaryDirectory() as folder:
        async with rehearse(settings.in_folder(folder, knowledge_dir=_SAMPLE_SHOP)) as shop:
            app = shop.app

            async def brief(question: str) -> Briefing:
                return (await app.db.read(sent.first_turn, question, app.settings, whole=False))[1]

            briefs = [await brief(question) for question in _QUESTIONS]

            async def decide_all() -> None:
                for known in briefs:
                    await app.offline.decide(known)

            async def search_and_decide_all() -> None:
                for question in _QUESTIONS:
                    await app.offline.decide(await brief(question))

            rounds = max(_PARTS, int(_ROUNDS * scale))
            decision = await _cpu_ms(decide_all, rounds, warm=2)
            reply = await _cpu_ms(search_and_decide_all, rounds, warm=2)
    return {
        "questions": rounds * len(briefs),
        "cpu_ms_per_decision": round(decision / len(briefs), 3),
        "cpu_ms_per_reply": round(reply / len(briefs), 3),
    }


def ratios(rows: dict[str, Row]) -> dict[str, float]:
    """CPU of ours beside bare Agno's and plain HTTP's in the same run, and memory late beside early."""
    compared = {
        f"{ours}_vs_{other}_{what}": round(rows[ours][cpu] / rows[other][cpu], 3)
        for ours in ("port", "engines")
        for other in ("bare_agno", "floor_httpx")
        for what, cpu in (("reply", "cpu_ms_per_reply"), ("structured", "cpu_ms_per_structured"))
    }
    calls = rows["many_calls"]
    return compared | {"memory_late_vs_early": round(calls["rss_mb"] / calls["rss_mb_early"], 3)}


@asynccontextmanager
async def _product() -> AsyncIterator[App]:
    """The product with one hosted engine, the vendor on this machine."""
    with vendor.running() as url, tempfile.TemporaryDirectory() as folder:
        one = {"engines": ("compatible",), "compatible_base_url": url, "compatible_model": _MODEL}
        app = bootstrap(settings.in_folder(folder, **one), poll=None)
        try:
            yield app
        finally:
            await app.close()


async def _of_model(model: LanguageModel, scale: float) -> Row:
    task, turn = _task(), _turn()

    async def reply() -> object:
        answered = await model.write(task)
        assert answered.engine == "compatible"
        return answered.value

    async def decide() -> object:
        answered = await model.decide(turn)
        assert answered.engine == "compatible"
        return answered.value

    return await _measured(reply, decide, scale)


async def _measured(reply: Ask, decide: Ask, scale: float) -> Row:
    calls = int(_CALLS * scale)
    assert await reply() == vendor.TEXT
    assert await decide() == Decision.model_validate(vendor.DECISION)
    return {
        "calls": calls,
        "cpu_ms_per_reply": round(await _cpu_ms(reply, calls, warm=_WARM), 3),
        "cpu_ms_per_structured": round(await _cpu_ms(decide, calls, warm=_WARM), 3),
        "rss_mb": memory.now_mb(),
    }


async def _cpu_ms(ask: Ask, calls: int, *, warm: int) -> float:
    """Milliseconds of this process's CPU for a call, one after the other: the median of ten parts."""
    for _ in range(warm):
        await ask()
    took = []
    for _ in range(_PARTS):
        began = time.process_time()
        for _ in range(calls // _PARTS):
            await ask()
        took.append(time.process_time() - began)
    return statistics.median(took) / (calls // _PARTS) * 1000


def _messages() -> list[tuple[str, str]]:
    """(role, text) of the rules, 20 lines of conversation and a new one."""
    spoken = [("assistant" if number % 2 else "user", _SAID[number % 2]) for number in range(20)]
    return [("system", _RULES), *spoken, ("user", _NEW)]


def _said() -> list[Said]:
    return [Said("customer" if role == "user" else "us", text) for role, text in _messages()[1:]]


def _task() -> Task:
    return Task(_RULES, _said())


def _turn() -> Briefing:
    return Briefing("Тёплый Дом", _RULES, history=_said()[:-1], new_lines=[_NEW], facts=[], now=_NOW)
