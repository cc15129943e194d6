"""The hold-out report: a known effect is found, none is claimed where there is none, and its intervals hold."""

from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from saudager.conversations import merging
from saudager.conversations.models import Contact
from saudager.orders import results
from saudager.orders.results import Seen
from saudager.outreach import intervals
from saudager.outreach.intervals import Sample
from saudager.outreach.models import Holdout
from saudager.providers.marketplace import Stage
from tests.orders import rows
from tests.orders.asking import program

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WRITTEN_TO, HELD_OUT = False, True


@pytest.fixture
async def shop(open_shop):
    return await open_shop()


@pytest.fixture
def began(shop):
    return shop.clock.now() - 90 * DAY


async def _run(shop, function):
    return await shop.app.db.run(function)


async def _compare(shop):
    return await shop.app.db.read(results.compare, now=shop.clock.now())


@pytest.mark.both_kinds
async def test_a_known_effect_is_found_and_told_with_how_sure_it_is(shop, began):
    await _run(
        shop,
        lambda session: rows.crowd(
            session,
            rows.shop(session, at=began),
            {WRITTEN_TO: 3200, HELD_OUT: 800},
            at=began,
            returns={WRITTEN_TO: 0.25, HELD_OUT: 0.15},
            chance=Random(1),
            share=0.2,
        ),
    )
    async with program(shop.app) as http:
        told = (await http.get("/ai-seller/results")).json()
    assert told["seen"] == "more"
    assert (told["written_to"]["buyers"], told["held_out"]["buyers"], told["share"]) == (3200, 800, 0.2)
    repeat, revenue = told["difference"]["repeat_share"], told["difference"]["revenue_per_buyer"]
    assert 0 < repeat["low"] < 0.10 < repeat["high"]
    # whoever comes back spends 20 000 on average times exp(0.5² / 2)
    assert 0 < revenue["low"] < 0.10 * 20_000 * 1.133 < revenue["high"]
    assert told["currency"] == "KZT"
    assert told["says"].startswith("Сообщения помогают: снова купили 2")
    assert "с уверенностью 95 % от" in told["says"]


async def test_no_effect_is_claimed_where_there_is_none(shop, began):
    await _run(
        shop,
        lambda session: rows.crowd(
            session,
            rows.shop(session, at=began),
            {WRITTEN_TO: 900, HELD_OUT: 900},
            at=began,
            returns={WRITTEN_TO: 0.1, HELD_OUT: 0.1},
            chance=Random(2),
            share=0.5,
        ),
    )
    found = await _compare(shop)
    assert found.buyers >= found.needed
    assert found.seen is Seen.NO_EFFECT
    assert found.repeat_share.low < 0 < found.repeat_share.high
    assert results.in_words(found).startswith("Эффекта не видно: снова купили")


async def test_among_few_buyers_it_is_too_early_and_it_says_how_many_are_needed(shop, began):
    empty = await _compare(shop)
    assert (empty.seen, empty.repeat_share, empty.needed) == (Seen.TOO_EARLY, None, None)
    assert results.in_words(empty).startswith("Сравнивать пока некого")
    await _run(
        shop,
        lambda session: rows.crowd(
            session,
            rows.shop(session, at=began),
            {WRITTEN_TO: 300, HELD_OUT: 35},
            at=began,
            returns={WRITTEN_TO: 0.15, HELD_OUT: 0.1},
            chance=Random(3),
        ),
    )
    few = await _compare(shop)
    assert (few.seen, few.since) == (Seen.TOO_EARLY, began)
    assert few.needed > 1000
    assert results.in_words(few).endswith(f"Покупателей пока 335, нужно около {few.needed}.")


@pytest.mark.both_kinds
async def test_only_what_was_ordered_after_the_draw_and_kept_counts_and_a_merged_contact_once(shop, began):
    def past(session):
        shop_id = rows.shop(session, at=began)
        for number, held_out in enumerate([True, True, False, False, False]):
            contact = rows.buyer(session, number, at=began)
            rows.order(session, shop_id, at=began - HOUR, contact=contact, first_read_at=began)
            session.add(Holdout(contact_id=contact, is_held_out=held_out, share=0.4, assigned_at=began))
        session.flush()
        a, _, c, d, e = (row.id for row in session.query(Contact).order_by(Contact.id))
        rows.order(session, shop_id, at=began + DAY, contact=a, lines=[("A", "Ручка", 1, "10.50")])
        rows.order(session, shop_id, at=began + DAY, contact=a, lines=[("A", "Ручка", 1, "0.25")])
        rows.order(session, shop_id, at=began + DAY, contact=c, stage=Stage.CANCELLED)
        rows.order(session, shop_id, at=began + DAY, contact=c, stage=Stage.RETURNED)
        rows.order(session, shop_id, at=began + HOUR, contact=c, first_read_at=began)  # what made him known
        rows.order(session, shop_id, at=began - DAY, contact=c, first_read_at=began + DAY)
        rows.order(session, shop_id, at=began + DAY, contact=d, currency="RUB", total=Decimal(99))
        rows.order(session, shop_id, at=began + 2 * DAY, contact=e, lines=[("A", "Ручка", 1, "7.00")])
        merging.merge(session, d, e, now=shop.clock.now())

    await _run(shop, past)
    found = await _compare(shop)
    assert (found.held_out.buyers, found.held_out.repeat_buyers, found.held_out.revenue) == (2, 1, Decimal("10.75"))
    assert found.held_out.revenue_per_buyer == Decimal("5.38")
    assert (found.written_to.buyers, found.written_to.repeat_buyers) == (2, 1)
    assert (found.currency, found.written_to.revenue) == ("KZT", Decimal("7.00"))


async def test_buyers_drawn_with_another_share_are_not_mixed_in(shop, began):
    def past(session):
        shop_id, chance = rows.shop(session, at=began), Random(5)
        for at, share in ((began - 30 * DAY, 0.1), (began, 0.5)):
            groups, returns = {WRITTEN_TO: 40, HELD_OUT: 60}, {WRITTEN_TO: 0.1, HELD_OUT: 0.1}
            rows.crowd(session, shop_id, groups, at=at, returns=returns, chance=chance, share=share)

    await _run(shop, past)
    found = await _compare(shop)
    assert (found.share, found.since, found.buyers) == (0.5, began, 100)


async def test_a_holdout_is_suggested_from_300_buyers_on_while_there_is_none(shop, began, settings):
    def past(buyers):
        groups, returns = {WRITTEN_TO: buyers}, {WRITTEN_TO: 1.0}
        return lambda session: rows.crowd(session, 1, groups, at=began, returns=returns, chance=Random(1))

    async def suggested(**values):
        return await shop.app.db.read(results.suggestion, settings(**values))

    await _run(shop, lambda session: rows.shop(session, at=began))
    await _run(shop, past(299))
    assert not await suggested()
    await _run(shop, past(1))
    assert await suggested()
    assert not await suggested(holdout_share=0.1)


def test_intervals_are_those_of_the_published_examples():
    """Newcombe 1998 (method 10), Wilson's of 15 in 148 from his other paper of that year, Student's t from tables."""
    first = intervals.difference_of_shares(56, 70, 48, 80)
    assert (round(first.low, 4), round(first.high, 4)) == (0.0524, 0.3339)
    last = intervals.difference_of_shares(10, 10, 0, 10)
    assert (round(last.low, 4), round(last.high, 4)) == (0.6075, 1.0)
    assert [round(end, 4) for end in intervals.wilson(15, 148)] == [0.0624, 0.1605]
    equal = intervals.difference_of_means(Sample(6, 10.0, 6.0), Sample(6, 8.0, 6.0))  # error 2 ** 0.5, 10 degrees
    assert round((equal.high - equal.value) / 2**0.5, 3) == 2.228
    assert intervals.difference_of_means(Sample(1, 1.0, 0.0), Sample(9, 1.0, 2.0)) is None


def test_19_of_20_intervals_hold_the_true_difference():
    chance, runs = Random(7), 600
    shares = means = 0
    for _ in range(runs):
        one, other = ([_spent(chance, share) for _ in range(size)] for share, size in ((0.25, 240), (0.15, 80)))
        hits, other_hits = (sum(amount > 0 for amount in group) for group in (one, other))
        share = intervals.difference_of_shares(hits, len(one), other_hits, len(other))
        shares += share.low <= 0.10 <= share.high
        mean = intervals.difference_of_means(_sample(one), _sample(other))
        means += mean.low <= 0.10 * 1.5 <= mean.high
    assert 0.93 <= shares / runs <= 0.97
    assert 0.93 <= means / runs <= 0.97


def test_as_many_buyers_as_are_said_to_be_needed_see_the_effect_four_times_out_of_five():
    chance, runs, seen = Random(11), 200, 0
    enough = intervals.needed(0.10, results.WORTH_SEEING, held_out=0.3)
    held_out = round(enough * 0.3)
    for _ in range(runs):
        hits = sum(chance.random() < 0.15 for _ in range(enough - held_out))
        others = sum(chance.random() < 0.10 for _ in range(held_out))
        seen += intervals.difference_of_shares(hits, enough - held_out, others, held_out).low > 0
    assert 0.73 <= seen / runs <= 0.87


def test_who_looks_every_week_is_seldom_shown_an_effect_that_is_not_there():
    chance, runs, looks, fooled = Random(13), 200, 12, 0
    enough = intervals.needed(0.10, results.WORTH_SEEING, held_out=0.5)
    step = enough // looks // 2
    for _ in range(runs):
        hits, others = 0, 0
        for look in range(1, looks + 1):
            hits += sum(chance.random() < 0.10 for _ in range(step))
            others += sum(chance.random() < 0.10 for _ in range(step))
            of = look * step
            difference = intervals.difference_of_shares(hits, of, others, of)
            if results.seen(difference, 2 * of / enough) in (Seen.MORE, Seen.LESS):
                fooled += 1
                break
    assert fooled / runs <= 0.1


def _spent(chance, share):
    """What a buyer spent again, 1.5 on average if he did."""
    return chance.uniform(1, 2) if chance.random() < share else 0.0


def _sample(amounts):
    mean = sum(amounts) / len(amounts)
    return Sample(len(amounts), mean, sum((amount - mean) ** 2 for amount in amounts) / (len(amounts) - 1))
