"""What a process holds of the machine's memory, in MB; without a number, this one."""

from collections.abc import Iterable
from pathlib import Path


def now_mb(pid: int | None = None) -> float:
    """Resident at this moment."""
    return _mb("VmRSS", pid)


def peak_mb(pid: int | None = None) -> float:
    """The most that was resident since the process began."""
    return _mb("VmHWM", pid)


def own_share_mb(pid: int) -> float:
    """What it holds, pages shared with others divided by their number (PSS): the shares of a family add up."""
    try:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:  # it has ended meanwhile
        return 0.0
    return round(int(told.split("\nPss:")[1].split()[0]) / 1024, 1)


def family(pids: Iterable[int]) -> list[int]:
    """The processes that run, and all they have started."""
    found: list[int] = []
    for pid in pids:
        children: list[int] = []
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            children += map(int, path.read_text(encoding="ascii").split())
        found += [pid, *family(children)]
    return found


def _mb(name: str, pid: int | None) -> float:
    status = Path(f"/proc/{pid or 'self'}/status").read_text(encoding="ascii", errors="replace")
    return round(int(status.split(f"{name}:")[1].split()[0]) / 1024, 1)
