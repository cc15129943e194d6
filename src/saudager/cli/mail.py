"""``saudager mail``: the mailboxes letters leave from."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from saudager.cli.running import example, load_settings, run_to_its_end, with_app

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from saudager.app import App, Service


@click.group()
def mail() -> None:
    """The mailboxes letters leave from."""


@example("saudager mail list --json")
@mail.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def mail_list(as_json: bool) -> None:
    """Show the connected mailboxes, who carries their letters, and why one sends nothing."""

    async def run(app: "App") -> None:
        for box in await app.gateway.mailboxes():
            if as_json:
                click.echo(json.dumps(asdict(box), ensure_ascii=False, default=str))
                continue
            carriers = ", ".join(part.name for part in box.carriers)
            default, stopped = (
                " (default)" if box.is_default else "",
                f": {box.paused_reason}" * bool(box.paused_reason),
            )
            click.echo(f"{box.name}{default} by {carriers}{stopped}")

    _in_the_gateway(run)


@example("saudager mail try marat@example.kz --mailbox mail:sales@example.kz")
@mail.command("try")
@click.argument("address")
@click.option("--mailbox", help="From which; default: the default mailbox.")
def mail_try(address: str, mailbox: str | None) -> None:
    """Send a trial letter to your own address, and say who carried it."""
    from saudager.gateway import accounts

    async def run(app: "App") -> None:
        name = mailbox or (await app.db.read(accounts.default_mailbox)).name
        click.echo(await app.gateway.send_trial_letter(name, address))

    _in_the_gateway(run)


def _in_the_gateway(run: "Callable[[App], Coroutine[Any, Any, None]]") -> None:
    from saudager.bootstrap import bootstrap, connect_accounts

    async def connected(app: "App") -> None:
        await connect_accounts(app)
        await run(app)

    settings = load_settings()
    service: Service = "gateway" if settings.has_wire else "both"
    run_to_its_end(lambda: with_app(lambda: bootstrap(settings, service=service), connected), settings)
