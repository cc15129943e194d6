"""What each hosted engine is asked for, as the JSON schema its form is drawn from."""

from collections.abc import Mapping
from typing import Any

_TEXT = {"type": "string"}


def _key(title: str, where: str) -> dict[str, Any]:
    return _TEXT | {"title": title, "description": where, "writeOnly": True}


def _model(where: str) -> dict[str, Any]:
    return _TEXT | {"title": "Модель", "description": where}


FORMS: Mapping[str, Mapping[str, Any]] = {
    "openrouter": {
        "properties": {
            "openrouter_api_key": _key("Ключ OpenRouter", "openrouter.ai → Keys → Create key. Начинается с sk-or-."),
            "openrouter_model": _model("Как на openrouter.ai, например google/gemini-3.7-flash. Пусто: она же."),
        },
        "required": ["openrouter_api_key"],
    },
    "gemini": {
        "properties": {
            "gemini_api_key": _key("Ключ Gemini", "aistudio.google.com → Get API key."),
            "gemini_model": _model("Как у Google, например gemini-3.7-flash. Пусто: она же."),
        },
        "required": ["gemini_api_key"],
    },
    "openai": {
        "properties": {
            "openai_api_key": _key("Ключ OpenAI", "platform.openai.com → API keys. Начинается с sk-."),
            "openai_model": _model("Как у OpenAI, например gpt-5.4-mini. Пусто: она же."),
        },
        "required": ["openai_api_key"],
    },
    "compatible": {
        "properties": {
            "compatible_base_url": _TEXT
            | {
                "title": "Адрес",
                "description": "Адрес, который понимает язык OpenAI (Ollama, vLLM), с /v1 на конце: "
                "http://192.168.1.5:11434/v1.",
                "format": "uri",
            },
            "compatible_model": _model("Как она названа на этом сервере, например qwen3:8b."),
            "compatible_api_key": _key("Ключ", "Если сервер его требует."),
        },
        "required": ["compatible_base_url", "compatible_model"],
    },
}
"""By the engine's name; the properties are names of settings."""

EXPECTED = "Нужен адрес, который начинается с http:// или https://."
EMPTY = "Заполните это поле."
NO_PRICE = "Задан дневной предел, а цена этой модели неизвестна: укажите её в MODEL_PRICES или снимите предел."


def secret(name: str) -> str:
    """The setting that holds the engine's key."""
    return f"{name}_api_key"


def forgotten(name: str) -> dict[str, str]:
    """The settings without which the engine is not asked, emptied: of one's own server all, else the key."""
    kept = FORMS[name]["properties"] if name == "compatible" else (secret(name),)
    return dict.fromkeys(kept, "")
