"""The shared HTTP client: what is repeated, how long it waits, and how failures are sorted and told."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from saudager.errors import (
    BadCredentials,
    OutsideError,
    RateLimited,
    Rejected,
    Unanswered,
    Unreachable,
    UnrecognisedPayload,
)
from saudager.providers.http_client import HttpClient
from tests.fakes.clocks import InstantClock
from tests.fakes.serving import Message, Receive, Send, served, until_disconnected

SECRET = "s3cr3t-token"


def client(
    handle: Callable[[httpx.Request], httpx.Response], *, clock: InstantClock | None = None, **options: Any
) -> HttpClient:
    return HttpClient(
        "Vendor",
        "https://vendor.example/",
        clock=clock or InstantClock(),
        headers={"Authorization": SECRET},
        secrets=[SECRET],
        transport=httpx.MockTransport(handle),
        jitter=lambda: 0.5,
        **options,
    )


def always(status: int, **answer: Any) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, **answer)


def in_turn(*answers: httpx.Response | Exception) -> Callable[[httpx.Request], httpx.Response]:
    left = iter(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handle


@pytest.mark.parametrize(
    ("status", "read", "write"),
    [
        (302, Rejected, Rejected),
        (400, Rejected, Rejected),
        (401, BadCredentials, BadCredentials),
        (402, BadCredentials, BadCredentials),
        (403, BadCredentials, BadCredentials),
        (404, Rejected, Rejected),
        (408, Unreachable, Unanswered),
        (409, Rejected, Rejected),
        (422, Rejected, Rejected),
        (429, RateLimited, RateLimited),
        (500, Unreachable, Unanswered),
        (503, Unreachable, Unanswered),
    ],
)
async def test_each_status_is_sorted_by_what_the_caller_should_do(
    status: int, read: type[OutsideError], write: type[OutsideError]
) -> None:
    vendor = client(always(status))
    with pytest.raises(read) as from_read:
        await vendor.call("GET", "/chats", asked="chats")
    with pytest.raises(write) as from_write:
        await vendor.call("POST", "/send", asked="send")
    assert (from_read.type, from_write.type) == (read, write)


@pytest.mark.parametrize(
    ("lost", "read", "write"),
    [
        (httpx.ConnectError("refused"), Unreachable, Unreachable),
        (httpx.ConnectTimeout("slow"), Unreachable, Unreachable),
        (httpx.PoolTimeout("busy"), Unreachable, Unreachable),
        (httpx.ReadTimeout("silence"), Unreachable, Unanswered),
        (httpx.WriteError("cut"), Unreachable, Unanswered),
        (httpx.RemoteProtocolError("cut"), Unreachable, Unanswered),
    ],
)
async def test_a_lost_write_may_have_arrived_unless_no_connection_was_made(
    lost: Exception, read: type[OutsideError], write: type[OutsideError]
) -> None:
    with pytest.raises(OutsideError) as from_read:
        await client(in_turn(*[lost] * 4)).call("GET", "/chats", asked="chats")
    with pytest.raises(OutsideError) as from_write:
        await client(in_turn(lost)).call("POST", "/send", asked="send")
    assert (from_read.type, from_write.type) == (read, write)


async def test_a_read_waits_twice_as_long_before_each_repeat() -> None:
    clock = InstantClock()
    with pytest.raises(Unreachable):
        await client(always(500), clock=clock).call("GET", "/chats", asked="chats")
    assert clock.waits == [0.5, 1.0, 2.0]


async def test_a_post_declared_a_read_is_repeated_and_a_plain_one_is_not() -> None:
    flaky = client(in_turn(httpx.Response(500), httpx.Response(200), httpx.Response(500)))
    assert (await flaky.call("POST", "/chats", asked="chats", read=True)).status == 200
    with pytest.raises(Unanswered):
        await flaky.call("POST", "/send", asked="send")


async def test_retry_after_is_understood_as_seconds_and_as_a_date() -> None:
    clock = InstantClock()
    vendor = client(always(429, headers={"Retry-After": "9"}), clock=clock)
    with pytest.raises(RateLimited) as limited:
        await vendor.call("POST", "/send", asked="send")
    assert limited.value.retry_after == 9
    date = format_datetime(clock.now().replace(minute=5), usegmt=True)
    vendor = client(always(429, headers={"Retry-After": date}), clock=clock)
    with pytest.raises(RateLimited) as limited:
        await vendor.call("POST", "/send", asked="send")
    assert limited.value.retry_after == 300


async def test_a_read_waits_as_long_as_it_was_asked_to() -> None:
    clock = InstantClock()
    busy = [httpx.Response(status, headers={"Retry-After": "12"}) for status in (429, 503)]
    await client(in_turn(*busy, httpx.Response(200)), clock=clock).call("GET", "/chats", asked="chats")
    assert clock.waits == [12, 12]


async def test_a_read_asked_to_wait_long_leaves_that_to_the_caller_and_never_says_more_than_an_hour() -> None:
    clock = InstantClock()
    with pytest.raises(RateLimited) as limited:
        await client(always(429, headers={"Retry-After": "86400"}), clock=clock).call("GET", "/chats", asked="chats")
    assert (limited.value.retry_after, clock.waits) == (3600, [])


@pytest.mark.parametrize("nonsense", ["soon", "", "-5", "²"])
async def test_a_retry_after_that_makes_no_sense_is_a_minute(nonsense: str) -> None:
    header = {"Retry-After": nonsense.encode()}
    with pytest.raises(RateLimited) as limited:
        await client(always(429, headers=header)).call("POST", "/send", asked="send")
    assert limited.value.retry_after == 60


async def test_an_error_says_who_what_and_why_in_300_characters_and_never_the_token() -> None:
    body = f"bad token {SECRET}\n" + "x" * 1000
    with pytest.raises(Rejected) as rejected:
        await client(always(400, text=body)).call("POST", "/send", asked="send a message")
    told = str(rejected.value)
    assert told.startswith("Vendor: send a message: HTTP 400: bad token … xxx")
    assert SECRET not in told
    assert len(told) == len("Vendor: send a message: HTTP 400: ") + 300


@pytest.mark.parametrize("body", [b"<html>", b"", b"[1]", b"null", b"\xff\xfe"])
async def test_what_is_no_json_object_is_an_unrecognised_payload(body: bytes) -> None:
    with pytest.raises(UnrecognisedPayload):
        await client(always(200, content=body)).call_json("GET", "/chats", asked="chats")


async def test_accepted_statuses_are_answers_and_a_vendor_may_sort_the_others() -> None:
    vendor = client(always(404), sort=lambda answer: BadCredentials)
    assert (await vendor.call("GET", "/chats", asked="chats", accept=(404,))).status == 404
    with pytest.raises(BadCredentials):
        await vendor.call("GET", "/chats", asked="chats")


async def test_a_file_is_fetched_without_the_credentials_and_not_beyond_its_limit() -> None:
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=b"x" * 100)

    vendor = client(handle)
    assert len((await vendor.fetch("https://files.example/1", asked="file", max_bytes=100)).body) == 100
    assert "authorization" not in asked[0].headers
    with pytest.raises(Rejected):
        await vendor.fetch("https://files.example/1", asked="file", max_bytes=99)


async def test_an_answer_that_drips_in_is_given_up_at_the_time_limit() -> None:
    async def dripping(scope: Message, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"40")]})
        gone = asyncio.create_task(until_disconnected(receive))
        for byte in range(40):
            await send({"type": "http.response.body", "body": b"x", "more_body": byte < 39})
            await asyncio.wait({gone}, timeout=0.05)
            if gone.done():
                return

    async with served(dripping) as base_url:
        slow = HttpClient("Vendor", base_url, clock=InstantClock(), timeout=0.2)
        with pytest.raises(Unanswered, match=r"no answer within 0\.2 s"):
            await slow.call("POST", "/send", asked="send")
        await slow.close()


def test_a_process_that_calls_nobody_does_not_load_httpx() -> None:
    program = """
import json, sys
from saudager.clock import SystemClock
from saudager.providers.channels.wappi import Config, WhatsAppWappi
WhatsAppWappi(Config(token="t", profile_id="p"), clock=SystemClock())
print(json.dumps("httpx" in sys.modules))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert json.loads(run.stdout) is False
