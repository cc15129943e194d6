"""What a service tells of itself: what is not well with it, and its figures."""

from functools import partial

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


def not_well(app: App, *, gateway: bool, agent: bool) -> Ailments:
    """What makes ``/health`` less than healthy."""
    parts: list[Ailments] = [partial(accounts.ailments, app)] if gateway else [partial(troubles.missing, app)]
    parts += rooms(app) if agent else [partial(absence.missing, app)]
    return health.ailments_of(app, *parts)


def rooms(app: App) -> list[Ailments]:
    """What the agent reads elsewhere and could not."""
    return [partial(crm.ailments, app), partial(orders.ailments, app)]


def families(app: App, *, gateway: bool, agent: bool) -> list[Families]:
    """What ``/metrics`` shows besides the day and the queues."""
    of_gateway: list[Families] = [partial(accounts.families, app)]
    of_agent: list[Families] = [orders.families, crm.families, waiting.families, partial(engines.families, app)]
    return [*(of_gateway if gateway else ()), *(of_agent if agent else ())]
