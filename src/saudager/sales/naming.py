"""How companies, people and products are known again: by tax number, address or name, however these are spelled."""

import re
from functools import lru_cache

from saudager.words import clean, normalise

_FORMS = {
    "товарищество с ограниченной ответственностью": "тоо",
    "общество с ограниченной ответственностью": "ооо",
    "индивидуальный предприниматель": "ип",
    "акционерное общество": "ао",
    "llp": "тоо",
    "llc": "ооо",
    "жшс": "тоо",
    "жк": "ип",
    "ақ": "ао",
}
"""The legal forms we know under another name; ЖШС, ЖК and АҚ are the Kazakh words for ТОО, ИП and АО."""
_KNOWN_FORMS = frozenset(_FORMS.values()) | {"пао", "зао", "нао", "чп", "кх", "гкп", "рго"}
_SIGNS = re.compile(r"[^\w@.+&-]+")
_EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}"
)
_LONGEST_EMAIL = 254
_TAX_ID = re.compile(r"\d{10}|\d{12}")
_WEIGHTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_WEIGHTS_AGAIN = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)


def company_key(name: str, tax_id: str | None = None) -> str:
    """``tax:123456789012``, or ``name:`` with the legal form in front and no quotes: «ТехКом, ТОО» and ТОО "ТехКом" are
    ``name:тоо техком`` both."""
    return f"tax:{tax_id}" if tax_id else f"name:{plain_company(name)}"


@lru_cache(maxsize=10_000)
def plain_company(name: str) -> str:
    words = normalise(clean(name))
    for written, form in _FORMS.items():
        words = re.sub(rf"(?<!\w){written}(?!\w)", form, words)
    parts = _SIGNS.sub(" ", words).split()
    if len(parts) > 1 and parts[-1] in _KNOWN_FORMS and parts[0] not in _KNOWN_FORMS:
        parts = [parts[-1], *parts[:-1]]
    return " ".join(parts) or words


def person_key(name: str, email: str | None) -> str:
    """``email:ivan@techcom.example``, else ``name:иван петров``."""
    return f"email:{email}" if email else f"name:{plain_name(name)}"


def plain_name(name: str) -> str:
    return " ".join(normalise(clean(name)).split())


def product_key(sku: str | None, name: str) -> str:
    """What the same product is known by on every invoice."""
    return sku or plain_name(name)


def email(written: str) -> str | None:
    """An address in small letters, without ``mailto:`` and angle brackets; None for what is no address."""
    address = written.strip().removeprefix("mailto:").strip(" <>").lower()
    if len(address) > _LONGEST_EMAIL or ".." in address or not _EMAIL.fullmatch(address):
        return None
    local = address.partition("@")[0]
    return None if local.startswith(".") or local.endswith(".") else address


def tax_id(written: str) -> str | None:
    """The digits of a БИН, ИИН (12) or ИНН (10 or 12); None for what is none."""
    digits = re.sub(r"[\s\-.]", "", written)
    return digits if _TAX_ID.fullmatch(digits) and digits.strip("0") else None


def is_misspelt(number: str) -> bool:
    """A number whose check digits fit neither the rule of БИН and ИИН (12 digits) nor that of ИНН (10, of a person 12):
    somebody mistyped it, or it is a made-up one."""
    digits = [int(digit) for digit in number]
    if len(digits) == 10:
        return _inn(digits, (2, 4, 10, 3, 5, 9, 4, 6, 8)) != digits[9]
    return not (_is_bin(digits) or _is_inn_of_person(digits))


def _is_bin(digits: list[int]) -> bool:
    for weights in (_WEIGHTS, _WEIGHTS_AGAIN):
        rest = sum(digit * weight for digit, weight in zip(digits, weights, strict=False)) % 11
        if rest < 10:
            return rest == digits[11]
    return False


def _is_inn_of_person(digits: list[int]) -> bool:
    first = _inn(digits, (7, 2, 4, 10, 3, 5, 9, 4, 6, 8))
    second = _inn(digits, (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8))
    return (first, second) == (digits[10], digits[11])


def _inn(digits: list[int], weights: tuple[int, ...]) -> int:
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=False)) % 11 % 10
