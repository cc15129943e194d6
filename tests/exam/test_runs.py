"""An exam taken from the console: in a process of its own, one at a time, kept and compared."""

import pytest

from saudager.errors import NotFound, Refused
from saudager.exam import runs
from saudager.rehearsal import Shop
from tests.conftest import OpenShop


async def _begin(shop: Shop, suite: str = "intent") -> int:
    return await shop.app.db.run(runs.begin, suite, "offline", by="Марат", now=shop.clock.now())


@pytest.mark.slow
async def test_an_exam_runs_to_its_report(open_shop: OpenShop) -> None:
    shop = await open_shop()
    number = await _begin(shop)
    await shop.settles()
    run = await shop.app.db.read(runs.get, number)
    assert (run.state, run.fault) == ("done", None)
    assert run.result is not None
    assert run.result["suite"] == "intent"
    assert run.done == run.total == run.result["total"] > 50


@pytest.mark.slow
async def test_a_cancelled_exam_ends_without_a_report(open_shop: OpenShop) -> None:
    shop = await open_shop()
    number = await _begin(shop, "answers")
    await shop.app.db.run(runs.cancel, number, now=shop.clock.now())
    await shop.settles()
    run = await shop.app.db.read(runs.get, number)
    assert (run.state, run.result) == ("cancelled", None)


@pytest.mark.slow
async def test_an_exam_that_cannot_be_taken_says_why(open_shop: OpenShop) -> None:
    shop = await open_shop()
    number = await shop.app.db.run(runs.begin, "answers", "agno", by="Марат", now=shop.clock.now())
    await shop.settles()
    run = await shop.app.db.read(runs.get, number)
    assert run.state == "failed"
    assert "no hosted engine is set" in (run.fault or "")


async def test_only_one_exam_runs_at_a_time(open_shop: OpenShop) -> None:
    shop = await open_shop()

    def twice(session: object) -> None:
        runs.begin(session, "intent", "offline", by="Марат", now=shop.clock.now())  # type: ignore[arg-type]
        runs.begin(session, "optout", "offline", by="Айгуль", now=shop.clock.now())  # type: ignore[arg-type]

    with pytest.raises(Refused, match="уже идёт"):
        await shop.app.db.run(twice)
    with pytest.raises(NotFound):
        await _begin(shop, "handwriting")


async def test_a_report_is_compared_with_the_one_before(open_shop: OpenShop) -> None:
    shop = await open_shop()

    def take(session: object, wrong: list[int]) -> int:
        now = shop.clock.now()
        number = runs.begin(session, "intent", "offline", by="Марат", now=now)  # type: ignore[arg-type]
        result = {"total": 10, "passed": 10 - len(wrong), "accuracy": 0.5, "wrong": [{"case": one} for one in wrong]}
        runs.close(session, number, result, None, now=now)  # type: ignore[arg-type]
        return number

    await shop.app.db.run(take, [1, 2])
    last = await shop.app.db.run(take, [2, 3])
    run = await shop.app.db.read(runs.get, last)
    before = await shop.app.db.read(runs.former, run)
    assert runs.changes(run, before) == ([3], [1])
