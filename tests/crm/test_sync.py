"""An account is read for the first time, whatever stops it on the way, and whatever changes while it is read."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from saudager.conversations.models import Contact
from saudager.crm import sync
from saudager.crm.models import CrmContact, CrmField, CrmLead, CrmPipeline, CrmStage, CrmUser
from saudager.doctor import examine
from tests.crm.merchant import Merchant

pytestmark = pytest.mark.slow


@pytest.mark.both_kinds
async def test_all_of_it_is_read_in_few_requests_and_told_of_as_it_goes(merchant: Merchant) -> None:
    merchant.kommo.fill(pipelines=3, fields=20, contacts=600, leads=600, users=4)
    await merchant.connects()
    merchant.kommo.requests.clear()

    counts = await merchant.syncs()

    expected = {"pipelines": 3, "fields": 20, "users": 4, "contacts": 600, "people": 600, "leads": 600}
    assert {name: counts[name] for name in expected} == expected
    assert merchant.kommo.requests["contacts"] == merchant.kommo.requests["leads"] == 3
    assert sync.words(counts) == "контакты: 600, сделки: 600"
    connection = await merchant.connection()
    assert connection.synced_at is not None and connection.swept_until is not None
    assert [len(await merchant.stored(table)) for table in (CrmPipeline, CrmField, CrmUser)] == [3, 20, 4]
    kinds = {one.kind for one in await merchant.stored(CrmStage)}
    assert kinds == {"incoming", "open", "won", "lost"}
    number, row = next(iter(merchant.kommo.leads.items()))
    lead = await merchant.lead(number)
    assert (lead.name, lead.price, lead.stage_vendor_id) == (row["name"], row["price"], row["status_id"])
    person = await merchant.person(lead.contact_vendor_id or 0)
    assert person.phones == ["77010000000"] and person.emails == ["client0@example.test"]
    assert await merchant.names(person.contact_id or 0) == {("phone", "77010000000"), ("email", "client0@example.test")}
    assert await merchant.app.db.read(lambda session: session.scalar(select(func.count(Contact.id)))) == 600
    assert await merchant.happened() == []

    assert await merchant.sweeps()
    assert await merchant.happened() == []
    findings = [one.says for one in await merchant.ends(_findings(merchant)) if "CRM" in one.about]
    assert len(findings) == 1 and "прочитан" in findings[0]


@pytest.mark.both_kinds
async def test_stopped_at_any_request_it_goes_on_and_reads_one_page_again_at_most(merchant: Merchant) -> None:
    merchant.kommo.fill(pipelines=2, fields=4, contacts=520, leads=520)
    await merchant.connects()
    merchant.kommo.requests.clear()
    stops = 0
    for passes in (0, 1, 3, 5, *[1] * 20):
        merchant.kommo.heal()
        merchant.kommo.fail("", *["ok"] * passes, *["403"] * 4)
        if await merchant.syncs() is not None:
            break
        stops += 1
        merchant.time_passes(hours=1)
    merchant.kommo.heal()
    assert await merchant.syncs() is not None
    assert stops == 9
    assert len(await merchant.stored(CrmLead)) == len(await merchant.stored(CrmContact)) == 520
    progress = (await merchant.connection()).progress or {}
    assert (progress["contacts"], progress["leads"], progress["people"]) == (520, 520, 520)
    read = merchant.kommo.requests
    assert read["contacts"] + read["leads"] <= 6 + 2 * stops
    assert await merchant.desk() == []


async def test_nobody_is_missed_because_rows_move_while_they_are_read(merchant: Merchant) -> None:
    merchant.kommo.fill(contacts=700, leads=10)
    numbers = list(merchant.kommo.contacts)
    await merchant.connects()
    read = merchant.app.opened_crms
    moves = iter((numbers[3], numbers[300], numbers[5]))
    act = merchant.kommo._act

    def changes_meanwhile(asked: Any) -> Any:
        reply = act(asked)
        if asked.kind == "contacts" and (moved := next(moves, None)) is not None:
            merchant.kommo.change_contact(moved, name="Новое имя")
            merchant.kommo.delete_contact(moved + 1)
        return reply

    merchant.kommo._act = changes_meanwhile  # type: ignore[method-assign]
    await merchant.syncs()
    assert read
    known = {one.vendor_id for one in await merchant.stored(CrmContact)}
    assert set(numbers) - known <= {numbers[4], numbers[301], numbers[6]}
    assert await merchant.sweeps()
    assert (await merchant.person(numbers[3])).name == "Новое имя"


async def test_more_rows_than_a_page_holds_may_be_changed_within_one_second(merchant: Merchant) -> None:
    at = merchant.clock.now() - timedelta(days=1)
    for number in range(620):
        merchant.kommo.add_lead(f"Сделка {number}", at=at if number > 20 else at - timedelta(seconds=number))
    await merchant.connects()
    numbers, act = list(merchant.kommo.leads), merchant.kommo._act

    def changes_meanwhile(asked: Any) -> Any:
        reply = act(asked)
        if asked.kind == "leads" and asked.one("page") == "2" and merchant.kommo.requests["leads"] == 3:
            for number in numbers[30:35]:
                merchant.kommo.change_lead(number, price=1)
        return reply

    merchant.kommo._act = changes_meanwhile  # type: ignore[method-assign]
    await merchant.syncs()
    assert len(await merchant.stored(CrmLead)) == 620


async def test_an_account_whose_plan_has_no_filters_is_read_by_counting_pages(merchant: Merchant) -> None:
    merchant.kommo.fill(contacts=510, leads=3)
    await merchant.connects()
    act = merchant.kommo._act

    def heeds_no_filter(asked: Any) -> Any:
        asked.query[:] = [(key, value) for key, value in asked.query if not key.startswith("filter[updated_at]")]
        return act(asked)

    merchant.kommo._act = heeds_no_filter  # type: ignore[method-assign]
    await merchant.syncs()
    assert len(await merchant.stored(CrmContact)) == 510
    assert await merchant.sweeps()


async def test_who_asks_too_much_rests_and_loses_nothing(merchant: Merchant) -> None:
    merchant.kommo.fill(contacts=300, leads=300)
    await merchant.connects()
    merchant.kommo.fail("leads", *["429"] * 10)
    assert await merchant.syncs() is None
    assert (await merchant.connection()).problem is None
    merchant.kommo.heal()
    merchant.time_passes(minutes=10)
    assert await merchant.syncs() is not None
    assert len(await merchant.stored(CrmLead)) == 300


async def _findings(merchant: Merchant) -> list[Any]:
    return [finding async for finding in examine(merchant.app)]
