"""A lead from the first day to the last: Kommo is connected and read, a person moves the lead, its letter leaves, the
customer answers by mail and in the lead's chat and is answered in both, and all of it stands in the lead."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.api import crm as hooks
from saudager.api import webhooks as pages
from saudager.automation import versions
from saudager.bench.kommo_account import KommoAccount
from saudager.bootstrap import TRIAL_MAILBOX
from saudager.clock import MovableClock
from saudager.contracts import MessageClass
from saudager.crm import connecting, correspondence, history, listing, templates
from saudager.crm.models import CrmConnection, CrmLead
from saudager.gateway import connections, webhooks
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import OPENING, Shop, rehearse
from saudager.settings import Settings
from saudager.web import make_web
from tests.crm.merchant import DOMAINS, PUBLIC
from tests.crm_letters.office import in_time
from tests.test_answering import PRICES, QUESTION, TRUE

pytestmark = pytest.mark.slow

AIGUL = "aigul@firm.example"
PAID = "Оплачено"


class Story:
    """A running shop and a Kommo of ours that calls it."""

    def __init__(self, shop: Shop, kommo: KommoAccount) -> None:
        self.shop = shop
        self.kommo = kommo

    @property
    def talks(self) -> str:
        return f"kommo_talks:{self.kommo.base_url.removeprefix('http://')}"

    async def connects(self) -> None:
        """The account and the chats of its leads, each with a long-lived token."""
        app, kommo = self.shop.app, self.kommo
        await self._ends(connecting.connect_long_lived(app, "kommo", kommo.base_url, kommo.long_lived_token))
        form = {"domain": self.talks.partition(":")[2], "token": kommo.long_lived_token}
        assert (await connections.connect(app, "kommo_talks", form)).ready
        await self.shop.time_passes(minutes=5)

    async def time_passes(self, **span: float) -> None:
        """Kommo has told its news, twice, and what follows from them is done."""
        calls = self.kommo.hook_calls()
        web = make_web("test", longest_body=4_000_000, uploads=hooks.LONGEST)
        web.include_router(hooks.router(self.shop.app))
        web.include_router(
            pages.router(
                lambda *call: webhooks.receive(self.shop.app, *call),
                lambda account, secret: webhooks.confirm(self.shop.app, account, secret),
            )
        )
        form = {"content-type": "application/x-www-form-urlencoded"}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url=PUBLIC) as http:
            for body in (*calls, *calls):
                where = [address for address in self.kommo.api.hooks if ("webhooks" in address) is (b"message" in body)]
                assert {(await http.post(address, content=body, headers=form)).status_code for address in where} == {
                    200
                }
        await self.shop.time_passes(**span)

    async def lead(self, number: int) -> CrmLead:
        return await self.shop.app.db.read(
            lambda session: session.scalars(select(CrmLead).where(CrmLead.vendor_id == number)).one()
        )

    def notes(self, lead: int) -> list[str]:
        return [note["params"]["text"] for note in self.kommo.notes(lead)]

    async def _ends(self, work: Awaitable[Any]) -> Any:
        return await in_time(self.shop.clock, work)


@pytest.fixture
async def story(settings: Callable[..., Settings], tmp_path: Path) -> AsyncIterator[Story]:
    folder = tmp_path / "knowledge_base"
    folder.mkdir()
    (folder / "prices.md").write_text(PRICES, encoding="utf-8")
    async with AsyncExitStack() as stack:
        clock = MovableClock(OPENING)
        kommo = await stack.enter_async_context(KommoAccount(now=clock.now))
        given = settings(kommo_domains=DOMAINS, public_url=PUBLIC)
        shop = await stack.enter_async_context(rehearse(given, model=ScriptedModel([TRUE] * 9), clock=clock))
        yield Story(shop, kommo)


@pytest.mark.parametrize(("fields", "rows"), [(6, 40), pytest.param(40, 10_000, marks=pytest.mark.slow)])
async def test_a_lead_is_heard_of_written_to_answered_and_noted(story: Story, fields: int, rows: int) -> None:
    shop, kommo = story.shop, story.kommo
    kommo.fill(pipelines=5, fields=fields, contacts=rows, leads=rows)
    contact = kommo.add_contact("Айгуль Серикова", phone="+7 701 555 01 01", email=AIGUL)
    number = kommo.add_lead("Стол «Дастархан»", contact=contact, stage="Новая", price=94_500)
    await story.connects()

    connection = await shop.app.db.read(lambda session: session.scalars(select(CrmConnection)).one())
    assert connection.synced_at is not None and (connection.progress or {})["leads"] == rows + 1
    row = kommo.leads[number]
    letter = templates.Draft(row["pipeline_id"], kommo.stage(PAID), "email", "Счёт: {lead}", "{name}, счёт на {price}.")
    await shop.app.db.run(templates.add, connection.id, letter, now=shop.clock.now())

    kommo.move(number, stage=PAID)
    await story.time_passes(minutes=5)
    assert (await story.lead(number)).stage_vendor_id == kommo.stage(PAID)
    (sent,) = shop.letters(AIGUL)
    assert (sent.subject, sent.text) == ("Счёт: Стол «Дастархан»", "Айгуль, счёт на 94 500 ₸.")

    await shop.mail_arrives(AIGUL, QUESTION, answers=sent, name="Айгуль")
    await story.time_passes(minutes=10)
    assert [TRUE in one.text for one in shop.letters(AIGUL)] == [False, True]

    talk = kommo.add_talk(contact, lead=number)
    kommo.receive_message(talk, QUESTION)
    await story.time_passes(minutes=30)
    assert [(said.talk, said.text) for said in kommo.messages if not said.by_customer] == [(talk, TRUE)]

    notes = story.notes(number)
    assert [note.partition(",")[0] for note in notes] == ["Исходящее письмо", "Входящее письмо", "Исходящее письмо"]
    lead = await story.lead(number)
    entries = await shop.app.db.read(history.of_lead, lead.id)
    assert [(entry.side, entry.kind) for entry in reversed(entries)] == [
        ("us", "letter"),
        ("customer", "letter"),
        ("us", "letter"),
        ("customer", "line"),
        ("us", "line"),
    ]
    assert await shop.desk() == []


RULE = """\
rule: answered
title: Ответил на счёт
when: letter_answered
if:
  - lead.is_open
then:
  - move_stage: {{pipeline: "{pipeline}", stage: "{stage}"}}
  - add_task: {{text: "Проверить оплату: {{lead.name}}", in: 2h}}
"""


async def test_a_rule_moves_the_lead_in_the_crm_once_its_letter_is_answered(story: Story) -> None:
    shop, kommo = story.shop, story.kommo
    kommo.fill(pipelines=1, fields=0, contacts=0, leads=0)
    contact = kommo.add_contact("Айгуль Серикова", phone="+7 701 555 01 01", email=AIGUL)
    number = kommo.add_lead("Стол «Дастархан»", contact=contact, stage="Новая", price=94_500)
    await story.connects()
    connection = await shop.app.db.read(lambda session: session.scalars(select(CrmConnection)).one())
    (pipeline, stages) = (await shop.app.db.read(listing.pipelines, connection.id))[0]
    paid = next(stage for stage in stages if stage.name == PAID)
    text = RULE.format(pipeline=pipeline.name, stage=paid.name)

    def write(session: Session) -> None:
        kept = versions.save(session, text, by="Марат", zone=shop.app.settings.zone, now=shop.clock.now())
        versions.switch(session, kept.id, on=True, zone=shop.app.settings.zone, now=shop.clock.now())
        lead = session.scalars(select(CrmLead)).one()
        correspondence.send_letter(
            session,
            lead,
            "Счёт",
            "Счёт на 94 500 ₸.",
            about="invoice:1",
            message_class=MessageClass.SERVICE,
            mailbox=TRIAL_MAILBOX,
            settings=shop.app.settings,
            now=shop.clock.now(),
        )

    await shop.app.db.run(write)
    await story.time_passes(minutes=2)
    (sent,) = shop.letters(AIGUL)
    await shop.mail_arrives(AIGUL, QUESTION, answers=sent, name="Айгуль")
    await story.time_passes(minutes=5)
    await story.time_passes(minutes=5)

    assert kommo.leads[number]["status_id"] == paid.vendor_id
    assert (await story.lead(number)).stage_vendor_id == paid.vendor_id
    assert [task["text"] for task in kommo.tasks.values()] == ["Проверить оплату: Стол «Дастархан»"]
