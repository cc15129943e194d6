"""What a campaign brought: what became of its letters, who bought after it, and whether it helped against those held
out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.letters import campaigns
from saudager.outreach import intervals
from saudager.outreach.intervals import Interval


@dataclass(frozen=True, slots=True)
class Group:
    """Companies, and what they bought from the day after sending began; refunds are taken off the revenue."""

    companies: int = 0
    buyers: int = 0
    revenue: Mapping[str, Decimal] = field(default_factory=dict)
    """By currency."""

    @property
    def share(self) -> float | None:
        return self.buyers / self.companies if self.companies else None


@dataclass(frozen=True, slots=True)
class Results:
    """Counts are of letters, groups of companies."""

    letters: Mapping[str, int]
    """By state."""
    left_out: Mapping[str, int]
    """Members without a letter, by reason."""
    refused: Mapping[str, int]
    """Letters the door refused, by reason."""
    waiting: Mapping[str, int]
    """Approved letters that wait, by what for; "" for those that are about to go."""
    sent: int
    """Those the mailbox has sent; what is still on the way is no such."""
    delivered: int
    """Those whose carrier told so."""
    opened: int
    """The same; mail programs that load no pictures and carriers that tell nothing are not in it."""
    bounced: int
    failed: int
    """For another reason than the address."""
    unsettled: int
    complained: int
    answered: int
    unsubscribed: int
    written_to: Group
    """Companies of people whose letter was sent."""
    meant: Group
    """Companies of all people who were to get a letter, also where it was not approved: what is compared, because the
    held-out ones were drawn before anybody read a draft."""
    held_out: Group
    difference: Interval | None
    """Of the share of buyers, ``meant`` less ``held_out``; None while a group is empty or nothing was sent."""


def of(session: Session, campaign_id: int, *, zone: ZoneInfo) -> Results:
    """Everything there is to say by now, in few statements whatever the campaign's size."""
    campaign = campaigns.one(session, campaign_id)
    after = None if campaign.started_at is None else campaign.started_at.astimezone(zone).date()
    letters: dict[str, int] = {}
    reasons: dict[str, dict[str, int]] = {"refused": {}, "approved": {}}
    for state, reason, count in _STATES(session, campaign=campaign_id).fetchall():
        letters[state] = letters.get(state, 0) + count
        if state in reasons:
            reasons[state][reason or ""] = count
    fates: dict[str, int] = {}
    bounced = 0
    for fate, is_bounced, count in _FATES(session, campaign=campaign_id).fetchall():
        fates[fate] = fates.get(fate, 0) + count
        bounced += count if fate == "failed" and is_bounced else 0
    answered, unsubscribed, complained = _DID(session, campaign=campaign_id).fetchone()
    groups = _groups(session, campaign_id, after)
    opened, delivered = fates.get("read", 0), fates.get("delivered", 0)
    return Results(
        letters=letters,
        left_out=campaigns.left_out(session, campaign_id),
        refused=reasons["refused"],
        waiting=reasons["approved"],
        sent=fates.get("sent", 0) + delivered + opened + bounced,
        delivered=delivered + opened,
        opened=opened,
        bounced=bounced,
        failed=fates.get("failed", 0) - bounced,
        unsettled=fates.get("unsettled", 0),
        complained=complained,
        answered=answered,
        unsubscribed=unsubscribed,
        written_to=groups["written_to"],
        meant=groups["meant"],
        held_out=groups["held_out"],
        difference=_difference(groups["meant"], groups["held_out"], after),
    )


def _groups(session: Session, campaign_id: int, after: date | None) -> dict[str, Group]:
    """A company with people of several kinds belongs to the first of: written to, meant, held out."""
    if after is None:
        counted = {name: (size, 0) for name, size in _SIZES(session, campaign=campaign_id).fetchall()}
        revenue: dict[str, dict[str, Decimal]] = {}
    else:
        rows = _BOUGHT(session, campaign=campaign_id, after=after.isoformat()).fetchall()
        counted, revenue = {}, {}
        for name, currency, companies, buyers, total in rows:
            if currency is None:
                counted[name] = (companies, buyers)
            else:
                revenue.setdefault(name, {})[currency] = Decimal(int(total)).scaleb(-2)
    of_kind = {
        name: Group(*counted.get(name, (0, 0)), revenue.get(name, {})) for name in ("written_to", "unsent", "held_out")
    }
    return of_kind | {"meant": _together(of_kind["written_to"], of_kind["unsent"])}


def _together(one: Group, other: Group) -> Group:
    currencies = one.revenue.keys() | other.revenue.keys()
    revenue = {name: one.revenue.get(name, Decimal()) + other.revenue.get(name, Decimal()) for name in currencies}
    return Group(one.companies + other.companies, one.buyers + other.buyers, revenue)


def _difference(meant: Group, held_out: Group, after: date | None) -> Interval | None:
    if after is None or not meant.companies or not held_out.companies:
        return None
    return intervals.difference_of_shares(meant.buyers, meant.companies, held_out.buyers, held_out.companies)


_STATES = Statement("""
    select state, reason, count(*) from letters where campaign_id = :campaign group by state, reason""")
_FATES = Statement("""
    select coalesce(v.fate, 'at_the_door'), v.reason like 'bounced%', count(*)
    from letters l join outreach_verdicts v on v.about = 'letter:' || l.id and v.verdict = 'write'
    where l.campaign_id = :campaign group by 1, 2""")
_DID = Statement("""
    select
        count(case when exists (
            select 1 from messages m where m.conversation_id = l.conversation_id and m.author = 'customer'
                and not m.history and m.received_at >= l.sent_at) then 1 end),
        count(case when exists (
            select 1 from consents c join conversations k on k.contact_id = c.contact_id
            where k.id = l.conversation_id and c.wish <> 'resume' and c.said_at >= l.sent_at) then 1 end),
        count(case when exists (
            select 1 from suppressed_addresses s join conversations k on k.chat = s.address
            where k.id = l.conversation_id and s.reason = 'complained' and s.since >= l.sent_at) then 1 end)
    from letters l where l.campaign_id = :campaign and l.state = 'sent'""")
_MEMBERS_SQL = """
    kinds as (
        select m.company_id,
            min(case when l.state = 'sent' then 1 when m.left_out is null then 2 else 3 end) as kind
        from campaign_members m left join letters l on l.id = m.letter_id
        where m.campaign_id = :campaign and (m.left_out is null or m.left_out = 'held_out')
        group by m.company_id),
    named as (
        select company_id, case kind when 1 then 'written_to' when 2 then 'unsent' else 'held_out' end as name
        from kinds)"""
_SIZES = Statement(f"with {_MEMBERS_SQL} select name, count(*) from named group by name")  # noqa: S608
_BOUGHT = Statement(f"""
    with {_MEMBERS_SQL},
    bought as (
        select n.name, n.company_id, i.currency, i.is_refund, i.total
        from named n join invoices i on i.company_id = n.company_id and i.issued_on > :after)
    select n.name, null, count(*),
        count(case when exists (
            select 1 from bought b where b.company_id = n.company_id and not b.is_refund) then 1 end), 0
    from named n group by n.name
    union all
    select name, currency, 0, 0, sum(total) from bought group by name, currency""")  # noqa: S608
