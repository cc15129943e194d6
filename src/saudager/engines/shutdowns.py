"""Models their vendors have shut down or will, so that the doctor can warn before customers notice."""

import re
from dataclasses import dataclass
from datetime import date

CHECKED = date(2026, 11, 21)
_NEAR = 60

# Google's page of 10 November 2026, as copied in
# https://dev.to/aideprecations/what-to-do-before-gemini-25-pro-and-25-flash-are-retired-on-december-1-2026-5gg9;
# after the date Google answers with the replacement, at the replacement's price.
_GEMINI = "https://ai.google.dev/gemini-api/docs/deprecations"
_GEMINI_CHANGES = "https://ai.google.dev/gemini-api/docs/changelog"
# OpenAI's page as copied on 15 and 28 October 2026 in
# https://dev.to/importstatic/every-openai-model-shutdown-date-until-january-2027-and-what-replaces-it-1dfk and
# https://dev.to/max_bob/openai-api-deprecations-2026-2027-every-shutdown-date-and-recommended-replacement-gpt-4o-2ffm
_OPENAI = "https://developers.openai.com/api/docs/deprecations"


@dataclass(frozen=True, slots=True)
class Shutdown:
    """The vendor's announcement: its day, the replacement it names ("" when it names none), and its page."""

    on: date
    instead: str
    source: str
    checked: date = CHECKED


_OLD_GEMINI = Shutdown(date(2026, 6, 1), "gemini-3.5-flash-lite", _GEMINI_CHANGES)
_TERRA = Shutdown(date(2026, 10, 23), "gpt-5.6-terra", _OPENAI)
_SOL = Shutdown(date(2026, 10, 23), "gpt-5.6-sol", _OPENAI)
_LUNA = Shutdown(date(2027, 1, 14), "gpt-6-luna", _OPENAI)

# Of models that draw. OpenAI's own page names December and gpt-image-2.6-sunburst (or -flare, the quicker one); May and
# October are of https://aiweekly.co/alerts/openai-deprecates-three-image-apis-by-december-2026 and
# https://weighmyprompt.com/deprecations/openai-gpt-image-1, whose replacements are going themselves. Google's own page
# names 25 June and 2 October; 29 October stands in copies of it alone; what to take instead is of
# https://firebase.google.com/docs/ai-logic/imagen-models-migration.
_READ = date(2026, 11, 28)
_SUNBURST, _NANO_BANANA = "gpt-image-2.6-sunburst", "gemini-nano-banana-2.1"
_DALL_E = Shutdown(date(2026, 5, 12), _SUNBURST, _OPENAI, _READ)
_GPT_IMAGE = Shutdown(date(2026, 12, 1), _SUNBURST, _OPENAI, _READ)

_SHUTDOWNS = {
    "gemini-2.0-flash": _OLD_GEMINI,
    "gemini-2.0-flash-001": _OLD_GEMINI,
    "gemini-2.0-flash-lite": _OLD_GEMINI,
    "gemini-2.0-flash-lite-001": _OLD_GEMINI,
    "gemini-2.5-pro": Shutdown(date(2026, 12, 1), "gemini-3.8-flash", _GEMINI),
    "gemini-2.5-flash": Shutdown(date(2026, 12, 1), "gemini-3.5-flash-lite", _GEMINI),
    "gemini-3-pro-preview": Shutdown(date(2026, 3, 9), "gemini-3.1-pro-preview", _GEMINI),
    "gemini-3.1-flash-lite": Shutdown(date(2027, 5, 7), "", _GEMINI),
    "gpt-3.5-turbo": _TERRA,
    "o4-mini": _TERRA,
    "gpt-4.1-nano": Shutdown(date(2026, 10, 23), "", _OPENAI),
    "gpt-4": _SOL,
    "gpt-4-1106-preview": _SOL,
    "gpt-4-turbo": _SOL,
    "gpt-4o-2024-05-13": _SOL,
    "o1": _SOL,
    "o1-pro": _SOL,
    "o3-mini": _SOL,
    "gpt-5": Shutdown(date(2026, 12, 11), "gpt-5.6-sol", _OPENAI),
    "gpt-5-mini": Shutdown(date(2026, 12, 11), "gpt-5.6-terra", _OPENAI),
    "gpt-5-nano": Shutdown(date(2026, 12, 11), "gpt-5.6-luna", _OPENAI),
    "gpt-5-pro": Shutdown(date(2026, 12, 11), "gpt-5.6-sol", _OPENAI),
    "o3": Shutdown(date(2026, 12, 11), "gpt-5.6-sol", _OPENAI),
    "o3-pro": Shutdown(date(2026, 12, 11), "gpt-5.6-sol", _OPENAI),
    "gpt-4o": _LUNA,
    "gpt-4o-mini": _LUNA,
    "gpt-4.1": _LUNA,
    "gpt-4.1-mini": _LUNA,
    "gpt-5.1": Shutdown(date(2027, 4, 1), "", _OPENAI),
    "gpt-5.4-nano": Shutdown(date(2027, 4, 1), "", _OPENAI),
    "dall-e-2": _DALL_E,
    "dall-e-3": _DALL_E,
    "gpt-image-1": Shutdown(date(2026, 10, 23), _SUNBURST, _OPENAI, _READ),
    "gpt-image-1.5": _GPT_IMAGE,
    "gpt-image-1-mini": _GPT_IMAGE,
    "chatgpt-image-latest": _GPT_IMAGE,
    "gemini-2.5-flash-image": Shutdown(date(2026, 10, 2), _NANO_BANANA, _GEMINI, _READ),
    "gemini-3.1-flash-image": Shutdown(date(2026, 10, 29), _NANO_BANANA, _GEMINI, _READ),
    "gemini-3.1-flash-image-preview": Shutdown(date(2026, 6, 25), _NANO_BANANA, _GEMINI, _READ),
    "gemini-3-pro-image-preview": Shutdown(date(2026, 6, 25), "gemini-3-pro-image", _GEMINI, _READ),
}
_SNAPSHOT = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{4})$")


def of(model: str) -> Shutdown | None:
    """What is announced for a model id, an OpenRouter id (``google/…``, ``…:free``) or a dated snapshot included."""
    bare = model.lower().rpartition("/")[2].partition(":")[0]
    return _SHUTDOWNS.get(bare) or _SHUTDOWNS.get(_SNAPSHOT.sub("", bare))


def warning(announced: Shutdown | None, variable: str, today: date, *, told_on: date | None = None) -> str | None:
    """What to tell of a model that is gone or goes within 60 days; ``variable`` is where another one is named,
    ``told_on`` the day by its vendor's API, which is newer than what stands here."""
    on = told_on or (announced.on if announced else None)
    if on is None or (on - today).days > _NEAR:
        return None
    when = "отключена с" if on <= today else "будет отключена"
    instead = f", например {announced.instead}" if announced and announced.instead else ""
    says = f"{when} {on:%d.%m.%Y}: задайте в {variable} другую{instead}"
    if told_on or announced is None:
        return f"{says} (так говорит сервис)"
    return f"{says} ({announced.source}, проверено {announced.checked:%d.%m.%Y})"
