"""The tokens of an account are renewed by one of all processes, never lost, and a person is told when they end."""

import asyncio
import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from saudager.app import App
from saudager.attention import Why
from saudager.crm import connections, tokens
from saudager.crm.models import CrmConnection
from saudager.errors import BadCredentials, OutsideError
from tests.crm.conftest import OpenApp
from tests.crm.merchant import Merchant

pytestmark = pytest.mark.slow


@pytest.mark.both_kinds
async def test_two_processes_that_renew_at_once_lose_nothing(merchant: Merchant, open_app: OpenApp) -> None:
    await merchant.says_yes()
    another = open_app()
    for _ in range(3):
        merchant.kommo.requests.clear()
        merchant.kommo.expire()
        merchant.kommo.latency = 0.02
        asked = [_asks(app, merchant.id) for app in (merchant.app, another) for _ in range(3)]
        assert len(set(await merchant.ends(asyncio.gather(*asked)))) == 1
        assert merchant.kommo.requests["refresh"] == 1
    assert (await merchant.connection()).problem is None
    kept = json.loads(merchant.app.vault.open((await merchant.connection()).secrets or ""))
    assert merchant.kommo._auth.knows(kept["refresh_token"], merchant.clock.now())


async def test_tokens_are_renewed_ahead_of_their_end_and_outlive_three_months(merchant: Merchant) -> None:
    await merchant.says_yes()
    await merchant.syncs()
    merchant.time_passes(hours=23, minutes=30)
    merchant.kommo.requests.clear()
    assert await merchant.sweeps()
    assert merchant.kommo.requests["refresh"] == 1
    for _ in range(4):
        merchant.time_passes(days=30)
        assert await merchant.sweeps()
    assert (await merchant.connection()).problem is None


async def test_an_answer_that_was_lost_is_asked_for_once_more_and_then_a_person_is(merchant: Merchant) -> None:
    await merchant.says_yes()
    await merchant.syncs()
    merchant.kommo.expire()
    merchant.kommo.fail("refresh", "cut_before")
    assert await merchant.sweeps()

    merchant.kommo.expire()
    merchant.kommo.fail("refresh", "cut_after")
    merchant.kommo.requests.clear()
    assert not await merchant.sweeps()
    assert merchant.kommo.requests["refresh"] == 2
    (entry,) = await merchant.desk()
    assert (entry.kind, entry.about) == (Why.CRM, f"crm:{merchant.id}")
    assert "Подключите CRM заново" in entry.reason

    await merchant.says_yes()
    assert await merchant.desk() == []
    assert await merchant.sweeps()


async def test_who_died_while_renewing_is_waited_for_and_then_replaced(merchant: Merchant) -> None:
    await merchant.says_yes()
    connection = await merchant.connection()
    known = tokens.unseal(merchant.app.vault, connection)
    now = merchant.clock.now()
    assert await merchant.app.db.run(tokens._take_turn, merchant.id, "the dead", known.sealed, now=now)

    renewed = await merchant.ends(tokens.renew(merchant.app, merchant.id, known.tokens))

    assert renewed.tokens.access_token != known.tokens.access_token
    assert timedelta(minutes=2) < merchant.clock.now() - now < timedelta(minutes=5)
    assert (await merchant.connection()).secrets == renewed.sealed


async def test_who_was_only_slow_brings_back_what_had_been_given_up(merchant: Merchant, open_app: OpenApp) -> None:
    await merchant.says_yes()
    known = tokens.unseal(merchant.app.vault, await merchant.connection())
    kind = merchant.app.crms["kommo"]
    assert known.integration is not None
    now = merchant.clock.now()
    assert await merchant.app.db.run(tokens._take_turn, merchant.id, "slow", known.sealed, now=now)
    got = await merchant.ends(kind.refresh(merchant.kommo.base_url, known.integration, known.tokens, merchant.clock))
    sealed, another = tokens.seal(merchant.app.vault, got, known.integration), open_app()
    keep = partial(tokens._kept, merchant.app, merchant.id, "slow", known.sealed, sealed, got)
    with pytest.raises(BadCredentials):
        await merchant.ends(tokens.renew(another, merchant.id, known.tokens))
    assert len(await merchant.desk()) == 1

    await keep()

    assert await merchant.desk() == []
    assert await merchant.ends(_asks(another, merchant.id))


async def test_who_is_refused_while_the_slow_one_stores_takes_what_he_stored(
    merchant: Merchant, open_app: OpenApp
) -> None:
    await merchant.says_yes()
    known = tokens.unseal(merchant.app.vault, await merchant.connection())
    kind = merchant.app.crms["kommo"]
    assert known.integration is not None
    got = await merchant.ends(kind.refresh(merchant.kommo.base_url, known.integration, known.tokens, merchant.clock))
    sealed, refuse = tokens.seal(merchant.app.vault, got, known.integration), merchant.kommo._open
    stored = list[Any]()

    def refuses(asked: Any) -> Any:
        if not stored:
            keep = tokens._kept(merchant.app, merchant.id, "slow", known.sealed, sealed, got)
            stored.append(asyncio.ensure_future(keep))
        return refuse(asked)

    merchant.kommo._open = refuses  # type: ignore[method-assign]
    renewed = await merchant.ends(tokens.renew(open_app(), merchant.id, known.tokens))
    await asyncio.gather(*stored)
    assert renewed.sealed == sealed
    assert await merchant.desk() == []


async def test_an_account_that_was_taken_away_is_left_alone_until_it_is_connected_again(merchant: Merchant) -> None:
    await merchant.says_yes()
    await merchant.syncs()
    merchant.kommo.revoke()
    assert not await merchant.sweeps()
    connection = await merchant.connection()
    assert connection.problem is not None
    assert [one.kind for one in await merchant.desk()] == [Why.CRM]

    merchant.kommo.requests.clear()
    with pytest.raises(BadCredentials):
        await merchant.ends(_asks(merchant.app, merchant.id))
    await merchant.is_told(b"leads[add][0][id]=3000001")
    await merchant.reads_news()
    assert not merchant.kommo.requests
    due = connection.read_until
    assert due is not None and due - merchant.clock.now() > timedelta(minutes=50)

    lead = merchant.kommo.add_lead("Пока нас не было")
    await merchant.says_yes()
    assert await merchant.sweeps()
    assert (await merchant.lead(lead)).name == "Пока нас не было"
    assert await merchant.desk() == []
    assert len(await merchant.stored(CrmConnection)) == 1


async def test_an_account_that_moves_is_found_at_its_new_address(merchant: Merchant) -> None:
    await merchant.says_yes()
    await merchant.syncs()
    moved_to = merchant.kommo.rename()
    lead = merchant.kommo.add_lead("После переезда")
    assert await merchant.sweeps()
    assert (await merchant.connection()).base_url == moved_to
    assert (await merchant.lead(lead)).name == "После переезда"


async def test_a_crm_that_cannot_be_reached_takes_nothing_away(merchant: Merchant) -> None:
    await merchant.says_yes()
    await merchant.syncs()
    merchant.kommo.expire()
    merchant.kommo.fail_always("refresh", "503")
    with pytest.raises(OutsideError, match="503"):
        await merchant.ends(_asks(merchant.app, merchant.id))
    assert (await merchant.connection()).problem is None
    merchant.kommo.heal()
    assert await merchant.ends(_asks(merchant.app, merchant.id))


async def _asks(app: App, connection_id: int) -> str:
    async with connections.at_work(app, connection_id) as crm:
        return (await crm.account()).name
