"""Kommo's sign-in against the fake account over real HTTP: codes, renewals, accounts that move or are not ours."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from saudager.bench.kommo_account import KommoAccount
from saudager.errors import BadCredentials, Rejected, Unanswered, UnrecognisedPayload
from saudager.providers.crm import Integration, Tokens
from saudager.providers.crm.kommo_oauth import DOMAINS, authorize_url, base_url_of, checked, exchange, refresh
from tests.fakes.clocks import InstantClock
from tests.providers.crm.crm_contract import NOW


@pytest.fixture
def clock() -> InstantClock:
    return InstantClock(NOW)


@pytest.fixture
async def kommo(clock: InstantClock) -> AsyncIterator[KommoAccount]:
    async with KommoAccount(now=clock.now) as fake:
        yield fake


async def signed_in(kommo: KommoAccount, clock: InstantClock) -> Tokens:
    return await exchange(kommo.base_url, kommo.integration, kommo.code(), clock)


async def opens(kommo: KommoAccount, tokens: Tokens) -> bool:
    async with httpx.AsyncClient() as http:
        headers = {"Authorization": f"Bearer {tokens.access_token}"}
        return (await http.get(f"{kommo.base_url}/api/v4/account", headers=headers)).status_code == 200


async def test_a_code_opens_the_account_for_a_day(kommo: KommoAccount, clock: InstantClock) -> None:
    tokens = await signed_in(kommo, clock)
    assert tokens.expires_at == NOW + timedelta(days=1)
    assert tokens.refresh_token
    assert await opens(kommo, tokens)
    await clock.sleep_until(NOW + timedelta(days=1))
    assert not await opens(kommo, tokens)


async def test_a_code_is_used_once_and_within_twenty_minutes(kommo: KommoAccount, clock: InstantClock) -> None:
    code, late = kommo.code(), kommo.code()
    await exchange(kommo.base_url, kommo.integration, code, clock)
    with pytest.raises(Rejected, match="Authorization code has been revoked"):
        await exchange(kommo.base_url, kommo.integration, code, clock)
    await clock.sleep_until(NOW + timedelta(minutes=20))
    with pytest.raises(Rejected, match="Authorization code has expired") as refused:
        await exchange(kommo.base_url, kommo.integration, late, clock)
    assert late not in str(refused.value)


async def test_a_wrong_secret_is_a_refusal_that_does_not_tell_it(kommo: KommoAccount, clock: InstantClock) -> None:
    known = kommo.integration
    wrong = Integration(known.client_id, "another-secret", known.redirect_uri)
    with pytest.raises(Rejected, match="Client authentication failed") as refused:
        await exchange(kommo.base_url, wrong, kommo.code(), clock)
    assert "another-secret" not in str(refused.value)


async def test_every_renewal_kills_the_refresh_token_it_used_and_not_the_access_token(
    kommo: KommoAccount, clock: InstantClock
) -> None:
    first = await signed_in(kommo, clock)
    second = await refresh(kommo.base_url, kommo.integration, first, clock)
    assert second.refresh_token != first.refresh_token
    assert second.base_url is None
    assert await opens(kommo, first)
    assert await opens(kommo, second)
    with pytest.raises(BadCredentials, match="Token has been revoked"):
        await refresh(kommo.base_url, kommo.integration, first, clock)
    await refresh(kommo.base_url, kommo.integration, second, clock)


async def test_three_months_without_a_renewal_end_it(kommo: KommoAccount, clock: InstantClock) -> None:
    tokens = await signed_in(kommo, clock)
    await clock.sleep_until(NOW + timedelta(days=90))
    with pytest.raises(BadCredentials, match="Token has expired"):
        await refresh(kommo.base_url, kommo.integration, tokens, clock)


async def test_what_was_revoked_or_never_ends_cannot_be_renewed(kommo: KommoAccount, clock: InstantClock) -> None:
    tokens = await signed_in(kommo, clock)
    kommo.revoke()
    with pytest.raises(BadCredentials):
        await refresh(kommo.base_url, kommo.integration, tokens, clock)
    long_lived = Tokens(kommo.long_lived_token)
    assert await opens(kommo, long_lived)
    with pytest.raises(BadCredentials, match="долгосрочный"):
        await refresh(kommo.base_url, kommo.integration, long_lived, clock)


async def test_an_account_that_has_moved_is_found_by_its_refresh_token(
    kommo: KommoAccount, clock: InstantClock
) -> None:
    tokens, before = await signed_in(kommo, clock), kommo.base_url
    after = kommo.rename()
    renewed = await refresh(before, kommo.integration, tokens, clock)
    assert renewed.base_url == after != before
    assert await opens(kommo, renewed)


async def test_an_account_that_is_said_to_have_moved_elsewhere_is_not_followed(
    kommo: KommoAccount, clock: InstantClock
) -> None:
    tokens, before = await signed_in(kommo, clock), kommo.base_url
    kommo.rename("http://elsewhere.example")
    with pytest.raises(Rejected, match="не похоже на адрес аккаунта"):
        await refresh(before, kommo.integration, tokens, clock)


@pytest.mark.parametrize("fault", ["500", "cut_before", "cut_after"])
async def test_a_lost_renewal_may_have_been_made_and_is_not_repeated(
    kommo: KommoAccount, clock: InstantClock, fault: str
) -> None:
    tokens = await signed_in(kommo, clock)
    kommo.fail("refresh", fault)
    with pytest.raises(Unanswered):
        await refresh(kommo.base_url, kommo.integration, tokens, clock)
    assert kommo.requests["refresh"] == 1


async def test_an_answer_without_tokens_is_told(kommo: KommoAccount, clock: InstantClock) -> None:
    kommo.fail("exchange", "garbage")
    with pytest.raises(UnrecognisedPayload):
        await signed_in(kommo, clock)


async def test_the_merchant_says_yes_and_is_back_with_a_code(kommo: KommoAccount, clock: InstantClock) -> None:
    address = authorize_url(kommo.integration, urlsplit(kommo.base_url).netloc, "a state")
    async with httpx.AsyncClient() as http:
        answer = await http.get(address)
    back = urlsplit(answer.headers["location"])
    told = {key: values[0] for key, values in parse_qs(back.query).items()}
    assert answer.headers["location"].startswith(f"{kommo.integration.redirect_uri}?")
    assert told["state"] == "a state"
    base_url = base_url_of(told["referer"], (*DOMAINS, "127.0.0.1"))
    assert base_url == kommo.base_url
    assert (await exchange(base_url, kommo.integration, told["code"], clock)).refresh_token


def test_the_merchant_says_yes_at_the_domain_he_has_chosen() -> None:
    known = Integration("an id", "a secret", "https://shop.example/back")
    assert authorize_url(known, "amocrm.ru", "x y") == (
        "https://www.amocrm.ru/oauth?client_id=an+id&state=x+y&mode=post_message"
    )


@pytest.mark.parametrize(
    ("referer", "base_url"),
    [
        ("shop.kommo.com", "https://shop.kommo.com"),
        ("https://Shop.AmoCRM.ru/leads/?a=b", "https://shop.amocrm.ru"),
        (" http://shop.kommo.com ", "https://shop.kommo.com"),
    ],
)
def test_an_address_below_a_known_domain_is_an_account(referer: str, base_url: str) -> None:
    assert base_url_of(referer, DOMAINS) == base_url


@pytest.mark.parametrize(
    "referer",
    [
        "",
        "kommo.com",
        "evil.example",
        "kommo.com.evil.example",
        "evilkommo.com",
        "shop.kommo.com@evil.example",
        "https://evil.example/#.kommo.com",
        "https://evil.example\\.kommo.com",
        "shop.kommo.com:8443",
        "shop.kommo.com:x",
        "ftp://shop.kommo.com",
        "127.0.0.1:8000",
        "localhost",
        "[::1]",
        "169.254.169.254",
        "мойшоп.kommo.com",
        ".kommo.com",
    ],
)
def test_no_other_address_is_one(referer: str) -> None:
    with pytest.raises(Rejected, match=re.escape("https://….kommo.com, https://….amocrm.ru")):
        base_url_of(referer, DOMAINS)


def test_credentials_go_over_https_or_to_this_machine() -> None:
    assert checked("https://shop.kommo.com/") == "https://shop.kommo.com"
    assert checked("http://127.0.0.1:8000") == "http://127.0.0.1:8000"
    for wrong in ("http://shop.kommo.com", "http://127.0.0.1.evil.example", "file:///etc/passwd", ""):
        with pytest.raises(Rejected):
            checked(wrong)
