"""The port to the gateway, from the console's side: accounts, queues, whitelist and files of the other service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from saudager.ailments import Ailment

SKEW_NOTICED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Vendor:
    """A messenger that can be connected, and what its form asks."""

    name: str
    title: str
    schema: Mapping[str, Any]
    """JSON schema of its ``Config``: titles and descriptions in Russian; ``"writeOnly": true`` marks a secret."""
    is_simulator: bool = False
    is_linked: bool = False
    """It is linked with a phone by a QR code."""


@dataclass(frozen=True, slots=True)
class Connection:
    """An account as it may be shown: its secrets only as set or not."""

    name: str
    vendor: str
    config: Mapping[str, Any]
    """The form as it was filled in, without its secrets."""
    secrets_set: Sequence[str]
    """Fields whose secret is stored."""
    is_default: bool
    connected_at: datetime
    paused_reason: str | None = None
    last_poll_at: datetime | None = None
    no_first_contacts_until: datetime | None = None
    webhook: str | None = None
    """Where its messenger should call: the whole address when PUBLIC_URL is set, else the part behind the host."""
    webhook_key: str | None = None
    """The verify token or HMAC key of that webhook, for a messenger that signs."""
    window: timedelta | None = None
    """How long after a customer's line free text may be sent to him, later only approved templates; None: always."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What the messenger says of an account when it is asked now; ``reason`` says what to do when it is not ready."""

    ready: bool
    reason: str | None = None
    phone_number: str | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a form: how the account is, what is wrong field by field, and its name once it is connected."""

    ready: bool
    reason: str | None = None
    phone_number: str | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    """A sentence for each field that was filled in wrongly; then nothing was tried."""
    to_scan: bool = False
    """It lacks nothing but a phone that scans its QR code: it may be connected and linked then."""
    account: str | None = None


@dataclass(frozen=True, slots=True)
class LastWords:
    """What somebody is told when the agent is not heard of any more: ``to`` a phone number or an address."""

    to: str
    text: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class MailWay:
    """A carrier that can be set up for a mailbox, or a way to read it, and what its form asks."""

    name: str
    title: str
    schema: Mapping[str, Any]
    """As that of a ``Vendor``."""
    reads: bool = False
    is_simulator: bool = False


@dataclass(frozen=True, slots=True)
class MailForm:
    """What the merchant fills in of a mailbox: the forms of its carriers and of its reader by their names."""

    address: str
    carriers: Mapping[str, Mapping[str, Any]]
    reader: Mapping[str, Mapping[str, Any]] | None = None
    sender_name: str = ""
    dkim_selector: str = ""
    """Under which name his own mail server signs, when it is no common one."""


@dataclass(frozen=True, slots=True)
class MailPart:
    """A carrier or the reader of a mailbox as it may be shown."""

    name: str
    config: Mapping[str, Any]
    """The form as it was filled in, without its secrets."""
    secrets_set: Sequence[str]
    webhook: str | None = None
    """Where it tells its news: the whole address when PUBLIC_URL is set, else the part behind the host."""


@dataclass(frozen=True, slots=True)
class MailConnection:
    """A mailbox as it may be shown; ``carriers`` stand in the order they are tried."""

    name: str
    address: str
    sender_name: str
    dkim_selector: str
    carriers: Sequence[MailPart]
    reader: MailPart | None
    is_default: bool
    is_simulator: bool
    connected_at: datetime
    paused_reason: str | None = None
    last_poll_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PartTrial:
    """What a carrier, or the reader, says of itself."""

    name: str
    title: str
    ready: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class MailTrial:
    """What came of a mailbox's form: how each part of it is, and its name once it is connected."""

    ready: bool
    parts: Sequence[PartTrial] = ()
    problems: Mapping[str, str] = field(default_factory=dict)
    """A sentence for each field that was filled in wrongly (``address``, ``smtp.host``); then nothing was tried."""
    account: str | None = None


@dataclass(frozen=True, slots=True)
class TrialLetter:
    """A letter that lies in a mailbox for trying things out, as a list shows it."""

    id: str
    at: datetime
    recipient: str
    subject: str


@dataclass(frozen=True, slots=True)
class Untouchable:
    """A number of the whitelist: never answered, written to or passed on."""

    phone_number: str
    note: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message nobody could handle: where it lies, why, and how it begins."""

    row: int
    queue: str
    id: str
    reason: str
    since: datetime
    excerpt: str


@dataclass(frozen=True, slots=True)
class JobRun:
    """One moment of a job: when it was handled, or asked for, and what became of it."""

    at: datetime
    state: str
    """waiting, done or dead"""
    error: str | None = None
    count: int | None = None
    """How many of whatever it deals with there were."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing somebody looked at; ``says`` what to do when it is not good."""

    good: bool
    about: str
    says: str


def wrong_clock(whose: str, skew: timedelta) -> Finding:
    """What is said when somebody's clock (``whose``, in the genitive) is ahead of ours by more than ``SKEW_NOTICED``,
    or behind it: then ``skew`` is negative."""
    side = "отстают от" if skew > timedelta(0) else "спешат против"
    says = f"здесь они {side} часов {whose} на {abs(skew.total_seconds()):.0f} с: включите синхронизацию времени"
    return Finding(False, "часы", says)


@dataclass(frozen=True, slots=True)
class SimulatedLine:
    """One line of a made-up customer's chat."""

    text: str | None
    from_us: bool
    sent_at: datetime
    state: str | None = None
    picture: str | None = None
    """Of a picture of ours: the id of the message it is."""


class Gateway(Protocol):
    """The other service. Every method raises Unreachable or Unanswered while it does not answer, BadCredentials when it
    does not accept SERVICE_KEY, and NotFound for an account it does not have."""

    async def vendors(self) -> Sequence[Vendor]: ...

    async def accounts(self) -> Sequence[Connection]:
        """Every connected account by name, without asking any messenger."""
        ...

    async def condition(self, account: str) -> Condition:
        """Ask the account's messenger how it is now."""
        ...

    async def test(self, vendor: str, config: Mapping[str, Any], *, account: str | None = None) -> Trial:
        """Try a form without storing it. Secrets left empty are those of ``account``, when it has them."""
        ...

    async def connect(
        self, vendor: str, config: Mapping[str, Any], *, name: str | None = None, untested: bool = False
    ) -> Trial:
        """Try a form, then store it and start the account; ``untested`` stores it whatever the messenger says.

        Raises Refused when there is such an account already.
        """
        ...

    async def change(self, account: str, config: Mapping[str, Any], *, untested: bool = False) -> Trial:
        """The same for the form of a connected account; secrets left empty stay as they are."""
        ...

    async def pause(self, account: str, reason: str) -> None:
        """Send nothing by this account until ``resume``; what customers write still arrives."""
        ...

    async def resume(self, account: str) -> None: ...

    async def make_default(self, account: str) -> None: ...

    async def disconnect(self, account: str) -> None:
        """Stop the account and forget its credentials; the log of its messages stays."""
        ...

    async def mail_ways(self) -> Sequence[MailWay]:
        """Who can carry letters, then how mailboxes can be read."""
        ...

    async def mailboxes(self) -> Sequence[MailConnection]:
        """Every connected mailbox by name, without asking any server. ``pause``, ``resume``, ``make_default`` and
        ``disconnect`` take their names as they take those of accounts."""
        ...

    async def test_mailbox(self, form: MailForm, *, account: str | None = None) -> MailTrial:
        """Try a mailbox's form without storing it. Secrets left empty are those of ``account``, when it has them."""
        ...

    async def connect_mailbox(self, form: MailForm, *, untested: bool = False) -> MailTrial:
        """Try it, then store and open it; raises Refused when there is such a mailbox already."""
        ...

    async def change_mailbox(self, account: str, form: MailForm, *, untested: bool = False) -> MailTrial:
        """The same for the form of a connected mailbox; its address stays, and so do secrets left empty."""
        ...

    async def order_carriers(self, account: str, carriers: Sequence[str]) -> None:
        """In which order a mailbox tries its carriers."""
        ...

    async def examine_mailbox(self, account: str) -> Sequence[Finding]:
        """Ask its carriers and its reader how they are, and the DNS whether its letters are believed."""
        ...

    async def send_trial_letter(self, account: str, to: str) -> str:
        """Send a letter that says it is a trial to an address now; who carried it, and why not those before him.

        Raises Refused for what is no address, and what the last carrier raised when none takes it.
        """
        ...

    async def trial_letters(self, account: str) -> Sequence[TrialLetter]:
        """The newest hundred in a mailbox for trying things out, newest first; raises Refused when it is none."""
        ...

    async def trial_letter(self, account: str, id: str) -> bytes:
        """One of them as its recipient got it (RFC 5322); raises NotFound when it is not there any more."""
        ...

    async def answer_trial_letter(self, account: str, id: str, text: str) -> None:
        """Write back as its recipient."""
        ...

    async def qr(self, account: str) -> bytes | None:
        """The picture (PNG) the shop's phone has to scan now, good for some 20 seconds; None when there is none."""
        ...

    async def whitelist(self) -> Sequence[Untouchable]: ...

    async def whitelist_add(self, number: str, note: str = "") -> str:
        """Put a number on the list, once; returns its normal form, raises Rejected when it is no phone number."""
        ...

    async def whitelist_remove(self, number: str) -> None: ...

    async def media(self, account: str, reference: str) -> tuple[bytes, str]:
        """A file a customer sent and its MIME type. ``reference`` is the ``path`` of the message's media, or else the
        message's id, then the messenger is asked for it. Raises NotFound when nobody has it any more."""
        ...

    async def erase(self, phones: Sequence[str], chats: Sequence[str], *, quoting: Sequence[str] = ()) -> int:
        """Forget a person: rows of the message log and files of these numbers and chats; returns how many rows.

        ``quoting`` is how the ids of messages to others begin that tell of him, such as ``alert:case:12:``.
        """
        ...

    async def logged(
        self, phones: Sequence[str], chats: Sequence[str], *, after: int = 0
    ) -> Sequence[Mapping[str, Any]]:
        """The next rows of the message log to or from these numbers and chats, as JSON: 500 at most, oldest first, none
        when there are no more. ``after`` is the ``id`` of the last one."""
        ...

    async def queues(self) -> Mapping[str, Mapping[str, int]]:
        """Messages of every queue by state: ``{"outgoing_messages": {"waiting": 3, "done": 40, "dead": 0}}``."""
        ...

    async def dead_letters(self) -> Sequence[DeadLetter]:
        """The newest hundred, newest first."""
        ...

    async def replay(self, queue: str, row: int | None = None) -> int:
        """Put dead letters of a queue back, all or one; how many."""
        ...

    async def dismiss(self, queue: str, row: int) -> bool:
        """Let go of a dead letter for good; False when there is none."""
        ...

    async def job_runs(self) -> Mapping[str, JobRun]:
        """How the newest moment of each of its own jobs went, by the task's name."""
        ...

    async def run_job(self, task: str) -> None:
        """Have one of them done now; raises Refused while it is under way, NotFound when it is none."""
        ...

    async def ailments(self) -> Sequence[Ailment]:
        """What somebody should look at: the process, what it stands on, every number and mailbox."""
        ...

    async def hear(self, words: Sequence[LastWords]) -> None:
        """The agent of another process is there; ``words`` are said when it is silent for long."""
        ...

    async def findings(self) -> Sequence[Finding]:
        """Look at every account, its clock and its webhook, at the broker and at the public address."""
        ...

    async def simulate(self, account: str, chat: str, text: str, *, name: str | None = None) -> None:
        """Write a line as a made-up customer; raises Refused when the account is no simulator."""
        ...

    async def simulated(self, account: str, chat: str) -> Sequence[SimulatedLine]:
        """The newest hundred lines of a made-up customer's chat, oldest first."""
        ...

    async def close(self) -> None: ...
