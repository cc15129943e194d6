"""A campaign's letter at a real mail server: its parts and headers, the click that stops the next one, the bounce that
closes an address, and the answer that lies in its conversation."""

import email
import email.policy
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date
from email.message import EmailMessage
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager import web
from saudager.api import unsubscribe
from saudager.conversations.models import Conversation, Message
from saudager.gateway import reading
from saudager.letters import campaigns, results
from saudager.letters.campaigns import Plan
from saudager.letters.models import Letter
from saudager.sales.segments import Everyone
from tests.campaigns import people
from tests.conftest import OpenShop
from tests.mail.mail_shop import ACCOUNT, MailShop

pytestmark = pytest.mark.slow

IVAN, ANNA = "ivan@techcom.example", "anna@firm.example"


@pytest.fixture
async def shop(open_shop: OpenShop) -> AsyncIterator[MailShop]:
    """A shop with two customers, whose letters a real SMTP server takes."""
    async with AsyncExitStack() as stack:
        opened = MailShop(await open_shop(public_url="https://shop.example", mail_per_minute=0), stack)
        simulator = opened.shop.mail
        await opened.carried_by("smtp", reader=simulator)

        def make(session: Session) -> None:
            now = opened.clock.now()
            for name, address in (("Иван Петров", IVAN), ("Анна Ким", ANNA)):
                person = people.person(session, address, now=now, name=name)
                for month in (9, 11):
                    people.invoice(session, person.company_id, "120000", on=date(2025, month, 3), now=now)

        await opened.app.db.run(make)
        opened.simulator = simulator  # type: ignore[attr-defined]
        yield opened


async def _campaign(shop: MailShop, name: str = "Итоги") -> int:
    """Drafted, approved, started."""
    plan = Plan(name=name, segment=Everyone(), account=ACCOUNT, context="Новая линейка")
    id: int = await shop.app.db.run(campaigns.make, plan, by="Айгерим", now=shop.clock.now())
    await shop.time_passes(minutes=1)
    await shop.app.db.run(campaigns.approve_all, id, by="Айгерим", now=shop.clock.now())
    await shop.app.db.run(campaigns.start, id, now=shop.clock.now())
    await shop.shop.settles()
    return id


def _to(shop: MailShop, address: str) -> list[EmailMessage]:
    taken = (one.content for one in shop.server.letters if one.recipients == [address])
    return [email.message_from_bytes(one, policy=email.policy.default) for one in taken]  # type: ignore[misc]


async def _post(shop: MailShop, address: str, **form: Any) -> httpx.Response:
    site = web.make_web("test")
    site.include_router(unsubscribe.router(shop.app))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site)) as mail_program:
        return await mail_program.post(address, **form)


async def test_the_letter_has_both_parts_a_picture_inside_and_the_headers_of_one_click(shop: MailShop) -> None:
    await _campaign(shop)

    (letter,) = _to(shop, IVAN)

    assert [part.get_content_type() for part in letter.walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
        "image/png",
    ]
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "240" in plain.get_content()
    (picture,) = (part for part in letter.walk() if part.get_content_type() == "image/png")
    name = picture["content-id"].strip("<>")
    assert f'src="cid:{name}"' in html.get_content()
    assert Image.open(BytesIO(picture.get_payload(decode=True))).size == (1104, 380)  # type: ignore[arg-type]
    assert re.fullmatch(r"<https://shop\.example/u/[\w-]{32}>", letter["list-unsubscribe"])
    assert letter["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert letter["list-unsubscribe"].strip("<>") in plain.get_content()
    assert letter["auto-submitted"] == "auto-generated"
    assert "shop@trial.example" in letter["from"]
    assert letter["to"] == f"Иван Петров <{IVAN}>"


async def test_one_click_stops_the_next_letter_to_him_and_to_nobody_else(shop: MailShop) -> None:
    await _campaign(shop)
    (letter,) = _to(shop, IVAN)

    answer = await _post(shop, letter["list-unsubscribe"].strip("<>"), data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.history) == (200, [])
    await shop.time_passes(hours=30)
    second = await _campaign(shop, "Вторая")

    assert len(_to(shop, IVAN)) == 1
    assert len(_to(shop, ANNA)) == 2
    assert await shop.app.db.read(campaigns.left_out, second) == {"opted_out": 1}


async def test_a_bounce_closes_the_address(shop: MailShop) -> None:
    shop.server.refuse(IVAN, "550 5.1.1 No such user")
    first = await _campaign(shop)

    brought = await shop.app.db.read(results.of, first, zone=shop.app.settings.zone)
    assert (brought.sent, brought.bounced) == (2, 1)
    await shop.time_passes(hours=30)
    second = await _campaign(shop, "Вторая")

    assert await shop.app.db.read(campaigns.left_out, second) == {"bounced": 1}


async def test_the_answer_lies_in_the_letters_conversation_and_is_counted(shop: MailShop) -> None:
    id = await _campaign(shop)
    (letter,) = _to(shop, IVAN)

    simulator: Any = shop.simulator  # type: ignore[attr-defined]
    simulator.write(
        IVAN,
        "Пришлите расчёт, пожалуйста.",
        subject=f"Re: {letter['subject']}",
        name="Иван Петров",
    )
    await reading.look(shop.app, ACCOUNT, simulator)
    await shop.shop.settles()

    def read(session: Session) -> list[tuple[str, str | None]]:
        sent = session.scalars(
            select(Letter)
            .join(Conversation, Conversation.id == Letter.conversation_id)
            .where(Conversation.chat == IVAN)
        ).one()
        lines = session.scalars(
            select(Message).where(Message.conversation_id == sent.conversation_id).order_by(Message.id)
        )
        return [(line.author, line.subject) for line in lines]

    lines = await shop.app.db.read(read)
    assert [author for author, _ in lines][:2] == ["bot", "customer"]
    assert lines[0][1] == letter["subject"]
    brought = await shop.app.db.read(results.of, id, zone=shop.app.settings.zone)
    assert brought.answered == 1
