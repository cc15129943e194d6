"""A shop some days old, for what looks at every page: customers of all kinds, documents, calls, a person called."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime

from saudager.demo.shop import SAMPLE_SHOP
from saudager.knowledge import library
from saudager.rehearsal import Shop

OPENED = datetime(2026, 3, 9, 5, 0, tzinfo=UTC)
"""A Monday, 10:00 in Almaty."""


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


async def says(shop: Shop, customer: Customer, *lines: str) -> None:
    """The customer writes, and is answered."""
    await shop.customer_says(*lines, chat=customer.chat, name=customer.name)
    await shop.time_passes(minutes=1)
