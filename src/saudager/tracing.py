"""OpenTelemetry spans round what takes time, sent where OTEL_EXPORTER_OTLP_ENDPOINT says; without it they cost nothing.

A span carries ids and counts, never what anybody wrote.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from saudager import logs
from saudager.logs import mask

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Tracer

_tracer: "Tracer | None" = None


@contextmanager
def exporting(endpoint: str | None, service: str) -> Iterator[None]:
    """Send spans to an OTLP collector over HTTP (``http://host:4318``, to which ``/v1/traces`` is added) until the
    block ends; nothing at all without an endpoint."""
    global _tracer
    if endpoint is None:
        yield
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"saudager-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces")))
    _tracer = provider.get_tracer("saudager")  # type: ignore[assignment]
    try:
        with logs.with_traces(_trace_id):
            yield
    finally:
        _tracer = None
        provider.shutdown()


def _trace_id() -> str | None:
    from opentelemetry.trace import format_trace_id, get_current_span

    context = get_current_span().get_span_context()
    return format_trace_id(context.trace_id) if context.is_valid else None


def span(name: str, **attributes: str | int) -> AbstractContextManager[object]:
    """A block of work with a name; of an exception that leaves it only the kind is told. Phone numbers are masked."""
    return nullcontext() if _tracer is None else _spanned(_tracer, name, attributes)


@contextmanager
def _spanned(tracer: "Tracer", name: str, attributes: dict[str, str | int]) -> Iterator[None]:
    told = {key: mask(value) if isinstance(value, str) else value for key, value in attributes.items()}
    with tracer.start_as_current_span(
        name, attributes=told, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except Exception as error:
            current.set_attribute("error.type", type(error).__name__)
            raise
