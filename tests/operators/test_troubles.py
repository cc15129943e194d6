"""What is not well is told to the shop's people: once when it has lasted, once when it is over, by what works."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from saudager import attention
from saudager.ailments import Ailment, Ill
from saudager.errors import Unreachable
from saudager.operators import troubles
from saudager.operators.models import Operator
from saudager.operators.roles import Role
from saudager.operators.troubles import Ways
from saudager.rehearsal import Shop
from tests.conftest import OpenShop
from tests.operators.postal_shop import AIGUL, PostalShop, parts

MERCHANT = "77010007777"
OWNERS = "marat@example.kz"
BROKER = Ailment(Ill.BROKER, "RabbitMQ does not answer", reason="RabbitMQ does not answer")


class Watched:
    """A shop somebody looks at every minute."""

    def __init__(self, post: PostalShop) -> None:
        self.post = post
        self.shop: Shop = post.shop
        self.ill: list[Ailment] = []

    async def minutes(self, number: int) -> None:
        for _ in range(number):
            self.shop.clock.move_to(self.shop.clock.now() + timedelta(minutes=1))
            await troubles.look(self.shop.app, self._ailments)
        await self.shop.settles()

    async def _ailments(self) -> list[Ailment]:
        return self.ill

    def phone(self) -> list[str]:
        return self.shop.answers(f"{MERCHANT}@c.us")

    async def letters(self, to: str = OWNERS) -> list[str]:
        return [str(one["subject"]).partition(" ·")[0] for one in await self.post.letters(to)]

    async def desk(self) -> list[str]:
        return [entry.reason for entry in await self.shop.desk() if entry.kind == "machine"]


@pytest.fixture
async def shop(open_shop: OpenShop) -> AsyncIterator[Watched]:
    async with AsyncExitStack() as stack:
        post = await PostalShop.opened(open_shop, stack, alert_numbers=(MERCHANT,))
        await post.hire_with_address("marat", OWNERS, Role.OWNER)
        yield Watched(post)


@pytest.mark.both_kinds
async def test_a_trouble_is_told_once_when_it_has_lasted_and_once_when_it_is_over(shop: Watched) -> None:
    await shop.minutes(2)
    shop.ill = [BROKER]
    await shop.minutes(3)
    assert (shop.phone(), await shop.letters(), await shop.desk()) == ([], [], [])
    await shop.minutes(60)
    (told,) = shop.phone()
    assert told.startswith("Тёплый Дом\n• Брокер сообщений не отвечает (с 11.03 12:03). RabbitMQ does not answer\n")
    assert "https://shop.example/" in told
    assert await shop.letters() == ["Программа нездорова"]
    assert await shop.desk() == ["Брокер сообщений не отвечает (с 11.03 12:03). RabbitMQ does not answer"]
    shop.ill = []
    await shop.minutes(60)
    assert shop.phone()[1:] == [
        "Тёплый Дом\n• Снова в порядке: Брокер сообщений не отвечает (было с 11.03 12:03 до 11.03 13:05)"
    ]
    assert await shop.letters() == ["Программа нездорова", "Программа снова в порядке"]
    assert await shop.desk() == []


async def test_what_comes_and_goes_is_one_trouble_and_what_passes_at_once_is_none(shop: Watched) -> None:
    for ill in ([BROKER], [], [], [BROKER], []) * 6:
        shop.ill = ill
        await shop.minutes(1)
    assert len(shop.phone()) == 1
    shop.ill = []
    await shop.minutes(10)
    assert len(shop.phone()) == 2
    shop.ill = [BROKER]
    await shop.minutes(2)
    shop.ill = []
    await shop.minutes(10)
    assert len(shop.phone()) == 2


async def test_many_troubles_at_once_are_one_message(shop: Watched) -> None:
    shop.ill = [BROKER, *(Ailment(Ill.QUEUE, "nobody works it", f"queue{n}") for n in range(5))]
    await shop.minutes(10)
    (told,) = shop.phone()
    assert told.count("•") == 6


@pytest.mark.both_kinds
async def test_several_agents_that_look_at_once_tell_it_once(shop: Watched) -> None:
    app = shop.shop.app
    ways = Ways(shop.shop.account.name, by_mail=True)
    for _ in range(6):
        shop.shop.clock.move_to(shop.shop.clock.now() + timedelta(minutes=1))
        looks = [app.db.run(troubles.note, [BROKER], ways, app.settings, now=shop.shop.clock.now()) for _ in range(4)]
        for look in looks:
            await look
    await shop.shop.settles()
    assert (len(shop.phone()), await shop.letters()) == (1, ["Программа нездорова"])


async def test_without_a_way_to_tell_it_stays_on_the_desk_and_is_told_when_there_is_one(shop: Watched) -> None:
    for account in (shop.shop.account.name, "mail:shop@trial.example"):
        await shop.shop.app.gateway.pause(account, "переезжаем")
    shop.ill = [BROKER]
    await shop.minutes(10)
    assert (shop.phone(), await shop.letters(), len(await shop.desk())) == ([], [], 1)
    await shop.shop.app.gateway.resume(shop.shop.account.name)
    await shop.minutes(1)
    assert (len(shop.phone()), await shop.letters()) == (1, [])


async def test_a_gateway_that_was_away_is_told_of_when_it_is_back(
    shop: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> Any:
        raise Unreachable("gateway: nobody answers")

    gateway: Any = shop.shop.app.gateway
    with monkeypatch.context() as while_away:
        for asked in ("ailments", "accounts", "mailboxes"):
            while_away.setattr(gateway, asked, away)
        await shop.minutes(5)
        (missing,) = await troubles.missing(shop.shop.app)
        assert missing.says.startswith("the gateway does not answer since 07:01 UTC")
        assert len(await shop.desk()) == 1
    await shop.minutes(5)
    (told,) = shop.phone()
    assert "Снова в порядке: Шлюз не отвечает: сообщения не приходят и не уходят (было с 11.03 12:01" in told
    assert await troubles.missing(shop.shop.app) == []


async def test_after_the_program_was_down_it_says_from_when_to_when(shop: Watched) -> None:
    await shop.minutes(2)
    shop.shop.clock.move_to(shop.shop.clock.now() + timedelta(minutes=40))
    await shop.minutes(3)
    (told,) = shop.phone()
    assert "Продавец не работал с 11.03 12:02 до 11.03 12:43" in told
    shop.shop.clock.move_to(shop.shop.clock.now() + timedelta(minutes=8))
    await shop.minutes(3)
    assert len(shop.phone()) == 1


async def test_that_it_was_down_is_told_as_soon_as_there_is_a_way(shop: Watched) -> None:
    await shop.minutes(2)
    for account in (shop.shop.account.name, "mail:shop@trial.example"):
        await shop.shop.app.gateway.pause(account, "переезжаем")
    shop.shop.clock.move_to(shop.shop.clock.now() + timedelta(minutes=40))
    await shop.minutes(3)
    assert shop.phone() == []
    await shop.shop.app.gateway.resume(shop.shop.account.name)
    await shop.minutes(3)
    (told,) = shop.phone()
    assert "Продавец не работал с 11.03 12:02 до 11.03 12:43" in told


async def test_a_clock_that_was_set_back_delays_nothing(shop: Watched) -> None:
    app, ways = shop.shop.app, Ways(shop.shop.account.name, by_mail=False)
    now = app.clock.now()
    for at in (now + timedelta(days=1), *(now + timedelta(minutes=minute) for minute in range(4))):
        await app.db.run(troubles.note, [BROKER], ways, app.settings, now=at)
    await shop.minutes(5)
    (told,) = shop.phone()
    assert "Брокер сообщений не отвечает (с 11.03 12:00)" in told


async def test_an_engine_that_a_person_must_look_at_is_told_with_what_to_do(shop: Watched) -> None:
    says = "Gemini: кончились деньги или квота. Пополните счёт; через час спросим снова."
    await shop.shop.app.db.run(attention.ask, attention.Why.ENGINE, "engine:gemini", says, now=shop.shop.clock.now())
    await shop.minutes(10)
    (told,) = shop.phone()
    assert f"Модель Gemini не отвечает (с 11.03 12:01). {says}" in told
    assert await shop.desk() == []  # it stands there already


async def test_an_operator_is_written_to_in_his_language_if_he_asked_for_it(shop: Watched) -> None:
    await shop.post.hire_with_address("aigul", AIGUL, Role.MANAGER, "en")
    manager = await shop.post.signed_in("aigul")
    assert (await manager.post("/console/profile/troubles", hears="on")).status_code == 204
    owner = await shop.post.signed_in("marat")
    assert "checked" in (await owner.get("/console/profile")).text
    assert (await owner.post("/console/profile/troubles")).status_code == 204
    shop.ill = [BROKER]
    await shop.minutes(10)
    assert await shop.letters() == []
    (letter,) = await shop.post.letters(AIGUL)
    assert str(letter["subject"]).startswith("The program is not well")
    assert "The message broker does not answer (since 11.03 12:01)" in parts(letter)[0]


async def test_who_is_kept_out_is_not_written_to(shop: Watched) -> None:
    def keep_out(session: Session) -> None:
        session.get_one(Operator, 1).disabled_at = shop.shop.clock.now()

    await shop.shop.app.db.run(keep_out)
    shop.ill = [BROKER]
    await shop.minutes(10)
    assert (len(shop.phone()), await shop.letters()) == (1, [])
