"""What customers call the same thing: the word list that comes with the product and the merchant's own beside it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from saudager.knowledge import lemmas
from saudager.knowledge.reading import Problem
from saudager.knowledge.texts import decode

FILE = "synonyms.txt"
"""Its name in the knowledge folder, where it is no document."""

_SHIPPED = Path(__file__).with_name("synonyms.txt")


@dataclass(frozen=True, slots=True)
class Synonyms:
    """For each lemma what else to look for, the lines they were read from, and the lines that were no use."""

    others: dict[str, tuple[str, ...]]
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
        return shipped()
    return _merged(own, changed.st_mtime_ns, changed.st_size)


@cache
def shipped() -> Synonyms:
    """The list that comes with the product."""
    return _understood(_SHIPPED.read_text(encoding="utf-8").splitlines(), _SHIPPED.name)


@lru_cache(maxsize=8)
def _merged(path: Path, changed: int, size: int) -> Synonyms:
    try:
        text = decode(path.read_bytes())
    except OSError as error:
        return Synonyms(shipped().others, problems=[Problem(None, f"{FILE}: файл не открывается ({error.strerror}).")])
    if text is None:
        return Synonyms(shipped().others, problems=[Problem(None, f"{FILE}: это не текст; сохраните его в UTF-8.")])
    own = _understood(text.splitlines(), FILE)
    others = dict(shipped().others)
    for word, meant in own.others.items():
        others[word] = tuple(dict.fromkeys((*meant, *others.get(word, ()))))
    return Synonyms(others, own.lines, own.problems)


def _understood(lines: list[str], file: str) -> Synonyms:
    found: dict[str, dict[str, None]] = {}
    good: list[str] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        left, *right = ([*lemmas.tokens(side)] for side in line.split(">"))
        if not left or len(right) > 1 or (not right[0] if right else len(set(left)) < 2):
            problems.append(
                Problem(
                    number,
                    f"{file}, строка {number}: «{line.strip()}» не понятно; "
                    "пишите слова через пробел («диван софа») или «слово > что искать».",
                )
            )
            continue
        good.append(line.strip())
        for word in left:
            found.setdefault(word, {}).update(dict.fromkeys(right[0] if right else left))
    others = {word: tuple(other for other in meant if other != word) for word, meant in found.items()}
    return Synonyms(others, good, problems)


def as_text(folder: Path) -> Iterator[str]:
    """The lists in force as a person reads them, and how to change them."""
    own = in_force(folder)
    yield f"# Свои слова: {folder / FILE}"
    yield "# Строка «диван софа» — слова значат одно и то же; «софа > диван» — кто пишет «софа», найдёт и «диван»."
    yield "# Добавьте строку и сохраните файл: перезапускать ничего не нужно."
    if own is not shipped():
        yield from own.lines
    yield "# Входят в программу:"
    yield from shipped().lines
