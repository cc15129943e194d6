"""What a mail server means by a refusal, sorted by what is to be done about it (RFC 5321, 4.2; RFC 3463)."""

import re
from typing import Literal

from saudager.errors import (
    AddressRefused,
    BadCredentials,
    Deferred,
    OutsideError,
    RateLimited,
    Rejected,
    Unreachable,
)

Stage = Literal["login", "sender", "recipient", "letter"]

_LOGIN_WANTED = (530, 534, 535, 538)
_CLOSING = 421
_TOO_LARGE = 552
_NO_MAILBOX = (550, 551)
_AN_HOUR, _A_MINUTE = 3600.0, 60.0
_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_SENT_TOO_MUCH = re.compile(
    r"sending (limit|quota)|(daily|hourly).{0,40}(limit|quota)|(messages|recipients|mails?) per (day|hour)|5\.4\.5\b",
    re.I,
)
"""Some servers refuse for good what they would take tomorrow: https://support.google.com/a/answer/3726730."""
_TOO_FAST = re.compile(r"\brate|too (many|fast|much)|limit|throttl|quota|slow down", re.I)
_NOT_YOURS = re.compile(
    r"relay|send ?as|not (owned|permitted|allowed|authori[sz]ed) (by|to send)|sender (address )?(rejected|not)|"
    r"not verified",
    re.I,
)
_POLICY = re.compile(r"spam|block|denied|policy|reputation|blacklist|black list|dmarc|spf|dkim|content|virus", re.I)


def refusal(stage: Stage, code: int, text: str, *, sentence: str) -> OutsideError:
    """The error a reply of 4xx or 5xx means at this point of the talk."""
    status = _status_in(text)
    if code in _LOGIN_WANTED:
        return BadCredentials(sentence)
    if code == _CLOSING:
        return RateLimited(sentence, retry_after=_A_MINUTE)
    if _SENT_TOO_MUCH.search(text):
        return RateLimited(sentence, retry_after=_AN_HOUR)
    if code < 500:
        return _not_now(stage, status, text, sentence)
    if stage == "login":
        return BadCredentials(sentence)
    if code == _TOO_LARGE:
        return Rejected(sentence)
    if stage == "sender" or _NOT_YOURS.search(text):
        return BadCredentials(sentence)
    if stage == "recipient" and _is_nobody(code, status, text):
        return AddressRefused(sentence)
    return Rejected(sentence)


def _not_now(stage: Stage, status: tuple[int, int] | None, text: str, sentence: str) -> OutsideError:
    """A full mailbox and a greylisting are the recipient's affair; a limit is ours."""
    about_the_mailbox = status is not None and status[0] == 2
    if not about_the_mailbox and _TOO_FAST.search(text):
        return RateLimited(sentence, retry_after=_A_MINUTE)
    return Deferred(sentence) if stage in ("recipient", "letter") else Unreachable(sentence)


def _is_nobody(code: int, status: tuple[int, int] | None, text: str) -> bool:
    """5.1.x is about the address, 5.1.7 and 5.1.8 about ours; 5.2.1 is a mailbox that was closed."""
    if status is not None:
        subject, detail = status
        return (subject == 1 and detail not in (7, 8)) or (subject, detail) == (2, 1)
    return code in _NO_MAILBOX and not _POLICY.search(text)


def _status_in(text: str) -> tuple[int, int] | None:
    found = _ENHANCED.search(text)
    return (int(found[2]), int(found[3])) if found else None
