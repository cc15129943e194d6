"""The documents a person brings: which of his files may join the shop's, and how they are put among them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath

from saudager.errors import Refused
from saudager.knowledge import aside, documents, folder, synonyms

MOST = 10
"""Files in one go."""
LARGEST = 20 * 1024 * 1024
"""Bytes of a file."""
_WORD_LISTS = (folder.RANKING, synonyms.FILE)


@dataclass(frozen=True, slots=True)
class Paper:
    """A file as the browser sends it."""

    name: str
    data: bytes


def check(papers: Sequence[Paper]) -> None:
    """Raises Refused, with a sentence that says what to change, when one of the files cannot be taken."""
    if not papers:
        raise Refused("Выберите хотя бы один файл.")
    if len(papers) > MOST:
        raise Refused(f"За один раз можно добавить не больше {MOST} файлов, а выбрано {len(papers)}.")
    for paper in papers:
        _check(paper)


def keep(papers: Sequence[Paper], where: Path, *, now: datetime) -> None:
    """Write checked files into the folder of documents; what had the same name is kept aside."""
    for paper in papers:
        aside.keep_copy(where, folder.safe(paper.name), now=now)
        folder.add(where, paper.name, paper.data)


def _check(paper: Paper) -> None:
    name = PurePath(paper.name)
    if not any(sign.isalnum() for sign in name.stem):
        raise Refused(f"Имя файла «{paper.name}» не годится: переименуйте файл.")
    if name.suffix.lower() not in documents.SUFFIXES:
        raise Refused(f"Файл «{name.name}» такого вида не читается. Подойдут {documents.READABLE}.")
    if len(paper.data) > LARGEST:
        raise Refused(f"Файл «{name.name}» больше {LARGEST // 1024**2} МБ: разделите его или уберите картинки.")
    if name.name.strip() in _WORD_LISTS:
        raise Refused(f"Имя «{name.name}» занято списком слов самого магазина: переименуйте файл.")
