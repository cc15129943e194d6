"""The mailbox for trying things out: what leaves lies with its recipient, and what he writes back lies with us."""

from dataclasses import replace

import pytest

from saudager.contracts import is_mailbox
from saudager.errors import Rejected, Unreachable
from saudager.gateway import accounts
from saudager.providers.mail import Address, Letter
from tests.conftest import OpenShop

LETTER = Letter(
    own_id="letter:1",
    message_id="letter-1@trial.example",
    sender=Address("shop@trial.example", "Тёплый Дом"),
    recipient=Address("aliya@firm.example", "Алия"),
    subject="Окна к осени",
    text="Здравствуйте, Алия!",
)


async def test_every_rehearsal_has_a_mailbox_beside_its_phone(open_shop: OpenShop) -> None:
    shop = await open_shop()

    assert list(shop.app.mailboxes) == ["mail:shop@trial.example"]
    assert is_mailbox((await shop.app.db.read(accounts.default_mailbox)).name)
    assert [account.name for account in await shop.app.db.read(accounts.everyone)] == ["simulator"]
    assert (await shop.app.db.read(accounts.default)).name == "simulator"


async def test_a_letter_lies_with_its_recipient_once_however_often_it_is_tried(open_shop: OpenShop) -> None:
    shop = await open_shop()

    first = await shop.mail.send(LETTER)
    again = await shop.mail.send(LETTER)

    assert first == again
    assert shop.letters("aliya@firm.example") == [LETTER]
    assert shop.letters("somebody@else.example") == []


async def test_a_letter_that_fails_lies_nowhere(open_shop: OpenShop) -> None:
    shop = await open_shop()
    shop.mail.faults = iter([Unreachable("no connection"), None])
    shop.mail.refusals["nobody@firm.example"] = Rejected("550 5.1.1 no such user")

    with pytest.raises(Unreachable):
        await shop.mail.send(LETTER)
    await shop.mail.send(LETTER)
    with pytest.raises(Rejected):
        await shop.mail.send(replace(LETTER, own_id="letter:2", recipient=Address("nobody@firm.example")))

    assert [one.letter for one in shop.mail.delivered] == [LETTER]


async def test_what_is_written_back_names_the_letter_it_answers_and_is_read_once(open_shop: OpenShop) -> None:
    shop = await open_shop()
    await shop.mail.send(LETTER)
    (got,) = shop.letters("aliya@firm.example")

    answer = await shop.mail_arrives("aliya@firm.example", "Сколько стоит?", answers=got)
    for number in range(3):
        await shop.mail_arrives("aliya@firm.example", f"И ещё {number}")
    first = await shop.mail.letters("INBOX", after=None, since=shop.clock.now(), limit=2)
    rest = await shop.mail.letters("INBOX", after=first.cursor, since=shop.clock.now(), limit=10)

    assert (answer.in_reply_to, answer.references, answer.subject) == (
        LETTER.message_id,
        (LETTER.message_id,),
        "Re: Окна к осени",
    )
    assert first.letters[0] == answer and first.more
    assert [letter.text for letter in rest.letters] == ["И ещё 1", "И ещё 2"] and not rest.more


async def test_only_mailboxes_are_open_to_mail_and_only_numbers_to_chats(open_shop: OpenShop) -> None:
    shop = await open_shop()
    now = shop.clock.now()

    assert await shop.app.db.read(accounts.open_to_send, now) == (["simulator"], None)
    assert await shop.app.db.read(accounts.open_to_mail, now) == (["mail:shop@trial.example"], None)

    await shop.app.db.run(accounts.pause, "mail:shop@trial.example", "проверка", now=now)

    assert await shop.app.db.read(accounts.open_to_send, now) == (["simulator"], None)
    assert await shop.app.db.read(accounts.open_to_mail, now) == ([], None)
