"""What a service tells of itself: what is not well with it, its figures, and whom it tells unasked."""

from collections.abc import Coroutine
from functools import partial
from typing import Any

from saudager.api import health
from saudager.api.watch import Families
from saudager.app import App
from saudager.crm import counts as crm
from saudager.engines import counts as engines
from saudager.gateway import absence
from saudager.gateway import health as accounts
from saudager.machine import Ailments
from saudager.operators import troubles
from saudager.orders import counts as orders
from saudager.overview import counts as waiting


def not_well(app: App) -> Ailments:
    """What makes ``/health`` of ``app.service`` less than healthy."""
    parts: list[Ailments] = [partial(troubles.missing if app.service == "agent" else accounts.ailments, app)]
    parts += [partial(absence.missing, app)] if app.service == "gateway" else _rooms(app)
    return health.ailments_of(app, *parts)


def families(app: App) -> list[Families]:
    """What ``/metrics`` shows besides the day and the queues."""
    of_gateway: list[Families] = [partial(accounts.families, app)]
    of_agent: list[Families] = [orders.families, crm.families, waiting.families, partial(engines.families, app)]
    return [*(of_gateway if app.service != "agent" else ()), *(of_agent if app.service != "gateway" else ())]


def telling(app: App) -> Coroutine[Any, Any, None]:
    """Tell the shop's people what is not well, for as long as it runs."""
    if app.service == "gateway":
        return absence.keep_watch(app)
    return troubles.keep_telling(app, *_rooms(app), apart=app.service == "agent")


def _rooms(app: App) -> list[Ailments]:
    return [partial(crm.ailments, app), partial(orders.ailments, app)]
