"""Read one file into blocks, by its suffix, and say in Russian what could not be read."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from saudager.knowledge import pdf, sheets, texts, word, workbooks
from saudager.knowledge.reading import Reading

READER = 4
"""Raise it when the same file would be read or indexed differently: every document is then read again."""

_LARGEST = 50 * 1024 * 1024
_READERS: dict[str, Callable[[bytes, Reading], None]] = {
    ".pdf": pdf.read,
    ".docx": word.read,
    ".xlsx": workbooks.read,
    ".xlsm": workbooks.read,
    ".md": texts.read_markdown,
    ".markdown": texts.read_markdown,
    ".txt": texts.read_text,
    ".csv": sheets.read_csv,
    ".tsv": sheets.read_csv,
}
SUFFIXES = tuple(_READERS)
"""Of the files that are read, with the dot."""
READABLE = "PDF, DOCX, XLSX, CSV, TSV, MD, TXT"
"""What is read, as a merchant is told."""


_STARTS = {b"%PDF-": ".pdf", b"PK\x03\x04": ".docx", b"\xd0\xcf\x11\xe0": ".docx"}
_IS_TEXT = {".md", ".markdown", ".txt", ".csv", ".tsv"}


def read(path: Path, file: str) -> Reading:
    """Read the document the shop knows as ``file``; a bad one does not raise, its ``problems`` say what is wrong."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= _LARGEST else b""
        reading = Reading(file, sha256_of(path))
    except OSError as error:
        unread = Reading(file, "")
        unread.complain(f"файл не открывается ({error.strerror}).")
        return unread
    suffix = path.suffix.lower()
    reader = _READERS.get(suffix)
    if reader is None:
        reading.complain(f"такие файлы не читаются; сохраните документ как один из этих: {READABLE}.")
    elif size > _LARGEST:
        reading.complain(f"файл больше {_LARGEST // 1024**2} МБ; разделите его или уберите картинки.")
    elif not size and suffix != ".pdf":
        reading.complain("файл пуст; сохраните его заново.")
    elif is_other := _is_other(data, suffix):
        reading.complain(is_other)
    else:
        reader(data, reading)
    return reading


def sha256_of(path: Path) -> str:
    """Of the content. Raises OSError when the file does not open."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_other(data: bytes, suffix: str) -> str:
    """What to say of a file that begins like one of another kind than its name says; empty when nothing is wrong."""
    begins = next((kind for start, kind in _STARTS.items() if data.startswith(start)), None)
    if begins == ".pdf" and suffix != ".pdf":
        return "внутри это PDF; дайте файлу имя с окончанием .pdf."
    if begins == ".docx" and (suffix in _IS_TEXT or suffix == ".pdf"):
        return "внутри это файл Office; дайте ему имя с окончанием .docx или .xlsx."
    return ""
