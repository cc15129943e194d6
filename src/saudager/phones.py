"""Phone numbers as the messengers write them: digits with the country code, no plus."""

from functools import lru_cache

import phonenumbers

_HOME_REGION = "KZ"


@lru_cache(maxsize=512)  # those of the lines under way; one is asked about many times in a turn
def normalise_phone(written: str) -> str | None:
    """``8 (701) 123-45-67`` and ``77011234567@c.us`` become ``77011234567``; what is no phone number becomes None."""
    bare = written.split("@", 1)[0].split(":", 1)[0].strip()
    for candidate in (bare, f"+{bare.lstrip('+')}"):
        try:
            number = phonenumbers.parse(candidate, _HOME_REGION)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).lstrip("+")
    return None


def chat_with(phone: str) -> str:
    """The chat of a phone number, as the messengers' chat lists have it: ``77011234567@c.us``."""
    return f"{phone}@c.us"
