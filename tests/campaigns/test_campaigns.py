"""A campaign from its segment to its results: drafts for all, a person's word, a pace, a stop, and what it brought."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from saudager.clock import MovableClock
from saudager.contracts import EMAIL_TASKS
from saudager.errors import NotFound, Refused
from saudager.letters import campaigns, desk, drafting, results, sending
from saudager.letters.campaigns import Plan
from saudager.letters.models import Campaign, CampaignMember, Letter, LetterState
from saudager.outreach import consent
from saudager.outreach.models import OutreachVerdict, SuppressedAddress
from saudager.rehearsal import Shop
from saudager.sales.models import Person
from saudager.sales.segments import Everyone
from tests.campaigns import people
from tests.conftest import OpenShop

pytestmark = pytest.mark.slow

PLAN = Plan(name="К новому году", segment=Everyone(), account=people.MAILBOX, context="Новые решения")


async def _shop(open_shop: OpenShop, **settings: Any) -> Shop:
    usual = {"public_url": "https://shop.example", "mail_per_minute": 0}
    shop: Shop = await open_shop(**usual | settings)
    return shop


async def _people(shop: Shop, count: int, **known: Any) -> list[int]:
    """People of a company each, which has bought."""

    def make(session: Session) -> list[int]:
        now, ids = shop.clock.now(), []
        for number in range(count):
            person = people.person(session, f"person{number}@firm.example", now=now, **known)
            people.invoice(session, person.company_id, "120000", on=date(2025, 11, 3), now=now)
            ids.append(person.id)
        return ids

    return await shop.app.db.run(make)


async def _drafted(shop: Shop, plan: Plan = PLAN) -> int:
    id: int = await shop.app.db.run(campaigns.make, plan, by="Айгерим", now=shop.clock.now())
    await shop.time_passes(minutes=1)
    return id


async def _campaign(shop: Shop, id: int) -> Campaign:
    return await shop.app.db.read(campaigns.one, id)


async def _progress(shop: Shop, id: int) -> campaigns.Progress:
    return await shop.app.db.read(campaigns.progress, id, now=shop.clock.now())


async def _start(shop: Shop, id: int) -> None:
    await shop.app.db.run(campaigns.approve_all, id, by="Айгерим", now=shop.clock.now())
    await shop.app.db.run(campaigns.start, id, now=shop.clock.now())
    await shop.settles()


async def test_everybody_in_the_segment_gets_a_draft_of_his_own_and_nothing_is_sent(open_shop: OpenShop) -> None:
    shop = await _shop(open_shop)
    await _people(shop, 5)

    id = await _drafted(shop)

    assert (await _campaign(shop, id)).state == "ready"
    progress = await _progress(shop, id)
    assert (progress.meant, progress.drafted, progress.left_out) == (5, 5, 0)
    assert progress.of(LetterState.DRAFT) == 5
    assert progress.by_fallback == 5
    drafts = await shop.app.db.read(lambda session: session.scalars(select(Letter)).all())
    assert len({letter.person_id for letter in drafts}) == 5
    assert all(letter.subject and letter.body and letter.context == "Новые решения" for letter in drafts)
    assert not shop.mail.delivered


async def test_drafts_are_asked_for_a_few_at_a_time(open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafting, "_WRITTEN_AT_ONCE", 3)
    monkeypatch.setattr(drafting, "_PAGE", 4)
    shop = await _shop(open_shop)
    await _people(shop, 11)
    asked: list[int] = []

    def waiting(session: Session) -> int:
        row = session.connection().exec_driver_sql(
            f"select count(*) from queue_messages where queue = '{EMAIL_TASKS}' and state = 0"
        )
        return int(row.scalar_one())

    id = await shop.app.db.run(campaigns.make, PLAN, by="Айгерим", now=shop.clock.now())
    for _ in range(8):
        asked.append(await shop.app.db.read(waiting))
        await shop.time_passes(seconds=1)

    assert max(asked) <= 3
    assert (await _progress(shop, id)).of(LetterState.DRAFT) == 11
    assert (await _campaign(shop, id)).state == "ready"


async def test_who_gets_no_letter_is_noted_with_the_reason(open_shop: OpenShop) -> None:
    shop = await _shop(open_shop)
    ids = await _people(shop, 6)

    def prepare(session: Session) -> None:
        now = shop.clock.now()
        session.execute(update(Person).where(Person.id == ids[0]).values(consent="refused"))
        session.add(SuppressedAddress(address="person1@firm.example", reason="bounced", since=now))
        session.add(SuppressedAddress(address="person2@firm.example", reason="complained", since=now))
        session.execute(update(Person).where(Person.id == ids[4]).values(email="person5@firm.example"))

    await shop.app.db.run(prepare)

    id = await _drafted(shop)

    left_out = await shop.app.db.read(
        lambda session: dict(
            session.execute(
                select(CampaignMember.person_id, CampaignMember.left_out).where(CampaignMember.campaign_id == id)
            ).all()
        )
    )
    assert left_out == {
        ids[0]: "opted_out",
        ids[1]: "bounced",
        ids[2]: "complained",
        ids[3]: None,
        ids[4]: None,
        ids[5]: "same_address",
    }
    assert (await _progress(shop, id)).left_out == 4


async def test_the_hold_out_is_drawn_before_anybody_writes(open_shop: OpenShop) -> None:
    shop = await _shop(open_shop, holdout_share=0.4)
    await _people(shop, 20)

    id = await _drafted(shop)

    held_out = (await shop.app.db.read(campaigns.left_out, id))["held_out"]
    assert 2 <= held_out <= 14
    assert (await _progress(shop, id)).of(LetterState.DRAFT) == 20 - held_out
    again = await _drafted(shop)
    assert (await shop.app.db.read(campaigns.left_out, again))["held_out"] == held_out


async def test_approving_all_leaves_those_nobody_asked_to_a_persons_eyes(open_shop: OpenShop) -> None:
    shop = await _shop(open_shop)
    ids = await _people(shop, 4)
    await shop.app.db.run(
        lambda session: session.execute(update(Person).where(Person.id == ids[0]).values(consent=None))
    )
    id = await _drafted(shop)

    approved = await shop.app.db.run(campaigns.approve_all, id, by="Айгерим", now=shop.clock.now())

    assert (approved.letters, approved.no_consent) == (3, 1)
    unread = await shop.app.db.read(
        lambda session: session.scalars(select(Letter).where(Letter.state == LetterState.DRAFT)).one()
    )
    assert (unread.person_id, unread.reason) == (ids[0], "no_consent")


async def test_service_letters_need_nobodys_consent(open_shop: OpenShop) -> None:
    shop = await _shop(open_shop)
    await _people(shop, 2, consent=None)
    plan = Plan(name="Перенос склада", segment=Everyone(), account=people.MAILBOX, purpose="service")

    id = await _drafted(shop, plan)

    approved = await shop.app.db.run(campaigns.approve_all, id, by="Айгерим", now=shop.clock.now())
    assert (approved.letters, approved.no_consent) == (2, 0)


async def test_approved_letters_go_and_the_campaign_is_done(open_shop: OpenShop) -> None:
    shop = await _shop(open_shop)
    await _people(shop, 3)
    id = await _drafted(shop)

    await _start(shop, id)

    assert {one.letter.recipient.email for one in shop.mail.delivered} == {
        f"person{number}@firm.example" for number in range(3)
    }
    campaign = await _campaign(shop, id)
    assert (campaign.state, campaign.started_at, campaign.ended_at) == ("done", shop.clock.now(), shop.clock.now())
    brought = await shop.app.db.read(results.of, id, zone=shop.app.settings.zone)
    assert (brought.sent, brought.letters) == (3, {"sent": 3})


async def test_nothing_starts_before_it_is_drafted_and_approved_and_it_starts_once(open_shop: OpenShop) -> None:
    shop = await _shop(open_shop)
    await _people(shop, 1)
    now = shop.clock.now()
    id = await shop.app.db.run(campaigns.make, PLAN, by="Айгерим", now=now)
    with pytest.raises(Refused, match="ещё пишутся"):
        await shop.app.db.run(campaigns.start, id, now=now)
    await shop.time_passes(minutes=1)
    with pytest.raises(Refused, match="не одобрено"):
        await shop.app.db.run(campaigns.start, id, now=now)

    await _start(shop, id)

    with pytest.raises(Refused, match="уже начата"):
        await shop.app.db.run(campaigns.start, id, now=now)
    assert len(shop.mail.delivered) == 1


async def test_stop_takes_back_everything_the_gateway_has_not_got(open_shop: OpenShop) -> None:
    shop = await _shop(open_shop, mail_per_minute=1)
    await _people(shop, 60)
    id = await _drafted(shop)
    await shop.app.db.run(campaigns.approve_all, id, by="Айгерим", now=shop.clock.now())

    await shop.app.db.run(campaigns.start, id, now=shop.clock.now())
    await sending.send_due(shop.app, "test")
    await shop.settles()
    assert len(shop.mail.delivered) == 1
    stopped = await shop.app.db.run(campaigns.stop, id, now=shop.clock.now())

    went = 60 - stopped
    assert 0 < went <= 21  # what the gateway had, and what had left before
    states = await shop.app.db.read(
        lambda session: dict(session.execute(select(Letter.state, func.count()).group_by(Letter.state)).all())
    )
    assert states == {"sent": went, "dropped": stopped} if went else {"dropped": stopped}
    assert (await _campaign(shop, id)).state == "stopped"
    await shop.time_passes(hours=30)
    assert len(shop.mail.delivered) == went


async def test_stop_while_drafting_ends_the_drafts(open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafting, "_WRITTEN_AT_ONCE", 2)
    shop = await _shop(open_shop)
    await _people(shop, 10)
    id = await shop.app.db.run(campaigns.make, PLAN, by="Айгерим", now=shop.clock.now())
    await shop.settles()

    await shop.app.db.run(campaigns.stop, id, now=shop.clock.now())
    await shop.time_passes(minutes=2)

    progress = await _progress(shop, id)
    assert sum(progress.letters.values()) == progress.of(LetterState.DROPPED) < 10
    with pytest.raises(Refused):
        await shop.app.db.run(campaigns.stop, id, now=shop.clock.now())


async def test_drafting_goes_on_where_it_was_cut_off(open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its task is lost between two looks; nobody gets two letters."""
    monkeypatch.setattr(drafting, "_WRITTEN_AT_ONCE", 2)
    shop = await _shop(open_shop)
    await _people(shop, 6)
    id = await shop.app.db.run(campaigns.make, PLAN, by="Айгерим", now=shop.clock.now())
    await shop.settles()
    await shop.app.db.run(
        lambda session: session.connection().exec_driver_sql("delete from queue_messages where queue = 'tasks'")
    )
    await shop.app.db.run(
        lambda session: session.connection().exec_driver_sql("delete from queue_lanes where queue = 'tasks'")
    )
    await shop.time_passes(minutes=1)
    assert (await _campaign(shop, id)).state == "drafting"

    await shop.app.db.run(campaigns.go_on_drafting, id, now=shop.clock.now())
    await shop.time_passes(minutes=1)

    assert (await _campaign(shop, id)).state == "ready"
    drafts = await shop.app.db.read(lambda session: session.scalars(select(Letter.person_id)).all())
    assert len(drafts) == len(set(drafts)) == 6


async def test_drafts_left_over_are_finished_by_a_person(open_shop: OpenShop) -> None:
    shop = await _shop(open_shop)
    ids = await _people(shop, 2)
    await shop.app.db.run(
        lambda session: session.execute(update(Person).where(Person.id == ids[0]).values(consent=None))
    )
    id = await _drafted(shop)
    await _start(shop, id)
    assert (await _campaign(shop, id)).state == "sending"

    await shop.app.db.run(campaigns.finish, id, now=shop.clock.now())

    assert (await _campaign(shop, id)).state == "done"
    assert (await _progress(shop, id)).letters == {"sent": 1, "dropped": 1}


@pytest.mark.parametrize("name", ["", "  ", "x" * 201])
async def test_a_campaign_needs_a_name(open_shop: OpenShop, name: str) -> None:
    shop = await _shop(open_shop)

    with pytest.raises(Refused, match="Назовите"):
        await shop.app.db.run(
            campaigns.make, Plan(name=name, segment=Everyone(), account=people.MAILBOX), by="А", now=shop.clock.now()
        )
    with pytest.raises(NotFound):
        await shop.app.db.read(campaigns.one, 12)


async def test_an_empty_segment_is_ready_at_once(open_shop: OpenShop) -> None:
    shop = await _shop(open_shop)

    id = await _drafted(shop)

    assert (await _campaign(shop, id)).state == "ready"
    assert (await _progress(shop, id)).meant == 0


async def test_an_answer_a_bounce_and_a_click_are_counted(open_shop: OpenShop) -> None:
    shop = await _shop(open_shop)
    ids = await _people(shop, 4)
    id = await _drafted(shop)
    await _start(shop, id)

    def happen(session: Session) -> None:
        letters = session.scalars(select(Letter).order_by(Letter.person_id)).all()
        fates = (("read", None), ("delivered", None), ("failed", "bounced: 550 no such user"), ("sent", None))
        for letter, (fate, reason) in zip(letters, fates, strict=True):
            session.execute(
                update(OutreachVerdict)
                .where(OutreachVerdict.about == f"letter:{letter.id}")
                .values(fate=fate, reason=reason)
            )
        person = session.get_one(Person, ids[1])
        assert person.contact_id is not None
        consent.note(session, person.contact_id, consent.OFFERS, "отписался", shop.clock.now())

    await shop.app.db.run(happen)

    brought = await shop.app.db.read(results.of, id, zone=shop.app.settings.zone)
    assert (brought.sent, brought.delivered, brought.opened, brought.bounced) == (4, 2, 1, 1)
    assert (brought.unsubscribed, brought.failed, brought.unsettled, brought.answered) == (1, 0, 0, 0)


@pytest.mark.both_kinds
async def test_purchases_after_it_are_compared_with_the_held_out(open_shop: OpenShop, storage: str | None) -> None:
    shop = await _shop(open_shop, holdout_share=0.5, mail_per_day=1000)
    ids = await _people(shop, 40)
    id = await _drafted(shop)
    await _start(shop, id)
    today = shop.clock.now().date()

    def buy(session: Session) -> tuple[int, int]:
        rows = session.execute(
            select(CampaignMember.company_id, CampaignMember.left_out).order_by(CampaignMember.id)
        ).all()
        written = [company for company, left_out in rows if left_out is None]
        held_out = [company for company, left_out in rows if left_out == "held_out"]
        for company in written[:5]:
            people.invoice(session, company, "1000", on=today + timedelta(days=3), now=shop.clock.now())
        people.invoice(session, written[0], "-200", on=today + timedelta(days=5), now=shop.clock.now())
        people.invoice(session, written[1], "70", on=today + timedelta(days=5), now=shop.clock.now(), currency="USD")
        people.invoice(session, written[6], "1000", on=today, now=shop.clock.now())
        people.invoice(session, held_out[0], "300", on=today + timedelta(days=9), now=shop.clock.now())
        return len(written), len(held_out)

    written, held_out = await shop.app.db.run(buy)

    brought = await shop.app.db.read(results.of, id, zone=shop.app.settings.zone)
    assert written + held_out == len(ids)
    assert (brought.written_to.companies, brought.written_to.buyers) == (written, 5)
    assert {name: str(sum) for name, sum in brought.written_to.revenue.items()} == {"KZT": "4800.00", "USD": "70.00"}
    assert (brought.held_out.companies, brought.held_out.buyers) == (held_out, 1)
    assert brought.meant == brought.written_to
    assert brought.difference is not None
    assert brought.difference.value == pytest.approx(5 / written - 1 / held_out)
    assert brought.difference.low < brought.difference.value < brought.difference.high


async def test_before_it_starts_there_is_nothing_to_compare(open_shop: OpenShop) -> None:
    shop = await _shop(open_shop, holdout_share=0.5)
    await _people(shop, 10)
    id = await _drafted(shop)

    brought = await shop.app.db.read(results.of, id, zone=shop.app.settings.zone)

    assert brought.difference is None
    assert brought.meant.companies + brought.held_out.companies == 10
    assert json.dumps(brought.left_out)
    assert isinstance(shop.clock, MovableClock)


async def test_a_letter_written_after_its_campaign_is_over_goes_unless_that_was_stopped(open_shop: OpenShop) -> None:
    shop = await _shop(open_shop)
    await _people(shop, 1)
    id = await _drafted(shop)
    await _start(shop, id)
    assert (await _campaign(shop, id)).state == "done"

    def write(session: Session, state: str, email: str) -> int:
        session.get_one(Campaign, id).state = state
        person, now = people.person(session, email, now=shop.clock.now()), shop.clock.now()
        return people.letter(session, person, now=now, campaign_id=id, state=LetterState.DRAFT, due_at=None)

    await shop.time_passes(minutes=1)
    late = await shop.app.db.run(write, "done", "late@firm.example")
    await shop.app.db.run(desk.approve, late, "Айгерим", now=shop.clock.now())
    await shop.settles()
    assert len(shop.mail.delivered) == 2

    stopped = await shop.app.db.run(write, "stopped", "stopped@firm.example")
    for deed in (desk.approve, desk.send):
        with pytest.raises(Refused, match="остановлена"):
            await shop.app.db.run(deed, stopped, "Айгерим", now=shop.clock.now())
    await shop.time_passes(minutes=2)
    assert len(shop.mail.delivered) == 2
