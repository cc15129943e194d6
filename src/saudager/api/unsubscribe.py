"""The page behind the unsubscribe link of a letter. No key of ours: mail programs and customers open it, and the token
in its address is the proof; what it can do is to stop offers to one mailbox and to let them come again."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from saudager import templates
from saudager.api.answers import OPEN, faults, text
from saudager.app import App
from saudager.letters import rendering, unsubscribe
from saudager.letters.unsubscribe import Links, Subscription

_STYLE = """
body { margin: 0; font: 17px/1.5 system-ui, sans-serif; color: #24292e; background: #f2f3f1; }
main { max-width: 34rem; margin: 8vh auto; padding: 1.5rem 1.75rem; background: #fff; border-radius: 12px; }
h1 { margin: 0 0 1rem; font-size: 1.35rem; }
button { min-height: 44px; padding: .6rem 1.2rem; font: inherit; border: 1px solid #8a9299; border-radius: 8px;
  color: inherit; background: #fff; cursor: pointer; }
button.main { color: #fff; background: #1d6a55; border-color: #1d6a55; }
@media (max-width: 36rem) { main { margin: 0; border-radius: 0; } }
@media (prefers-color-scheme: dark) {
  body { color: #e9ebed; background: #17191c; } main, button { background: #24282d; } }
"""

_SHOWN = '<!doctype html><html lang="ru">…</html>'
_BY_TOKEN = {OPEN: "customers and mail programs have no key: the token in the address is the proof"}


def router(app: App) -> APIRouter:
    """``GET /u/{token}`` shows the page and never acts, because mail programs and their filters open links by
    themselves. ``POST /u/{token}`` acts at once, without login or redirect, whatever its body: mail programs send
    ``List-Unsubscribe=One-Click`` (RFC 8058, https://www.rfc-editor.org/rfc/rfc8058, read 2026-11), the page's button
    sends nothing. ``POST /u/{token}/back`` lets offers come again. 404 for what is no link of ours.
    """
    routes = APIRouter(tags=["Unsubscribing"])
    page = text("text/html", _SHOWN, "The page as things stand then.") | faults(404)

    @routes.get(
        "/u/page.css",
        response_class=Response,
        responses=text("text/css", "body { margin: 0 }", "How the page looks."),
        openapi_extra={OPEN: "it is the same for everybody"},
    )
    async def style() -> Response:
        """The page's style sheet."""
        return Response(_STYLE, media_type="text/css", headers={"cache-control": "max-age=86400"})

    @routes.get("/u/{token}", response_class=HTMLResponse, responses=page, openapi_extra=_BY_TOKEN)
    async def show(token: str) -> HTMLResponse:
        """The page behind the link of a letter. It never acts: mail programs open links by themselves."""
        letter = _links(app).letter(token)
        return _page(app, token, await app.db.read(unsubscribe.look, letter))

    @routes.post("/u/{token}", response_class=HTMLResponse, responses=page, openapi_extra=_BY_TOKEN)
    async def leave(token: str) -> HTMLResponse:
        """No more offers, whatever the body: mail programs send `List-Unsubscribe=One-Click` (RFC 8058)."""
        letter = _links(app).letter(token)

        def act(session: Session) -> Subscription:
            unsubscribe.leave(session, letter, now=app.clock.now())
            return unsubscribe.look(session, letter)

        return _page(app, token, await app.db.run(act))

    @routes.post("/u/{token}/back", response_class=HTMLResponse, responses=page, openapi_extra=_BY_TOKEN)
    async def come_back(token: str) -> HTMLResponse:
        """Let offers come again."""
        letter = _links(app).letter(token)

        def act(session: Session) -> Subscription:
            unsubscribe.come_back(session, letter, now=app.clock.now())
            return unsubscribe.look(session, letter)

        return _page(app, token, await app.db.run(act), returned=True)

    return routes


def _links(app: App) -> Links:
    return Links(app.vault, app.settings.public_url)


def _page(app: App, token: str, now: Subscription, *, returned: bool = False) -> HTMLResponse:
    shown = templates.render(
        rendering.PACKAGE,
        "unsubscribe.html",
        language=now.language,
        lang=now.language,
        shop=app.settings.shop_name,
        token=token,
        now=now,
        returned=returned,
    )
    return HTMLResponse(shown, headers={"cache-control": "no-store"})
