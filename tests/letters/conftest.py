"""ТехКом stored in a product that runs nothing by itself, and a model that says what it is told to."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import BaseModel

from saudager.app import App
from saudager.bootstrap import bootstrap
from saudager.clock import MovableClock
from saudager.errors import OutsideError
from saudager.letters import insights, writing
from saudager.letters.insights import Insights
from saudager.letters.schemas import PersonalizationData, PersonalizedEmailContent
from saudager.letters.writing import Commission, Written
from saudager.orders.models import Product, Shop
from saudager.providers.llm import Task
from saudager.providers.llm.scripted import ScriptedModel
from saudager.settings import Settings
from tests.sales import techcom
from tests.sales.techcom import NOW, TechCom


@dataclass
class Writer:
    """The model behind the letters: what it hands in, in turn, the last one again and again; and all it was asked."""

    letters: list[PersonalizedEmailContent] = field(default_factory=list)
    insights: list[PersonalizationData] = field(default_factory=list)
    trouble: OutsideError | None = None
    asked: list[Task] = field(default_factory=list)

    def fill(self, task: Task, into: type[BaseModel]) -> BaseModel | None:
        self.asked.append(task)
        if self.trouble is not None:
            raise self.trouble
        scripted: list[Any] = self.letters if into is PersonalizedEmailContent else self.insights
        return (scripted.pop(0) if len(scripted) > 1 else scripted[0]) if scripted else None

    def writes(self, *bodies: str, subject: str = "Для ТехКом", points: tuple[str, ...] = ()) -> None:
        """Letters of these bodies, one a try."""
        self.letters = [
            PersonalizedEmailContent(subject=subject, body=body, key_points=list(points)) for body in bodies
        ]

    @property
    def letters_asked(self) -> list[Task]:
        return [task for task in self.asked if "приветствие и подпись" in task.instructions.lower()]


@dataclass
class Room:
    """Where letters are written."""

    app: App
    writer: Writer
    techcom: TechCom
    product: int
    """HP ProLiant Gen11, 890 000 ₽, in stock."""

    async def letter(self, **wanted: Any) -> Written:
        """A letter to the director of IT, offering the server unless something else is wanted."""
        wanted = {"person_id": self.techcom.person_id, "products": (self.product,)} | wanted
        return await writing.write(self.app, Commission(**wanted), now=NOW)

    async def insights(self, **wanted: Any) -> Insights:
        """Insights for him."""
        return await insights.find(self.app, self.techcom.company_id, self.techcom.person_id, now=NOW, **wanted)


OpenRoom = Callable[..., Awaitable[Room]]


@pytest.fixture
async def open_room(settings: Callable[..., Settings]) -> AsyncIterator[OpenRoom]:
    """Open the room (``await open_room(letter_language="kk")``)."""
    opened: list[App] = []

    async def open_one(*, scripted: bool = True, **values: Any) -> Room:
        writer = Writer()
        given = settings(**{"shop_name": "Сервер Плюс", "timezone": "Asia/Almaty"} | values)
        model = ScriptedModel(fills=writer.fill) if scripted else None
        app = bootstrap(given, clock=MovableClock(NOW), model=model, hosted=False, poll=None)
        opened.append(app)
        return Room(app, writer, *await app.db.run(_stored))

    yield open_one
    for app in opened:
        await app.close()


@pytest.fixture
async def room(open_room: OpenRoom) -> Room:
    return await open_room()


def _stored(session: Any) -> tuple[TechCom, int]:
    stored = techcom.store(session)
    shop = Shop(name="Сервер Плюс", writes=False, connected_at=NOW)
    session.add(shop)
    session.flush()
    server = Product(
        shop_id=shop.id, sku="GEN11", name="HP ProLiant Gen11", price=890000, currency="RUB", stock=3, updated_at=NOW
    )
    session.add(server)
    session.flush()
    return stored, server.id
