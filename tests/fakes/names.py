"""A name server on this machine, which knows what the test tells it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import dns.message
import dns.rcode
import dns.rrset

Zone = Mapping[str, Mapping[str, Sequence[str]]]
"""``{"shop.kz": {"TXT": ["v=spf1 -all"], "A": ["192.0.2.1"]}}``"""


class _Answering(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        asked = dns.message.from_wire(data)
        (question,) = asked.question
        name, kind = question.name.to_text(omit_final_dot=True).lower(), question.rdtype.name
        answer = dns.message.make_response(asked)
        if name not in self._zone:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif told := self._zone[name].get(kind):
            shown = [f'"{text}"' for text in told] if kind == "TXT" else told
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *shown))
        self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def name_server(zone: Zone) -> AsyncIterator[int]:
    """Its port on 127.0.0.1, until the block ends."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Answering(zone), local_addr=("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()
