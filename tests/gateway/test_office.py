"""What the gateway does for the console, asked in its own process and over HTTP."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from saudager.api import office as routes
from saudager.errors import BadCredentials, NotFound, Refused, Rejected, Unreachable
from saudager.gateway.models import LoggedMessage
from saudager.gateway.office import service_key
from saudager.providers.gateway import Gateway
from saudager.providers.gateway.http import HttpGateway
from saudager.web import make_web
from tests.fakes.amojo import SECRET, FakeAmojo
from tests.fakes.kommo_talks import TOKEN as KOMMO_TOKEN
from tests.fakes.kommo_talks import FakeKommoTalks
from tests.fakes.serving import refused_url
from tests.fakes.waha import KEY, SESSION, FakeWaha
from tests.fakes.wappi import FakeWappi
from tests.fakes.whatsapp_cloud import APP_SECRET, PHONE_NUMBER_ID, TOKEN, FakeWhatsAppCloud
from tests.gateway.wappi_shop import CUSTOMER, WappiShop

pytestmark = pytest.mark.slow

SIMULATOR = "simulator"


@pytest.fixture
async def shop(open_wappi_shop: Any) -> WappiShop:
    """A shop to which nothing is connected."""
    opened: WappiShop = await open_wappi_shop(wappi_token=None, wappi_profile_id=None)
    return opened


def over_http(shop: WappiShop, key: str | None = None) -> HttpGateway:
    ours = service_key(shop.settings, shop.app.vault)
    site = make_web("gateway")
    site.include_router(routes.router(shop.app.gateway, ours))
    transport = httpx.ASGITransport(site, raise_app_exceptions=False)
    return HttpGateway("http://gateway", ours if key is None else key, clock=shop.clock, transport=transport)


@pytest.fixture(params=["here", "over HTTP"])
async def gateway(request: pytest.FixtureRequest, shop: WappiShop) -> AsyncIterator[Gateway]:
    if request.param == "here":
        yield shop.app.gateway
        return
    client = over_http(shop)
    yield client
    await client.close()


def form_of_wappi(wappi: FakeWappi) -> dict[str, str]:
    return {"base_url": wappi.base_url, "token": wappi.token, "profile_id": wappi.profile_id}


def form_of_waha(waha: FakeWaha) -> dict[str, str]:
    return {"base_url": waha.base_url, "api_key": KEY, "session": SESSION}


async def test_without_the_service_key_nothing_is_told(shop: WappiShop):
    site = make_web("gateway")
    site.include_router(routes.router(shop.app.gateway, service_key(shop.settings, shop.app.vault)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site), base_url="http://gateway") as http:
        paths = {route.path for route in site.routes if getattr(route, "path", "").startswith("/gateway/v1")}
        for path in paths:
            assert (await http.get(path)).status_code in (401, 405), path
        assert (await http.delete("/gateway/v1/accounts/simulator")).status_code == 401
    with pytest.raises(BadCredentials):
        await over_http(shop, key="guessed").accounts()


async def test_a_gateway_that_is_not_there_is_told_at_once(shop: WappiShop):
    nobody = HttpGateway(refused_url(), "key", clock=shop.clock)
    with pytest.raises(Unreachable):
        await nobody.accounts()
    await nobody.close()


async def test_every_messenger_says_in_russian_what_it_asks_and_what_is_secret(gateway: Gateway):
    vendors = {vendor.name: vendor for vendor in await gateway.vendors()}
    assert list(vendors) == ["wappi", "waha", "whatsapp_cloud", "kommo_talks", "kommo_chat", SIMULATOR]
    for vendor in vendors.values():
        for field in vendor.schema["properties"].values():
            assert field["title"] and field["description"]
    secrets = {name for name, field in vendors["whatsapp_cloud"].schema["properties"].items() if field.get("writeOnly")}
    assert secrets == {"token", "app_secret"}
    assert vendors["waha"].is_linked and vendors[SIMULATOR].is_simulator


async def test_a_number_connected_while_everything_runs_answers_its_customers(
    gateway: Gateway, shop: WappiShop, wappi: FakeWappi
):
    trial = await gateway.connect("wappi", form_of_wappi(wappi))
    assert (trial.ready, trial.account) == (True, f"wappi:{wappi.profile_id}")
    await shop.time_passes(seconds=10)
    wappi.customer_writes(CUSTOMER, "Сколько стоит окно?")
    await shop.time_passes(seconds=30)
    assert len(shop.answers()) == 1
    (connected,) = await gateway.accounts()
    assert connected.is_default and connected.last_poll_at is not None


async def test_a_number_that_is_disconnected_hears_nothing_more_and_forgets_its_key(
    gateway: Gateway, shop: WappiShop, wappi: FakeWappi
):
    name = (await gateway.connect("wappi", form_of_wappi(wappi))).account
    await shop.time_passes(seconds=10)
    await gateway.disconnect(name)
    await shop.settles()
    asked = len(wappi.requests)
    wappi.customer_writes(CUSTOMER, "Сколько стоит окно?")
    await shop.time_passes(minutes=2)
    assert len(wappi.requests) == asked
    assert await gateway.accounts() == []
    with pytest.raises(NotFound):
        await gateway.condition(name)
    for deed in (gateway.disconnect, gateway.resume, gateway.make_default):
        with pytest.raises(NotFound):
            await deed(name)
    account = await shop.account()
    assert account.config == "" and account.disconnected_at is not None


async def test_what_waits_for_a_disconnected_number_is_given_up_and_told(shop: WappiShop, wappi: FakeWappi):
    gateway = shop.app.gateway
    name = (await gateway.connect("wappi", form_of_wappi(wappi))).account
    await gateway.pause(name, "обед")
    wappi.customer_writes(CUSTOMER, "Сколько стоит окно?")
    await shop.time_passes(seconds=40)
    assert shop.answers() == [] and (await gateway.queues())["outgoing_messages"]["waiting"] == 1
    await gateway.disconnect(name)
    await shop.time_passes(seconds=5)
    assert (await gateway.queues())["outgoing_messages"] == {"waiting": 0, "done": 0, "dead": 1}
    (letter,) = await gateway.dead_letters()
    assert letter.reason == "канал отключён" and letter.excerpt
    assert await shop.desk()
    await gateway.connect("wappi", form_of_wappi(wappi))
    assert await gateway.replay(letter.queue, letter.row) == 1
    await shop.time_passes(seconds=10)
    assert len(shop.answers()) == 1
    assert await gateway.dismiss(letter.queue, letter.row) is False


async def test_a_number_stays_disconnected_when_the_environment_still_names_it(open_wappi_shop: Any):
    shop: WappiShop = await open_wappi_shop()
    await shop.app.gateway.disconnect(shop.account_name)
    await shop.stops()
    await shop.starts()
    assert await shop.app.gateway.accounts() == []


async def test_a_connected_again_number_takes_what_was_written_meanwhile_for_history(shop: WappiShop, wappi: FakeWappi):
    gateway = shop.app.gateway
    name = (await gateway.connect("wappi", form_of_wappi(wappi))).account
    await shop.time_passes(seconds=10)
    await gateway.disconnect(name)
    wappi.customer_writes(CUSTOMER, "Сколько стоит окно?")
    await shop.time_passes(hours=1)
    await gateway.connect("wappi", form_of_wappi(wappi))
    await shop.time_passes(minutes=2)
    assert [line.history for line in await shop.messages()] == [True]
    assert shop.answers() == []


async def test_a_form_is_tried_without_being_stored(gateway: Gateway, wappi: FakeWappi):
    assert (await gateway.test("wappi", form_of_wappi(wappi))).ready
    refused = await gateway.test("wappi", form_of_wappi(wappi) | {"token": "another-token"})
    assert not refused.ready and refused.reason
    assert "another-token" not in refused.reason
    assert await gateway.accounts() == []


async def test_what_is_filled_in_wrongly_is_told_field_by_field(gateway: Gateway, wappi: FakeWappi):
    trial = await gateway.connect("wappi", {"base_url": "wappi", "token": "ключ", "profile_id": ""}, untested=True)
    assert trial.account is None
    assert set(trial.problems) == {"base_url", "token", "profile_id"}
    assert "http" in trial.problems["base_url"]
    with pytest.raises(NotFound):
        await gateway.connect("telex", {})


async def test_a_refused_key_is_not_stored_unless_the_owner_insists(gateway: Gateway, wappi: FakeWappi):
    form = form_of_wappi(wappi) | {"token": "another-token"}
    assert (await gateway.connect("wappi", form)).account is None
    assert await gateway.accounts() == []
    trial = await gateway.connect("wappi", form, untested=True)
    assert not trial.ready and trial.account is not None
    with pytest.raises(Refused, match="уже подключён"):
        await gateway.connect("wappi", form_of_wappi(wappi))


async def test_a_new_key_brings_a_paused_number_back(gateway: Gateway, shop: WappiShop, wappi: FakeWappi):
    name = (await gateway.connect("wappi", form_of_wappi(wappi) | {"token": "an-old-token"}, untested=True)).account
    await shop.time_passes(seconds=10)
    assert (await gateway.accounts())[0].paused_reason
    trial = await gateway.change(
        name, {"base_url": wappi.base_url, "token": wappi.token, "profile_id": "71ad40e9-b023"}
    )
    assert trial.ready
    wappi.customer_writes(CUSTOMER, "Сколько стоит окно?")
    await shop.time_passes(seconds=90)
    assert len(shop.answers()) == 1
    assert (await gateway.accounts())[0].paused_reason is None


async def test_an_empty_secret_keeps_the_stored_one(gateway: Gateway, wappi: FakeWappi):
    name = (await gateway.connect("wappi", form_of_wappi(wappi))).account
    same = {"base_url": wappi.base_url, "token": "", "profile_id": wappi.profile_id}
    assert (await gateway.test("wappi", same, account=name)).ready
    assert (await gateway.change(name, same)).ready
    assert (await gateway.accounts())[0].secrets_set == ["token"]


async def test_no_answer_ever_holds_a_secret(
    shop: WappiShop,
    wappi: FakeWappi,
    meta: FakeWhatsAppCloud,
    waha: FakeWaha,
    kommo: FakeKommoTalks,
    amojo: FakeAmojo,
):
    cloud = {"base_url": meta.base_url, "token": TOKEN, "phone_number_id": PHONE_NUMBER_ID, "app_secret": APP_SECRET}
    forms = {"wappi": form_of_wappi(wappi), "waha": form_of_waha(waha), "whatsapp_cloud": cloud}
    forms |= {"kommo_talks": {"domain": kommo.domain, "token": KOMMO_TOKEN}, "kommo_chat": amojo.form()}
    told: list[Any] = []
    client = over_http(shop)
    for vendor, form in forms.items():
        trial = await client.connect(vendor, form)
        assert trial.account is not None, trial
        told += [trial, await client.condition(trial.account), await client.change(trial.account, form)]
    told += [await client.accounts(), await client.vendors(), await client.findings(), await client.ailments()]
    await client.close()
    words = json.dumps(told, default=str, ensure_ascii=False)
    secrets = (wappi.token, KEY, TOKEN, APP_SECRET, KOMMO_TOKEN, SECRET)
    assert [secret for secret in secrets if secret in words] == []


async def test_a_phone_is_linked_by_the_code_it_scans(gateway: Gateway, shop: WappiShop, waha: FakeWaha):
    waha.status = "SCAN_QR_CODE"
    trial = await gateway.connect("waha", form_of_waha(waha))
    assert (trial.ready, trial.to_scan, trial.account) == (False, True, f"waha:{SESSION}")
    picture = await gateway.qr(trial.account)
    assert picture is not None and picture.startswith(b"\x89PNG")
    waha.status = "WORKING"
    assert await gateway.qr(trial.account) is None
    assert (await gateway.condition(trial.account)).ready


async def test_a_paused_number_keeps_its_answers_until_it_is_resumed(
    gateway: Gateway, shop: WappiShop, wappi: FakeWappi
):
    name = (await gateway.connect("wappi", form_of_wappi(wappi))).account
    await gateway.pause(name, "переезжаем")
    wappi.customer_writes(CUSTOMER, "Сколько стоит окно?")
    await shop.time_passes(minutes=1)
    assert shop.answers() == []
    assert (await gateway.accounts())[0].paused_reason == "переезжаем"
    assert any("переезжаем" in ailment.says for ailment in await gateway.ailments())
    assert await shop.desk() == []
    await gateway.resume(name)
    await shop.time_passes(seconds=5)
    assert len(shop.answers()) == 1


async def test_the_default_is_chosen_and_passes_on_when_it_is_disconnected(
    gateway: Gateway, wappi: FakeWappi, waha: FakeWaha
):
    await gateway.connect(SIMULATOR, {})
    name = (await gateway.connect("wappi", form_of_wappi(wappi))).account
    await gateway.make_default(name)
    assert [one.name for one in await gateway.accounts() if one.is_default] == [name]
    await gateway.disconnect(name)
    assert [one.name for one in await gateway.accounts() if one.is_default] == [SIMULATOR]


async def test_the_whitelist_is_kept(gateway: Gateway):
    assert await gateway.whitelist_add("8 701 000-00-01", "бухгалтер") == "77010000001"
    (kept,) = await gateway.whitelist()
    assert (kept.phone_number, kept.note) == ("77010000001", "бухгалтер")
    with pytest.raises(Rejected, match="не похоже на номер"):
        await gateway.whitelist_add("кто-то")
    await gateway.whitelist_remove("+7 701 000-00-01")
    assert await gateway.whitelist() == []


async def test_a_made_up_customer_writes_and_reads(gateway: Gateway, shop: WappiShop, wappi: FakeWappi):
    await gateway.connect(SIMULATOR, {})
    await gateway.simulate(SIMULATOR, CUSTOMER, "Сколько стоит окно?", name="Алия")
    await shop.time_passes(seconds=30)
    asked, answer = await gateway.simulated(SIMULATOR, CUSTOMER)
    assert (asked.text, asked.from_us, answer.from_us) == ("Сколько стоит окно?", False, True)
    assert (await shop.contacts())[0].name == "Алия"
    name = (await gateway.connect("wappi", form_of_wappi(wappi))).account
    with pytest.raises(Refused):
        await gateway.simulate(name, CUSTOMER, "Я настоящий")


async def test_an_erased_person_leaves_no_word_and_does_not_come_back(
    gateway: Gateway, shop: WappiShop, wappi: FakeWappi
):
    await gateway.connect("wappi", form_of_wappi(wappi))
    await shop.time_passes(seconds=10)
    wappi.customer_writes(CUSTOMER, "Сколько стоит окно? Я Алия, живу на Абая 5")
    await shop.time_passes(seconds=30)
    turns = len(await shop.turns())
    assert await gateway.erase([], [CUSTOMER]) == 2
    assert await shop.log() == []
    rows = await shop.app.db.read(lambda session: session.query(LoggedMessage).all())
    assert {(row.chat, row.phone_number, row.message_text) for row in rows} == {("", None, None)}
    bodies = await shop.app.db.read(
        lambda session: session.connection().exec_driver_sql("select body from queue_messages").scalars().all()
    )
    assert not any("Абая" in body for body in bodies if body)
    await shop.time_passes(minutes=10)  # every chat is read again meanwhile
    assert len(await shop.turns()) == turns and len(shop.answers()) == 1


async def test_a_file_is_read_where_it_is_kept_and_nowhere_else(gateway: Gateway, shop: WappiShop):
    path = f"ab/{'0' * 64}.jpg"
    with pytest.raises(NotFound):
        await gateway.media(SIMULATOR, path)
    place = shop.settings.media_folder / path
    place.parent.mkdir(parents=True)
    place.write_bytes(b"picture")
    assert await gateway.media(SIMULATOR, path) == (b"picture", "image/jpeg")
    with pytest.raises(Rejected):
        await gateway.media(SIMULATOR, "../saudager.db")


async def test_the_clocks_jobs_tell_how_they_went_and_are_done_out_of_turn(gateway: Gateway, shop: WappiShop):
    assert await gateway.job_runs() == {}
    await gateway.run_job("forget_old_files")
    with pytest.raises(Refused):
        await gateway.run_job("forget_old_files")
    await shop.settles()
    runs = await gateway.job_runs()
    assert {task: (run.state, run.count, run.at) for task, run in runs.items()} == {
        "forget_old_files": ("done", 0, shop.clock.now())
    }
    with pytest.raises(NotFound):
        await gateway.run_job("forget_sign_ins")
