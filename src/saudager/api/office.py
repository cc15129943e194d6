"""``/gateway/v1``: what the gateway does for the console, over HTTP and behind the service key."""

import hmac
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel

from saudager.ailments import Ailment
from saudager.errors import BadCredentials, NotFound, QueueFull, Refused, Rejected, SaudagerError, Unreachable
from saudager.providers.gateway import (
    Condition,
    Connection,
    DeadLetter,
    Finding,
    Gateway,
    JobRun,
    LastWords,
    MailConnection,
    MailForm,
    MailTrial,
    MailWay,
    SimulatedLine,
    Trial,
    TrialLetter,
    Untouchable,
    Vendor,
)

_STATUS: dict[type[SaudagerError], int] = {
    NotFound: 404,
    Refused: 409,
    Rejected: 422,
    BadCredentials: 424,
    QueueFull: 503,
    Unreachable: 503,
}
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Form(BaseModel):
    vendor: str
    config: Mapping[str, Any]
    account: str | None = None
    name: str | None = None
    untested: bool = False


class Change(BaseModel):
    config: Mapping[str, Any]
    untested: bool = False


class Mailbox(BaseModel):
    form: MailForm
    account: str | None = None
    untested: bool = False


class Order(BaseModel):
    carriers: Sequence[str]


class Recipient(BaseModel):
    to: str


class Answer(BaseModel):
    text: str


class Pause(BaseModel):
    reason: str


class Number(BaseModel):
    number: str
    note: str = ""


class Person(BaseModel):
    phones: Sequence[str]
    chats: Sequence[str]
    quoting: Sequence[str] = ()


class Letters(BaseModel):
    queue: str
    row: int | None = None


class Letter(BaseModel):
    queue: str
    row: int


class Heard(BaseModel):
    words: Sequence[LastWords]


class Said(BaseModel):
    chat: str
    text: str
    name: str | None = None


class _Told(APIRoute):
    """An error keeps its name (``X-Error``) and its sentence, so that the other side can raise the same."""

    def get_route_handler(self) -> _Handler:
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handle(request)
            except SaudagerError as error:
                status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 502)
                return JSONResponse({"error": str(error)}, status, headers={"x-error": type(error).__name__})

        return told


def router(office: Gateway, key: str) -> APIRouter:
    """Every method of ``office`` as a route; ``Authorization: Bearer`` with the service key opens all of them."""

    def check(request: Request) -> None:
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), key.encode()):
            raise HTTPException(401, headers={"www-authenticate": 'Bearer realm="saudager gateway"'})

    routes = APIRouter(prefix="/gateway/v1", route_class=_Told, dependencies=[Depends(check)])

    @routes.get("/vendors")
    async def vendors() -> Sequence[Vendor]:
        return await office.vendors()

    @routes.get("/accounts")
    async def accounts() -> Sequence[Connection]:
        return await office.accounts()

    @routes.post("/test")
    async def test(form: Form) -> Trial:
        return await office.test(form.vendor, form.config, account=form.account)

    @routes.post("/accounts")
    async def connect(form: Form) -> Trial:
        return await office.connect(form.vendor, form.config, name=form.name, untested=form.untested)

    @routes.put("/accounts/{account}")
    async def change(account: str, form: Change) -> Trial:
        return await office.change(account, form.config, untested=form.untested)

    @routes.delete("/accounts/{account}")
    async def disconnect(account: str) -> None:
        await office.disconnect(account)

    @routes.get("/accounts/{account}/condition")
    async def condition(account: str) -> Condition:
        return await office.condition(account)

    @routes.post("/accounts/{account}/pause")
    async def pause(account: str, why: Pause) -> None:
        await office.pause(account, why.reason)

    @routes.post("/accounts/{account}/resume")
    async def resume(account: str) -> None:
        await office.resume(account)

    @routes.post("/accounts/{account}/default")
    async def make_default(account: str) -> None:
        await office.make_default(account)

    @routes.get("/accounts/{account}/qr")
    async def qr(account: str) -> Response:
        picture = await office.qr(account)
        return Response(status_code=204) if picture is None else Response(picture, media_type="image/png")

    @routes.get("/accounts/{account}/media")
    async def media(account: str, reference: Annotated[str, Query()]) -> Response:
        content, mime_type = await office.media(account, reference)
        return Response(content, headers={"content-type": mime_type})

    @routes.get("/accounts/{account}/simulated")
    async def simulated(account: str, chat: Annotated[str, Query()]) -> Sequence[SimulatedLine]:
        return await office.simulated(account, chat)

    @routes.post("/accounts/{account}/simulated")
    async def simulate(account: str, said: Said) -> None:
        await office.simulate(account, said.chat, said.text, name=said.name)

    _mail(routes, office)

    @routes.get("/whitelist")
    async def whitelist() -> Sequence[Untouchable]:
        return await office.whitelist()

    @routes.post("/whitelist")
    async def whitelist_add(told: Number) -> str:
        return await office.whitelist_add(told.number, told.note)

    @routes.delete("/whitelist/{number}")
    async def whitelist_remove(number: str) -> None:
        await office.whitelist_remove(number)

    @routes.post("/erase")
    async def erase(person: Person) -> int:
        return await office.erase(person.phones, person.chats, quoting=person.quoting)

    @routes.get("/queues")
    async def queues() -> Mapping[str, Mapping[str, int]]:
        return await office.queues()

    @routes.get("/dead-letters")
    async def dead_letters() -> Sequence[DeadLetter]:
        return await office.dead_letters()

    @routes.post("/dead-letters/replay")
    async def replay(letters: Letters) -> int:
        return await office.replay(letters.queue, letters.row)

    @routes.post("/dead-letters/dismiss")
    async def dismiss(letter: Letter) -> bool:
        return await office.dismiss(letter.queue, letter.row)

    @routes.get("/jobs")
    async def job_runs() -> Mapping[str, JobRun]:
        return await office.job_runs()

    @routes.post("/jobs/{task}")
    async def run_job(task: str) -> None:
        await office.run_job(task)

    @routes.get("/ailments")
    async def ailments() -> Sequence[Ailment]:
        return await office.ailments()

    @routes.put("/agent")
    async def hear(heard: Heard) -> None:
        await office.hear(heard.words)

    @routes.get("/findings")
    async def findings() -> Sequence[Finding]:
        return await office.findings()

    return routes


def _mail(routes: APIRouter, office: Gateway) -> None:
    """The mailboxes."""

    @routes.get("/mail-ways")
    async def mail_ways() -> Sequence[MailWay]:
        return await office.mail_ways()

    @routes.get("/mailboxes")
    async def mailboxes() -> Sequence[MailConnection]:
        return await office.mailboxes()

    @routes.post("/mailboxes/test")
    async def test_mailbox(filled: Mailbox) -> MailTrial:
        return await office.test_mailbox(filled.form, account=filled.account)

    @routes.post("/mailboxes")
    async def connect_mailbox(filled: Mailbox) -> MailTrial:
        return await office.connect_mailbox(filled.form, untested=filled.untested)

    @routes.put("/mailboxes/{account}")
    async def change_mailbox(account: str, filled: Mailbox) -> MailTrial:
        return await office.change_mailbox(account, filled.form, untested=filled.untested)

    @routes.post("/mailboxes/{account}/order")
    async def order_carriers(account: str, order: Order) -> None:
        await office.order_carriers(account, order.carriers)

    @routes.get("/mailboxes/{account}/findings")
    async def examine_mailbox(account: str) -> Sequence[Finding]:
        return await office.examine_mailbox(account)

    @routes.post("/mailboxes/{account}/trial")
    async def send_trial_letter(account: str, recipient: Recipient) -> str:
        return await office.send_trial_letter(account, recipient.to)

    @routes.get("/mailboxes/{account}/letters")
    async def trial_letters(account: str) -> Sequence[TrialLetter]:
        return await office.trial_letters(account)

    @routes.get("/mailboxes/{account}/letters/{id}")
    async def trial_letter(account: str, id: str) -> Response:
        return Response(await office.trial_letter(account, id), media_type="message/rfc822")

    @routes.post("/mailboxes/{account}/letters/{id}")
    async def answer_trial_letter(account: str, id: str, answer: Answer) -> None:
        await office.answer_trial_letter(account, id, answer.text)
