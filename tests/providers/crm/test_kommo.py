"""Kommo: the port's contract over real HTTP, its payloads, and what is peculiar to it."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from saudager.bench.kommo_account import KommoAccount
from saudager.clock import Clock
from saudager.errors import BadCredentials, RateLimited, Rejected, Unreachable, UnrecognisedPayload
from saudager.providers.crm import Contact, Mail, Stage, Tokens, kommo_rows
from saudager.providers.crm.kommo import LARGEST_PAGE, Kommo
from saudager.providers.crm.kommo_oauth import exchange, refresh
from saudager.providers.marketplace.pace import Pace
from tests.fakes.clocks import InstantClock
from tests.providers.crm.crm_contract import HOOK, NOW, YESTERDAY, CrmContract

_KINDS = {"move": "change_lead", "note": "add_note"}
_OAUTH = ("exchange", "refresh", "moved", "authorize")


class KommoRig:
    page_size = LARGEST_PAGE

    def __init__(self, fake: KommoAccount, clock: InstantClock, tokens: Tokens, keep: Callable[[Kommo], None]) -> None:
        self.fake = fake
        self.clock = clock
        self.tokens = tokens
        self.renewals = 0
        self._keep = keep
        self._turns = 0
        self.crm = self.opened()
        self.add_contact, self.add_lead = fake.add_contact, fake.add_lead
        self.add_field, self.add_bot, self.delete_lead = fake.add_field, fake.add_bot, fake.delete_lead
        self.expire_tokens, self.revoke = fake.expire, fake.revoke

    def opened(self, *, base_url: str | None = None, impatient: bool = False) -> Kommo:
        crm = Kommo(
            base_url or self.fake.base_url,
            self.tokens,
            self.renew,
            self.turn,
            self.clock,
            timeout=0.25 if impatient else 20,
        )
        self._keep(crm)
        return crm

    async def renew(self, used: Tokens) -> Tokens:
        self.renewals += 1
        self.tokens = await refresh(self.crm.base_url, self.fake.integration, used, self.clock)
        return self.tokens

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        self._turns += 1
        yield

    def turns(self) -> int:
        return self._turns

    def receive_mail(self, lead: int, *, sender: str, recipient: str, subject: str) -> None:
        self.fake.receive_mail(lead, sender=sender, recipient=recipient, subject=subject)

    def stage(self, name: str) -> tuple[int, int]:
        return int(self.fake.rows.pipelines[0]["id"]), self.fake.stage(name)

    def stage_of(self, lead: int) -> int:
        return int(self.fake.leads[lead]["status_id"])

    def note_kinds(self, lead: int) -> list[str]:
        return [note["note_type"] for note in self.fake.notes(lead)]

    def bot_runs(self) -> list[tuple[int, int]]:
        return [(run.bot, run.entity_id) for run in self.fake.bot_runs if run.entity_type == "leads"]

    def tasks(self) -> list[tuple[int, str, datetime]]:
        return [
            (task["entity_id"], task["text"], datetime.fromtimestamp(task["complete_till"], UTC))
            for task in self.fake.tasks.values()
        ]

    def hook(self) -> str | None:
        return self.fake.subscribed

    def fail(self, what: str, *faults: str) -> None:
        self.fake.fail(_KINDS.get(what, what), *faults)

    def fail_always(self, what: str, fault: str) -> None:
        self.fake.fail_always(_KINDS.get(what, what), fault)

    def calls(self, what: str) -> int:
        return self.fake.requests[_KINDS.get(what, what)]

    def all_calls(self) -> int:
        return sum(count for kind, count in self.fake.requests.items() if kind not in _OAUTH)


async def signed_in(fake: KommoAccount, clock: Clock) -> Tokens:
    return await exchange(fake.base_url, fake.integration, fake.code(), clock)


@pytest.fixture
async def rig() -> AsyncIterator[KommoRig]:
    clock = InstantClock(NOW)
    async with AsyncExitStack() as stack:
        fake = await stack.enter_async_context(KommoAccount(now=clock.now))
        fake.gate.per_second = None
        tokens = await signed_in(fake, clock)
        yield KommoRig(fake, clock, tokens, lambda crm: stack.push_async_callback(crm.close) and None)


class TestKommo(CrmContract):
    async def test_every_request_says_who_asks_and_what_for(self, rig: KommoRig) -> None:
        lead = rig.add_lead("Чайник")
        await rig.crm.leads(1, changed_since=YESTERDAY)
        await rig.crm.add_note(lead, "Да")
        read, write = rig.fake.asked[-2:]
        for asked in (read, write):
            assert asked.headers["authorization"] == f"Bearer {rig.tokens.access_token}"
            assert asked.headers["user-agent"].startswith("Saudager/")
            assert asked.headers["content-type"] == "application/json"
        assert dict(read.query) == {
            "order[updated_at]": "asc",
            "filter[updated_at][from]": "1774101600",
            "with": "contacts",
            "page": "1",
            "limit": "250",
        }
        assert write.json == [{"note_type": "common", "params": {"text": "Да"}}]

    async def test_tokens_that_are_about_to_end_are_renewed_before_they_are_refused(self, rig: KommoRig) -> None:
        await rig.crm.leads(1)
        await rig.clock.sleep_until(NOW + timedelta(hours=24))
        await rig.crm.leads(1)
        assert (rig.renewals, rig.fake.requests["leads"]) == (1, 2)

    async def test_an_account_that_was_renamed_is_found_and_asked_where_it_is(self, rig: KommoRig) -> None:
        lead = rig.add_lead("Чайник")
        await rig.crm.leads(1)
        address = rig.fake.rename()
        page = await rig.crm.leads(1)
        assert [row.id for row in page.rows] == [lead]
        assert rig.crm.base_url == rig.tokens.base_url == address
        await rig.crm.add_note(lead, "Да")
        assert (rig.renewals, rig.fake.requests["moved"]) == (1, 1)

    async def test_seven_requests_a_second_are_never_too_many(self, rig: KommoRig) -> None:
        rig.fake.gate.per_second = 7
        pace = Pace(7, rig.clock)
        paced = Kommo(rig.fake.base_url, rig.tokens, rig.renew, pace.turn, rig.clock)
        for _ in range(30):
            await paced.leads(1)
        await paced.close()
        assert paced.requests == 30

    async def test_who_goes_on_too_fast_is_blocked_and_that_is_no_question_of_rights(self, rig: KommoRig) -> None:
        rig.fake.gate.per_second = 7
        lead, refusals = rig.add_lead("Чайник"), []
        for number in range(40):
            try:
                await rig.crm.add_note(lead, f"Примечание {number}")
            except RateLimited as limited:
                refusals.append(limited)
        assert len(rig.fake.notes(lead)) == 7
        assert ["HTTP 429" in str(refusal) for refusal in refusals] == [True] * 20 + [False] * 13
        assert refusals[-1].retry_after == 60
        assert "Kommo на время закрыл доступ" in str(refusals[-1])
        await rig.clock.sleep_until(rig.clock.now() + timedelta(minutes=1))
        await rig.crm.add_note(lead, "Снова можно")

    async def test_a_closed_door_says_what_it_may_mean(self, rig: KommoRig) -> None:
        rig.fail_always("leads", "403")
        with pytest.raises(BadCredentials, match="нет прав, аккаунт заблокирован или закрыт адрес этого сервера"):
            await rig.crm.leads(1)
        rig.fail_always("leads", "402")
        with pytest.raises(BadCredentials, match="тариф"):
            await rig.crm.leads(1)

    async def test_what_only_an_administrator_is_told_stops_nothing_else(self, rig: KommoRig) -> None:
        rig.fail_always("users", "403")
        rig.fail_always("webhooks", "402")
        assert await rig.crm.users() == []
        with pytest.raises(Rejected, match="тариф"):
            await rig.crm.subscribe(HOOK)

    async def test_an_answer_that_nothing_has_changed_is_nothing(self, rig: KommoRig) -> None:
        rig.add_lead("Чайник")
        rig.fail("leads", "304")
        page = await rig.crm.leads(1)
        assert (page.rows, page.next) == ((), None)

    @pytest.mark.parametrize(("most", "requests"), [(130, 6), (60, 24)])
    async def test_a_page_that_is_too_much_at_once_is_read_in_pieces(
        self, rig: KommoRig, most: int, requests: int
    ) -> None:
        rig.fake.fill(leads=550)
        rig.fake.api.most_per_page = most
        pages = [await rig.crm.leads(number) for number in (1, 2, 3)]
        assert [(len(page.rows), page.next) for page in pages] == [(250, 2), (250, 3), (50, None)]
        assert len({lead.id for page in pages for lead in page.rows}) == 550
        assert rig.fake.requests["leads"] == requests

    async def test_the_smallest_piece_is_given_up(self, rig: KommoRig) -> None:
        rig.fail_always("leads", "504")
        with pytest.raises(Unreachable, match="слишком много за один запрос"):
            await rig.crm.leads(1)
        assert rig.fake.requests["leads"] == 3

    async def test_a_refusal_names_the_field_and_what_is_wrong_with_it(self, rig: KommoRig) -> None:
        lead = rig.add_lead("Чайник")
        field = rig.add_field("leads", "Оплата", "select", choices=("Карта",))
        with pytest.raises(Rejected, match=rf"поле № {field}\.values\.0\.value: The value you selected"):
            await rig.crm.fill(lead, {field: "Ракушки"})
        with pytest.raises(Rejected, match="поле status_id: The value you selected is not a valid choice"):
            await rig.crm.move(lead, pipeline=1001, stage=9)

    @pytest.mark.parametrize("kind", ["outgoing_email", "mail_message", "amomail_message"])
    async def test_a_note_that_is_said_to_send_a_letter_is_refused(self, rig: KommoRig, kind: str) -> None:
        lead = rig.add_lead("Чайник")
        with pytest.raises(Rejected, match="HTTP 400: поле note_type"):
            await rig.crm.add_note(lead, "Здравствуйте!", kind=kind)
        assert rig.fake.asked[-1].json[0]["note_type"] == kind
        assert rig.fake.notes(lead) == []

    async def test_a_sign_that_would_lose_the_whole_value_is_left_out(self, rig: KommoRig) -> None:
        field = rig.add_field("leads", "Письмо")
        lead = rig.add_lead("Чайник")
        await rig.crm.fill(lead, {field: "Спасибо 🎉 за покупку"})
        (told,) = await rig.crm.leads_by_id([lead])
        assert told.values == {str(field): ["Спасибо  за покупку"]}

    async def test_an_account_without_the_newer_way_runs_its_bots_by_the_older(self, rig: KommoRig) -> None:
        lead, bot = rig.add_lead("Чайник"), rig.add_bot("Письма")
        rig.fake.api.has_bots_v4 = False
        await rig.crm.run_bot(bot, lead)
        assert rig.bot_runs() == [(bot, lead)]
        assert (rig.fake.requests["run_bot"], rig.fake.requests["run_bot_v2"]) == (1, 1)

    async def test_an_odd_row_loses_itself_and_not_its_page(
        self, rig: KommoRig, caplog: pytest.LogCaptureFixture
    ) -> None:
        odd, fine = rig.add_lead("Странная"), rig.add_lead("Чайник")
        rig.fake.leads.put(rig.fake.leads[odd] | {"price": "много"})
        with caplog.at_level(logging.WARNING):
            page = await rig.crm.leads(1)
        assert [lead.id for lead in page.rows] == [fine]
        assert "leads[0] is left out: price: expected a whole number" in caplog.text
        with pytest.raises(UnrecognisedPayload, match=r"leads\[0\]\.price: expected a whole number"):
            await rig.crm.leads_by_id([odd, fine])

    async def test_no_token_stands_in_an_error_or_a_representation(self, rig: KommoRig) -> None:
        rig.revoke()
        with pytest.raises(BadCredentials) as refused:
            await rig.crm.leads(1)
        assert "def502" not in str(refused.value)
        assert rig.tokens.access_token not in repr(rig.tokens)
        assert rig.fake.integration.client_secret not in repr(rig.fake.integration)


LEAD: dict[str, Any] = {
    "id": 5_118_201,
    "name": "Заказ с сайта",
    "price": 23500,
    "responsible_user_id": 9_801_177,
    "group_id": 0,
    "status_id": 60_113_402,
    "pipeline_id": 7_290_114,
    "loss_reason_id": None,
    "created_by": 0,
    "updated_by": 9_801_177,
    "created_at": 1774101600,
    "updated_at": 1774188000,
    "closed_at": None,
    "closest_task_at": None,
    "is_deleted": False,
    "custom_fields_values": [
        {
            "field_id": 811,
            "field_name": "Код заказа",
            "field_code": None,
            "field_type": "text",
            "values": [{"value": "496000001"}],
        },
        {
            "field_id": 812,
            "field_name": "Доставка",
            "field_code": None,
            "field_type": "multiselect",
            "values": [
                {"value": "Курьер", "enum_id": 51, "enum_code": None},
                {"value": "Почта", "enum_id": 52, "enum_code": None},
            ],
        },
        {
            "field_id": 813,
            "field_name": "Да?",
            "field_code": "OK",
            "field_type": "checkbox",
            "values": [{"value": True}],
        },
    ],
    "score": None,
    "account_id": 31_000_001,
    "_links": {"self": {"href": "https://example.kommo.com/api/v4/leads/5118201"}},
    "_embedded": {
        "tags": [],
        "companies": [{"id": 1}],
        "contacts": [{"id": 71, "is_main": False}, {"id": 72, "is_main": True}],
    },
}
CONTACT: dict[str, Any] = {
    "id": 72,
    "name": "Имя Фамилия",
    "first_name": "Имя",
    "last_name": "Фамилия",
    "responsible_user_id": 0,
    "created_at": 1774101600,
    "updated_at": 1774188000,
    "custom_fields_values": [
        {
            "field_id": 601,
            "field_name": "Телефон",
            "field_code": "PHONE",
            "field_type": "multitext",
            "values": [
                {"value": "+7 (701) 555-01-01, 8 701 555 01 02", "enum_id": 701, "enum_code": "WORK"},
                {"value": "не скажу", "enum_id": 701, "enum_code": "MOB"},
                {"value": "77015550101", "enum_id": 701, "enum_code": "HOME"},
            ],
        },
        {
            "field_id": 602,
            "field_name": "Email",
            "field_code": "EMAIL",
            "field_type": "multitext",
            "values": [{"value": "Client@Example.test; second@example.test", "enum_id": 711, "enum_code": "WORK"}],
        },
        {
            "field_id": 603,
            "field_name": "Должность",
            "field_code": "POSITION",
            "field_type": "text",
            "values": [{"value": "бух\0галтер \ud83d"}],
        },
    ],
    "_embedded": {"tags": [], "companies": []},
}


def test_a_captured_lead_is_read_to_the_last_field() -> None:
    lead = kommo_rows.lead(LEAD)
    assert (lead.id, lead.name, lead.price, lead.responsible_id) == (5_118_201, "Заказ с сайта", 23500, 9_801_177)
    assert (lead.pipeline_id, lead.stage_id, lead.contacts) == (7_290_114, 60_113_402, (72, 71))
    assert lead.values == {"811": ["496000001"], "812": ["Курьер", "Почта"], "813": [True]}
    assert (lead.created_at, lead.changed_at, lead.closed_at) == (YESTERDAY, NOW, None)


def test_a_captured_contact_is_known_by_everything_written_in_its_fields() -> None:
    assert kommo_rows.contact(CONTACT) == Contact(
        id=72,
        name="Имя Фамилия",
        phones=("77015550101", "77015550102"),
        emails=("client@example.test", "second@example.test"),
        values={"603": ["бухгалтер ?"]},
        responsible_id=None,
        changed_at=NOW,
    )


def test_a_letter_kommo_has_read_tells_everything_but_its_body() -> None:
    params = {
        "thread_id": 1,
        "message_id": 20_817,
        "private": False,
        "income": False,
        "from": {"email": "Sales@example.test", "name": "Отдел продаж"},
        "to": {"email": "client@example.test", "name": ""},
        "subject": "Счёт",
        "content_summary": "Добрый день",
        "attach_cnt": 1,
        "delivery": {"time": 1774188000},
    }
    row = {"id": 5009, "entity_id": 72, "note_type": "amomail_message", "created_at": 1774188000, "params": params}
    assert kommo_rows.mail(row) == Mail(
        5009, "20817", False, "sales@example.test", "client@example.test", "Счёт", "Добрый день", NOW
    )


def test_stages_are_in_order_and_known_by_their_numbers() -> None:
    statuses = [
        {"id": 143, "name": "Закрыто и не реализовано", "sort": 11000, "color": "#D5D8DB", "type": 0},
        {"id": 142, "name": "Успешно реализовано", "sort": 10000, "color": "#CCFF66", "type": 0},
        {"id": 21, "name": "Неразобранное", "sort": 10, "color": "#c1c1c1", "type": 1},
        {"id": 22, "name": "Первичный контакт", "sort": 20, "color": "#99ccff", "type": 0},
    ]
    row = {
        "id": 7,
        "name": "Воронка",
        "sort": 1,
        "is_main": True,
        "is_archive": False,
        "_embedded": {"statuses": statuses},
    }
    pipeline = kommo_rows.pipeline(row)
    assert [(stage.id, stage.kind) for stage in pipeline.stages] == [
        (21, "incoming"), (22, "open"), (142, "won"), (143, "lost"),
    ]  # fmt: skip
    assert pipeline.stages[1] == Stage(22, "Первичный контакт", 20, "#99ccff", "open")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": None}, "id: expected a whole number"),
        ({"id": True}, "id: expected a whole number"),
        ({"id": 0}, "id: expected a number of at least 1"),
        ({"price": "1000"}, "price: expected a whole number"),
        ({"price": 0.5}, "price: expected a whole number"),
        ({"price": 2**60}, "price: expected a whole number"),
        ({"status_id": None}, "status_id: expected a whole number"),
        ({"created_at": "2026-03-22"}, "created_at: expected seconds since 1970"),
        ({"created_at": 10**15}, "created_at: expected seconds since 1970"),
        ({"_embedded": {"contacts": {}}}, "_embedded.contacts: expected a list"),
        ({"custom_fields_values": [{"field_id": "x"}]}, "field_id: expected a whole number"),
    ],
)
def test_an_odd_field_is_named(changes: Mapping[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=f"^{says}$"):
        kommo_rows.lead(LEAD | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"price": None},
        {"custom_fields_values": None},
        {"custom_fields_values": []},
        {"_embedded": {}},
        {"name": None},
        {"closed_at": 0},
        {"updated_at": None},
    ],
)
def test_what_may_be_missing_is_not_missed(changes: Mapping[str, Any]) -> None:
    assert kommo_rows.lead(LEAD | changes).id == 5_118_201


@pytest.mark.parametrize("told", [{}, {"_embedded": {"leads": None}}, {"_embedded": []}])
def test_rows_that_are_none_are_told(told: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"_embedded\.leads: expected a list"):
        kommo_rows.rows_in(told, "leads")
