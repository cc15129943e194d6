"""Letters of a campaign from the desk to a mail server on loopback, beside aiosmtplib sending the like ready-made.

``send_10000`` and ``send_1000``: approved letters with a chart each are rendered and go through the door, the queues
and the gateway to aiosmtpd in another process, on SQLite, unpaced; the gateway and the agent are this one process.
``send_postgresql``: 2 000 of them on PostgreSQL. CPU is that of all our processes, the mail server among them.
``floor_aiosmtplib`` sends 10 000 messages of the same size that lie ready, over one connection. ``render`` and
``charts`` measure those alone. The bar to look at for memory is listmonk's, 57 MB for a list of any length
(https://listmonk.app, read 2026-11).
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from saudager import services
from saudager.bench import mail_server, memory, processor, settings
from saudager.bootstrap import bootstrap, connect_accounts
from saudager.clock import MovableClock
from saudager.contracts import MAILBOX
from saudager.gateway import accounts
from saudager.letters import chart, rendering, sending
from saudager.letters.models import Letter, LetterState
from saudager.letters.rendering import Sender
from saudager.providers.mail import Address, Enclosure, mime
from saudager.providers.mail import Letter as Mail
from saudager.rehearsal import OPENING
from saudager.sales.models import Company, Consent, Person

_MANY, _SOME, _FEW, _PAGE = 10_000, 2_000, 1_000, 500
_SENDER = Sender("Тёплый Дом", "shop@dom.example")
_LINK = "https://shop.example/u/7xk0Zl2mBq3nC4vD5wE6rF7tG8yH9uJ0"
_BODY = """Добрый день, Иван Петрович!

Спасибо, что работаете с нами. Мы подвели итоги вашего года:
- заказов: {orders}
- на сумму: {total} ₸
- рост к прошлому году: 15 %

Больше всего вы покупали серверное оборудование. Под ваши задачи подойдёт новая линейка Gen11: подготовим расчёт под
вашу спецификацию и скажем срок поставки.

Если интересно, ответьте на это письмо.

С уважением,
Тёплый Дом"""
Row = dict[str, Any]


async def send_10000(scale: float) -> Row:
    """A campaign of 10 000."""
    return await _send(int(_MANY * scale))


async def send_1000(scale: float) -> Row:
    """A campaign of 1 000, for its memory."""
    return await _send(int(_FEW * scale))


async def send_postgresql(scale: float) -> Row:
    """A campaign of 2 000 on PostgreSQL."""
    from saudager.bench import servers  # it brings the brokers' libraries, which no letter needs

    with servers.fresh_database() as url:
        return await _send(int(_SOME * scale), database_url=url)


async def floor_aiosmtplib(scale: float) -> Row:
    """10 000 messages that lie ready, one after another over one connection."""
    import aiosmtplib

    count = int(_MANY * scale)
    messages = [_ready(number) for number in range(min(count, 100))]
    async with mail_server.serving() as server:
        await asyncio.to_thread(server.expect, count)
        cpu, began = processor.used(), time.perf_counter()
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=server.port, start_tls=False) as client:
            for number in range(count):
                await client.sendmail(_SENDER.address, [_address(number)], messages[number % len(messages)])
        came = await asyncio.to_thread(server.wait)
        seconds = time.perf_counter() - began
    return _rate(count, seconds, came) | {"cpu_ms_per_letter": round((processor.used() - cpu) / count * 1000, 3)}


async def render(scale: float) -> Row:
    """Both parts of a letter from its text: without a chart, and with one."""
    count = int(_FEW * scale)
    plain, drawn = _letter(1, year=None), [_letter(number) for number in range(count)]
    return {
        "letters": count,
        "ms_without_chart": _each(lambda number: _rendered(plain), count),
        "ms_with_chart": _each(lambda number: _rendered(drawn[number]), count),
        "html_bytes": len(_rendered(drawn[0]).html.encode()),
    }


async def charts(scale: float) -> Row:
    """The year as a picture."""
    count = int(_FEW * scale)
    years = [[(month, Decimal(amount)) for month, amount in _year(number)] for number in range(count)]
    sizes = [len(chart.draw(year)) for year in years[:100]]
    ms = _each(lambda number: chart.draw(years[number]), count)
    return {"charts": count, "ms": ms, "charts_per_s": round(1000 / ms), "largest_bytes": max(sizes)}


def ratios(rows: dict[str, Row]) -> dict[str, float]:
    """Ours beside aiosmtplib alone, and the memory of ten times as many letters."""
    found: dict[str, float] = {}
    many, few, floor = (rows.get(name, {}) for name in ("send_10000", "send_1000", "floor_aiosmtplib"))
    for name, row in (("send", many), ("send_postgresql", rows.get("send_postgresql", {}))):
        if "letters_per_s" in row and "letters_per_s" in floor:
            found[f"{name}_vs_aiosmtplib"] = round(row["letters_per_s"] / floor["letters_per_s"], 3)
    if "peak_mb" in many and "peak_mb" in few:
        found["memory_10000_vs_1000"] = round(many["peak_mb"] / few["peak_mb"], 3)
    return found


async def _send(count: int, **other: Any) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        async with mail_server.serving() as server:
            ours = settings.in_folder(
                folder, mail_per_minute=0, mail_per_day=100_000, public_url="https://shop.example", **other
            )
            app = bootstrap(ours, clock=MovableClock(OPENING, running=True), hosted=False, poll=None)
            try:
                await app.db.run(_connect, app.vault.seal(json.dumps(_mailbox(server.port))), now=OPENING)
                await connect_accounts(app)
                for begin in range(0, count, _PAGE):
                    await app.db.run(_lay, begin, min(begin + _PAGE, count), now=OPENING)
                await asyncio.to_thread(server.expect, count)
                before = memory.now_mb()
                async with services.running(app, gateway=True, agent=True):
                    cpu, began = processor.used(), time.perf_counter()
                    await app.db.run(sending.wake, at=OPENING, now=app.clock.now())
                    came = await asyncio.to_thread(server.wait)
                    seconds, cpu = time.perf_counter() - began, processor.used() - cpu
            finally:
                await app.close()
    return _rate(count, seconds, came) | {
        "cpu_ms_per_letter": round(cpu / count * 1000, 3),
        "before_mb": before,
        "peak_mb": memory.peak_mb(),
    }


def _mailbox(port: int) -> Row:
    server = {"host": "127.0.0.1", "port": port, "security": "none"}
    return {"address": _SENDER.address, "sender_name": _SENDER.name, "carriers": {"smtp": server}, "reader": None}


def _connect(session: Session, sealed_config: str, *, now: datetime) -> None:
    name = f"{MAILBOX}{_SENDER.address}"
    accounts.connect(session, name, vendor=accounts.MAIL, sealed_config=sealed_config, now=now)


def _rate(count: int, seconds: float, came: Row) -> Row:
    assert came["recipients"] == count, came
    return {
        "letters": count,
        "kb_each": round(came["bytes"] / count / 1024, 1),
        "seconds": round(seconds, 2),
        "letters_per_s": round(count / seconds),
    }


def _each(work: Callable[[int], Any], count: int) -> float:
    """Milliseconds each takes."""
    work(0)
    began = time.perf_counter()
    for number in range(count):
        work(number)
    return round((time.perf_counter() - began) / count * 1000, 3)


def _lay(session: Session, begin: int, end: int, *, now: datetime) -> None:
    """Companies with a person each, and an approved letter to everybody."""
    known = {"created_at": now, "updated_at": now}
    numbers = range(begin + 1, end + 1)
    session.execute(
        insert(Company),
        [{"id": n, "key": f"own:{n}", "name": f"ТОО «Фирма {n}»", "is_person": False, **known} for n in numbers],
    )
    session.execute(
        insert(Person),
        [
            {
                "id": n,
                "company_id": n,
                "key": f"email:{_address(n)}",
                "name": "Иван Петров",
                "email": _address(n),
                "consent": Consent.GIVEN,
                **known,
            }
            for n in numbers
        ],
    )
    session.execute(insert(Letter), [_row(n, now) | known for n in numbers])


def _row(number: int, now: datetime) -> Row:
    letter = _letter(number)
    return {
        "person_id": number,
        "company_id": number,
        "context": "",
        "tone": "professional",
        "purpose": "offer",
        "products": [],
        "include_sales_data": True,
        "language": letter.language,
        "state": LetterState.APPROVED,
        "subject": letter.subject,
        "body": letter.body,
        "key_points": [],
        "facts": [],
        "year": letter.year,
        "version": 1,
        "due_at": now,
    }


def _letter(number: int, *, year: Sequence[Sequence[str]] | None = ()) -> SimpleNamespace:
    return SimpleNamespace(
        subject=f"Итоги года и предложение № {number}",
        body=_BODY.format(orders=10 + number % 90, total=f"{2_000_000 + number * 37:,}".replace(",", " ")),
        language="ru",
        year=None if year is None else _year(number),
    )


def _year(number: int) -> list[list[str]]:
    return [[f"2025-{month:02}", f"{(number * 7919 + month * 104729) % 900_000}.00"] for month in range(1, 13)]


def _rendered(letter: Any) -> rendering.Rendered:
    return rendering.render(letter, sender=_SENDER, unsubscribe=_LINK)


def _ready(number: int) -> bytes:
    """A message as ours come to the server."""
    letter = _letter(number)
    shown = _rendered(letter)
    enclosures = tuple(
        Enclosure(picture.name, picture.mime_type, chart.draw(_decimal(number)), content_id=picture.name)
        for picture in shown.pictures
    )
    mail = Mail(
        own_id=f"letter:{number}",
        message_id=f"{number:032x}@dom.example",
        sender=Address(_SENDER.address, _SENDER.name),
        recipient=Address(_address(number), "Иван Петров"),
        subject=letter.subject,
        text=shown.text,
        html=shown.html,
        enclosures=enclosures,
        unsubscribe=_LINK,
        automatic="auto-generated",
    )
    return mime.to_bytes(mail, OPENING)


def _decimal(number: int) -> list[tuple[str, Decimal]]:
    return [(month, Decimal(amount)) for month, amount in _year(number)]


def _address(number: int) -> str:
    return f"ivan{number}@firma.example"
