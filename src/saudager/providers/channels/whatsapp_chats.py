"""What WhatsApp's ids and names mean, through whichever gateway they come."""

import re

_BIDI_MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ONLY_A_NUMBER = re.compile(r"[+\d\s().-]+")


def canonical_chat(written: str) -> str:
    """One id per chat: ``7775…@s.whatsapp.net``, ``7775….0:12@c.us`` and bare digits all become ``7775…@c.us``."""
    user, _, server = written.strip().partition("@")
    if server in ("", "c.us", "s.whatsapp.net"):
        return f"{user.split(':')[0].split('.')[0].lstrip('+')}@c.us"
    if server == "lid":
        return f"{user.split(':')[0]}@lid"
    return f"{user}@{server}"


def phone_of(chat: str) -> str | None:
    """The digits of a canonical chat id; None for ``@lid``, whose digits are no phone number, and for groups."""
    user, _, server = chat.partition("@")
    return user if server == "c.us" and user.isascii() and user.isdigit() and len(user) > 6 else None


def is_person(chat: str) -> bool:
    """Whether a canonical chat id is one person's, not a group's, a newsletter's or the statuses'."""
    return chat.endswith("@lid") or phone_of(chat) is not None


def name_in(value: object) -> str | None:
    """A name without bidi marks; a bare phone number is no name."""
    name = _BIDI_MARKS.sub("", value).strip() if isinstance(value, str) else ""
    return None if not name or _ONLY_A_NUMBER.fullmatch(name) else name
