"""Carriers and readers of letters that only the tests know: their forms, and what they say."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from saudager.app import App
from saudager.clock import Clock
from saudager.errors import BadCredentials, OutsideError, Unreachable
from saudager.providers.mail import Batch, Folders, Letter, MailerKind, MailerStatus, MailReaderKind

RIGHT, WRONG = "right-password", "wrong-password"


class Config(BaseModel):
    """As a mail server's form is."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    host: str = Field(min_length=1, title="Сервер", description="Например mail.example.kz.")
    password: SecretStr = Field(title="Пароль", description="Пароль ящика.")


class Post:
    """A carrier that takes everything while its server is up and its password right."""

    def __init__(self, name: str, config: Config) -> None:
        self.name = name
        self.config = config
        self.sent: list[Letter] = []
        self.closed = False

    def _problem(self) -> OutsideError | None:
        if self.config.host == "away.example":
            return Unreachable(f"{self.name}: away.example не отвечает")
        if self.config.password.get_secret_value() != RIGHT:
            return BadCredentials(f"{self.name}: 535 5.7.8 пароль не подходит")
        return None

    async def send(self, letter: Letter) -> str:
        if (problem := self._problem()) is not None:
            raise problem
        self.sent.append(letter)
        return f"{self.name}-{len(self.sent)}"

    async def status(self) -> MailerStatus:
        problem = self._problem()
        return MailerStatus(problem is None, str(problem) if problem else None)

    async def close(self) -> None:
        self.closed = True


class Box:
    """A reader that lets in whoever knows the password."""

    def __init__(self, config: Config) -> None:
        self._config = config

    async def folders(self) -> Folders:
        if self._config.password.get_secret_value() != RIGHT:
            raise BadCredentials("imap: логин или пароль не подходит")
        return Folders()

    async def letters(self, folder: str, **_: Any) -> Batch:
        raise Unreachable("imap: никого")

    async def keep(self, folder: str, letter: bytes) -> None:
        """Nothing is kept."""

    async def close(self) -> None:
        """Nothing is held open."""


def give_to(app: App) -> None:
    """Let the App's mailboxes be carried by ``first`` and ``second`` and read by ``box``."""

    def opener(name: str) -> Any:
        def open_one(config: Mapping[str, Any], clock: Clock) -> Post:
            return Post(name, Config.model_validate(config))

        return open_one

    app.mailers = {
        **app.mailers,
        "first": MailerKind("Первая почта", lambda: Config, opener("first"), pushes=True),
        "second": MailerKind("Вторая почта", lambda: Config, opener("second")),
    }
    app.mail_readers = {
        "box": MailReaderKind("Чтение по IMAP", lambda: Config, lambda config, _: Box(Config(**config)))
    }
