"""A cron expression in words."""

import re
from collections.abc import Callable

_DAYS = (
    "по воскресеньям",
    "по понедельникам",
    "по вторникам",
    "по средам",
    "по четвергам",
    "по пятницам",
    "по субботам",
)


def in_words(cron: str, say: Callable[..., str]) -> str:
    """«каждые 30 минут», «каждый день в 19:00», «по понедельникам в 09:00»; another shape stays as it is written."""
    if every := re.fullmatch(r"\*/(\d+) \* \* \* \*", cron):
        return say("каждые %(n)s минут", n=every[1])
    at = re.fullmatch(r"(\d+) (\d+) \* \* (\*|\d)", cron)
    if at is None:
        return cron
    time = f"{int(at[2]):02}:{int(at[1]):02}"
    if at[3] == "*":
        return say("каждый день в %(time)s", time=time)
    return say("%(day)s в %(time)s", day=say(_DAYS[int(at[3]) % 7]), time=time)
