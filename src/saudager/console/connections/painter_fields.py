"""What each engine that draws is asked for, as the JSON schema its form is drawn from."""

from collections.abc import Mapping
from typing import Any

from saudager.settings import Settings

TITLES = {
    "openai": "OpenAI",
    "gemini": "Gemini",
    "openrouter": "OpenRouter",
    "pollinations": "Pollinations",
    "compatible": "Свой сервер картинок",
    "offline": "Эта машина",
}
_TEXT = {"type": "string"}
_OFFLINE = "offline"


def _key(title: str, where: str) -> dict[str, Any]:
    return _TEXT | {"title": title, "description": where, "writeOnly": True}


def _model(where: str) -> dict[str, Any]:
    return _TEXT | {"title": "Модель, которая рисует", "description": where}


FORMS: Mapping[str, Mapping[str, Any]] = {
    "openai": {
        "properties": {
            "openai_api_key": _key(
                "Ключ OpenAI", "platform.openai.com → API keys. Тот же ключ, что у модели для переписки."
            ),
            "openai_image_model": _model("Как у OpenAI, например gpt-image-2. Пусто: она же."),
            "openai_image_quality": {
                "title": "Качество",
                "description": "Чем лучше, тем дороже; auto решает сама модель.",
                "enum": ["auto", "low", "medium", "high", "xhigh", "max"],
            },
        },
        "required": ["openai_api_key"],
    },
    "gemini": {
        "properties": {
            "gemini_api_key": _key(
                "Ключ Gemini", "aistudio.google.com → Get API key. Тот же ключ, что у модели для переписки."
            ),
            "gemini_image_model": _model("Как у Google, например gemini-nano-banana-2.1. Пусто: она же."),
        },
        "required": ["gemini_api_key"],
    },
    "openrouter": {
        "properties": {
            "openrouter_api_key": _key(
                "Ключ OpenRouter", "openrouter.ai → Keys → Create key. Тот же ключ, что у модели для переписки."
            ),
            "openrouter_image_model": _model(
                "Как на openrouter.ai, например google/gemini-nano-banana-2.1. Пусто: она же."
            ),
        },
        "required": ["openrouter_api_key"],
    },
    "pollinations": {
        "properties": {
            "pollinations_api_key": _key("Ключ Pollinations", "enter.pollinations.ai. Начинается с sk_."),
            "pollinations_model": _model("Как у Pollinations, например kontext: она рисует по образцу. Пусто: flux."),
        },
        "required": ["pollinations_api_key"],
    },
    "compatible": {
        "properties": {
            "compatible_image_base_url": _TEXT
            | {
                "title": "Адрес",
                "description": "Адрес, который рисует, как OpenAI (LocalAI, vLLM), с /v1 на конце: "
                "http://192.168.1.5:8080/v1.",
                "format": "uri",
            },
            "compatible_image_model": _model("Как она названа на этом сервере, например flux."),
            "compatible_image_api_key": _key("Ключ", "Если сервер его требует."),
        },
        "required": ["compatible_image_base_url", "compatible_image_model"],
    },
}
"""By the engine's name; the properties are names of settings."""


def secret(name: str) -> str:
    """The setting that holds the engine's key."""
    asked: Mapping[str, Any] = FORMS[name]["properties"]
    return next(setting for setting, told in asked.items() if told.get("writeOnly"))


def forgotten(settings: Settings, name: str) -> dict[str, str]:
    """The settings without which the engine draws no more: its place in the order, and what no model that writes shares
    with it."""
    left = [one for one in settings.image_engines if one != name]
    kept = {
        "pollinations": ("pollinations_api_key",),
        "compatible": ("compatible_image_base_url", "compatible_image_model", "compatible_image_api_key"),
    }.get(name, ())
    return {"image_engines": ",".join(left or [_OFFLINE])} | dict.fromkeys(kept, "")
