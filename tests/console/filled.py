"""A shop some days old, for what looks at every page: customers of all kinds, documents, calls, a person called."""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from saudager.automation import versions
from saudager.bootstrap import TRIAL_MAILBOX
from saudager.demo import sample_sales
from saudager.demo.shop import SAMPLE_SHOP
from saudager.knowledge import library
from saudager.letters import campaigns, desk
from saudager.letters.campaigns import Plan
from saudager.letters.tasks import generate_personalized_letter
from saudager.orders.models import Trigger, TriggerState
from saudager.providers.mail import Address, Letter
from saudager.providers.marketplace import Stage
from saudager.rehearsal import Shop
from saudager.sales import invoices
from saudager.sales.segments import Everyone
from saudager.studio import series
from saudager.studio.models import Keeping, Verdict
from saudager.studio.subjects import Car
from saudager.vault import Vault
from tests.console import crm_rows
from tests.orders import rows
from tests.sales import techcom

OPENED = datetime(2026, 3, 9, 5, 0, tzinfo=UTC)
"""A Monday, 10:00 in Almaty."""


LETTER = Letter(
    own_id="letter:1",
    message_id="letter-1@trial.example",
    sender=Address("shop@trial.example", "Тёплый Дом"),
    recipient=Address("aliya@firm.example", "Алия Сейткали"),
    subject="Окна к осени",
    text="Здравствуйте, Алия!",
    html="<html lang='ru'><head><title>Окна к осени</title></head><body><p>Здравствуйте, Алия!</p></body></html>",
)


@dataclass(frozen=True, slots=True)
class Customer:
    """Whom the shop knows by his chat."""

    chat: str
    name: str


DANIYAR = Customer("77020001805@c.us", "Данияр")
MARINA = Customer("77010000002@c.us", "Марина")
STRANGER = Customer("77010001240@c.us", "Аскар")
AIGUL = Customer("77770000003@c.us", "Айгуль")
TEKHKOM = Customer("77050000004@c.us", "ТОО ТехКом")
COURIER = Customer("77470000005@c.us", "Курьер Ерлан")
RUSLAN = Customer("77080000006@c.us", "Руслан")
GREETING = """\
rule: greeting
title: Встретить нового клиента
when: customer_wrote
if:
  - contact.days_silent < 30
then:
  - add_task: {text: "Поздороваться с {contact.name|новым клиентом}"}
"""
CARE = """\
sequence: care
title: Забота после разговора
begins: customer_wrote
steps:
  - add_task: {text: "Позвонить {contact.name|клиенту}"}
  - wait: 3d
  - when: [contact.days_silent > 2]
    then:
      - send_message: {class: follow_up, text: "{contact.first_name|Здравствуйте}, остались ли вопросы?"}
    else:
      - add_task: {text: "Поблагодарить за ответ"}
"""
BUYERS = ("Айгерим Сейткали", "Болат", "Динара Ахметова", "Марат", "Асель", "Тимур")
LINES = (
    [
        ("ELITE-70", "Окно ELITE 70, двустворчатое, поворотно-откидное", 1, "85000.00"),
        ("SILL", "Подоконник, м", 2, "4500.50"),
    ],
    [("NET-1", "Сетка москитная", 3, "6900.00")],
)


async def fill(shop: Shop) -> None:
    """Let three days of the shop go by, from its opening on."""
    folder = shop.app.settings.knowledge_folder
    for paper in SAMPLE_SHOP.glob("*.pdf"):
        shutil.copyfile(paper, folder / paper.name)
    (folder / "опоздавший.txt").write_text("", encoding="utf-8")
    await library.refresh(shop.app.db, folder, now=shop.clock.now())

    await says(shop, RUSLAN, "Здравствуйте! Сколько стоит окно 1500×1500 в профиле «Премиум 76»?")
    await says(shop, RUSLAN, "Спасибо, подумаю")
    await shop.time_passes(days=1, hours=2)
    await says(shop, AIGUL, "Добрый день! Какая гарантия на профиль «Премиум 76»?")
    await says(shop, AIGUL, "Позвоните мне завтра в 15:00, пожалуйста")
    await says(shop, COURIER, "Привезли вашу посылку, спуститесь к подъезду, код 4512")
    await shop.time_passes(days=1, hours=1)
    await says(shop, TEKHKOM, "Нужен счёт с НДС на 2 окна. Делаете скидку юридическим лицам?")
    await says(shop, STRANGER, "Салам, как жизнь")
    await says(shop, DANIYAR, "Здравствуйте!", "Сколько стоит двустворчатое окно 1500×1500? Премиум 76")
    await says(shop, DANIYAR, "А доставка в Караганду сколько стоит?")
    await says(shop, MARINA, "Сколько стоит москитная сетка?")
    await says(shop, MARINA, "Позовите человека, пожалуйста")
    await shop.mail.send(LETTER)
    await shop.app.db.run(_orders, shop.app.vault, now=shop.clock.now())
    await shop.app.db.run(sample_sales.lay_out, zone=shop.app.settings.zone, now=shop.clock.now())
    await _letters(shop)
    await _automation(shop)
    await _pictures(shop)
    await shop.app.db.run(crm_rows.account, shop.app.vault, await shop.contact(DANIYAR.chat), now=shop.clock.now())


async def says(shop: Shop, customer: Customer, *lines: str) -> None:
    """The customer writes, and is answered."""
    await shop.customer_says(*lines, chat=customer.chat, name=customer.name)
    await shop.time_passes(minutes=1)


async def _letters(shop: Shop) -> None:
    """One letter as it was written, one edited beyond its facts, one that nobody wants."""
    app, now = shop.app, shop.clock.now()
    to = await app.db.run(_techcom, now=now)
    for number in range(3):
        await app.db.run(
            generate_personalized_letter.enqueue,
            recipient_id=to.person_id,
            context="Новая линейка серверов",
            task_id=f"letter-{number}",
            now=now,
        )
    await shop.settles()
    words = "Иван Петрович, новые серверы снизят расходы на 25 %. За год у вас 5 заказов на 551 250 ₽."
    await app.db.run(desk.edit, 3, "Новая линейка серверов", words, now=now)
    await app.db.run(desk.drop, 2, "Марат", now=now)
    plan = Plan(name="К новому году", segment=Everyone(), account=TRIAL_MAILBOX, context="Новая линейка серверов")
    await app.db.run(campaigns.make, plan, by="Марат", now=now)
    await shop.time_passes(minutes=1)


async def _automation(shop: Shop) -> None:
    """A rule that has run, a sequence somebody is on his way through, and one that is taken and waits to be mended."""
    app, now = shop.app, shop.clock.now()

    def make(session: Session) -> None:
        for text in (GREETING, CARE):
            kept = versions.save(session, text, by="Марат", zone=app.settings.zone, now=now)
            versions.switch(session, kept.id, on=True, zone=app.settings.zone, now=now)

    await app.db.run(make)
    await says(shop, MARINA, "Здравствуйте, это снова я")


async def _pictures(shop: Shop) -> None:
    """A car from five sides, one of them in the shop's own words, of which one is accepted and one is not."""
    app, now = shop.app, shop.clock.now()

    def draw(session: Session) -> int:
        car = Car(brand="Toyota", model="Camry", year=2021, color="белый", body_type="седан")
        views = ["front", "side", "rear", "three_quarter", "багажник открыт, вид сверху и немного слева"]
        return series.begin(session, car, views=views, keeping=Keeping.FIRST, looks_up=False, by="Марат", now=now).id

    number = await app.db.run(draw)
    await shop.settles()
    there = [one for one in await app.db.read(series.of, number) if one.path]
    for picture, verdict in zip(there, Verdict, strict=False):
        await app.db.run(series.judge, picture.id, verdict, by="Марат", now=now)


def _techcom(session: Session, *, now: datetime) -> techcom.TechCom:
    """ТехКом of the tests, which goes on buying to this day."""
    known = techcom.store(session, now=now)
    price = Decimal(61_250)
    told = [
        invoices.Told(
            known.company_id,
            f"Н-{month}",
            (now - timedelta(days=30 * month + 5)).date(),
            "RUB",
            price * pieces,
            [invoices.Line("Серверное оборудование HP", Decimal(pieces), price, price * pieces, sku="HP-SERVERS")],
            person_id=known.person_id,
        )
        for month, pieces in enumerate((2, 1, 3, 1, 2))
    ]
    invoices.store(session, told, now=now)
    return known


def _orders(session: Session, vault: Vault, *, now: datetime) -> None:
    """A shop at Kaspi with orders at every stage, and one elsewhere; the reading of the first is somebody else's."""
    begun, unread = now - timedelta(days=20), now + timedelta(days=365)
    form = vault.seal(json.dumps({"token": "made-up", "base_url": "http://127.0.0.1:9/shop/api/v2"}))
    kaspi = rows.shop(
        session,
        at=begun,
        name="Kaspi",
        marketplace="kaspi",
        config=form,
        synced_at=now,
        sync_owner="x",
        sync_until=unread,
    )
    rows.shop(session, at=begun, name="Ozon", writes=False, problem="Файл прислали с ошибками, заказы не загружены.")
    buyers = [rows.buyer(session, number, at=begun, name=name) for number, name in enumerate(BUYERS, start=700)]
    stages = (Stage.DELIVERED, Stage.READY, Stage.APPROVED, Stage.CANCELLED, Stage.RETURNED, Stage.PLACED)
    orders = [
        rows.order(
            session, kaspi, at=now - timedelta(hours=5 * place), contact=buyer, stage=stage, lines=LINES[place % 2]
        )
        for place, (buyer, stage) in enumerate(zip(buyers, stages, strict=True))
    ]
    masked = rows.order(session, kaspi, at=now - timedelta(hours=40), stage=Stage.APPROVED, buyer_name="Ерлан С.")
    rows.trigger(session, masked, at=now, state=TriggerState.REFUSED, reason="no_phone")
    delivered, ready, approved, cancelled, *_ = orders
    thanks = "Айгерим, спасибо за заказ {}! Если появятся вопросы, напишите сюда."
    rows.written(session, delivered, at=now - timedelta(hours=4), fate="read", text=thanks.format(delivered.code))
    glad = f"Айгерим, заказ {delivered.code} у вас. Если что-то не так, напишите сюда."
    about: dict[str, Any] = {"trigger": Trigger.ORDER_DELIVERED, "engine": "fallback", "conversation_id": 1}
    rows.written(session, delivered, at=now - timedelta(hours=1), text=glad, **about)
    due = now + timedelta(days=3)
    rows.trigger(
        session, delivered, at=now, trigger=Trigger.REVIEW_REQUEST, due_at=due, late_at=due + timedelta(days=7)
    )
    waits: dict[str, Any] = {"due_at": now + timedelta(hours=14), "reason": "quiet_hours"}
    rows.trigger(session, ready, at=now, trigger=Trigger.ORDER_READY, **waits)
    rows.written(session, approved, at=now - timedelta(hours=2), fate="failed", reason="no_whatsapp", text="Спасибо!")
    rows.trigger(session, cancelled, at=now, state=TriggerState.STOPPED, reason="cancelled")
    groups = {True: 60, False: 240}
    rows.crowd(
        session,
        kaspi,
        groups,
        at=begun - timedelta(days=60),
        returns={True: 0.1, False: 0.2},
        chance=Random(1),
        share=0.2,
    )
