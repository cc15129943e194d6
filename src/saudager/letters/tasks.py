"""The letters' tasks: insights, a letter, a letter written anew; asked for in a transaction, worked in their queue.

In code, inside a transaction (``await app.db.run(function, …)``), and the status as often as one likes::

    task_id = generate_personalized_letter.enqueue(
        session,
        user_id=manager_id,
        recipient_id=person_id,
        context="Новые решения для вашей отрасли",
        tone="professional",
        purpose="offer",
        products=[1, 2, 3],
        include_sales_data=True,
        now=app.clock.now(),
    )
    tasks.status(session, task_id, now=app.clock.now())

The letter's row is made in the transaction that asks for it, so however often the task is run there is one letter.
"""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.contracts import EMAIL_TASKS
from saudager.errors import NotFound, Refused
from saudager.letters import desk, facts, insights, writing
from saudager.letters.asking import InsightsAsked, LetterAsked, RewriteAsked
from saudager.letters.models import Letter, LetterState
from saudager.letters.writing import Written
from saudager.orders.models import Product
from saudager.queues import tasks
from saudager.queues.table import Message, Policy
from saudager.queues.tasks import Status
from saudager.sales.models import Company, Person

QUEUE = EMAIL_TASKS


class Cancelled(Exception):
    """Nobody wants the task's result any more."""


@dataclass(frozen=True, slots=True)
class _SalesInsights:
    """What a company buys, for a letter to one of its people."""

    name: str = "generate_sales_insights"

    def enqueue(
        self,
        session: Session,
        *,
        company_id: int,
        person_id: int,
        months_back: int = 12,
        task_id: str | None = None,
        now: datetime,
    ) -> str:
        """Ask for it and get the task's id. Raises NotFound for an unknown company or person, Refused for a person of
        another company, or for a ``task_id`` that stands for something else already."""
        wanted = _read(InsightsAsked, company_id=company_id, person_id=person_id, months_back=months_back)
        if task_id is None or not _is_known(session, task_id, self.name, wanted.model_dump()):
            person = session.get(Person, person_id)
            if session.get(Company, company_id) is None:
                raise NotFound(f"Компании {company_id} нет.")
            if person is None:
                raise NotFound(f"Получателя {person_id} нет.")
            if person.company_id != company_id:
                raise Refused(f"Получатель {person_id} из другой компании.")
        return _ask(session, self.name, task_id, wanted.model_dump(), now=now)


@dataclass(frozen=True, slots=True)
class _PersonalizedLetter:
    """A letter to one person."""

    name: str = "generate_personalized_letter"

    def enqueue(
        self,
        session: Session,
        *,
        recipient_id: int,
        user_id: int | None = None,
        context: str = "",
        tone: str = "professional",
        purpose: str = "offer",
        products: list[int] | tuple[int, ...] = (),
        include_sales_data: bool = True,
        language: str | None = None,
        campaign_id: int | None = None,
        task_id: str | None = None,
        now: datetime,
    ) -> str:
        """Lay an empty letter on the desk, ask for its words and get the task's id.

        The same ``task_id`` again is the same task and the same letter. Raises NotFound for an unknown recipient or
        product, and Refused for what cannot be asked for, or a ``task_id`` that stands for something else already.
        """
        wanted = _read(
            LetterAsked,
            recipient_id=recipient_id,
            user_id=user_id,
            context=context,
            tone=tone,
            purpose=purpose,
            products=list(products),
            include_sales_data=include_sales_data,
            language=language,
        )
        arguments = wanted.model_dump(exclude_none=True)
        if task_id is None or not _is_known(session, task_id, self.name, arguments):
            _require_products(session, wanted.products)
            task_id = task_id or uuid.uuid4().hex
            arguments["letter_id"] = desk.begin(
                session, wanted.commission, campaign_id=campaign_id, task_id=task_id, now=now
            )
        return _ask(session, self.name, task_id, arguments, now=now)


@dataclass(frozen=True, slots=True)
class _LetterAnew:
    """A letter in other words; what is left out stays as it was asked for."""

    name: str = "regenerate_personalized_letter"

    def enqueue(
        self,
        session: Session,
        *,
        letter_id: int,
        user_id: int | None = None,
        context: str | None = None,
        tone: str | None = None,
        purpose: str | None = None,
        products: list[int] | tuple[int, ...] | None = None,
        include_sales_data: bool | None = None,
        language: str | None = None,
        task_id: str | None = None,
        now: datetime,
    ) -> str:
        """Ask for other words and get the task's id; the letter keeps those it has until then. Raises NotFound, and
        Refused for a letter that is being written, gone or given up, for what cannot be asked for, or for a ``task_id``
        that stands for something else already."""
        wanted = _read(
            RewriteAsked,
            user_id=user_id,
            context=context,
            tone=tone,
            purpose=purpose,
            products=None if products is None else list(products),
            include_sales_data=include_sales_data,
            language=language,
        )
        changes = wanted.model_dump(exclude_none=True)
        arguments = changes | {"letter_id": letter_id}
        if task_id is None or not _is_known(session, task_id, self.name, arguments):
            task_id = task_id or uuid.uuid4().hex
            _begin_anew(session, letter_id, changes, task_id=task_id, now=now)
        return _ask(session, self.name, task_id, arguments, now=now)


generate_sales_insights = _SalesInsights()
generate_personalized_letter = _PersonalizedLetter()
regenerate_personalized_letter = _LetterAnew()


def id_of(key: str) -> str:
    """The id of the task that an ``Idempotency-Key`` stands for."""
    return sha256(f"idempotency:{key}".encode()).hexdigest()[:32]


def letter_of(session: Session, task_id: str) -> int | None:
    """The letter a task writes."""
    asked = tasks.asked(session, task_id, queue=QUEUE)
    return None if asked is None else asked[1].get("letter_id")


def status(session: Session, task_id: str, *, now: datetime) -> Status:
    """How a task fares, as long as it is remembered: three days after its end. Raises NotFound."""
    found = tasks.status(session, task_id, now=now, queue=QUEUE)
    if found is None:
        raise NotFound("Такой задачи нет. Об оконченной помнят три дня.")
    if found.state == "completed" and isinstance(found.result, dict) and "letter_id" in found.result:
        return replace(found, result=result_of(session, found.result["letter_id"]))
    return found


def result_of(session: Session, letter_id: int) -> dict[str, Any]:
    """What a letter says at this moment and what it rests on."""
    letter = desk.one(session, letter_id)
    return {
        "letter_id": letter.id,
        "subject": letter.subject,
        "body": letter.body,
        "key_points": letter.key_points,
        "engine": letter.engine,
        "facts": letter.facts,
    }


def cancel(session: Session, task_id: str, *, now: datetime) -> None:
    """Want a task's result no longer; cancelling twice changes nothing. Raises NotFound, and Refused when it is over.

    A new letter is dropped, another keeps the words it has.
    """
    if tasks.is_cancelled(session, task_id, queue=QUEUE):
        return
    letter_id = letter_of(session, task_id)
    if not tasks.cancel(session, task_id, now=now, queue=QUEUE):
        raise Refused("Задача уже закончена.")
    if letter_id is not None and (
        desk.held(session, letter_id).task_id != task_id or not desk.give_up(session, letter_id, now=now)
    ):
        raise Refused("Задача уже закончена.")


def cancel_letter(session: Session, letter_id: int, *, now: datetime) -> None:
    """Wait for a letter's words no longer. Raises NotFound, and Refused when nobody finds any."""
    letter = desk.held(session, letter_id)
    if letter.state != LetterState.WRITING or letter.task_id is None:
        raise Refused("Письмо уже не пишется.")
    if tasks.status(session, letter.task_id, now=now, queue=QUEUE) is None:
        desk.give_up(session, letter_id, now=now)
    else:
        cancel(session, letter.task_id, now=now)


def progress_of(session: Session, letter_id: int, *, now: datetime) -> Status | None:
    """How far the words of a letter are; None when no task finds them."""
    task_id = desk.one(session, letter_id).task_id
    return None if task_id is None else tasks.status(session, task_id, now=now, queue=QUEUE)


def about(session: Session, persons: Collection[int]) -> list[str]:
    """The tasks that name one of the persons, as far as they are remembered."""
    found = []
    for task_id, arguments in tasks.everyone(session, queue=QUEUE):
        if not {arguments.get("person_id"), arguments.get("recipient_id")}.isdisjoint(persons):
            found.append(task_id)
    letters = select(Letter.task_id).where(Letter.person_id.in_(persons), Letter.task_id.is_not(None))
    return [*found, *(task_id for task_id in session.scalars(letters) if task_id is not None)]


def never_written(session: Session, message: Message, reason: str, now: datetime) -> None:
    """The task of a letter has failed for good."""
    letter_id = message.body.get("arguments", {}).get("letter_id")
    if letter_id is not None and desk.held(session, letter_id).task_id == message.id:
        desk.failed(session, letter_id, reason, now=now)


POLICY = Policy(QUEUE, max_attempts=3, lease=60, backoff=5, batch=1, on_dead=never_written)


async def find_insights(app: App, task_id: str, **arguments: Any) -> dict[str, Any] | None:
    """The task ``generate_sales_insights``."""
    wanted = _read(InsightsAsked, **arguments)
    progress = _Progress(app, task_id, "Считаем покупки")
    try:
        await progress.begin()
        found = await insights.find(
            app,
            wanted.company_id,
            wanted.person_id,
            now=app.clock.now(),
            months_back=wanted.months_back,
            on_progress=progress.tell,
        )
    except Cancelled:
        return None
    finally:
        await progress.end()
    rows = facts.stored(found.facts)
    return {"insights": found.data.model_dump(), "engine": found.engine, "facts": rows}


async def write_letter(app: App, task_id: str, **arguments: Any) -> dict[str, Any] | None:
    """The task ``generate_personalized_letter``; what came by hand gets its letter here."""
    letter_id = await app.db.run(_letter_to_write, task_id, arguments, now=app.clock.now())
    return await _write(app, task_id, letter_id)


async def write_anew(app: App, task_id: str, **arguments: Any) -> dict[str, Any] | None:
    """The task ``regenerate_personalized_letter``."""
    letter_id = await app.db.run(_letter_to_write_anew, task_id, arguments, now=app.clock.now())
    return await _write(app, task_id, letter_id)


Work = Callable[..., Awaitable[dict[str, Any] | None]]
WORK: Mapping[str, Work] = {
    generate_sales_insights.name: find_insights,
    generate_personalized_letter.name: write_letter,
    regenerate_personalized_letter.name: write_anew,
}
"""Who works each task."""


async def _write(app: App, task_id: str, letter_id: int) -> dict[str, Any] | None:
    letter = await app.db.read(desk.one, letter_id)
    done = {"letter_id": letter_id}
    if letter.state != LetterState.WRITING or letter.task_id != task_id:
        return done
    progress = _Progress(app, task_id, "Считаем покупки" if letter.include_sales_data else "Пишем письмо")
    try:
        await progress.begin()
        written = await writing.write(app, desk.commission_of(letter), now=app.clock.now(), on_progress=progress.tell)
    except Cancelled:
        return None
    finally:
        await progress.end()
    await app.db.run(_store, task_id, letter_id, written, now=app.clock.now())
    return done


def _store(session: Session, task_id: str, letter_id: int, written: Written, *, now: datetime) -> None:
    if desk.held(session, letter_id).task_id == task_id:
        desk.store(session, letter_id, written, now=now)


def _letter_to_write(session: Session, task_id: str, arguments: dict[str, Any], *, now: datetime) -> int:
    """The letter the task has, or a new one that it has from now on."""
    _, known = tasks.asked(session, task_id, queue=QUEUE, hold=True) or ("", arguments)
    if (letter_id := known.get("letter_id")) is not None:
        desk.resume(session, letter_id, now=now)
        return int(letter_id)
    begun = desk.begin(session, _read(LetterAsked, **known).commission, task_id=task_id, now=now)
    tasks.add_arguments(session, task_id, queue=QUEUE, letter_id=begun)
    return begun


def _letter_to_write_anew(session: Session, task_id: str, arguments: dict[str, Any], *, now: datetime) -> int:
    _, known = tasks.asked(session, task_id, queue=QUEUE, hold=True) or ("", arguments)
    letter_id = known.get("letter_id")
    if type(letter_id) is not int:
        raise Refused("letter_id: нужен номер письма.")
    if not known.get("is_begun"):
        changes = _read(RewriteAsked, **known).model_dump(exclude_none=True)
        _begin_anew(session, letter_id, changes, task_id=task_id, now=now)
        tasks.add_arguments(session, task_id, queue=QUEUE, is_begun=True)
    return letter_id


def _begin_anew(session: Session, letter_id: int, changes: Mapping[str, Any], *, task_id: str, now: datetime) -> None:
    commission = desk.commission_of(desk.held(session, letter_id))
    products = tuple(changes.get("products", commission.products))
    _require_products(session, list(products))
    wanted = replace(commission, **{**changes, "products": products})
    desk.begin_anew(session, letter_id, wanted, task_id=task_id, now=now)


def _require_products(session: Session, ids: list[int]) -> None:
    known = set(session.scalars(select(Product.id).where(Product.id.in_(ids)))) if ids else set()
    if missing := [str(one) for one in dict.fromkeys(ids) if one not in known]:
        raise NotFound(f"Нет товара № {', '.join(missing)}.")


def _ask(session: Session, name: str, task_id: str | None, arguments: dict[str, Any], *, now: datetime) -> str:
    task_id = task_id or uuid.uuid4().hex
    told = {**arguments, "is_begun": True} if name == regenerate_personalized_letter.name else arguments
    tasks.enqueue(session, name, task_id=task_id, now=now, queue=QUEUE, **told)
    return task_id


def _is_known(session: Session, task_id: str, name: str, arguments: Mapping[str, Any]) -> bool:
    """Whether this very thing was asked for under this id; raises Refused when another thing was."""
    tasks.hold(session, task_id)
    known = tasks.asked(session, task_id, queue=QUEUE)
    if known is None:
        return False
    ours = {"is_begun", *({"letter_id"} if "letter_id" not in arguments else ())}
    before = {name: value for name, value in known[1].items() if name not in ours}
    if (known[0], before) != (name, json.loads(json.dumps(arguments))):
        raise Refused("Этим ключом уже просили о другом.")
    return True


def _read(kind: Any, **arguments: Any) -> Any:
    """What was asked for; raises Refused with the field that is wrong."""
    try:
        return kind(**arguments)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise Refused(f"Так попросить нельзя: {wrong}.") from None


class _Progress:
    """Tells how far a task is, and stops it between two steps once nobody wants it any more."""

    def __init__(self, app: App, task_id: str, first: str) -> None:
        self._app = app
        self._task_id = task_id
        self._first = first
        self._told: list[asyncio.Future[bool]] = []
        self._is_cancelled = False

    async def begin(self) -> None:
        self.tell(self._first)
        await self.end()
        if self._is_cancelled:
            raise Cancelled

    def tell(self, words: str) -> None:
        if self._is_cancelled:
            raise Cancelled
        told = self._app.db.run(_tell, self._task_id, words, now=self._app.clock.now())
        told.add_done_callback(self._note)
        self._told.append(told)

    def _note(self, told: "asyncio.Future[bool]") -> None:
        if not told.cancelled() and told.exception() is None:
            self._is_cancelled |= told.result()

    async def end(self) -> None:
        told, self._told = self._told, []
        await asyncio.gather(*told)
        await asyncio.sleep(0)


def _tell(session: Session, task_id: str, words: str, *, now: datetime) -> bool:
    """Keep the words; whether the task was cancelled, which settles it wherever it was cancelled on its way."""
    if tasks.is_cancelled(session, task_id, queue=QUEUE):
        tasks.cancel(session, task_id, now=now, queue=QUEUE)
        return True
    tasks.report_progress(session, task_id, words, queue=QUEUE)
    return False
