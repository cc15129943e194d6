"""A shop of the bench's own, whatever the environment says of the merchant's."""

from pathlib import Path
from typing import Any

from saudager.settings import Settings, without_a_shop


def in_folder(folder: str, **other: Any) -> Settings:
    """Everything in the folder; without patience and pace."""
    documents = {"knowledge_dir": None, "prompts_dir": None}
    quick = {"sends_per_minute": 0, "patience": 0, "patience_complete": 0, "reply_hours": ""}
    return Settings(_env_file=None, **{**without_a_shop(), **documents, **quick, "data_dir": Path(folder), **other})
