"""Whether letters of a domain are believed: its SPF, DKIM and DMARC records, and the record to add where one lacks.

RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489 (DMARC). Resend asks for its SPF below ``send`` and for one key:
https://github.com/Domain-Connect/Templates/blob/master/resend.com.mail.json; SendGrid for two keys, and keeps its SPF
on a subdomain of its own: https://support.sendgrid.com/hc/en-us/articles/21415314709147 (both read 2026-11).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from saudager.errors import Unreachable
from saudager.providers.dns import Names
from saudager.providers.gateway import Finding

_MOST_LOOKUPS = 10
"""RFC 7208, 4.6.4."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends for a domain: its ``title``, what the SPF record must ``include`` for it (one is enough), where besides
    the domain itself such a record may stand, and under which names it signs."""

    title: str
    includes: tuple[str, ...] = ()
    below: str | None = None
    selectors: tuple[str, ...] = ()
    host: str | None = None
    """Of a mail server nobody knows: its own name."""
    returns_elsewhere: bool = False
    """Its letters come back to a subdomain of its own, which it looks after once its keys are there."""


_SERVICES = {
    "gmail.com": Sender("Gmail", ("_spf.google.com",), selectors=("google",)),
    "google.com": Sender("Gmail", ("_spf.google.com",), selectors=("google",)),
    "yandex.ru": Sender("Яндекс", ("_spf.yandex.net", "_spf.yandex.ru"), selectors=("mail",)),
    "yandex.com": Sender("Яндекс", ("_spf.yandex.net", "_spf.yandex.ru"), selectors=("mail",)),
    "yandex.kz": Sender("Яндекс", ("_spf.yandex.net", "_spf.yandex.ru"), selectors=("mail",)),
    "mail.ru": Sender("Mail.ru", ("_spf.mail.ru",), selectors=("mailru",)),
    "office365.com": Sender("Microsoft 365", ("spf.protection.outlook.com",), selectors=("selector1", "selector2")),
    "outlook.com": Sender("Microsoft 365", ("spf.protection.outlook.com",), selectors=("selector1", "selector2")),
    "zoho.com": Sender("Zoho", ("zoho.com", "zohomail.com"), selectors=("zmail", "zoho")),
    "amazonaws.com": Sender("Amazon SES", ("amazonses.com",)),
}
"""Mail services by the end of their server's name."""
_HOSTED = {
    "resend": Sender("Resend", ("amazonses.com", "_spf.resend.com"), below="send", selectors=("resend",)),
    "sendgrid": Sender("SendGrid", ("sendgrid.net",), selectors=("s1", "s2"), returns_elsewhere=True),
}
_OPEN_TO_ALL = {
    "gmail.com": "Gmail",
    "googlemail.com": "Gmail",
    "yandex.ru": "Яндекс",
    "yandex.kz": "Яндекс",
    "yandex.com": "Яндекс",
    "ya.ru": "Яндекс",
    "mail.ru": "Mail.ru",
    "bk.ru": "Mail.ru",
    "inbox.ru": "Mail.ru",
    "list.ru": "Mail.ru",
    "internet.ru": "Mail.ru",
    "outlook.com": "Microsoft 365",
    "hotmail.com": "Microsoft 365",
    "live.com": "Microsoft 365",
    "icloud.com": "iCloud",
    "yahoo.com": "Yahoo",
}
"""Domains in which anybody may have an address and nobody may add a record, and whose servers sign for them."""
_USUAL_SELECTORS = ("default", "mail", "dkim", "selector1", "s1", "k1")


def of(carrier: str, config: Mapping[str, Any]) -> Sender | None:
    """Who sends when this carrier carries; None: nobody whose letters leave the house."""
    if carrier in _HOSTED:
        return _HOSTED[carrier]
    host = str(config.get("host") or "").lower().rstrip(".")
    if not host:
        return None
    known = next((one for end, one in _SERVICES.items() if host == end or host.endswith(f".{end}")), None)
    return known or Sender(host, host=host)


async def examine(
    names: Names, domain: str, senders: Sequence[Sender], *, selector: str = "", reports_to: str
) -> AsyncIterator[Finding]:
    """What the domain says of its senders; when no name server answers, only that, which is nobody's fault."""
    if domain in _OPEN_TO_ALL:
        for sender in senders:
            yield _of_a_service(domain, sender)
        return
    try:
        dkim = [await _dkim(names, domain, sender, selector) for sender in senders]
        spf = [await _spf(names, domain, sender, has_key=key.good) for sender, key in zip(senders, dkim, strict=True)]
        dmarc = await _dmarc(names, domain, reports_to)
    except Unreachable:
        says = "серверы имён отсюда не отвечают: SPF, DKIM и DMARC не проверены. Проверьте их с другой машины"
        yield Finding(True, f"DNS {domain}", says)
        return
    for finding in (*spf, *dkim, dmarc):
        yield finding


def _of_a_service(domain: str, sender: Sender) -> Finding:
    about = f"адрес @{domain} ({sender.title})"
    if sender.title == _OPEN_TO_ALL[domain]:
        return Finding(True, about, "письма подписывает сама почтовая служба; для рассылок лучше адрес на своём домене")
    says = (
        f"от имени @{domain} подписывает только {_OPEN_TO_ALL[domain]}: письма через {sender.title} попадут в спам. "
        "Возьмите адрес на своём домене или отправляйте через сервер этой почты"
    )
    return Finding(False, about, says)


async def _spf(names: Names, domain: str, sender: Sender, *, has_key: bool) -> Finding:
    about = f"SPF {domain} ({sender.title})"
    wanted = f"include:{sender.includes[0]}" if sender.includes else _own(sender.host or "")
    found = False
    for place in (domain, *([f"{sender.below}.{domain}"] if sender.below else [])):
        records = await _records(names, place, "v=spf1")
        if len(records) > 1:
            says = f"у {place} {len(records)} записи SPF, а действует только одна: объедините их в одну запись TXT"
            return Finding(False, about, says)
        found |= bool(records)
        if records and await _lets_send(names, place, records[0], sender):
            return Finding(True, about, f"запись есть и разрешает отправку: {records[0]}")
    if has_key and sender.returns_elsewhere:
        return Finding(True, about, f"запись на своём поддомене ведёт сам {sender.title}")
    place = f"{sender.below}.{domain}" if sender.below else domain
    if found and not sender.below:
        return Finding(False, about, f"запись SPF есть, но {sender.title} в ней не назван: допишите в неё {wanted}")
    return Finding(False, about, f"записи нет: добавьте для {place} запись TXT «v=spf1 {wanted} ~all»")


def _own(host: str) -> str:
    """How an SPF record names a server by its name or its address (RFC 7208, 5.3 and 5.6)."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return f"a:{host}"
    return f"ip{address.version}:{address}"


async def _lets_send(names: Names, domain: str, record: str, sender: Sender) -> bool:
    """Whether the record, or one it includes, names the sender; of a server nobody knows, whether it names its host or
    one of its addresses."""
    its_own: set[str] = set()
    if sender.host:
        its_own = {_own(sender.host), *(f"ip4:{address}" for address in await names.addresses(sender.host))}
    waiting, seen = [(domain, record)], {domain}
    while waiting and len(seen) <= _MOST_LOOKUPS:
        place, text = waiting.pop(0)
        for term in text.lower().split()[1:]:
            word = term.lstrip("+")
            kind, _, target = word.replace("=", ":", 1).partition(":")
            if kind in ("include", "redirect") and target:
                if any(target == one or target.endswith(f".{one}") for one in sender.includes):
                    return True
                if target not in seen:
                    seen.add(target)
                    waiting += [(target, one) for one in (await _records(names, target, "v=spf1"))[:1]]
            elif its_own and (
                word.removesuffix("/32") in its_own or await _is_at(names, kind, target or place, its_own)
            ):
                return True
    return False


async def _is_at(names: Names, kind: str, host: str, addresses: set[str]) -> bool:
    """Whether an ``a`` of the record leads to one of the addresses."""
    return kind == "a" and bool(addresses & {f"ip4:{one}" for one in await names.addresses(host)})


async def _dkim(names: Names, domain: str, sender: Sender, selector: str) -> Finding:
    about = f"DKIM {domain} ({sender.title})"
    tried = list(dict.fromkeys([*([selector] if selector else []), *(sender.selectors or _USUAL_SELECTORS)]))
    answers = await asyncio.gather(*(names.texts(f"{one}._domainkey.{domain}") for one in tried))
    for one, texts in zip(tried, answers, strict=True):
        if any(_is_key(text) for text in texts):
            return Finding(True, about, f"ключ подписи есть ({one}._domainkey)")
    if sender.selectors:
        places = " и ".join(f"{one}._domainkey.{domain}" for one in sender.selectors)
        says = f"ключа нет: добавьте запись {places}, какую показывает {sender.title} в настройках домена"
        return Finding(False, about, says)
    says = (
        f"под обычными именами ({', '.join(tried)}) ключа не нашли. Если ваш сервер подписывает письма, впишите имя "
        f"ключа (селектор) в настройках ящика; если нет, включите подпись и добавьте её запись ИМЯ._domainkey.{domain}"
    )
    return Finding(False, about, says)


def _is_key(text: str) -> bool:
    """A key, and not the empty one of a key that was withdrawn (RFC 6376, 3.6.1)."""
    tags = {name.strip(): value.strip() for name, _, value in (tag.partition("=") for tag in text.split(";"))}
    return bool(tags.get("p")) and tags.get("v", "DKIM1") == "DKIM1"


async def _dmarc(names: Names, domain: str, reports_to: str) -> Finding:
    about = f"DMARC {domain}"
    labels = domain.split(".")
    for place in (".".join(labels[begin:]) for begin in range(max(1, len(labels) - 1))):
        for record in (await _records(names, f"_dmarc.{place}", "v=dmarc1"))[:1]:
            tags = dict(tag.strip().partition("=")[::2] for tag in record.lower().split(";"))
            policy = str(tags.get("p", "")).strip()
            if policy not in ("none", "quarantine", "reject"):
                return Finding(False, about, f"запись без правила p=: {record}. Нужно «v=DMARC1; p=none»")
            strict = "" if policy != "none" else "; когда SPF и DKIM в порядке, правило можно усилить до p=quarantine"
            return Finding(True, about, f"правило p={policy}{strict}")
    says = f"записи нет: добавьте для _dmarc.{domain} запись TXT «v=DMARC1; p=none; rua=mailto:{reports_to}»"
    return Finding(False, about, says)


async def _records(names: Names, name: str, begin: str) -> list[str]:
    return [text for text in await names.texts(name) if text.lower().split(";")[0].split()[:1] == [begin]]
