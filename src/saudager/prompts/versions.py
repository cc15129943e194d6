"""Saving a prompt, comparing its versions, and going back to an earlier one or to the shipped one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from saudager import prompts
from saudager.errors import NotFound, Refused
from saudager.prompts.models import PromptVersion

EDITABLE = ("sales", "moderator", "follow_up", "reply", "order_message", "sales_insights", "letter")
"""Those the agent reads anew each time. The one for voice notes is the gateway's, which reads its file at start."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of two texts compared: in both, only in the former, or only in the latter."""

    kind: Literal["same", "removed", "added"]
    text: str


def save(session: Session, name: str, text: str, *, based_on: int | None, note: str, by: str, now: datetime) -> int:
    """Keep the text as a new version and put it in force; its id. ``based_on`` is the version that was edited, None the
    shipped text.

    Raises ConfigurationError that names a missing or unknown placeholder, NotFound when no prompt of this name is
    edited here, and Refused when somebody has put another version in force meanwhile.
    """
    text = checked(name, text)
    current = standing(session, name)
    if (current.id if current else None) != based_on:
        who = current.saved_by if current else "кто-то"
        raise Refused(f"Пока вы правили, действовать стала другая версия ({who}). Скопируйте свой текст и обновите её.")
    _retire(session, name)
    version = PromptVersion(name=name, text=text, note=note.strip(), saved_at=now, saved_by=by, in_force=True)
    session.add(version)
    session.flush()
    return version.id


def checked(name: str, text: str) -> str:
    """The text as it is kept; raises what ``save`` raises for a text that cannot be."""
    if name not in EDITABLE:
        raise NotFound("Такой промпт здесь не правят.")
    text = text.replace("\r\n", "\n").strip() + "\n"
    prompts.check(name, text, origin="В тексте")
    return text


def put_in_force(session: Session, name: str, version: int | None) -> int | None:
    """Let an earlier version answer again, None: the shipped text; gives back what was in force before.

    Raises NotFound when the prompt has no such version.
    """
    before = standing(session, name)
    chosen = None if version is None else get(session, name, version)
    _retire(session, name)
    if chosen is not None:
        chosen.in_force = True
        session.flush()
    return before.id if before is not None else None


def undo(session: Session, name: str, saved: int, before: int | None) -> None:
    """Put back what was in force when ``saved`` was saved; raises Refused when something else is in force by now."""
    current = standing(session, name)
    if current is None or current.id != saved:
        raise Refused("С тех пор действует уже другая версия: выберите нужную в списке.")
    put_in_force(session, name, before)


def in_force(session: Session) -> dict[str, PromptVersion]:
    """The version in force of each prompt that has one."""
    return {one.name: one for one in session.scalars(select(PromptVersion).where(PromptVersion.in_force))}


def standing(session: Session, name: str) -> PromptVersion | None:
    """The version in force; None while the shipped text is."""
    return session.scalar(select(PromptVersion).where(PromptVersion.name == name, PromptVersion.in_force))


def get(session: Session, name: str, version: int) -> PromptVersion:
    """One version of this prompt; raises NotFound."""
    found = session.get(PromptVersion, version)
    if found is None or found.name != name:
        raise NotFound("Такой версии этого промпта нет.")
    return found


def newest(session: Session, name: str, *, before: int | None = None, most: int = 30) -> Sequence[PromptVersion]:
    """Versions of a prompt, newest first; ``before`` goes on after that id."""
    chosen = select(PromptVersion).where(PromptVersion.name == name)
    if before is not None:
        chosen = chosen.where(PromptVersion.id < before)
    return session.scalars(chosen.order_by(PromptVersion.id.desc()).limit(most)).all()


def compare(former: str, latter: str) -> list[Line]:
    """Line by line what became of the former text."""
    old, new = former.splitlines(), latter.splitlines()
    lines: list[Line] = []
    for tag, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += [Line("same", line) for line in old[old_from:old_to]]
        else:
            lines += [Line("removed", line) for line in old[old_from:old_to]]
            lines += [Line("added", line) for line in new[new_from:new_to]]
    return lines


def _retire(session: Session, name: str) -> None:
    session.execute(update(PromptVersion).where(PromptVersion.name == name).values(in_force=False))
