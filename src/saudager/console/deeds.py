"""Every change made from the console: the room's own function and the audit entry, in one transaction."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from saudager.app import App
from saudager.operators import audit
from saudager.operators.sessions import Visitor

P = ParamSpec("P")
T = TypeVar("T")


async def deed(
    app: App,
    visitor: Visitor,
    action: str,
    about: str,
    function: Callable[Concatenate[Session, P], T],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Run the function and note who did it: ``action`` such as ``contact.overruled``, ``about`` such as ``contact:12``.

    When the function raises, nothing is noted.
    """
    return await detailed(app, visitor, action, about, {}, lambda session: function(session, *args, **kwargs))


async def detailed(
    app: App,
    visitor: Visitor,
    action: str,
    about: str,
    details: dict[str, Any],
    function: Callable[[Session], T],
    /,
) -> T:
    """The same with what the audit entry should tell besides, as JSON: ``{"from": "draft", "to": "automatic"}``."""

    def do(session: Session) -> T:
        result = function(session)
        note(session, visitor, action, about, details, now=app.clock.now())
        return result

    return await app.db.run(do)


def note(
    session: Session, visitor: Visitor, action: str, about: str, details: dict[str, Any], *, now: datetime
) -> None:
    """The audit entry alone, for a deed that is known only once it is done."""
    audit.note(
        session,
        operator_id=visitor.operator_id,
        who=visitor.name,
        action=action,
        about=about,
        details=details,
        now=now,
    )
