"""Connections: messengers, mailboxes, models, queues, the doctor; where the outside world is plugged in and mended."""

from fastapi import APIRouter

from saudager.app import App
from saudager.console.connections import channels, doctor, engine_forms, engines, jobs, mail, queues, trial_mail
from saudager.console.connections.asking import AskingGateway

WATCHES = channels.WATCHES | trial_mail.WATCHES | queues.WATCHES


def router(app: App) -> APIRouter:
    routes = APIRouter(prefix="/console/connections", route_class=AskingGateway)
    for tab in (channels, mail, trial_mail, engines, engine_forms, queues, jobs, doctor):
        tab.add_to(routes, app)
    return routes
