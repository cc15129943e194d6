"""The one door to FastAPI: every page and API of the product is made, guarded and served the same way."""

import asyncio
import errno
import html
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import HTMLResponse, JSONResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from saudager.errors import ConfigurationError, NotFound, QueueFull, Refused, SaudagerError, Unreachable

_STREAMS_END_WITHIN = 3
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
_HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
_SAYS = {
    400: "Запрос не удалось прочитать.",
    401: "Секрет или ключ не подходит.",
    403: "Этот запрос пришёл с чужой страницы.",
    404: "Такой страницы нет.",
    405: "Так к этой странице не обращаются.",
    413: "Слишком много данных в одном запросе.",
    421: "Здесь нет сайта с таким именем.",
    422: "В запросе чего-то не хватает или что-то написано не так.",
    500: "Что-то сломалось у нас. Подробности в журнале.",
    503: "Сейчас не получается. Попробуйте ещё раз через минуту.",
}
_TOO_LONG = "Слишком длинный текст в одном поле: помещается 1 МБ. Сократите его или разделите на части."
_FIELD_EXCEEDS = "exceeded maximum size of"
"""What Starlette's form parser says of a field beyond 1 MB: https://starlette.dev/requests/ (read 2026-11)."""
_NO_JSON = "There was an error parsing the body"
"""What FastAPI says of a body in no encoding of Unicode."""
ErrorPage = Callable[[Request, int, str], str]
"""Draws the HTML of an error from its status and its sentence in Russian."""
_STATUS: dict[type[SaudagerError], int] = {NotFound: 404, Refused: 409, QueueFull: 503, Unreachable: 503}


def make_web(
    title: str,
    *,
    longest_body: int = 1_000_000,
    uploads: Mapping[str, int] | None = None,
    cors_origins: Sequence[str] = (),
) -> FastAPI:
    """An empty site: safe headers, errors in Russian (a page for browsers, ``{"error": …}`` for programs), no API docs.

    Bodies longer than ``longest_body`` bytes are refused with 413; ``uploads`` are paths that take longer ones, those
    below a path too where it ends in a slash, and how long (what is mounted later adds its own to ``state.uploads``).
    Pages of ``cors_origins`` may read answers too.
    ``state.error_pages`` are what draws the errors below a path; elsewhere they are drawn plainly.
    ``state.answers`` counts what was answered by the class of its status (``2xx``).
    ``state.stopping`` is an asyncio.Event set when the server stops: a response that streams for ever ends on it.
    """
    web = FastAPI(title=title, docs_url=None, redoc_url=None, openapi_url=None)
    web.state.stopping = asyncio.Event()
    for kind in (HTTPException, RequestValidationError, SaudagerError, Exception):
        web.add_exception_handler(kind, _explain)
    if cors_origins:
        web.add_middleware(CORSMiddleware, allow_origins=cors_origins, allow_headers=["Authorization", "X-API-Key"])
    web.state.uploads = dict(uploads or {})
    web.state.answers = Counter[str]()
    web.state.error_pages = dict[str, ErrorPage]()
    web.add_middleware(_Guard, longest_body=longest_body, uploads=web.state.uploads, answers=web.state.answers)
    return web


def mount_static(web: FastAPI, path: str, folder: Path) -> None:
    """Serve the files of a folder below ``path``; browsers keep them and ask each time whether they changed."""
    web.mount(path, _Static(directory=folder))


def same_origin(request: Request) -> None:
    """Refuse (403) what another site's page sends; a program that names no origin may pass. A dependency for routes.

    ``Sec-Fetch-Site`` and ``Origin`` are written by the browser and cannot be changed by a page:
    https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Fetch-Site (2026-11)
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise HTTPException(403)
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403)


def loopback_name(request: Request) -> None:
    """Refuse (421) a request that reached us under a foreign name: against DNS rebinding, for sites without a sign-in.
    A dependency for routes."""
    if request.headers.get("host", "").removesuffix(f":{request.url.port}") not in _LOOPBACK_NAMES:
        raise HTTPException(421)


async def serve(web: FastAPI, host: str, port: int, *, on_ready: Callable[[str], None] = lambda address: None) -> None:
    """Serve until cancelled, then let what runs end; ``on_ready`` is told the address once it answers.

    Port 0 takes any free port. Raises ConfigurationError when the address cannot be used.
    """
    with _listening(host, port) as listening:
        name = f"[{host}]" if ":" in host else host
        config = uvicorn.Config(
            web,
            lifespan="off",
            ws="none",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_STREAMS_END_WITHIN,
        )
        server = _Server(config, lambda: on_ready(f"http://{name}:{listening.getsockname()[1]}/"))
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            await asyncio.shield(running)
        finally:
            web.state.stopping.set()
            server.should_exit = True
            await asyncio.gather(running, return_exceptions=True)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Whoever started us decides what a signal means."""
        yield


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=256)
    except socket.gaierror:
        raise ConfigurationError(f"HOST holds {host!r}: expected an address of this machine") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            problem = f"PORT holds {port}: something answers there already; expected a free port, such as {port + 1}"
        elif error.errno == errno.EACCES:
            problem = f"PORT holds {port}: expected one this user may open, above 1023"
        else:
            problem = f"HOST holds {host!r}: expected an address of this machine ({error.strerror})"
        raise ConfigurationError(problem) from None


class _Static(StaticFiles):
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "no-cache"
        return response


class _Guard:
    """Adds the safe headers to every answer that brings none of its own, cuts off bodies that are too long, and counts
    the answers."""

    def __init__(self, app: ASGIApp, longest_body: int, uploads: Mapping[str, int], answers: Counter[str]) -> None:
        self._app = app
        self._longest_body = longest_body
        self._uploads = uploads
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            longest = self._longest_at(scope["path"])
            try:
                await self._app(scope, _measured(receive, longest), _with_headers(send, self._answers))
            except Exception:
                self._answers["5xx"] += 1  # it is answered outside of the guard
                raise
        else:
            await self._app(scope, receive, send)

    def _longest_at(self, path: str) -> int:
        below = (most for above, most in self._uploads.items() if above.endswith("/") and path.startswith(above))
        return self._uploads.get(path) or next(below, self._longest_body)


def _measured(receive: Receive, longest: int) -> Receive:
    got = 0

    async def measured() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > longest:
            raise HTTPException(413)
        return message

    return measured


def _with_headers(send: Send, answers: Counter[str]) -> Callable[[Message], Awaitable[None]]:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name.lower() for name, _ in message["headers"]}
            safe = [(k.encode(), v.encode()) for k, v in _HEADERS.items() if k.encode() not in own]
            message["headers"] = [*message["headers"], *safe]
            answers[f"{message['status'] // 100}xx"] += 1
        await send(message)

    return with_headers


async def _explain(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        if _FIELD_EXCEEDS in error.detail:
            return _error(request, 413, _TOO_LONG)
        own_words = error.detail if error.detail not in (HTTPStatus(error.status_code).phrase, _NO_JSON) else None
        return _error(request, error.status_code, own_words, headers=error.headers)
    if isinstance(error, SaudagerError):
        status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
        return _error(request, status, str(error) if status != 500 else None)
    if isinstance(error, RequestValidationError):
        return _error(request, 422, _named(error) if request.url.path.startswith("/api/") else None)
    response = _error(request, 500)  # made outside the guard: https://starlette.dev/exceptions/
    response.headers.update(_HEADERS)
    return response


def _named(error: RequestValidationError) -> str:
    """What is wrong, field by field, for a program's author."""
    wrong = (
        f"{'.'.join(str(part) for part in one['loc'][1:]) or one['loc'][0]}: {one['msg']}" for one in error.errors()
    )
    return "В запросе что-то написано не так. " + "; ".join(wrong)


def _error(
    request: Request, status: int, own_words: str | None = None, *, headers: Mapping[str, str] | None = None
) -> Response:
    text = own_words or _SAYS.get(status) or f"Не получилось ({status})."
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"error": text}, status, headers=headers)
    pages: dict[str, ErrorPage] = request.app.state.error_pages
    draw = next((page for path, page in pages.items() if request.url.path.startswith(path)), _plainly)
    return HTMLResponse(draw(request, status, text), status, headers=headers)


def _plainly(request: Request, status: int, text: str) -> str:
    return (
        '<!doctype html><html lang="ru"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{status}</title><h1>{html.escape(text)}</h1><p><a href="/">На главную</a></p></html>'
    )
