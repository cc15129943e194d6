"""What a CRM must do, whoever it is: its test class subclasses ``CrmContract``."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from saudager.errors import BadCredentials, RateLimited, Rejected, Unanswered, Unreachable, UnrecognisedPayload
from saudager.providers.crm import Contact, Crm, Lead

NOW = datetime(2026, 3, 22, 14, 0, tzinfo=UTC)
YESTERDAY, TOMORROW = NOW - timedelta(days=1), NOW + timedelta(days=1)
LOST = ["500", "cut_before", "cut_after", "hang", "hang_after", "garbage"]
HOOK = "https://shop.example/crm/hooks/1/secret"


class Rig(Protocol):
    """A fake CRM over real HTTP and the client that talks to it, with a clock that waits for nobody.

    ``what`` is "account", "contacts", "leads", "move" or "note"; faults have the fake's own names, those used here
    among them. Stages "Новая" and "Оплачено" are in the main pipeline.
    """

    crm: Crm
    page_size: int
    renewals: int
    """How often tokens were asked to be renewed."""

    def add_contact(
        self, name: str, *, phone: str | Sequence[str] = ..., email: str | Sequence[str] = ..., at: datetime = ...
    ) -> int: ...
    def add_lead(
        self,
        name: str,
        *,
        contact: int | Sequence[int] = ...,
        price: int = ...,
        fields: Mapping[int, Any] | None = ...,
        at: datetime = ...,
    ) -> int: ...
    def add_field(self, entity: str, name: str, kind: str = ..., *, choices: Sequence[str] = ...) -> int: ...
    def add_bot(self, name: str) -> int: ...
    def delete_lead(self, lead: int) -> None: ...
    def receive_mail(self, lead: int, *, sender: str, recipient: str, subject: str) -> None: ...
    def stage(self, name: str) -> tuple[int, int]:
        """Its pipeline and its number."""
        ...

    def stage_of(self, lead: int) -> int: ...
    def note_kinds(self, lead: int) -> list[str]: ...
    def bot_runs(self) -> list[tuple[int, int]]:
        """(bot, lead) of each."""
        ...

    def tasks(self) -> list[tuple[int, str, datetime]]:
        """(lead, text, due) of each."""
        ...

    def hook(self) -> str | None: ...
    def expire_tokens(self) -> None: ...
    def revoke(self) -> None: ...
    def fail(self, what: str, *faults: str) -> None: ...
    def fail_always(self, what: str, fault: str) -> None: ...
    def calls(self, what: str) -> int: ...
    def all_calls(self) -> int: ...
    def opened(self, *, base_url: str | None = ..., impatient: bool = ...) -> Crm:
        """Another client with the same tokens, which the fixture closes; an ``impatient`` one gives up soon enough for
        a test of silence."""
        ...

    def turns(self) -> int:
        """How often a turn was taken by any client."""
        ...


async def everybody(crm: Crm, since: datetime | None = None) -> list[Contact]:
    rows, page = [], 1
    while True:
        found = await crm.contacts(page, changed_since=since)
        rows += found.rows
        if found.next is None:
            return rows
        page = found.next


class CrmContract:
    """Subclasses provide the fixture ``rig``."""

    async def test_the_account_tells_whose_it_is(self, rig: Rig) -> None:
        account = await rig.crm.account()
        assert account.id > 0
        assert (account.base_url, account.currency) == (rig.crm.base_url, "KZT")
        assert account.name

    async def test_pipelines_tell_their_stages_in_order_and_which_of_them_end_a_lead(self, rig: Rig) -> None:
        (pipeline,) = await rig.crm.pipelines()
        assert pipeline.is_main
        assert [stage.kind for stage in pipeline.stages] == ["incoming", "open", "open", "open", "won", "lost"]
        assert [stage.sort for stage in pipeline.stages] == sorted(stage.sort for stage in pipeline.stages)
        assert (pipeline.id, pipeline.stages[1].id) == rig.stage("Новая")

    async def test_fields_tell_their_kind_and_choices(self, rig: Rig) -> None:
        number = rig.add_field("leads", "Оплата", "select", choices=("Карта", "Наличные"))
        (field,) = [field for field in await rig.crm.fields("leads") if field.id == number]
        assert (field.entity, field.name, field.kind) == ("leads", "Оплата", "select")
        assert [value for _, value in field.choices] == ["Карта", "Наличные"]
        assert {field.code for field in await rig.crm.fields("contacts")} >= {"PHONE", "EMAIL"}

    async def test_somebody_works_there(self, rig: Rig) -> None:
        (user,) = await rig.crm.users()
        assert user.name
        assert user.email == "admin@example.test"

    async def test_a_contact_is_known_by_phones_and_addresses_as_we_write_them(self, rig: Rig) -> None:
        number = rig.add_contact(
            "Айгерим С.", phone=["8 (701) 555-01-01", "+7 701 555 01 02"], email=" Aigerim@Example.TEST "
        )
        (contact,) = await rig.crm.contacts_by_id([number])
        assert (contact.name, contact.phones, contact.emails) == (
            "Айгерим С.", ("77015550101", "77015550102"), ("aigerim@example.test",),
        )  # fmt: skip
        assert contact.changed_at == NOW
        assert await everybody(rig.crm) == [contact]

    async def test_a_lead_tells_its_price_stage_fields_and_contacts_the_main_one_first(self, rig: Rig) -> None:
        field = rig.add_field("leads", "Откуда")
        first, second = rig.add_contact("Один"), rig.add_contact("Два")
        number = rig.add_lead("Чайник", contact=[second, first], price=9990, fields={field: "реклама"}, at=YESTERDAY)
        (lead,) = await rig.crm.leads_by_id([number])
        assert lead == Lead(
            id=number,
            name="Чайник",
            price=9990,
            pipeline_id=rig.stage("Новая")[0],
            stage_id=rig.stage("Новая")[1],
            contacts=(second, first),
            responsible_id=lead.responsible_id,
            values={str(field): ["реклама"]},
            created_at=YESTERDAY,
            changed_at=YESTERDAY,
        )
        assert lead.responsible_id
        assert (await rig.crm.leads(1)).rows == (lead,)

    async def test_pages_continue_each_other_in_the_order_of_changes(self, rig: Rig) -> None:
        size = rig.page_size
        made = [rig.add_contact(f"Клиент {n}", at=NOW - timedelta(minutes=n)) for n in range(2 * size + 1)]
        pages = [await rig.crm.contacts(number) for number in (1, 2, 3)]
        assert [(len(page.rows), page.next) for page in pages] == [(size, 2), (size, 3), (1, None)]
        assert [contact.id for page in pages for contact in page.rows] == made[::-1]
        beyond = await rig.crm.contacts(7)
        assert (beyond.rows, beyond.next) == ((), None)

    async def test_nothing_is_a_page_too(self, rig: Rig) -> None:
        assert ((await rig.crm.leads(1)).rows, await rig.crm.bots(), await rig.crm.leads_by_id([])) == ((), [], ())
        assert (await rig.crm.notes(rig.add_lead("Чайник")), await rig.crm.leads_by_id([404])) == ([], [])

    async def test_changes_since_a_moment_include_that_moment(self, rig: Rig) -> None:
        rig.add_lead("Вчера", at=YESTERDAY - timedelta(seconds=1))
        changed = [rig.add_lead("Сегодня", at=YESTERDAY), rig.add_lead("Сейчас", at=NOW)]
        page = await rig.crm.leads(1, changed_since=YESTERDAY)
        assert [lead.id for lead in page.rows] == changed
        assert (await rig.crm.leads(1, changed_since=TOMORROW)).rows == ()

    async def test_who_is_deleted_is_not_among_those_asked_for(self, rig: Rig) -> None:
        kept, gone = rig.add_lead("Один"), rig.add_lead("Два")
        rig.delete_lead(gone)
        assert [lead.id for lead in await rig.crm.leads_by_id([kept, gone])] == [kept]
        assert [lead.id for lead in (await rig.crm.leads(1)).rows] == [kept]

    async def test_notes_of_a_lead_are_told_the_newest_first_and_letters_apart(self, rig: Rig) -> None:
        lead = rig.add_lead("Чайник")
        first = await rig.crm.add_note(lead, "Сказал, что подумает")
        second = await rig.crm.add_note(lead, "Письмо ушло", kind="extended_service_message")
        rig.receive_mail(lead, sender="Client@Example.test", recipient="shop@example.test", subject="Вопрос")
        notes = await rig.crm.notes(lead)
        assert [(note.id, note.kind, note.text) for note in notes] == [
            (second, "extended_service_message", "Письмо ушло"),
            (first, "common", "Сказал, что подумает"),
        ]
        assert await rig.crm.notes(lead, since=TOMORROW) == []
        (mail,) = await rig.crm.mails(lead)
        assert (mail.is_incoming, mail.sender, mail.recipient, mail.subject) == (
            True, "client@example.test", "shop@example.test", "Вопрос",
        )  # fmt: skip
        assert mail.message_id

    async def test_a_lead_is_moved_and_its_fields_filled(self, rig: Rig) -> None:
        field = rig.add_field("leads", "Письмо")
        lead = rig.add_lead("Чайник")
        pipeline, stage = rig.stage("Оплачено")
        await rig.crm.move(lead, pipeline=pipeline, stage=stage)
        await rig.crm.fill(lead, {field: "Здравствуйте!"})
        (told,) = await rig.crm.leads_by_id([lead])
        assert (told.stage_id, told.values) == (stage, {str(field): ["Здравствуйте!"]})

    async def test_one_field_that_is_not_there_lets_nothing_be_filled(self, rig: Rig) -> None:
        field = rig.add_field("leads", "Письмо")
        lead = rig.add_lead("Чайник", fields={field: "было"})
        with pytest.raises(Rejected, match="999999"):
            await rig.crm.fill(lead, {field: "стало", 999_999: "лишнее"})
        (told,) = await rig.crm.leads_by_id([lead])
        assert told.values == {str(field): ["было"]}

    async def test_a_task_is_due_when_we_say(self, rig: Rig) -> None:
        lead = rig.add_lead("Чайник")
        assert await rig.crm.add_task(lead, "Позвонить", due=TOMORROW) > 0
        assert rig.tasks() == [(lead, "Позвонить", TOMORROW)]

    async def test_a_bot_is_run_in_a_lead(self, rig: Rig) -> None:
        lead, bot = rig.add_lead("Чайник"), rig.add_bot("Письма")
        assert [(one.id, one.name) for one in await rig.crm.bots()] == [(bot, "Письма")]
        await rig.crm.run_bot(bot, lead)
        assert rig.bot_runs() == [(bot, lead)]
        with pytest.raises(Rejected):
            await rig.crm.run_bot(bot + 1, lead)

    async def test_news_are_asked_for_once_and_not_any_more(self, rig: Rig) -> None:
        await rig.crm.subscribe(HOOK)
        assert rig.hook() == HOOK
        before = rig.all_calls()
        await rig.crm.subscribe(HOOK)
        assert rig.all_calls() == before + 1
        await rig.crm.unsubscribe(HOOK)
        await rig.crm.unsubscribe(HOOK)
        assert rig.hook() is None

    async def test_what_is_not_there_cannot_be_changed(self, rig: Rig) -> None:
        pipeline, stage = rig.stage("Оплачено")
        for deed in (
            rig.crm.move(404, pipeline=pipeline, stage=stage),
            rig.crm.move(rig.add_lead("Чайник"), pipeline=pipeline, stage=404),
            rig.crm.add_note(404, "Нет такой"),
        ):
            with pytest.raises(Rejected):
                await deed

    @pytest.mark.parametrize("fault", LOST)
    async def test_a_note_whose_answer_is_lost_may_be_there_and_is_not_repeated(self, rig: Rig, fault: str) -> None:
        lead = rig.add_lead("Чайник")
        rig.fail("note", fault)
        with pytest.raises(Unanswered):
            await rig.opened(impatient=fault.startswith("hang")).add_note(lead, "Да")
        assert rig.calls("note") == 1
        assert len(rig.note_kinds(lead)) == (fault in ("cut_after", "hang_after", "garbage"))

    async def test_a_change_that_is_asked_to_wait_is_not_repeated(self, rig: Rig) -> None:
        lead = rig.add_lead("Чайник")
        rig.fail("note", "429")
        with pytest.raises(RateLimited) as limited:
            await rig.crm.add_note(lead, "Да")
        assert 1 <= limited.value.retry_after <= 5
        assert rig.calls("note") == 1

    @pytest.mark.parametrize("fault", ["500", "429", "cut_before", "hang"])
    async def test_a_read_is_repeated_three_times_and_the_last_may_succeed(self, rig: Rig, fault: str) -> None:
        lead = rig.add_lead("Чайник")
        rig.fail("leads", fault, fault, fault)
        page = await rig.opened(impatient=fault == "hang").leads(1)
        assert [row.id for row in page.rows] == [lead]
        assert rig.calls("leads") == 4

    @pytest.mark.parametrize(
        ("fault", "error", "calls"),
        [
            ("500", Unreachable, 4),
            ("cut_after", Unreachable, 4),
            ("429", RateLimited, 4),
            ("403", BadCredentials, 1),
            ("402", BadCredentials, 1),
            ("garbage", UnrecognisedPayload, 1),
        ],
    )
    async def test_a_read_that_keeps_failing_is_given_up(
        self, rig: Rig, fault: str, error: type[Exception], calls: int
    ) -> None:
        rig.fail_always("leads", fault)
        with pytest.raises(error):
            await rig.crm.leads(1)
        assert rig.calls("leads") == calls

    async def test_tokens_that_have_ended_are_renewed_once_for_all_and_everything_is_asked_again(
        self, rig: Rig
    ) -> None:
        lead = rig.add_lead("Чайник")
        rig.expire_tokens()
        await asyncio.gather(rig.crm.add_note(lead, "Да"), *(rig.crm.leads(1) for _ in range(4)))
        assert rig.renewals == 1
        assert rig.note_kinds(lead) == ["common"]

    async def test_an_account_that_is_not_ours_any_more_is_told_apart(self, rig: Rig) -> None:
        lead = rig.add_lead("Чайник")
        rig.revoke()
        with pytest.raises(BadCredentials):
            await rig.crm.leads(1)
        with pytest.raises(BadCredentials):
            await rig.crm.add_note(lead, "Да")
        assert rig.note_kinds(lead) == []

    async def test_tokens_that_are_not_accepted_even_when_new_are_not_renewed_again(self, rig: Rig) -> None:
        rig.fail_always("leads", "401")
        with pytest.raises(BadCredentials):
            await rig.crm.leads(1)
        assert (rig.calls("leads"), rig.renewals) == (2, 1)

    async def test_nobody_serves_is_unreachable_for_reads_and_changes(self, rig: Rig) -> None:
        nobody = rig.opened(base_url="http://127.0.0.1:1")
        with pytest.raises(Unreachable):
            await nobody.account()
        with pytest.raises(Unreachable):
            await nobody.add_note(1, "Да")

    async def test_every_request_takes_its_turn_and_repeats_are_requests(self, rig: Rig) -> None:
        lead = rig.add_lead("Чайник")
        rig.fail("leads", "500", "cut_before")
        await rig.crm.leads(1)
        rig.expire_tokens()
        await rig.crm.add_note(lead, "Да")
        assert rig.crm.requests == rig.turns() == rig.all_calls() == 5
