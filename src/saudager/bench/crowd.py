"""A shop with very many contacts, who have written for a year: made by bulk, for what is measured at that size."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import psycopg

from saudager.db import migrate
from saudager.rehearsal import OPENING

_SYLLABLES = tuple("ба ве го ди жу за ки ло му на по ра су те фа хи цо ча ше ян ер ок ут ин ал".split())  # noqa: SIM905
_OFTEN = tuple("здравствуйте сколько стоит доставка есть когда можно спасибо нужно окно дверь цена".split())  # noqa: SIM905
_FIRST = ("Айгүл", "Ерлан", "Марат", "Динара", "Нұрлан", "Светлана", "Пётр", "Ольга", "Тимур", "Анна", "Қайрат")
_LAST = ("Ахметов", "Сатпаев", "Ким", "Иванов", "Смағұлов", "Петров", "Жұмабаев", "Цой", "Омаров", "Ковалёв", "Шин")
_DAYS = 365
_LINES_A_TURN = 2
_TEXTS = 20_000

Rows = Iterable[Sequence[Any]]


def fill(url: str, contacts: int, lines: int) -> None:
    """Make the tables at the address and fill them; the newest line was said at ``OPENING``."""
    migrate.upgrade(url, (migrate.GATEWAY, migrate.AGENT))
    tables = _tables(contacts, lines)
    if url.startswith("sqlite:"):
        _into_sqlite(url.removeprefix("sqlite:///"), tables)
    else:
        _into_postgresql(url, tables)


def _into_sqlite(path: str, tables: Iterator[tuple[str, str, Rows]]) -> None:
    connection = sqlite3.connect(path)
    for pragma in ("synchronous=off", "cache_size=-400000"):
        connection.execute(f"pragma {pragma}")
    for table, columns, rows in tables:
        places = ", ".join("?" * len(columns.split(",")))
        written = ([_plain(value) for value in row] for row in rows)
        connection.executemany(f"insert into {table} ({columns}) values ({places})", written)  # noqa: S608
        connection.commit()
    connection.execute("analyze")
    connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()


def _plain(value: Any) -> Any:
    return value.isoformat(" ", "microseconds")[:26] if type(value) is datetime else value


def _into_postgresql(url: str, tables: Iterator[tuple[str, str, Rows]]) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("drop index ix_messages_words_words")
        for table, columns, rows in tables:
            with connection.cursor().copy(f"copy {table} ({columns}) from stdin".encode()) as copy:
                for row in rows:
                    copy.write_row(row)
        connection.execute("create index ix_messages_words_words on messages_words using gin (words)")
        connection.commit()
        connection.autocommit = True
        for table in ("contacts", "conversations", "turns", "messages", "follow_ups", "outreach_verdicts"):
            connection.execute(f"select setval(pg_get_serial_sequence('{table}', 'id'), max(id)) from {table}".encode())  # noqa: S608
        connection.execute("vacuum analyze")


def _tables(contacts: int, lines: int) -> Iterator[tuple[str, str, Rows]]:
    chance = Random(1)  # noqa: S311
    since, step = OPENING - timedelta(days=_DAYS), timedelta(days=_DAYS) / lines
    turns = lines // _LINES_A_TURN
    kinds = (True, True, True, True, True, True, True, False, False, None)

    def joined(number: int) -> datetime:
        return since + timedelta(days=_DAYS) * number / contacts

    def last_line(number: int) -> datetime:
        return since + step * (lines - contacts * _LINES_A_TURN + number * _LINES_A_TURN)

    yield (
        "contacts",
        "id, phone_number, name, is_client, classified_at, last_message_at, created_at, updated_at",
        (
            (n, str(77010000000 + n), f"{chance.choice(_FIRST)} {chance.choice(_LAST)}", kinds[n % 10], joined(n),
             last_line(n), joined(n), joined(n))
            for n in range(1, contacts + 1)
        ),
    )  # fmt: skip
    yield (
        "conversations",
        "id, contact_id, account, chat, unread, last_message_at, created_at",
        (
            (n, n, "simulator", f"{77010000000 + n}@c.us", int(n % 20 == 0), last_line(n), joined(n))
            for n in range(1, contacts + 1)
        ),
    )
    yield (
        "turns",
        "id, conversation_id, outcome, opened_at, closed_at, trace",
        (
            (n, 1 + (n - 1) % contacts, "answered", since + step * (2 * n),
             since + step * (2 * n) + timedelta(seconds=chance.uniform(2, 60)), "{}")
            for n in range(1, turns + 1)
        ),
    )  # fmt: skip
    texts = _texts(chance)
    yield (
        "messages",
        "conversation_id, account, message_id, outgoing_id, author, kind, text, is_voice, history, sent_at, "
        "received_at, deleted, turn_id, delivery_state",
        (
            (1 + (n // 2) % contacts, "simulator", f"m{n}", None if n % 2 == 0 else f"reply:{n}",
             "customer" if n % 2 == 0 else "bot", "text", chance.choice(texts), False, False, since + step * n,
             since + step * n, False, 1 + n // 2, None if n % 2 == 0 else "read")
            for n in range(lines)
        ),
    )  # fmt: skip
    chains = contacts // 2
    stops = ("client_responded", "client_said_yes", "client_said_no", "opted_out", "completed_5_touches")
    yield (
        "follow_ups",
        "id, contact_id, conversation_id, touch_number, anchor_at, next_touch_at, is_completed, stop_reason, "
        "created_at",
        (
            (n, n, n, 1 + n % 5, joined(n), OPENING + timedelta(hours=n % 700), n % 3 > 0,
             stops[n % 5] if n % 3 else None, joined(n))
            for n in range(chains + 1, contacts + 1)
        ),
    )  # fmt: skip
    yield (
        "outreach_verdicts",
        "about, contact_id, account, channel, message_class, verdict, first_contact, fate, decided_at, counted_at",
        (
            (f"follow_up:{n}:{touch}", n, "simulator", "whatsapp", "follow_up", "write", False, "read", at, at)
            for n in range(chains + 1, contacts + 1)
            for touch, at in [(n % 5 or 1, joined(n) + timedelta(days=n % 30))]
        ),
    )
    yield (
        "scheduled_calls",
        "contact_id, conversation_id, scheduled_at, timezone, minutes, status, created_at, updated_at",
        (
            (n, n, joined(n) + timedelta(days=1), "Asia/Almaty", 30, "booked", joined(n), joined(n))
            for n in range(20, contacts, 20)
        ),
    )
    yield (
        "deals",
        "contact_id, conversation_id, summary, opened_at",
        ((n, n, "Окно", joined(n) + timedelta(hours=2)) for n in range(25, contacts, 25)),
    )
    yield (
        "consents",
        "contact_id, wish, words, said_at",
        ((n, "everything", "стоп", joined(n) + timedelta(hours=3)) for n in range(50, contacts, 50)),
    )
    few = range(contacts - 300, contacts)
    yield (
        "cases",
        "contact_id, conversation_id, reason, summary, opened_at, alerts",
        ((n, n, "просит человека", "", OPENING - timedelta(minutes=contacts - n), 1) for n in few if n % 2),
    )
    yield (
        "attention",
        "kind, about, reason, since",
        (
            ("handed_over" if n % 2 else "not_delivered", f"conversation:{n}", "Нужен человек",
             OPENING - timedelta(minutes=contacts - n))
            for n in few
        ),
    )  # fmt: skip
    yield (
        "spend",
        "day, contact_id, engine, model, calls, tokens_in, tokens_out, tokens_cached, micro_usd, unpriced_calls",
        (
            ((OPENING - timedelta(days=ago)).date().isoformat(), 1 + (ago * 300 + n) % contacts, "openai", "gpt",
             3, 900, 120, 0, 700, 0)
            for ago in range(_DAYS)
            for n in range(300)
        ),
    )  # fmt: skip


def _texts(chance: Random) -> list[str]:
    """Lines of words as people use them: few very often, most seldom."""
    rare = ["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(8_000)]

    def word() -> str:
        often = chance.random() < 0.4
        return chance.choice(_OFTEN) if often else rare[min(int(chance.paretovariate(0.6)), len(rare)) - 1]

    return [" ".join(word() for _ in range(chance.randint(2, 12))) for _ in range(_TEXTS)]
