"""Models: in which order they are asked, which have a key, how each is doing, the day's money, and who draws."""

from functools import partial

from fastapi import APIRouter, Request, Response

from saudager.app import App
from saudager.console import screen
from saudager.console.connections import engine_fields, painters
from saudager.console.connections.engine_states import State
from saudager.console.door import Viewer, Visitor
from saudager.engines import notices
from saudager.engines.order import Engine, Engines


def add_to(routes: APIRouter, app: App) -> None:
    @routes.get("/engines")
    async def page(request: Request, visitor: Viewer) -> Response:
        budget = app.model.books.budget if isinstance(app.model, Engines) else None
        return screen.page(
            request,
            visitor,
            "connections_engines.html",
            title=visitor.say("Модели"),
            engines=_states(app, visitor),
            painters=painters.states(app, visitor),
            transcriber=app.transcriber.name if app.transcriber else "",
            spent=budget.as_money() if budget else "",
            cap=budget.written if budget else "",
        )


def _states(app: App, visitor: Visitor) -> list[State]:
    hosted = {engine.name: engine for engine in app.model.engines} if isinstance(app.model, Engines) else {}
    states = [
        _state(app, visitor, hosted[name])
        if name in hosted
        else State(
            visitor.say(notices.TITLES.get(name, name)),
            "",
            "",
            visitor.say("не настроена"),
            name=name,
            is_asked=name in app.settings.engines,
        )
        for name in dict.fromkeys((*app.settings.engines, *engine_fields.FORMS))
    ]
    ready = visitor.say("готов, работает без ключа и сети")
    return [*states, State(visitor.say("Офлайн-движок"), "", "good", ready)]


def _state(app: App, visitor: Visitor, engine: Engine) -> State:
    shown = partial(State, visitor.say(notices.TITLES.get(engine.name, engine.name)), engine.model_id, name=engine.name)
    health = engine.health
    if health.stopped:
        return shown("bad", visitor.say("ключ не принят"), visitor.say("Проверьте ключ и название модели."))
    if health.rests_until is not None and health.is_resting(app.clock.now()):
        until = visitor.say("отдыхает до %(time)s", time=visitor.wording.clock(health.rests_until))
        return shown("warn", until, visitor.say("Пока отвечают следующие."))
    if not health.is_well:
        return shown("warn", visitor.say("последний раз не ответил"))
    return shown("good", visitor.say("готов"))
