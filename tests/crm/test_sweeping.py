"""What no webhook told is found by a sweep; old news never overwrite newer ones."""

from dataclasses import replace
from datetime import timedelta

import pytest

from saudager.crm import mirror, sweeping
from saudager.crm.models import CrmLead
from tests.crm.merchant import Merchant


@pytest.mark.both_kinds
async def test_what_no_webhook_told_is_found_by_a_sweep(merchant: Merchant) -> None:
    merchant.kommo.fill(contacts=30, leads=30)
    await merchant.connects()
    await merchant.syncs()
    first, second, third, *_ = merchant.kommo.leads
    merchant.time_passes(minutes=10)
    merchant.kommo.move(first, stage="Думает")
    merchant.kommo.delete_lead(second)
    added = merchant.kommo.add_lead("Новая", contact=merchant.kommo.add_contact("Болат", email="b@example.kz"))
    merchant.kommo.hook_calls()

    merchant.kommo.requests.clear()
    assert await merchant.sweeps()
    assert merchant.kommo.requests["leads"] == merchant.kommo.requests["contacts"] == 1
    assert (await merchant.lead(first)).stage_vendor_id == merchant.kommo.stage("Думает")
    assert (await merchant.lead(added)).name == "Новая"
    assert {"lead_added", "lead_stage_changed"} <= {kind for kind, _ in await merchant.happened()}

    merchant.time_passes(days=1, hours=1)
    assert await merchant.sweeps()
    assert (await merchant.lead(second)).is_deleted
    assert not (await merchant.lead(third)).is_deleted


async def test_sweeps_follow_one_another_by_themselves_and_each_account_on_its_own(merchant: Merchant) -> None:
    assert await merchant.app.db.read(sweeping.next_due) is None
    await merchant.connects()
    await merchant.syncs()
    swept = await merchant.ends(sweeping.crm_sweep(merchant.app, "first"))
    assert swept == {"accounts": 1, "swept": 1}
    due = await merchant.app.db.read(sweeping.next_due)
    assert due is not None and timedelta(minutes=9) < due - merchant.clock.now() <= timedelta(minutes=10)
    assert (await merchant.ends(sweeping.crm_sweep(merchant.app, "too early")))["accounts"] == 0

    merchant.kommo.fail_always("leads", "429")
    merchant.time_passes(minutes=10)
    assert await merchant.ends(sweeping.crm_sweep(merchant.app, "asked too much")) == {"accounts": 1, "swept": 0}
    assert await merchant.desk() == []
    for number in range(8):
        merchant.time_passes(minutes=10)
        await merchant.ends(sweeping.crm_sweep(merchant.app, f"still {number}"))
    assert len(await merchant.desk()) == 1
    merchant.kommo.heal()
    merchant.time_passes(minutes=10)
    assert await merchant.ends(sweeping.crm_sweep(merchant.app, "well")) == {"accounts": 1, "swept": 1}
    assert await merchant.desk() == []


@pytest.mark.both_kinds
async def test_older_news_never_overwrite_newer_ones(merchant: Merchant) -> None:
    lead = merchant.kommo.add_lead("Чайник", price=100)
    await merchant.connects()
    await merchant.syncs()
    crm = merchant.app.opened_crms[merchant.id][1]
    (old,) = await merchant.ends(crm.leads_by_id([lead]))
    at = merchant.clock.now() + timedelta(minutes=1)
    newer = replace(old, price=300, changed_at=old.changed_at + timedelta(seconds=30))
    same_second = replace(newer, price=400)

    async def take(one, read_at) -> int:
        taken = {"read_at": read_at, "is_first": False, "settings": merchant.app.settings}
        await merchant.run(mirror.take_leads, merchant.id, [one], **taken)
        return (await merchant.lead(lead)).price

    assert await take(newer, at) == 300
    assert await take(old, at + timedelta(minutes=5)) == 300
    assert await take(same_second, at + timedelta(seconds=1)) == 400
    assert await take(newer, at) == 400
    assert len(await merchant.stored(CrmLead)) == 1
