"""Names and addresses no vendor lives at: where a cloud machine is told its own secrets."""

import ipaddress
import socket
from urllib.parse import urlsplit

_NAMES = ("metadata", "metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal")
_BESIDE_LINK_LOCAL = (ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("100.100.100.200"))
"""Amazon's by IPv6 (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html) and Alibaba's
(https://www.alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata), read 2026-11; all others are
link-local."""


def tells_secrets(host: str) -> bool:
    """Whether a request there would be answered with the keys of the machine it came from. Private networks are no such
    place: a messenger's gateway often stands in one."""
    plain = host.strip("[]").rstrip(".").lower().partition("%")[0]
    if plain in _NAMES:
        return True
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:
        try:
            address = ipaddress.IPv4Address(socket.inet_aton(plain))  # 2852039166, 0xa9.0xfe.0xa9.0xfe
        except (OSError, UnicodeError):
            return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_link_local or address in _BESIDE_LINK_LOCAL


def host_of(url: str) -> str:
    """The host an address of the web names; empty when it names none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
