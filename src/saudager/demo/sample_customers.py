"""Made-up customers of the demo who have just written when it is first opened, so that the console has somebody in it.

What becomes of their lines is the product's own doing: they are answered like the visitor's when the shop opens.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from saudager.clock import Clock
from saudager.gateway import intake
from saudager.gateway.models import Account, LoggedMessage
from saudager.providers.channels.simulator import Simulator

Customer = tuple[str, str, tuple[str, ...]]
"""The phone number, the name and the lines."""
CUSTOMERS: tuple[Customer, ...] = (
    ("77020000001", "Алия", ("Здравствуйте!", "Сколько стоит двустворчатое окно 1500 на 1500 в профиле Премиум 76?")),
    ("77020000002", "Ерлан", ("Добрый день, какая гарантия на фурнитуру?",)),
    ("77020000003", "Дана", ("Хочу заказать окна на балкон. Позвоните мне, пожалуйста, в понедельник в 15:00",)),
    ("77020000004", "Руслан", ("Окно привезли с царапиной! Позовите менеджера",)),
    ("77020000005", "Марина", ("А рулонные шторы на окна вы делаете?",)),
    ("77020000006", "Айгүл", ("Сәлеметсіз бе! Жеткізу қанша тұрады?",)),
)


def write(session: Session, some: Sequence[Customer], account: Account, phone: Simulator, clock: Clock) -> None:
    """Have them write, once: where anybody has written nothing is done."""
    if session.scalar(select(LoggedMessage.id).limit(1)) is not None:
        return
    for number, name, texts in some:
        lines = [phone.write(f"{number}@c.us", text, name=name) for text in texts]
        intake.take(session, account, lines, hears=False, now=clock.now())
