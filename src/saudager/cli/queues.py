"""``saudager queues``: the messages the services pass each other."""

import json
from typing import Any

import click

from saudager.cli.running import COMMAND_LINE, each_service, example


@click.group()
def queues() -> None:
    """The messages the services pass each other."""


@example("saudager queues list --json")
@queues.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON object.")
def queues_list(as_json: bool) -> None:
    """Show how many messages wait, are done and could not be handled, in the tables and in the broker."""
    from saudager.services import depths

    counts: dict[str, dict[str, int]] = {}
    each_service(lambda app: depths(app), lambda found: counts.update(found))
    if as_json:
        click.echo(json.dumps(counts, ensure_ascii=False))
        return
    for queue, states in sorted(counts.items()):
        click.echo(f"{queue}: " + ", ".join(f"{count} {state}" for state, count in states.items()))


@example("saudager queues dead --json")
@queues.command("dead")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def queues_dead(as_json: bool) -> None:
    """List what could not be handled, the newest first, with the reason, in the tables and in the broker."""
    from saudager.services import dead_letters

    def show(letters: list[dict[str, Any]]) -> None:
        for letter in letters:
            if as_json:
                click.echo(json.dumps(letter, ensure_ascii=False))
            else:
                name = " ".join(str(part) for part in (letter["queue"], letter["row"]) if part is not None)
                click.echo(f"{name}: {letter['reason']}\n    {letter['body'][:200]}")

    each_service(lambda app: dead_letters(app), show)


@example("saudager queues replay outgoing_messages --row 17")
@queues.command("replay")
@click.argument("queue")
@click.option("--row", type=int, help="Only the letter `queues dead` shows under this number.")
def queues_replay(queue: str, row: int | None) -> None:
    """Put what could not be handled back into its queue, with a fresh time to live; outgoing_messages.dead and the like
    are the broker's."""
    from saudager.services import replay

    revived: list[int] = []
    each_service(lambda app: replay(app, queue, row), revived.append)
    click.echo(f"{sum(revived)} put back into {queue}")


@example("saudager queues dismiss outgoing_messages 17")
@queues.command("dismiss")
@click.argument("queue")
@click.argument("row", type=int)
def queues_dismiss(queue: str, row: int) -> None:
    """Let go of what could not be handled, for good: the letter `queues dead` shows under this number."""
    from saudager.services import dismiss

    gone: list[bool] = []
    each_service(lambda app: dismiss(app, queue, row, who=COMMAND_LINE, elsewhere=any(gone)), gone.append)
    if not any(gone):
        raise click.ClickException(f"no dead letter {row} lies in {queue!r}: see `saudager queues dead`")
    click.echo(f"{queue} {row} is let go of")


@example("""saudager queues put outgoing_messages '{"phone_number": "77010000001", "message_text": "Здравствуйте!"}'""")
@queues.command("put")
@click.argument("queue")
@click.argument("message")
def queues_put(queue: str, message: str) -> None:
    """Hand a message in as another program would: plain JSON, what may be missing is filled in."""
    from saudager.services import put

    put_in: list[str | None] = []
    each_service(lambda app: put(app, queue, message.encode()), put_in.append)
    ids = [id for id in put_in if id]
    if not ids:
        raise click.ClickException(f"nothing may be put into {queue!r} by hand")
    click.echo(f"{ids[0]} waits in {queue}")
