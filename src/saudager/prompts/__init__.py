"""The prompts: texts with placeholders a merchant can edit; the shipped ones stand beside this module."""

import logging
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy.orm import Session

from saudager.db.statements import Statement
from saudager.errors import ConfigurationError

_log = logging.getLogger(__name__)

PLACEHOLDERS = {
    "moderator": frozenset({"contact_name", "full_name", "business_name", "conversation_history"}),
    "sales": frozenset({"knowledge_base", "conversation_history", "new_message", "current_datetime"}),
    "follow_up": frozenset(
        {
            "touch_number",
            "conversation_history",
            "last_bot_message",
            "last_client_message",
            "follow_up_reason",
            "hours_since_last_message",
            "current_datetime",
        }
    ),
    "reply": frozenset({"offer"}),
    "order_message": frozenset(
        {
            "occasion",
            "shop_name",
            "buyer_name",
            "message_language",
            "order_facts",
            "recommended_products",
            "most_characters",
            "conversation_history",
            "current_datetime",
        }
    ),
    "sales_insights": frozenset(
        {"company_name", "person_name", "person_position", "facts", "metrics", "current_datetime"}
    ),
    "letter": frozenset(
        {
            "shop_name",
            "recipient",
            "purpose",
            "tone",
            "letter_language",
            "context",
            "facts",
            "insights",
            "offers",
            "passages",
            "most_characters",
            "current_datetime",
        }
    ),
    "picture": frozenset({"subject", "view", "palette", "style", "logo", "consistency"}),
    "transcription": frozenset(),
}
"""The placeholders each prompt must hold, every one of them and no other."""

_SHIPPED = Path(__file__).parent
_PLACEHOLDER = re.compile(r"(?<!\{)\{([A-Za-z_][A-Za-z0-9_]*)\}(?!\})")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A checked prompt; braces that are no placeholders, such as a JSON example's, stay as they are."""

    name: str
    text: str

    def fill(self, **values: str) -> str:
        """The text with its placeholders replaced; braces inside the values are left alone.

        Raises ConfigurationError when a value is missing or belongs to no placeholder of this prompt.
        """
        expected = PLACEHOLDERS[self.name]
        if wrong := expected ^ values.keys():
            raise ConfigurationError(f"Промпт «{self.name}»: не совпадают значения {_listed(wrong)}.")
        return _PLACEHOLDER.sub(lambda hit: values[hit[1]], self.text)


_SAVED = Statement("select text from prompt_versions where name = :name and in_force")


def in_force(session: Session, name: str, folder: Path | None = None) -> Prompt:
    """The version saved in the database and put in force, else the file that ``load`` reads.

    A saved version whose placeholders a newer release no longer knows is passed over, so that customers are answered.
    """
    row = _SAVED(session, name=name).fetchone()
    if row is not None:
        try:
            return _checked(name, row[0])
        except ConfigurationError as error:
            _log.warning("prompts: %s", error)
    return load(name, folder)


def load(name: str, folder: Path | None = None) -> Prompt:
    """Read ``<name>.txt`` from the merchant's folder, or the shipped one when the folder has none.

    Raises ConfigurationError that names the file and what is wrong with it.
    """
    own = folder / f"{name}.txt" if folder else None
    path = own if own and own.is_file() else _SHIPPED / f"{name}.txt"
    try:
        return _read(name, path, path.stat().st_mtime_ns)
    except OSError as error:
        raise ConfigurationError(f"{path}: файл промпта не читается ({error}); нужен текст в UTF-8.") from error


@lru_cache(maxsize=16)
def _read(name: str, path: Path, changed_at: int) -> Prompt:
    """Read once for every change of the file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: файл промпта не читается ({error}); нужен текст в UTF-8.") from error
    return check(name, text, origin=str(path))


@lru_cache(maxsize=16)
def _checked(name: str, text: str) -> Prompt:
    return check(name, text, origin=f"prompt_versions: {name}")


def check(name: str, text: str, *, origin: str) -> Prompt:
    """A prompt from text typed or pasted; ``origin`` names it in the ConfigurationError for a wrong placeholder."""
    expected = PLACEHOLDERS[name]
    found = frozenset(_PLACEHOLDER.findall(text))
    if unknown := found - expected:
        raise ConfigurationError(f"{origin}: неизвестное поле {_listed(unknown)}; можно только {_listed(expected)}.")
    if missing := expected - found:
        raise ConfigurationError(f"{origin}: не хватает поля {_listed(missing)}; нужны {_listed(expected)}.")
    return Prompt(name, text)


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))
