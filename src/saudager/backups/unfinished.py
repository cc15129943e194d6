"""The note that a restore is between the old and the new: while it lies there nothing else is started."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from saudager.errors import ConfigurationError

_NAME = "restore.unfinished"


@dataclass
class Unfinished:
    """A restore that has begun to replace what was there."""

    put_aside: str
    """The name under which what was there is put aside: a folder of DATA_DIR, and a schema of PostgreSQL."""
    is_aside: bool = False
    """All files are: what lies in their places is of the restore."""

    def keep(self, data_dir: Path) -> None:
        draft = data_dir / f"{_NAME}.draft"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(asdict(self), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(data_dir / _NAME)


def found(data_dir: Path) -> Unfinished | None:
    try:
        return Unfinished(**json.loads((data_dir / _NAME).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


def forget(data_dir: Path) -> None:
    (data_dir / _NAME).unlink(missing_ok=True)


def require_none(data_dir: Path) -> None:
    """Raises ConfigurationError when a restore was broken off half-way."""
    if (one := found(data_dir)) is not None:
        raise ConfigurationError(
            f"a restore was broken off half-way in {data_dir}: run `saudager restore FILE --replace` once more. "
            f"What was there before it is in {data_dir / one.put_aside}, of PostgreSQL in the schema {one.put_aside}"
        )
