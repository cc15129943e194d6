"""A shop of the bench's own, whatever the environment says of the merchant's."""

from pathlib import Path
from typing import Any

from saudager.settings import Settings

_OURS = dict.fromkeys(
    (
        *("database_url", "gateway_database_url", "agent_database_url", "media_dir", "knowledge_dir", "prompts_dir"),
        *("rabbitmq_url", "redis_url", "wappi_token", "wappi_profile_id", "waha_api_endpoint", "waha_api_key"),
        *("whatsapp_cloud_token", "whatsapp_cloud_phone_number_id", "whatsapp_cloud_app_secret", "kaspi_token"),
        *("kommo_token", "s3_bucket", "s3_access_key", "s3_secret_key"),
    )
)


def in_folder(folder: str, **other: Any) -> Settings:
    """Everything in the folder; without patience and pace."""
    quick = {"sends_per_minute": 0, "patience": 0, "patience_complete": 0, "reply_hours": ""}
    return Settings(_env_file=None, **{**_OURS, **quick, "data_dir": Path(folder), **other})
