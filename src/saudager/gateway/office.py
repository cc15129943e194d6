"""What the gateway does for the console: the port of ``providers.gateway``, in the process that has the channels."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from saudager import machine
from saudager.ailments import Ailment
from saudager.app import App
from saudager.contracts import account_of, is_mailbox
from saudager.errors import NotFound, Refused
from saudager.gateway import (
    absence,
    accounts,
    connections,
    erasing,
    examining,
    handing_out,
    health,
    mail_connections,
    mail_examining,
    media,
    trial_letters,
    trying,
    webhooks,
    whitelist,
)
from saudager.gateway.models import Account
from saudager.providers.channels import LinkedChannel
from saudager.providers.gateway import (
    Condition,
    Connection,
    DeadLetter,
    Finding,
    JobRun,
    LastWords,
    MailConnection,
    MailForm,
    MailTrial,
    MailWay,
    SimulatedLine,
    Trial,
    TrialLetter,
    Untouchable,
    Vendor,
)
from saudager.queues import dead_letters, schedule, table, tasks
from saudager.settings import Settings
from saudager.vault import Vault

_NAME = re.compile(r"[\w:.@+-]{1,80}")


def service_key(settings: Settings, vault: Vault) -> str:
    """By which the gateway knows the agent: SERVICE_KEY, or the one of the DATA_DIR they share."""
    if settings.service_key is not None:
        return settings.service_key.get_secret_value()
    return vault.derive("service key")


class Office:
    """The ``Gateway`` of the process it runs in."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def vendors(self) -> Sequence[Vendor]:
        return [
            Vendor(name, one.title, one.form().model_json_schema(), one.is_played, one.is_linked)
            for name, one in self._app.messengers.items()
        ]

    async def accounts(self) -> Sequence[Connection]:
        return [self._shown(account) for account in await self._app.db.read(accounts.everyone)]

    async def condition(self, account: str) -> Condition:
        await self._app.db.read(accounts.one, account)
        status = await accounts.channel_of(self._app, account).status()
        return Condition(status.ready, status.reason, status.phone_number)

    async def test(self, vendor: str, config: Mapping[str, Any], *, account: str | None = None) -> Trial:
        return await connections.try_out(self._app, vendor, config, account=account)

    async def connect(
        self, vendor: str, config: Mapping[str, Any], *, name: str | None = None, untested: bool = False
    ) -> Trial:
        if name and not _NAME.fullmatch(name):
            raise Refused("Название канала: до 80 букв, цифр и знаков . : @ + -, без пробелов")
        return await connections.connect(self._app, vendor, config, name=name, untested=untested)

    async def change(self, account: str, config: Mapping[str, Any], *, untested: bool = False) -> Trial:
        return await connections.change(self._app, account, config, untested=untested)

    async def pause(self, account: str, reason: str) -> None:
        await self._app.db.run(accounts.hold, account, reason)

    async def resume(self, account: str) -> None:
        if account in self._app.channels or account in self._app.mailboxes:
            await self._app.db.run(accounts.resume, account)
        else:
            await self._app.db.run(accounts.not_resumed, account, now=self._app.clock.now())

    async def make_default(self, account: str) -> None:
        await self._app.db.run(accounts.make_default, account)

    async def disconnect(self, account: str) -> None:
        part = mail_connections if is_mailbox(account) else connections
        await part.disconnect(self._app, account)

    async def mail_ways(self) -> Sequence[MailWay]:
        carriers = [
            MailWay(name, one.title, one.form().model_json_schema(), is_simulator=one.is_played)
            for name, one in self._app.mailers.items()
        ]
        readers = [
            MailWay(name, one.title, one.form().model_json_schema(), reads=True)
            for name, one in self._app.mail_readers.items()
        ]
        return [*carriers, *readers]

    async def mailboxes(self) -> Sequence[MailConnection]:
        connected = await self._app.db.read(accounts.mailboxes)
        return [mail_connections.shown(self._app, account) for account in connected]

    async def test_mailbox(self, form: MailForm, *, account: str | None = None) -> MailTrial:
        return await mail_connections.try_out(self._app, form, account=account)

    async def connect_mailbox(self, form: MailForm, *, untested: bool = False) -> MailTrial:
        return await mail_connections.connect(self._app, form, untested=untested)

    async def change_mailbox(self, account: str, form: MailForm, *, untested: bool = False) -> MailTrial:
        return await mail_connections.change(self._app, account, form, untested=untested)

    async def order_carriers(self, account: str, carriers: Sequence[str]) -> None:
        await mail_connections.order(self._app, account, carriers)

    async def examine_mailbox(self, account: str) -> Sequence[Finding]:
        mailbox = await self._app.db.read(accounts.one, account)
        return [finding async for finding in mail_examining.examine(self._app, mailbox)]

    async def send_trial_letter(self, account: str, to: str) -> str:
        return await trial_letters.send(self._app, account, to)

    async def trial_letters(self, account: str) -> Sequence[TrialLetter]:
        return trial_letters.lying(self._app, account)

    async def trial_letter(self, account: str, id: str) -> bytes:
        return trial_letters.played(self._app, account).raw(id)

    async def answer_trial_letter(self, account: str, id: str, text: str) -> None:
        trial_letters.played(self._app, account).write_back(id, text)

    async def qr(self, account: str) -> bytes | None:
        channel = accounts.channel_of(self._app, account)
        return await cast(LinkedChannel, channel).qr() if hasattr(channel, "qr") else None

    async def whitelist(self) -> Sequence[Untouchable]:
        rows = await self._app.db.read(whitelist.numbers)
        return [Untouchable(row.phone_number, row.note, row.added_at) for row in rows]

    async def whitelist_add(self, number: str, note: str = "") -> str:
        return await self._app.db.run(whitelist.add, number, note=note, now=self._app.clock.now())

    async def whitelist_remove(self, number: str) -> None:
        await self._app.db.run(whitelist.remove, number)

    async def media(self, account: str, reference: str) -> tuple[bytes, str]:
        if (kept := await media.kept(self._app, reference)) is not None:
            return kept
        return await accounts.channel_of(self._app, account).fetch_media(reference)

    async def erase(self, phones: Sequence[str], chats: Sequence[str], *, quoting: Sequence[str] = ()) -> int:
        return await erasing.erase(self._app, phones, chats, quoting=quoting)

    async def logged(
        self, phones: Sequence[str], chats: Sequence[str], *, after: int = 0
    ) -> Sequence[Mapping[str, Any]]:
        return await self._app.db.read(handing_out.logged, phones, chats, after=after)

    async def queues(self) -> Mapping[str, Mapping[str, int]]:
        return await self._app.db.read(table.depth)

    async def dead_letters(self) -> Sequence[DeadLetter]:
        return await self._app.db.read(dead_letters.newest)

    async def replay(self, queue: str, row: int | None = None) -> int:
        now = self._app.clock.now()
        return await self._app.db.run(table.redrive, queue, now=now, row=row, lot_of=account_of)

    async def dismiss(self, queue: str, row: int) -> bool:
        return await self._app.db.run(table.dismiss, queue, row)

    async def job_runs(self) -> Mapping[str, JobRun]:
        return await self._app.db.read(schedule.last_runs, queue=tasks.GATEWAY_QUEUE)

    async def run_job(self, task: str) -> None:
        if not any(job.task == task for job in self._app.jobs if job.queue == tasks.GATEWAY_QUEUE):
            raise NotFound(f"Такой работы у шлюза нет: {task}")
        await self._app.db.run(schedule.run_now, task, queue=tasks.GATEWAY_QUEUE, now=self._app.clock.now())

    async def ailments(self) -> Sequence[Ailment]:
        return [*await machine.ailments(self._app), *await health.ailments(self._app)]

    async def hear(self, words: Sequence[LastWords]) -> None:
        await self._app.db.run(absence.hear, words, now=self._app.clock.now())

    async def findings(self) -> Sequence[Finding]:
        return [finding async for finding in examining.examine(self._app)]

    async def simulate(self, account: str, chat: str, text: str, *, name: str | None = None) -> None:
        await trying.write(self._app, account, chat, text, name=name)

    async def simulated(self, account: str, chat: str) -> Sequence[SimulatedLine]:
        trying.played(self._app, account)
        return await self._app.db.read(trying.lines, account, chat)

    async def close(self) -> None:
        """The App closes what it opened."""

    def _shown(self, account: Account) -> Connection:
        config, secrets_set = connections.shown(self._app, account)
        channel = self._app.channels.get(account.name)
        is_pushed = hasattr(channel, "read")
        public = self._app.settings.public_url.rstrip("/")
        return Connection(
            name=account.name,
            vendor=account.vendor,
            config=config,
            secrets_set=secrets_set,
            is_default=account.is_default,
            connected_at=account.connected_at,
            paused_reason=account.paused_reason,
            last_poll_at=account.last_poll_at,
            no_first_contacts_until=account.no_first_contacts_until,
            webhook=public + webhooks.address_of(self._app, account.name) if is_pushed else None,
            webhook_key=webhooks.key_of(self._app, account.name),
            window=None if channel is None else channel.window,
        )
