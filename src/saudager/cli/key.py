"""``saudager key``: what other programs show to be let in."""

import json
from typing import TYPE_CHECKING, Any

import click

from saudager.cli.running import each_service, example

if TYPE_CHECKING:
    from saudager.app import App
    from saudager.keys import Key


@click.group()
def key() -> None:
    """Keys of the API."""


@example("saudager key create board --scope watch")
@key.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(["watch", "desk", "orders", "letters", "pictures", "all"]),
    multiple=True,
    required=True,
    help="What it opens; may be given more than once.",
)
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")
def key_create(name: str, scopes: tuple[str, ...], as_json: bool) -> None:
    """Make a key. It is shown once: only its hash is kept."""
    from saudager import keys

    made, opens = keys.new(), [keys.Scope(scope) for scope in scopes]

    async def keep(app: "App") -> None:
        await app.db.run(keys.keep, made, name, opens, now=app.clock.now())

    each_service(keep, lambda nothing: None)
    click.echo(json.dumps({"name": name, "scopes": scopes, "key": made}) if as_json else made)


@example("saudager key list")
@key.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def key_list(as_json: bool) -> None:
    """Show which keys there are, but not the keys."""
    from saudager import keys

    found: dict[str, dict[str, Any]] = {}

    def note(listed: "list[Key]") -> None:
        for one in listed:
            made, gone = one.created_at, one.revoked_at
            found[one.name] = {
                "name": one.name,
                "scopes": one.scopes,
                "created_at": made and made.isoformat(),
                "revoked_at": gone and gone.isoformat(),
            }

    each_service(lambda app: app.db.read(keys.everyone), note)
    for entry in found.values():
        if as_json:
            click.echo(json.dumps(entry))
        else:
            state = f"revoked {entry['revoked_at']}" if entry["revoked_at"] else f"made {entry['created_at']}"
            click.echo(f"{entry['name']}: {', '.join(entry['scopes'])}; {state}")


@example("saudager key revoke board")
@key.command("revoke")
@click.argument("name")
def key_revoke(name: str) -> None:
    """Let a key open nothing any more."""
    from saudager import keys
    from saudager.errors import NotFound

    async def revoke(app: "App") -> bool:
        return await app.db.run(keys.revoke, name, now=app.clock.now())

    revoked: list[bool] = []
    each_service(revoke, revoked.append)
    if not any(revoked):
        raise NotFound(f"no key named {name!r} is in use")
    click.echo(f"{name} opens nothing any more")
