"""Follow-ups among very many contacts on PostgreSQL: what a look at the clock costs, and how fast ten thousand go out.

``contacts_…``: a shop with so many contacts, all of them answered once. ``idle_ms`` is one tick with nothing due (the
look for the next moment, and a whole run of the task); ``due`` of them fall due at one moment and are claimed, judged,
written by a scripted model, checked by the guard and queued in ``seconds``. ``floor_rows``: the same claims, and one
message row each, in bare psycopg.
"""

import tempfile
import time
from datetime import timedelta
from statistics import median
from typing import Any

import psycopg
from sqlalchemy.orm import Session

from saudager.app import App
from saudager.bench import memory, processor, servers, settings
from saudager.bootstrap import bootstrap
from saudager.clock import MovableClock
from saudager.followups import plan, touches
from saudager.providers.llm.scripted import ScriptedModel
from saudager.rehearsal import OPENING

_DUE, _LOOKS = 10_000, 50
_IN_BATCHES_OF = 100
Row = dict[str, Any]


async def contacts_10000(scale: float) -> Row:
    """Ten thousand contacts."""
    return await _measured(int(10_000 * scale), int(_DUE * scale))


async def contacts_100000(scale: float) -> Row:
    """A hundred thousand."""
    return await _measured(int(100_000 * scale), int(_DUE * scale))


async def contacts_1000000(scale: float) -> Row:
    """A million."""
    return await _measured(int(1_000_000 * scale), int(_DUE * scale))


async def floor_rows(scale: float) -> Row:
    """Claim the due ones and write one row each, a commit per hundred, without judging or writing anything."""
    due = int(_DUE * scale)
    with servers.fresh_database() as url, psycopg.connect(url) as connection:
        connection.execute("create table chains (id bigint primary key, due timestamptz, done boolean not null)")
        connection.execute("create table written (id bigint primary key, body text not null)")
        connection.execute("create index on chains (due) where not done")
        connection.execute("insert into chains select n, now(), false from generate_series(1, %s) n", [due])
        connection.commit()
        began = time.perf_counter()
        while chains := connection.execute(
            "select id from chains where not done and due <= now() order by due limit %s for update skip locked",
            [_IN_BATCHES_OF],
        ).fetchall():
            for (chain,) in chains:
                connection.execute("insert into written values (%s, %s)", [chain, "Актуален ли ещё ваш вопрос?"])
                connection.execute("update chains set done = true where id = %s", [chain])
            connection.commit()
        seconds = time.perf_counter() - began
    return {"due": due, "seconds": round(seconds, 2)}


def ratios(rows: dict[str, Row]) -> dict[str, float]:
    """A tick's cost beside that of the smallest shop, and ours beside the bare rows."""
    smallest, floor = rows.get("contacts_10000", {}), rows.get("floor_rows", {})
    found: dict[str, float] = {}
    for name in ("contacts_100000", "contacts_1000000"):
        if {"idle_ms"} <= rows.get(name, {}).keys() & smallest.keys():
            found[f"idle_{name}_vs_10000"] = round(rows[name]["idle_ms"] / smallest["idle_ms"], 3)
    if "seconds" in floor and "seconds" in rows.get("contacts_1000000", {}):
        found["seconds_vs_floor"] = round(rows["contacts_1000000"]["seconds"] / floor["seconds"], 1)
    return found


async def _measured(contacts: int, due: int) -> Row:
    with tempfile.TemporaryDirectory() as folder, servers.fresh_database() as url:
        own = settings.in_folder(folder, database_url=url, outreach_per_day=10_000)
        model = ScriptedModel(writes=lambda task: "Возвращаюсь к вашему вопросу: он ещё актуален?")
        app = bootstrap(own, clock=MovableClock(OPENING), model=model, poll=None)
        try:
            _populate(url, contacts, due)
            idle = [await _timed_tick(app) for _ in range(_LOOKS)]
            await app.db.run(_make_due, due)
            cpu, served = processor.used(), processor.used_by_server(url)
            began = time.perf_counter()
            written = await touches.touch_the_silent(app, "bench")
            seconds = time.perf_counter() - began
            cpu, serving = processor.used() - cpu, processor.used_by_server(url)
            queued = await app.db.read(_queued)
        finally:
            await app.close()
    row = {
        "contacts": contacts,
        "idle_ms": round(median(idle) * 1000, 2),
        "due": due,
        "written": written,
        "queued": queued,
        "seconds": round(seconds, 2),
        "cpu_ms_per_touch": round(cpu / due * 1000, 2),
    }
    if served is not None and serving is not None:
        row["server_cpu_ms_per_touch"] = round((serving - served) / due * 1000, 2)
    return row | {"rss_mb": memory.now_mb()}


async def _timed_tick(app: App) -> float:
    began = time.perf_counter()
    await app.db.read(plan.next_due)
    await touches.touch_the_silent(app, "bench")
    return time.perf_counter() - began


def _populate(url: str, contacts: int, due: int) -> None:
    """Everybody asked once and was answered an hour ago; and the shop wrote to many on another day, so that ten
    thousand are nothing unusual for its number."""
    values = {
        "contacts": contacts,
        "due": due,
        "answered": OPENING - timedelta(hours=1),
        "soon": OPENING + timedelta(23),
    }
    with psycopg.connect(url) as connection:
        for statement in _PEOPLE:
            connection.execute(statement.encode(), values)
        connection.commit()
        connection.autocommit = True
        connection.execute("analyze")


def _make_due(session: Session, due: int) -> None:
    session.info["driver"].execute("update follow_ups set next_touch_at = %s where id <= %s", [OPENING, due])


def _queued(session: Session) -> int:
    count: int = session.info["driver"].execute(_QUEUED).fetchone()[0]
    return count


_QUEUED = "select count(*) from queue_messages where queue = 'outreach' and state = 0"
_PEOPLE = (
    """insert into contacts (id, phone_number, name, is_client, created_at, updated_at)
        select n, (77010000000 + n)::text, 'Покупатель', true, %(answered)s, %(answered)s
        from generate_series(1, %(contacts)s) n""",
    """insert into conversations (id, contact_id, account, chat, last_message_at, created_at)
        select n, n, 'simulator', (77010000000 + n) || '@c.us', %(answered)s, %(answered)s
        from generate_series(1, %(contacts)s) n""",
    """insert into turns (id, conversation_id, outcome, opened_at, closed_at, trace)
        select n, n, 'answered', %(answered)s, %(answered)s, '{}' from generate_series(1, %(contacts)s) n""",
    """insert into messages (id, conversation_id, account, message_id, author, kind, text, is_voice, history, sent_at,
            received_at, deleted, turn_id)
        select 2 * n - 1, n, 'simulator', 'in' || n, 'customer', 'text', 'Сколько стоит окно?', false, false,
            %(answered)s, %(answered)s, false, n
        from generate_series(1, %(contacts)s) n""",
    """insert into messages (id, conversation_id, account, message_id, author, kind, text, is_voice, history, sent_at,
            received_at, deleted, turn_id, delivery_state)
        select 2 * n, n, 'simulator', 'out' || n, 'bot', 'text', 'Окна бывают разные. Какое нужно?', false, false,
            %(answered)s, %(answered)s, false, n, 'read'
        from generate_series(1, %(contacts)s) n""",
    """insert into follow_ups (id, contact_id, conversation_id, touch_number, anchor_at, next_touch_at, is_completed,
            created_at)
        select n, n, n, 1, %(answered)s, %(soon)s, false, %(answered)s from generate_series(1, %(contacts)s) n""",
    """insert into outreach_verdicts (about, contact_id, account, channel, message_class, verdict, first_contact, fate,
            decided_at, counted_at)
        select 'earlier:' || n, n, 'simulator', 'whatsapp', 'follow_up', 'write', false, 'read',
            %(answered)s - interval '5 days', %(answered)s - interval '5 days'
        from generate_series(1, %(due)s) n""",
)
