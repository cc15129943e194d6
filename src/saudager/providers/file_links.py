"""Files a vendor points to by a link, fetched so that the link cannot reach into the network this machine stands in."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence

from saudager.errors import NotFound, Rejected, Unreachable
from saudager.providers.http_client import Answer, HttpClient

_GONE = (401, 403, 404, 410)
_WRAPPING = tuple(map(ipaddress.IPv6Network, ("::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "::/96")))
"""IPv4 in the last 32 bits: mapped and compatible (RFC 4291, 2.5.5), translated (RFC 2765, 2.1), through NAT64 (RFC
6052, 2.1)."""


async def addresses_of(host: str, port: int) -> Sequence[str]:
    """Every address the name stands for; raises Unreachable when there is none."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"{host} has no address: {error}") from error
    return [str(address[0]) for *_, address in found]


async def fetch_linked(
    http: HttpClient,
    link: str,
    *,
    asked: str,
    max_bytes: int,
    loopback_too: bool = False,
    resolve: Callable[[str, int], Awaitable[Sequence[str]]] = addresses_of,
) -> Answer:
    """Fetch a file over https from a public address, without redirects.

    The connection goes to the very address that was checked, so a name that changes its mind in between gains nothing.
    ``loopback_too`` lets links to this machine through, over plain http as well: for a vendor that runs beside us.
    Raises Rejected for any other link and for a file over ``max_bytes``, NotFound when the link has expired.
    """
    import httpx

    try:
        url = httpx.URL(link)
    except httpx.InvalidURL:
        raise Rejected(f"{asked}: the link is not a URL") from None
    if not url.host or url.scheme not in ("https", "http"):
        raise Rejected(f"{asked}: the link is not a web address")
    addresses = await resolve(url.host, url.port or 443)
    beside_us = loopback_too and all(_plain(address).is_loopback for address in addresses)
    if not beside_us:
        if url.scheme != "https":
            raise Rejected(f"{asked}: the link to {url.host} is not https")
        if not all(_is_public(address) for address in addresses):
            raise Rejected(f"{asked}: {url.host} is an address of a private network")
    answer = await http.fetch(
        str(url.copy_with(host=addresses[0])),
        asked=asked,
        max_bytes=max_bytes,
        accept=_GONE,
        headers={"Host": url.netloc.decode("ascii")},
        extensions={"sni_hostname": url.raw_host.decode("ascii")},
    )
    if answer.status in _GONE:
        raise NotFound(f"{asked}: the link to {url.host} has expired (HTTP {answer.status})")
    return answer


def _plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address a packet would end at: an IPv6 one may only wrap one of IPv4."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv4Address) or parsed.is_loopback:
        return parsed
    if any(parsed in network for network in _WRAPPING):
        return ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
    return parsed.sixtofour or parsed


def _is_public(address: str) -> bool:
    parsed = _plain(address)
    is_site_local = isinstance(parsed, ipaddress.IPv6Address) and parsed.is_site_local
    return parsed.is_global and not parsed.is_multicast and not is_site_local
