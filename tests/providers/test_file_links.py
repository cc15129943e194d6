"""Links to files: only https, only public addresses, and the address that was checked is the one that is used."""

from collections.abc import Sequence

import httpx
import pytest

from saudager.errors import NotFound, Rejected, Unreachable
from saudager.providers.file_links import addresses_of, fetch_linked
from saudager.providers.http_client import Answer, HttpClient
from tests.fakes.clocks import InstantClock

PUBLIC = "93.184.215.14"
LINK = "https://files.example/a%20b.ogg?X-Amz-Signature=1%2F2"


async def fetch(
    link: str, *addresses: str, status: int = 200, asked: list[httpx.Request] | None = None, loopback_too: bool = False
) -> Answer:
    def handle(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        return httpx.Response(status, content=b"OggS", headers={"location": "https://elsewhere.example/"})

    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    http = HttpClient("Vendor", "https://vendor.example", clock=InstantClock(), transport=httpx.MockTransport(handle))
    return await fetch_linked(http, link, asked="a file", max_bytes=100, loopback_too=loopback_too, resolve=resolve)


async def test_the_connection_goes_to_the_address_that_was_checked_under_the_name_of_the_host() -> None:
    asked: list[httpx.Request] = []
    assert (await fetch(LINK, PUBLIC, asked=asked)).body == b"OggS"
    (request,) = asked
    assert str(request.url) == LINK.replace("files.example", PUBLIC)
    assert request.headers["host"] == "files.example"
    assert request.extensions["sni_hostname"] == "files.example"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.5",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "::1",
        "::ffff:10.0.0.5",
        "fe80::1%eth0",
        "224.0.0.1",
        "0.0.0.0",
    ],
)
async def test_a_name_that_leads_into_a_private_network_is_refused(address: str) -> None:
    asked: list[httpx.Request] = []
    with pytest.raises(Rejected):
        await fetch(LINK, PUBLIC, address, asked=asked)
    assert asked == []


@pytest.mark.parametrize(
    "link", ["http://files.example/a", "ftp://files.example/a", "file:///etc/passwd", "a", "https://"]
)
async def test_only_https_links_are_followed(link: str) -> None:
    with pytest.raises(Rejected):
        await fetch(link, PUBLIC)


async def test_a_redirect_is_not_followed() -> None:
    asked: list[httpx.Request] = []
    with pytest.raises(Rejected):
        await fetch(LINK, PUBLIC, status=302, asked=asked)
    assert len(asked) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_an_expired_link_means_the_file_is_gone_and_not_that_the_key_is_bad(status: int) -> None:
    with pytest.raises(NotFound):
        await fetch(LINK, PUBLIC, status=status)


async def test_a_gateway_beside_us_may_link_to_this_machine_but_not_to_its_neighbours() -> None:
    assert (await fetch("http://127.0.0.1:8080/fs/1", "127.0.0.1", loopback_too=True)).body == b"OggS"
    with pytest.raises(Rejected):
        await fetch("http://10.0.0.5/fs/1", "10.0.0.5", loopback_too=True)


async def test_a_name_without_an_address_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        await addresses_of("nobody..invalid", 443)
