"""Who draws pictures, and who looks for them on the web."""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from pydantic import SecretStr

from saudager.app import App
from saudager.clock import Clock
from saudager.errors import OutsideError
from saudager.providers.images import ImageModel, Painter
from saudager.providers.websearch import WebSearch
from saudager.settings import Settings

_OFFLINE = "offline"


def open_painters(settings: Settings, clock: Clock, *, hosted: bool) -> list[Painter]:
    """The engines of IMAGE_ENGINES that have what they need, in their order, else the one of this machine."""
    named = dict.fromkeys(settings.image_engines if hosted else ())
    able = [name for name in named if _has_what_it_needs(settings, name)]
    return [Painter(_PAINTERS[name][1](settings, clock)) for name in able or [_OFFLINE]]


def _has_what_it_needs(settings: Settings, name: str) -> bool:
    needed, _ = _PAINTERS[name]
    return not needed or any(getattr(settings, one) for one in needed)


def reset_painters(app: App, settings: Settings) -> None:
    app.retiring += [painter.engine.close() for painter in app.painters]  # they may be drawing: with the program's end
    app.painters = open_painters(settings, app.clock, hosted=True)


async def try_painter(app: App, settings: Settings, name: str) -> str:
    engine = _PAINTERS[name][1](settings, app.clock)
    try:
        await engine.check()
    except OutsideError as error:
        return str(error)
    finally:
        await engine.close()
    return ""


def _paints_offline(settings: Settings, clock: Clock) -> ImageModel:
    from saudager.providers.images.offline import OfflineImageModel

    return OfflineImageModel()


def _paints_openai(settings: Settings, clock: Clock) -> ImageModel:
    from saudager.providers.images.openai import OpenAIImageModel

    vendor = partial(OpenAIImageModel, quality=settings.openai_image_quality)
    url, model = settings.openai_base_url, settings.openai_image_model
    return _open(vendor, url, model, settings.openai_api_key, settings, clock)


def _paints_gemini(settings: Settings, clock: Clock) -> ImageModel:
    from saudager.providers.images.gemini import GeminiImageModel

    url, model = settings.gemini_base_url, settings.gemini_image_model
    return _open(GeminiImageModel, url, model, settings.gemini_api_key, settings, clock)


def _paints_openrouter(settings: Settings, clock: Clock) -> ImageModel:
    from saudager.providers.images.openrouter import OpenRouterImageModel

    url, model = settings.openrouter_base_url, settings.openrouter_image_model
    return _open(OpenRouterImageModel, url, model, settings.openrouter_api_key, settings, clock)


def _paints_pollinations(settings: Settings, clock: Clock) -> ImageModel:
    from saudager.providers.images.pollinations import KEYLESS, KeylessPollinations, PollinationsImageModel

    url, model, key = settings.pollinations_base_url, settings.pollinations_model, settings.pollinations_api_key
    if key is None:
        return KeylessPollinations(base_url=KEYLESS, model=model, deadline=settings.image_deadline, clock=clock)
    return _open(PollinationsImageModel, url, model, key, settings, clock)


def _paints_compatible(settings: Settings, clock: Clock) -> ImageModel:
    from saudager.providers.images.openai import CompatibleImageModel

    url, model = settings.compatible_image_base_url or "", settings.compatible_image_model or ""
    return _open(CompatibleImageModel, url, model, settings.compatible_image_api_key, settings, clock)


class _Vendor(Protocol):
    """An engine asked over HTTP, as it is opened."""

    def __call__(self, *, base_url: str, model: str, api_key: str, deadline: float, clock: Clock) -> ImageModel: ...


def _open(vendor: _Vendor, url: str, model: str, key: SecretStr | None, settings: Settings, clock: Clock) -> ImageModel:
    api_key = "" if key is None else key.get_secret_value()
    return vendor(base_url=url, model=model, api_key=api_key, deadline=settings.image_deadline, clock=clock)


_PAINTERS: dict[str, tuple[tuple[str, ...], Callable[[Settings, Clock], ImageModel]]] = {
    "openai": (("openai_api_key",), _paints_openai),
    "gemini": (("gemini_api_key",), _paints_gemini),
    "openrouter": (("openrouter_api_key",), _paints_openrouter),
    "pollinations": (("pollinations_api_key", "pollinations_without_key"), _paints_pollinations),
    "compatible": (("compatible_image_base_url",), _paints_compatible),
    _OFFLINE: ((), _paints_offline),
}
"""The settings of which each needs one, and how it is opened."""


def open_web_search(settings: Settings, clock: Clock) -> WebSearch | None:
    """Who is asked, None when WEB_SEARCH is off."""
    if settings.web_search == "off":
        return None
    from saudager.providers.websearch.ddgs import DdgsSearch

    return DdgsSearch(clock=clock)
