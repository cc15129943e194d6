"""The link under every offer: one click and no more of them come, years later too; another click takes it back."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.errors import NotFound
from saudager.outreach import consent
from saudager.sales.models import Consent
from saudager.vault import Vault

PATH = "/u/"
LEFT, CAME_BACK = "отписался по ссылке в письме", "снова подписался по ссылке в письме"
_TAG, _ID = 16, 8
"""Bytes of a token: what proves it, and the letter's id, hidden."""
_OF_CONVERSATION = 1 << 62
"""Marks the id of a conversation by mail among those of letters."""
_NO_SUCH = "Такой ссылки нет: скопируйте её из письма целиком."


class Links:
    """Addresses that name a letter to whoever has one, and to nobody who guesses; there is nothing to store."""

    def __init__(self, vault: Vault, public_url: str) -> None:
        self._secret = vault.derive("unsubscribe").encode()
        self._public_url = public_url.rstrip("/")

    def of(self, letter_id: int) -> str | None:
        """Where the letter's recipient unsubscribes; None while PUBLIC_URL does not say where we are reached."""
        return f"{self._public_url}{PATH}{self.token(letter_id)}" if self._public_url else None

    def of_conversation(self, conversation_id: int) -> str | None:
        """The same for letters of a conversation by mail that are kept nowhere else."""
        return self.of(_OF_CONVERSATION | conversation_id)

    def token(self, letter_id: int) -> str:
        name = letter_id.to_bytes(_ID, "big")
        tag = self._digest(b"tag", name)[:_TAG]
        return urlsafe_b64encode(tag + _crossed(name, self._digest(b"id", tag))).rstrip(b"=").decode()

    def letter(self, token: str) -> int:
        """The letter it was made for; raises NotFound for what is no token of ours."""
        try:
            read = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except ValueError:
            raise NotFound(_NO_SUCH) from None
        tag, hidden = read[:_TAG], read[_TAG:]
        name = _crossed(hidden, self._digest(b"id", tag))
        if len(hidden) != _ID or not hmac.compare_digest(tag, self._digest(b"tag", name)[:_TAG]):
            raise NotFound(_NO_SUCH)
        return int.from_bytes(name, "big")

    def _digest(self, purpose: bytes, of: bytes) -> bytes:
        return hmac.digest(self._secret, purpose + b":" + of, "sha256")


@dataclass(frozen=True, slots=True)
class Subscription:
    """What the page says: whose mailbox it is, partly hidden because links are passed on, and how it stands."""

    address: str
    language: str
    is_off: bool
    may_return: bool
    """He has not asked us to be silent altogether, which a link does not take back."""


def look(session: Session, letter_id: int) -> Subscription:
    """Raises NotFound for a letter that is no more."""
    _, contact_id, email, language, agreed = _letter(session, letter_id)
    wish = None if contact_id is None else consent.standing(session, contact_id)
    is_off = agreed == Consent.REFUSED or wish is not None
    return Subscription(_hidden(email or ""), language, is_off, wish != consent.EVERYTHING)


def leave(session: Session, letter_id: int, *, now: datetime) -> None:
    """No more offers to the recipient of the letter, on whatever way they come; said twice it is kept once."""
    _change(session, letter_id, Consent.REFUSED, now)
    _, contact_id, *_ = _letter(session, letter_id)
    if contact_id is not None and consent.standing(session, contact_id) is None:
        consent.note(session, contact_id, consent.OFFERS, LEFT, now)


def come_back(session: Session, letter_id: int, *, now: datetime) -> None:
    """Offers again, unless he has asked to hear nothing at all."""
    _, contact_id, *_ = _letter(session, letter_id)
    wish = None if contact_id is None else consent.standing(session, contact_id)
    if wish == consent.EVERYTHING:
        return
    _change(session, letter_id, Consent.GIVEN, now)
    if contact_id is not None and wish is not None:
        consent.note(session, contact_id, consent.RESUME, CAME_BACK, now)


def _change(session: Session, letter_id: int, to: Consent, now: datetime) -> None:
    """Of everybody who reads mail at that address."""
    person_id, _, email, _, _ = _letter(session, letter_id)
    _CONSENT(session, person=person_id, email=email, consent=to, now=now)


def _letter(session: Session, letter_id: int) -> tuple[int | None, int | None, str | None, str, str | None]:
    if letter_id & _OF_CONVERSATION:
        row = _CONVERSATION(session, conversation=letter_id ^ _OF_CONVERSATION).fetchone()
    else:
        row = _LETTER(session, letter=letter_id).fetchone()
    if row is None:
        raise NotFound(_NO_SUCH)
    person_id, contact_id, email, language, agreed = row
    return person_id, contact_id, email, language, agreed


def _hidden(address: str) -> str:
    """``i…n@techcom.example``"""
    name, at, domain = address.partition("@")
    shown = f"{name[:1]}…{name[-1:]}" if len(name) > 2 else f"{name[:1]}…"
    return f"{shown}{at}{domain}" if at else "…"


def _crossed(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=False))


_LETTER = Statement("""
    select l.person_id, coalesce(k.contact_id, i.contact_id, p.contact_id), coalesce(p.email, k.chat), l.language,
        p.consent
    from letters l
    join persons p on p.id = l.person_id
    left join conversations k on k.id = l.conversation_id
    left join identities i on i.kind = 'email' and i.value = p.email
    where l.id = :letter""")
_CONVERSATION = Statement("""
    select null, contact_id, chat, 'ru', (
        select consent from persons p where p.email = k.chat and p.consent is not null
        order by p.consent = 'refused' desc, p.id limit 1)
    from conversations k where id = :conversation""")
_CONSENT = Statement("""
    update persons set consent = :consent, consent_at = :now, updated_at = :now
    where (id = :person or email = :email) and (consent is null or consent <> :consent)""")
