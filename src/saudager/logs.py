"""Log lines for the console and a file a day, with phone numbers, addresses of mail and secrets masked."""

import fcntl
import json
import logging
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

_PHONE = re.compile(r"(?<![\w-])(\+?\d{3})\d{4,8}(\d{2})(?![\w-])")
_SECRET = re.compile(
    r"(?i)((?:authorization|token|api[_-]?key|passw(?:or)?d|_pass|secret)['\"]?\s*[:=]\s*['\"]?(?:(?:bearer|basic) )?)"
    r"[^\s'\",&]{4,}"
)
_IN_ADDRESS = re.compile(r"(?<=://)([^\s/:@]*:)[^\s/@]+(?=@)")
_EMAIL = re.compile(r"(?<![\w.+…-])(\w)[\w.+-]{0,63}@(?=(?:[\w-]+\.)+\w)")
_TURNED = re.compile(r"(?:saudager|gateway|agent)\.log\.(\d{4}-\d\d-\d\d)")
_TURNING = ".turning"
_ERRORS_REMEMBERED = 1000


def mask(text: str) -> str:
    """Hide the middle of phone numbers, whose mailbox it is, and the whole of secrets: ``+77012345678`` becomes
    ``+770…78``, ``marat@firm.example`` ``m…@firm.example``."""
    return _EMAIL.sub(r"\1…@", _PHONE.sub(r"\1…\2", _SECRET.sub(r"\1…", _IN_ADDRESS.sub(r"\1…", text))))


class Tally(logging.Handler):
    """How many lines of each level this process has written, and when its last errors were."""

    def __init__(self) -> None:
        super().__init__()
        self.lines = Counter[str]()
        self._errors = deque[float](maxlen=_ERRORS_REMEMBERED)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines[record.levelname] += 1
        if record.levelno >= logging.ERROR:
            self._errors.append(record.created)

    def errors_since(self, moment: datetime) -> int:
        """ERROR and CRITICAL lines, a thousand at most."""
        return sum(at >= moment.timestamp() for at in tuple(self._errors))


TALLY = Tally()


class _AsText(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


class _AsJson(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": mask(record.getMessage()),
        }
        if record.exc_info:
            line["exception"] = mask(self.formatException(record.exc_info))
        if record.stack_info:
            line["stack"] = mask(record.stack_info)
        if (trace := getattr(record, "trace_id", None)) is not None:
            line["trace_id"] = trace
        return json.dumps(line, ensure_ascii=False)


class DailyFile(logging.FileHandler):
    """A file that is put away at midnight as ``NAME.2026-11-27``, once, by whichever of its writers comes first."""

    def __init__(self, file: Path, *, days_kept: int) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(file, encoding="utf-8", delay=True)
        self._file = file
        self._days_kept = days_kept
        self._day = _day_of(file.stat().st_mtime) if file.exists() else None

    def emit(self, record: logging.LogRecord) -> None:
        day = _day_of(record.created)
        if self._day is not None and self._day < day:
            try:
                self._put_away(self._day)
                forget(self._file.parent, before=day - timedelta(days=self._days_kept))
            except OSError:
                self.handleError(record)
        self._day = day
        super().emit(record)

    def _put_away(self, day: date) -> None:
        self.close()
        turned = self._file.with_name(f"{self._file.name}.{day}")
        with (self._file.parent / _TURNING).open("w") as turning:
            fcntl.flock(turning, fcntl.LOCK_EX)
            if self._file.exists() and not turned.exists():
                self._file.rename(turned)


def _day_of(moment: float) -> date:
    """The machine's own."""
    return datetime.fromtimestamp(moment, UTC).astimezone().date()


def setup(level: str, file: Path | None, *, days_kept: int = 30, as_json: bool = False) -> None:
    """Send every log line to the error stream and, when a file is given, to it, put away at midnight."""
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if file is not None:
        handlers.append(DailyFile(file, days_kept=days_kept))
    for handler in handlers:
        handler.setFormatter(_AsJson() if as_json else _AsText("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    root = logging.getLogger()
    for before in root.handlers:
        if isinstance(before, logging.FileHandler):
            before.close()
    root.handlers = [*handlers, TALLY]
    root.setLevel(level)
    for talkative in ("httpx", "alembic", "pymorphy3", "pdfminer", "ddgs", "primp"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


@contextmanager
def with_traces(trace_id: Callable[[], str | None]) -> Iterator[None]:
    """Inside the block each line of this process knows the trace it belongs to, if there is one."""

    def note(record: logging.LogRecord) -> bool:
        record.trace_id = trace_id()
        return True

    handlers = list(logging.getLogger().handlers)
    for handler in handlers:
        handler.addFilter(note)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(note)


def lines_by_level() -> Mapping[str, int]:
    """Lines this process has written."""
    return dict(TALLY.lines)


def forget(folder: Path, *, before: date) -> int:
    """Delete the files of days before this one; how many."""
    old = [
        file for file in folder.glob("*.log.*") if (turned := _TURNED.fullmatch(file.name)) and turned[1] < f"{before}"
    ]
    for file in old:
        file.unlink(missing_ok=True)
    return len(old)
