"""``saudager outreach``: the brake on messages nobody asked for."""

from typing import TYPE_CHECKING

import click

from saudager.cli.running import each_service, example

if TYPE_CHECKING:
    from saudager.app import App


@click.group()
def outreach() -> None:
    """Follow-ups, offers and other messages nobody asked for."""


@example("saudager outreach resume wappi:71ad40e9-b023")
@outreach.command("resume")
@click.argument("account")
def outreach_resume(account: str) -> None:
    """Let a number that was stopped write first again."""
    from saudager.errors import NotFound
    from saudager.outreach import accounts

    async def resume(app: "App") -> bool:
        if app.service == "gateway":
            return False
        return await app.db.run(accounts.resume, account, app.clock.now())

    resumed: list[bool] = []
    each_service(resume, resumed.append)
    if not any(resumed):
        raise NotFound(f"{account!r} is not stopped")
    click.echo(f"{account} may write first again")
