"""Which services run on a folder: each holds a lock there as long as it lives."""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from saudager.errors import ConfigurationError, Refused

_EVERYBODY = "running"


@contextmanager
def of(folder: Path, services: Sequence[str]) -> Iterator[bool]:
    """Be known as a process of these services on the folder; True when no other one is there.

    Then leases left behind belong to the dead. Whoever comes later finds us by the shared locks we hold. Raises Refused
    while the data is being replaced.
    """
    with _files(folder, [_EVERYBODY, *services]) as (everybody, *files):
        if not _locked(everybody, fcntl.LOCK_SH | fcntl.LOCK_NB):
            raise Refused(f"{folder} is being restored or upgraded: start again when that is over")
        alone = all(_locked(file, fcntl.LOCK_EX | fcntl.LOCK_NB) for file in files)
        for file in files:
            fcntl.flock(file, fcntl.LOCK_SH)
        yield alone


@contextmanager
def nobody(folder: Path) -> Iterator[None]:
    """No service runs on the folder until the block ends. Raises Refused when one does."""
    with _files(folder, [_EVERYBODY, "gateway", "agent"]) as files:
        if not all(_locked(file, fcntl.LOCK_EX | fcntl.LOCK_NB) for file in files):
            raise Refused(f"the program runs on {folder}: stop it first, with two services both of them")
        yield


@contextmanager
def _files(folder: Path, names: Sequence[str]) -> Iterator[list[IO[str]]]:
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            files: list[IO[str]] = [stack.enter_context((folder / f"{name}.lock").open("w")) for name in names]
        except OSError as error:
            raise ConfigurationError(
                f"DATA_DIR holds {str(folder)!r}: expected a folder that can be written ({error.strerror})"
            ) from None
        yield files


def _locked(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    return True
