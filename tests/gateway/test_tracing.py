"""Where time goes is told to an OpenTelemetry collector, when there is one: ids and counts, never anybody's words."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from saudager import tracing
from tests.gateway.wappi_shop import CUSTOMER, WappiShop

pytestmark = pytest.mark.slow

PRICE = "Сколько стоит окно?"


class Collector(ThreadingHTTPServer):
    """An OTLP collector over HTTP, in a thread of its own, that keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Take)
        self.bodies: list[bytes] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def spans(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        found[span.name] = {one.key: one.value.string_value for one in span.attributes}
        return found


class _Take(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path == "/v1/traces":
            self.server.bodies.append(body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as kept:
        thread = threading.Thread(target=kept.serve_forever, daemon=True)
        thread.start()
        yield kept
        kept.shutdown()
        thread.join()


async def test_a_turn_and_its_send_are_told_without_what_was_written(
    open_wappi_shop: Any, wappi: Any, collector: Collector
):
    shop: WappiShop = await open_wappi_shop()
    with tracing.exporting(collector.address, "both"):
        wappi.customer_writes(CUSTOMER, PRICE)
        await shop.time_passes(seconds=30)
        (answer,) = shop.answers()
    spans = collector.spans()
    assert {"turn", "send"} <= set(spans)
    assert spans["send"]["account"].startswith("wappi:")
    sent = b"".join(collector.bodies)
    assert PRICE.encode() not in sent
    assert answer.encode() not in sent


async def test_without_a_collector_nothing_is_told(open_wappi_shop: Any, wappi: Any, collector: Collector):
    shop: WappiShop = await open_wappi_shop()
    with tracing.exporting(None, "both"):
        wappi.customer_writes(CUSTOMER, PRICE)
        await shop.time_passes(seconds=30)
    assert len(shop.answers()) == 1
    assert collector.bodies == []


async def test_of_a_failure_only_its_kind_is_told_and_numbers_are_masked(collector: Collector):
    with (
        tracing.exporting(collector.address, "both"),
        pytest.raises(ValueError, match="Алия"),
        tracing.span("send", outgoing_id="closed:77010000001@c.us"),
    ):
        raise ValueError("Алия, +7 701 000 00 01")
    assert collector.spans()["send"]["error.type"] == "ValueError"
    assert collector.spans()["send"]["outgoing_id"] == "closed:770…01@c.us"
    assert "Алия".encode() not in b"".join(collector.bodies)
