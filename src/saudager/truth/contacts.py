"""Links, e-mail addresses and phone numbers: only those that the shop's documents hold."""

import re

from saudager.truth.known import Known
from saudager.words import normalise

_CONTACT = re.compile(
    r"(?P<link>(?:https?://|www\.)\S+|(?<![\w@.-])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:(?:kz|ru|com|net|org|me|"
    r"io|ly|app|link|site|online|info|shop|store|example)(?!\w)(?:/\S*)?|[a-z]{2,}/\S+))"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)|(?P<handle>(?<!\w)@\w{3,})"
    r"|(?P<phone>(?<![\w.])\+?[78][\s(-]*\d{3}[\s)-]*\d{3}[\s-]*\d{2}[\s-]*\d{2}(?!\d))"
    r"|(?P<always>24\s?/\s?7)",
    re.IGNORECASE,
)


def links(text: str) -> list[str]:
    """What a messenger makes a link of, ``mebel.kz`` too."""
    return [hit.group().rstrip(".,;:!?)»") for hit in _CONTACT.finditer(text) if hit.lastgroup == "link"]


def hide_contacts(draft: str) -> str:
    """The draft with links, addresses and phones blanked, so that their digits are not read as figures."""
    return _CONTACT.sub(lambda hit: "¤" * len(hit.group()), draft)


def strangers(draft: str, known: Known) -> list[str]:
    """Links, e-mail addresses and phone numbers that no fact holds."""
    problems = []
    for hit in _CONTACT.finditer(draft):
        written = hit.group().strip(".,;:!?)»")
        texts = [text for text, _ in known.texts]
        if hit.lastgroup == "phone":
            held = any(re.sub(r"\D", "", written)[1:] in re.sub(r"\D", "", text) for text in texts)
        else:
            wanted = re.compile(rf"(?<![\w.+-]){re.escape(_bare(written))}(?![\w-]|\.\w|/[^\s,;.])")
            held = any(wanted.search(_bare(text)) for text in texts)
        if not held:
            problems.append(f"«{written}»: такого контакта в документах нет.")
    return problems


def _bare(text: str) -> str:
    return re.sub(r"https?://(?:www\.)?|www\.", "", normalise(text)).rstrip("/")
