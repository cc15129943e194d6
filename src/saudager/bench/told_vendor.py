"""A model vendor on loopback that says what it is told to say, and keeps what it was really sent.

The product asks it through its own client and order of engines, a rival through his; so tokens are counted on the
bodies that went over the wire. What it is told is what the offline engine would say, so that a conversation goes on
sensibly; how a hosted model would have put it changes the tokens of the answers, hardly those of the questions.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from saudager.agent import moderator
from saudager.bench import tokens
from saudager.followups.replies import read_reply
from saudager.followups.understanding import Understood
from saudager.languages import language_of
from saudager.providers.llm import Answered, Briefing, Decision, LanguageModel, M, NoEngine, Person, Task, Verdict

MODEL = "told-1"
T = TypeVar("T")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_A_MESSAGE = 4
"""Tokens a message costs beside its words
(https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken, 2026-11)."""
_TOUCHES = {
    "ru": (
        "Здравствуйте! Осталось ли что-то неясным по вашему вопросу? Подскажу.",
        "Если важны условия доставки или оплаты, спросите, расскажу подробнее.",
        "Могу помочь подобрать то, что подойдёт вам лучше. Что для вас главное?",
        "Скажите, пожалуйста, вопрос ещё актуален?",
        "Не буду больше беспокоить. Если понадобится помощь, пишите, будем рады!",
    ),
    "kk": (
        "Сәлеметсіз бе! Сұрағыңыз бойынша түсініксіз нәрсе қалды ма?",
        "Жеткізу немесе төлем шарттары қызықтырса, сұраңыз, айтып беремін.",
        "Сізге лайықтысын таңдауға көмектесе аламын. Сіз үшін не маңызды?",
        "Айтыңызшы, бұл сұрақ әлі өзекті ме?",
        "Енді мазаламаймын. Көмек керек болса, жазыңыз, қуана жауап береміз!",
    ),
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came, in tokens; ``cached`` is the most a prompt cache could have held of ``into``."""

    into: int
    cached: int
    out: int


class Vendor:
    """``answer`` makes the text of the answer from the request's body. One that is ``thinking``, so many seconds,
    counts no tokens: it is asked how long an answer takes."""

    def __init__(self, *, thinking: float = 0.0) -> None:
        self.answer: Callable[[dict[str, Any]], str] = lambda body: ""
        self.requests: list[Request] = []
        self.asked = 0
        self._thinking = thinking
        self._cache = tokens.PromptCache()

    async def respond(self, body: dict[str, Any]) -> str:
        self.asked += 1
        said = self.answer(body)
        if self._thinking:
            await asyncio.sleep(self._thinking)
            return said
        prompt = "\n".join(f"{line['role']}: {line['content']}" for line in body["messages"])
        schema = body.get("response_format", {}).get("json_schema")
        asked = tokens.count(prompt) + _A_MESSAGE * len(body["messages"])
        asked += tokens.count(json.dumps(schema, ensure_ascii=False)) if schema else 0
        self.requests.append(Request(asked, self._cache.taken(prompt), tokens.count(said)))
        return said


@asynccontextmanager
async def running(vendor: Vendor) -> AsyncIterator[str]:
    """Its OpenAI-compatible address, in this process."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = _LENGTH.search(await reader.readuntil(b"\r\n\r\n"))
                body = json.loads(await reader.readexactly(int(head[1]) if head else 0))
                writer.write(_response(await vendor.respond(body)))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**22)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()


def engine(url: str) -> dict[str, Any]:
    """The settings of a shop that asks this vendor alone."""
    return {"engines": ("compatible",), "compatible_base_url": url, "compatible_model": MODEL}


def documents(folder: Path) -> str:
    """All of a shop's documents as text, as a bare agent has them in its prompt."""
    return "\n\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()))


class Prompter:
    """The product's engines, with the vendor told beforehand what to say. One call at a time: none can get the answer
    of another."""

    name = "prompter"
    hosted = True

    def __init__(self, engines: LanguageModel, offline: LanguageModel, vendor: Vendor) -> None:
        self._engines = engines
        self._offline = offline
        self._vendor = vendor
        self._one = asyncio.Lock()
        self.spent: list[tuple[int | None, str, list[Request]]] = []
        """For whom (contact id), what for (answers, who, follow_ups, readings), and the requests it took."""

    async def decide(self, briefing: Briefing) -> Answered[Decision]:
        decided = (await self._offline.decide(briefing)).value
        return await self._told(
            decided.model_dump_json(), lambda: self._engines.decide(briefing), briefing.contact_id, "answers"
        )

    async def write(self, task: Task) -> Answered[str]:
        """A touch of the five in turn."""
        theirs = [line.text for line in task.lines if line.author == "customer"]
        written = sum(line.text in _TOUCHES["ru"] + _TOUCHES["kk"] for line in task.lines)
        said = _TOUCHES["kk" if theirs and language_of(theirs[-1]) == "kk" else "ru"][written % 5]
        return await self._told(said, lambda: self._engines.write(task), task.contact_id, "follow_ups")

    async def extract(self, task: Task, into: type[M]) -> Answered[M]:
        """Who writes, and what he answers an offer, as the rules read it."""
        read: BaseModel
        if into is Verdict:
            read = moderator.by_rules(Person(lines=task.lines))
        elif into is Understood:
            read = Understood(reply=read_reply(task.lines[-1].text))
        else:
            raise NoEngine(f"nobody told the vendor how to fill {into.__name__}")
        what = "who" if into is Verdict else "readings"
        said = read.model_dump_json(by_alias=True)
        return await self._told(said, lambda: self._engines.extract(task, into), task.contact_id, what)

    async def warm_up(self) -> None:
        await self._engines.warm_up()

    async def close(self) -> None:
        await self._engines.close()

    async def _told(self, said: str, ask: Callable[[], Awaitable[T]], contact_id: int | None, what: str) -> T:
        async with self._one:
            self._vendor.answer = lambda body: said
            before = len(self._vendor.requests)
            try:
                return await ask()
            finally:
                self.spent.append((contact_id, what, self._vendor.requests[before:]))


def _response(content: str) -> bytes:
    completion = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_770_000_000,
        "model": MODEL,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    body = json.dumps(completion, ensure_ascii=False).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
