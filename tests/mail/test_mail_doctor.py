"""``saudager doctor`` says of each mailbox what its carriers, its reader and the name servers say."""

from datetime import timedelta

from saudager.doctor import examine
from saudager.gateway import accounts
from saudager.providers.dns import NameServers
from saudager.rehearsal import Shop
from tests.conftest import OpenShop
from tests.fakes.names import name_server
from tests.gateway.test_mail_office import SALES, TRIAL, form
from tests.mail import carriers
from tests.mail.carriers import RIGHT, WRONG


async def findings(shop: Shop) -> dict[str, tuple[bool, str]]:
    return {finding.about: (finding.good, finding.says) async for finding in examine(shop.app)}


async def opened(open_shop: OpenShop, **settings: str) -> Shop:
    shop: Shop = await open_shop(**settings)
    carriers.give_to(shop.app)
    return shop


async def test_a_mailbox_that_is_set_up_well_is_told_so(open_shop: OpenShop):
    shop = await opened(open_shop, public_url="https://shop.example")
    await shop.app.gateway.connect_mailbox(form("first", "second", reader=RIGHT))
    zone = {
        "shop.kz": {"TXT": ["v=spf1 a:mail.shop.kz -all"]},
        "mail.shop.kz": {"A": ["192.0.2.7"]},
        "mail._domainkey.shop.kz": {"TXT": ["v=DKIM1; p=MIIB"]},
        "_dmarc.shop.kz": {"TXT": ["v=DMARC1; p=none"]},
    }
    async with name_server(zone) as port:
        shop.app.names = NameServers(["127.0.0.1"], port=port)
        found = {one.about: one for one in await shop.app.gateway.examine_mailbox(SALES)}

    assert {about: one.good for about, one in found.items()} == dict.fromkeys(
        [
            f"{SALES}, Первая почта",
            f"{SALES}, Вторая почта",
            f"{SALES}, Чтение почты",
            "SPF shop.kz (mail.shop.kz)",
            "DKIM shop.kz (mail.shop.kz)",
            "DMARC shop.kz",
            f"{SALES}, отписка одним нажатием",
        ],
        True,
    )
    assert "кнопка отписки ведёт на PUBLIC_URL" in found[f"{SALES}, отписка одним нажатием"].says


async def test_what_is_wrong_with_a_mailbox_is_told_in_the_words_of_who_refuses(open_shop: OpenShop):
    shop = await opened(open_shop)
    await shop.app.gateway.connect_mailbox(form("first", password=WRONG, reader=WRONG), untested=True)
    await shop.app.db.run(accounts.hold, SALES, "переезжаем")
    shop.app.names = NameServers(["127.0.0.1"], port=9, patience=0.2)
    found = await findings(shop)

    assert found[SALES] == (False, "не отправляет: переезжаем")
    assert found[f"{SALES}, Первая почта"] == (False, "first: 535 5.7.8 пароль не подходит")
    assert found[f"{SALES}, Чтение почты"] == (False, "imap: логин или пароль не подходит")
    assert found["DNS shop.kz"][0] and "не отвечают" in found["DNS shop.kz"][1]
    assert "пока в PUBLIC_URL не стоит адрес с https" in found[f"{SALES}, отписка одним нажатием"][1]


async def test_of_a_made_up_mailbox_no_name_server_is_asked(open_shop: OpenShop):
    shop = await opened(open_shop)
    shop.app.names = NameServers(["127.0.0.1"], port=9, patience=0.2)
    found = await findings(shop)

    assert [about for about in found if TRIAL in about or "trial.example" in about] == [f"{TRIAL}, Почта для пробы"]


async def test_a_mailbox_nobody_could_read_for_long_is_an_ailment(open_shop: OpenShop):
    shop = await opened(open_shop)
    await shop.app.gateway.connect_mailbox(form("first", reader=RIGHT))
    assert await shop.app.gateway.ailments() == []
    shop.clock.move_to(shop.clock.now() + timedelta(minutes=10))

    (ailment,) = await shop.app.gateway.ailments()
    assert ailment.says.startswith(f"{SALES} has not answered since")
