"""What must hold once everything is over: every line in one closed turn, nobody answered twice, the order kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from saudager.db.threads import connect
from tests.product import Product, until

Rows = Callable[[str], list[Any]]

_LINES = """
    select c.chat, m.message_id from messages m join conversations c on c.id = m.conversation_id
    where m.author = 'customer' and m.turn_id is not null order by c.chat, m.id"""
_SAID = """
    select c.chat, m.text, m.delivery_state from messages m join conversations c on c.id = m.conversation_id
    where m.author = 'bot' order by c.chat, m.id"""
_WAITING = "select queue, msg_id, error from queue_messages where state = 0"
_LEASED = "select queue, key from queue_lanes where lease_until > 0"


@contextmanager
def reading(url: str) -> Iterator[Rows]:
    """Ask a database of the product."""
    engine = connect(url, read_only=True)
    try:
        with engine.connect() as connection:
            yield lambda query: [tuple(row) for row in connection.exec_driver_sql(query).all()]
    finally:
        engine.dispose()


def wait_until_done(
    product: Product, *, seconds: float = 120, on_the_way: tuple[str, ...] = ("queued", "sent")
) -> None:
    """Wait until every line is closed, no answer is in such a state any more, and nothing waits in the queues."""
    until(
        lambda: _is_done(product, on_the_way), "every line to be closed", lambda: _whats_left(product), seconds=seconds
    )


def judge(product: Product) -> dict[str, int]:
    """The counts of ``weigh``; fails when anything is wrong."""
    counts, wrong = weigh(product)
    found = {name: cases for name, cases in wrong.items() if cases}
    assert not found, found
    return counts


def weigh(product: Product) -> tuple[dict[str, int], dict[str, list[Any]]]:
    """Compare what the customers wrote and got with what the product believes: counts, and all that is wrong."""
    written, got = product.phone.written, product.phone.got()
    with reading(product.agent_url) as rows:
        lines, said = _by_chat(rows(_LINES)), _by_chat(rows(_SAID))
        doubled = rows("select message_id from messages group by account, message_id having count(message_id) > 1")
        twice = rows("select turn_id from messages where author = 'bot' group by turn_id having count(*) > 1")
        human = rows("select message_id from messages where author = 'human'")
        unsettled = rows("select conversation_id from messages where delivery_state = 'unsettled'")
        silent = rows("select conversation_id from turns where outcome <> 'answered'")
        ((turns,),) = rows("select count(*) from turns")
        desk = {about for (about,) in rows("select about from attention where settled is null")}
    counts = {
        "conversations": len(written),
        "lines": product.phone.lines,
        "turns": turns,
        "sent": sum(map(len, got.values())),
        "unsettled": len(unsettled),
        "silent": len(silent),
    }
    stored = {chat: [id for (id,) in of_chat] for chat, of_chat in lines.items()}
    return counts, {
        "lost": [id for chat, ids in written.items() for id in set(ids) - set(stored.get(chat, []))],
        "out of order": [
            chat for chat, ids in stored.items() if ids != [id for id in written.get(chat, []) if id in set(ids)]
        ],
        "stored twice": doubled,
        "answered twice": twice
        + [chat for chat in got.keys() | said.keys() if not _is_what_was_said(got.get(chat, []), said.get(chat, []))],
        "taken for a person's": human,
        "stuck": _everywhere(product, _WAITING) + _everywhere(product, _LEASED),
        "shown to nobody": [about for (about,) in unsettled + silent if f"conversation:{about}" not in desk],
    }


def _by_chat(rows: list[Any]) -> dict[str, list[Any]]:
    return {chat: [rest for _, *rest in of_chat] for chat, of_chat in groupby(rows, key=lambda row: row[0])}


def _is_what_was_said(got: list[str], said: list[list[str]]) -> bool:
    """Whether a customer got every answer once and in order; one whose fate is not known he may have got."""
    rest = iter([*got, None])
    text = next(rest)
    for answer, state in said:
        if text == answer:
            text = next(rest)
        elif state not in ("unsettled", "failed"):
            return False
    return text is None


def _is_done(product: Product, on_the_way: tuple[str, ...]) -> bool:
    with reading(product.gateway_url) as rows:
        if rows("select count(*) from queue_messages where state = 0") != [(0,)]:
            return False
    with reading(product.agent_url) as rows:
        (closed,) = rows("select count(*) from messages where author = 'customer' and turn_id is not null")[0]
        states = {state for (state,) in rows("select distinct delivery_state from messages")}
        (waiting,) = rows("select count(*) from queue_messages where state = 0")[0]
    return bool(closed == product.phone.lines and not states.intersection(on_the_way) and waiting == 0)


def _everywhere(product: Product, query: str) -> list[Any]:
    found: list[Any] = []
    for url in dict.fromkeys((product.gateway_url, product.agent_url)):
        with reading(url) as rows:
            found += rows(query)
    return found


def _whats_left(product: Product) -> str:
    """What is not done, for whoever reads the failure."""
    asked = (
        "select queue, key, msg_id, error from queue_messages where state = 0 limit 20",
        "select * from queue_lanes limit 20",
    )
    told = [product.log(), *(str(_everywhere(product, query)) for query in asked)]
    with reading(product.agent_url) as rows:
        told.append(str(rows("select author, delivery_state, count(*) from messages group by author, delivery_state")))
        told.append(str(rows("select count(*) from messages where author = 'customer' and turn_id is null")))
    return "\n".join(told)
