"""An account is connected by a long-lived token or by the merchant's yes, and disconnected and connected again."""

import json

import httpx
import pytest
from sqlalchemy.orm import Session

from saudager.bench.kommo_auth import ACCOUNT_ID
from saudager.bootstrap import connect_crm
from saudager.crm import connecting, tokens
from saudager.crm.models import CrmAuthorization, CrmConnection, CrmLead
from saudager.errors import BadCredentials, Refused, Rejected
from tests import databases
from tests.crm.merchant import Merchant


async def test_a_long_lived_token_is_tried_before_it_is_kept_and_kept_sealed(merchant: Merchant) -> None:
    with pytest.raises(BadCredentials):
        await merchant.connects("a-token-nobody-made")
    with pytest.raises(Rejected):
        await merchant.ends(
            connecting.connect_long_lived(merchant.app, "kommo", "https://kommo.com.evil.example", "token")
        )
    with pytest.raises(Refused):
        await merchant.connects("токен")
    assert await merchant.stored(CrmConnection) == []

    token = merchant.kommo.long_lived_token
    await merchant.connects(token)

    connection = await merchant.connection()
    assert connection.secrets is not None and token not in connection.secrets
    assert json.loads(merchant.app.vault.open(connection.secrets)) == {"access_token": token}
    assert (connection.base_url, connection.problem, connection.disconnected_at) == (
        merchant.kommo.base_url,
        None,
        None,
    )


@pytest.mark.both_kinds
async def test_an_account_that_is_connected_twice_at_once_is_one(merchant: Merchant) -> None:
    def connects(session: Session) -> None:
        row = {"vendor": "kommo", "account_id": ACCOUNT_ID, "base_url": merchant.kommo.base_url, "title": "Магазин"}
        now = merchant.clock.now()
        session.add(CrmConnection(**row, currency="KZT", strategy="mailbox", connected_at=now))
        session.flush()

    await databases.meanwhile(merchant.app.db, connects, merchant.connects)
    assert [one.secrets is not None for one in await merchant.stored(CrmConnection)] == [True]


async def test_the_merchants_yes_is_good_once_in_his_own_session_and_for_twenty_minutes(merchant: Merchant) -> None:
    state = await merchant.begins_oauth(session_id=7)
    kept = (await merchant.stored(CrmAuthorization))[0]
    assert state not in kept.digest and merchant.kommo.integration.client_secret not in kept.integration

    with pytest.raises(Refused):
        await merchant.comes_back(state, merchant.kommo.code(), session_id=8)
    with pytest.raises(Refused):
        await merchant.comes_back("a-state-nobody-made", merchant.kommo.code())
    late = await merchant.begins_oauth()
    merchant.time_passes(minutes=20)
    with pytest.raises(Refused):
        await merchant.comes_back(late, merchant.kommo.code())
    with pytest.raises(Refused):
        await merchant.comes_back(state, merchant.kommo.code())
    assert await merchant.stored(CrmConnection) == []

    again = await merchant.begins_oauth()
    merchant.id = await merchant.comes_back(again, merchant.kommo.code())
    with pytest.raises(Refused):
        await merchant.comes_back(again, merchant.kommo.code())
    assert (await merchant.connection()).expires_at is not None
    assert await merchant.syncs() is not None


async def test_a_code_that_is_used_or_an_address_elsewhere_connects_nothing(merchant: Merchant) -> None:
    code = merchant.kommo.code()
    await merchant.comes_back(await merchant.begins_oauth(), code)
    with pytest.raises(Rejected, match="revoked"):
        await merchant.comes_back(await merchant.begins_oauth(), code)
    state, asked = await merchant.begins_oauth(), len(merchant.kommo.asked)
    with pytest.raises(Rejected):
        await merchant.ends(
            connecting.finish_oauth(merchant.app, state, merchant.kommo.code(), "evil.example", session_id=7)
        )
    assert len(merchant.kommo.asked) == asked
    assert len(await merchant.stored(CrmConnection)) == 1


async def test_where_to_tell_its_news_is_told_and_a_plan_without_webhooks_stops_nothing(merchant: Merchant) -> None:
    await merchant.connects()
    merchant.kommo.fail("subscribe", "402")
    assert await merchant.syncs() is not None
    connection = await merchant.connection()
    assert connection.hooked_at is None and connection.hook_problem is not None
    assert connection.problem is None and connection.synced_at is not None

    await merchant.disconnects()
    await merchant.connects()
    await merchant.syncs()
    connection = await merchant.connection()
    assert connection.hooked_at is not None and connection.hook_problem is None
    assert merchant.kommo.subscribed == connecting.address_of_hook(merchant.app, merchant.id)
    assert httpx.URL(merchant.kommo.subscribed).path.startswith(f"/crm/hooks/{merchant.id}/")


async def test_a_disconnected_account_is_forgotten_and_keeps_its_mirror_for_the_next_time(merchant: Merchant) -> None:
    kept, moved = merchant.kommo.add_lead("Чайник"), merchant.kommo.add_lead("Плита")
    first = await merchant.connects()
    await merchant.syncs()
    row = await merchant.lead(kept)

    await merchant.disconnects()
    connection = await merchant.connection()
    assert (connection.secrets, connection.hooked_at, merchant.kommo.subscribed) == (None, None, None)
    assert not await merchant.sweeps()
    assert await merchant.syncs() is None
    assert await merchant.is_told(b"leads[add][0][id]=1") == [401]

    merchant.time_passes(days=40)
    merchant.kommo.move(moved, stage="Думает")
    assert await merchant.connects() == first
    await merchant.syncs()
    assert (await merchant.lead(kept)).id == row.id
    assert (await merchant.lead(moved)).stage_vendor_id == merchant.kommo.stage("Думает")
    assert len(await merchant.stored(CrmLead)) == 2
    assert await merchant.happened() == []


async def test_the_environment_connects_an_account_once_and_asks_a_person_when_it_does_not_open(
    merchant: Merchant, settings
) -> None:
    merchant.app.settings = settings(kommo_base_url=merchant.kommo.base_url, kommo_token="wrong")
    await merchant.ends(connect_crm(merchant.app))
    assert ["Kommo" in one.reason for one in await merchant.desk()] == [True]

    merchant.app.settings = settings(
        kommo_base_url=merchant.kommo.base_url, kommo_token=merchant.kommo.long_lived_token
    )
    await merchant.ends(connect_crm(merchant.app))
    (connection,) = await merchant.stored(CrmConnection)
    assert await merchant.desk() == []
    merchant.id = connection.id
    another = merchant.kommo.long_lived_token
    merchant.app.settings = settings(kommo_base_url=merchant.kommo.base_url, kommo_token=another)
    await merchant.ends(connect_crm(merchant.app))
    assert tokens.unseal(merchant.app.vault, await merchant.connection()).tokens.access_token == another
    await merchant.disconnects()
    await merchant.ends(connect_crm(merchant.app))
    assert (await merchant.connection()).disconnected_at is not None
