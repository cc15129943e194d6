"""Log lines for the console and a file a day, with phone numbers, addresses of mail and secrets masked."""

import logging
import logging.handlers
import re
from datetime import date
from pathlib import Path

_PHONE = re.compile(r"(?<![\w-])(\+?\d{3})\d{4,8}(\d{2})(?![\w-])")
_SECRET = re.compile(r"(?i)\b(authorization|token|api[_-]?key|password|secret)(['\"]?\s*[:=]\s*['\"]?)([^\s'\",&]{4,})")
_EMAIL = re.compile(r"(?<![\w.+…-])(\w)[\w.+-]{0,63}@(?=(?:[\w-]+\.)+\w)")
_FILE = "saudager.log"
_TURNED = re.compile(rf"{re.escape(_FILE)}\.(\d{{4}}-\d\d-\d\d)")


def mask(text: str) -> str:
    """Hide the middle of phone numbers, whose mailbox it is, and the whole of secrets: ``+77012345678`` becomes
    ``+770…78``, ``marat@firm.example`` ``m…@firm.example``."""
    return _EMAIL.sub(r"\1…@", _PHONE.sub(r"\1…\2", _SECRET.sub(r"\1\2…", text)))


class _Masking(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


def setup(level: str, folder: Path | None, *, days_kept: int = 30) -> None:
    """Send every log line to the console and, when a folder is given, to ``folder/saudager.log`` turned at midnight."""
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        handlers.append(
            logging.handlers.TimedRotatingFileHandler(
                folder / _FILE, when="midnight", backupCount=days_kept, encoding="utf-8", delay=True
            )
        )
    for handler in handlers:
        handler.setFormatter(_Masking("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    root = logging.getLogger()
    for before in root.handlers:
        if isinstance(before, logging.FileHandler):
            before.close()
    root.handlers = handlers
    root.setLevel(level)
    for talkative in ("httpx", "alembic", "pymorphy3", "pdfminer", "ddgs", "primp"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


def forget(folder: Path, *, before: date) -> int:
    """Delete the files of days before this one, which a process that did not run at midnight has left; how many."""
    old = [
        file
        for file in folder.glob(f"{_FILE}.*")
        if (turned := _TURNED.fullmatch(file.name)) and turned[1] < f"{before}"
    ]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)
