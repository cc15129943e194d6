"""Find a contact by name or number, and a line by its words, among millions of lines."""

import json
import re
import unicodedata
from collections.abc import Sequence
from itertools import islice

from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.errors import NotFound

Found = tuple[int, int | None]
"""A conversation, and the line found in it; None: its contact was found."""

MOST_CONTACTS, MOST_LINES = 100, 500
"""Where a search ends: who finds more than that asks again, more precisely."""

_NEIGHBOURS = str.maketrans("ёәғқңөұүһі", "еагкноуухи")
"""Letters many type as their neighbours; the indexes are made with the same."""
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\+?[\d\s()-]+")
_SHORTEST = 3
"""A shorter piece of a number, or of a name, is in half of them."""
_PAGES_AT_ONCE = 500
_SETTLED = 2
"""A merge that counts fewer changes had nothing to do: https://sqlite.org/fts5.html#the_merge_command."""
_FORMS_SPELLED_OUT = 500
_RECENT, _RECENT_CONTACTS = 20_000, 2_000
"""Looked through first on PostgreSQL, whose index knows no order: what is said often is found there, and what is not
there is rare enough to be looked for everywhere."""


def find(
    session: Session, query: str, *, first: Sequence[int] = (), after: str | None, limit: int
) -> tuple[list[Found], str | None]:
    """First the contacts whose name or number holds the query, then those who said it or were told it; newest first,
    each contact once. Every word must be there; the last one may be begun only. ``first`` are contacts somebody else
    knows the query by: they come before all others.

    Also what to ask for as ``after`` to get more, None at the end. Raises NotFound for an ``after`` no page gave.
    """
    newest_contact, newest_line, passed = _place(after) if after else (*_NEWEST(session).fetchone(), 0)
    query = unicodedata.normalize("NFC", query).lower().translate(_NEIGHBOURS)[:200]
    chats = _CHATS(session, contacts=json.dumps(list(first))).fetchall() if first else []
    found: dict[int, Found] = {contact: (conversation, None) for contact, conversation in chats}
    for contact, conversation in _contacts(session, query, newest_contact):
        found.setdefault(contact, (conversation, None))
    for contact, conversation, line in _lines(session, query, newest_line):
        found.setdefault(contact, (conversation, line))
    more = len(found) > passed + limit
    following = f"{newest_contact}.{newest_line}.{passed + limit}" if more else None
    return list(islice(found.values(), passed, passed + limit)), following


def contacts(session: Session, query: str) -> list[int]:
    """The newest contacts whose name or number holds the query, at most ``MOST_CONTACTS``; also those with whom nobody
    has talked yet."""
    newest, _ = _NEWEST(session).fetchone()
    folded = unicodedata.normalize("NFC", query).lower().translate(_NEIGHBOURS)[:200]
    return [contact for contact, _ in _contacts(session, folded, newest, silent_too=True)]


def forget_what_is_gone(session: Session, *, begin: bool) -> bool:
    """Rewrite a part of the indexes without the words of lines that are gone, until it returns False: on SQLite they
    keep such words until then. ``begin`` is the first of these calls."""
    if session.info["kind"].IS_SERVER:
        return False
    driver = session.info["driver"]
    step = -_PAGES_AT_ONCE if begin else _PAGES_AT_ONCE
    is_more = False
    for index in ("messages_words", "contacts_words"):
        before = driver.total_changes
        driver.execute(f"insert into {index}({index}, rank) values ('merge', ?)", (step,))  # noqa: S608
        is_more |= driver.total_changes - before >= _SETTLED
    return is_more


def _contacts(session: Session, query: str, newest: int, *, silent_too: bool = False) -> Sequence[tuple[int, int]]:
    parts = [_digits(query)] if _NUMBER.fullmatch(query) else _WORD.findall(query)
    parts = sorted((part for part in parts if len(part) >= _SHORTEST), key=len, reverse=True)[:3]
    if not parts:
        return []
    longest, second, third = (*parts, "", "")[:3]
    return (_ANYBODY if silent_too else _WHO)(
        session,
        words=" ".join(f'"{part}"' for part in parts),
        longest=f"%{longest}%",
        second=second,
        third=third,
        newest=newest,
        recent=_RECENT_CONTACTS,
        most=MOST_CONTACTS,
    ).fetchall()


def _digits(number: str) -> str:
    digits = "".join(character for character in number if character.isdecimal())
    return f"7{digits[1:]}" if len(digits) == 11 and digits.startswith("8") else digits


def _lines(session: Session, query: str, newest: int) -> Sequence[tuple[int, int, int]]:
    words = _WORD.findall(query)
    if not words:
        return []
    begun = len(words[-1]) >= _SHORTEST
    last = _begun(session, words[-1]) if begun and not session.info["kind"].IS_SERVER else f'"{words[-1]}"'
    return _SAID(
        session,
        words=" AND ".join([*(f'"{word}"' for word in words[:-1]), last]),
        every_word=" & ".join(f"'{word}'" for word in words) + (":*" if begun else ""),
        newest=newest,
        recent=_RECENT,
        most=MOST_LINES,
    ).fetchall()


def _begun(session: Session, word: str) -> str:
    """Any word with this beginning, spelled out: FTS5's own ``*`` gathers every line of all of them before it gives
    the newest (250 ms where 300 000 lines have such a word), while words are merged as far as they are asked for."""
    forms = [form for (form,) in _FORMS(session, word=word, most=_FORMS_SPELLED_OUT).fetchall()]
    if len(forms) == _FORMS_SPELLED_OUT:
        return f'"{word}"*'
    return "(" + " OR ".join(f'"{form}"' for form in forms or [word]) + ")"


def _place(after: str) -> tuple[int, int, int]:
    parts = after.split(".")
    if len(parts) != 3 or not all(part.isdecimal() and len(part) < 19 for part in parts):
        raise NotFound(f"there is no page of a search after {after}")
    contact, line, passed = (int(part) for part in parts)
    return contact, line, passed


_FORMS = Statement("""
    with recursive forms(form) as (
        select (select term from messages_terms where term >= :word limit 1)
        union all
        select (select t.term from messages_terms t where t.term >= forms.form || char(1) limit 1)
        from forms where forms.form < :word || char(1114111) limit :most)
    select form from forms where form < :word || char(1114111)""")
_NEWEST = Statement("select coalesce((select max(id) from contacts), 0), coalesce((select max(id) from messages), 0)")
_LAST_CHAT = """(
    select c.id from conversations c where c.contact_id = {contact}
    order by c.last_message_at desc, c.id desc limit 1)"""
_NAMES = "contacts_who(name, full_name, business_name, phone_number)"
_OTHERS = "position(:second in who) > 0 and position(:third in who) > 0"
_ON_SQLITE = f"""
    select rowid, {_LAST_CHAT.format(contact="contacts_words.rowid")} as chat from contacts_words
    where contacts_words match :words and rowid <= :newest {{talked}}
    order by rowid desc limit :most"""  # noqa: S608
_ON_POSTGRESQL = f"""
    with recent as materialized (
        select id from (
            select id, {_NAMES} as who from contacts where id <= :newest and id > :newest - :recent
            order by id desc offset 0) k
        where who like :longest and {_OTHERS} order by id desc limit :most),
    enough as (select count(*) >= :most as is_so from recent),
    everywhere as materialized (
        select id, {_NAMES} as who from contacts
        where not (select is_so from enough) and {_NAMES} like :longest and id <= :newest),
    named as (
        select id from recent where (select is_so from enough)
        union all (select id from everywhere where {_OTHERS} order by id desc limit :most))
    select id, {_LAST_CHAT.format(contact="named.id")} as chat from named where true {{talked}} order by id desc"""  # noqa: S608
_TALKED = "and exists (select 1 from conversations o where o.contact_id = {contact})"
_WHO = Statement(
    _ON_SQLITE.format(talked=_TALKED.format(contact="contacts_words.rowid")),
    postgresql=_ON_POSTGRESQL.format(talked=_TALKED.format(contact="named.id")),
)
_ANYBODY = Statement(_ON_SQLITE.format(talked=""), postgresql=_ON_POSTGRESQL.format(talked=""))
_OF_CONTACTS = """
    select k.id, {chat} as chat from contacts k
    where k.id in (select cast(value as bigint) from {given}) and k.erased_at is null
        and exists (select 1 from conversations o where o.contact_id = k.id)
    order by k.id desc"""
_CHATS = Statement(
    _OF_CONTACTS.format(chat=_LAST_CHAT.format(contact="k.id"), given="json_each(:contacts)"),
    postgresql=_OF_CONTACTS.format(
        chat=_LAST_CHAT.format(contact="k.id"), given="jsonb_array_elements_text(cast(:contacts as jsonb))"
    ),
)
_SAID = Statement(
    """
    select c.contact_id, c.id, m.id from (
        select rowid as id from messages_words where messages_words match :words and rowid <= :newest
        order by rowid desc limit :most) w
    cross join messages m cross join conversations c where m.id = w.id and c.id = m.conversation_id
    order by m.id desc""",
    postgresql="""
    with recent as materialized (
        select w.id from (
            select id, words from messages_words where id <= :newest and id > :newest - :recent
            order by id desc offset 0) w
        where w.words @@ cast(:every_word as tsquery) order by w.id desc limit :most),
    enough as (select count(*) >= :most as is_so from recent),
    said as (
        select id from recent where (select is_so from enough)
        union all
        (select id from messages_words
        where not (select is_so from enough) and words @@ cast(:every_word as tsquery) and id <= :newest
        order by id desc limit :most))
    select c.contact_id, c.id, m.id from said
    join messages m on m.id = said.id join conversations c on c.id = m.conversation_id order by m.id desc""",
)
