"""What a process holds of the machine's memory, in MB; without a number, this one."""

from pathlib import Path


def now_mb(pid: int | None = None) -> float:
    """Resident at this moment."""
    return _mb("VmRSS", pid)


def peak_mb(pid: int | None = None) -> float:
    """The most that was resident since the process began."""
    return _mb("VmHWM", pid)


def _mb(name: str, pid: int | None) -> float:
    status = Path(f"/proc/{pid or 'self'}/status").read_text(encoding="ascii", errors="replace")
    return round(int(status.split(f"{name}:")[1].split()[0]) / 1024, 1)
