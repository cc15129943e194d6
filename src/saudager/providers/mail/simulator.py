"""A mailbox in memory: the mailbox for trying things out, and the double every test of letters goes through."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from saudager.clock import Clock
from saudager.errors import OutsideError
from saudager.providers.mail import (
    Address,
    Batch,
    Cursor,
    Enclosure,
    Folders,
    Letter,
    MailerStatus,
    ReceivedLetter,
)

_INBOX, _SENT = "INBOX", "Sent"


class Config(BaseModel):
    """Nothing is asked of a merchant who only tries it out."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A letter as its recipient has it."""

    at: datetime
    letter: Letter


class Simulator:
    """A ``Mailer`` and the ``MailReader`` of what is written back. ``faults`` are raised by the next sends in turn
    (None lets one pass), ``refusals`` by every send to that address; ``kept`` is what we put among the sent letters."""

    name = "simulator"

    def __init__(self, clock: Clock, *, faults: Iterator[OutsideError | None] | None = None) -> None:
        self._clock = clock
        self._ids: dict[str, str] = {}
        self._folders: dict[str, list[ReceivedLetter]] = {_INBOX: [], _SENT: []}
        self._validity = uuid4().int % 2**31 + 1
        self._numbers = itertools.count(1)
        self._session = uuid4().hex[:8]
        self.faults = faults or iter(())
        self.refusals: dict[str, OutsideError] = {}
        self.delivered: list[Delivered] = []
        self.kept: list[bytes] = []

    def letters_to(self, address: str) -> list[Letter]:
        """What somebody has got from us, oldest first."""
        return [one.letter for one in self.delivered if one.letter.recipient.email == address]

    def write(
        self,
        sender: str,
        text: str,
        *,
        to: str = "shop@trial.example",
        name: str = "",
        subject: str = "",
        answers: Letter | None = None,
        enclosures: Sequence[Enclosure] = (),
        by_merchant: bool = False,
        sent_at: datetime | None = None,
        not_answered: str | None = None,
    ) -> ReceivedLetter:
        """A letter written to us, or ``by_merchant`` from us in a mail program of his own; ``answers`` is the letter
        of ours it is written back to."""
        if answers is not None:
            subject = subject or f"Re: {answers.subject}"
        letter = ReceivedLetter(
            message_id=f"sim-{self._session}-{next(self._numbers)}@trial.example",
            sent_at=sent_at or self._clock.now(),
            sender=Address(sender.lower(), name),
            recipients=(to.lower(),),
            subject=subject,
            text=text,
            in_reply_to=answers.message_id if answers else None,
            references=(*answers.references, answers.message_id) if answers else (),
            enclosures=tuple(enclosures),
            not_answered=not_answered,
        )
        self.arrives(letter, folder=_SENT if by_merchant else _INBOX)
        return letter

    def arrives(self, letter: ReceivedLetter, *, folder: str = _INBOX) -> None:
        """A letter of any kind lies in a folder from now on: a bounce, an advertisement, somebody's answer."""
        self._folders[folder].append(letter)

    async def send(self, letter: Letter) -> str:
        if (fault := next(self.faults, None)) is not None:
            raise fault
        if letter.recipient.email in self.refusals:
            raise self.refusals[letter.recipient.email]
        if letter.own_id not in self._ids:
            self._ids[letter.own_id] = f"trial-{self._session}-{len(self._ids) + 1}"
            self.delivered.append(Delivered(self._clock.now(), letter))
        return self._ids[letter.own_id]

    async def status(self) -> MailerStatus:
        return MailerStatus(ready=True)

    async def folders(self) -> Folders:
        return Folders(sent=_SENT)

    async def letters(self, folder: str, *, after: Cursor | None, since: datetime, limit: int) -> Batch:
        lying = list(enumerate(self._folders[folder], start=1))
        if after is not None and after.uid_validity == self._validity:
            waiting = [(uid, letter) for uid, letter in lying if uid > after.last_uid]
        else:
            waiting = [(uid, letter) for uid, letter in lying if letter.sent_at >= since]
        batch = waiting[:limit]
        last = batch[-1][0] if len(waiting) > limit else len(lying)
        return Batch([letter for _, letter in batch], Cursor(self._validity, last), more=len(waiting) > limit)

    async def keep(self, folder: str, letter: bytes) -> None:
        self.kept.append(letter)

    async def close(self) -> None:
        """Nothing is held open."""
