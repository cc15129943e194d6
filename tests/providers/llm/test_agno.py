"""Agno behind the port: the contract for each kind of vendor, what is peculiar to one, and what Agno does unasked."""

import socket
from dataclasses import replace
from decimal import Decimal

import pytest

from saudager.providers.llm import FaultKind, Verdict
from tests.fakes.model_wires import Reply
from tests.fakes.models import Vendor
from tests.providers.llm.conftest import Watchman
from tests.providers.llm.model_contract import TURN, WHO, Loose, MakeModel, ModelContract

pytestmark = pytest.mark.asyncio(loop_scope="module")


class TestOpenRouter(ModelContract):
    kind = "openrouter"
    system_in_hint = True

    async def test_money_is_asked_for_and_reported(self, make: MakeModel, vendor: Vendor) -> None:
        vendor.says(Reply("Да.", cost=0.000123))
        (call,) = (await make().write(WHO)).calls
        assert vendor.requests[0].body["usage"] == {"include": True}
        assert call.cost == Decimal("0.000123")

    async def test_money_that_is_not_told_is_unknown_and_not_nothing(self, make: MakeModel) -> None:
        assert (await make().write(WHO)).calls[0].cost is None

    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            ("flagged", FaultKind.BAD_OUTPUT),
            ("key_limit", FaultKind.QUOTA),
            ("timed_out", FaultKind.TIMEOUT),
            ("rate_limit_in_200", FaultKind.RATE_LIMIT),
            ("server_in_200", FaultKind.SERVER),
        ],
    )
    async def test_its_own_failures_have_a_kind(
        self, make: MakeModel, vendor: Vendor, fault: str, kind: FaultKind
    ) -> None:
        vendor.fail(fault)
        assert (await self.fault_of(make().decide(TURN))).kind == kind
        assert vendor.calls == 1

    async def test_a_model_that_fails_half_way_is_server(self, make: MakeModel, vendor: Vendor) -> None:
        vendor.says(Reply("Окно сто", finish="error"))
        assert (await self.fault_of(make().write(WHO))).kind == FaultKind.SERVER

    async def test_the_words_of_the_vendor_behind_it_are_passed_on(self, make: MakeModel, vendor: Vendor) -> None:
        vendor.fail("rate_limit")
        assert "small-1 is temporarily rate-limited upstream" in str(await self.fault_of(make().decide(TURN)))


class TestGemini(ModelContract):
    kind = "gemini"

    async def test_money_is_left_to_the_price_list(self, make: MakeModel) -> None:
        assert (await make().write(WHO)).calls[0].cost is None


class TestOpenAI(ModelContract):
    kind = "openai"

    async def test_money_is_left_to_the_price_list(self, make: MakeModel, vendor: Vendor) -> None:
        vendor.says(Reply("Да.", cost=1.0))
        assert (await make().write(WHO)).calls[0].cost is None

    async def test_a_model_that_refuses_a_temperature_is_asked_without_from_then_on(
        self, make: MakeModel, vendor: Vendor
    ) -> None:
        vendor.reasons = True
        model, task = make(), replace(WHO, temperature=0.7)
        assert (await self.fault_of(model.write(task))).kind == FaultKind.BAD_OUTPUT
        await model.write(task)
        assert ["temperature" in asked.body for asked in vendor.requests] == [False]
        vendor.wrong.clear()

    async def test_a_structure_that_cannot_be_enforced_is_still_asked_for_and_checked(
        self, make: MakeModel, vendor: Vendor
    ) -> None:
        vendor.says({"prices": {"окно": 45000}})
        assert (await make().extract(WHO, Loose)).value == Loose(prices={"окно": 45000})
        assert vendor.requests[0].body["response_format"]["json_schema"]["strict"] is False

    async def test_a_structure_that_can_be_enforced_is(self, make: MakeModel, vendor: Vendor) -> None:
        await make().extract(WHO, Verdict)
        assert vendor.requests[0].body["response_format"]["json_schema"]["strict"] is True


class TestCompatible(ModelContract):
    kind = "compatible"
    system_in_hint = True

    async def test_it_needs_no_key(self, make: MakeModel, vendor: Vendor) -> None:
        vendor.key = "none"
        assert (await make(api_key="").write(WHO)).value

    async def test_a_local_models_thoughts_are_not_the_answer(self, make: MakeModel, vendor: Vendor) -> None:
        vendor.says('<think>Цена?</think>{"reply": "45 000 ₸", "actions": []}')
        assert (await make().decide(TURN)).value.reply == "45 000 ₸"


async def test_the_watchman_catches_a_connection_beyond_this_machine(watchman: Watchman) -> None:
    for asked in (
        lambda: socket.create_connection(("192.0.2.1", 9), timeout=0.1),
        lambda: socket.gethostbyname("a.kz"),
    ):
        with pytest.raises(PermissionError):
            asked()
    with pytest.raises(PermissionError):
        socket.getaddrinfo("os-api.agno.com", 443)
    assert len(watchman.caught) == 3
    watchman.caught.clear()


async def test_the_watchman_catches_a_model_that_calls_the_real_vendor(watchman: Watchman) -> None:
    from saudager.providers.llm.agno import AgnoModel

    model = AgnoModel(
        "openai", "openai", base_url="https://api.openai.com/v1", model="small-1", api_key="k", deadline=2
    )
    fault = await ModelContract().fault_of(model.decide(TURN))
    await model.close()
    assert fault.kind in (FaultKind.CONNECT, FaultKind.SERVER)
    assert watchman.caught == ["socket.getaddrinfo api.openai.com"]
    watchman.caught.clear()
