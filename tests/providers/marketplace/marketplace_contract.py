"""What a marketplace must do, whoever it is: its test class subclasses ``MarketplaceContract``."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol

import pytest

from saudager.errors import BadCredentials, RateLimited, Rejected, Unanswered, Unreachable, UnrecognisedPayload
from saudager.providers.marketplace import OPEN, MarketOrder, Marketplace, Stage

NOW = datetime(2026, 3, 22, 14, 0, tzinfo=UTC)
YESTERDAY, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)
STAGES = [stage for stage in Stage if stage is not Stage.UNKNOWN]
LOST = ["500", "cut_before", "cut_after", "hang", "hang_after", "garbage"]


class Rig(Protocol):
    """A fake marketplace over real HTTP and the client that talks to it, with a clock that waits for nobody.

    ``what`` is "page", "order", "lines" or "write"; faults have the fake's own names, those used here among them.
    """

    market: Marketplace
    cancellation_reasons: Mapping[str, str]
    retry_after: int

    def place(
        self, *, at: datetime, phone: str | None = ..., items: list[tuple[str, str, int, Decimal]] | None = ...
    ) -> str:
        """A new order that can be accepted; its number."""
        ...

    def at_stage(self, stage: Stage) -> str:
        """An order of yesterday that is so far."""
        ...

    def tell_no_lines(self) -> None:
        """From now on listings tell no lines."""
        ...

    def code_sent_for(self, code: str) -> str | None: ...
    def stage_of(self, code: str) -> Stage: ...
    def fail(self, what: str, *faults: str) -> None: ...
    def fail_always(self, what: str, fault: str) -> None: ...
    def calls(self, what: str) -> int: ...
    def asked_at(self) -> list[datetime]:
        """When each request arrived, by the clock."""
        ...

    def opened(
        self, *, token: str | None = ..., base_url: str | None = ..., per_second: float = ..., impatient: bool = ...
    ) -> Marketplace:
        """Another client, which the fixture closes; an ``impatient`` one gives up soon enough for a test of silence."""
        ...


async def everything(market: Marketplace, *, since: datetime, until: datetime) -> dict[str, list[MarketOrder]]:
    """All orders of a span by state, page by page."""
    found: dict[str, list[MarketOrder]] = {}
    for state in market.open_states + market.closed_states:
        found[state], number, more = [], 0, True
        while more:
            page = await market.page(state, since=since, until=until, number=number)
            found[state] += page.orders
            number, more = number + 1, page.more
    return found


class MarketplaceContract:
    """Subclasses provide the fixture ``rig``."""

    async def test_a_listing_tells_who_ordered_what_for_how_much(self, rig: Rig) -> None:
        items = [("SKU-1", "Чайник", 2, Decimal("9990.10")), ("SKU-2", "Ложка", 1, Decimal(150))]
        code = rig.place(at=YESTERDAY, phone="7015550101", items=items)
        (order,) = (await everything(rig.market, since=YESTERDAY, until=NOW))[rig.market.open_states[0]]
        assert (order.code, order.placed_at, order.stage, order.total) == (
            code, YESTERDAY, Stage.APPROVED, Decimal("20130.20"),
        )  # fmt: skip
        assert order.buyer.phone == "77015550101"
        assert order.buyer.key
        told = [(line.number, line.sku, line.name, line.quantity, line.price, line.total) for line in order.lines or ()]
        assert told == [
            (0, "SKU-1", "Чайник", 2, Decimal("9990.10"), Decimal("19980.20")),
            (1, "SKU-2", "Ложка", 1, Decimal(150), Decimal(150)),
        ]

    async def test_pages_continue_each_other_until_nothing_more_follows(self, rig: Rig) -> None:
        size = rig.market.page_size
        placed = {rig.place(at=NOW - timedelta(minutes=minute)) for minute in range(2 * size + 1)}
        state, span = rig.market.open_states[0], {"since": YESTERDAY, "until": NOW}
        pages = [await rig.market.page(state, **span, number=number) for number in range(3)]
        assert [(len(page.orders), page.more, page.total) for page in pages] == [
            (size, True, 2 * size + 1), (size, True, 2 * size + 1), (1, False, 2 * size + 1),
        ]  # fmt: skip
        assert {order.code for page in pages for order in page.orders} == placed
        beyond = await rig.market.page(state, **span, number=7)
        assert (beyond.orders, beyond.more) == ((), False)

    async def test_a_span_holds_both_its_ends_and_nothing_beside(self, rig: Rig) -> None:
        start, end = NOW - rig.market.window, NOW
        inside = {rig.place(at=start), rig.place(at=end)}
        rig.place(at=start - timedelta(milliseconds=1))
        page = await rig.market.page(rig.market.open_states[0], since=start, until=end, number=0)
        assert {order.code for order in page.orders} == inside

    @pytest.mark.parametrize("stage", STAGES)
    async def test_an_order_stands_in_one_state_and_one_still_to_come_in_an_open_one(
        self, rig: Rig, stage: Stage
    ) -> None:
        code = rig.at_stage(stage)
        found = await everything(rig.market, since=YESTERDAY - timedelta(days=1), until=NOW)
        ((state, order),) = [(state, order) for state, orders in found.items() for order in orders]
        assert (order.code, order.stage) == (code, stage)
        assert state in rig.market.open_states or stage not in OPEN
        assert await rig.market.order(code) == order

    async def test_a_number_nobody_has_is_no_order(self, rig: Rig) -> None:
        rig.place(at=NOW)
        assert await rig.market.order("100") is None

    async def test_lines_the_listing_does_not_tell_are_asked_for(self, rig: Rig) -> None:
        code = rig.place(at=NOW, items=[("SKU-1", "Чайник", 2, Decimal(9990)), ("SKU-2", "Ложка", 1, Decimal(150))])
        told = await rig.market.order(code)
        rig.tell_no_lines()
        order = await rig.market.order(code)
        assert told is not None and order is not None
        assert order.lines is None
        assert await rig.market.lines(order) == told.lines

    async def test_an_accepted_order_is_accepted_once(self, rig: Rig) -> None:
        code = rig.place(at=NOW)
        accepted = await rig.market.accept(code)
        assert (accepted.code, accepted.stage) == (code, rig.stage_of(code))
        with pytest.raises(Rejected, match=code):
            await rig.market.accept(code)
        assert rig.calls("write") == 1

    async def test_an_order_is_cancelled_for_a_reason_a_person_may_choose(self, rig: Rig) -> None:
        code = rig.place(at=NOW)
        for reason, comment in (("PEOPLE_ARE_TIRED", ""), (next(iter(rig.cancellation_reasons)), "о" * 1001)):
            with pytest.raises(Rejected):
                await rig.market.cancel(code, reason=reason, comment=comment)
        assert rig.calls("write") == 0
        cancelled = await rig.market.cancel(code, reason=next(iter(rig.cancellation_reasons)), comment="кончились")
        assert cancelled.stage is rig.stage_of(code) is Stage.CANCELLED

    async def test_an_order_is_handed_over_by_the_code_its_buyer_shows(self, rig: Rig) -> None:
        code = rig.at_stage(Stage.READY)
        await rig.market.send_code(code)
        assert rig.stage_of(code) is Stage.READY
        sent = rig.code_sent_for(code)
        assert sent
        for wrong in ("0000", "", "  ", "код"):
            with pytest.raises(Rejected):
                await rig.market.complete(code, security_code=wrong)
        assert rig.stage_of(code) is Stage.READY
        completed = await rig.market.complete(code, security_code=sent)
        assert completed.stage is rig.stage_of(code) is Stage.DELIVERED

    @pytest.mark.parametrize("stage", [Stage.DELIVERED, Stage.CANCELLED, Stage.RETURNED])
    async def test_an_order_that_is_over_is_not_changed(self, rig: Rig, stage: Stage) -> None:
        code, reason = rig.at_stage(stage), next(iter(rig.cancellation_reasons))
        for change in (
            rig.market.accept(code),
            rig.market.cancel(code, reason=reason, comment=""),
            rig.market.send_code(code),
            rig.market.complete(code, security_code="1234"),
            rig.market.accept("100"),
        ):
            with pytest.raises(Rejected):
                await change
        assert rig.calls("write") == 0

    @pytest.mark.parametrize("fault", LOST)
    async def test_a_change_whose_answer_is_lost_may_have_been_made_and_is_not_repeated(
        self, rig: Rig, fault: str
    ) -> None:
        code = rig.place(at=NOW)
        rig.fail("write", fault)
        with pytest.raises(Unanswered):
            await rig.opened(impatient=fault.startswith("hang")).accept(code)
        assert rig.calls("write") == 1

    async def test_a_change_that_is_asked_to_wait_is_not_repeated(self, rig: Rig) -> None:
        code = rig.place(at=NOW)
        rig.fail("write", "429")
        with pytest.raises(RateLimited) as limited:
            await rig.market.accept(code)
        assert limited.value.retry_after == rig.retry_after
        assert rig.calls("write") == 1

    async def test_a_change_is_true_although_the_order_cannot_be_read_again(self, rig: Rig) -> None:
        code = rig.place(at=NOW)
        rig.fail("order", "ok", *["500"] * 4)
        accepted = await rig.market.accept(code)
        assert accepted.stage in (Stage.APPROVED, Stage.READY)
        assert rig.stage_of(code) is not Stage.PLACED

    @pytest.mark.parametrize("fault", ["500", "429", "cut_before", "hang"])
    async def test_a_read_is_repeated_three_times_and_the_last_may_succeed(self, rig: Rig, fault: str) -> None:
        code = rig.place(at=NOW)
        rig.fail("order", fault, fault, fault)
        order = await rig.opened(impatient=fault == "hang").order(code)
        assert order is not None
        assert rig.calls("order") == 4

    @pytest.mark.parametrize(
        ("fault", "error", "calls"),
        [
            ("500", Unreachable, 4),
            ("cut_after", Unreachable, 4),
            ("429", RateLimited, 4),
            ("403", BadCredentials, 1),
            ("garbage", UnrecognisedPayload, 1),
        ],
    )
    async def test_a_read_that_keeps_failing_is_given_up(
        self, rig: Rig, fault: str, error: type[Exception], calls: int
    ) -> None:
        rig.fail_always("page", fault)
        with pytest.raises(error):
            await rig.market.page(rig.market.open_states[0], since=YESTERDAY, until=NOW, number=0)
        assert rig.calls("page") == calls

    async def test_a_check_says_at_once_what_is_wrong(self, rig: Rig) -> None:
        await rig.market.check()
        with pytest.raises(BadCredentials):
            await rig.opened(token="another-token").check()
        rig.fail_always("page", "hang")
        before = rig.calls("page")
        with pytest.raises(Unreachable):
            await rig.opened(impatient=True).check()
        assert rig.calls("page") == before + 1

    async def test_nobody_serves_is_unreachable_for_reads_and_changes(self, rig: Rig) -> None:
        nobody = rig.opened(base_url="http://127.0.0.1:1")
        with pytest.raises(Unreachable):
            await nobody.order("100")
        with pytest.raises(Unreachable):
            await nobody.accept("100")

    async def test_the_pace_is_kept_by_every_request_and_repeats_are_requests(self, rig: Rig) -> None:
        market = rig.opened(per_second=2)
        code = rig.place(at=NOW)
        rig.fail("order", "ok", "500", "cut_before")
        for _ in range(4):
            await market.order(code)
        await market.accept(code)
        at = rig.asked_at()
        assert market.requests == len(at) == 9
        assert all(later - earlier >= timedelta(seconds=0.5) for earlier, later in itertools.pairwise(at))
        assert at[-1] - at[0] <= timedelta(seconds=6)

    @pytest.mark.parametrize("phone", [None, "0000000000"])
    async def test_a_number_that_is_hidden_is_no_number(self, rig: Rig, phone: str | None) -> None:
        order = await rig.market.order(rig.place(at=NOW, phone=phone))
        assert order is not None
        assert order.buyer.phone is None

    async def test_who_bought_stands_in_no_representation_of_an_order(self, rig: Rig) -> None:
        order = await rig.market.order(rig.place(at=NOW, phone="7015550101"))
        assert order is not None and order.buyer.key is not None
        assert "7015550101" not in repr(order)
        assert order.buyer.key not in repr(order)
