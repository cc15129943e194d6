"""How the gateway's and the agent's processes reach each other: a broker, and the gateway over HTTP."""

from saudager.app import App
from saudager.contracts import CONTRACT, EMAIL_TASKS
from saudager.errors import ConfigurationError
from saudager.gateway import office
from saudager.providers.gateway import Gateway
from saudager.providers.wires import DEAD, Wire
from saudager.queues import table
from saudager.settings import Settings


def open_wire(settings: Settings) -> Wire | None:
    """The broker that is named, None without one. Raises ConfigurationError for a queue's name that is taken."""
    named = settings.rabbitmq_email_queue
    if settings.has_wire and (named in CONTRACT.keys() - {EMAIL_TASKS} or named.endswith((DEAD, table.out("")))):
        raise ConfigurationError(f"RABBITMQ_EMAIL_QUEUE holds {named!r}: expected a name no other queue has")
    if settings.rabbitmq_url:
        from saudager.providers.wires.rabbitmq import RabbitMQWire

        return RabbitMQWire(settings.rabbitmq_url)
    if settings.redis_url:
        from saudager.providers.wires.redis import RedisWire

        return RedisWire(settings.redis_url, allow_volatile=settings.allow_volatile_redis)
    return None


def open_gateway(app: App) -> Gateway:
    """The gateway in a process of its own."""
    from saudager.providers.gateway.http import HttpGateway

    settings = app.settings
    return HttpGateway(settings.gateway_address, office.service_key(settings, app.vault), clock=app.clock)
