"""The owner connects mailboxes, sees how they are, sends a letter to try one, and reads what made-up people get."""

import re
from dataclasses import replace

import pytest

from saudager.operators import audit
from saudager.providers.gateway.http import HttpGateway
from saudager.providers.mail import Address, Enclosure, Letter
from tests.console.conftest import Console, OpenConsole
from tests.fakes.mail_server import MailServer
from tests.fakes.serving import refused_url
from tests.mail import carriers
from tests.mail.carriers import RIGHT, WRONG, Post

MAIL = "/console/connections/mail"
TRIAL, SALES = "mail:shop@trial.example", "mail:sales@shop.kz"
PICTURE = Enclosure("year.png", "image/png", b"\x89PNG year", content_id="year.png")
LETTER = Letter(
    own_id="letter:1",
    message_id="letter-1@trial.example",
    sender=Address("shop@trial.example", "Тёплый Дом"),
    recipient=Address("aliya@firm.example", "Алия"),
    subject="Окна к <осени>",
    text="Здравствуйте, <Алия>!",
    html="<html><head><title>x</title></head><body><script>alert(1)</script>"
    '<p>Год</p><img src="cid:year.png" alt="Год"></body></html>',
    enclosures=(PICTURE,),
    unsubscribe="https://shop.example/u/abc",
)


@pytest.fixture
async def console(open_console: OpenConsole) -> Console:
    opened: Console = await open_console(public_url="https://shop.example")
    carriers.give_to(opened.app)
    return opened


def form(*used: str, password: str = RIGHT, **filled: str) -> dict[str, object]:
    parts = {
        f"config.{part}.{field}": value
        for part in ("first", "second", "box")
        for field, value in (("host", "mail.shop.kz"), ("password", password))
    }
    return {"address": "sales@shop.kz", "sender_name": "Тёплый Дом", "use": list(used or ("first",)), **parts, **filled}


async def names(console: Console) -> list[str]:
    return [box.name for box in await console.app.gateway.mailboxes()]


async def deeds(console: Console) -> list[str]:
    return [entry.action for entry in await console.app.db.read(audit.listed)]


async def test_every_page_can_be_opened_by_the_owner(console: Console):
    for path in ("", "/new", f"/box?name={TRIAL}", f"/findings?name={TRIAL}", f"/letters?name={TRIAL}"):
        assert await console.sees(MAIL + path)


async def test_a_viewer_looks_and_changes_nothing(console: Console):
    viewer = await console.another(role="viewer")
    for path in ("", f"/box?name={TRIAL}", f"/letters?name={TRIAL}"):
        assert "Отключить" not in await viewer.sees(MAIL + path)
    assert (await viewer.get(f"{MAIL}/new")).status_code == 403
    posts = ("test", "new", "box", "trial-box", "letter-to", "earlier", "pause", "resume", "default", "disconnect")
    for path in posts:
        query = f"?name={TRIAL}&carrier=simulator"
        assert (await viewer.post(f"{MAIL}/{path}{query}", form())).status_code == 403, path
    assert (await viewer.post(f"{MAIL}/letter?name={TRIAL}&id=x", {"text": "да"})).status_code == 403
    assert await names(console) == [TRIAL]


async def test_the_form_has_a_section_for_each_carrier_and_for_reading(console: Console):
    page = await console.get(f"{MAIL}/new")

    for name in ("config.first.host", "config.second.password", "config.box.host"):
        assert f'name="{name}"' in page.text
    assert 'name="config.first.password" type="password"' in page.text
    assert "Почта для пробы" not in console.text(page)


async def test_a_mailbox_is_tried_in_its_carriers_own_words_and_connected(console: Console):
    refused = await console.post(f"{MAIL}/test", form("first", "box", password=WRONG))
    assert "Первая почта: first: 535 5.7.8 пароль не подходит" in console.text(refused)
    assert "Чтение почты: imap: логин или пароль не подходит" in console.text(refused)
    assert WRONG not in refused.text
    tried = await console.post(f"{MAIL}/test", form("first", "box"))
    assert console.text(tried).count("работает.") == 2
    assert await names(console) == [TRIAL]

    connected = await console.post(f"{MAIL}/new", form("first", "second", "box"))

    assert connected.headers["hx-redirect"] == f"{MAIL}/box?name=mail%3Asales%40shop.kz"
    assert list(console.app.mailboxes[SALES].mailers) == ["first", "second"]
    seen = await console.sees(f"{MAIL}/box?name={SALES}")
    assert "sales@shop.kz" in seen and "https://shop.example/webhooks/mail/" in seen
    assert "sales@shop.kz" in await console.sees(MAIL)
    assert await deeds(console) == ["mailbox.connected"]


async def test_a_wrong_field_is_told_beside_it_and_what_was_typed_stays(console: Console):
    answer = await console.post(f"{MAIL}/new", form(address="sales", **{"config.first.host": ""}))

    words = console.text(answer)
    assert "Нужен адрес почты, например sales@example.kz." in words and "Заполните это поле." in words
    assert 'aria-describedby="config.first.host-hint config.first.host-error"' in answer.text
    assert 'value="sales"' in answer.text and 'value="first" checked' in answer.text
    nobody = await console.post(f"{MAIL}/new", {"address": "sales@shop.kz"})
    assert "Выберите хотя бы один способ отправки." in console.text(nobody)


async def test_what_does_not_work_is_saved_only_when_the_owner_insists(console: Console):
    wrong = form(password=WRONG)
    assert "Сохранить всё равно" in console.text(await console.post(f"{MAIL}/new", wrong))
    assert await names(console) == [TRIAL]
    assert "hx-redirect" in (await console.post(f"{MAIL}/new", wrong | {"untested": "yes"})).headers
    assert await names(console) == [SALES, TRIAL]


async def test_a_change_keeps_a_secret_left_empty_and_drops_what_is_no_longer_ticked(console: Console):
    await console.post(f"{MAIL}/new", form("first", "second", "box"))
    empty = {f"config.{part}.password": "" for part in ("first", "second", "box")}
    changed = form("second", "box", **empty, **{"config.second.host": "mx.shop.kz"}) | {"account": SALES}

    assert "hx-redirect" in (await console.post(f"{MAIL}/box", changed)).headers

    (second,) = console.app.mailboxes[SALES].mailers.values()
    assert isinstance(second, Post) and second.config.host == "mx.shop.kz"
    page = await console.get(f"{MAIL}/box?name={SALES}")
    assert 'value="second" checked' in page.text and 'value="first" checked' not in page.text
    assert RIGHT not in page.text


async def test_the_order_of_sending_is_changed_and_a_letter_is_tried(console: Console):
    await console.post(f"{MAIL}/new", form("first", "second"))
    await console.post(f"{MAIL}/earlier?name={SALES}&carrier=second")
    assert list(console.app.mailboxes[SALES].mailers) == ["second", "first"]

    sent = await console.post(f"{MAIL}/letter-to?name={SALES}", {"to": "marat@example.kz"})
    assert "отправлено через Вторая почта" in console.text(sent)
    wrong = await console.post(f"{MAIL}/letter-to?name={SALES}", {"to": "марат"})
    assert "Нужен адрес почты" in console.text(wrong) and 'value="марат"' in wrong.text
    assert await deeds(console) == ["mailbox.tried", "mailbox.reordered", "mailbox.connected"]


async def test_a_mailbox_is_paused_resumed_made_the_default_and_disconnected(console: Console):
    await console.post(f"{MAIL}/new", form())
    await console.post(f"{MAIL}/pause?name={SALES}")
    assert "остановлено вручную: Марат" in await console.sees(MAIL)
    for deed in ("resume", "default", "disconnect"):
        assert (await console.post(f"{MAIL}/{deed}?name={SALES}")).status_code == 204, deed
    assert await names(console) == [TRIAL]
    for deed in ("pause", "resume", "default", "disconnect"):
        assert (await console.post(f"{MAIL}/{deed}?name={SALES}")).status_code == 404, deed
    assert (await console.get(f"{MAIL}/box?name={SALES}")).status_code == 404


async def test_the_mailbox_for_trying_out_is_connected_with_one_button(console: Console):
    await console.post(f"{MAIL}/disconnect?name={TRIAL}")
    assert "почту для пробы" in await console.sees(MAIL)

    await console.post(f"{MAIL}/trial-box")

    assert await names(console) == [TRIAL]
    assert (await console.post(f"{MAIL}/trial-box")).status_code == 409


async def test_a_letter_is_shown_as_its_recipient_sees_it_and_is_answered(console: Console):
    await console.shop.mail.send(LETTER)
    page = await console.get(f"{MAIL}/letters?name={TRIAL}")
    assert "Окна к <осени> aliya@firm.example" in console.text(page)
    (link,) = re.findall(r'href="(/console/connections/mail/letter\?[^"]*)"', page.text)
    link = link.replace("&amp;", "&")

    shown = await console.get(link)
    words = console.text(shown)
    assert "Тёплый Дом" in words and "Здравствуйте, <Алия>!" in words
    assert "List-Unsubscribe" in words and "https://shop.example/u/abc" in words
    answered = await console.post(link, {"text": "Сколько стоит?"})
    assert answered.status_code == 204
    batch = await console.shop.mail.letters("INBOX", after=None, since=console.shop.clock.now(), limit=10)
    assert [(one.text, one.in_reply_to) for one in batch.letters] == [("Сколько стоит?", LETTER.message_id)]


async def test_the_letters_own_page_runs_nothing_and_asks_nobody(console: Console):
    await console.shop.mail.send(LETTER)
    (lying,) = await console.app.gateway.trial_letters(TRIAL)

    page = await console.get(f"{MAIL}/letter/html?name={TRIAL}&id={lying.id}")

    policies = page.headers.get_list("content-security-policy")
    assert len(policies) == 1 and policies[0].startswith("default-src 'none'; img-src data:;")
    assert "script-src" not in policies[0] and "sandbox allow-popups" in policies[0]
    assert "allow-scripts" not in policies[0] and "allow-same-origin" not in policies[0]
    assert page.headers.get_list("x-frame-options") == ["SAMEORIGIN"]
    assert 'src="data:image/png;base64,' in page.text and "cid:" not in page.text
    outer = await console.get(f"{MAIL}/letter?name={TRIAL}&id={lying.id}")
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in outer.text and "alert(1)" not in outer.text
    assert "frame-ancestors 'none'" in outer.headers["content-security-policy"]


async def test_a_letter_of_text_alone_has_no_other_page(console: Console):
    await console.shop.mail.send(replace(LETTER, html=None, enclosures=()))
    (lying,) = await console.app.gateway.trial_letters(TRIAL)

    assert "<iframe" not in (await console.get(f"{MAIL}/letter?name={TRIAL}&id={lying.id}")).text
    assert (await console.get(f"{MAIL}/letter/html?name={TRIAL}&id={lying.id}")).status_code == 404
    for id in ("..%2Fsaudager", "x", "20260101-000000-000000-000000000000"):
        assert (await console.get(f"{MAIL}/letter?name={TRIAL}&id={id}")).status_code == 404, id


async def test_a_gateway_that_is_away_is_told_and_the_page_stays(console: Console):
    console.app.gateway = HttpGateway(refused_url(), "key", clock=console.app.clock)

    assert "Шлюз не отвечает. Проверьте, запущен ли он" in await console.sees(MAIL)
    assert (await console.post(f"{MAIL}/pause?name={SALES}")).status_code == 502


async def test_a_real_mail_server_is_tried_connected_and_sent_a_letter(open_console: OpenConsole):
    console: Console = await open_console()
    async with MailServer() as server:
        smtp = {
            "address": "sales@shop.kz",
            "use": "smtp",
            "config.smtp.host": "127.0.0.1",
            "config.smtp.port": str(server.port),
            "config.smtp.security": "none",
            "config.smtp.server_keeps_copies": "true",
        }
        tried = await console.post(f"{MAIL}/test", smtp)
        assert "(SMTP): работает." in console.text(tried)
        assert '<option value="none" selected>' in tried.text and '<option value="true" selected>да' in tried.text
        assert 'name="config.smtp.password" type="password" value=""' in tried.text
        await console.post(f"{MAIL}/new", smtp)

        await console.post(f"{MAIL}/letter-to?name={SALES}", {"to": "marat@example.kz"})

        (letter,) = server.letters
        assert letter.recipients == ["marat@example.kz"] and b"From: sales@shop.kz" in letter.content
        server.refuse("gone@example.kz", "550 5.1.1 No such user")
        refused = await console.post(f"{MAIL}/letter-to?name={SALES}", {"to": "gone@example.kz"})
        assert "550" in console.text(refused) and "No such user" in console.text(refused)
        await console.shop.app.mailboxes[SALES].close()


async def test_a_server_nobody_answers_at_is_told(open_console: OpenConsole):
    console: Console = await open_console()
    smtp = {"address": "sales@shop.kz", "use": "smtp", "config.smtp.host": "127.0.0.1", "config.smtp.port": "9"}

    answer = await console.post(f"{MAIL}/new", smtp)

    assert "(SMTP):" in console.text(answer) and "Сохранить всё равно" in console.text(answer)
    assert await names(console) == [TRIAL]
