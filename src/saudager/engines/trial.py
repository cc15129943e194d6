"""Trying an engine before anybody relies on it: one word asked, counted like any call, and the vendor's refusal."""

import asyncio

from saudager.engines import notices
from saudager.engines.books import Books
from saudager.engines.order import NOT_ASKED, TRIAL, Engine
from saudager.providers.llm import FaultKind, ModelFault

_ANSWERS = (FaultKind.BAD_OUTPUT, FaultKind.TRUNCATED)
"""Faults of one that was reached and let us in."""


async def one_word(engine: Engine, books: Books, *, deadline: float) -> str:
    """ "" when it answers, else why it does not, without its key; ``deadline`` is in seconds. Nobody is told of it."""
    await books.open()
    estimate = books.estimate(engine.name, engine.model_id, TRIAL)
    if not books.allow(estimate):
        return NOT_ASKED
    refused = ""
    try:
        with books.reserve(estimate):
            async with asyncio.timeout(deadline):
                calls = (await engine.model.write(TRIAL)).calls
    except ModelFault as fault:
        calls = (fault.call,)
        refused = "" if fault.kind in _ANSWERS else notices.masked(str(fault), engine.key)
    except TimeoutError:
        return f"{engine.name}: нет ответа за {deadline:g} с"
    books.count(calls, None, model=engine.model_id, estimate=estimate)
    await books.keep()
    return refused
