"""The CRM in the console: connected, looked through, and worked in by a person's hand."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from saudager.bench.kommo_account import KommoAccount
from saudager.clock import MovableClock
from saudager.crm.models import CrmConnection, CrmContact, CrmDeed, CrmLead
from saudager.operators.models import AuditEntry
from saudager.rehearsal import CUSTOMER, OPENING
from tests.console.conftest import Console, OpenConsole
from tests.crm.merchant import DOMAINS
from tests.crm_letters.office import in_time

pytestmark = pytest.mark.slow

HOME, LEADS = "/console/connections/crm", "/console/crm"
PHONE = CUSTOMER.partition("@")[0]
PUBLIC = "https://shop.example.org"


@pytest.fixture
def clock() -> MovableClock:
    """The shop's, and the CRM's."""
    return MovableClock(OPENING)


@pytest.fixture
async def kommo(clock: MovableClock) -> AsyncIterator[KommoAccount]:
    """An account with two leads: Aigul's table, and a chair of nobody we could know."""
    async with KommoAccount(now=clock.now) as kommo:
        aigul = kommo.add_contact("Айгуль Серикова", phone=PHONE, email="aigul@firm.example")
        field = kommo.add_field("leads", "Город")
        kommo.add_lead("Стол «Дастархан»", contact=aigul, stage="Новая", price=94_500)
        kommo.change_lead(next(iter(kommo.leads)), fields={field: "Караганда"})
        kommo.add_lead("Стул", stage="Думает", price=5_500)
        yield kommo


@pytest.fixture
async def console(open_console: OpenConsole, clock: MovableClock) -> Console:
    opened: Console = await open_console(kommo_domains=DOMAINS, public_url=PUBLIC, clock=clock)
    return opened


async def in_pace(console: Console, work: Any) -> Any:
    """A request that asks the CRM, whose pace waits on the clock."""
    return await in_time(console.shop.clock, work)


async def connect(console: Console, kommo: KommoAccount) -> int:
    """By a token, and read."""
    form = {"base_url": kommo.base_url, "token": kommo.long_lived_token}
    answer = await in_pace(console, console.post(f"{HOME}/token", form))
    assert answer.headers.get("hx-redirect") == HOME, answer.text
    (account,) = await stored(console, CrmConnection)
    await console.shop.time_passes(seconds=10)
    return int(account.id)


async def stored(console: Console, table: Any) -> list[Any]:
    return await console.app.db.read(lambda session: list(session.scalars(select(table).order_by(table.id))))


async def lead(console: Console, name: str) -> CrmLead:
    return next(one for one in await stored(console, CrmLead) if name in one.name)


async def actions(console: Console) -> set[str]:
    return {row.action for row in await stored(console, AuditEntry) if row.action.startswith(("crm", "lead"))}


async def test_a_token_is_tried_before_it_is_kept_and_only_the_owner_may_connect(console: Console, kommo: KommoAccount):
    assert "Подключите Kommo" in await console.sees(HOME)
    assert "Подключить CRM" in await console.sees(LEADS)
    wrong = await console.post(f"{HOME}/token", {"base_url": kommo.base_url, "token": "not-ours"})
    assert "не принимает этот ключ" in console.text(wrong)
    elsewhere = await console.post(f"{HOME}/token", {"base_url": "https://evil.example", "token": "x"})
    assert elsewhere.status_code == 200 and "banner bad" in elsewhere.text
    manager = await console.another("manager")
    form = {"base_url": kommo.base_url, "token": kommo.long_lived_token}
    assert (await manager.post(f"{HOME}/token", form)).status_code == 403
    assert "Долгосрочный токен" not in await manager.sees(HOME)
    assert await stored(console, CrmConnection) == []
    assert (await console.http.post(f"{HOME}/token", data=form)).status_code == 403, "without the page's own sign"

    await connect(console, kommo)
    shown = await console.get(HOME)
    assert "контакты: 1, сделки: 2" in console.text(shown)
    assert kommo.long_lived_token not in shown.text
    assert await actions(console) == {"crm.connected"}


async def test_how_the_first_reading_goes_and_what_keeps_it_from_going_on_is_seen(
    console: Console, kommo: KommoAccount
):
    number = await connect(console, kommo)

    def change(session: Any, **values: Any) -> None:
        for name, value in values.items():
            setattr(session.get_one(CrmConnection, number), name, value)

    half = {"part": "leads", "contacts": 12_000, "leads": 7}
    await console.app.db.run(change, synced_at=None, progress=half)
    page = await console.get(f"{HOME}/{number}")
    assert "сделки: 7" in console.text(page) and '<progress max="4" value="3"' in page.text
    assert "ещё читаются" in await console.sees(LEADS)
    assert (await console.post(f"{HOME}/{number}/read")).status_code == 409, "it is being read"
    await console.app.db.run(change, problem="Доступ отозвали.", hook_problem="тариф без вебхуков", hooked_at=None)
    shown = await console.sees(HOME)
    assert "Доступ отозвали. Подключите заново" in shown and "тариф без вебхуков" in shown


async def test_the_way_back_from_kommo_says_what_happened_in_every_case(console: Console, kommo: KommoAccount):
    known = kommo.integration
    form = {"domain": "kommo.com", "client_id": known.client_id, "client_secret": known.client_secret}
    assert f"{PUBLIC}/console/crm/connected" in await console.sees(HOME)

    async def state() -> str:
        begun = await console.post(f"{HOME}/begin", form)
        return str(httpx.URL(begun.headers["hx-redirect"]).params["state"])

    async def back(**query: str) -> httpx.Response:
        answer: httpx.Response = await in_pace(console, console.get(f"{LEADS}/connected", params=query))
        return answer

    denied = await back(error="access_denied", state=await state())
    assert "не дали согласия" in console.text(denied)
    assert "в другом окне" in console.text(await back(state="made-up", code="x", referer=kommo.base_url))
    foreign = await back(state=await state(), code=kommo.code(), referer="evil.example")
    assert "CRM не подключена" in console.text(foreign)
    expired = await state()
    await console.shop.time_passes(minutes=30)
    assert "в другом окне" in console.text(await back(state=expired, code=kommo.code(), referer=kommo.base_url))
    assert await stored(console, CrmConnection) == []
    unknown = await console.post(f"{HOME}/begin", form | {"domain": "evil.example"})
    assert "Такого домена" in console.text(unknown)


async def test_leads_are_found_by_stage_and_by_words_page_after_page(console: Console, kommo: KommoAccount):
    for number in range(60):
        kommo.add_lead(f"Полка {number:02}", stage="Новая", price=100)
    await connect(console, kommo)
    shown = await console.sees(LEADS)
    assert "Новая 61 100 500 ₸" in shown.replace("\N{NO-BREAK SPACE}", " ")
    seen, page = list[str](), await console.get(LEADS)
    while True:
        seen += [one for one in (f"Полка {number:02}" for number in range(60)) if one in page.text]
        if not (more := page.text.partition("before=")[2].partition("&")[0]):
            break
        page = await console.get(f"{LEADS}/list?account=1&before={more}")
    assert len(seen) == len(set(seen)) == 60
    found = console.text(await console.get(f"{LEADS}?q=ДАСТАРХАН"))
    assert "Дастархан" in found and "Айгуль Серикова" in found and "Полка" not in found
    stage = (await lead(console, "Стул")).stage_vendor_id
    standing = await console.sees(f"{LEADS}?stage={stage}")
    assert "Стул" in standing and "Дастархан" not in standing
    assert "Здесь сделок нет" in await console.sees(f"{LEADS}?q=ничего")
    assert (await console.get(f"{LEADS}?stage=abc")).status_code == 422


async def test_a_person_works_in_a_lead_and_sees_what_becomes_of_it(console: Console, kommo: KommoAccount):
    await connect(console, kommo)
    one = await lead(console, "Дастархан")
    path = f"{LEADS}/leads/{one.id}"
    shown = await console.sees(path)
    assert all(words in shown for words in ("Караганда", "Айгуль Серикова", "Новая", "94", "aigul@firm.example"))
    to = f"{one.pipeline_vendor_id}:{kommo.stage('Оплачено')}"
    assert (await console.post(f"{path}/move", {"stage": to})).status_code == 204
    assert (await console.post(f"{path}/note", {"text": "Звонила, ждёт"})).status_code == 204
    assert (await console.post(f"{path}/task", {"text": "Перезвонить", "hours": "2"})).status_code == 204
    waits = await console.sees(path)
    assert "Ещё не в CRM" in waits and "ждёт Переход на этап" in waits
    await console.shop.time_passes(seconds=10)
    assert [note["params"]["text"] for note in kommo.notes(one.vendor_id)] == ["Марат: Звонила, ждёт"]
    assert kommo.leads[one.vendor_id]["status_id"] == kommo.stage("Оплачено")
    done = await console.sees(path)
    assert "Ещё не в CRM" not in done and "Марат: Звонила, ждёт" in done
    assert await actions(console) == {"crm.connected", "lead.moved", "lead.noted", "lead.task_added"}

    viewer = await console.another("viewer")
    assert "Записать" not in await viewer.sees(path)
    assert (await viewer.post(f"{path}/note", {"text": "нет"})).status_code == 403
    assert (await console.post(f"{path}/note", {"text": "  "})).status_code == 422
    assert (await console.get(f"{LEADS}/leads/999")).status_code == 404


async def test_a_letter_from_the_lead_goes_or_says_why_not(console: Console, kommo: KommoAccount):
    await connect(console, kommo)
    one, nobody = await lead(console, "Дастархан"), await lead(console, "Стул")
    words = {"subject": "Ваш стол", "text": "Готов!"}
    refused = await console.post(f"{LEADS}/leads/{nobody.id}/letter", words)
    assert "нет адреса почты" in console.text(refused)
    sent = await console.post(f"{LEADS}/leads/{one.id}/letter", words)
    assert sent.status_code == 204, console.text(sent)
    await console.shop.settles()
    assert [letter.subject for letter in console.shop.letters("aigul@firm.example")] == ["Ваш стол"]
    assert "Ваш стол" in await console.sees(f"{LEADS}/leads/{one.id}")


async def test_who_the_contact_of_a_lead_is_can_be_taken_back_and_said_anew(console: Console, kommo: KommoAccount):
    await console.shop.customer_says("Здравствуйте!", name="Айгуль")
    await console.shop.settles()
    ours = (await console.shop.contact()).id
    await connect(console, kommo)
    one = await lead(console, "Дастархан")
    path = f"{LEADS}/leads/{one.id}"
    assert "Стол «Дастархан»" in await console.sees(f"/console/contacts/{ours}")
    assert "Стол «Дастархан»" in await console.sees("/console/inbox/1")
    assert (await console.post(f"{path}/part")).status_code == 204
    assert "так решил человек" in await console.sees(path)
    assert "Стол «Дастархан»" not in await console.sees(f"/console/contacts/{ours}")
    assert "Айгуль" in await console.sees(f"{path}/who?q=Айгуль")
    assert (await console.post(f"{path}/join", {"contact": str(ours)})).status_code == 204
    (known, *_) = await stored(console, CrmContact)
    assert known.contact_id == ours


async def test_templates_are_checked_kept_switched_and_removed(console: Console, kommo: KommoAccount):
    account = await connect(console, kommo)
    page = f"{LEADS}/templates"
    one = await lead(console, "Дастархан")
    good = {
        "stage": f"{one.pipeline_vendor_id}:{kommo.stage('Оплачено')}",
        "channel": "email",
        "subject": "Спасибо",
        "text": "{name}, спасибо! {field:Город}",
    }
    assert "Шаблонов ещё нет" in await console.sees(f"{page}?account={account}")
    refused = await console.post(f"{page}?account={account}", good | {"text": "{nmae}"})
    assert "{nmae}, а такого поля нет" in console.text(refused)
    assert (await console.post(f"{page}?account={account}", good)).status_code == 204
    assert "Оплачено включено письмо Спасибо" in await console.sees(f"{page}?account={account}")
    assert (await console.post(f"{page}/1", good | {"subject": ""})).status_code == 200, "a letter has a subject"
    assert (await console.post(f"{page}/1", good | {"subject": "Благодарим"})).status_code == 204
    await console.post(f"{page}/1/switch?account={account}&on=false")
    assert "Оплачено выключено письмо Благодарим" in await console.sees(f"{page}?account={account}")
    await console.post(f"{page}/1/remove?account={account}")
    assert "Шаблонов ещё нет" in await console.sees(f"{page}?account={account}")


async def test_how_letters_leave_is_chosen_from_what_the_account_has_and_it_can_be_left(
    console: Console, kommo: KommoAccount
):
    bot, field = kommo.add_bot("Письмо"), kommo.add_field("leads", "Текст письма", "textarea")
    account = await connect(console, kommo)
    path = f"{HOME}/{account}"
    assert "отклоняет" in await console.sees(path)
    offered = await in_pace(console, console.get(f"{path}/bots"))
    assert f'<option value="{bot}">Письмо' in offered.text
    form = {"strategy": "salesbot", "bot": str(bot), "field": str(field)}
    assert (await console.post(f"{path}/letters", form)).status_code == 204
    (kept,) = await stored(console, CrmConnection)
    assert (kept.strategy, kept.bot_id, kept.bot_field_id, kept.notes_talks) == ("salesbot", bot, field, False)
    assert (await console.post(f"{path}/letters", {"strategy": "pigeon"})).status_code == 422
    one = await lead(console, "Дастархан")
    assert "Отправит Salesbot" in await console.sees(f"{LEADS}/leads/{one.id}")

    manager = await console.another("manager")
    assert (await manager.post(f"{path}/disconnect")).status_code == 403
    await in_pace(console, console.post(f"{path}/disconnect"))
    assert "CRM не подключена" in await console.sees(HOME)
    left = await console.sees(f"{LEADS}/leads/{one.id}")
    assert "CRM отключена" in left and "Перевести" not in left
    assert (await console.post(f"{LEADS}/leads/{one.id}/note", {"text": "поздно"})).status_code == 409
    assert [deed.kind for deed in await stored(console, CrmDeed)] == []
