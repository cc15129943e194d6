"""What Kommo tells is read again before it is believed, whatever order it comes in and however often."""

from datetime import timedelta

from saudager.crm import connections, mirror, news
from saudager.crm.models import CrmLead
from tests.crm.merchant import Merchant


async def test_what_is_told_is_read_again_once_and_told_on(merchant: Merchant) -> None:
    await merchant.connects()
    person = merchant.kommo.add_contact("Айгерим", phone="+7 701 555 01 01")
    lead = merchant.kommo.add_lead("Чайник", contact=person, price=9990)
    await merchant.syncs()

    merchant.time_passes(minutes=1)
    merchant.kommo.move(lead, stage="Думает")
    merchant.time_passes(minutes=1)
    merchant.kommo.move(lead, stage=142)
    newcomer = merchant.kommo.add_contact("Болат", phone="+7 701 555 02 02")
    second = merchant.kommo.add_lead("Плита", contact=newcomer, stage="Думает")
    calls = merchant.kommo.hook_calls()
    late_first = [*reversed(calls), *calls]
    assert set(await merchant.is_told(*late_first)) == {200}
    merchant.kommo.requests.clear()
    assert await merchant.reads_news() == len(calls)
    assert merchant.kommo.requests["leads"] == merchant.kommo.requests["contacts"] == 1

    told = await merchant.happened()
    assert sorted(kind for kind, _ in told) == ["lead_added", "lead_stage_changed", "lead_won"]
    facts = dict(told)["lead_stage_changed"]
    assert facts == {
        "lead": (await merchant.lead(lead)).id,
        "name": "Чайник",
        "price": 9990,
        "pipeline": "Воронка",
        "stage": "Успешно реализовано",
        "old_stage": "Новая",
        "responsible": "Админ",
    }
    joined = (await merchant.person(newcomer)).contact_id
    (event,) = [one for one in await _events(merchant) if one.kind == "lead_added"]
    assert joined is not None and event.contact_id == joined
    assert event.about == f"lead:{(await merchant.lead(second)).id}"

    assert await merchant.sweeps()
    assert await merchant.happened() == told
    merchant.time_passes(minutes=1)
    merchant.kommo.change_lead(second, price=5000)
    await merchant.is_told()
    await merchant.reads_news()
    assert [kind for kind, _ in await merchant.happened()][len(told) :] == ["lead_changed"]


async def test_a_forged_or_unreadable_call_changes_nothing(merchant: Merchant) -> None:
    await merchant.connects()
    lead = merchant.kommo.add_lead("Чайник", price=9990)
    await merchant.syncs()
    body = f"leads[status][0][id]={lead}&leads[status][0][status_id]=142&leads[status][0][price]=1".encode()

    assert await merchant.is_told(body, secret="0" * 32) == [401]
    assert await merchant.is_told(body, connection=merchant.id + 1) == [401]
    assert await merchant.is_told(body, connection=10**30, secret="0" * 32) == [401]
    assert await merchant.is_told(b"\xff\xfe", b"{}", b"") == [400, 400, 400]
    assert await merchant.is_told(b"leads[add][0][id]=1&x=" + b"y" * news.LONGEST_CALL) == [413]
    assert await merchant.is_told(b"task[add][0][id]=5") == [200]
    assert await merchant.reads_news() == 0

    assert await merchant.is_told(body, b"leads[add][0][id]=999999") == [200, 200]
    assert await merchant.reads_news() == 2
    row = await merchant.lead(lead)
    assert (row.price, row.stage_vendor_id) == (9990, merchant.kommo.stage("Новая"))
    assert len(await merchant.stored(CrmLead)) == 1
    assert await merchant.happened() == []


async def test_what_is_deleted_is_known_to_be_gone_and_comes_back_when_it_is_restored(merchant: Merchant) -> None:
    await merchant.connects()
    person = merchant.kommo.add_contact("Айгерим", phone="+7 701 555 01 01")
    lead = merchant.kommo.add_lead("Чайник", contact=person)
    await merchant.syncs()
    merchant.time_passes(minutes=1)
    merchant.kommo.delete_lead(lead)
    merchant.kommo.delete_contact(person)
    await merchant.is_told()
    await merchant.reads_news()
    assert (await merchant.lead(lead)).is_deleted and (await merchant.person(person)).is_deleted

    merchant.time_passes(minutes=1)
    restored = {"is_deleted": False, "updated_at": int(merchant.clock.now().timestamp())}
    merchant.kommo.leads.put({**merchant.kommo.leads[lead], **restored})
    await merchant.sweeps()
    assert not (await merchant.lead(lead)).is_deleted

    missed = merchant.clock.now() - timedelta(seconds=30)
    await merchant.app.db.run(mirror.gone, CrmLead, merchant.id, [lead], read_at=missed)
    assert not (await merchant.lead(lead)).is_deleted


async def test_what_changes_while_an_account_is_read_anew_is_told_on(merchant: Merchant) -> None:
    await merchant.connects()
    first, second = merchant.kommo.add_lead("Чайник"), merchant.kommo.add_lead("Плита")
    await merchant.syncs()
    merchant.time_passes(minutes=1)
    await merchant.run(connections.read_anew, merchant.id)
    merchant.kommo.move(first, stage="Думает")
    assert await merchant.is_told() and await merchant.reads_news()
    merchant.kommo.move(second, stage=142)
    assert await merchant.syncs() is not None
    assert await merchant.sweeps()
    told = sorted(kind for kind, _ in await merchant.happened())
    assert told == ["lead_stage_changed", "lead_stage_changed", "lead_won"]


async def test_a_stage_that_was_just_added_is_known_by_its_name(merchant: Merchant) -> None:
    await merchant.connects()
    lead = merchant.kommo.add_lead("Чайник")
    await merchant.syncs()
    merchant.time_passes(minutes=1)
    pipeline = merchant.kommo.add_pipeline("Опт", ["Договор"])
    merchant.kommo.move(lead, pipeline=pipeline, stage="Договор")
    await merchant.is_told()
    await merchant.reads_news()
    ((kind, facts),) = await merchant.happened()
    assert (kind, facts["pipeline"], facts["stage"]) == ("lead_stage_changed", "Опт", "Договор")


async def test_news_that_cannot_be_read_now_are_met_by_the_next_sweep(merchant: Merchant) -> None:
    await merchant.connects()
    lead = merchant.kommo.add_lead("Чайник")
    await merchant.syncs()
    merchant.time_passes(minutes=1)
    merchant.kommo.move(lead, stage="Думает")
    await merchant.is_told()
    merchant.kommo.fail_always("leads", "403")
    await merchant.reads_news()
    assert (await merchant.connection()).problem is not None
    merchant.kommo.heal()
    assert await merchant.sweeps()
    assert (await merchant.lead(lead)).stage_vendor_id == merchant.kommo.stage("Думает")
    assert [kind for kind, _ in await merchant.happened()] == ["lead_stage_changed"]


async def _events(merchant: Merchant):
    from saudager.events.models import Event

    return await merchant.stored(Event)
