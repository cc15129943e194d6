"""Who draws: in which order, and how each is doing."""

from functools import partial

from saudager.app import App
from saudager.console.connections import painter_fields
from saudager.console.connections.engine_states import State
from saudager.console.door import Visitor
from saudager.providers.images import Painter


def states(app: App, visitor: Visitor) -> list[State]:
    """In their order, then those that have no place in it; this machine only if it draws."""
    drawing = {painter.engine.name: painter for painter in app.painters}
    order = app.settings.image_engines
    return [
        _state(app, visitor, drawing[name]) if name in drawing else _unset(visitor, name, is_asked=name in order)
        for name in dict.fromkeys((*order, *painter_fields.FORMS, *drawing))
        if name in drawing or name in painter_fields.FORMS
    ]


def _unset(visitor: Visitor, name: str, *, is_asked: bool) -> State:
    title = visitor.say(painter_fields.TITLES[name])
    return State(title, "", "", visitor.say("не настроена"), name=name, is_asked=is_asked)


def _state(app: App, visitor: Visitor, painter: Painter) -> State:
    engine = painter.engine
    name = engine.name if engine.name in painter_fields.FORMS else ""
    shown = partial(State, visitor.say(painter_fields.TITLES.get(engine.name, engine.name)), name=name)
    if not name:
        return shown("", "good", visitor.say("рисует простые картинки без ключа и сети"))
    if painter.stopped:
        return shown(engine.model_id, "bad", visitor.say("не рисует"), painter.stopped)
    if painter.rests_until is not None and painter.rests(app.clock.now()):
        until = visitor.say("отдыхает до %(time)s", time=visitor.wording.clock(painter.rests_until))
        return shown(engine.model_id, "warn", until, visitor.say("Пока рисуют следующие."))
    return shown(engine.model_id, "good", visitor.say("готов"))
