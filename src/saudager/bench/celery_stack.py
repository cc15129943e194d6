"""The stack of the project's documents with nothing to do: a web service, a worker's tasks and beat's schedule."""

import os

from celery import Celery
from fastapi import FastAPI
from redis import Redis
from sqlalchemy import create_engine, text

_BROKER, _PREFIX = os.environ["STACK_BROKER"], os.environ["STACK_PREFIX"]
_WORKED = f"{_PREFIX}worked"

tasks = Celery("stack", broker=_BROKER)
tasks.conf.update(
    task_default_queue=f"{_PREFIX}tasks",
    broker_transport_options={"global_keyprefix": _PREFIX},
    broker_connection_retry_on_startup=True,
    beat_schedule={"check_contacts_for_followup": {"task": "check_contacts_for_followup", "schedule": 60.0}},
)
database = create_engine(os.environ["STACK_DATABASE"].replace("postgresql://", "postgresql+psycopg://", 1))
redis = Redis.from_url(_BROKER)
site = FastAPI()


@tasks.task(name="check_contacts_for_followup")  # type: ignore[untyped-decorator]
def check_contacts_for_followup() -> None:
    """What beat asks for every minute."""
    with database.connect() as connection:
        connection.execute(text("select 1"))
    redis.set(_WORKED, 1)


@site.on_event("startup")
def ask() -> None:
    """The first task, for which the worker is waited."""
    redis.delete(_WORKED)
    check_contacts_for_followup.delay()


@site.get("/health")
def health() -> dict[str, str]:
    """Database and broker answer."""
    with database.connect() as connection:
        connection.execute(text("select 1"))
    redis.ping()
    return {"status": "healthy"}


@site.get("/worked")
def worked() -> bool:
    """Whether the worker has done the first task."""
    return bool(redis.exists(_WORKED))
