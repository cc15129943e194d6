"""Kommo's webhook calls: what the fake account would send, captured shapes, and what is none."""

from urllib.parse import urlencode

import httpx
import pytest

from saudager.bench.kommo_account import KommoAccount
from saudager.errors import UnrecognisedPayload
from saudager.providers.crm import News
from saudager.providers.crm.kommo_hooks import read
from tests.fakes.clocks import InstantClock
from tests.providers.crm.crm_contract import HOOK, NOW

FORM = {"content-type": "application/x-www-form-urlencoded"}
ALL = [
    *("add_lead", "update_lead", "status_lead", "delete_lead", "note_lead"),
    *("add_contact", "update_contact", "delete_contact", "add_talk", "add_message"),
]


def news(*pairs: tuple[str, str]) -> News:
    return read(FORM, urlencode([*pairs, ("account[id]", "31000001"), ("account[subdomain]", "example")]).encode())


async def test_everything_the_account_tells_is_understood() -> None:
    async with KommoAccount(now=InstantClock(NOW).now) as kommo:
        async with httpx.AsyncClient(base_url=kommo.base_url) as http:
            headers = {"Authorization": f"Bearer {kommo.long_lived_token}"}
            body = {"destination": HOOK, "settings": ALL}
            assert (await http.post("/api/v4/webhooks", json=body, headers=headers)).is_success
        contact = kommo.add_contact("Айгерим", phone="+7 701 555 01 01")
        lead = kommo.add_lead("Чайник", contact=contact)
        kommo.move(lead, stage="Думает")
        kommo.change_contact(contact, name="Айгерим С.")
        kommo.write_note(lead, "Перезвонить & спросить")
        kommo.receive_message(kommo.add_talk(contact, lead=lead), "Здравствуйте")
        kommo.delete_lead(lead)
        kommo.delete_contact(contact)
        told = [read(FORM, body) for body in kommo.hook_calls()]
        assert kommo.hook_calls() == []
    parts = [(one.leads, one.contacts, one.deleted_leads, one.deleted_contacts, one.is_other) for one in told]
    assert parts == [
        ((), (contact,), (), (), False),
        ((lead,), (), (), (), False),
        ((lead,), (), (), (), False),
        ((lead,), (), (), (), False),
        ((), (contact,), (), (), False),
        ((lead,), (), (), (), False),
        ((), (), (), (), True),
        ((), (), (), (), True),
        ((), (), (lead,), (), False),
        ((), (), (), (contact,), False),
    ]
    assert len({one.digest for one in told}) == len(told)


def test_several_events_of_one_call_name_each_thing_once() -> None:
    told = news(
        ("leads[status][0][id]", "3001"),
        ("leads[status][0][status_id]", "142"),
        ("leads[status][0][custom_fields][0][id]", "501"),
        ("leads[status][0][custom_fields][0][values][0][value]", "Сайт"),
        ("leads[update][0][id]", "3001"),
        ("leads[update][1][id]", "3002"),
        ("contacts[add][0][id]", "4001"),
        ("contacts[add][0][type]", "contact"),
        ("contacts[add][1][id]", "9001"),
        ("contacts[add][1][type]", "company"),
    )
    assert (told.leads, told.contacts) == ((3001, 3002), (4001,))


def test_the_same_call_told_twice_is_the_same_whatever_the_order_of_its_fields() -> None:
    pairs = (("leads[add][0][id]", "3001"), ("leads[add][0][name]", "Чайник"))
    assert news(*pairs).digest == news(*reversed(pairs)).digest
    assert news(*pairs).digest != news(pairs[0], ("leads[add][0][name]", "Чайники")).digest


def test_what_is_not_followed_is_other_and_an_odd_number_is_nobody() -> None:
    for key, value in (
        ("task[add][0][id]", "1"),
        ("catalogs[update][0][id]", "2"),
        ("leads[add][0][id]", "3001; drop"),
        ("leads[add][0][id]", "-5"),
        ("contacts[update][0][id]", "9" * 30),
    ):
        told = news((key, value))
        assert told == News(told.digest, is_other=True)


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff\xfe=1", b"account[id]=1", b"leads[add]=1", b"a" * 100])
def test_what_is_no_call_of_kommos_is_told(body: bytes) -> None:
    with pytest.raises(UnrecognisedPayload):
        read(FORM, body)


def test_a_call_that_never_ends_is_refused() -> None:
    with pytest.raises(UnrecognisedPayload):
        read(FORM, b"&".join(b"leads[add][%d][id]=%d" % (number, number + 1) for number in range(60_000)))
