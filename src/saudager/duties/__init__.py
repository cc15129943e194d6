"""What each service does besides handling messages, in one list: who asks for it, what it is for, where it runs."""

from dataclasses import replace
from itertools import chain

from saudager.app import Service
from saudager.duties import automating, duty, housekeeping, in_crm, selling
from saudager.duties.duty import Duty
from saudager.queues import tasks
from saudager.queues.schedule import Job

AGENT = (*selling.DUTIES, *in_crm.DUTIES, *automating.DUTIES, *housekeeping.OF_AGENT, *housekeeping.OF_EACH_DATABASE)
GATEWAY = housekeeping.OF_GATEWAY
EVERY = tuple(dict.fromkeys((*AGENT, *GATEWAY, *housekeeping.OF_GATEWAY_APART)))


def of_gateway(service: Service) -> list[Duty]:
    """The gateway's, given whose tables its database has: one of its own it keeps in order itself."""
    own = housekeeping.OF_GATEWAY_APART if service == "gateway" else ()
    return [replace(one, queue=tasks.GATEWAY_QUEUE) for one in (*GATEWAY, *own)]


def everybodys_jobs(*, apart: bool) -> list[Job]:
    """What the clock asks for in both services; ``apart``: each has a database of its own."""
    gateways = of_gateway("gateway" if apart else "both")
    return list(chain(duty.jobs(AGENT), duty.jobs(gateways)))
