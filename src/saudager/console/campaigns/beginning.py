"""A new campaign: the segment with how many are in it as it is chosen, and what their letters are about."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.console import screen
from saudager.console.campaigns.everyone import HOME
from saudager.console.deeds import deed
from saudager.console.door import Manager
from saudager.console.numbers import Number
from saudager.errors import OutsideError, Refused
from saudager.letters import campaigns, recipients, sending
from saudager.letters.asking import LONGEST_CONTEXT, MOST_PRODUCTS, Purpose
from saudager.letters.campaigns import LONGEST_NAME, Plan
from saudager.letters.sending import Mailboxes
from saudager.sales import segments
from saudager.sales.segments import Segment

_Kind = Annotated[str, Query(max_length=20)]
_Span = Annotated[str, Query(max_length=6)]
_Goods = Annotated[str, Query(max_length=200)]


def router(app: App) -> APIRouter:
    """``/new`` is the form, ``/count`` how many are in the segment it names, and ``POST /new`` begins."""
    routes = APIRouter()

    @routes.get("/new")
    async def new(request: Request, visitor: Manager) -> HTMLResponse:
        ours = await _mailboxes(app)
        return screen.page(
            request,
            visitor,
            "campaigns_new.html",
            title=visitor.say("Новая рассылка"),
            tab="campaigns",
            ours=ours,
            public_url=app.settings.public_url,
            longest_name=LONGEST_NAME,
            longest=LONGEST_CONTEXT,
            most_products=MOST_PRODUCTS,
            **await app.db.read(_form),
        )

    @routes.get("/count")
    async def count(
        visitor: Manager,
        kind: _Kind,
        days: _Span = "",
        months: _Span = "",
        bought: _Goods = "",
        not_bought: _Goods = "",
    ) -> HTMLResponse:
        today = app.clock.now().astimezone(app.settings.zone).date()
        try:
            segment = _segment(kind, days, months, bought, not_bought)
            found, problem = await app.db.read(segments.count, segment, today=today), None
        except Refused as error:
            segment, found, problem = None, None, str(error)
        told = None if segment is None else segments.told(segment)
        return screen.part(visitor, "campaigns_count.html", found=found, problem=problem, segment=told)

    @routes.post("/new")
    async def begin(
        visitor: Manager,
        name: Annotated[str, Form(max_length=2 * LONGEST_NAME)],
        account: Annotated[str, Form(max_length=300)],
        kind: Annotated[str, Form(max_length=20)],
        purpose: Annotated[Purpose, Form()],
        tone: Annotated[str, Form(min_length=1, max_length=60)],
        context: Annotated[str, Form(max_length=2 * LONGEST_CONTEXT)] = "",
        products: Annotated[list[Number], Form(max_length=MOST_PRODUCTS)] = [],  # noqa: B006 (FastAPI copies it)
        sales: Annotated[str, Form()] = "",
        days: Annotated[str, Form(max_length=6)] = "",
        months: Annotated[str, Form(max_length=6)] = "",
        bought: Annotated[str, Form(max_length=200)] = "",
        not_bought: Annotated[str, Form(max_length=200)] = "",
    ) -> Response:
        if account not in (await sending.mailboxes(app)).senders:
            raise Refused(visitor.say("Такого почтового ящика нет."))
        plan = Plan(
            name=name,
            segment=_segment(kind, days, months, bought, not_bought),
            account=account,
            context=context.replace("\r\n", "\n").strip()[:LONGEST_CONTEXT],
            tone=tone,
            purpose=purpose,
            products=products,
            include_sales_data=sales == "1",
            user_id=visitor.operator_id,
        )
        id = await deed(
            app, visitor, "campaign.begun", "campaigns", campaigns.make, plan, by=visitor.name, now=app.clock.now()
        )
        return screen.told(visitor.say("Пишем черновики."), then=f"{HOME}/{id}")

    return routes


async def _mailboxes(app: App) -> Mailboxes:
    """Our mailboxes; none while the gateway does not answer."""
    try:
        return await sending.mailboxes(app)
    except OutsideError:
        return Mailboxes({}, None)


def _segment(kind: str, days: str, months: str, bought: str, not_bought: str) -> Segment:
    """The segment a form names; raises Refused with what is wrong."""
    told: dict[str, Any] = {"kind": kind}
    if kind == "lapsed":
        told |= {"days": _whole(days)}
    elif kind == "top_decile":
        told |= {"months": _whole(months)}
    elif kind == "bought_not":
        told |= {"months": _whole(months), "bought": bought.strip(), "not_bought": not_bought.strip()}
    return segments.read(told)


def _whole(typed: str) -> int | str:
    return int(typed) if typed.isdecimal() else typed


def _form(session: Session) -> dict[str, Any]:
    return {"catalogue": recipients.catalogue(session)}
