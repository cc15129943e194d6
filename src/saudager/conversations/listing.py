"""The list of conversations: who wrote last, what nobody has read, and who waits for a person."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from saudager.conversations import search, transcript
from saudager.conversations.models import Message
from saudager.db.statements import Statement, document, moment
from saudager.errors import NotFound

VIEWS = ("all", "waiting", "unread", "drafts", "mine", "salesperson", "unclear", "not_clients")
MOST_COUNTED = 100
"""Where counting ends: so many stand for «99+»."""

_LATEST = datetime(9999, 12, 31, tzinfo=UTC), 2**62


@dataclass(frozen=True, slots=True)
class Row:
    """One contact in the list, by his conversation with the latest line; of a search, the line that was found."""

    conversation_id: int
    contact_id: int
    name: str | None
    phone: str | None
    account: str
    last_text: str
    last_author: str | None
    last_at: datetime
    unread: int
    """Of all his conversations together."""
    state: str
    """``draft``, ``waits_for_person``, ``person``, ``silent``, ``not_client``, ``unclear`` or ``answering``."""
    waiting_since: datetime | None
    """Since when he waits for a person who has not come."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows, newest first, and what to ask for as ``after`` to get more."""

    rows: list[Row]
    next: str | None


def page(
    session: Session,
    *,
    view: str,
    query: str | None,
    first: Sequence[int] = (),
    after: str | None,
    operator: str,
    limit: int = 40,
    now: datetime,
) -> Listed:
    """A contact is listed once, by the latest of his conversations that belongs to the view.

    ``query`` searches everything whatever the view: lines by their words, contacts by name or digits of their number,
    before them the contacts that are ``first``.
    Raises NotFound for a view that does not exist, or an ``after`` no page gave.
    """
    if query and query.strip():
        found, following = search.find(session, query, first=first, after=after, limit=limit)
        return Listed(_rows(session, found, now=now), following)
    if view not in VIEWS:
        raise NotFound(f"there is no view {view} of the conversations; there are {', '.join(VIEWS)}")
    at, last_id = _place(after) if after else _LATEST
    listed = _LISTED[view](session, at=at, id=last_id, operator=operator, now=now, limit=limit + 1).fetchall()
    shown = listed[:limit]
    following = _mark(shown[-1]) if len(listed) > limit else None
    return Listed(_rows(session, [(row[0], None) for row in shown], now=now), following)


def counts(session: Session, *, operator: str, now: datetime) -> dict[str, int]:
    """How many contacts each view lists, up to ``MOST_COUNTED``."""
    at, last_id = _LATEST
    return {
        view: len(listed(session, at=at, id=last_id, operator=operator, now=now, limit=MOST_COUNTED).fetchall())
        for view, listed in _LISTED.items()
    }


def unread(session: Session) -> int:
    """How many conversations hold lines nobody has read, up to ``MOST_COUNTED``."""
    return int(_UNREAD(session, limit=MOST_COUNTED).fetchone()[0])


def mark_read(session: Session, conversation_id: int, *, now: datetime) -> None:
    """Somebody of the shop has looked at what this contact wrote, in whichever conversation."""
    _READ(session, conversation=conversation_id, now=now)


def inbox_mark(session: Session, *, now: datetime) -> str:
    """Changes whenever the list should be drawn anew; costs a few looks at the ends of indexes."""
    return "-".join(str(part) for part in _MARK(session, now=now).fetchone())


def _rows(session: Session, shown: Sequence[tuple[int, int | None]], *, now: datetime) -> list[Row]:
    """The rows of conversations, in their order, each with the line to show (None: its last)."""
    if not shown:
        return []
    found = {row[0]: row for row in _ROWS(session, shown=json.dumps(shown), now=now).fetchall()}
    return [_row(found[conversation_id], now=now) for conversation_id, _ in shown if conversation_id in found]


def _row(values: Sequence[Any], *, now: datetime) -> Row:
    (id, contact, name, phone, account, at, author, kind, text, transcribed, media, deleted, sent_at, *rest) = values
    unread, is_client, silent_until, case_since, attention_since, owned, drafted = rest
    said = ""
    if author is not None:
        line = Message(
            kind=kind, text=text, voice_transcription=transcribed, media=document(media), deleted=bool(deleted)
        )
        said = transcript.words(line)
    waiting = [since for since in (moment(case_since), moment(attention_since)) if since is not None]
    silent = moment(silent_until)
    return Row(
        conversation_id=id,
        contact_id=contact,
        name=name,
        phone=phone,
        account=account,
        last_text=said,
        last_author=author,
        last_at=moment(sent_at) or moment(at) or now,
        unread=int(unread),
        state=_state(
            drafted=bool(drafted),
            waits=bool(waiting),
            owned=bool(owned),
            silent=silent is not None and silent > now,
            is_client=is_client,
        ),
        waiting_since=min(waiting, default=None),
    )


def _state(*, drafted: bool, waits: bool, owned: bool, silent: bool, is_client: bool | None) -> str:
    if drafted:
        return "draft"
    if waits:
        return "waits_for_person"
    if owned:
        return "person"
    if silent:
        return "silent"
    if is_client is None:
        return "unclear"
    return "answering" if is_client else "not_client"


def _mark(row: Sequence[Any]) -> str:
    id, at = row[0], moment(row[1])
    assert at is not None
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return f"{(since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds}.{id}"


def _place(after: str) -> tuple[datetime, int]:
    micros, _, id = after.partition(".")
    if not (micros.isdecimal() and id.isdecimal() and max(len(micros), len(id)) < 18):
        raise NotFound(f"there is no page of conversations after {after}")
    seconds, rest = divmod(int(micros), 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest), int(id)


_OF_CONTACT = "from conversations o where o.contact_id = c.contact_id"
_CASE = "from cases s where s.conversation_id = o.id and s.closed_at is null"
_DESK = "from attention a where a.about = 'conversation:' || o.id and a.settled is null"
_SHOWN = f"""
    with shown as (select cast(value ->> 0 as bigint) as id, cast(value ->> 1 as bigint) as line from json_each(:shown))
    select c.id, c.contact_id, coalesce(k.name, k.full_name, k.business_name,
            case when substr(c.account, 1, 5) = 'mail:' then c.chat end), k.phone_number, c.account,
        c.last_message_at, m.author, m.kind, m.text, m.voice_transcription, m.media, m.deleted, m.sent_at,
        (select sum(o.unread) {_OF_CONTACT}), k.is_client, (select max(o.silent_until) {_OF_CONTACT}),
        (select min((select s.opened_at {_CASE} and s.owner is null)) {_OF_CONTACT}),
        (select min((select min(a.since) {_DESK} and a.kind not in ('draft', 'unclear_contact', 'handed_over')))
            {_OF_CONTACT}),
        (select count((select s.owner {_CASE})) {_OF_CONTACT}),
        (select count((select a.id {_DESK} and a.kind = 'draft')) {_OF_CONTACT})
    from shown
    join conversations c on c.id = shown.id
    join contacts k on k.id = c.contact_id
    left join messages m on m.id = coalesce(
        shown.line, (select l.id from messages l where l.conversation_id = c.id order by l.id desc limit 1))"""  # noqa: S608
_ROWS = Statement(
    _SHOWN,
    postgresql=_SHOWN.replace("json_each(:shown)", "jsonb_array_elements(cast(:shown as jsonb)) as each(value)"),
)


def _by_time(belongs: str) -> Statement:
    """Conversations that belong, newest first, found on the way down the list: for what many belong to."""
    return Statement(f"""
        select c.id, c.last_message_at from conversations c join contacts k on k.id = c.contact_id
        where (c.last_message_at, c.id) < (:at, :id) and k.erased_at is null
            and {belongs.format(c="c")} and not exists (
            select 1 from conversations o where o.contact_id = c.contact_id
                and (o.last_message_at, o.id) > (c.last_message_at, c.id) and {belongs.format(c="o")})
        order by c.last_message_at desc, c.id desc limit :limit""")  # noqa: S608


def _out_of(chosen: str) -> Statement:
    """The same of a few chosen conversations, then sorted."""
    return Statement(f"""
        select id, last_message_at from (
            select id, last_message_at,
                row_number() over (partition by contact_id order by last_message_at desc, id desc) as place
            from (
                select id, (select c.last_message_at from conversations c where c.id = chosen.id) as last_message_at,
                    (select c.contact_id from conversations c where c.id = chosen.id) as contact_id
                from ({chosen}) chosen) found) placed
        where place = 1 and (last_message_at, id) < (:at, :id)
        order by last_message_at desc, id desc limit :limit""")  # noqa: S608


_WITH_A_PERSON = "exists (select 1 from cases s where s.conversation_id = {c}.id and s.closed_at is null)"
_ON_THE_DESK = """
    select cast(substr(about, 14) as bigint) as id from attention
    where settled is null and about like 'conversation:%'"""
_WITH_NOBODY = "select conversation_id as id from cases where closed_at is null and owner is null"
_HIS = """
    select conversation_id as id from cases where closed_at is null and owner = :operator
    union
    select c.id from conversations c where c.silent_until > :now and (
        select m.written_by from messages m where m.conversation_id = c.id and m.author = 'human'
        order by m.id desc limit 1) = :operator"""
_LISTED = {
    "all": _by_time("{c}.id > 0"),
    "waiting": _out_of(f"{_WITH_NOBODY} union {_ON_THE_DESK}"),
    "unread": _by_time("{c}.unread > 0"),
    "drafts": _out_of(f"{_ON_THE_DESK} and kind = 'draft'"),
    "mine": _out_of(_HIS),
    "salesperson": _by_time(
        f"k.is_client and ({{c}}.silent_until is null or {{c}}.silent_until <= :now) and not {_WITH_A_PERSON}"
    ),
    "unclear": _by_time("k.is_client is null and {c}.id > 0"),
    "not_clients": _by_time("not k.is_client and {c}.id > 0"),
}
_UNREAD = Statement("select count(*) from (select 1 from conversations where unread > 0 limit :limit) unread")
_READ = Statement("""
    update conversations set unread = 0, read_at = :now
    where contact_id = (select contact_id from conversations where id = :conversation) and unread > 0""")
_MARK = Statement("""
    select (select max(id) from messages), (select max(amended_at) from messages where amended_at is not null),
        (select max(read_at) from conversations where read_at is not null),
        (select max(silent_until) from conversations where silent_until is not null),
        (select count(*) from conversations where silent_until > :now),
        (select max(classified_at) from contacts where classified_at is not null),
        (select max(id) from attention), (select max(settled) from attention where settled is not null),
        (select count(*) from cases where closed_at is null),
        (select count(owner) from cases where closed_at is null)""")
