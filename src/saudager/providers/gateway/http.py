"""The gateway in another process, asked over HTTP with the service key."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from saudager import errors
from saudager.ailments import Ailment
from saudager.clock import Clock
from saudager.errors import BadCredentials, Rejected, SaudagerError, Unreachable, UnrecognisedPayload
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
from saudager.providers.http_client import Answer, HttpClient

if TYPE_CHECKING:
    import httpx

_T = TypeVar("_T")
_PATIENCE = 60.0
"""Seconds: the gateway may have to ask a messenger, which is given half of that."""


class HttpGateway:
    """The ``Gateway`` at an address. What the gateway refuses is raised here as it was raised there."""

    def __init__(
        self, base_url: str, key: str, *, clock: Clock, transport: "httpx.AsyncBaseTransport | None" = None
    ) -> None:
        self._http = HttpClient(
            "gateway",
            f"{base_url.rstrip('/')}/gateway/v1",
            clock=clock,
            headers={"Authorization": f"Bearer {key}"},
            secrets=[key],
            timeout=_PATIENCE,
            transport=transport,
        )

    async def vendors(self) -> Sequence[Vendor]:
        return await self._read(list[Vendor], "/vendors")

    async def accounts(self) -> Sequence[Connection]:
        return await self._read(list[Connection], "/accounts")

    async def condition(self, account: str) -> Condition:
        return await self._read(Condition, f"{_path(account)}/condition")

    async def test(self, vendor: str, config: Mapping[str, Any], *, account: str | None = None) -> Trial:
        return await self._do(Trial, "POST", "/test", {"vendor": vendor, "config": config, "account": account})

    async def connect(
        self, vendor: str, config: Mapping[str, Any], *, name: str | None = None, untested: bool = False
    ) -> Trial:
        form = {"vendor": vendor, "config": config, "name": name, "untested": untested}
        return await self._do(Trial, "POST", "/accounts", form)

    async def change(self, account: str, config: Mapping[str, Any], *, untested: bool = False) -> Trial:
        return await self._do(Trial, "PUT", _path(account), {"config": config, "untested": untested})

    async def pause(self, account: str, reason: str) -> None:
        await self._tell("POST", f"{_path(account)}/pause", {"reason": reason})

    async def resume(self, account: str) -> None:
        await self._tell("POST", f"{_path(account)}/resume")

    async def make_default(self, account: str) -> None:
        await self._tell("POST", f"{_path(account)}/default")

    async def disconnect(self, account: str) -> None:
        await self._tell("DELETE", _path(account))

    async def mail_ways(self) -> Sequence[MailWay]:
        return await self._read(list[MailWay], "/mail-ways")

    async def mailboxes(self) -> Sequence[MailConnection]:
        return await self._read(list[MailConnection], "/mailboxes")

    async def test_mailbox(self, form: MailForm, *, account: str | None = None) -> MailTrial:
        return await self._do(MailTrial, "POST", "/mailboxes/test", {"form": asdict(form), "account": account})

    async def connect_mailbox(self, form: MailForm, *, untested: bool = False) -> MailTrial:
        return await self._do(MailTrial, "POST", "/mailboxes", {"form": asdict(form), "untested": untested})

    async def change_mailbox(self, account: str, form: MailForm, *, untested: bool = False) -> MailTrial:
        asked = {"form": asdict(form), "untested": untested}
        return await self._do(MailTrial, "PUT", _path(account, "mailboxes"), asked)

    async def order_carriers(self, account: str, carriers: Sequence[str]) -> None:
        await self._tell("POST", f"{_path(account, 'mailboxes')}/order", {"carriers": list(carriers)})

    async def examine_mailbox(self, account: str) -> Sequence[Finding]:
        return await self._read(list[Finding], f"{_path(account, 'mailboxes')}/findings")

    async def send_trial_letter(self, account: str, to: str) -> str:
        return await self._do(str, "POST", f"{_path(account, 'mailboxes')}/trial", {"to": to})

    async def trial_letters(self, account: str) -> Sequence[TrialLetter]:
        return await self._read(list[TrialLetter], f"{_path(account, 'mailboxes')}/letters")

    async def trial_letter(self, account: str, id: str) -> bytes:
        answer = await self._ask("GET", f"{_path(account, 'mailboxes')}/letters/{quote(id, safe='')}")
        return answer.body

    async def answer_trial_letter(self, account: str, id: str, text: str) -> None:
        await self._tell("POST", f"{_path(account, 'mailboxes')}/letters/{quote(id, safe='')}", {"text": text})

    async def qr(self, account: str) -> bytes | None:
        answer = await self._ask("GET", f"{_path(account)}/qr")
        return answer.body or None

    async def whitelist(self) -> Sequence[Untouchable]:
        return await self._read(list[Untouchable], "/whitelist")

    async def whitelist_add(self, number: str, note: str = "") -> str:
        return await self._do(str, "POST", "/whitelist", {"number": number, "note": note})

    async def whitelist_remove(self, number: str) -> None:
        await self._tell("DELETE", f"/whitelist/{quote(number, safe='')}")

    async def media(self, account: str, reference: str) -> tuple[bytes, str]:
        answer = await self._ask("GET", f"{_path(account)}/media", params={"reference": reference})
        return answer.body, answer.headers.get("content-type", "application/octet-stream")

    async def erase(self, phones: Sequence[str], chats: Sequence[str], *, quoting: Sequence[str] = ()) -> int:
        return await self._do(int, "POST", "/erase", {"phones": phones, "chats": chats, "quoting": quoting})

    async def logged(
        self, phones: Sequence[str], chats: Sequence[str], *, after: int = 0
    ) -> Sequence[Mapping[str, Any]]:
        asked = {"phones": phones, "chats": chats, "after": after}
        return await self._do(list[dict[str, Any]], "POST", "/logged", asked)

    async def queues(self) -> Mapping[str, Mapping[str, int]]:
        return await self._read(dict[str, dict[str, int]], "/queues")

    async def dead_letters(self) -> Sequence[DeadLetter]:
        return await self._read(list[DeadLetter], "/dead-letters")

    async def replay(self, queue: str, row: int | None = None) -> int:
        return await self._do(int, "POST", "/dead-letters/replay", {"queue": queue, "row": row})

    async def dismiss(self, queue: str, row: int) -> bool:
        return await self._do(bool, "POST", "/dead-letters/dismiss", {"queue": queue, "row": row})

    async def job_runs(self) -> Mapping[str, JobRun]:
        return await self._read(dict[str, JobRun], "/jobs")

    async def run_job(self, task: str) -> None:
        await self._tell("POST", f"/jobs/{quote(task, safe='')}")

    async def ailments(self) -> Sequence[Ailment]:
        return await self._read(list[Ailment], "/ailments")

    async def hear(self, words: Sequence[LastWords]) -> None:
        await self._tell("PUT", "/agent", {"words": [asdict(one) for one in words]})

    async def findings(self) -> Sequence[Finding]:
        return await self._read(list[Finding], "/findings")

    async def simulate(self, account: str, chat: str, text: str, *, name: str | None = None) -> None:
        await self._tell("POST", f"{_path(account)}/simulated", {"chat": chat, "text": text, "name": name})

    async def simulated(self, account: str, chat: str) -> Sequence[SimulatedLine]:
        return await self._read(list[SimulatedLine], f"{_path(account)}/simulated", params={"chat": chat})

    async def close(self) -> None:
        await self._http.close()

    async def _read(self, shape: type[_T], path: str, **request: Any) -> _T:
        return _shaped(shape, await self._ask("GET", path, **request))

    async def _do(self, shape: type[_T], method: str, path: str, body: object = None) -> _T:
        return _shaped(shape, await self._ask(method, path, body=body))

    async def _tell(self, method: str, path: str, body: object = None) -> None:
        await self._ask(method, path, body=body)

    async def _ask(self, method: str, path: str, **request: Any) -> Answer:
        """Once: a page that waits is better told at once."""
        asked = f"{method} {path.partition('?')[0]}"
        answer = await self._http.call(method, path, asked=asked, read=False, accept=range(300, 600), **request)
        if answer.status >= 300:
            raise _error(answer, self._http.describe(answer, asked=asked))
        return answer


def _path(account: str, among: str = "accounts") -> str:
    return f"/{among}/{quote(account, safe=':')}"


def _shaped(shape: type[_T], answer: Answer) -> _T:
    try:
        return TypeAdapter(shape).validate_json(answer.body or b"null")
    except ValidationError as error:
        raise UnrecognisedPayload(f"gateway: another answer than expected, is it of this version? {error}") from None


def _error(answer: Answer, sentence: str) -> SaudagerError:
    """What was raised there, when it says so; else by the status, as something in between has answered."""
    kind = getattr(errors, answer.headers.get("x-error", ""), None)
    if isinstance(kind, type) and issubclass(kind, SaudagerError):
        return kind(TypeAdapter(dict[str, str]).validate_json(answer.body)["error"])
    if answer.status == 401:
        return BadCredentials(sentence)
    return Unreachable(sentence) if answer.status >= 500 else Rejected(sentence)
