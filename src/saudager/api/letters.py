"""Letters that rest on what a company buys, for other programs: asked for, read, edited, approved, sent."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from saudager.api import examples
from saudager.api.answers import faults
from saudager.api.examples import shown
from saudager.api.guard import behind
from saudager.api.openapi import PREFIX
from saudager.app import App
from saudager.keys import Scope
from saudager.letters import desk, facts, fates, tasks, writing
from saudager.letters.asking import LARGEST_ID, InsightsAsked, LetterAsked, RewriteAsked, one_line, plain
from saudager.letters.desk import LONGEST_BODY, LONGEST_SUBJECT, Row
from saudager.letters.schemas import PersonalizationData
from saudager.letters.tasks import generate_personalized_letter, generate_sales_insights, regenerate_personalized_letter
from saudager.queues import table

_BY = "API"
_Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]
_Number = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]
_Task = Annotated[str, Path(min_length=1, max_length=200)]
_Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="The same key again is the same task; remembered until three days after its end.",
    ),
]
_Insights = Annotated[InsightsAsked, Body(examples=[examples.INSIGHTS_ASKED])]
_Letter = Annotated[LetterAsked, Body(examples=[examples.LETTER_ASKED])]
_Rewrite = Annotated[RewriteAsked, Body(examples=[examples.REWRITE_ASKED])]
State = Literal["writing", "draft", "approved", "sent", "refused", "dropped", "failed"]


class Asked(BaseModel):
    """It is being done; `task_id` tells how it fares."""

    model_config = shown(examples.ASKED)

    message: str
    task_id: str


class TaskStatus(BaseModel):
    """How a task fares."""

    model_config = shown(examples.TASK)

    task_id: str
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: str | None = Field(description="While it runs, in a few Russian words.")
    result: Any = Field(
        description="Once done. Insights: `insights`, `engine`, `facts`. A letter: `letter_id`, `subject`, `body`, "
        "`key_points`, `engine`, `facts`."
    )
    error: str | None = Field(description="Why it failed, or is tried again.")


class Recipient(BaseModel):
    """Whom a letter is to."""

    id: int
    name: str
    position: str | None
    email: str | None
    company_id: int
    company_name: str


class NamedFact(BaseModel):
    """A figure or a name the letter rests on."""

    name: str
    label: str
    value: str


class Fate(BaseModel):
    """What became of a letter that was sent."""

    state: str = Field(description="waiting, queued, sent, delivered, read, failed, withdrawn or unsettled.")
    reason: str | None
    at: datetime | None


class Email(BaseModel):
    """A letter as it lies on the desk."""

    model_config = shown(examples.LETTER)

    id: int
    state: State
    reason: str | None
    recipient: Recipient
    campaign_id: int | None
    user_id: int | None
    context: str
    tone: str
    purpose: str
    products: list[int]
    include_sales_data: bool
    language: str
    subject: str
    body: str
    key_points: list[str]
    personalization: PersonalizationData | None
    facts: list[NamedFact]
    warnings: list[str] = Field(description="What it claims beyond its facts, in Russian; a person may send it so.")
    engine: str | None
    version: int
    approved_by: str | None
    approved_at: datetime | None
    due_at: datetime | None
    sent_at: datetime | None
    fate: Fate | None
    created_at: datetime
    updated_at: datetime


class EmailRow(BaseModel):
    """A letter in the list."""

    model_config = shown(examples.LETTER_ROW)

    id: int
    state: State
    reason: str | None
    recipient: Recipient
    campaign_id: int | None
    purpose: str
    subject: str
    engine: str | None
    version: int
    created_at: datetime
    updated_at: datetime


class Emails(BaseModel):
    """The newest letters first; `next` is what to give as `after` for more."""

    results: list[EmailRow]
    next: int | None


class Edit(BaseModel):
    """A person's own words; what is left out stays."""

    model_config = ConfigDict(strict=True, extra="ignore") | shown(examples.EDIT)

    subject: Annotated[str | None, Field(max_length=LONGEST_SUBJECT)] = None
    body: Annotated[str | None, Field(max_length=LONGEST_BODY)] = None


def router(app: App) -> APIRouter:
    """All behind a key with the scope ``letters``; docs/letters.md shows every call and its answer.

    Fields of a body that nobody knows are passed over. 404 for what is not there, at once; 409 for what a rule forbids;
    422 names the field that is wrong; 503 while as many tasks wait as the queue holds.
    """
    routes = APIRouter(
        prefix=f"{PREFIX}/email_marketing/emails",
        **behind(app, Scope.LETTERS, besides=faults(422)),
        tags=["Letters"],
    )
    _add_tasks(routes, app)
    _add_letters(routes, app)
    return routes


def _add_tasks(routes: APIRouter, app: App) -> None:
    @routes.post("/generate_sales_insights/", status_code=202, responses=faults(400, 404, 409, 413, 503))
    async def insights(asked: _Insights, idempotency_key: _Key = None) -> Asked:
        """Find what is worth saying about a company's purchases to one of its people."""

        def ask(session: Session) -> str:
            table.require_room(session, tasks.QUEUE)
            return generate_sales_insights.enqueue(
                session, **asked.model_dump(), task_id=_task_of(idempotency_key), now=app.clock.now()
            )

        return Asked(message="Генерация инсайтов по продажам запущена", task_id=await app.db.run(ask))

    @routes.post("/generate_personalized/", status_code=202, responses=faults(400, 404, 409, 413, 503))
    async def letter(asked: _Letter, idempotency_key: _Key = None) -> Asked:
        """Write a letter to one person. It lies on the desk as a draft until somebody approves it."""

        def ask(session: Session) -> str:
            table.require_room(session, tasks.QUEUE)
            return generate_personalized_letter.enqueue(
                session, **asked.model_dump(), task_id=_task_of(idempotency_key), now=app.clock.now()
            )

        return Asked(message="Генерация персонализированного письма запущена", task_id=await app.db.run(ask))

    @routes.post("/{id}/regenerate_personalized/", status_code=202, responses=faults(400, 404, 409, 413, 503))
    async def anew(id: _Id, asked: _Rewrite, idempotency_key: _Key = None) -> Asked:
        """Write a letter in other words. What the body leaves out stays as it was asked for."""

        def ask(session: Session) -> str:
            table.require_room(session, tasks.QUEUE)
            return regenerate_personalized_letter.enqueue(
                session,
                letter_id=id,
                **asked.model_dump(exclude_none=True),
                task_id=_task_of(idempotency_key),
                now=app.clock.now(),
            )

        return Asked(message="Перегенерация письма запущена", task_id=await app.db.run(ask))

    @routes.get("/task_status/{task_id}/", responses=faults(404))
    async def status(task_id: _Task) -> TaskStatus:
        """How a task fares; of one that is over it is remembered for three days."""
        return await app.db.read(_status, task_id, now=app.clock.now())

    @routes.post("/tasks/{task_id}/cancel/", responses=faults(404, 409))
    async def cancel(task_id: _Task) -> TaskStatus:
        """Want a task's result no longer. A new letter is dropped, another keeps its words; 409 when it is over."""

        def give_up(session: Session) -> TaskStatus:
            tasks.cancel(session, task_id, now=app.clock.now())
            session.flush()
            return _status(session, task_id, now=app.clock.now())

        return await app.db.run(give_up)


def _add_letters(routes: APIRouter, app: App) -> None:
    @routes.get("/")
    async def everyone(
        state: Annotated[State | None, Query()] = None,
        person_id: _Number = None,
        company_id: _Number = None,
        campaign_id: _Number = None,
        search: Annotated[str, Query(max_length=200)] = "",
        after: _Number = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Emails:
        """The letters, newest first; `search` is part of a subject, a name or a company."""

        def read(session: Session) -> Emails:
            found = desk.listed(
                session,
                state=state,
                person_id=person_id,
                company_id=company_id,
                campaign_id=campaign_id,
                query=plain(search),
                after=after,
                limit=limit,
            )
            return Emails(results=[_row(row) for row in found.rows], next=found.next)

        return await app.db.read(read)

    @routes.get("/{id}/", responses=faults(404))
    async def one(id: _Id) -> Email:
        """One letter with the facts it rests on."""
        return await app.db.read(_email, id, now=app.clock.now())

    @routes.patch("/{id}/", responses=faults(400, 404, 409, 413))
    async def edit(id: _Id, words: Edit) -> Email:
        """Edit its words; it waits for approval again. Figures nobody proves are named in `warnings`."""

        def change(session: Session) -> Email:
            letter = desk.held(session, id)
            subject = letter.subject if words.subject is None else one_line(words.subject)
            body = letter.body if words.body is None else plain(words.body)
            desk.edit(session, id, subject, body, now=app.clock.now())
            return _email(session, id, now=app.clock.now())

        return await app.db.run(change)

    @routes.post("/{id}/approve/", responses=faults(404, 409))
    async def approve(id: _Id) -> Email:
        """Let it go as soon as the rules do; one of a campaign that has not begun waits for that."""

        def change(session: Session) -> Email:
            desk.approve(session, id, _BY, now=app.clock.now())
            return _email(session, id, now=app.clock.now())

        return await app.db.run(change)

    @routes.post("/{id}/send/", responses=faults(404, 409))
    async def send(id: _Id) -> Email:
        """Approve it if nobody has, and let it go now if the rules do."""

        def change(session: Session) -> Email:
            desk.send(session, id, _BY, now=app.clock.now())
            return _email(session, id, now=app.clock.now())

        return await app.db.run(change)

    @routes.post("/{id}/drop/", responses=faults(404, 409))
    async def drop(id: _Id) -> Email:
        """Nobody wants it any more."""

        def change(session: Session) -> Email:
            desk.drop(session, id, _BY, now=app.clock.now())
            return _email(session, id, now=app.clock.now())

        return await app.db.run(change)


def _task_of(key: str | None) -> str | None:
    return None if key is None else tasks.id_of(key)


_WORDS: dict[str, Literal["queued", "running", "done", "failed", "cancelled"]] = {
    "queued": "queued",
    "retrying": "queued",
    "running": "running",
    "completed": "done",
    "failed": "failed",
    "cancelled": "cancelled",
}


def _status(session: Session, task_id: str, *, now: datetime) -> TaskStatus:
    found = tasks.status(session, task_id, now=now)
    word = _WORDS[found.state]
    progress = found.progress if word == "running" else None
    return TaskStatus(task_id=task_id, status=word, progress=progress, result=found.result, error=found.error)


def _recipient(row: Row) -> Recipient:
    person = row.person
    return Recipient(
        id=person.id,
        name=person.name,
        position=person.position,
        email=person.email,
        company_id=row.company.id,
        company_name=row.company.name,
    )


def _row(row: Row) -> EmailRow:
    names = EmailRow.model_fields.keys() - {"recipient"}
    return EmailRow(recipient=_recipient(row), **{name: getattr(row.letter, name) for name in names})


def _email(session: Session, letter_id: int, *, now: datetime) -> Email:
    row = desk.whole(session, letter_id)
    letter = row.letter
    known = facts.read(letter.facts)
    warnings = writing.check(known, letter.subject, letter.body, now=now).warnings if letter.version else []
    fate = fates.of(session, [letter]).get(letter.id)
    told = None if fate is None else Fate(state=fate.state, reason=fate.reason, at=fate.at)
    names = Email.model_fields.keys() - {"recipient", "warnings", "fate"}
    given = {name: getattr(letter, name) for name in names}
    return Email(recipient=_recipient(row), warnings=warnings, fate=told, **given)
