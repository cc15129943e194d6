"""The inbox: who wrote, what was said, what happens next; and a person who steps in."""

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from saudager.attention import Why
from saudager.console.inbox import marks, talk
from saudager.console.inbox.listed import Asked
from saudager.console.wording import Wording
from saudager.contracts import Kind
from saudager.knowledge import library
from saudager.operators import audit
from saudager.providers.llm import Action, Decision, Verdict
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import CUSTOMER
from saudager.trust import drafts, ramp
from saudager.trust.models import Mode
from tests.console.conftest import Console, OpenConsole
from tests.studio.accepted import drawn, pictured

PRICE = "Сколько стоит окно?"
BUYER = Verdict(is_client=True, confidence=0.95, reasoning="Спрашивает цену.")
OTHER = "77010000002@c.us"


@pytest.fixture
def inbox_of(open_console: OpenConsole) -> Any:
    """A console whose shop has answered one customer, or has his draft on the desk."""

    async def open_one(*replies: str, drafted: bool = False, role: str = "owner", **values: Any) -> Console:
        model = ScriptedModel(["Здравствуйте! Какой размер?", *replies], everybody=BUYER)
        console: Console = await open_console(role=role, model=model, **values)
        if drafted:
            await console.app.db.run(ramp.set_all, Mode.DRAFT, by="Марат", now=console.shop.clock.now())
        await console.shop.customer_says(PRICE)
        await console.shop.time_passes(seconds=30)
        return console

    return open_one


async def _place(console: Console, chat: str = CUSTOMER) -> str:
    return f"/console/inbox/{(await console.shop.messages(chat))[0].conversation_id}"


async def test_a_figure_of_the_answer_shows_its_source_and_the_customers_own_words_none(
    open_console: OpenConsole,
) -> None:
    console = await open_console()
    folder = console.app.settings.knowledge_folder
    (folder / "prices.md").write_text("# Окна\n\nОкно 1500×1500 стоит 120 000 ₸.\n", encoding="utf-8")
    await library.refresh(console.app.db, folder, now=console.shop.clock.now())
    (answer,) = await console.shop.ask_as_customer("Сколько стоит окно 1500×1500?")
    assert "120 000" in answer
    page = (await console.get(await _place(console))).text
    theirs, ours = page.split('class="bubble ours"')
    assert "1500×1500" in theirs and "<mark" not in theirs
    assert "prices.md" in ours and "<mark" in ours


async def test_the_list_shows_who_wrote_and_what_becomes_of_it(inbox_of: Any) -> None:
    console = await inbox_of()
    await console.shop.customer_says("Позовите человека", chat=OTHER, kind=Kind.TEXT)
    await console.shop.time_passes(seconds=30)
    seen = await console.sees("/console/inbox")
    assert "Здравствуйте! Какой размер?" in seen
    assert "отвечает продавец" in seen and "ждёт человека" in seen
    assert seen.index("+7 701 000 0002") < seen.index("+7 701 000 0001")
    waiting = await console.sees("/console/inbox?view=waiting")
    assert "+7 701 000 0002" in waiting and "+7 701 000 0001" not in waiting
    assert (await console.get("/console/inbox?view=nonsense")).status_code == 404


async def test_an_empty_inbox_says_how_it_fills(open_console: OpenConsole) -> None:
    console = await open_console()
    assert "Разговоры появятся" in await console.sees("/console/inbox")
    assert "Ничего не нашлось" in await console.sees("/console/inbox?q=окно")


async def test_more_conversations_are_asked_for_and_stay(open_console: OpenConsole) -> None:
    console = await open_console(model=ScriptedModel(everybody=BUYER))
    for number in range(45):
        await console.shop.customer_says(PRICE, chat=f"7701000{number:04}@c.us")
    await console.shop.time_passes(minutes=2)
    page = (await console.get("/console/inbox")).text
    assert page.count('class="item') == 40
    more = re.search(r'hx-get="(/console/inbox/list\?rows=80)"', page)
    assert more is not None
    assert (await console.get(more[1])).text.count('class="item') == 45


async def test_a_conversation_shows_both_sides_the_days_and_how_far_each_line_came(inbox_of: Any) -> None:
    console = await inbox_of()
    seen = await console.sees(await _place(console))
    assert PRICE in seen and "Здравствуйте! Какой размер?" in seen
    assert "среда, 11 марта" in seen
    assert re.search(r"✓ +отправлено", seen)
    assert "клиент" in seen and "Спрашивает цену." in seen


async def test_what_a_customer_sends_is_shown_as_text_and_never_as_html(inbox_of: Any) -> None:
    evil = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
    console = await inbox_of()
    await console.shop.customer_says(evil, chat=OTHER)
    await console.shop.time_passes(seconds=30)
    place = await _place(console, OTHER)
    for page in ("/console/inbox", place, f"{place}/lines", "/console/inbox?q=script"):
        response = await console.get(page)
        assert "<script>alert" not in response.text and "<img src=x" not in response.text
        assert "onerror=" not in re.sub(r"&lt;.*?&gt;", "", response.text)
    assert evil in await console.sees(place)


async def test_a_letter_is_shown_below_its_subject_and_answered_with_a_signature(inbox_of: Any) -> None:
    console = await inbox_of(letter_signature="Тёплый Дом", mail_answers=False)
    await console.shop.mail_arrives("aigul@firm.example", "Посчитайте, пожалуйста.", subject="<b>Окна</b> в офис")
    await console.shop.time_passes(seconds=30)
    place = await _place(console, "aigul@firm.example")
    seen = await console.sees(place)
    assert "<b>Окна</b> в офис Посчитайте, пожалуйста." in seen
    assert "на письма отвечает человек" in seen
    await console.post(f"{place}/write", {"text": "Считаю.", "once": uuid4().hex})
    await console.shop.time_passes(seconds=30)
    (letter,) = console.shop.letters("aigul@firm.example")
    assert (letter.subject, letter.text) == ("Re: <b>Окна</b> в офис", "Считаю.\n\nТёплый Дом")
    assert letter.in_reply_to == (await console.shop.messages("aigul@firm.example"))[0].message_id


async def test_an_operator_writes_and_the_salesperson_is_silent(inbox_of: Any) -> None:
    console = await inbox_of(role="manager")
    place = await _place(console)
    answer = await console.post(f"{place}/write", {"text": "Это Марат, посчитаю.", "once": uuid4().hex})
    assert answer.status_code == 200
    assert re.search(r"<textarea[^>]*></textarea>", answer.text)
    await console.shop.time_passes(seconds=10)
    assert console.shop.answers()[1:] == ["Это Марат, посчитаю."]
    seen = await console.sees(place)
    assert "Марат Это Марат, посчитаю." in seen
    assert "разговор ваш" in seen and "продавец молчит до 16:00" in seen
    assert "Это Марат, посчитаю." in await console.sees("/console/inbox?view=mine")
    (entry,) = await console.app.db.read(audit.listed)
    assert (entry.action, entry.who) == ("conversation.written", "Марат")


async def test_a_form_posted_twice_is_sent_and_noted_once(inbox_of: Any) -> None:
    console = await inbox_of()
    form = {"text": "Добрый день", "once": uuid4().hex}
    place = await _place(console)
    assert [(await console.post(f"{place}/write", form)).status_code for _ in range(2)] == [200, 200]
    await console.shop.time_passes(seconds=10)
    assert console.shop.answers()[1:] == ["Добрый день"]
    assert len(await console.app.db.read(audit.listed)) == 1


async def test_an_empty_line_is_refused_in_words(inbox_of: Any) -> None:
    console = await inbox_of()
    answer = await console.post(f"{await _place(console)}/write", {"text": "  ", "once": uuid4().hex})
    assert answer.status_code == 409 and "Сообщение пустое" in answer.text


async def test_taken_and_given_back(inbox_of: Any) -> None:
    console = await inbox_of("Окно стоит по размеру.")
    place = await _place(console)
    taken = await console.post(f"{place}/take")
    assert taken.status_code == 204 and "release" in taken.headers["hx-trigger"]
    await console.shop.customer_says("А 1500 на 1500?")
    await console.shop.time_passes(minutes=5)
    assert len(console.shop.answers()) == 1
    assert "разговор ваш" in await console.sees(f"{place}/head")
    other = await console.another(name="Айгуль")
    assert "разговор у оператора Марат" in await other.sees(f"{place}/head")
    assert (await console.post(f"{place}/release", {"outcome": "договорились"})).status_code == 204
    await console.shop.time_passes(seconds=10)
    assert console.shop.answers()[1:] == ["Окно стоит по размеру."]


async def test_a_draft_is_suggested_into_the_form_and_nothing_is_sent(inbox_of: Any) -> None:
    console = await inbox_of("Окно стоит по размеру.")
    place = await _place(console)
    await console.post(f"{place}/take")
    await console.shop.customer_says("А 1500 на 1500?")
    await console.shop.time_passes(minutes=5)
    form = await console.post(f"{place}/suggest", {"text": "Добрый день!", "once": "1"})
    assert "Добрый день!\n\nОкно стоит по размеру.</textarea>" in form.text
    assert len(console.shop.answers()) == 1


async def test_a_draft_is_approved_from_the_page(inbox_of: Any) -> None:
    console = await inbox_of(drafted=True)
    place = await _place(console)
    assert "черновик на проверку" in await console.sees("/console/inbox?view=drafts")
    page = await console.get(place)
    assert ">Здравствуйте! Какой размер?</textarea>" in page.text
    (draft,) = await console.app.db.read(drafts.waiting)
    sent = await console.post(f"/console/drafts/{draft.id}/approve", {"text": draft.text})
    assert sent.status_code == 204
    other = await console.another(name="Айгуль")
    second = await other.post(f"/console/drafts/{draft.id}/approve", {"text": draft.text})
    assert second.status_code == 409 and "уже отправил Марат" in second.text
    await console.shop.time_passes(seconds=10)
    assert console.shop.answers() == ["Здравствуйте! Какой размер?"]
    assert "Текст черновика" not in await console.sees(f"{place}/drafts")
    assert "черновик проверил(а) Марат" in await console.sees(place)


async def test_a_draft_is_rejected_from_the_page(inbox_of: Any) -> None:
    console = await inbox_of(drafted=True)
    (draft,) = await console.app.db.read(drafts.waiting)
    await console.post(f"/console/drafts/{draft.id}/reject", {"reason": "сам позвоню"})
    await console.shop.time_passes(minutes=10)
    assert console.shop.answers() == []
    assert "человек отклонил ответ" in await console.sees(await _place(console))
    assert Why.DRAFT not in [entry.kind for entry in await console.shop.desk()]


async def test_a_draft_is_no_longer_than_a_line_may_be(inbox_of: Any) -> None:
    console = await inbox_of(drafted=True)
    (draft,) = await console.app.db.read(drafts.waiting)
    place = await _place(console)
    for path in (f"{place}/write", f"/console/drafts/{draft.id}/approve"):
        answer = await console.post(path, {"text": "а" * 25_000, "once": uuid4().hex})
        assert answer.status_code == 409 and "Сообщение длиннее 4000 знаков" in answer.text
    await console.shop.time_passes(seconds=10)
    assert console.shop.answers() == []


@pytest.mark.both_kinds
async def test_invisible_control_characters_are_refused_on_every_page(inbox_of: Any) -> None:
    console = await inbox_of()
    place, contact = await _place(console), (await console.shop.contact()).id
    for text in ("до\x00после", "до\x1bпосле"):
        for path in (f"{place}/write", f"/console/contacts/{contact}/notes"):
            answer = await console.post(path, {"text": text, "once": uuid4().hex})
            assert answer.status_code == 422 and "невидимые служебные знаки" in answer.text
    assert (await console.get("/console/inbox", params={"q": "ок\x00но"})).status_code == 422
    written = await console.post(f"{place}/write", {"text": "Окно:\r\n\t120 000 ₸", "once": uuid4().hex})
    assert written.status_code == 200
    await console.shop.time_passes(seconds=10)
    assert console.shop.answers()[1:] == ["Окно:\n\t120 000 ₸"]


async def test_who_may_only_look_sees_and_changes_nothing(inbox_of: Any) -> None:
    console = await inbox_of(role="viewer", drafted=True)
    place = await _place(console)
    page = await console.get(place)
    assert page.status_code == 200
    assert "reply-text" not in page.text and "Отправить черновик" not in page.text
    (draft,) = await console.app.db.read(drafts.waiting)
    for path in (f"{place}/write", f"{place}/take", f"{place}/release", f"/console/drafts/{draft.id}/approve"):
        assert (await console.post(path, {"text": "а", "once": uuid4().hex})).status_code == 403
    assert "непрочитанных" in await console.sees("/console/inbox")


async def test_opened_by_a_manager_a_conversation_is_read(inbox_of: Any) -> None:
    console = await inbox_of(drafted=True)
    assert "непрочитанных" in await console.sees("/console/inbox")
    await console.get(await _place(console))
    assert "непрочитанных" not in await console.sees("/console/inbox")


async def test_older_lines_come_when_asked_for(inbox_of: Any) -> None:
    console = await inbox_of()
    for number in range(60):
        await console.shop.customer_says(f"Строка номер {number}")
    await console.shop.time_passes(minutes=2)
    place = await _place(console)
    page = await console.get(place)
    assert "Строка номер 59" in page.text and PRICE not in page.text
    older = re.search(r'hx-get="([^"]*lines\?before=\d+)"', page.text)
    assert older is not None
    assert PRICE in (await console.get(older[1])).text
    since = re.search(r'hx-get="([^"]*lines\?since=\d+)"', page.text)
    assert since is not None
    await console.shop.customer_says("Самая новая")
    await console.shop.settles()
    refreshed = (await console.get(since[1])).text
    assert "Самая новая" in refreshed and "Строка номер 59" in refreshed


async def test_the_page_hears_of_a_new_line_a_delivery_and_a_draft(inbox_of: Any) -> None:
    console = await inbox_of(drafted=True)
    conversation = (await _place(console)).rpartition("/")[2]
    now = console.shop.clock.now()

    async def mark(name: str) -> str:
        return await console.app.db.read(marks.WATCHES[name], conversation, now=now)

    talk, draft = await mark("conversation"), await mark("draft")
    (waiting,) = await console.app.db.read(drafts.waiting)
    await console.post(f"/console/drafts/{waiting.id}/approve", {"text": waiting.text})
    assert await mark("draft") != draft
    said = await mark("conversation")
    assert said != talk
    await console.shop.time_passes(seconds=5)
    assert await mark("conversation") != said


async def test_why_did_it_say_that(inbox_of: Any) -> None:
    console = await inbox_of()
    (turn,) = await console.shop.turns()
    page = await console.sees(f"/console/turns/{turn.id}")
    assert "Почему он так ответил" in page and PRICE in page and "Спрашивает цену." in page
    assert f'/console/turns/{turn.id}/why"' in (await console.get(await _place(console))).text
    assert PRICE in await console.sees(f"/console/turns/{turn.id}/why")
    assert (await console.get("/console/turns/999")).status_code == 404


async def test_what_is_not_there_is_not_found(inbox_of: Any) -> None:
    console = await inbox_of()
    for path in ("/console/inbox/999", "/console/inbox/999/lines", "/console/inbox/999/card", "/console/files/1"):
        assert (await console.get(path)).status_code == 404


async def test_a_picture_is_shown_and_what_could_carry_a_script_is_only_saved(inbox_of: Any) -> None:
    console = await inbox_of()
    await console.shop.customer_says("Вот такое", kind=Kind.IMAGE, file=(b"picture", "image/jpeg"))
    await console.shop.customer_says(None, kind=Kind.DOCUMENT, file=(b"<script>1</script>", "text/html"))
    await console.shop.time_passes(minutes=1)
    page = (await console.get(await _place(console))).text
    assert 'alt="Фото от клиента"' in page
    picture, document = [line.id for line in await console.shop.messages() if line.media]
    assert f'src="/console/files/{picture}"' in page and f'href="/console/files/{document}" download' in page
    shown = await console.get(f"/console/files/{picture}")
    assert (shown.content, shown.headers["content-type"]) == (b"picture", "image/jpeg")
    saved = await console.get(f"/console/files/{document}")
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"].startswith("attachment")


async def test_a_deleted_line_an_edited_one_and_a_voice_note(inbox_of: Any) -> None:
    console = await inbox_of()
    line, other = await console.shop.customer_says("Тайна", "Окно 1400")
    await console.shop.time_passes(minutes=1)
    phone = console.shop.phone
    await console.shop.arrives(phone.change(line.message_id, deleted=True))
    await console.shop.arrives(phone.change(other.message_id, text="Окно 1500"))
    await console.shop.customer_says(None, kind=Kind.VOICE, file=(b"sound", "audio/ogg"))
    await console.shop.time_passes(minutes=1)
    page = await console.get(await _place(console))
    seen = console.text(page)
    assert "Тайна" not in seen and "Сообщение удалено" in seen
    assert "Окно 1500" in seen and "изменено" in seen
    assert "<audio" in page.text and "расшифровать не получилось" in seen


async def test_one_contact_in_two_channels_is_one_timeline(inbox_of: Any) -> None:
    console = await inbox_of("Доставка есть.")
    await console.shop.time_passes(minutes=3)
    line = replace(console.shop.phone.write("88800001@lid", "А доставка?"), phone_number="77010000001")
    await console.shop.arrives(line)
    await console.shop.time_passes(minutes=2)
    place = await _place(console)
    seen = await console.sees(place)
    assert seen.index(PRICE) < seen.index("А доставка?")
    assert "Куда" in seen and "88800001" in seen
    first = place.rpartition("/")[2]
    second = (await console.shop.messages("88800001@lid"))[0].conversation_id
    assert (await console.sees("/console/inbox")).count("+7 701 000 0001") == 1
    await console.post(f"{place}/write", {"text": "Сюда", "once": uuid4().hex, "to": second})
    await console.shop.time_passes(seconds=10)
    assert console.shop.answers("88800001@lid")[-1] == "Сюда"
    wrong = await console.post(f"{place}/write", {"text": "Туда", "once": uuid4().hex, "to": int(first) + 1000})
    assert wrong.status_code == 409


async def test_the_number_of_queries_of_a_page_does_not_grow(inbox_of: Any) -> None:
    console = await inbox_of()
    few = await _queries(console)
    for number in range(20):
        await console.shop.customer_says(PRICE, chat=f"7702000{number:04}@c.us")
        await console.shop.customer_says(f"И ещё {number}")
    await console.shop.time_passes(minutes=3)
    assert await _queries(console) == few < 40


async def _queries(console: Console) -> int:
    """How many questions the page of a conversation asks of the database."""
    conversation = (await console.shop.messages())[0].conversation_id
    visitor = SimpleNamespace(name="Марат", wording=Wording("ru", console.app.settings.zone, console.shop.clock.now()))
    visitor.may = lambda role: True
    asked: list[str] = []

    def count(session: Any) -> None:
        driver = session.connection().connection.driver_connection
        driver.set_trace_callback(asked.append)
        talk._page(session, conversation, Asked(), visitor, app=console.app)
        driver.set_trace_callback(None)

    await console.app.db.read(count)
    return len(asked)


async def test_an_operator_sends_an_accepted_picture_once_and_the_salesperson_is_silent(inbox_of: Any) -> None:
    console = await inbox_of()
    await pictured(console.app, views=("front",))
    place = await _place(console)
    shown = (await console.get(f"{place}/pictures?q=камри")).text
    assert "Toyota Camry 2021 white sedan, спереди" in shown
    form = {"picture": re.search(r'"picture": (\d+)', shown)[1], "once": uuid4().hex}
    assert [(await console.post(f"{place}/picture", form)).status_code for _ in range(2)] == [204, 204]
    await console.shop.customer_says("А цена?")
    await console.shop.time_passes(minutes=5)
    (line,) = [line for line in console.shop.phone.chat(CUSTOMER) if line.from_us and line.kind is Kind.IMAGE]
    assert line.text.startswith("Toyota Camry 2021 white sedan, спереди\nЭто иллюстрация")
    assert len(console.shop.answers()) == 2
    (message,) = [one for one in await console.shop.messages() if one.kind == Kind.IMAGE]
    assert (message.author, message.written_by, message.delivery_state) == ("human", "Марат", "sent")
    assert f'<img src="/console/files/{message.id}"' in (await console.get(place)).text
    file = await console.get(f"/console/files/{message.id}")
    assert (file.content, file.headers["content-type"]) == (drawn(), "image/png")


async def test_pictures_to_choose_from_are_named_in_the_operators_language(inbox_of: Any) -> None:
    console = await inbox_of()
    await pictured(console.app, views=("rear",))
    await console.post("/console/profile", {"name": "Марат", "language": "kk"})
    assert "Toyota Camry 2021 white sedan, артынан" in (await console.get(f"{await _place(console)}/pictures")).text


async def test_a_picture_nobody_accepted_cannot_be_chosen_or_sent(inbox_of: Any) -> None:
    console = await inbox_of()
    await pictured(console.app, views=("front",), verdict=None)
    place = await _place(console)
    assert "Принятых картинок ещё нет" in (await console.get(f"{place}/pictures")).text
    answer = await console.post(f"{place}/picture", {"picture": "1", "once": uuid4().hex})
    assert answer.status_code == 409
    assert not [line for line in console.shop.phone.chat(CUSTOMER) if line.kind is Kind.IMAGE]


async def test_a_draft_tells_which_pictures_go_out_with_it(inbox_of: Any) -> None:
    shows = Decision(reply="Показываю на картинке ниже.", actions=[Action(kind="send_picture", detail="Камри")])
    console = await inbox_of(shows, drafted=True)
    await pictured(console.app, views=("front",))
    await console.shop.customer_says("Пришлите фото Камри")
    await console.shop.time_passes(minutes=1)
    assert "Toyota Camry 2021 white sedan, спереди" in (await console.get(f"{await _place(console)}/drafts")).text
