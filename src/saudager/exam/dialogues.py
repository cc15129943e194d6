"""Let simulated customers talk to the whole shop, on one clock that is moved, and judge what came of it."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from heapq import heappop, heappush
from random import Random

from saudager import prompts
from saudager.calls.hours import working_hours
from saudager.exam.cases import DialogueCase
from saudager.exam.cast import CAST
from saudager.exam.customers import Customer, Persona, Say, Script
from saudager.exam.goods import Goods, goods_of
from saudager.exam.manners import FOR_SOME
from saudager.exam.passing_time import pass_time
from saudager.exam.report import Dialogue, Heard, Judged, Report
from saudager.exam.rules import EVERYBODY
from saudager.exam.seen import House, Seen, Spoken, rows_of, unasked
from saudager.exam.shop import Shop
from saudager.knowledge import library

_ALL_TOKENS = 10**9
_BEGIN_WITHIN = timedelta(hours=30)
_AWAKE = (time(9), time(21))
_SEEDS = 100_000


@dataclass
class _Run:
    """One customer on his way through his script."""

    case: DialogueCase
    persona: Persona
    customer: Customer
    chat: str
    script: Script
    spoken: list[Spoken] = field(default_factory=list)
    lines_seen: int = 0
    is_begun: bool = False
    is_over: bool = False


async def dialogues(shop: Shop, cases: Sequence[DialogueCase]) -> Report:
    """Play every case in one shop, all at once, and judge each by its rules; of two that are alike the latter plays."""
    report = Report("dialogues")
    for case, seen in await played(shop, cases):
        dialogue = await _judged(case, seen)
        known = {"persona", "seed", "pinned"}
        told = {name: value for name, value in dialogue.as_dict().items() if name in known}
        report.note(told, dialogue.as_dict() if dialogue.broken else None)
        report.dialogues.append(dialogue)
    return report


async def played(shop: Shop, cases: Sequence[DialogueCase]) -> list[tuple[DialogueCase, Seen]]:
    """Play every case as ``dialogues`` does; what was said and stored of each, judged by nobody yet."""
    settings = shop.app.settings
    passages = await shop.app.db.read(library.whole, _ALL_TOKENS) or []
    goods = goods_of(passages)
    names = ("sales", "follow_up", "moderator")
    texts = [prompts.load(name, settings.prompts_dir).text for name in names]
    house = House(passages, settings, texts)
    runs = list(_cast(shop, cases, goods))
    await _play(shop, runs)
    return [(run.case, await _seen(shop, run, house)) for run in runs]


def _cast(shop: Shop, cases: Sequence[DialogueCase], goods: Goods) -> Iterator[_Run]:
    settings = shop.app.settings
    for case in {(case.persona, case.seed): case for case in cases}.values():
        persona = CAST[case.persona]
        random = Random(f"{case.persona}:{case.seed}")  # noqa: S311
        customer = Customer(
            name=random.choice(persona.names),
            seed=case.seed,
            language=persona.language,
            random=random,
            goods=goods,
            local_now=lambda: shop.clock.now().astimezone(settings.zone),
            hours=working_hours(settings, shop.clock.now()),
        )
        number = list(CAST).index(case.persona) * _SEEDS + case.seed
        yield _Run(case, persona, customer, f"7701{number:07}@c.us", persona.play(customer))


async def _play(shop: Shop, runs: Sequence[_Run]) -> None:
    """Let everybody move at his moment until the last one has been watched long enough."""
    began = shop.clock.now()
    moves: list[tuple[datetime, int]] = []
    for number, run in enumerate(runs):
        heappush(moves, (_begins(run, began, shop), number))
    while moves:
        moment, number = heappop(moves)
        await pass_time(shop, moment)
        next_at = await _move(shop, runs[number])
        if next_at is not None:
            heappush(moves, (next_at, number))


def _begins(run: _Run, began: datetime, shop: Shop) -> datetime:
    """Some time in the first days, while people are awake."""
    zone = shop.app.settings.zone
    while True:
        at = began + run.customer.random.random() * _BEGIN_WITHIN
        if _AWAKE[0] <= at.astimezone(zone).time() < _AWAKE[1]:
            return at.astimezone(UTC).replace(microsecond=0)


async def _move(shop: Shop, run: _Run) -> datetime | None:
    """The customer's next move, and when the one after it is due; None when he has been watched long enough."""
    if run.is_over:
        return None
    now = shop.clock.now()
    ours = [line.text or "" for line in shop.phone.chat(run.chat) if line.from_us and line.from_api]
    heard, run.lines_seen = ours[run.lines_seen :], len(ours)
    try:
        move = run.script.send(heard) if run.is_begun else next(run.script)
    except StopIteration:
        run.is_over = True
        return now + run.persona.watched
    run.is_begun = True
    if isinstance(move, Say):
        run.spoken.append(Spoken(now, move.text, move.means, move.bait))
        await shop.customer_says(move.text, chat=run.chat, name=run.customer.name)
        return now + move.then
    return now + move.span


async def _seen(shop: Shop, run: _Run, house: House) -> Seen:
    rows = await shop.app.db.read(rows_of, run.chat)
    phone = list(shop.phone.chat(run.chat))
    return Seen(
        persona=run.persona,
        customer=run.customer,
        chat=run.chat,
        spoken=run.spoken,
        phone=phone,
        rows=rows,
        until=shop.clock.now(),
        house=house,
        unasked=unasked(phone, rows),
    )


async def _judged(case: DialogueCase, seen: Seen) -> Dialogue:
    rules = [*EVERYBODY, *(rule for rule in FOR_SOME if rule.key in seen.persona.rules)]
    judged = await asyncio.to_thread(lambda: [Judged(rule.key, rule.title, rule.broken(seen)) for rule in rules])
    zone = seen.house.settings.zone
    return Dialogue(
        persona=case.persona,
        title=seen.persona.title,
        seed=case.seed,
        name=seen.customer.name,
        rules=judged,
        lines=[
            Heard(line.sent_at.astimezone(zone), "shop" if line.from_us else "customer", line.text or "")
            for line in seen.phone
        ],
        pinned=case.rule,
    )
