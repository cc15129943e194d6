"""Letters that came become lines of a conversation, each exactly once; what a machine wrote never asks for an answer.

Whoever brings letters, a look into a mailbox or a carrier's call, hands them to ``take``.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.contracts import MAILBOX, Contact, DeliveryState, Kind, Media
from saudager.db.statements import Statement
from saudager.gateway import accounts, intake, mail_events, media, quotes
from saudager.gateway.models import Account
from saudager.providers.channels import Line
from saudager.providers.mail import MailEvent, ReceivedLetter

_log = logging.getLogger(__name__)
_THREAD = 30
_LONGEST = 20_000
"""Characters of a letter's own words that go into the conversation."""
_SAME_WITHIN = timedelta(days=1)
_ALIKE = 200
"""Characters by which a letter of ours is known in the folder of sent ones, whatever its server made of its id."""


async def take(
    app: App,
    account: str,
    letters: Sequence[ReceivedLetter],
    *,
    sent: bool = False,
    also: Callable[[Session], None] = lambda session: None,
) -> int:
    """Take letters of a mailbox in, in one transaction with what is ``also`` to be done; how many of their lines were
    new. ``sent``: they lie among the letters sent, where those that are not ours were written by the merchant.

    Raises QueueFull when the agent's queue has no room, DatabaseFault, and Unreachable when the files cannot be kept:
    then nothing is stored, and they must be brought again. Repeated letters change nothing.
    """
    ours = {box.name.removeprefix(MAILBOX) for box in await app.db.read(accounts.mailboxes)} | {_address(account)}
    lines = [line for letter in letters for line in lines_of(letter, account=account, ours=ours, sent=sent)]
    files = await app.db.read(_wanted_files, account, lines, letters)
    for path, content in files:  # before the lines are stored that tell of them: a file too many does no harm
        await media.put_down(app, path, content)
    bounces = [] if sent else [letter for letter in letters if letter.bounce_of]
    return await app.db.run(_take, account, lines, bounces, also, now=app.clock.now())


def lines_of(letter: ReceivedLetter, *, account: str, ours: set[str], sent: bool) -> Iterator[Line]:
    """The letter as lines of a chat: its words, then one line for each file. Nothing comes of a bounce, of a letter
    nobody signed, and of one that claims to be from the mailbox itself but does not lie among those sent."""
    chat = _correspondent(letter, account=account, ours=ours, sent=sent)
    if chat is None:
        return
    before = (*letter.references, *((letter.in_reply_to,) if letter.in_reply_to else ()))
    history = not sent and (letter.not_answered is not None or letter.sender.email in ours)
    words = Line(
        chat=chat,
        message_id=letter.message_id,
        sent_at=letter.sent_at,
        from_us=sent,
        from_api=False if sent else None,
        kind=Kind.TEXT,
        text=quotes.own_words(letter.text)[:_LONGEST],
        reply_to=letter.in_reply_to,
        contact=Contact() if sent else Contact(name=letter.sender.name or None),
        history=history,
        subject=letter.subject,
        thread=" ".join(list(dict.fromkeys(before))[-_THREAD:]),
    )
    yield words
    for place, file in enumerate(letter.enclosures, start=1):
        yield replace(
            words,
            message_id=_line_of_file(letter, place),
            kind=Kind.IMAGE if file.mime_type.startswith("image/") else Kind.DOCUMENT,
            text=None,
            media=Media(mime_type=file.mime_type, file_name=file.name),
            reply_to=letter.message_id,
            subject=None,
            thread=None,
        )


def _line_of_file(letter: ReceivedLetter, place: int) -> str:
    return f"{letter.message_id}#{place}"


def _address(account: str) -> str:
    return account.removeprefix(MAILBOX)


def _correspondent(letter: ReceivedLetter, *, account: str, ours: set[str], sent: bool) -> str | None:
    """Whose conversation it belongs to; None: nobody's."""
    if sent:
        if letter.not_answered == "auto_submitted":
            return None
        return next((address for address in letter.recipients if address not in ours), None)
    if letter.bounce_of is not None or not letter.sender.email:
        return None
    if letter.sender.email == _address(account):
        _log.info("%s: a letter that says it is from the mailbox itself was left alone", account)
        return None
    return letter.sender.email


def _wanted_files(
    session: Session, account: str, lines: Sequence[Line], letters: Sequence[ReceivedLetter]
) -> list[tuple[str, bytes]]:
    """The files of customers' new lines with their places in the storage."""
    content = {
        _line_of_file(letter, place): file.data
        for letter in letters
        for place, file in enumerate(letter.enclosures, start=1)
    }
    placed = [media.with_place(account, line) for line in lines if line.message_id in content and not line.from_us]
    return [
        (line.media.path, content[line.message_id])
        for line in placed
        if line.media is not None and line.media.path is not None and not _is_known(session, account, line.message_id)
    ]


def _take(
    session: Session,
    name: str,
    lines: Sequence[Line],
    bounces: Sequence[ReceivedLetter],
    also: Callable[[Session], None],
    *,
    now: datetime,
) -> int:
    account = session.get_one(Account, name)
    strange = [line for line in lines if not (line.from_us and _is_ours(session, account, line))]
    taken = intake.take(session, account, strange, hears=False, now=now)
    mail_events.note(session, name, [_event(letter) for letter in bounces], now=now)
    also(session)
    return taken.new


def _event(letter: ReceivedLetter) -> MailEvent:
    """What a mail server's note tells of a letter of ours. Only the address that letter went to is believed."""
    return MailEvent(
        id=letter.message_id,
        state=DeliveryState.FAILED,
        message_id=letter.bounce_of,
        reason=f"bounced: {letter.bounce_reason or ''}".strip(),
        suppressed="bounced" if letter.bounced_for_good else None,
    )


def _is_ours(session: Session, account: Account, line: Line) -> bool:
    """Whether a letter among those sent is one of ours under an id its server gave it: its words tell."""
    if _is_known(session, account.name, line.message_id):
        return False  # intake knows what to do with it
    rows = _SENT_TO(session, account=account.name, chat=line.chat, since=line.sent_at - _SAME_WITHIN).fetchall()
    begins = _squeezed(line.text or "")
    return any(said and begins.startswith(said) for said in (_squeezed(quotes.own_words(row[0] or "")) for row in rows))


def _squeezed(text: str) -> str:
    return " ".join(text.split())[:_ALIKE]


def _is_known(session: Session, account: str, message_id: str) -> bool:
    known = {"account": account, "message_id": message_id, "erased": intake.erased_id(message_id)}
    return _KNOWN(session, **known).fetchone() is not None


_KNOWN = Statement("select 1 from message_log where account = :account and message_id in (:message_id, :erased)")
_SENT_TO = Statement("""
    select message_text from message_log
    where account = :account and chat = :chat and outgoing_id is not null and created_at > :since
    order by id desc limit 20""")
