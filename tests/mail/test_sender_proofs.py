"""The doctor asks the name servers whether a shop's letters are believed, and says which record to add."""

from collections.abc import Mapping, Sequence

import pytest

from saudager.gateway import sender_proofs
from saudager.providers.dns import NameServers
from saudager.providers.gateway import Finding
from tests.fakes.names import name_server

KEY = "v=DKIM1; k=rsa; p=MIIBIjANBgkq"
RESEND = sender_proofs.of("resend", {"api_key": "re_1"})
SENDGRID = sender_proofs.of("sendgrid", {})
GMAIL = sender_proofs.of("smtp", {"host": "smtp.gmail.com"})
YANDEX = sender_proofs.of("smtp", {"host": "smtp.yandex.ru"})
OWN = sender_proofs.of("smtp", {"host": "mail.hoster.kz"})

Texts = Mapping[str, Sequence[str]]


async def findings(
    sender: sender_proofs.Sender | None, texts: Texts, *, hosts: Texts | None = None, selector: str = ""
) -> dict[str, Finding]:
    """What is found, by its first word: SPF, DKIM, DMARC, DNS."""
    assert sender is not None
    zone = {name: {"TXT": told} for name, told in texts.items()}
    for name, addresses in (hosts or {}).items():
        zone[name] = zone.get(name, {}) | {"A": addresses}
    async with name_server(zone) as port:
        return await _asked(NameServers(["127.0.0.1"], port=port), sender, selector)


async def _asked(
    names: NameServers, sender: sender_proofs.Sender, selector: str = "", domain: str = "shop.kz"
) -> dict[str, Finding]:
    found = sender_proofs.examine(names, domain, [sender], selector=selector, reports_to="sales@shop.kz")
    return {one.about.split()[0]: one async for one in found}


@pytest.mark.parametrize(
    ("sender", "texts"),
    [
        (RESEND, {"send.shop.kz": ["v=spf1 include:amazonses.com ~all"], "resend._domainkey.shop.kz": ["p=MIGf"]}),
        (SENDGRID, {"s2._domainkey.shop.kz": [KEY]}),
        (SENDGRID, {"shop.kz": ["v=spf1 include:sendgrid.net ~all"], "s1._domainkey.shop.kz": [KEY]}),
        (GMAIL, {"shop.kz": ["other", "v=spf1 include:_spf.google.com ~all"], "google._domainkey.shop.kz": [KEY]}),
        (YANDEX, {"shop.kz": ["v=spf1 redirect=_spf.yandex.net"], "mail._domainkey.shop.kz": [KEY]}),
    ],
)
async def test_a_domain_that_is_set_up_as_its_carrier_asks_is_well(sender: sender_proofs.Sender, texts: Texts):
    found = await findings(sender, {**texts, "_dmarc.shop.kz": ["v=DMARC1; p=none"]})

    assert {about: one.says for about, one in found.items() if not one.good} == {}
    assert list(found) == ["SPF", "DKIM", "DMARC"]


async def test_a_domain_nobody_has_set_up_is_told_the_records_to_add():
    found = await findings(RESEND, {})

    assert not any(one.good for one in found.values())
    assert "добавьте для send.shop.kz запись TXT «v=spf1 include:amazonses.com ~all»" in found["SPF"].says
    assert "resend._domainkey.shop.kz" in found["DKIM"].says
    assert "_dmarc.shop.kz запись TXT «v=DMARC1; p=none; rua=mailto:sales@shop.kz»" in found["DMARC"].says


async def test_a_carrier_the_record_does_not_name_is_to_be_added_to_it():
    found = await findings(GMAIL, {"shop.kz": ["v=spf1 include:_spf.mail.ru ~all"], "_spf.mail.ru": ["v=spf1 -all"]})

    assert not found["SPF"].good
    assert "Gmail в ней не назван: допишите в неё include:_spf.google.com" in found["SPF"].says


async def test_a_record_that_includes_one_that_names_the_carrier_is_enough():
    texts = {
        "shop.kz": ["v=spf1 include:_spf.hoster.kz -all"],
        "_spf.hoster.kz": ["v=spf1 include:_spf.google.com -all"],
    }

    assert (await findings(GMAIL, texts))["SPF"].good


async def test_records_that_include_each_other_in_a_circle_come_to_an_end():
    texts = {"shop.kz": ["v=spf1 include:a.kz -all"], "a.kz": ["v=spf1 include:shop.kz include:a.kz -all"]}

    assert not (await findings(GMAIL, texts))["SPF"].good


async def test_two_spf_records_are_none():
    found = await findings(GMAIL, {"shop.kz": ["v=spf1 include:_spf.google.com ~all", "v=spf1 -all"]})

    assert not found["SPF"].good and "объедините их в одну" in found["SPF"].says


@pytest.mark.parametrize(
    ("record", "good"),
    [
        ("v=spf1 ip4:192.0.2.7 -all", True),
        ("v=spf1 ip4:192.0.2.7/32 -all", True),
        ("v=spf1 a:mail.hoster.kz -all", True),
        ("v=spf1 a -all", False),
        ("v=spf1 ip4:192.0.2.9 -all", False),
    ],
)
async def test_a_server_of_ones_own_is_known_by_its_name_or_its_address(record: str, good: bool):
    hosts = {"mail.hoster.kz": ["192.0.2.7"], "shop.kz": ["192.0.2.9"]}

    assert (await findings(OWN, {"shop.kz": [record]}, hosts=hosts))["SPF"].good is good


async def test_a_server_told_by_its_address_is_named_by_its_address():
    own = sender_proofs.of("smtp", {"host": "192.0.2.7"})

    assert "«v=spf1 ip4:192.0.2.7 ~all»" in (await findings(own, {}))["SPF"].says
    assert (await findings(own, {"shop.kz": ["v=spf1 ip4:192.0.2.7 ~all"]}))["SPF"].good


async def test_a_key_under_a_name_of_ones_own_is_found_by_the_name_the_merchant_enters():
    texts = {"k2026._domainkey.shop.kz": [KEY]}

    unknown = (await findings(OWN, texts))["DKIM"]
    assert not unknown.good and "впишите имя ключа" in unknown.says
    assert (await findings(OWN, texts, selector="k2026"))["DKIM"].good


async def test_a_key_that_was_withdrawn_is_none():
    assert not (await findings(GMAIL, {"google._domainkey.shop.kz": ["v=DKIM1; p="]}))["DKIM"].good


@pytest.mark.parametrize(("record", "good"), [("v=DMARC1; p=reject", True), ("v=DMARC1; rua=mailto:a@b.kz", False)])
async def test_a_dmarc_record_is_one_with_a_rule(record: str, good: bool):
    assert (await findings(GMAIL, {"_dmarc.shop.kz": [record]}))["DMARC"].good is good


async def test_name_servers_that_do_not_answer_are_nobodys_fault():
    assert GMAIL is not None
    found = await _asked(NameServers(["127.0.0.1"], port=9, patience=0.2), GMAIL)

    assert list(found) == ["DNS"]
    assert found["DNS"].good and "не проверены" in found["DNS"].says


async def test_an_address_anybody_may_have_needs_no_record_when_its_own_service_sends():
    assert GMAIL is not None and RESEND is not None
    nobody = NameServers(["127.0.0.1"], port=9, patience=0.2)

    (own,) = (await _asked(nobody, GMAIL, domain="gmail.com")).values()
    (other,) = (await _asked(nobody, RESEND, domain="gmail.com")).values()

    assert own.good and "добавьте" not in own.says
    assert not other.good and "письма через Resend попадут в спам" in other.says
