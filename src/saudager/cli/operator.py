"""``saudager operator``: who may enter the console, for whoever has the machine itself."""

import json
from typing import TYPE_CHECKING, Any

import click

from saudager.cli.running import example, in_the_agent

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from saudager.app import App

_WELCOME = "console/welcome/"
_WHO = "command line"


@click.group()
def operator() -> None:
    """Operators of the console."""


@example("saudager operator list")
@operator.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def operator_list(as_json: bool) -> None:
    """Show who may enter the console."""
    from saudager.operators import accounts

    async def read(app: "App") -> None:
        for entry in await app.db.read(accounts.everyone):
            one = entry.operator
            state = "disabled" if one.disabled_at else "invited" if entry.is_invited else "active"
            if as_json:
                seen_at = entry.seen_at and entry.seen_at.isoformat()
                shown: dict[str, Any] = {"login": one.login, "name": one.name, "role": one.role, "state": state}
                shown |= {"second_factor": one.second_factor is not None, "seen_at": seen_at}
                click.echo(json.dumps(shown, ensure_ascii=False))
            else:
                factor = ", second factor" if one.second_factor else ""
                click.echo(f"{one.login}: {one.name}, {one.role}, {state}{factor}")

    in_the_agent(read)


@example("saudager operator invite aigul --role manager")
@operator.command("invite")
@click.argument("login")
@click.option("--role", type=click.Choice(["viewer", "manager", "owner"]), required=True, help="What they may do.")
@click.option("--name", default="", help="What the console calls them; they may change it.")
def operator_invite(login: str, role: str, name: str) -> None:
    """Let somebody in: prints a link, good once and for seven days, by which they choose a password."""
    from saudager.operators import accounts
    from saudager.operators.roles import Role

    async def invite(app: "App") -> None:
        now = app.clock.now()

        def do(session: "Session") -> str:
            made, secret = accounts.invite(session, login, name, Role(role), now=now)
            _note(session, app, made.id, "operator.invited", role=role)
            return secret

        click.echo(app.settings.console_address + _WELCOME + await app.db.run(do))

    in_the_agent(invite)


@example("saudager operator reset aigul --drop-second-factor")
@operator.command("reset")
@click.argument("login")
@click.option("--drop-second-factor", is_flag=True, help="The phone is lost: let the password be enough.")
def operator_reset(login: str, drop_second_factor: bool) -> None:
    """Print a link, good once and for a day, by which they choose a new password. Ends the closing of their sign-in."""
    from saudager.errors import NotFound
    from saudager.operators import accounts, attempts, second_factor
    from saudager.operators.attempts import Limit

    async def reset(app: "App") -> None:
        now = app.clock.now()

        def do(session: "Session") -> str:
            found = accounts.by_login(session, login)
            if found is None:
                raise NotFound(f"no operator has the login {login!r}: `saudager operator list` shows them")
            if drop_second_factor:
                second_factor.turn_off(session, found.id, by="saudager operator reset", now=now)
            attempts.forgive(session, Limit.LOGIN, found.login)
            attempts.forgive(session, Limit.CODE, str(found.id))
            secret = accounts.let_choose_again(session, found.id, now=now)
            _note(session, app, found.id, "operator.reset", second_factor="dropped" if drop_second_factor else "kept")
            return secret

        click.echo(app.settings.console_address + _WELCOME + await app.db.run(do))

    in_the_agent(reset)


async def welcome_first_owner(app: "App") -> str | None:
    """The path of a new link that makes the first owner, below the address served; None once there is one."""
    from saudager.operators import links

    secret = await app.db.run(links.for_first_owner, now=app.clock.now())
    return secret and _WELCOME + secret


def _note(session: "Session", app: "App", operator_id: int, action: str, **details: Any) -> None:
    from saudager.operators import audit

    about, now = f"operator:{operator_id}", app.clock.now()
    audit.note(session, operator_id=None, who=_WHO, action=action, about=about, details=details, now=now)
