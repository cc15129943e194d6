"""What each service serves: the console and the API, the webhooks, how it is."""

from functools import partial

from fastapi import FastAPI

from saudager import console
from saudager.api import (
    crm,
    desk,
    health,
    letters,
    office,
    openapi,
    orders,
    picture_files,
    pictures,
    sales,
    sales_data,
    seller,
    sold,
    unsubscribe,
    watch,
    webhooks,
)
from saudager.app import App
from saudager.cli import watching
from saudager.conversations import counts as said
from saudager.gateway import counts as passed
from saudager.gateway.health import last_poll
from saudager.gateway.mail_webhooks import receive as receive_of_mail
from saudager.gateway.office import service_key
from saudager.gateway.webhooks import confirm, receive
from saudager.web import make_web


def site(app: App) -> FastAPI:
    """Everything the process of ``app.service`` answers over HTTP."""
    gateway, agent = app.service != "agent", app.service != "gateway"
    web = make_web("Saudager", longest_body=webhooks.LONGEST_CALL, cors_origins=app.settings.cors_origins)
    ills = watching.not_well(app)
    web.include_router(health.router(app, ills, last_poll if gateway else None))
    counts = passed.since if gateway else said.since
    web.include_router(watch.router(app, counts, ills, watching.families(app)))
    if agent:
        _open_agent(web, app)
    if gateway:
        web.state.uploads |= webhooks.LONGEST_OF_MAIL
        web.include_router(webhooks.router(partial(receive, app), partial(confirm, app)))
        web.include_router(webhooks.router_of_mail(partial(receive_of_mail, app)))
        web.include_router(office.router(app.gateway, service_key(app.settings, app.vault)))
    return web


def _open_agent(web: FastAPI, app: App) -> None:
    for page in (desk, sales, orders, sold, seller, letters, sales_data, pictures, openapi, crm, unsubscribe):
        web.include_router(page.router(app))
    web.include_router(picture_files.router(app))
    for longest in (orders.longest_bodies(app), sales_data.longest_bodies(), pictures.longest_bodies(), crm.LONGEST):
        web.state.uploads |= longest
    console.open_on(web, app)
