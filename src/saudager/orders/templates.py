"""Templates approved by Meta: what a Cloud API number sends to a buyer who has not written in the last 24 hours."""

from dataclasses import dataclass
from typing import Any

from saudager.orders.models import Trigger
from saudager.orders.naming import first_name

_NAMELESS = {"ru": "покупатель", "kk": "сатып алушы", "en": "customer"}


@dataclass(frozen=True, slots=True)
class Template:
    """The template of a trigger by its name and language; its body has two variables, the buyer's name and the order's
    number (https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages, read 2026-11)."""

    name: str
    language: str

    def filled(self, buyer_name: str | None, code: str) -> dict[str, Any]:
        """As the Cloud API takes it."""
        return {
            "name": self.name,
            "language": self.language,
            "components": [
                {
                    "type": "body",
                    "parameters": [{"type": "text", "text": text} for text in self._variables(buyer_name, code)],
                }
            ],
        }

    def told(self, buyer_name: str | None, code: str) -> str:
        """How it stands in the conversation: its words are Meta's to know."""
        return f"[шаблон {self.name}/{self.language}: {', '.join(self._variables(buyer_name, code))}]"

    def _variables(self, buyer_name: str | None, code: str) -> tuple[str, str]:
        return first_name(buyer_name) or _NAMELESS.get(self.language.partition("_")[0], _NAMELESS["en"]), code


def of(trigger: Trigger, setting: str) -> Template | None:
    """The trigger's template by AI_SELLER_TEMPLATES, None when it has none."""
    for part in filter(None, setting.split(",")):
        named, _, template = part.strip().partition("=")
        if named == trigger:
            name, _, language = template.partition("/")
            return Template(name, language)
    return None
