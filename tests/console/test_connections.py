"""The owner connects messengers, sees how they and the queues are, and mends what is not well."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from saudager import doctor
from saudager.contracts import Kind
from saudager.gateway import accounts
from saudager.operators import audit
from saudager.providers.gateway.http import HttpGateway
from saudager.providers.llm.scripted import ScriptedModel
from tests.console.conftest import Console, OpenConsole
from tests.fakes.serving import refused_url
from tests.fakes.waha import KEY, SESSION, FakeWaha
from tests.fakes.whatsapp_cloud import APP_SECRET, PHONE_NUMBER_ID, TOKEN, FakeWhatsAppCloud

CONNECTIONS = "/console/connections"
WAHA = f"waha:{SESSION}"
CUSTOMER = "77010000001@c.us"
PAGES = ["", "/new", "/new?vendor=waha", "/account?name=simulator", "/engines", "/queues", "/doctor"]


@pytest.fixture
async def waha() -> AsyncIterator[FakeWaha]:
    async with FakeWaha() as fake:
        yield fake


@pytest.fixture
async def meta() -> AsyncIterator[FakeWhatsAppCloud]:
    async with FakeWhatsAppCloud() as fake:
        yield fake


def form(waha: FakeWaha, **fields: str) -> dict[str, str]:
    return {
        "vendor": "waha",
        "config.base_url": waha.base_url,
        "config.api_key": KEY,
        "config.session": SESSION,
        **fields,
    }


async def names(console: Console) -> list[str]:
    return [account.name for account in await console.app.gateway.accounts()]


async def deeds(console: Console) -> list[tuple[str, str]]:
    return [(entry.action, entry.about) for entry in await console.app.db.read(audit.listed)]


async def test_every_page_can_be_opened_by_the_owner(open_console: OpenConsole):
    console = await open_console()
    for path in PAGES:
        assert await console.sees(CONNECTIONS + path)


async def test_a_viewer_looks_and_changes_nothing(open_console: OpenConsole, waha: FakeWaha):
    owner = await open_console()
    viewer = await owner.another(role="viewer")
    seen = await viewer.get(f"{CONNECTIONS}/account?name=simulator")
    assert seen.status_code == 200
    assert "Отключить" not in viewer.text(seen)
    for path in ("/new", "/qr?name=simulator", "/doctor", "/doctor/findings"):
        assert (await viewer.get(CONNECTIONS + path)).status_code == 403, path
    for path in ("/test", "/new", "/account", "/pause?name=simulator", "/disconnect?name=simulator", "/doctor"):
        assert (await viewer.post(CONNECTIONS + path, form(waha))).status_code == 403, path
    assert await names(owner) == ["simulator"]


async def test_the_form_is_drawn_from_the_messengers_own_settings(open_console: OpenConsole):
    console = await open_console()
    page = (await console.get(f"{CONNECTIONS}/new?vendor=whatsapp_cloud")).text
    assert 'name="config.app_secret" type="password"' in page
    assert 'name="config.base_url" type="url" value="https://graph.facebook.com/v23.0"' in page
    assert "Phone number ID в приложении Meta" in page


async def test_a_form_is_tried_before_it_is_saved(open_console: OpenConsole, waha: FakeWaha):
    console = await open_console()
    tried = await console.post(f"{CONNECTIONS}/test", form(waha))
    assert "Всё работает." in console.text(tried)
    assert KEY not in tried.text
    refused = await console.post(f"{CONNECTIONS}/test", form(waha, **{"config.api_key": "another-key"}))
    assert "Не работает. WAHA" in console.text(refused)
    assert await names(console) == ["simulator"]


async def test_a_wrong_field_is_told_beside_it(open_console: OpenConsole, waha: FakeWaha):
    console = await open_console()
    answer = await console.post(f"{CONNECTIONS}/new", form(waha, **{"config.base_url": "waha", "config.api_key": ""}))
    assert 'aria-describedby="config.base_url-hint config.base_url-error"' in answer.text
    assert "Нужен адрес, который начинается с http://" in console.text(answer)
    assert "Заполните это поле." in console.text(answer)
    assert 'value="waha"' in answer.text


async def test_what_does_not_work_is_saved_only_when_the_owner_insists(open_console: OpenConsole, waha: FakeWaha):
    console = await open_console()
    wrong = form(waha, **{"config.api_key": "another-key"})
    answer = await console.post(f"{CONNECTIONS}/new", wrong)
    assert "Сохранить всё равно" in console.text(answer)
    assert await names(console) == ["simulator"]
    answer = await console.post(f"{CONNECTIONS}/new", wrong | {"untested": "yes"})
    assert answer.headers["hx-redirect"] == f"{CONNECTIONS}/account?name=waha%3A{SESSION}"
    assert await names(console) == ["simulator", WAHA]


async def test_a_phone_is_linked_on_the_page_by_the_code_it_scans(open_console: OpenConsole, waha: FakeWaha):
    waha.status = "SCAN_QR_CODE"
    console = await open_console()
    assert "hx-redirect" in (await console.post(f"{CONNECTIONS}/new", form(waha))).headers
    part = await console.get(f"{CONNECTIONS}/qr?name={WAHA}")
    assert "отсканируйте код" in console.text(part)
    picture = await console.get(f"{CONNECTIONS}/qr.png?name={WAHA}")
    assert picture.headers["content-type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")
    waha.status = "WORKING"
    assert "телефон привязан" in console.text(await console.get(f"{CONNECTIONS}/qr?name={WAHA}"))


async def test_a_channel_is_paused_resumed_and_disconnected_and_all_of_it_is_in_the_audit(
    open_console: OpenConsole, waha: FakeWaha
):
    console = await open_console()
    await console.post(f"{CONNECTIONS}/new", form(waha))
    paused = await console.post(f"{CONNECTIONS}/pause?name={WAHA}")
    assert "resume" in paused.headers["hx-trigger"]
    assert "остановлено вручную: Марат" in await console.sees(CONNECTIONS)
    await console.post(f"{CONNECTIONS}/resume?name={WAHA}")
    assert "остановлено вручную" not in await console.sees(CONNECTIONS)
    await console.post(f"{CONNECTIONS}/default?name={WAHA}")
    await console.post(f"{CONNECTIONS}/disconnect?name={WAHA}")
    assert await names(console) == ["simulator"]
    did = ["channel.disconnected", "channel.made_default", "channel.resumed", "channel.paused", "channel.connected"]
    assert await deeds(console) == [(action, f"channel:{WAHA}") for action in did]


async def test_no_page_shows_a_stored_secret(open_console: OpenConsole, waha: FakeWaha, meta: FakeWhatsAppCloud):
    console = await open_console()
    cloud = {
        "vendor": "whatsapp_cloud",
        "config.base_url": meta.base_url,
        "config.token": TOKEN,
        "config.phone_number_id": PHONE_NUMBER_ID,
        "config.app_secret": APP_SECRET,
    }
    for filled in (form(waha), cloud):
        assert "hx-redirect" in (await console.post(f"{CONNECTIONS}/new", filled)).headers
    paths = ["", f"/account?name={WAHA}", f"/account?name=whatsapp_cloud:{PHONE_NUMBER_ID}", f"/state?name={WAHA}"]
    for path in paths:
        page = (await console.get(CONNECTIONS + path)).text
        assert [secret for secret in (KEY, TOKEN, APP_SECRET) if secret in page] == [], path
    assert "Адрес вебхука" in await console.sees(CONNECTIONS + paths[2])
    viewer = await console.another(role="viewer")
    assert "Адрес вебхука" not in await viewer.sees(CONNECTIONS + paths[2])


async def test_a_gateway_that_is_away_is_told_and_the_page_stays(open_console: OpenConsole):
    console = await open_console()
    console.app.gateway = HttpGateway(refused_url(), "key", clock=console.app.clock)
    for path in (CONNECTIONS, "/console/simulator"):
        assert "Шлюз не отвечает. Проверьте, запущен ли он" in await console.sees(path)
    answer = await console.post(f"{CONNECTIONS}/pause?name=simulator")
    assert answer.status_code == 502
    assert "Шлюз не отвечает" in answer.text


async def test_a_channel_that_is_not_there_is_a_404(open_console: OpenConsole):
    console = await open_console()
    assert (await console.get(f"{CONNECTIONS}/account?name=waha:gone")).status_code == 404


async def test_what_nobody_could_handle_is_shown_and_put_back(open_console: OpenConsole):
    console = await open_console(model=ScriptedModel())
    await console.app.gateway.pause("simulator", "обед")
    await console.shop.customer_says("Сколько стоит окно?")
    await console.shop.time_passes(minutes=1)
    await console.app.gateway.disconnect("simulator")
    await console.shop.settles()
    seen = await console.sees(f"{CONNECTIONS}/queues")
    assert "отправить покупателям: 1" in seen
    assert "канал отключён" in seen
    (letter,) = await console.app.gateway.dead_letters()
    await console.app.gateway.connect("simulator", {})
    told = await console.post(
        f"{CONNECTIONS}/replay", {"side": "gateway", "queue": letter.queue, "row": str(letter.row)}
    )
    assert told.status_code == 204
    await console.shop.settles()
    assert len(await console.app.gateway.simulated("simulator", CUSTOMER)) == 2
    assert "Пусто: всё, что пришло, обработано." in await console.sees(f"{CONNECTIONS}/queues")


async def test_what_nobody_could_handle_is_let_go_of_for_good_and_the_log_says_so(open_console: OpenConsole):
    console = await open_console(model=ScriptedModel())
    await console.app.gateway.pause("simulator", "обед")
    await console.shop.customer_says("Сколько стоит окно?")
    await console.shop.time_passes(minutes=1)
    await console.app.gateway.disconnect("simulator")
    await console.shop.settles()
    (letter,) = await console.app.gateway.dead_letters()
    for side, status in (("agent", 204), ("agent", 404), ("gateway", 404)):
        form = {"side": side, "queue": letter.queue, "row": str(letter.row)}
        assert (await console.post(f"{CONNECTIONS}/dismiss", form)).status_code == status
    assert "Пусто: всё, что пришло, обработано." in await console.sees(f"{CONNECTIONS}/queues")
    assert "необработанное сообщение убрано" in await console.sees("/console/audit")


async def test_the_phone_for_trying_out_shows_only_what_was_really_sent(open_console: OpenConsole):
    console = await open_console(model=ScriptedModel(["Окно стоит по размеру."]))
    shop = console.shop
    await console.app.db.run(accounts.hold_sends, "simulator", until=shop.clock.now() + timedelta(minutes=1))
    await shop.customer_says("Сколько стоит окно?")
    await shop.time_passes(seconds=30)
    await shop.person_says("Перезвоню вам")
    await shop.time_passes(minutes=2)
    assert (await shop.turns())[-1].outcome == "withdrawn"
    seen = await console.sees("/console/simulator/chat?number=77010000001")
    assert "Сколько стоит окно?" in seen and "Перезвоню вам" in seen
    assert "по размеру" not in seen


async def test_the_schedule_says_in_words_what_the_clock_asks_for(open_console: OpenConsole):
    console = await open_console()
    await console.shop.time_passes(hours=1)
    seen = await console.sees(f"{CONNECTIONS}/queues")
    assert "забывает удалённые. каждые 30 минут 13:00 сделано 13:30" in seen
    assert "последние семь дней. по понедельникам в 09:00 ещё не было 16 мар., 09:00" in seen
    assert "Удалить пробные письма шлюз" in seen


async def test_the_owner_has_a_job_done_now_and_sees_what_became_of_it(open_console: OpenConsole):
    console = await open_console()
    manager = await console.another(role="manager")
    run = f"{CONNECTIONS}/jobs/run"
    for task, queue in (("forget_uploads", "tasks"), ("forget_old_files", "gateway_tasks")):
        assert (await manager.post(run, {"task": task, "queue": queue})).status_code == 403
        assert (await console.post(run, {"task": task, "queue": queue})).status_code == 204
        await console.shop.settles()
    assert (await console.post(run, {"task": "erase_person", "queue": "tasks"})).status_code == 404
    seen = await console.sees(f"{CONNECTIONS}/queues")
    assert "каждый день в 03:17 12:00 сделано завтра 03:17" in seen
    assert seen.count("12:00 сделано") == 2
    assert "Сделать сейчас" not in await manager.sees(f"{CONNECTIONS}/queues")
    assert await deeds(console) == [("job.run", "job:forget_old_files"), ("job.run", "job:forget_uploads")]


async def test_a_file_that_was_kept_long_enough_is_said_to_be_gone(open_console: OpenConsole):
    console = await open_console(media_kept_days=30)
    await console.shop.customer_says("Вот такое", kind=Kind.IMAGE, file=(b"picture", "image/jpeg"))
    await console.shop.time_passes(minutes=1)
    (conversation,) = {line.conversation_id for line in await console.shop.messages()}
    assert "файл удалён" not in await console.sees(f"/console/inbox/{conversation}")
    console.shop.clock.move_to(console.shop.clock.now() + timedelta(days=31))
    await console.shop.settles()
    returned = await console.another()
    assert "Фото: файл удалён, срок его хранения вышел" in await returned.sees(f"/console/inbox/{conversation}")
    (picture,) = [line.id for line in await console.shop.messages() if line.media]
    assert (await returned.get(f"/console/files/{picture}")).status_code == 404


async def test_the_doctor_examines_everything_on_the_page(open_console: OpenConsole):
    console = await open_console()
    answer: Any = await console.post(f"{CONNECTIONS}/doctor")
    for _ in range(50):
        if "load delay" not in answer.text:
            break
        await console.shop.settles()
        answer = await console.get(f"{CONNECTIONS}/doctor/findings")
    seen = console.text(answer)
    assert "хорошо SQLite" in seen
    assert "исправить документы" in seen
    assert "simulator" in seen


async def test_models_without_a_key_can_be_set_up(open_console: OpenConsole):
    console = await open_console()
    seen = await console.sees(f"{CONNECTIONS}/engines")
    assert "Gemini не настроена Настроить Gemini" in seen
    assert "Офлайн-движок готов" in seen


async def test_a_made_up_customer_writes_on_the_page_and_is_answered(open_console: OpenConsole):
    console = await open_console(model=ScriptedModel())
    assert "Напишите первое сообщение" in await console.sees("/console/simulator")
    form = {"number": "8 701 000 00 02", "name": "Алия", "text": "Сколько стоит <b>окно</b>?"}
    part = await console.post("/console/simulator/write", form)
    assert "Сколько стоит &lt;b&gt;окно&lt;/b&gt;?" in part.text
    await console.shop.time_passes(minutes=1)
    seen = console.text(await console.get("/console/simulator/chat?number=77010000002"))
    assert "Продавец:" in seen
    assert (await console.shop.contact("77010000002@c.us")).name == "Алия"


async def test_the_doctor_says_who_waits_by_the_shops_clock(open_console: OpenConsole):
    console = await open_console(model=ScriptedModel(), timezone="Asia/Almaty")
    await console.shop.customer_says("Позовите человека, пожалуйста", name="Марина")
    await console.shop.time_passes(minutes=1)
    (waits,) = [one async for one in doctor.examine(console.app) if one.about.startswith("ждёт человека")]
    since = console.shop.clock.now().astimezone(console.app.settings.zone)
    assert waits.about.endswith("(Марина)")
    assert f" {since:%d.%m.%Y %H}:" in waits.about


async def test_channels_mail_and_models_are_named_in_the_readers_language(open_console: OpenConsole):
    console = await open_console(role="owner")
    assert (await console.post("/console/profile", {"name": "Marat", "language": "en"})).status_code in (204, 303)
    seen = [await console.sees(f"{CONNECTIONS}{path}") for path in ("", "/new", "/mail/new", "/engines")]
    for words in (
        "Phone for trying things out",
        "WhatsApp through Wappi",
        "Your own mail server (SMTP)",
        "Your own model",
    ):
        assert any(words in page for page in seen), words
    for russian in ("Телефон для пробы", "через Wappi", "Свой почтовый сервер", "Своя модель", "Свой сервер картинок"):
        assert not any(russian in page for page in seen), russian


async def test_the_phone_for_trying_has_its_own_words(open_console: OpenConsole):
    console = await open_console(model=ScriptedModel())
    await console.shop.customer_says("Сколько стоит окно?")
    await console.shop.time_passes(minutes=1)
    contact = (await console.shop.contact()).id
    for path in (CONNECTIONS, f"{CONNECTIONS}/account?name=simulator", f"/console/contacts/{contact}"):
        seen = await console.sees(path)
        assert ("Телефон для пробы" in seen, "simulator" in seen) == (True, False), path


async def test_a_text_too_long_for_a_field_says_what_to_do(open_console: OpenConsole, monkeypatch: pytest.MonkeyPatch):
    console = await open_console()
    monkeypatch.setitem(console.site.state.uploads, "/console/simulator/write", 3_000_000)
    answer = await console.post("/console/simulator/write", {"number": "77010000011", "text": "o" * 1_100_000})
    assert (answer.status_code, "Сократите его" in answer.text) == (413, True)


async def test_the_log_keeps_only_how_a_made_up_customers_number_ends(open_console: OpenConsole):
    console = await open_console(model=ScriptedModel())
    await console.post("/console/simulator/write", {"number": "8 701 000 00 11", "text": "Сколько стоит окно?"})
    (entry,) = await console.app.db.read(audit.listed)
    assert (entry.action, entry.about, entry.details) == ("simulator.wrote", "simulator", {"ends_with": "0011"})


async def test_without_a_phone_for_trying_the_page_offers_to_connect_one(open_console: OpenConsole):
    console = await open_console()
    await console.app.gateway.disconnect("simulator")
    assert "Подключить телефон для пробы" in await console.sees("/console/simulator")
    answer = await console.post(f"{CONNECTIONS}/new", {"vendor": "simulator"})
    assert answer.headers["hx-redirect"] == "/console/simulator"
    assert "Напишите первое сообщение" in await console.sees("/console/simulator")


async def test_a_wrong_number_of_the_made_up_customer_is_told_beside_its_field(open_console: OpenConsole):
    console = await open_console()
    says = "«abc» не похоже на номер телефона. Например: 7 701 000 00 01"
    page = await console.get("/console/simulator?number=abc&name=Алия")
    assert page.status_code == 422
    assert f'<span class="error" id="number-error">{says}</span>' in page.text
    assert 'value="abc"' in page.text and 'value="Алия"' in page.text
    assert (await console.get("/console/simulator/chat?number=abc")).status_code == 422
    written = await console.post("/console/simulator/write", {"number": "abc", "text": "Здравствуйте!"})
    assert (written.status_code, written.json()) == (422, {"error": says})


@pytest.mark.parametrize("page", ["qr", "qr.png", "account"])
async def test_a_channel_that_does_not_exist_has_no_pages(open_console: OpenConsole, page: str):
    console = await open_console()
    assert (await console.get(f"{CONNECTIONS}/{page}?name=nobody")).status_code == 404
