"""The shop's own answers: a document of the knowledge folder that people write entry by entry."""

import fcntl
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy.orm import Session

from saudager.errors import NotFound, Refused
from saudager.knowledge import aside, library, unanswered
from saudager.knowledge import folder as folders
from saudager.knowledge.library import Read
from saudager.knowledge.tables import clean

FILE = "Ответы магазина.md"
LONGEST_QUESTION, LONGEST_ANSWER = 200, 4000

_TITLE = "# Ответы магазина"
_LOCK = ".answers.lock"
_ENTRY = re.compile(r"^## (?P<question>.+)\n(?P<answer>(?:(?!## ).*\n?)*)", re.MULTILINE)
_STRUCTURE = re.compile(r"^(\s*)(?=#|=+\s*$|-{3,}\s*$|```|\|)", re.MULTILINE)
_ESCAPED = re.compile(r"^(\s*)\\(?=#|=|-|`|\|)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A question and the shop's answer; ``mark`` changes with either."""

    question: str
    answer: str

    @property
    def mark(self) -> str:
        return sha256(f"{self.question}\n{self.answer}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Written:
    """The document after a change: the entry it was about, what it was before, and the reading to be stored.

    ``ready`` is None when no entry is left; ``ticket`` brings ``before`` back.
    """

    entry: Entry
    ready: Read | None
    before: Entry | None = None
    ticket: str = ""


def entries(folder: Path) -> list[Entry]:
    """What the document holds, in order; empty without one."""
    _, found = _parsed(folder)
    return found


def add(folder: Path, question: str, answer: str) -> Written:
    """Write one more entry. Raises Refused for an empty or overlong one, and for a question that has its answer."""
    new = _entry(question, answer)
    with _alone(folder):
        above, known = _parsed(folder)
        if any(one.question.casefold() == new.question.casefold() for one in known):
            raise Refused(f"На вопрос «{new.question}» ответ уже есть: измените его в списке ответов.")
        return _write(folder, above, [*known, new], new)


def change(folder: Path, mark: str, question: str, answer: str, *, now: datetime) -> Written:
    """Put other words in place of an entry. Raises NotFound when it was changed meanwhile."""
    new = _entry(question, answer)
    with _alone(folder):
        above, known = _parsed(folder)
        old, ticket = _marked(known, mark), _copy(folder, now)
        changed = _write(folder, above, [new if one == old else one for one in known], new)
        return replace(changed, before=old, ticket=ticket)


def remove(folder: Path, mark: str, *, now: datetime) -> Written:
    """Take an entry out. Raises NotFound when it was changed meanwhile."""
    with _alone(folder):
        above, known = _parsed(folder)
        old, ticket = _marked(known, mark), _copy(folder, now)
        changed = _write(folder, above, [one for one in known if one != old], old)
        return replace(changed, before=old, ticket=ticket)


def bring_back(folder: Path, ticket: str, mark: str, *, over: str) -> Written:
    """Give an entry that was changed or removed its words again; what other entries became meanwhile stays.

    ``over`` is the mark of the entry that stands in its place.

    Raises NotFound when the copy that has it is gone.
    """
    _, before = _entries_of(aside.text_of(folder, ticket, FILE))
    old = _marked(before, mark)
    with _alone(folder):
        above, known = _parsed(folder)
        places = (at for at, one in enumerate(known) if one.mark == over or one.question == old.question)
        place = next(places, len(known))
        return _write(folder, above, [*known[:place], old, *known[place + 1 :]], old)


def publish(session: Session, written: Written, *, settles: Sequence[int] = (), once: str, now: datetime) -> None:
    """Let the next answer rest on what was written, and take the questions it answers off the list."""
    if written.ready is None:
        library.forget(session, FILE)
    else:
        library.store(session, written.ready, now=now)
    for question in settles:
        unanswered.settle(session, question, now)
    library.ask_to_read(session, once=once, now=now)


def withdraw(session: Session, written: Written, *, reopens: Sequence[int] = (), once: str, now: datetime) -> None:
    """The undo of ``publish``: the questions wait again."""
    publish(session, written, once=once, now=now)
    unanswered.reopen(session, reopens)


def _entry(question: str, answer: str) -> Entry:
    asked, answered = clean(question).lstrip("# ").rstrip(), "\n".join(map(str.rstrip, answer.strip().splitlines()))
    if not asked or not answered:
        raise Refused("Напишите и вопрос, и ответ.")
    asked = asked if asked.endswith("?") else f"{asked.rstrip('.!')}?"
    if len(asked) > LONGEST_QUESTION:
        raise Refused(f"Вопрос длиннее {LONGEST_QUESTION} знаков. Сократите его до самой сути.")
    if len(answered) > LONGEST_ANSWER:
        raise Refused(f"Ответ длиннее {LONGEST_ANSWER} знаков. Для длинных текстов загрузите документ.")
    return Entry(asked, answered.replace("<!--", "< !--"))


def _marked(known: list[Entry], mark: str) -> Entry:
    found = next((one for one in known if one.mark == mark), None)
    if found is None:
        raise NotFound("Этот ответ уже изменили или убрали. Обновите страницу.")
    return found


def _parsed(folder: Path) -> tuple[str, list[Entry]]:
    return _entries_of(folders.list_of(folder, FILE))


def _entries_of(text: str) -> tuple[str, list[Entry]]:
    """What stands above the first entry, and the entries."""
    text = text.replace("\r\n", "\n")
    above = "" if text.startswith("## ") else text.partition("\n## ")[0]
    found = [
        Entry(match["question"].strip(), _ESCAPED.sub(r"\1", match["answer"].strip()))
        for match in _ENTRY.finditer(text)
    ]
    return above.strip() or _TITLE, found


def _copy(folder: Path, now: datetime) -> str:
    kept = aside.keep_copy(folder, FILE, now=now)
    return "" if kept is None else kept.ticket


def _write(folder: Path, above: str, known: list[Entry], about: Entry) -> Written:
    if not known:
        (folder / FILE).unlink(missing_ok=True)
        return Written(about, None)
    parts = (f"## {one.question}\n\n{_STRUCTURE.sub(_escape, one.answer)}" for one in known)
    folders.write(folder, FILE, "\n\n".join((above, *parts)) + "\n")
    return Written(about, library.read(folder, FILE))


def _escape(indent: re.Match[str]) -> str:
    return f"{indent[1]}\\"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else changes the document meanwhile, in whatever process."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
