"""Which language models answer, and what they may cost a day."""

import asyncio
from datetime import datetime
from typing import cast

from pydantic import SecretStr
from sqlalchemy.orm import Session

from saudager import attention
from saudager.app import App
from saudager.attention import Why
from saudager.bootstrap.transcribers import reset_transcriber
from saudager.clock import Clock
from saudager.db.threads import Database
from saudager.engines import notices, trial
from saudager.engines.books import Books
from saudager.engines.budget import Budget
from saudager.engines.order import Engine, Engines
from saudager.engines.prices import Prices
from saudager.errors import ConfigurationError
from saudager.providers.llm import Call, LanguageModel
from saudager.settings import Settings

_NEEDED_BY = {"compatible": "compatible_base_url"}


def open_offline() -> LanguageModel:
    """The one that needs nobody."""
    from saudager.providers.llm.offline import OfflineModel

    return OfflineModel()


def open_engines(settings: Settings, offline: LanguageModel, books: Books) -> LanguageModel:
    """The hosted engines that have a key (one's own server: an address) in their order, then the offline one."""
    named = [name for name in settings.engines if getattr(settings, _NEEDED_BY.get(name, f"{name}_api_key"))]
    if not named:
        return offline
    engines = [_open_engine(settings, name) for name in dict.fromkeys(named)]
    books.budget = _budget(settings, engines, books.prices, now=books.clock.now())
    return Engines(engines, offline, books=books, clock=books.clock, deadline=settings.engine_deadline)


def open_books(settings: Settings, db: Database, clock: Clock) -> Books:
    """Where what the engines cost is kept."""
    return Books(
        db,
        clock,
        settings.zone,
        desk=_EngineDesk(),
        prices=Prices.read(settings.model_prices),
        max_tokens=settings.engine_max_tokens,
    )


def reset_engines(app: App, settings: Settings, *, listens: bool) -> None:
    before = app.model
    books = before.books if isinstance(before, Engines) else open_books(settings, app.db, app.clock)
    app.model = open_engines(settings, app.offline, books)
    if isinstance(before, Engines):
        app.retiring.append(asyncio.ensure_future(before.retire()))
    if listens:
        reset_transcriber(app, settings)


async def try_engine(app: App, settings: Settings, name: str) -> str:
    engine, books = _open_engine(settings, name), open_books(settings, app.db, app.clock)
    books.budget = _budget(settings, [engine], books.prices, now=app.clock.now())
    try:
        return await trial.one_word(engine, books, deadline=settings.engine_deadline)
    finally:
        await engine.model.close()


def _open_engine(settings: Settings, name: str) -> Engine:
    from saudager.providers.llm.agno import AgnoModel, Kind

    key: SecretStr | None = getattr(settings, f"{name}_api_key")
    model_id: str = getattr(settings, f"{name}_model")
    model = AgnoModel(
        name,
        cast(Kind, name),
        base_url=getattr(settings, f"{name}_base_url"),
        model=model_id,
        api_key="" if key is None else key.get_secret_value(),
        deadline=settings.engine_deadline,
        max_tokens=settings.engine_max_tokens,
    )
    return Engine(name, model_id, model, key)


def _budget(settings: Settings, engines: list[Engine], prices: Prices, *, now: datetime) -> Budget | None:
    """The day's cap; a cap that cannot count a model's calls would be none, so its price must be known."""
    if not settings.daily_budget:
        return None
    stand_in = notices.OFFLINE
    for engine in reversed(engines):
        price = prices.of(Call(engine.name, engine.model_id, tokens_in=1000, tokens_out=1000), at=now)
        if price is None:
            raise ConfigurationError(
                f"MODEL_PRICES has no price of {engine.model_id!r} ({engine.name.upper()}_MODEL), which no price list "
                f"knows, and DAILY_BUDGET cannot count it: expected {engine.model_id}=IN/OUT in US dollars per million "
                "tokens"
            )
        if price == 0:
            stand_in = notices.TITLES[engine.name]
    return Budget(settings.daily_budget, settings.usd_rate, stand_in=stand_in)


def reset_budget(app: App, settings: Settings) -> None:
    if isinstance(app.model, Engines):
        books = app.model.books
        books.budget = _budget(settings, list(app.model.engines), books.prices, now=app.clock.now())


class _EngineDesk:
    """An engine's trouble waits for a person like any other."""

    def ask(self, session: Session, about: str, reason: str, *, now: datetime) -> None:
        attention.ask(session, Why.ENGINE, about, reason, now=now)

    def settle(self, session: Session, about: str, *, now: datetime) -> None:
        attention.settle(session, Why.ENGINE, about, now=now)
