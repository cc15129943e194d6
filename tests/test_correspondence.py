"""A customer answers a letter: it is a conversation, and he is answered in the thread; machines are not."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from saudager.agent import by_mail, drafting, moderator, stepping_in
from saudager.attention import Why
from saudager.contracts import Kind
from saudager.conversations import listing
from saudager.conversations.models import Author, Conversation
from saudager.errors import BadCredentials
from saudager.gateway import correspondence, mail_webhooks, webhooks
from saudager.gateway.models import LoggedMessage, MailFolder, Suppression
from saudager.letters.models import Letter as WrittenLetter
from saudager.letters.models import LetterState
from saudager.providers.llm import Verdict
from saudager.providers.llm.scripted import ScriptedModel
from saudager.providers.mail import Address, Enclosure, Letter, Mailbox, ReceivedLetter
from saudager.providers.mail.sendgrid import Config as SendGridConfig
from saudager.providers.mail.sendgrid import SendGridMailer
from saudager.sales.models import Company, Person
from saudager.trust import ramp
from saudager.trust.models import Draft, Mode
from tests.providers.mail.test_inbound import form as sendgrid_form
from tests.providers.mail.written import letter
from tests.test_answering import LIE, PRICES, QUESTION, TRUE

pytestmark = pytest.mark.slow

AIGUL = "aigul@firm.example"
MAILBOX = "mail:shop@trial.example"
OLD = datetime(2026, 3, 11, 6, 59, tzinfo=UTC)
OFFER = Letter(
    own_id="letter:1",
    message_id="offer-1@trial.example",
    sender=Address("shop@trial.example"),
    recipient=Address(AIGUL),
    subject="Столы к осени",
    text="Здравствуйте!",
)


@pytest.fixture
def mail_shop(open_shop, tmp_path):
    """Open a shop with a price list of tables, which answers letters with ``replies``."""

    async def open_one(replies=(TRUE,) * 50, everybody=None, **values):
        folder = tmp_path / "knowledge_base"
        folder.mkdir(exist_ok=True)
        (folder / "prices.md").write_text(PRICES, encoding="utf-8")
        return await open_shop(model=ScriptedModel(list(replies), everybody=everybody), **values)

    return open_one


async def known_customer(shop, address=AIGUL):
    """Somebody known to be a customer, so that nobody has to judge him."""
    await shop.mail_arrives(address, "Каталог", not_answered="list")
    await shop.settles()

    def overrule(session):
        conversation = session.scalars(select(Conversation).where(Conversation.chat == address)).one()
        moderator.overrule(session, conversation.contact_id, is_client=True, now=shop.clock.now())

    await shop.app.db.run(overrule)


async def asks(shop, text=QUESTION, *, sender=AIGUL, **letter):
    """Let him write, and give back what he was answered since."""
    before = len(shop.letters(sender))
    await shop.mail_arrives(sender, text, **letter)
    await shop.time_passes(minutes=1)
    return shop.letters(sender)[before:]


async def log(shop):
    return await shop.app.db.read(
        lambda session: session.scalars(select(LoggedMessage).order_by(LoggedMessage.id)).all()
    )


async def test_an_answer_to_a_letter_is_answered_in_the_thread_with_greeting_and_signature(mail_shop):
    shop = await mail_shop(letter_signature="Отдел продаж\nТёплый Дом")
    await known_customer(shop)
    quoted = f"{QUESTION}\n\n11.03.2026 10:00, Тёплый Дом пишет:\n> Здравствуйте!"
    (answer,) = await asks(shop, quoted, answers=OFFER, name="Айгуль")

    (asked,) = [
        row
        for row in await log(shop)
        if row.chat == AIGUL and row.subject == "Re: Столы к осени" and row.direction == "in"
    ]
    assert answer.text == f"Здравствуйте!\n\n{TRUE}\n\nОтдел продаж\nТёплый Дом"
    assert answer.subject == "Re: Столы к осени"
    assert answer.in_reply_to == asked.message_id
    assert answer.references == (OFFER.message_id, asked.message_id)
    assert answer.automatic == "auto-replied"
    question, said = (await shop.messages(AIGUL))[-2:]
    assert (question.text, question.subject) == (QUESTION, "Re: Столы к осени")
    assert said.text == f"Здравствуйте!\n\n{TRUE}"
    assert (await shop.contact(AIGUL)).name == "Айгуль"


async def test_a_thread_goes_on_and_every_letter_names_those_before(mail_shop):
    shop = await mail_shop()
    await known_customer(shop)
    (first,) = await asks(shop, answers=OFFER)
    (second,) = await asks(shop, "А доставка есть? " + QUESTION, answers=first)
    assert second.references[:3] == (*first.references, first.message_id)
    assert second.in_reply_to == second.references[-1]


async def test_a_lie_is_kept_in_by_mail_as_in_chats(mail_shop):
    shop = await mail_shop([LIE, TRUE])
    await known_customer(shop)
    (answer,) = await asks(shop)
    assert TRUE in answer.text and "48 000" not in answer.text


async def test_the_subject_is_part_of_the_question(mail_shop):
    shop = await mail_shop()
    await known_customer(shop)
    await asks(shop, "Жду ответа.", subject=QUESTION)
    assert shop.app.model.briefings[-1].new_lines == [f"{QUESTION}\nЖду ответа."]
    assert "# Почта" in shop.app.model.briefings[-1].instructions


@pytest.mark.parametrize("subject", ["Вопрос", "Добрый день!", "(без темы)", "Question"])
async def test_but_not_when_it_says_nothing(mail_shop, subject):
    shop = await mail_shop()
    await known_customer(shop)
    await asks(shop, subject=subject)
    assert shop.app.model.briefings[-1].new_lines == [QUESTION]


async def test_who_gives_no_name_is_listed_by_his_address(mail_shop):
    shop = await mail_shop()
    await known_customer(shop)
    await asks(shop)
    listed = await shop.app.db.read(listing.page, view="all", query=None, after=None, operator="", now=shop.clock.now())
    assert [row.name for row in listed.rows] == [AIGUL]


@pytest.mark.parametrize("why", ["auto_submitted", "list", "bulk", "robot", "bounce"])
async def test_what_a_machine_wrote_is_shown_and_never_answered(mail_shop, why):
    shop = await mail_shop()
    await known_customer(shop)
    assert await asks(shop, "Я в отпуске до понедельника.", answers=OFFER, not_answered=why) == []
    last = (await shop.messages(AIGUL))[-1]
    assert (last.text, last.history, last.turn_id) == ("Я в отпуске до понедельника.", True, None)


async def test_two_robots_stop_writing_to_each_other(mail_shop):
    shop = await mail_shop()
    await known_customer(shop)
    answered = [len(await asks(shop, f"{QUESTION} ({n})")) for n in range(8)]
    assert answered == [1, 1, 1, 1, 1, 0, 0, 0]
    assert [(entry.kind, "автоответчик" in entry.reason) for entry in await shop.desk()] == [(Why.LETTER, True)]
    assert (await shop.turns(AIGUL))[-1].reason == by_mail.TOO_OFTEN
    await shop.time_passes(hours=2)
    assert len(await asks(shop)) == 1


async def test_no_address_gets_more_than_twenty_answers_a_day(mail_shop):
    shop = await mail_shop()
    await known_customer(shop)
    answered = 0
    for n in range(23):
        answered += len(await asks(shop, f"{QUESTION} ({n})"))
        await shop.time_passes(minutes=20)
    assert answered == 20


async def test_the_same_words_again_and_again_are_left_to_a_person(mail_shop):
    shop = await mail_shop()
    await known_customer(shop)
    assert [len(await asks(shop)) for _ in range(4)] == [1, 1, 0, 0]
    assert Why.REPEATS_ITSELF in [entry.kind for entry in await shop.desk()]


async def test_letters_can_be_left_to_people(mail_shop):
    shop = await mail_shop(mail_answers=False)
    await known_customer(shop)
    assert await asks(shop) == []
    assert [(entry.kind, QUESTION in entry.reason) for entry in await shop.desk()] == [(Why.LETTER, True)]
    (turn,) = [turn for turn in await shop.turns(AIGUL) if turn.reason == by_mail.BY_HAND]
    assert turn.outcome == "silent"


async def test_in_closed_hours_a_letter_waits_without_a_note(mail_shop):
    shop = await mail_shop(reply_hours="13:00-18:00")
    await known_customer(shop)
    assert await asks(shop) == []
    await shop.time_passes(hours=2)
    assert [TRUE in letter.text for letter in shop.letters(AIGUL)] == [True]


async def test_a_mailbox_of_ours_is_not_answered_and_the_own_one_is_no_customer(mail_shop):
    shop = await mail_shop()
    assert await asks(shop, sender="shop@trial.example") == []
    assert await log(shop) == []


async def test_files_of_a_letter_are_lines_of_their_own_and_kept(mail_shop):
    shop = await mail_shop()
    await known_customer(shop)
    files = [Enclosure("план.jpg", "image/jpeg", b"\xff\xd8plan"), Enclosure("Смета.pdf", "application/pdf", b"%PDF")]
    (answer,) = await asks(shop, answers=OFFER, enclosures=files)
    text, picture, document, _ = (await shop.messages(AIGUL))[-4:]
    assert [picture.message_id, document.message_id] == [f"{text.message_id}#1", f"{text.message_id}#2"]
    assert (picture.kind, document.kind, document.media["file_name"]) == (Kind.IMAGE, Kind.DOCUMENT, "Смета.pdf")
    folder = shop.app.settings.media_folder
    assert [(folder / line.media["path"]).read_bytes() for line in (picture, document)] == [b"\xff\xd8plan", b"%PDF"]
    assert answer.in_reply_to == text.message_id
    assert shop.app.model.briefings[-1].new_lines == [QUESTION, "[фото]", "[документ: Смета.pdf]"]


async def bounced(shop, letter, *, for_good):
    note = ReceivedLetter(
        message_id="dsn-1@mx.example",
        sent_at=shop.clock.now(),
        sender=Address("mailer-daemon@mx.example"),
        recipients=("shop@trial.example",),
        subject="Undelivered",
        text="",
        not_answered="bounce",
        bounce_of=letter.message_id,
        bounce_reason="550 5.1.1 no such user",
        bounced_for_good=for_good,
    )
    shop.mail.arrives(note)
    await shop.time_passes(minutes=1)
    return await shop.app.db.read(lambda session: [row.address for row in session.scalars(select(Suppression))])


@pytest.mark.parametrize("for_good", [True, False])
async def test_a_letter_that_came_back_failed_and_its_address_gets_no_more_if_it_is_nobodys(mail_shop, for_good):
    shop = await mail_shop()
    await known_customer(shop)
    (answer,) = await asks(shop)
    assert await bounced(shop, answer, for_good=for_good) == ([AIGUL] if for_good else [])
    said = (await shop.messages(AIGUL))[-1]
    assert (said.delivery_state, said.delivery_reason) == ("failed", "bounced: 550 5.1.1 no such user")
    assert [row.chat for row in await log(shop) if "mailer" in row.chat] == []


async def test_a_note_about_somebody_elses_letter_suppresses_nobody(mail_shop):
    shop = await mail_shop()
    await known_customer(shop)
    await asks(shop)
    assert await bounced(shop, OFFER, for_good=True) == []


async def test_what_the_merchant_writes_in_his_own_mail_program_is_a_persons_line(mail_shop):
    shop = await mail_shop()
    await known_customer(shop)
    await shop.mail_arrives("shop@trial.example", "Отвечу сам: 84 000.", to=AIGUL, by_merchant=True)
    await shop.settles()
    last = (await shop.messages(AIGUL))[-1]
    assert (last.author, last.text) == (Author.HUMAN, "Отвечу сам: 84 000.")
    assert await asks(shop) == []


async def test_our_own_letters_in_the_folder_of_sent_ones_are_no_persons(mail_shop):
    shop = await mail_shop(letter_signature="С уважением,\nТёплый Дом")
    await known_customer(shop)
    (answer,) = await asks(shop)
    lines = len(await shop.messages(AIGUL))
    await shop.mail_arrives("shop@trial.example", answer.text + "\n", to=AIGUL, by_merchant=True)
    await shop.mail_arrives("shop@trial.example", "Иначе", to=AIGUL, by_merchant=True, not_answered="auto_submitted")
    await shop.settles()
    assert len(await shop.messages(AIGUL)) == lines


async def test_letters_from_before_the_mailbox_was_connected_are_history(mail_shop):
    shop = await mail_shop()
    old = ReceivedLetter("old@firm.example", OLD, Address(AIGUL), ("shop@trial.example",), "", QUESTION)
    assert await correspondence.take(shop.app, MAILBOX, [old]) == 1
    await shop.time_passes(minutes=1)
    (line,) = await shop.messages(AIGUL)
    assert line.history and shop.letters(AIGUL) == []


async def test_a_letter_read_twice_is_one_line(mail_shop):
    shop = await mail_shop()
    await known_customer(shop)
    await asks(shop)

    def forget(session):
        for folder in session.scalars(select(MailFolder)):
            session.delete(folder)

    await shop.app.db.run(forget)
    await asks(shop, "Спасибо за ответ!")
    said = [line.text for line in await shop.messages(AIGUL) if line.author == Author.CUSTOMER]
    assert said == ["Каталог", QUESTION, "Спасибо за ответ!"]


async def test_what_a_person_writes_in_the_console_goes_into_the_thread(mail_shop):
    shop = await mail_shop(letter_signature="Тёплый Дом")
    await known_customer(shop)
    (answer,) = await asks(shop, answers=OFFER)

    def write(session):
        conversation = session.scalars(select(Conversation).where(Conversation.chat == AIGUL)).one()
        circumstances = {"once": "1", "operator": "Асель", "silence": timedelta(hours=1), "now": shop.clock.now()}
        stepping_in.write(session, conversation.id, "Это Асель.", signature="Тёплый Дом", **circumstances)

    await shop.app.db.run(write)
    await shop.time_passes(minutes=1)
    letter = shop.letters(AIGUL)[-1]
    assert (letter.subject, letter.text) == ("Re: Столы к осени", "Это Асель.\n\nТёплый Дом")
    assert letter.references == (*answer.references, answer.message_id)
    assert letter.automatic is None


async def test_a_person_is_told_by_phone_what_a_letter_asks_of_him(mail_shop):
    shop = await mail_shop(alert_numbers="77010000009")
    await shop.customer_says("Здравствуйте")
    await known_customer(shop)
    await asks(shop, "Позовите человека, пожалуйста!")
    assert ["Клиент" in text or "человек" in text for text in shop.answers("77010000009@c.us")] == [True]


def a_sent_letter(session):
    """One that told him what he bought in a year."""
    conversation = session.scalars(select(Conversation).where(Conversation.chat == AIGUL)).one()
    session.add(company := Company(key="name:ромашка", name="Ромашка", is_person=False, created_at=OLD, updated_at=OLD))
    session.flush()
    who = {"company_id": company.id, "key": f"email:{AIGUL}", "name": "Айгуль", "email": AIGUL}
    session.add(person := Person(**who, created_at=OLD, updated_at=OLD))
    session.flush()
    session.add(
        WrittenLetter(
            person_id=person.id,
            company_id=company.id,
            context="",
            tone="professional",
            purpose="offer",
            products=[],
            include_sales_data=True,
            language="ru",
            state=LetterState.SENT,
            subject="Итоги года",
            body="…",
            key_points=[],
            facts=[{"name": "total", "label": "за 12 месяцев", "value": "1250000 KZT"}],
            version=1,
            conversation_id=conversation.id,
            created_at=OLD,
            updated_at=OLD,
        )
    )


@pytest.mark.parametrize("was_sent", [True, False])
async def test_what_a_sent_letter_rests_on_may_be_said_in_the_answer(mail_shop, was_sent):
    says = "За 12 месяцев вы купили на 1 250 000 ₸."
    shop = await mail_shop([says, says])
    await known_customer(shop)
    if was_sent:
        await shop.app.db.run(a_sent_letter)
    (answer,) = await asks(shop, "На сколько мы у вас купили за год?")
    assert (says in answer.text) is was_sent
    assert ("1250000 KZT" in shop.app.model.briefings[0].instructions) is was_sent


async def test_a_letter_a_carrier_brings_is_taken_once_and_only_by_its_secret_address(mail_shop):
    shop = await mail_shop()
    carrier = SendGridMailer(SendGridConfig.model_validate({"api_key": "SG.1"}), clock=shop.clock)
    shop.app.mailboxes[MAILBOX] = Mailbox(Address("shop@trial.example"), {"sendgrid": carrier})
    headers, form = sendgrid_form({"email": letter(date=None)})
    read = []

    async def body():
        read.append(1)
        return form

    with pytest.raises(BadCredentials):
        await mail_webhooks.receive(shop.app, MAILBOX, "sendgrid", "guessed", headers, body)
    assert read == []
    secret = webhooks.secret_of(shop.app, MAILBOX)
    for _ in range(2):
        await mail_webhooks.receive(shop.app, MAILBOX, "sendgrid", secret, headers, body)
    await shop.settles()
    (line,) = await shop.messages("aigul@example.kz")
    assert (line.text, line.history) == ("Добрый день! Сколько стоит окно?", False)


async def test_a_stranger_who_only_greets_is_asked_by_letter_how_to_help(mail_shop):
    shop = await mail_shop(letter_signature="Тёплый Дом")
    (answer,) = await asks(shop, "Здравствуйте", sender="new@firm.example")
    assert answer.text == "Здравствуйте! Чем можем помочь?\n\nТёплый Дом"


async def test_who_writes_no_customers_letter_gets_none(mail_shop):
    seller = Verdict(is_client=False, confidence=0.95, reasoning="Предлагает свои услуги.")
    shop = await mail_shop(everybody=seller)
    assert await asks(shop, "Предлагаем продвижение сайта, скидка 30 %.", sender="offer@seo.example") == []
    assert (await shop.turns("offer@seo.example"))[-1].reason == "not_a_client"


async def test_a_draft_by_mail_is_approved_into_the_thread(mail_shop):
    shop = await mail_shop(letter_signature="Тёплый Дом")
    await known_customer(shop)
    await shop.app.db.run(ramp.set_all, Mode.DRAFT, by="Асель", now=shop.clock.now())
    assert await asks(shop, answers=OFFER) == []

    def approve(session):
        (draft,) = session.scalars(select(Draft))
        drafting.approve(session, draft.id, draft.text, shop.app.settings, by="Асель", now=shop.clock.now())

    await shop.app.db.run(approve)
    await shop.time_passes(minutes=1)
    (letter_sent,) = shop.letters(AIGUL)
    assert letter_sent.text == f"Здравствуйте!\n\n{TRUE}\n\nТёплый Дом"
    assert letter_sent.references[0] == OFFER.message_id
