"""Who can carry a shop's letters, and how its mailbox can be read."""

from collections.abc import Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from saudager.bootstrap.messengers import SIMULATOR
from saudager.clock import Clock
from saudager.providers.mail import Mailer, MailerKind, MailReader, MailReaderKind
from saudager.settings import Settings

TRIAL_MAILBOX = "mail:shop@trial.example"
"""The simulator's mailbox."""


def carriers_of(settings: Settings) -> dict[str, MailerKind]:
    """CARRIERS, and the one of the trial mailbox."""
    played = partial(_open_simulated_mail, settings.data_dir / "trial_mail")
    return CARRIERS | {SIMULATOR: MailerKind("Почта для пробы", partial(_form_of, SIMULATOR), played, is_played=True)}


def _form_of(name: str) -> type[BaseModel]:
    module = import_module(f"saudager.providers.mail.{name}")
    form: type[BaseModel] = module.Config
    return form


def _open_simulated_mail(folder: Path, config: Mapping[str, Any], clock: Clock) -> Mailer:
    from saudager.providers.mail.simulator import Simulator

    return Simulator(clock, folder)


def _open_smtp(config: Mapping[str, Any], clock: Clock) -> Mailer:
    from saudager.providers.mail.smtp import Config, SmtpMailer

    return SmtpMailer(Config.model_validate(config), clock=clock)


def _open_resend(config: Mapping[str, Any], clock: Clock) -> Mailer:
    from saudager.providers.mail.resend import Config, ResendMailer

    return ResendMailer(Config.model_validate(config), clock=clock)


def _open_sendgrid(config: Mapping[str, Any], clock: Clock) -> Mailer:
    from saudager.providers.mail.sendgrid import Config, SendGridMailer

    return SendGridMailer(Config.model_validate(config), clock=clock)


CARRIERS = {
    "resend": MailerKind("Resend", partial(_form_of, "resend"), _open_resend, pushes=True, repeats_safely=True),
    "sendgrid": MailerKind("SendGrid", partial(_form_of, "sendgrid"), _open_sendgrid, pushes=True),
    "smtp": MailerKind("Свой почтовый сервер (SMTP)", partial(_form_of, "smtp"), _open_smtp),
}
"""Who can carry letters, in the order they are offered."""


def _open_imap(config: Mapping[str, Any], clock: Clock) -> MailReader:
    from saudager.providers.mail.imap import Config, ImapReader

    return ImapReader(Config.model_validate(config), clock)


READERS = {"imap": MailReaderKind("Почтовый ящик (IMAP)", partial(_form_of, "imap"), _open_imap)}
"""How a mailbox can be read."""
