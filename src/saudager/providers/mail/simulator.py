"""A mailbox in memory: the mailbox for trying things out, and the double every test of letters goes through."""

import asyncio
import email
import itertools
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from saudager.clock import Clock
from saudager.errors import NotFound, OutsideError
from saudager.providers.mail import (
    Address,
    Batch,
    Cursor,
    Enclosure,
    Folders,
    Letter,
    Lying,
    MailerStatus,
    ReceivedLetter,
    mime,
)

_INBOX, _SENT = "INBOX", "Sent"
_MOST_FILES, _MOST_IN_MEMORY = 1000, 10_000
_STAMP = "%Y%m%d-%H%M%S-%f"
_FILE = re.compile(r"\d{8}-\d{6}-\d{6}-[0-9a-f]{12}")


class Config(BaseModel):
    """Nothing is asked of a merchant who only tries it out."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A letter as its recipient has it."""

    at: datetime
    letter: Letter


class Simulator:
    """A ``PlayedMailer`` and the ``MailReader`` of what is written back. ``faults`` are raised by the next sends in
    turn (None lets one pass), ``refusals`` by every send to that address; ``kept`` is what we put among sent letters.

    The newest thousand letters lie as files (``.eml``) in the folder and outlive the process; what is written back does
    not, so it is read by the process it was written in.
    """

    name = "simulator"

    def __init__(
        self, clock: Clock, folder: Path | None = None, *, faults: Iterator[OutsideError | None] | None = None
    ) -> None:
        self._clock = clock
        self._folder = folder
        self._files = deque(sorted(path.stem for path in folder.glob("*.eml")) if folder else ())
        self._ids: dict[str, str] = {}
        self._folders: dict[str, list[ReceivedLetter]] = {_INBOX: [], _SENT: []}
        self._news = asyncio.Event()
        self._validity = uuid4().int % 2**31 + 1
        self._numbers = itertools.count(1)
        self._session = uuid4().hex[:8]
        self.faults = faults or iter(())
        self.refusals: dict[str, OutsideError] = {}
        self.delivered: deque[Delivered] = deque(maxlen=_MOST_IN_MEMORY)
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
            subject = subject or _reply_to(answers.subject)
        letter = ReceivedLetter(
            message_id=self._new_id(),
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

    def _new_id(self) -> str:
        return f"sim-{self._session}-{next(self._numbers)}@trial.example"

    def arrives(self, letter: ReceivedLetter, *, folder: str = _INBOX) -> None:
        """A letter of any kind lies in a folder from now on: a bounce, an advertisement, somebody's answer."""
        self._folders[folder].append(letter)
        self._news.set()

    async def news(self) -> None:
        await self._news.wait()
        self._news.clear()

    async def send(self, letter: Letter) -> str:
        mime.check(letter)
        if (fault := next(self.faults, None)) is not None:
            raise fault
        if letter.recipient.email in self.refusals:
            raise self.refusals[letter.recipient.email]
        if letter.own_id not in self._ids:
            self._ids[letter.own_id] = f"trial-{self._session}-{len(self._ids) + 1}"
            self.delivered.append(Delivered(self._clock.now(), letter))
            if self._folder is not None:
                await asyncio.to_thread(self._put_down, self._folder, letter, self._clock.now())
        return self._ids[letter.own_id]

    def _put_down(self, folder: Path, letter: Letter, at: datetime) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        id = f"{at.astimezone(UTC):{_STAMP}}-{sha256(letter.own_id.encode()).hexdigest()[:12]}"
        (folder / f"{id}.eml").write_bytes(mime.to_bytes(letter, at))
        self._files.append(id)
        while len(self._files) > _MOST_FILES:
            (folder / f"{self._files.popleft()}.eml").unlink(missing_ok=True)

    def forget(self, before: datetime) -> int:
        forgotten = 0
        while self._folder is not None and self._files and _written_at(self._files[0]) < before:
            (self._folder / f"{self._files.popleft()}.eml").unlink(missing_ok=True)
            forgotten += 1
        return forgotten

    def lying(self, *, limit: int) -> Sequence[Lying]:
        newest = list(itertools.islice(reversed(self._files), limit))
        return [self._listed(id) for id in newest]

    def _listed(self, id: str) -> Lying:
        letter = self._read(id)
        return Lying(id, _written_at(id), _address(letter, "to"), str(letter["subject"] or ""))

    def raw(self, id: str) -> bytes:
        if self._folder is None or not _FILE.fullmatch(id):
            raise NotFound("такого письма нет")
        try:
            return (self._folder / f"{id}.eml").read_bytes()
        except FileNotFoundError:
            raise NotFound("такого письма уже нет") from None

    def write_back(self, id: str, text: str) -> ReceivedLetter:
        letter = self._read(id)
        message_id = str(letter["message-id"]).strip().strip("<>")
        references = [one.strip("<>") for one in str(letter["references"] or "").split()]
        answer = ReceivedLetter(
            message_id=self._new_id(),
            sent_at=self._clock.now(),
            sender=Address(_address(letter, "to"), _name(letter, "to")),
            recipients=(_address(letter, "from"),),
            subject=_reply_to(str(letter["subject"] or "")),
            text=text,
            in_reply_to=message_id,
            references=(*references, message_id),
        )
        self.arrives(answer)
        return answer

    def _read(self, id: str) -> EmailMessage:
        return email.message_from_bytes(self.raw(id), policy=policy.default)

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


def _written_at(id: str) -> datetime:
    return datetime.strptime(id.rpartition("-")[0], _STAMP).replace(tzinfo=UTC)


def _reply_to(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def _address(letter: EmailMessage, header: str) -> str:
    return next((one.addr_spec.lower() for one in letter[header].addresses), "") if letter[header] else ""


def _name(letter: EmailMessage, header: str) -> str:
    return next((one.display_name for one in letter[header].addresses), "") if letter[header] else ""
