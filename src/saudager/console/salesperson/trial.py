"""Trying the salesperson out: the operator writes as a customer; nothing is stored and nothing is sent."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from saudager.agent import trial
from saudager.agent.wording import SILENCES
from saudager.app import App
from saudager.console import screen, why
from saudager.console.door import Manager, Viewer
from saudager.console.salesperson.prompts import TRIED
from saudager.errors import ConfigurationError
from saudager.providers.llm import Said

_KNOWN = {"": None, "yes": True, "no": False}
_MOST_LINES = 400


def router(app: App) -> APIRouter:
    """``/trial``: the page, and each line of it."""
    routes = APIRouter(prefix="/trial")

    @routes.get("")
    async def begin(request: Request, visitor: Viewer) -> HTMLResponse:
        title = visitor.say("Попробовать")
        return screen.page(request, visitor, "salesperson_trial.html", title=title, **_empty(app, ""))

    @routes.get("/new")
    async def anew(visitor: Viewer, prompt: str = "") -> HTMLResponse:
        return screen.part(visitor, "salesperson_talk.html", **_empty(app, prompt if prompt in TRIED else ""))

    @routes.post("")
    async def say(
        visitor: Manager,
        words: Annotated[str, Form(min_length=1, max_length=2000)],
        said: Annotated[list[str], Form(max_length=_MOST_LINES)] = [],  # noqa: B006
        client: Annotated[str, Form()] = "",
        prompt: Annotated[str, Form()] = "",
        text: Annotated[str, Form(max_length=100_000)] = "",
    ) -> HTMLResponse:
        lines = [*map(_line, said), Said("customer", words.strip())]
        drafts = {prompt: text} if prompt in TRIED else {}
        shown: dict[str, Any] = {**_empty(app, prompt if drafts else ""), "lines": lines, "client": client}
        try:
            tried = await trial.try_out(app, lines, is_client=_KNOWN.get(client), drafts=drafts)
        except ConfigurationError as error:
            return screen.part(
                visitor, "salesperson_talk.html", **shown | {"lines": lines[:-1], "words": words, "error": str(error)}
            )
        if tried.reply is not None:
            shown["lines"] = [*lines, Said("us", tried.reply)]
        shown["client"] = next(name for name, known in _KNOWN.items() if known is tried.is_client)
        silence = SILENCES.get(tried.why.reason or "", tried.why.reason or "")
        return screen.part(visitor, "salesperson_talk.html", **shown | {"why": tried.why, "silence": silence})

    return routes


def _line(written: str) -> Said:
    author, _, text = written.partition(" ")
    return Said("customer" if author == "customer" else "us", text)


def _empty(app: App, prompt: str) -> dict[str, Any]:
    """A trial nobody has said anything in; ``prompt`` names the one whose unsaved text it tries, '' for none."""
    return why.words() | {
        "lines": [],
        "client": "",
        "prompt": prompt,
        "words": "",
        "error": None,
        "why": None,
        "silence": "",
        "hosted": app.model.hosted,
    }
