"""What this process holds of the machine's memory, in MB."""

from pathlib import Path


def now_mb() -> float:
    """Resident at this moment."""
    return _mb("VmRSS")


def peak_mb() -> float:
    """The most that was resident since the process began."""
    return _mb("VmHWM")


def _mb(name: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return round(int(status.split(f"{name}:")[1].split()[0]) / 1024, 1)
