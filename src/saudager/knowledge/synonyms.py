"""What customers call the same thing: the word list that comes with the product and the merchant's own beside it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from saudager.knowledge import lemmas
from saudager.knowledge.reading import Problem
from saudager.knowledge.texts import decode
from saudager.languages.synonyms import read, shipped

FILE = "synonyms.txt"
"""Its name in the knowledge folder, where it is no document."""


@dataclass(frozen=True, slots=True)
class Synonyms:
    """For each lemma what else to look for; of those the merchant's own, the lines they were read from, and the
    lines that were no use."""

    others: dict[str, tuple[str, ...]]
    own: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def in_force(folder: Path | None) -> Synonyms:
    """The shipped list with the merchant's ``synonyms.txt`` added; a change of that file counts from the next call."""
    own = folder / FILE if folder else None
    try:
        changed = own.stat() if own else None
    except OSError:
        changed = None
    if own is None or changed is None:
        return Synonyms(shipped().others)
    return _merged(own, changed.st_mtime_ns, changed.st_size)


@lru_cache(maxsize=8)
def _merged(path: Path, changed: int, size: int) -> Synonyms:
    try:
        text = decode(path.read_bytes())
    except OSError as error:
        return _only_shipped(f"{FILE}: файл не открывается ({error.strerror}).")
    if text is None:
        return _only_shipped(f"{FILE}: это не текст; сохраните его в UTF-8.")
    own = read(text.splitlines(), lemmas.tokens)
    others = dict(shipped().others)
    for word, meant in own.others.items():
        others[word] = tuple(dict.fromkeys((*meant, *others.get(word, ()))))
    problems = [
        Problem(
            number,
            f"{FILE}, строка {number}: «{line}» не понятно; "
            "пишите слова через пробел («диван софа») или «слово > что искать».",
        )
        for number, line in own.useless.items()
    ]
    return Synonyms(others, own.others, own.lines, problems)


def _only_shipped(problem: str) -> Synonyms:
    return Synonyms(shipped().others, problems=[Problem(None, problem)])


def as_text(folder: Path) -> Iterator[str]:
    """The lists in force as a person reads them, and how to change them."""
    yield f"# Свои слова: {folder / FILE}"
    yield "# Строка «диван софа» — слова значат одно и то же; «софа > диван» — кто пишет «софа», найдёт и «диван»."
    yield "# Добавьте строку и сохраните файл: перезапускать ничего не нужно."
    yield from in_force(folder).lines
    yield "# Входят в программу:"
    yield from shipped().lines
