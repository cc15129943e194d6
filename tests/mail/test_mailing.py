"""A letter leaves once, by the first carrier that takes it; what cannot be settled is shown, never sent twice."""

import base64
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from saudager import services
from saudager.agent import stepping_in
from saudager.contracts import MessageClass
from saudager.conversations.models import Author, Conversation, Message
from saudager.errors import Unreachable
from saudager.gateway import accounts, erasing
from saudager.gateway.models import LoggedMessage
from saudager.providers.mail import Folders
from saudager.queues import table
from tests.fakes.mail_carriers import CUT_AFTER
from tests.fakes.mail_server import CUT
from tests.fakes.mail_server import CUT_AFTER as CUT_AFTER_DATA
from tests.mail.mail_shop import ACCOUNT, IVAN, MailShop

pytestmark = [pytest.mark.both_kinds, pytest.mark.slow]

NOT_VERIFIED = (403, {"statusCode": 403, "name": "validation_error", "message": "The domain is not verified"}, {})
TOO_MANY = (429, {"statusCode": 429, "name": "rate_limit_exceeded", "message": "Too many"}, {"retry-after": "60"})
NO_MORE_TODAY = (429, {"statusCode": 429, "name": "daily_quota_exceeded", "message": "Enough"}, {})
BROKEN = (422, {"statusCode": 422, "name": "validation_error", "message": "Invalid"}, {})
GONE = "550 5.1.1 No such user"


async def test_a_letter_is_sent_and_its_message_id_reported(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp")
    await shop.write(text="Привет", html="<p>Привет</p>", recipient_name="Иван")
    (message,) = shop.delivered()
    (row,) = await shop.log(outgoing_id="letter:1")
    assert message["message-id"] == f"<{row.message_id}>"
    assert message["to"] == "Иван <ivan@client.kz>"
    assert message["date"].datetime == shop.clock.now()
    assert (row.queue_status, row.vendor_status, row.carrier) == ("sent", "sent", "smtp")
    assert (row.chat, row.subject, row.direction, row.author) == (IVAN, "Ваши закупки за год", "out", "bot")
    assert await shop.told() == [("sent", None, None)]


async def test_pictures_travel_inside(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp")
    picture = {"name": "chart.png", "data": base64.b64encode(b"PNG").decode()}
    await shop.write("good", html='<img src="cid:chart.png">', pictures=[picture])
    await shop.write("bad", html='<img src="cid:chart.png">', pictures=[{**picture, "data": "not base64!"}])
    (message,) = shop.delivered()
    (image,) = (part for part in message.walk() if part.get_content_type() == "image/png")
    assert (image["content-id"], image.get_payload(decode=True)) == ("<chart.png>", b"PNG")
    assert await shop.state("bad") == "failed"


@pytest.mark.parametrize(
    ("written", "automatic"),
    [
        ({"message_class": MessageClass.MARKETING}, "auto-generated"),
        ({"message_class": MessageClass.REPLY}, "auto-replied"),
        ({"message_class": MessageClass.REPLY, "author": "human"}, None),
    ],
)
async def test_a_letter_says_whether_a_person_wrote_it(open_mail_shop, written, automatic):
    shop: MailShop = await open_mail_shop("smtp")
    await shop.write(unsubscribe="https://shop.kz/u/abc", **written)
    (message,) = shop.delivered()
    assert message["auto-submitted"] == automatic
    assert message["list-unsubscribe"] == "<https://shop.kz/u/abc>"
    assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"


async def test_the_second_carrier_takes_what_the_first_does_not(open_mail_shop):
    shop: MailShop = await open_mail_shop("resend", "smtp")
    shop.resend.faults.append(NOT_VERIFIED)
    await shop.write("letter:1")
    await shop.write("letter:2")
    assert (shop.resend.taken, len(shop.resend.asked), len(shop.server.letters)) == ([], 1, 2)
    assert [row.carrier for row in await shop.log(direction="out")] == ["smtp", "smtp"]
    (asked,) = await shop.attention()
    assert asked.startswith(f"{ACCOUNT}:resend: ")
    assert "The domain is not verified" in asked
    await shop.time_passes(minutes=11)
    await shop.write("letter:3")
    assert len(shop.resend.taken) == 1


async def test_a_carrier_that_is_not_there_is_passed_over(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp", "sendgrid")
    await shop.server.stop()
    await shop.write()
    assert len(shop.sendgrid.taken) == 1
    assert await shop.told() == [("sent", None, None)]


async def test_letters_wait_until_a_carrier_is_there_again(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp")
    await shop.server.stop()
    for number in range(3):
        await shop.put(shop.letter(f"letter:{number}", recipient=f"{number}@client.kz"))
    await shop.time_passes(hours=3)
    assert await shop.told() == []
    (asked,) = await shop.attention()
    assert "не уходят" in asked
    await shop.server.__aenter__()
    await shop.time_passes(minutes=6)
    assert len(shop.server.letters) == 3
    assert {await shop.state(f"letter:{number}") for number in range(3)} == {"sent"}


async def test_a_letter_nobody_could_carry_in_a_day_has_failed(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp")
    await shop.server.stop()
    await shop.write()
    await shop.time_passes(hours=25)
    assert await shop.told() == [("failed", "expired", None)]


async def test_who_asks_for_patience_gets_it(open_mail_shop):
    shop: MailShop = await open_mail_shop("resend")
    shop.resend.faults.append(TOO_MANY)
    await shop.write("letter:1")
    await shop.write("letter:2", recipient="aliya@client.kz")
    await shop.time_passes(seconds=59)
    assert (len(shop.resend.asked), shop.resend.taken) == (1, [])
    await shop.time_passes(seconds=1)
    assert len(shop.resend.taken) == 2


async def test_a_used_up_day_is_made_up_for_by_another_carrier_or_tomorrow(open_mail_shop):
    shop: MailShop = await open_mail_shop("resend", "smtp")
    shop.resend.faults.append(NO_MORE_TODAY)
    await shop.write("letter:1")
    assert len(shop.server.letters) == 1
    await shop.carried_by("resend")
    shop.resend.faults.append(NO_MORE_TODAY)
    await shop.write("letter:2")
    await shop.time_passes(hours=16)
    assert (len(shop.resend.asked), await shop.state("letter:2")) == (2, "queued")
    await shop.time_passes(hours=2)
    assert await shop.state("letter:2") == "sent"


async def test_a_mailbox_no_carrier_accepts_waits_for_a_person(open_mail_shop):
    shop: MailShop = await open_mail_shop("resend", "sendgrid")
    shop.resend.key_is_good = shop.sendgrid.key_is_good = False
    await shop.write()
    assert "не принимает" in (await shop.paused() or "")
    assert len(await shop.attention()) == 1
    await shop.time_passes(hours=2)
    assert len(shop.resend.asked) == 1
    shop.sendgrid.key_is_good = True
    await shop.app.db.run(accounts.resume, ACCOUNT)
    await shop.shop.settles()
    assert len(shop.sendgrid.taken) == 1
    assert await shop.told() == [("sent", None, None)]


async def test_an_address_that_is_nobodys_gets_nothing_any_more(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp", "sendgrid")
    shop.server.refuse(IVAN, GONE)
    await shop.write("letter:1")
    shop.server.refused.clear()
    await shop.write("letter:2", recipient="IVAN@client.kz", author="human")
    assert (shop.server.letters, shop.sendgrid.taken) == ([], [])
    assert await shop.suppressed() == {IVAN: "bounced"}
    ((state, reason, suppressed),) = await shop.told("letter:1")
    assert (state, reason[:9], suppressed) == ("failed", "bounced: ", "bounced")
    assert await shop.told("letter:2") == [("failed", "bounced", "bounced")]


async def test_a_letter_a_carrier_refuses_for_good_is_not_tried_by_another(open_mail_shop):
    shop: MailShop = await open_mail_shop("resend", "smtp")
    shop.resend.faults.append(BROKEN)
    await shop.write()
    await shop.time_passes(hours=1)
    assert (len(shop.resend.asked), shop.server.letters) == (1, [])
    ((state, reason, suppressed),) = await shop.told()
    assert (state, "Invalid" in reason, suppressed) == ("failed", True, None)


@pytest.mark.parametrize("carrier", ["smtp", "sendgrid"])
async def test_a_letter_that_was_perhaps_sent_is_never_sent_again(open_mail_shop, carrier):
    shop: MailShop = await open_mail_shop(carrier, "resend")
    shop.server.answer("data", CUT_AFTER_DATA)
    shop.sendgrid.faults.append(CUT_AFTER)
    await shop.write()
    await shop.time_passes(hours=2)
    ((state, reason, _),) = await shop.told()
    assert (state, "неизвестно" in reason) == ("unsettled", True)
    await services.replay(shop.app, "outgoing_mail", None)
    await shop.time_passes(hours=1)
    assert len(shop.server.letters) + len(shop.sendgrid.taken) == 1
    assert shop.resend.taken == []


async def test_a_carrier_that_leaves_us_without_an_answer_gets_no_other_letter_for_a_while(open_mail_shop):
    shop: MailShop = await open_mail_shop("sendgrid", "smtp")
    shop.sendgrid.faults.extend([CUT_AFTER] * 3)
    for number in range(3):
        await shop.write(f"letter:{number}", recipient=f"{number}@client.kz")
    assert [await shop.state(f"letter:{number}") for number in range(3)] == ["unsettled", "sent", "sent"]
    assert (len(shop.sendgrid.asked), len(shop.server.letters)) == (1, 2)


async def test_a_carrier_that_knows_a_letter_again_is_asked_again(open_mail_shop):
    shop: MailShop = await open_mail_shop("resend", "smtp")
    shop.resend.faults.append(CUT_AFTER)
    await shop.write()
    assert await shop.told() == []
    await shop.time_passes(minutes=1)
    assert (len(shop.resend.asked), len(shop.resend.taken), shop.server.letters) == (2, 1, [])
    assert await shop.told() == [("sent", None, None)]


async def test_the_carrier_that_may_have_a_letter_is_the_last_that_was_asked(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp", "resend")
    await shop.server.stop()
    shop.resend.faults.append(CUT_AFTER)
    await shop.write()
    (row,) = await shop.log(outgoing_id="letter:1")
    assert (row.queue_status, row.carrier) == ("sending", "resend")
    await shop.time_passes(minutes=2)
    assert (len(shop.resend.taken), await shop.state()) == (1, "sent")


@pytest.mark.parametrize(("carrier", "state"), [("resend", "sent"), ("smtp", "unsettled"), ("sendgrid", "unsettled")])
async def test_what_was_under_way_when_the_process_died_is_told_apart_by_its_carrier(open_mail_shop, carrier, state):
    shop: MailShop = await open_mail_shop("smtp", "resend", "sendgrid")
    await shop.app.db.run(accounts.hold, ACCOUNT, "проверка")
    await shop.write()
    row = LoggedMessage(
        account=ACCOUNT, chat=IVAN, message_id="x@trial.example", outgoing_id="letter:1", direction="out", author="bot"
    )
    row.kind, row.is_voice, row.queue_status, row.carrier = "text", False, "sending", carrier
    row.created_at = shop.clock.now()
    await shop.app.db.run(lambda session: session.add(row))
    await shop.app.db.run(accounts.resume, ACCOUNT)
    await shop.shop.settles()
    assert await shop.state() == state
    assert (len(shop.resend.taken), shop.server.letters, shop.sendgrid.taken) == (int(state == "sent"), [], [])


async def test_a_letter_of_the_same_number_in_another_database_is_another_letter_to_its_carrier(open_mail_shop):
    shop: MailShop = await open_mail_shop("resend")
    await shop.write()
    letters = LoggedMessage.outgoing_id == "letter:1"
    await shop.app.db.run(lambda session: session.execute(delete(LoggedMessage).where(letters)) and None)
    await shop.app.db.run(lambda session: session.execute(text("delete from queue_messages")) and None)
    await shop.shop.time_passes(minutes=1)
    await shop.write()
    assert len(shop.resend.taken) == 2


async def test_a_carrier_that_forgets_after_a_day_is_not_asked_after_it(open_mail_shop):
    shop: MailShop = await open_mail_shop("resend")
    shop.resend.faults.append(CUT_AFTER)
    await shop.write()
    await shop.app.db.run(accounts.hold, ACCOUNT, "проверка")
    await shop.time_passes(hours=21)
    await shop.app.db.run(accounts.resume, ACCOUNT)
    await shop.time_passes(minutes=1)
    assert (len(shop.resend.asked), await shop.state()) == (1, "unsettled")


async def test_a_letter_that_was_sent_is_not_sent_again_when_its_queue_forgot_it(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp")
    await shop.write()
    await shop.app.db.run(table.forget_done, limit=100, before=shop.clock.now() + timedelta(days=1))
    await shop.write()
    assert len(shop.server.letters) == 1
    assert await shop.state() == "sent"


async def test_a_recipient_who_asks_for_patience_keeps_nobody_else_waiting(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp")
    shop.server.refuse(IVAN, "450 4.2.0 Greylisted")
    await shop.put(shop.letter("letter:1"), shop.letter("letter:2", recipient="aliya@client.kz"))
    await shop.shop.settles()
    assert [taken.recipients for taken in shop.server.letters] == [["aliya@client.kz"]]
    shop.server.refused.clear()
    await shop.time_passes(minutes=1)
    assert await shop.state("letter:1") == "sent"


async def test_what_would_become_a_header_is_never_sent(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp", "resend")
    await shop.write("letter:1", subject="Привет\r\nBcc: all@client.kz")
    await shop.write("letter:2", recipient="ivan@client.kz, all@client.kz")
    assert (shop.server.letters, shop.resend.asked) == ([], [])
    assert [await shop.state(f"letter:{number}") for number in (1, 2)] == ["failed", "failed"]


async def test_a_reply_is_withdrawn_when_a_person_has_answered(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp")
    await shop.hears("Сколько стоит?", id="question@client.kz")
    await shop.time_passes(seconds=1)
    written = shop.letter("letter:1", message_class=MessageClass.REPLY, based_on="question@client.kz")
    await shop.time_passes(seconds=1)
    await shop.hears("Я отвечу сам", id="own@shop.kz", person=True)
    await shop.put(written)
    await shop.shop.settles()
    assert await shop.told() == [("withdrawn", "person_spoke", None)]
    await shop.write("letter:2", message_class=MessageClass.REPLY, based_on="own@shop.kz")
    assert await shop.state("letter:2") == "sent"
    await shop.write("letter:3", message_class=MessageClass.REPLY, based_on="question@client.kz", author="human")
    assert await shop.state("letter:3") == "sent"


@pytest.mark.parametrize("message_class", [MessageClass.MARKETING, MessageClass.FOLLOW_UP, MessageClass.SERVICE])
async def test_what_nobody_asked_for_is_withdrawn_when_the_customer_wrote_meanwhile(open_mail_shop, message_class):
    shop: MailShop = await open_mail_shop("smtp")
    written = shop.letter(message_class=message_class)
    await shop.time_passes(seconds=1)
    await shop.hears("Здравствуйте", id="question@client.kz")
    await shop.put(written)
    await shop.shop.settles()
    is_service = message_class is MessageClass.SERVICE
    assert await shop.told() == [("sent", None, None) if is_service else ("withdrawn", "client_responded", None)]


async def test_an_answer_stands_in_its_thread(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp")
    seen = {"subject": "Цена\r\n окон", "thread": "first@client.kz ours@shop.kz"}
    await shop.hears("Сколько стоит?", id="question@client.kz", **seen)
    await shop.hears("photo.jpg", id="question@client.kz#2")
    await shop.write("letter:1", subject="", in_reply_to="question@client.kz#2", message_class=MessageClass.REPLY)
    await shop.write("letter:2", subject="", author="human")
    await shop.write("letter:3", subject="", in_reply_to="#12<>\r\nX: y")
    first, second, third = shop.delivered()
    assert (first["subject"], first["in-reply-to"]) == ("Re: Цена окон", "<question@client.kz>")
    assert first["references"].split() == ["<first@client.kz>", "<ours@shop.kz>", "<question@client.kz>"]
    assert second["subject"] == "Re: Цена окон"
    assert second["in-reply-to"] == first["message-id"]
    assert second["references"].split() == [*first["references"].split(), first["message-id"]]
    assert (third["subject"], third["in-reply-to"], third["x"]) == ("Тёплый Дом", None, None)


async def test_a_thread_without_end_is_told_by_its_beginning_and_its_newest_letters(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp")
    thread = " ".join(f"{number:04}{'x' * 60}@client.kz" for number in range(300))
    await shop.hears("Сколько?", id="question@client.kz", subject="Re: Цена", thread=thread)
    await shop.write(subject="", in_reply_to="question@client.kz")
    (message,) = shop.delivered()
    references = message["references"].split()
    assert (len(references), references[0][:5], references[-1]) == (50, "<0000", "<question@client.kz>")
    assert message["subject"] == "Re: Цена"


async def test_letters_leave_no_faster_than_the_mailbox_may(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp", mail_per_minute=6)
    for number in range(4):
        await shop.put(shop.letter(f"letter:{number}", recipient=f"{number}@client.kz"))
    await shop.shop.settles()
    left = [len(shop.server.letters)]
    for _ in range(3):
        await shop.time_passes(seconds=9.9)
        left.append(len(shop.server.letters))
        await shop.time_passes(seconds=0.1)
        left.append(len(shop.server.letters))
    assert left == [1, 1, 2, 2, 3, 3, 4]


async def test_a_persons_letter_goes_before_a_campaign(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp", mail_per_minute=60)
    await shop.app.db.run(accounts.hold, ACCOUNT, "проверка")
    for number in range(3):
        offer = {"recipient": f"{number}@client.kz", "message_class": MessageClass.MARKETING}
        await shop.put(shop.letter(f"offer:{number}", **offer))
    await shop.put(shop.letter("reply", message_class=MessageClass.REPLY))
    await shop.put(shop.letter("own", recipient="aliya@client.kz", author="human"))
    await shop.app.db.run(accounts.resume, ACCOUNT)
    await shop.time_passes(seconds=10)
    first = [taken.recipients[0] for taken in shop.server.letters]
    assert first == ["aliya@client.kz", IVAN, "0@client.kz", "1@client.kz", "2@client.kz"]


class _Shelf:
    """A mailbox that keeps what it is given, or does not."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.kept: list[tuple[str, bytes]] = []

    async def folders(self) -> Folders:
        return Folders(sent="Отправленные")

    async def keep(self, folder: str, letter: bytes) -> None:
        if self.fails:
            raise Unreachable("IMAP: no connection")
        self.kept.append((folder, letter))

    async def close(self) -> None: ...


@pytest.mark.parametrize("fails", [False, True])
async def test_a_copy_lies_among_the_sent_letters_and_is_no_condition(open_mail_shop, fails):
    shop: MailShop = await open_mail_shop("smtp")
    shelf: Any = _Shelf(fails=fails)
    await shop.carried_by("smtp", reader=shelf)
    await shop.write()
    (taken,) = shop.server.letters
    assert [(folder, copy.split()) for folder, copy in shelf.kept] == (
        [] if fails else [("Отправленные", taken.content.split())]
    )
    assert await shop.told() == [("sent", None, None)]


async def test_a_pause_holds_back_letters_that_wait_for_their_turn(open_mail_shop, monkeypatch):
    shop: MailShop = await open_mail_shop("smtp", mail_per_minute=0)
    mailer = shop.app.mailboxes[ACCOUNT].mailers["smtp"]
    carry = mailer.send

    async def carry_and_stop(letter: Any) -> str:
        carried = await carry(letter)
        await shop.app.db.run(accounts.hold, ACCOUNT, "остановлено")
        return carried

    monkeypatch.setattr(mailer, "send", carry_and_stop)
    await shop.put(*(shop.letter(f"letter:{number}", recipient=f"{number}@client.kz") for number in range(5)))
    await shop.shop.settles()
    assert len(shop.server.letters) == 1
    monkeypatch.undo()
    await shop.app.db.run(accounts.resume, ACCOUNT)
    await shop.shop.settles()
    assert len(shop.server.letters) == 5
    assert [await shop.state(f"letter:{number}") for number in range(5)] == ["sent"] * 5


async def test_a_mailbox_that_was_disconnected_sends_nothing(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp")
    del shop.app.mailboxes[ACCOUNT]
    await shop.write()
    assert (shop.server.letters, await shop.told()) == ([], [("failed", "ящик отключён", None)])


async def test_a_letter_put_by_hand_leaves_by_the_default_mailbox(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp")
    by_hand = '{"recipient": "ivan@client.kz", "subject": "Привет", "text": "Здравствуйте"}'.encode()
    await services.put(shop.app, "outgoing_mail", by_hand)
    await shop.shop.settles()
    assert [message["subject"] for message in shop.delivered()] == ["Привет"]


async def test_the_letters_of_somebody_who_is_forgotten_are_empty(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp")
    await shop.write("letter:1")
    await shop.write("letter:2", recipient="aliya@client.kz")
    await shop.app.db.run(accounts.hold, ACCOUNT, "проверка")
    await shop.write("letter:3")
    await shop.time_passes(seconds=1)
    await erasing.erase(shop.app, [], [IVAN])
    kept, other = await shop.log()
    assert (kept.chat, kept.message_text, kept.subject, kept.outgoing_id) == ("", None, None, None)
    assert (other.chat, other.subject) == ("aliya@client.kz", "Ваши закупки за год")
    await shop.app.db.run(accounts.resume, ACCOUNT)
    await shop.shop.settles()
    assert len(shop.server.letters) == 2


async def test_a_cut_before_the_letter_was_handed_over_costs_nothing(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp")
    shop.server.answer("mail", CUT)
    await shop.write()
    assert await shop.told() == []
    await shop.time_passes(minutes=1)
    assert await shop.told() == [("sent", None, None)]
    assert len(shop.server.letters) == 1


async def test_a_persons_answer_waits_for_its_mailbox_and_is_not_given_up_meanwhile(open_mail_shop):
    shop: MailShop = await open_mail_shop("smtp", mail_answers=False)
    await shop.hears("Сколько стоит окно?", id="question@client.kz", subject="Окна")
    await shop.time_passes(minutes=1)
    await shop.app.db.run(accounts.hold, ACCOUNT, "проверка")
    await shop.app.db.run(_answer_by_hand, now=shop.clock.now())
    await shop.time_passes(hours=4)
    assert await shop.app.db.read(_state_of_answer) == ("queued", None)
    await shop.app.db.run(accounts.resume, ACCOUNT)
    await shop.time_passes(minutes=1)
    assert (await shop.app.db.read(_state_of_answer))[0] == "sent"
    (message,) = shop.delivered()
    assert (message["subject"], message["in-reply-to"]) == ("Re: Окна", "<question@client.kz>")


def _answer_by_hand(session: Session, *, now: datetime) -> None:
    conversation = session.scalars(select(Conversation).where(Conversation.chat == IVAN)).one()
    written = {"once": "1", "operator": "Асель", "silence": timedelta(hours=1), "signature": "", "now": now}
    stepping_in.write(session, conversation.id, "120 000 ₸", **written)


def _state_of_answer(session: Session) -> tuple[str | None, str | None]:
    answer = session.scalars(select(Message).where(Message.author == Author.HUMAN)).one()
    return answer.delivery_state, answer.delivery_reason
