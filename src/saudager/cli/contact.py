"""``saudager contact``: hand a person everything kept of him, or forget him, without the console."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from saudager.cli.running import example, in_the_agent

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from saudager.app import App

_WHO = "command line"


@click.group()
def contact() -> None:
    """What is kept of a customer. WHO is his phone number, his address of mail or the number of his contact."""


@example("saudager contact export 77010000001 madina.zip")
@contact.command("export")
@click.argument("who")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def contact_export(who: str, file: Path) -> None:
    """Write everything kept of a customer into a new ZIP. It holds personal data."""
    from saudager.errors import Refused
    from saudager.people import exporting

    if file.exists():
        raise Refused(f"{file} is there already: name a new file")

    async def export(app: "App") -> None:
        found = await app.db.run(lambda session: _noted(session, app, who, "contact.exported"))
        half = file.with_name(f"{file.name}.part")
        try:
            with half.open("wb") as written:
                half.chmod(0o600)
                async for piece in exporting.export(app, found):
                    written.write(piece)
            half.rename(file)
        finally:
            half.unlink(missing_ok=True)
        click.echo(f"{file}: everything kept of contact {found}")

    in_the_agent(export)


@example("saudager contact erase 77010000001 --confirm 0001")
@contact.command("erase")
@click.argument("who")
@click.option("--confirm", help="The last four digits of his number; asked for when it is not given.")
def contact_erase(who: str, confirm: str | None) -> None:
    """Forget a customer for good: his names at once, the rest within minutes of `saudager` running."""
    from saudager.people import erasing

    typed = confirm or click.prompt("The last four digits of his number (of his chat when he has none)")

    async def erase(app: "App") -> None:
        now = app.clock.now()

        def do(session: "Session") -> int:
            found = _noted(session, app, who, "contact.erased")
            erasing.ask(session, found, typed, now=now)
            return found

        click.echo(
            f"Contact {await app.db.run(do)} is erased; what he said goes as soon as `saudager` runs. Backups, the "
            "chat on the shop's phone, the whitelist, the CRM and carriers of mail keep theirs: delete it there."
        )

    in_the_agent(erase)


@example("saudager contact corrections cases.jsonl && saudager exam moderator --cases cases.jsonl")
@contact.command("corrections")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def contact_corrections(file: Path) -> None:
    """Write down as cases of the exam where a person said that a contact is a customer, or is none, and the salesperson
    had thought otherwise. The file holds names and words of real people."""
    from saudager.exam.corrections import corrections

    async def write(app: "App") -> None:
        cases = await app.db.read(
            lambda session: [case.model_dump_json(by_alias=True) for case in corrections(session)]
        )
        await asyncio.to_thread(file.write_text, "".join(f"{case}\n" for case in cases), encoding="utf-8")
        click.echo(f"{file}: {len(cases)} cases")

    in_the_agent(write)


def _noted(session: "Session", app: "App", who: str, action: str) -> int:
    """The contact meant, with the deed written down."""
    from saudager.errors import NotFound
    from saudager.operators import audit
    from saudager.people import card

    found = card.meant(session, who)
    if found is None:
        raise NotFound(f"no contact is known by {who!r}: give a phone number, an address of mail or a contact's number")
    about, now = f"contact:{found}", app.clock.now()
    audit.note(session, operator_id=None, who=_WHO, action=action, about=about, details={}, now=now)
    return found
