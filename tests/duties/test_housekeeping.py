"""What is old goes by itself at night, what is young stays, and doing it twice changes nothing."""

import os
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from saudager import duties, events
from saudager.app import App
from saudager.automation.models import Automation, RuleRun
from saudager.bootstrap import TRIAL_MAILBOX, bootstrap, connect_accounts
from saudager.clock import MovableClock
from saudager.conversations.models import Conversation
from saudager.db.base import AgentBase
from saudager.errors import NotFound, Refused
from saudager.events import Happened
from saudager.events.models import Event
from saudager.followups import plan
from saudager.followups.rules import Stop
from saudager.gateway import media
from saudager.gateway.models import LoggedMessage
from saudager.importing import uploads
from saudager.operators import accounts, attempts, audit, links, sessions, tidying
from saudager.operators.attempts import Limit
from saudager.operators.links import Purpose
from saudager.operators.models import AuditEntry, KnownBrowser, OneTimeLink, OperatorSession, SignInFailure, SystemMail
from saudager.operators.roles import Role
from saudager.outreach import consent
from saudager.providers.llm.scripted import ScriptedModel
from saudager.queues import schedule, table, tasks
from saudager.queues.table import Policy
from saudager.rehearsal import OPENING, Shop
from saudager.sales import deals
from saudager.settings import Settings
from tests.conftest import OpenShop

pytestmark = [pytest.mark.both_kinds, pytest.mark.slow]
LETTERS = Policy("letters", max_attempts=1)
EVERY = {one.task: one for one in duties.EVERY}


@pytest.fixture
async def app(settings: Callable[..., Settings]) -> AsyncIterator[App]:
    """The product with nothing running, so that nothing is done but what the test asks for."""
    opened = bootstrap(settings(media_kept_days=30), clock=MovableClock(OPENING), hosted=False, poll=None)
    await connect_accounts(opened, simulator=True)
    yield opened
    await opened.close()


async def done(app: App, task: str) -> int:
    """How much went."""
    gone: int = await EVERY[task].work(app, task_id="test")
    return gone


def later(app: App, **span: float) -> None:
    assert isinstance(app.clock, MovableClock)
    app.clock.move_to(app.clock.now() + timedelta(**span))


async def count(app: App, table: type[AgentBase]) -> int:
    def rows(session: Session) -> int:
        return session.scalar(select(func.count()).select_from(table)) or 0

    return await app.db.read(rows)


def sign_in_everything(session: Session, *, now: datetime) -> None:
    """One of each of what signing in leaves behind."""
    owner = accounts.create(session, f"marat{now:%m%d}", "Марат", Role.OWNER, password_digest="x", now=now)
    links.make(session, Purpose.RESET, owner.id, now=now)
    sessions.begin(session, owner.id, address="192.0.2.1", browser="Firefox", now=now)
    sessions.begin(session, owner.id, address="192.0.2.1", browser="Firefox", awaits_code=True, now=now)
    attempts.admit(session, Limit.LOGIN, f"marat{now}", now=now)
    session.execute(insert(KnownBrowser).values(operator_id=owner.id, digest="ab", seen_at=now))
    mail = {"kind": "reset", "recipient": "marat@firm.example", "state": "sent", "at": now}
    session.execute(insert(SystemMail).values(operator_id=owner.id, outgoing_id=f"system:{now}", **mail))


SIGN_INS = (OneTimeLink, OperatorSession, SignInFailure, KnownBrowser, SystemMail)


async def test_what_signing_in_leaves_behind_goes_each_in_its_time(app: App):
    await app.db.run(sign_in_everything, now=app.clock.now())
    left = []
    for days in (1, 20, 30, 150):
        later(app, days=days)
        if days == 150:
            await app.db.run(sign_in_everything, now=app.clock.now())
        await done(app, "forget_sign_ins")
        left.append([await count(app, one) for one in SIGN_INS])
    assert left == [[1, 1, 0, 1, 1], [1, 0, 0, 1, 1], [0, 0, 0, 1, 1], [1, 2, 1, 1, 1]]
    assert await done(app, "forget_sign_ins") == 0


async def test_much_of_it_goes_in_one_night_though_in_short_transactions(app: App):
    def fill(session: Session, *, at: datetime) -> None:
        mail = {"kind": "reset", "recipient": "m@firm.example", "state": "sent", "at": at}
        session.execute(insert(SystemMail), [mail | {"outgoing_id": f"system:{n}"} for n in range(1201)])

    await app.db.run(fill, at=app.clock.now() - tidying.MAILS_KEPT)
    assert await done(app, "forget_sign_ins") == 1201


async def test_a_job_that_is_under_way_is_not_asked_for_again(app: App):
    def ask(session: Session) -> None:
        schedule.run_now(session, "weekly_digest", queue=LETTERS.queue, now=app.clock.now())

    await app.db.run(ask)
    with pytest.raises(Refused):
        await app.db.run(ask)
    await app.db.run(handle_all, now=app.clock.now())
    await app.db.run(ask)


def handle_all(session: Session, *, now: datetime) -> None:
    for lease in table.claim(session, LETTERS, limit=10, now=now):
        table.finish(session, lease, now=now)


def handle(session: Session, *, now: datetime) -> None:
    """A message is handled, another one cannot be, a third waits, and the clock's own task is done."""
    for what in ("done", "dead"):
        table.publish(session, LETTERS.queue, {}, id=f"{what} {now:%m-%d}", key=what, now=now)
    schedule.run_now(session, "weekly_digest", queue=LETTERS.queue, now=now)
    for lease in table.claim(session, LETTERS, limit=10, now=now):
        if lease.key == "dead":
            table.fail(session, LETTERS, lease, "no such address", now=now)
        else:
            table.finish(session, lease, now=now)
    table.publish(session, LETTERS.queue, {}, id=f"waits {now:%m-%d}", key="waits", now=now)


def kept(session: Session) -> tuple[dict[str, int], bool]:
    return table.depth(session)[LETTERS.queue], bool(schedule.last_runs(session, queue=LETTERS.queue))


async def test_handled_messages_go_after_three_days_and_runs_of_the_clock_after_eight(app: App):
    await app.db.run(handle, now=app.clock.now())
    later(app, days=2, hours=23)
    assert await done(app, "forget_handled_messages") == 0
    later(app, hours=2)
    assert await done(app, "forget_handled_messages") == 1
    assert await done(app, "forget_handled_messages") == 0
    assert await app.db.read(kept) == ({"waiting": 1, "done": 1, "dead": 1}, True)
    later(app, days=5)
    assert await done(app, "forget_handled_messages") == 1
    assert await app.db.read(kept) == ({"waiting": 1, "done": 0, "dead": 1}, False)


async def test_what_could_not_be_handled_waits_for_a_person_ninety_days(app: App):
    await app.db.run(handle, now=app.clock.now())
    later(app, days=80)
    await app.db.run(handle, now=app.clock.now())
    later(app, days=9)
    assert await done(app, "forget_dead_letters") == 0
    later(app, days=2)
    assert await done(app, "forget_dead_letters") == 1
    assert await done(app, "forget_dead_letters") == 0
    (letter,) = await app.db.read(table.dead_letters)
    assert letter["id"] == "dead 05-30"


async def test_what_rules_heard_of_goes_after_ninety_days_with_what_they_made_of_it(app: App):
    def happen(session: Session, *, now: datetime) -> None:
        event = events.tell(session, Happened.LEAD_WON, f"lead:{now:%j}", now=now)
        rule = {"kind": "rule", "name": f"won-{now:%j}", "title": "", "is_on": True, "live": 1}
        made = insert(Automation).values(**rule, made_at=now, changed_at=now)
        run = {"automation_id": session.scalar(made.returning(Automation.id)), "version": 1, "event_id": event}
        session.execute(insert(RuleRun).values(**run, about="lead:1", outcome="done", trace=[], at=now))

    await app.db.run(happen, now=app.clock.now())
    later(app, days=60)
    await app.db.run(happen, now=app.clock.now())
    later(app, days=29)
    assert await done(app, "forget_events") == 0
    later(app, days=2)
    assert [await done(app, "forget_events"), await done(app, "forget_events")] == [2, 0]
    assert [await count(app, one) for one in (Event, RuleRun, Automation)] == [1, 1, 2]


async def test_files_of_the_log_go_by_the_day_in_their_names(app: App):
    folder = app.settings.data_dir / "logs"
    folder.mkdir()
    today = app.clock.now().date()
    young, old = ([f"saudager.log.{today - timedelta(days=n)}" for n in days] for days in ((1, 30), (31, 400)))
    others = ["saudager.log", "saudager.log.old", "other.log.2020-01-01"]
    for name in (*young, *old, *others):
        (folder / name).touch()
    assert [await done(app, "forget_logs"), await done(app, "forget_logs")] == [2, 0]
    assert {file.name for file in folder.iterdir()} == {*young, *others}


async def test_files_nobody_took_in_go_after_a_day(app: App):
    ticket = uploads.keep(app.settings, "продажи.csv", b"1;2", now=app.clock.now())
    later(app, hours=23)
    assert await done(app, "forget_uploads") == 0
    assert uploads.find(app.settings, ticket).name == "продажи.csv"
    later(app, hours=2)
    assert [await done(app, "forget_uploads"), await done(app, "forget_uploads")] == [1, 0]
    with pytest.raises(NotFound):
        uploads.find(app.settings, ticket)


@pytest.mark.parametrize("days", [30, 0], ids=["kept for thirty days", "kept for ever"])
async def test_files_customers_sent_are_kept_as_long_as_the_shop_wants(app: App, days: int):
    app.settings = app.settings.model_copy(update={"media_kept_days": days})
    folder, paths = app.settings.media_folder, [media.place_of("simulator", name) + ".jpg" for name in ("old", "young")]
    half = (folder / paths[0]).with_suffix(".part")
    await media.put_down(app, paths[0], b"old")
    others = ("pictures/a.png", "pictures/a.small.webp", "ab/letter.txt")
    for other in others:
        await app.media.put(other, b"1", mime_type="image/png", now=app.clock.now())
    half.touch()
    os.utime(half, (app.clock.now().timestamp(),) * 2)
    assert await done(app, "forget_old_files") == 0
    later(app, days=2)
    assert await done(app, "forget_old_files") == 1
    await media.put_down(app, paths[1], b"young")
    later(app, days=29)
    assert [await done(app, "forget_old_files"), await done(app, "forget_old_files")] == [1 if days else 0, 0]
    assert [(folder / path).exists() for path in paths] == [not days, True]
    assert all([await app.media.has(other) for other in others])


async def test_made_up_mail_goes_after_a_month(app: App):
    gateway = app.gateway
    await gateway.send_trial_letter(TRIAL_MAILBOX, "aliya@firm.example")
    later(app, days=29)
    await gateway.send_trial_letter(TRIAL_MAILBOX, "aliya@firm.example")
    assert await done(app, "forget_trial_mail") == 0
    later(app, days=2)
    assert [await done(app, "forget_trial_mail"), await done(app, "forget_trial_mail")] == [1, 0]
    (letter,) = await gateway.trial_letters(TRIAL_MAILBOX)
    assert await gateway.trial_letter(TRIAL_MAILBOX, letter.id)


async def test_all_of_it_is_done_at_night_by_itself(open_shop: OpenShop):
    shop: Shop = await open_shop(model=ScriptedModel())
    await shop.time_passes(days=1)
    runs = await shop.app.db.read(schedule.last_runs)
    runs |= await shop.app.db.read(schedule.last_runs, queue=tasks.GATEWAY_QUEUE)
    nightly = {job.task for job in shop.app.jobs if job.task.startswith("forget_")}
    assert len(nightly) > 7
    assert {task: run.state for task, run in runs.items() if task in nightly} == dict.fromkeys(nightly, "done")


async def quiet_for(shop: Shop, **settings: int) -> None:
    """Two hundred days in which nothing happens, with the jobs of the last night done under these settings."""
    shop.app.settings = shop.app.settings.model_copy(update=settings)
    later(shop.app, days=199)
    await shop.time_passes(days=1)


async def lines_of(shop: Shop, chat: str) -> list[str | None]:
    return [line.text for line in await shop.messages(chat)]


def logged(session: Session) -> set[tuple[str, str | None]]:
    return {(chat, said) for chat, said in session.execute(select(LoggedMessage.chat, LoggedMessage.message_text))}


async def test_conversations_long_quiet_lose_their_words_in_both_services_and_who_he_is_stays(open_shop: OpenShop):
    shop = await open_shop(model=ScriptedModel(["Есть.", "Есть.", "Есть.", "И двери есть."]))
    left, busy, unwanted = "77010000001@c.us", "77010000002@c.us", "77010000003@c.us"
    for chat in (left, busy, unwanted):
        await shop.customer_says("Окна есть?", chat=chat, name="Мадина")
    await shop.time_passes(minutes=2)
    refused = (await shop.contact(unwanted)).id

    def more(session: Session) -> None:
        now = shop.clock.now()
        for talk in session.scalars(select(Conversation)).all():
            plan.stop(session, talk.contact_id, Stop.BY_PERSON, now=now)
            if talk.chat == busy:
                deals.open_deal(session, talk.contact_id, talk.id, "берёт", now)
        consent.note(session, refused, consent.EVERYTHING, "не пишите", now)

    await shop.app.db.run(more)
    said = ["Окна есть?", "Есть."]
    await quiet_for(shop)
    assert [await lines_of(shop, chat) for chat in (left, busy, unwanted)] == [said, said, said]
    await quiet_for(shop, conversations_kept_days=365)
    assert [await lines_of(shop, chat) for chat in (left, busy, unwanted)] == [[], said, []]
    assert await shop.app.db.read(logged) == {(left, None), (busy, None), (unwanted, None)}
    assert (await shop.contact(left)).name == "Мадина"
    assert await shop.app.db.read(consent.standing, refused) == consent.EVERYTHING
    await shop.arrives(shop.phone.chat(left)[0])
    await shop.customer_says("А двери?", chat=left)
    await shop.time_passes(minutes=2)
    assert await lines_of(shop, left) == ["А двери?", "И двери есть."]


async def test_why_something_was_said_goes_after_a_year_and_the_audit_when_the_shop_wants_it(open_shop: OpenShop):
    shop = await open_shop(model=ScriptedModel(["Есть."]))
    await shop.customer_says("Окна есть?")
    await shop.time_passes(minutes=2)

    def note(session: Session) -> None:
        deed = {"who": "Айгуль", "action": "contact.exported", "about": "contact:1", "details": {}}
        audit.note(session, operator_id=None, **deed, now=shop.clock.now())

    await shop.app.db.run(note)
    seen = []
    for settings in ({}, {}, {"audit_kept_days": 365}):
        await quiet_for(shop, **settings)
        (turn,) = await shop.turns()
        seen.append((bool(turn.trace), await count(shop.app, AuditEntry)))
    assert seen == [(True, 1), (False, 1), (False, 0)]
    assert turn.outcome == "answered"
    assert (await lines_of(shop, "77010000001@c.us"))[:2] == ["Окна есть?", "Есть."]
