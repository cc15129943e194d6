"""Segments: whom a campaign writes to, told by what their companies bought.

A segment is of companies; its members are their persons who have an e-mail address. Refunds are no purchases, and what
was given back later was bought all the same.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.errors import Refused
from saudager.sales import catalogue, periods

_MOST_DAYS = 3650
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Companies that bought something, the last time ``days`` days ago or longer."""

    days: int


@dataclass(frozen=True, slots=True)
class TopDecile:
    """The tenth of the companies that bought for most in the last ``months`` months, less what they gave back.

    A company stands among those with the same main currency, the one it has most invoices in, then the larger total,
    then the first by its code: amounts of several are never compared. The tenth is rounded up, so one company of three
    is in; companies with equal totals are in together, and those without a total above zero never.
    """

    months: int


@dataclass(frozen=True, slots=True)
class BoughtNot:
    """Companies that bought the one in the last ``months`` months and the other not in these; each is what
    ``catalogue.named`` finds by such words. An other that nobody ever bought leaves nobody out."""

    bought: str
    not_bought: str
    months: int


@dataclass(frozen=True, slots=True)
class Everyone:
    """All companies, with invoices or without."""


Segment = Lapsed | TopDecile | BoughtNot | Everyone


class Member(NamedTuple):
    """Somebody of the segment."""

    person_id: int
    company_id: int


def read(told: Mapping[str, Any]) -> Segment:
    """``{"kind": "lapsed", "days": 90}``, ``{"kind": "top_decile", "months": 12}``, ``{"kind": "bought_not", "bought":
    "…", "not_bought": "…", "months": 12}`` or ``{"kind": "everyone"}``; raises Refused with what is wrong. Numbers may
    be written in digits, as a form sends them."""
    match told.get("kind"):
        case "lapsed":
            return Lapsed(_number(told, "days", "Дней без покупок", _MOST_DAYS))
        case "top_decile":
            return TopDecile(_months(told))
        case "bought_not":
            segment = BoughtNot(
                _text(told, "bought", "что покупали"), _text(told, "not_bought", "чего не покупали"), _months(told)
            )
            if segment.bought.casefold() == segment.not_bought.casefold():
                raise Refused("Купили и не купили одно и то же: таких нет.")
            return segment
        case "everyone":
            return Everyone()
    raise Refused("Такого отбора нет: бывает lapsed, top_decile, bought_not и everyone.")


def told(segment: Segment) -> dict[str, Any]:
    """What ``read`` reads it from."""
    return {"kind": _KINDS[type(segment)], **asdict(segment)}


def members(
    session: Session, segment: Segment, *, today: date, after_person_id: int = 0, limit: int = 500
) -> list[Member]:
    """The next persons of the segment who have an e-mail address, by id."""
    rows = _MEMBERS[type(segment)](
        session, after=after_person_id, limit=limit, **_values(session, segment, today)
    ).fetchall()
    return [Member(*row) for row in rows]


def count(session: Session, segment: Segment, *, today: date) -> int:
    """How many ``members`` there are."""
    return int(_COUNTS[type(segment)](session, **_values(session, segment, today)).fetchone()[0])


def _values(session: Session, segment: Segment, today: date) -> dict[str, Any]:
    """What the segment's statement wants."""
    match segment:
        case Lapsed(days):
            return {"since": (today - timedelta(days=days)).isoformat()}
        case TopDecile(months):
            return _span(today, months)
        case BoughtNot(bought, not_bought, months):
            found = {"bought": catalogue.named(session, bought), "not_bought": catalogue.named(session, not_bought)}
            return {name: json.dumps(products) for name, products in found.items()} | _span(today, months)
        case Everyone():
            return {}


def _span(today: date, months: int) -> dict[str, str]:
    return {"since": periods.up_to(today, months).since.isoformat(), "until": today.isoformat()}


def _number(told: Mapping[str, Any], name: str, what: str, most: int) -> int:
    given = told.get(name)
    if isinstance(given, str) and given.strip().isascii() and given.strip().isdigit() and len(given) <= _LONGEST:
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= most:
        raise Refused(f"{what}: нужно целое число от 1 до {most}.")
    return given


def _months(told: Mapping[str, Any]) -> int:
    return _number(told, "months", "За сколько месяцев", periods.LONGEST)


def _text(told: Mapping[str, Any], name: str, what: str) -> str:
    given = told.get(name)
    text = " ".join(given.split()) if isinstance(given, str) else ""
    if not text or len(text) > _LONGEST:
        raise Refused(f"Скажите, {what}: товар, артикул или раздел, до {_LONGEST} знаков.")
    return text


_KINDS: dict[type, str] = {Lapsed: "lapsed", TopDecile: "top_decile", BoughtNot: "bought_not", Everyone: "everyone"}
_HAS_EMAIL = "p.email is not null and p.email <> ''"
_BUYERS = """(
    select i.company_id from invoice_lines l join invoices i on i.id = l.invoice_id
    where l.product in (select value from {products})
        and not i.is_refund and i.issued_on >= {since} and i.issued_on <= {until})"""
_WHERE: dict[type, str] = {
    Lapsed: """from persons p where {email}
        and exists (select 1 from invoices i
            where i.company_id = p.company_id and not i.is_refund and i.issued_on <= {since})
        and not exists (select 1 from invoices i
            where i.company_id = p.company_id and not i.is_refund and i.issued_on > {since})""",
    TopDecile: """from persons p join (
            select company_id, rank() over (partition by currency order by total desc) as place,
                count(*) over (partition by currency) as companies
            from (
                select company_id, currency, total, row_number() over (
                    partition by company_id order by orders desc, total desc, currency) as nth
                from (
                    select company_id, currency, sum(total) as total,
                        count(*) filter (where not is_refund) as orders
                    from invoices where issued_on >= {since} and issued_on <= {until}
                    group by company_id, currency) sums
                where orders > 0) mains
            where nth = 1 and total > 0) ranked on ranked.company_id = p.company_id
        where {email} and 10 * ranked.place <= ranked.companies + 9""",
    BoughtNot: f"""from persons p where {{email}}
        and p.company_id in {_BUYERS.replace("{products}", "{bought}")}
        and p.company_id not in {_BUYERS.replace("{products}", "{not_bought}")}""",
    Everyone: "from persons p where {email}",
}


def _statement(sql: str) -> Statement:
    days, lists = ("since", "until"), ("bought", "not_bought")
    plain = {day: f":{day}" for day in days} | {one: f"json_each(:{one})" for one in lists}
    typed = {day: f"cast(:{day} as date)" for day in days}
    typed |= {one: f"jsonb_array_elements_text(cast(:{one} as jsonb)) as each(value)" for one in lists}
    return Statement(sql.format(email=_HAS_EMAIL, **plain), postgresql=sql.format(email=_HAS_EMAIL, **typed))


_MEMBERS = {
    kind: _statement(f"select p.id, p.company_id {where} and p.id > :after order by p.id limit :limit")
    for kind, where in _WHERE.items()
}
_COUNTS = {kind: _statement(f"select count(*) {where}") for kind, where in _WHERE.items()}
