"""What processes have used of the processor, in seconds, read from /proc."""

import os
from pathlib import Path
from urllib.parse import urlsplit

_TICKS = os.sysconf("SC_CLK_TCK")
_LISTENING = "0A"


def used(pid: int | None = None) -> float:
    """By a process (without a number: this one) and everything it has started, whether it still runs or not."""
    pid = pid or os.getpid()
    return _own(pid) + sum(used(child) for child in _children(pid))


def used_by_server(url: str) -> float | None:
    """By the server at a loopback address and its children; None when we may not see which process it is."""
    found = _listening_on(urlsplit(url).port or 0)
    return None if found is None else used(found)


def _own(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:  # it has ended meanwhile
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, path.read_text(encoding="ascii").split())
        except OSError:
            continue
    return found


def _listening_on(port: int) -> int | None:
    sockets = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                sockets.add(f"socket:[{fields[9]}]")
    holders = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(file.readlink()) in sockets for file in (process / "fd").iterdir()):
                holders.append(int(process.name))
        except OSError:  # somebody else's, or ended
            continue
    return min(holders, default=None)
