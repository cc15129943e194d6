"""``/gateway/v1``: what the gateway does for the console, over HTTP and behind the service key."""

import hmac
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from saudager.ailments import Ailment
from saudager.api.answers import faults, file
from saudager.api.examples import shown
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
_KEY = HTTPBearer(scheme_name="service_key", auto_error=False, description="SERVICE_KEY of both services.")
_Account = Annotated[str, Path(examples=["wappi:71ad40e9-b023"])]
_Mailbox = Annotated[str, Path(examples=["mail:sales@example.kz"])]
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Form(BaseModel):
    """What is filled in of a messenger."""

    model_config = shown(
        {
            "vendor": "wappi",
            "config": {"token": "…", "profile_id": "71ad40e9-b023"},
            "name": None,
            "account": None,
            "untested": False,
        }
    )

    vendor: str
    config: Mapping[str, Any]
    account: str | None = None
    name: str | None = None
    untested: bool = False


class Change(BaseModel):
    """What is changed of it."""

    model_config = shown({"config": {"token": "…", "profile_id": "71ad40e9-b023"}, "untested": False})

    config: Mapping[str, Any]
    untested: bool = False


class Mailbox(BaseModel):
    """What is filled in of a mailbox."""

    model_config = shown(
        {
            "form": {
                "address": "sales@example.kz",
                "carriers": {"resend": {"api_key": "…"}},
                "reader": None,
                "sender_name": "Тёплый Дом",
                "dkim_selector": "",
            },
            "account": None,
            "untested": False,
        }
    )

    form: MailForm
    account: str | None = None
    untested: bool = False


class Order(BaseModel):
    """Carriers by name."""

    model_config = shown({"carriers": ["resend", "smtp"]})

    carriers: Sequence[str]


class Recipient(BaseModel):
    """Whom to."""

    model_config = shown({"to": "owner@example.kz"})

    to: str


class Answer(BaseModel):
    """What is answered."""

    model_config = shown({"text": "Спасибо!"})

    text: str


class Pause(BaseModel):
    """Why."""

    model_config = shown({"reason": "каникулы"})

    reason: str


class Number(BaseModel):
    """Whose, and who it is."""

    model_config = shown({"number": "+7 701 000 00 02", "note": "поставщик"})

    number: str
    note: str = ""


class Person(BaseModel):
    """What he is known by, and words of his that others quoted."""

    model_config = shown({"phones": ["77010000001"], "chats": ["77010000001@c.us"], "quoting": []})

    phones: Sequence[str]
    chats: Sequence[str]
    quoting: Sequence[str] = ()


class Asked(BaseModel):
    """What he is known by, and the last row that is known."""

    model_config = shown({"phones": ["77010000001"], "chats": ["77010000001@c.us"], "after": 0})

    phones: Sequence[str]
    chats: Sequence[str]
    after: int = 0


class Letters(BaseModel):
    """Which; without a row all of the queue."""

    model_config = shown({"queue": "outgoing_messages", "row": 17})

    queue: str
    row: int | None = None


class Letter(BaseModel):
    queue: str
    row: int


class Heard(BaseModel):
    words: Sequence[LastWords]


class Said(BaseModel):
    """Who says what."""

    model_config = shown({"chat": "77010000001@c.us", "text": "Сколько стоит окно?", "name": "Айгерим"})

    chat: str
    text: str
    name: str | None = None


_QR = file("image/png", description="What the phone scans.") | {204: {"description": "It is linked already."}}


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

    def check(request: Request, _key: Annotated[Any, Depends(_KEY)]) -> None:
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), key.encode()):
            raise HTTPException(401, headers={"www-authenticate": 'Bearer realm="saudager gateway"'})

    routes = APIRouter(
        prefix="/gateway/v1",
        route_class=_Told,
        dependencies=[Depends(check)],
        tags=["Between the services"],
        responses=faults(401, 404, 409, 422, 424, 502, 503),
    )

    @routes.get("/vendors")
    async def vendors() -> Sequence[Vendor]:
        """Messengers that can be connected, and what their forms ask."""
        return await office.vendors()

    @routes.get("/accounts")
    async def accounts() -> Sequence[Connection]:
        """Every connected account, without asking any messenger."""
        return await office.accounts()

    @routes.post("/test")
    async def test(form: Form) -> Trial:
        """Try a form without storing it. Secrets left empty are those of `account`."""
        return await office.test(form.vendor, form.config, account=form.account)

    @routes.post("/accounts")
    async def connect(form: Form) -> Trial:
        """Try a form, then store it and start the account; `untested` stores it whatever the messenger says."""
        return await office.connect(form.vendor, form.config, name=form.name, untested=form.untested)

    @routes.put("/accounts/{account}")
    async def change(account: _Account, form: Change) -> Trial:
        """The same for the form of a connected account; secrets left empty stay as they are."""
        return await office.change(account, form.config, untested=form.untested)

    @routes.delete("/accounts/{account}")
    async def disconnect(account: _Account) -> None:
        """Stop the account and forget its credentials; the log of its messages stays."""
        await office.disconnect(account)

    @routes.get("/accounts/{account}/condition")
    async def condition(account: _Account) -> Condition:
        """Ask the account's messenger how it is now."""
        return await office.condition(account)

    @routes.post("/accounts/{account}/pause")
    async def pause(account: _Account, why: Pause) -> None:
        """Send nothing by this account until it is resumed; what customers write still arrives."""
        await office.pause(account, why.reason)

    @routes.post("/accounts/{account}/resume")
    async def resume(account: _Account) -> None:
        """Send by it again."""
        await office.resume(account)

    @routes.post("/accounts/{account}/default")
    async def make_default(account: _Account) -> None:
        """Take it where no account is named."""
        await office.make_default(account)

    @routes.get("/accounts/{account}/qr", response_class=Response, responses=_QR)
    async def qr(account: _Account) -> Response:
        """The QR code that links its phone."""
        picture = await office.qr(account)
        return Response(status_code=204) if picture is None else Response(picture, media_type="image/png")

    @routes.get("/accounts/{account}/media", response_class=Response, responses=file("*/*", description="The file."))
    async def media(account: _Account, reference: Annotated[str, Query()]) -> Response:
        """A file a customer sent."""
        content, mime_type = await office.media(account, reference)
        return Response(content, headers={"content-type": mime_type})

    @routes.get("/accounts/{account}/simulated")
    async def simulated(account: _Account, chat: Annotated[str, Query()]) -> Sequence[SimulatedLine]:
        """A made-up customer's chat, of the simulator alone."""
        return await office.simulated(account, chat)

    @routes.post("/accounts/{account}/simulated")
    async def simulate(account: _Account, said: Said) -> None:
        """A made-up customer says something."""
        await office.simulate(account, said.chat, said.text, name=said.name)

    _mail(routes, office)

    @routes.get("/whitelist")
    async def whitelist() -> Sequence[Untouchable]:
        """Numbers that are never answered, written to or passed on."""
        return await office.whitelist()

    @routes.post("/whitelist")
    async def whitelist_add(told: Number) -> str:
        """Put a number there; the number as it is kept."""
        return await office.whitelist_add(told.number, told.note)

    @routes.delete("/whitelist/{number}")
    async def whitelist_remove(number: str) -> None:
        """Take it off."""
        await office.whitelist_remove(number)

    @routes.post("/erase")
    async def erase(person: Person) -> int:
        """Forget a person: how many rows were emptied."""
        return await office.erase(person.phones, person.chats, quoting=person.quoting)

    @routes.post("/logged")
    async def logged(person: Asked) -> Sequence[Mapping[str, Any]]:
        """The next rows of the message log to or from a person, 500 at most, oldest first."""
        return await office.logged(person.phones, person.chats, after=person.after)

    @routes.get("/queues")
    async def queues() -> Mapping[str, Mapping[str, int]]:
        """Messages of every queue by state."""
        return await office.queues()

    @routes.get("/dead-letters")
    async def dead_letters() -> Sequence[DeadLetter]:
        """What nobody could handle, and why."""
        return await office.dead_letters()

    @routes.post("/dead-letters/replay")
    async def replay(letters: Letters) -> int:
        """Put dead letters of a queue back, one or all; how many."""
        return await office.replay(letters.queue, letters.row)

    @routes.post("/dead-letters/dismiss")
    async def dismiss(letter: Letter) -> bool:
        """Put a dead letter aside for good; false when there is none such."""
        return await office.dismiss(letter.queue, letter.row)

    @routes.get("/jobs")
    async def job_runs() -> Mapping[str, JobRun]:
        """How each job of the clock went."""
        return await office.job_runs()

    @routes.post("/jobs/{task}")
    async def run_job(task: str) -> None:
        """Have a job done at once."""
        await office.run_job(task)

    @routes.get("/ailments")
    async def ailments() -> Sequence[Ailment]:
        """What is not well with the gateway."""
        return await office.ailments()

    @routes.put("/agent")
    async def hear(heard: Heard) -> None:
        """The agent is there; what the gateway tells the merchant should it fall silent."""
        await office.hear(heard.words)

    @routes.get("/findings")
    async def findings() -> Sequence[Finding]:
        """What the doctor finds in the gateway."""
        return await office.findings()

    return routes


def _mail(routes: APIRouter, office: Gateway) -> None:
    """The mailboxes."""

    @routes.get("/mail-ways")
    async def mail_ways() -> Sequence[MailWay]:
        """Who can carry letters, then how mailboxes can be read."""
        return await office.mail_ways()

    @routes.get("/mailboxes")
    async def mailboxes() -> Sequence[MailConnection]:
        """Every connected mailbox, without asking any server."""
        return await office.mailboxes()

    @routes.post("/mailboxes/test")
    async def test_mailbox(filled: Mailbox) -> MailTrial:
        """Try a mailbox's form without storing it."""
        return await office.test_mailbox(filled.form, account=filled.account)

    @routes.post("/mailboxes")
    async def connect_mailbox(filled: Mailbox) -> MailTrial:
        """Try it, then store and open it."""
        return await office.connect_mailbox(filled.form, untested=filled.untested)

    @routes.put("/mailboxes/{account}")
    async def change_mailbox(account: _Mailbox, filled: Mailbox) -> MailTrial:
        """The same for the form of a connected mailbox; its address stays."""
        return await office.change_mailbox(account, filled.form, untested=filled.untested)

    @routes.post("/mailboxes/{account}/order")
    async def order_carriers(account: _Mailbox, order: Order) -> None:
        """In which order a mailbox tries its carriers."""
        await office.order_carriers(account, order.carriers)

    @routes.get("/mailboxes/{account}/findings")
    async def examine_mailbox(account: _Mailbox) -> Sequence[Finding]:
        """Ask its carriers and its reader how they are, and the DNS whether its letters are believed."""
        return await office.examine_mailbox(account)

    @routes.post("/mailboxes/{account}/trial")
    async def send_trial_letter(account: _Mailbox, recipient: Recipient) -> str:
        """Send a letter that says it is a trial; who carried it, and why not those before him."""
        return await office.send_trial_letter(account, recipient.to)

    @routes.get("/mailboxes/{account}/letters")
    async def trial_letters(account: _Mailbox) -> Sequence[TrialLetter]:
        """The newest hundred in a mailbox for trying things out."""
        return await office.trial_letters(account)

    @routes.get(
        "/mailboxes/{account}/letters/{id}",
        response_class=Response,
        responses=file("message/rfc822", description="The letter as its recipient got it."),
    )
    async def trial_letter(account: _Mailbox, id: str) -> Response:
        """One of them."""
        return Response(await office.trial_letter(account, id), media_type="message/rfc822")

    @routes.post("/mailboxes/{account}/letters/{id}")
    async def answer_trial_letter(account: _Mailbox, id: str, answer: Answer) -> None:
        """Answer it as its recipient."""
        await office.answer_trial_letter(account, id, answer.text)
