"""Which thread a letter of ours belongs to: the letter it answers, those before it, and their subject."""

import re
from dataclasses import dataclass

from sqlalchemy.orm import Session

from saudager.contracts import OutgoingMail
from saudager.db.statements import Statement

_AT_MOST = 50
"""Message-IDs a letter refers to: the first of the thread and the newest."""
_LINE_OF = re.compile(r"#\d{1,3}$")
_ID = re.compile(r"[!-;=?-~]{1,900}")
_IS_ANSWER = re.compile(r"\s*(re|ответ|отв|жауап)\s*(\[\d+\])?\s*:", re.I)
_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Thread:
    """Where a letter stands; ``subject`` is empty when nobody knows one."""

    subject: str
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()


def of(session: Session, outgoing: OutgoingMail) -> Thread:
    """The thread of the letter it answers; of one that has no subject of its own and answers none, the newest with its
    recipient. (RFC 5322, 3.6.4.)"""
    answered = letter_of(outgoing.in_reply_to)
    if answered is None and not outgoing.subject:
        newest = _NEWEST(session, account=outgoing.account, chat=outgoing.recipient.lower()).fetchone()
        answered = None if newest is None else newest[0]
    if answered is None:
        return Thread(outgoing.subject)
    known = _KNOWN(session, account=outgoing.account, message_id=answered).fetchone()
    subject, before = known or (None, None)
    ids = [id for id in (*(before or "").split(), answered) if _ID.fullmatch(id)]
    references = tuple(dict.fromkeys(ids))
    if len(references) > _AT_MOST:
        references = (references[0], *references[1 - _AT_MOST :])
    return Thread(
        outgoing.subject or _answering(subject or ""), answered if _ID.fullmatch(answered) else None, references
    )


def letter_of(message_id: str | None) -> str | None:
    """The letter a line came in: ``…#2`` is one of its attachments."""
    return _LINE_OF.sub("", message_id) if message_id else None


def _answering(subject: str) -> str:
    """Strangers write subjects: nothing in them becomes a header of ours."""
    shown = " ".join(_NOT_SHOWN.sub(" ", subject).split())
    return shown if not shown or _IS_ANSWER.match(shown) else f"Re: {shown}"


_NEWEST = Statement("""
    select message_id from message_log
    where account = :account and chat = :chat and subject is not null and message_id is not null
        and (direction = 'in' or queue_status = 'sent' or author = 'human')
    order by id desc limit 1""")
_KNOWN = Statement("select subject, thread from message_log where account = :account and message_id = :message_id")
