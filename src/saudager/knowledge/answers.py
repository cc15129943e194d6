"""The shop's own answers: a document of the knowledge folder that people write entry by entry."""

import fcntl
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy.orm import Session

from saudager.errors import NotFound, Refused
from saudager.knowledge import folder as folders
from saudager.knowledge import library, unanswered
from saudager.knowledge.library import Read
from saudager.knowledge.tables import clean
from saudager.knowledge.texts import decode

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
    """The document after a change: the entry it was about, and the reading to be stored (None: nothing is left)."""

    entry: Entry
    ready: Read | None


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


def change(folder: Path, mark: str, question: str, answer: str) -> tuple[Entry, Written]:
    """Put other words in place of an entry, which is given back. Raises NotFound when it was changed meanwhile."""
    new = _entry(question, answer)
    with _alone(folder):
        above, known = _parsed(folder)
        old = _marked(known, mark)
        return old, _write(folder, above, [new if one == old else one for one in known], new)


def remove(folder: Path, mark: str) -> Written:
    """Take an entry out. Raises NotFound when it was changed meanwhile."""
    with _alone(folder):
        above, known = _parsed(folder)
        old = _marked(known, mark)
        return _write(folder, above, [one for one in known if one != old], old)


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
    """What stands above the first entry, and the entries."""
    try:
        text = decode((folder / FILE).read_bytes()) or ""
    except FileNotFoundError:
        return _TITLE, []
    text = text.replace("\r\n", "\n")
    above = text.partition("\n## ")[0] if not text.startswith("## ") else ""
    found = [
        Entry(match["question"].strip(), _ESCAPED.sub(r"\1", match["answer"].strip()))
        for match in _ENTRY.finditer(text)
    ]
    return above.strip() or _TITLE, found


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
