"""The mailbox for trying things out: what leaves lies with its recipient, and what he writes back lies with us."""

from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from saudager.contracts import is_mailbox
from saudager.errors import NotFound, Rejected, Unreachable
from saudager.gateway import accounts
from saudager.providers.mail import Address, Enclosure, Letter
from saudager.providers.mail.simulator import Simulator
from tests.conftest import OpenShop

YEAR = Enclosure("year.png", "image/png", b"\x89PNG", content_id="year.png")
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


@pytest.mark.both_kinds
async def test_only_mailboxes_are_open_to_mail_and_only_numbers_to_chats(
    open_shop: OpenShop, storage: str | None
) -> None:
    shop = await open_shop()
    now = shop.clock.now()

    assert await shop.app.db.read(accounts.open_to_send, now) == (["simulator"], None)
    assert await shop.app.db.read(accounts.open_to_mail, now) == (["mail:shop@trial.example"], None)

    await shop.app.db.run(accounts.pause, "mail:shop@trial.example", "проверка", now=now)

    assert await shop.app.db.read(accounts.open_to_send, now) == (["simulator"], None)
    assert await shop.app.db.read(accounts.open_to_mail, now) == ([], None)


async def test_the_letters_lie_as_files_that_outlive_the_process(open_shop: OpenShop) -> None:
    shop = await open_shop()
    html = replace(LETTER, html='<p>Окно</p><img src="cid:year.png">', enclosures=(YEAR,))
    await shop.mail.send(html)
    (lying,) = shop.mail.lying(limit=10)

    again = Simulator(shop.clock, shop.app.settings.data_dir / "trial_mail")

    assert list(again.lying(limit=10)) == [lying]
    assert (lying.recipient, lying.subject, lying.at) == ("aliya@firm.example", "Окна к осени", shop.clock.now())
    read = message_from_bytes(again.raw(lying.id), policy=policy.default)
    assert [part.get_content_type() for part in read.walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
        "image/png",
    ]
    answer = again.write_back(lying.id, "Сколько стоит?")
    assert (answer.sender, answer.in_reply_to) == (Address("aliya@firm.example", "Алия"), LETTER.message_id)
    assert (answer.subject, answer.recipients) == ("Re: Окна к осени", ("shop@trial.example",))


async def test_only_the_newest_thousand_files_are_kept(open_shop: OpenShop) -> None:
    shop = await open_shop()
    folder = shop.app.settings.data_dir / "trial_mail"
    folder.mkdir(parents=True)
    for number in range(1000):
        (folder / f"20260101-000000-{number:06}-{'0' * 12}.eml").write_bytes(b"Subject: old\r\n\r\n")
    mail = Simulator(shop.clock, folder)

    await mail.send(LETTER)

    assert len(list(folder.glob("*.eml"))) == 1000
    assert mail.lying(limit=1)[0].subject == "Окна к осени"
    with pytest.raises(NotFound):
        mail.raw(f"20260101-000000-000000-{'0' * 12}")


async def test_a_name_of_a_letter_leads_to_no_other_file(open_shop: OpenShop) -> None:
    shop = await open_shop()
    for name in ("../saudager", "..", "", "/etc/passwd"):
        with pytest.raises(NotFound):
            shop.mail.raw(name)
