"""The command line: ``saudager COMMAND --help`` shows an example of each."""

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import click

from saudager import __version__
from saudager.cli import (
    automation,
    backups,
    contact,
    examining,
    images,
    key,
    knowledge,
    mail,
    measuring,
    operator,
    orders,
    outreach,
    preview,
    queues,
    sales,
)
from saudager.cli.running import example, load_settings, log_to, run_to_its_end, with_app
from saudager.errors import SaudagerError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from saudager.app import App, Service
    from saudager.providers.gateway import Finding


class _Commands(click.Group):
    """Shows our own errors as one sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SaudagerError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=_Commands)
@click.version_option(__version__, prog_name="saudager")
def main() -> None:
    """Saudager: a self-hosted AI salesperson for small and mid-size merchants."""


@example("saudager demo --port 8000")
@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address; it accepts no other.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    envvar="PORT",
    default=8000,
    show_default=True,
    help="Of its page; `make demo PORT=8001` too.",
)
def demo(host: str, port: int) -> None:
    """Try a made-up shop in the browser: no key, no network."""
    from saudager.settings import without_a_shop

    real = load_settings()
    settings = load_settings(
        **without_a_shop(),
        data_dir=real.data_dir / "demo",  # never among a real shop's documents and accounts
        knowledge_dir=None,
        prompts_dir=None,
        image_engines=("offline",),  # its ready series costs nothing
        shop_name="Тёплый Дом",
        sends_per_minute=0,
    )

    async def run() -> None:
        from saudager import console
        from saudager import demo as page
        from saudager.api import picture_files
        from saudager.bootstrap import bootstrap, connect_accounts
        from saudager.clock import MovableClock
        from saudager.console import walking_in
        from saudager.demo.sample_customers import CUSTOMERS
        from saudager.services import running

        app = bootstrap(settings, clock=MovableClock(running=True), hosted=False, poll=None)
        try:
            await connect_accounts(app, simulator=True)
            services = running(app, gateway=True, agent=True)

            def open_console(site: "FastAPI") -> None:
                console.open_on(site, app)
                site.include_router(walking_in.router(app))
                site.include_router(picture_files.router(app))

            await page.run(
                app,
                services,
                open_console,
                customers=CUSTOMERS,
                host=host,
                port=port,
                on_ready=lambda url: click.echo(f"Откройте {url}"),
            )
        finally:
            await app.close()

    run_to_its_end(run, settings, log="saudager.log")


@example("WAPPI_TOKEN=… WAPPI_PROFILE_ID=… saudager up")
@main.command()
def up() -> None:
    """Run gateway and agent in one process."""
    _serve(gateway=True, agent=True)


@example("saudager gateway")
@main.command()
def gateway() -> None:
    """Run only the service that talks to the messengers."""
    _serve(gateway=True, agent=False)


@example("saudager agent")
@main.command()
def agent() -> None:
    """Run only the service that thinks."""
    _serve(gateway=False, agent=True)


def _serve(*, gateway: bool, agent: bool) -> None:
    settings = load_settings()
    port = settings.port if gateway else settings.agent_port
    service: Service = "both" if gateway and agent else "gateway" if gateway else "agent"

    async def run(app: "App") -> None:
        from saudager import tracing
        from saudager.bootstrap import connect_accounts, connect_crm, connect_shops
        from saudager.cli import watching
        from saudager.cli.site import site
        from saudager.knowledge import library
        from saudager.lifetime import until_told_to_stop
        from saudager.services import running
        from saudager.web import serve

        if gateway:
            await connect_accounts(app)
            if not (app.channels or app.mailboxes):
                click.echo("No account is connected: connect one in the console, or see `saudager doctor`.", err=True)
        web = site(app)
        with tracing.exporting(settings.otel_exporter_otlp_endpoint, service):
            async with running(app, gateway=gateway, agent=agent):
                welcome = None
                if agent:
                    await connect_shops(app)
                    await connect_crm(app)
                    await app.db.run(library.ask_to_read, once=uuid4().hex, now=app.clock.now())
                    welcome = await operator.welcome_first_owner(app)

                def on_ready(url: str) -> None:
                    click.echo(f"Serving on {url}")
                    if welcome is not None:
                        address = settings.console_outside or url
                        click.echo(f"Choose the owner's password, within a day: {address}{welcome}")

                await until_told_to_stop(serve(web, settings.host, port, on_ready=on_ready), watching.telling(app))

    from saudager.bootstrap import bootstrap

    log = "saudager.log" if service == "both" else f"{service}.log"
    run_to_its_end(lambda: with_app(lambda: bootstrap(settings, service=service), run), settings, log=log)


async def _try_live(app: "App", number: str, account: str | None) -> bool:
    from saudager.errors import NotFound, Rejected
    from saudager.gateway import accounts
    from saudager.live_check import try_out
    from saudager.phones import normalise_phone

    phone = normalise_phone(number)
    if phone is None:
        raise Rejected(f"--live holds {number!r}: expected your own phone number")
    name = account or (await app.db.read(accounts.default)).name
    if name not in app.channels:
        raise NotFound(f"--account holds {name!r}: expected one of {', '.join(app.channels)}")
    healthy = True
    async for step in try_out(app.channels[name], f"{phone}@c.us", app.clock):
        mark = "YOU " if step.asks else "ok  " if step.good else "FIX "
        click.echo(f"{mark} {step.about}: {step.says}")
        healthy &= step.good
    return healthy


@example("saudager migrate")
@main.command()
def migrate() -> None:
    """Bring the database to the newest schema."""
    from saudager.backups import parts, unfinished
    from saudager.db.migrate import upgrade

    settings = load_settings()
    log_to(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    unfinished.require_none(settings.data_dir)
    for part in parts.databases(settings):
        upgrade(part.url, part.trees, setting=part.setting)
    click.echo("The database is at the newest schema.")


@example("saudager doctor --live 77010000001")
@main.command()
@click.option("--live", metavar="NUMBER", help="Also send a few messages to this number: your own phone, at hand.")
@click.option("--account", help="The account --live tries; the default one when not given.")
def doctor(live: str | None, account: str | None) -> None:
    """Test every connection and list what waits for a person; exit code 1 when something needs fixing."""
    from saudager.bootstrap import bootstrap, connect_accounts
    from saudager.doctor import examine

    async def run(app: "App") -> bool:
        healthy = True
        if app.service != "agent":
            await connect_accounts(app)
            if live is not None:
                healthy = await _try_live(app, live, account)
        async for finding in examine(app):
            if finding not in told:  # the agent has it from the gateway
                click.echo(f"{'ok  ' if finding.good else 'FIX '} {finding.about}: {finding.says}")
            told.add(finding)
            healthy &= finding.good
        return healthy

    told: set[Finding] = set()
    settings = load_settings()
    parts: tuple[Service, ...] = ("gateway", "agent") if settings.has_wire else ("both",)
    healthy = [
        run_to_its_end(lambda part=part: with_app(lambda: bootstrap(settings, service=part), run), settings)  # type: ignore[misc]
        for part in parts
    ]
    if not all(healthy):
        raise SystemExit(1)


for command in (
    outreach.outreach,
    orders.orders,
    sales.sales,
    preview.preview,
    queues.queues,
    mail.mail,
    knowledge.knowledge,
    key.key,
    operator.operator,
    contact.contact,
    automation.automation,
    examining.exam,
    images.images,
    measuring.bench,
    backups.backup,
    backups.restore,
    backups.upgrade,
):
    main.add_command(command)
