"""A person accepts, cancels and hands over an order; the marketplace hears of it once, and the page shows what is."""

import pytest

from saudager.errors import NotFound, Refused, Rejected, Unanswered, Unreachable
from saudager.orders import deciding
from tests.orders.market import APPROVED, connected, stored, take


@pytest.fixture
async def order_id(watched):
    code = watched.kaspi.place(code=APPROVED.code)
    await watched.looks()
    return (await stored(watched.app, code)).id


def _writes(watched):
    return [written.status for written in watched.kaspi.written]


async def test_an_order_is_accepted_and_handed_over_by_the_buyers_code(watched, order_id):
    app = watched.app
    accepted = await watched.ends(deciding.accept(app, order_id))
    assert (accepted.status, _writes(watched)) == ("ACCEPTED_BY_MERCHANT", ["ACCEPTED_BY_MERCHANT"])
    await watched.ends(deciding.send_code(app, order_id))
    with pytest.raises(Rejected):
        await watched.ends(deciding.complete(app, order_id, security_code="000000000"))
    code = watched.kaspi.code_sent_for(APPROVED.code)
    done = await watched.ends(deciding.complete(app, order_id, security_code=f" {code} "))
    assert (done.stage, done.is_open) == ("delivered", False)


async def test_an_order_is_cancelled_for_a_reason_the_marketplace_knows(watched, order_id):
    with pytest.raises(Refused):
        await watched.ends(deciding.cancel(watched.app, order_id, reason="NO_MOOD"))
    assert _writes(watched) == []
    cancelled = await watched.ends(
        deciding.cancel(watched.app, order_id, reason="MERCHANT_OUT_OF_STOCK", comment="Нет на складе")
    )
    assert (cancelled.stage, len(_writes(watched))) == ("cancelled", 1)


async def test_a_refusal_is_shown_and_the_order_is_read_again(watched, order_id):
    watched.kaspi.move(APPROVED.code, state="ARCHIVE", status="CANCELLED")
    with pytest.raises(Rejected):
        await watched.ends(deciding.accept(watched.app, order_id))
    assert ((await stored(watched.app)).stage, _writes(watched)) == ("cancelled", [])


async def test_who_waits_before_a_marketplace_that_fails_is_told_after_one_try(watched, order_id):
    watched.kaspi.fail_always("", "500")
    watched.kaspi.requests.clear()
    for deed in (deciding.accept(watched.app, order_id), deciding.send_code(watched.app, order_id)):
        with pytest.raises(Unreachable):
            await watched.ends(deed)
    assert (_writes(watched), sum(watched.kaspi.requests.values())) == ([], 2)


async def test_a_lost_answer_to_what_was_done_is_found_out_by_reading(watched, order_id):
    watched.kaspi.fail("write", "cut_after")
    accepted = await watched.ends(deciding.accept(watched.app, order_id))
    assert (accepted.status, len(_writes(watched))) == ("ACCEPTED_BY_MERCHANT", 1)


async def test_a_lost_answer_to_what_was_not_done_says_what_to_do_and_is_not_repeated(watched, order_id):
    watched.kaspi.fail("write", "cut_before")
    with pytest.raises(Unanswered, match=r"APPROVED_BY_BANK.*повторяйте, только если"):
        await watched.ends(deciding.accept(watched.app, order_id))
    assert (_writes(watched), watched.kaspi.requests["write"]) == ([], 1)


async def test_a_lost_code_may_be_sent_again(watched, order_id):
    await watched.ends(deciding.accept(watched.app, order_id))
    watched.kaspi.fail("write", "cut_after")
    with pytest.raises(Unanswered, match="отправьте ещё раз"):
        await watched.ends(deciding.send_code(watched.app, order_id))


async def test_an_order_of_a_shop_elsewhere_is_changed_elsewhere(app):
    await take(app, await connected(app), APPROVED)
    with pytest.raises(Refused, match="Чайники"):
        await deciding.accept(app, (await stored(app)).id)
    with pytest.raises(NotFound):
        await deciding.accept(app, 12345)
