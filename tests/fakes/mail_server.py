"""A real SMTP server (aiosmtpd) in the test's own loop, with mailboxes that do not exist and connections that break.

In a test::

    async with MailServer() as server:
        server.refuse("gone@client.kz", "550 5.1.1 No such user")
        server.answer("data", "451 4.3.0 Try again later")
        ...
        assert [letter.recipients for letter in server.letters] == [["ivan@client.kz"]]
"""

import asyncio
import ssl
import warnings
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "sales@shop.kz", "app-password"
CUT, CUT_AFTER = "cut", "cut_after"
"""The connection is closed instead of an answer: before anything is done, or when the letter was taken."""


@dataclass(frozen=True)
class Taken:
    """A letter the server has taken."""

    sender: str
    recipients: list[str]
    content: bytes
    connection: int


class MailServer:
    """``security``: "none", "starttls" or "tls". With ``login`` nothing is taken before ``USER`` has given his
    ``PASSWORD``. ``answers`` to "mail", "rcpt" and "data" are given in turn, in place of a good one."""

    def __init__(self, *, security: str = "none", login: bool = False, certificate: Path | None = None) -> None:
        self.letters: list[Taken] = []
        self.logins: list[tuple[str, bool]] = []
        self.connections = 0
        self.open: set[_Connection] = set()
        self.port = 0
        self.refused: dict[str, str] = {}
        self.greeting: str | None = None
        self.login_answer: str | None = None
        self._answers: dict[str, deque[str]] = defaultdict(deque)
        self._security = security
        self._login = login
        self._context: ssl.SSLContext | None = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "MailServer":
        implicit = self._context if self._security == "tls" else None
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Connection(self), "127.0.0.1", self.port, ssl=implicit
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Nobody listens any more."""
        if self._server is not None:
            self._server.close()
            self.drop()
            for _ in range(100):  # one whose talk of TLS failed does not always tell that it is over
                if self.open:
                    await asyncio.sleep(0.001)
            await self._server.wait_closed()
            self._server = None

    def refuse(self, recipient: str, answer: str) -> None:
        """Whatever is sent to him is refused like this."""
        self.refused[recipient] = answer

    def answer(self, command: str, *answers: str) -> None:
        """The next commands of this name get these answers."""
        self._answers[command].extend(answers)

    def drop(self) -> None:
        """Close every connection, as servers do with those that say nothing."""
        for connection in list(self.open):
            connection.raw.abort()

    def next_answer(self, command: str) -> str | None:
        return self._answers[command].popleft() if self._answers[command] else None

    async def handle_MAIL(
        self, server: "_Connection", session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if (answer := self.next_answer("mail")) is not None:
            return _given(server, answer)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: "_Connection", session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if (answer := self.next_answer("rcpt") or self.refused.get(address)) is not None:
            return _given(server, answer)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: "_Connection", session: Session, envelope: Envelope) -> str:
        answer = self.next_answer("data")
        if answer in (None, CUT_AFTER):
            assert isinstance(envelope.content, bytes)
            taken = Taken(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.content, server.number)
            self.letters.append(taken)
        return "250 OK queued" if answer is None else _given(server, answer)

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        user, password = given.login.decode(), given.password.decode()
        is_right = (user, password) == (USER, PASSWORD) and self.login_answer is None
        self.logins.append((user, is_right))
        return AuthResult(success=is_right, handled=False, message=self.login_answer)

    def connection(self) -> dict[str, Any]:
        """What aiosmtpd is told of every connection."""
        return {
            "handler": self,
            "tls_context": self._context if self._security == "starttls" else None,
            "require_starttls": False,
            "auth_required": self._login,
            "auth_require_tls": False,
            "authenticator": self.authenticate,
            "hostname": "mail.shop.kz",
            "enable_SMTPUTF8": False,
        }


class _Connection(SMTP):
    raw: asyncio.Transport

    def __init__(self, server: MailServer) -> None:
        self.mail_server = server
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # aiosmtpd warns of what such a server would risk on the network
            super().__init__(**server.connection())
        self.number = 0

    def connection_made(self, transport: Any) -> None:
        if self.number == 0:
            self.mail_server.connections += 1
            self.number, self.raw = self.mail_server.connections, transport
        self.mail_server.open.add(self)
        if self.mail_server.greeting is not None:
            transport.write(f"{self.mail_server.greeting}\r\n".encode())
            transport.close()
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.mail_server.open.discard(self)

    async def handle_exception(self, error: Exception) -> str:
        return f"500 {error}"


def _given(server: _Connection, answer: str) -> str:
    if answer not in (CUT, CUT_AFTER):
        return answer
    server.raw.abort()
    raise ConnectionResetError


def make_certificate(folder: Path, *, host: str = "127.0.0.1") -> Path:
    """A self-made certificate of the host with its key, in one file; who trusts the file trusts the server."""
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import NameOID

    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    file = folder / "mail-server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return file
