"""What the environment must hold before the first line is written; one documented table, the documents' names."""

import os
import re
from datetime import date, timedelta
from difflib import get_close_matches
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from saudager import hosts
from saudager.errors import ConfigurationError

TRIGGERS = ("POST_PURCHASE", "ORDER_READY", "ORDER_DELIVERED", "REVIEW_REQUEST", "CROSS_SELL", "REPLENISHMENT")
_NAMED = {
    "image_engines": "engine that draws",
    "engines": "hosted engine",
    "transcribers": "transcriber",
    "mail_carriers": "carrier of letters",
}
_NAMED_TOO = {"image_engines": ("offline",)}
"""What may be named although it does not stand in the default."""
_ALIKE = 0.81
"""Of difflib: `WAPI_TOKEN` is 0.95 like WAPPI_TOKEN, `SMTP_PASSWORD` 0.82 like SMTP_PASS."""
_S3 = ("s3_bucket", "s3_access_key", "s3_secret_key")
_CLOUD = ("whatsapp_cloud_token", "whatsapp_cloud_phone_number_id", "whatsapp_cloud_app_secret")


class Settings(BaseSettings):
    """Every setting the environment (or a ``.env`` file) may hold; names are the upper-case field names."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Field(Path("data"), description="The one folder everything is kept in.")
    database_url: str | None = Field(
        None,
        description="Database of both services, `sqlite:///path` or `postgresql://user:password@host/name`; "
        "unset: `DATA_DIR/saudager.db`.",
    )
    gateway_database_url: str | None = Field(None, description="The gateway's own database; unset: `DATABASE_URL`.")
    agent_database_url: str | None = Field(None, description="The agent's own database; unset: `DATABASE_URL`.")
    knowledge_dir: Path | None = Field(
        None, description="Folder of the shop's documents (must exist); unset: `DATA_DIR/knowledge_base`."
    )
    prompts_dir: Path | None = Field(None, description="Folder of edited prompt files; unset: the shipped ones.")
    media_dir: Path | None = Field(
        None, description="Folder of files customers sent and of pictures; unset: `DATA_DIR/media`."
    )
    s3_bucket: str | None = Field(
        None, description="Bucket of S3-compatible storage that keeps those files instead of a folder."
    )
    s3_access_key: str | None = Field(None, description="Its access key.")
    s3_secret_key: SecretStr | None = Field(None, description="Its secret key.")
    s3_endpoint: str | None = Field(None, pattern="^https?://", description="Address of that storage; unset: Amazon's.")
    s3_region: str = Field("us-east-1", min_length=1, description="Region of the bucket.")

    host: str = Field("127.0.0.1", description="Address to serve on.")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(8000, description="Port of `up` and of the gateway.")
    agent_port: Annotated[int, Field(ge=1, le=65535)] = Field(8001, description="Port of the agent on its own.")
    gateway_url: str = Field(
        "",
        pattern="^(https?://.+)?$",
        description="Where the agent finds the gateway when each is a process of its own; unset: port `PORT` of this "
        "machine.",
    )
    service_key: SecretStr | None = Field(
        None,
        description="Secret by which the gateway knows the agent, the same for both; unset: made from `vault.key`, "
        "which they share when they share DATA_DIR.",
    )
    log_level: str = Field(
        "INFO",
        pattern="^(DEBUG|INFO|WARNING|ERROR)$",
        description="Least level that is logged: DEBUG, INFO, WARNING or ERROR.",
    )
    backups_kept: int = Field(
        14, ge=1, le=1000, description="Backups kept in `DATA_DIR/backups`; `saudager backup` deletes older ones there."
    )
    log_format: str = Field(
        "text",
        pattern="^(text|json)$",
        description="How a line of the log is written: `text` for people, `json` for a collector, one object a line.",
    )
    logs_kept_days: int = Field(30, ge=1, le=3650, description="Days the files in `DATA_DIR/logs` are kept.")
    media_kept_days: int = Field(
        365,
        ge=0,
        le=36_500,
        description="Days files customers sent are kept, the same for both services; 0 keeps them for ever.",
    )
    dead_letters_kept_days: int = Field(
        90, ge=1, le=3650, description="Days what could not be handled waits to be put back by a person."
    )
    events_kept_days: int = Field(
        90, ge=1, le=3650, description="Days what rules heard of is kept, with what they made of it."
    )
    conversations_kept_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="Days a conversation in which nothing is said any more is kept, the same for both services; 0: "
        "for ever. Contacts, purchases, orders, letters and wishes not to be written to stay.",
    )
    traces_kept_days: int = Field(
        365,
        ge=0,
        le=36_500,
        description="Days it is kept why the salesperson said something, and which steps sequences that are over took; "
        "0 keeps it for ever.",
    )
    audit_kept_days: int = Field(
        0, ge=0, le=36_500, description="Days what was done in the console is kept; 0 keeps it for ever."
    )

    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Origins whose pages may read `/health`, `/stats` and `/metrics`, comma-separated "
        "(`https://board.example.kz`).",
    )
    otel_exporter_otlp_endpoint: str | None = Field(
        None,
        pattern="^https?://",
        description="Where OpenTelemetry traces go (OTLP over HTTP, such as `http://127.0.0.1:4318`); unset: nowhere.",
    )

    shop_name: str = Field(
        "",
        pattern=r"^[^\p{Cc}\p{Zl}\p{Zp}]{0,200}$",
        examples=["Тёплый Дом"],
        description="What the shop calls itself to customers.",
    )
    timezone: str = Field("Asia/Almaty", description="The shop's time zone (IANA name).")
    currency: str = Field(
        "₸",
        pattern=r"^[\p{L}\p{Sc}][\p{L}\p{Sc}.]{0,3}$",
        examples=["₸"],
        description="The sign behind a price, or up to four letters: `₸`, `тг`.",
    )

    wappi_token: SecretStr | None = Field(None, description="Token of the Wappi.pro account.")
    wappi_profile_id: str | None = Field(None, description="Profile (number) at Wappi.pro.")
    wappi_base_url: str = Field("https://wappi.pro", pattern="^https?://", description="Address of the Wappi API.")
    whatsapp_cloud_token: SecretStr | None = Field(
        None, description="Permanent token of a system user for Meta's WhatsApp Cloud API."
    )
    whatsapp_cloud_phone_number_id: str | None = Field(
        None,
        pattern=r"^\d+$",
        examples=["106540352242922"],
        description="Meta's id of the phone number (not the number itself).",
    )
    whatsapp_cloud_app_secret: SecretStr | None = Field(
        None, description="Secret of the Meta app, which signs its webhooks."
    )
    whatsapp_cloud_base_url: str = Field(
        "https://graph.facebook.com/v23.0",
        pattern="^https?://",
        description="Address of the Graph API with its version.",
    )
    waha_api_endpoint: str | None = Field(
        None, pattern="^https?://", description="Address of the WAHA server, such as `http://127.0.0.1:3000`."
    )
    waha_api_key: SecretStr | None = Field(None, description="Its API key.")
    waha_session: str = Field("default", min_length=1, description="Session (number) there.")
    from_email: str = Field(
        "",
        pattern=r"^([^\s@<>,;:\"]+@[^\s@<>,;:\"]+\.[^\s@<>,;:\"]+)?$",
        examples=["shop@example.org"],
        description="The merchant's address: letters leave from it, and with IMAP_HOST its mail is read. More "
        "mailboxes are added in the console.",
    )
    mail_sender_name: str = Field(
        "",
        pattern=r"^[^\p{Cc}\p{Zl}\p{Zp}]{0,100}$",
        examples=["Тёплый Дом"],
        description="The name beside FROM_EMAIL; unset: SHOP_NAME.",
    )
    mail_carriers: Annotated[tuple[str, ...], NoDecode] = Field(
        ("resend", "sendgrid", "smtp"),
        description="Who carries letters, comma-separated, the first that is set up and well; the next one when it "
        "certainly did not take a letter.",
    )
    resend_api_key: SecretStr | None = Field(None, description="Key of Resend.")
    resend_base_url: str = Field("https://api.resend.com", pattern="^https?://", description="Address of Resend.")
    resend_webhook_secret: SecretStr | None = Field(
        None, description="Secret Resend signs its webhooks with, `whsec_…`: bounces, complaints, incoming mail."
    )
    sendgrid_api_key: SecretStr | None = Field(None, description="Key of SendGrid.")
    sendgrid_base_url: str = Field("https://api.sendgrid.com", pattern="^https?://", description="Address of SendGrid.")
    sendgrid_webhook_key: str | None = Field(
        None, description="Public key SendGrid signs its event webhook with (base64): bounces, complaints."
    )
    smtp_host: str | None = Field(None, description="Mail server that takes letters, such as `smtp.gmail.com`.")
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port: 587 with STARTTLS, 465 with TLS, 25 without.")
    smtp_user: str | None = Field(None, description="Login there.")
    smtp_pass: SecretStr | None = Field(None, description="Password there.")
    smtp_security: str = Field(
        "auto",
        pattern="^(auto|tls|starttls|none)$",
        description="`auto` goes by the port; `none` sends in the clear, for a server on this machine.",
    )
    imap_host: str | None = Field(None, description="Mail server the mailbox is read from, such as `imap.gmail.com`.")
    imap_port: int = Field(993, ge=1, le=65535, description="Its port.")
    imap_user: str | None = Field(None, description="Login there; unset: SMTP_USER.")
    imap_pass: SecretStr | None = Field(None, description="Password there; unset: SMTP_PASS.")
    imap_security: str = Field(
        "tls", pattern="^(tls|none)$", description="`none` reads in the clear, from a server on this machine."
    )
    mail_polling_interval: float = Field(30, ge=0.05, le=3600, description="Seconds between two looks into a mailbox.")
    mail_per_minute: float = Field(
        30, ge=0, le=6000, description="Most letters a minute from one mailbox; 0 does not pace (tests and benches)."
    )
    mail_per_day: int = Field(
        500, ge=0, le=100_000, description="Most letters nobody asked for that one mailbox sends in a day."
    )
    mail_answers: bool = Field(True, description="Let the salesperson answer incoming letters.")
    letter_language: str = Field(
        "ru", pattern="^(ru|kk|en)$", description="Language of letters to people whose own is not known: ru, kk or en."
    )
    letter_signature: str = Field(
        "",
        max_length=500,
        description="What a letter ends with when no operator signs it; unset: SHOP_NAME.",
    )
    public_url: str = Field(
        "",
        pattern="^(https?://.+)?$",
        description="Address under which messengers reach the gateway, `https://shop.example.org`; then they are told "
        "at start to send their news there. Unset: they are asked for news, and you may enter the webhooks yourself.",
    )
    console_url: str = Field(
        "",
        pattern="^(https?://.+)?$",
        description="Address under which operators open the console, where it is another than PUBLIC_URL: links in "
        "letters to them lead there.",
    )
    development: bool = Field(
        False,
        description="Write links that would go to operators by mail into the log while no mailbox is connected; for a "
        "developer's own machine only.",
    )
    polling_interval: float = Field(5, ge=0.05, le=3600, description="Seconds between two looks for new messages.")
    sends_per_minute: float = Field(
        20, ge=0, le=600, description="Most messages a minute from one number; 0 does not pace (tests and benches)."
    )
    whitelist_numbers: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Numbers never answered, comma-separated; copied to the whitelist at first start."
    )

    max_context_messages: int = Field(20, ge=1, le=200, description="Lines of the conversation the salesperson sees.")
    patience: float = Field(4, ge=0, le=60, description="Seconds of silence after a line before it is answered.")
    patience_complete: float = Field(
        1.5, ge=0, le=60, description="The same when the line looks complete (ends a sentence or asks)."
    )
    patience_cap: float = Field(20, ge=0, le=600, description="Longest wait in seconds, however much is written.")
    answer_within: float = Field(
        12, gt=0, le=24, description="Hours after which a line is too old to answer and is shown to a person."
    )
    handover_hours: float = Field(
        4, gt=0, le=168, description="Hours the salesperson keeps silent after a person wrote or was called."
    )
    realert_minutes: float = Field(
        30, ge=1, le=1440, description="Minutes until ALERT_NUMBERS are told again of a customer nobody came to."
    )

    reply_hours: str = Field(
        "",
        pattern=r"^(([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)?$",
        examples=["09:00-21:00"],
        description="When answers are written, `09:00-21:00`; outside it a customer gets one line that says so. "
        "Unset: at any hour.",
    )
    disclose_ai: bool = Field(False, description="Say in the first answer that an AI assistant writes.")

    outreach_hours: str = Field(
        "10:00-20:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$",
        examples=["10:00-20:00"],
        description="Hours of the customer's own time zone in which he may be written to unasked, `10:00-20:00`.",
    )
    outreach_per_day: int = Field(
        200, ge=0, le=10_000, description="Most messages nobody asked for that one number sends in a day."
    )
    first_contacts_per_day: int = Field(
        20,
        ge=0,
        le=1000,
        description="Most people a day who never wrote to a number and are written to from it; a quarter of it in the "
        "number's first week, half in its second.",
    )
    follow_up_intervals: Annotated[tuple[float, ...], NoDecode] = Field(
        (24, 72, 168, 336, 720),
        description="Hours after our last word at which an undecided customer is written to again, five at most.",
    )
    follow_up_template: str = Field(
        "",
        pattern=r"^([a-z0-9_]+/[a-zA-Z_]+)?$",
        examples=["still_interested/ru"],
        description="Template approved by Meta for follow-ups more than 24 hours after the customer's last line, "
        "`name/language`; without it they are held (WhatsApp Cloud API only).",
    )
    kaspi_token: SecretStr | None = Field(
        None, description="API token of a Kaspi shop (seller's cabinet, Settings); more shops are added in the console."
    )
    kaspi_shop_name: str = Field("Kaspi", min_length=1, max_length=100, description="What that shop is called here.")
    kaspi_base_url: str = Field(
        "https://kaspi.kz/shop/api/v2", pattern="^https?://", description="Address of the Kaspi API with its version."
    )
    kaspi_user_agent: str = Field(
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
        min_length=1,
        description="User-Agent sent to Kaspi, which leaves requests without a browser's unanswered.",
    )
    kaspi_proxy: str = Field(
        "",
        pattern=r"^(https?://([^\s/@]+@)?[^\s/@:]+(:[0-9]+)?/?)?$",
        examples=["http://user:password@host:8080"],
        description="Proxy with an address in Kazakhstan, `http://user:password@host:port`; Kaspi answers no others.",
    )
    kaspi_requests_per_second: float = Field(2, gt=0, le=1000, description="Most requests a second to Kaspi.")
    kaspi_backfill_days: int = Field(
        90, ge=0, le=1000, description="Days of orders read when a shop is connected; nobody is written to about them."
    )
    kommo_token: SecretStr | None = Field(
        None,
        description="Long-lived token of a Kommo (amoCRM) integration; with KOMMO_BASE_URL it connects the account at "
        "first start. More accounts are connected in the console.",
    )
    kommo_base_url: str = Field(
        "", description="Address of that account, `https://example.kommo.com`.", pattern="^(https?://.+)?$"
    )
    kommo_client_id: str = Field("", description="ID of your Kommo integration, offered when an account is connected.")
    kommo_client_secret: SecretStr | None = Field(None, description="Secret key of that integration.")
    kommo_domains: Annotated[tuple[str, ...], NoDecode] = Field(
        ("kommo.com", "amocrm.ru"),
        description="Domains Kommo accounts may live below, comma-separated; no token is ever sent elsewhere.",
    )
    kommo_requests_per_second: float = Field(
        5, gt=0, le=7, description="Most requests a second to a Kommo account, of all processes together; it takes 7."
    )
    ai_seller_enabled: bool = Field(True, description="Write to buyers about their orders.")
    ai_seller_triggers: Annotated[tuple[str, ...], NoDecode] = Field(
        ("POST_PURCHASE", "ORDER_READY", "ORDER_DELIVERED", "REVIEW_REQUEST"),
        description="When buyers are written to, comma-separated: `POST_PURCHASE`, `ORDER_READY`, `ORDER_DELIVERED`, "
        "`REVIEW_REQUEST`, `CROSS_SELL`, `REPLENISHMENT`.",
    )
    ai_seller_review_days: float = Field(3, gt=0, le=90, description="Days after delivery until a review is asked for.")
    ai_seller_cross_sell_days: float = Field(
        14, gt=0, le=365, description="Days after delivery until something that goes with the purchase is offered."
    )
    ai_seller_replenishment_days: float = Field(
        30, gt=0, le=730, description="Days after delivery until it is asked whether the purchase has run out."
    )
    ai_seller_language: str = Field(
        "ru", pattern="^(ru|kk|en)$", description="Language for buyers who have never written: ru, kk or en."
    )
    ai_seller_templates: str = Field(
        "",
        pattern=r"^([A-Z_]+=[a-z0-9_]+/[a-zA-Z_]+(,\s*[A-Z_]+=[a-z0-9_]+/[a-zA-Z_]+)*)?$",
        examples=["ORDER_DELIVERED=order_delivered/ru"],
        description="Template approved by Meta for each trigger, `ORDER_DELIVERED=order_delivered/ru`, comma-separated "
        "(WhatsApp Cloud API only): its variables are the buyer's name and the order's number.",
    )
    holdout_share: float = Field(
        0,
        ge=0,
        le=0.5,
        description="Share of buyers who get no marketing message, so that its effect can be measured: `0.1`.",
    )
    working_hours_start: int = Field(10, ge=0, le=23, description="Hour at which calls begin, Monday to Friday.")
    working_hours_end: int = Field(18, ge=1, le=24, description="Hour by which calls are over.")
    call_minutes: int = Field(30, ge=5, le=240, description="Length of a call in minutes.")
    calls_at_once: int = Field(1, ge=1, le=100, description="Calls that may be booked for the same time.")
    call_reminder_minutes: int = Field(60, ge=5, le=1440, description="Minutes before a call to remind of it.")
    days_off: Annotated[tuple[date, ...], NoDecode] = Field(
        (), description="Days without calls besides Kazakhstan's public holidays, `2026-05-27,2026-12-31`."
    )
    alert_numbers: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="The merchant's own numbers that are told what needs him, comma-separated."
    )

    moderator_min_messages: int = Field(
        1, ge=1, le=20, description="Lines of an unknown contact before it is judged (the first document says 3)."
    )
    moderator_confidence: float = Field(
        0.8, ge=0.5, le=1, description="Least confidence at which a verdict is acted on."
    )
    greet_unknown: bool = Field(True, description="Ask once how to help when it is unclear who writes.")

    knowledge_whole_tokens: int = Field(
        16_000, ge=0, le=1_000_000, description="A hosted model gets all documents when they have fewer tokens."
    )
    engines: Annotated[tuple[str, ...], NoDecode] = Field(
        ("openrouter", "gemini", "openai", "compatible"),
        description="Order of the hosted engines, comma-separated; those without a key are passed over. "
        "The offline engine always stands last.",
    )
    openrouter_api_key: SecretStr | None = Field(None, description="Key of OpenRouter.")
    openrouter_model: str = Field("google/gemini-3.7-flash", description="Model id at OpenRouter.")
    openrouter_base_url: str = Field(
        "https://openrouter.ai/api/v1", pattern="^https?://", description="Address of OpenRouter."
    )
    gemini_api_key: SecretStr | None = Field(None, description="Key of Google AI Studio.")
    gemini_model: str = Field("gemini-3.7-flash", description="Model id at Google.")
    gemini_base_url: str = Field(
        "https://generativelanguage.googleapis.com", pattern="^https?://", description="Address of the Gemini API."
    )
    openai_api_key: SecretStr | None = Field(None, description="Key of OpenAI.")
    openai_model: str = Field("gpt-5.4-mini", description="Model id at OpenAI.")
    openai_base_url: str = Field(
        "https://api.openai.com/v1", pattern="^https?://", description="Address of the OpenAI API."
    )
    compatible_base_url: str | None = Field(
        None, pattern="^https?://", description="An OpenAI-compatible address such as Ollama's or vLLM's, with `/v1`."
    )
    compatible_model: str | None = Field(None, description="Model id there; goes with COMPATIBLE_BASE_URL.")
    compatible_api_key: SecretStr | None = Field(None, description="Key there, when it wants one.")
    image_engines: Annotated[tuple[str, ...], NoDecode] = Field(
        ("openai", "gemini", "openrouter", "pollinations", "compatible"),
        description="Order of the engines that draw, comma-separated; those without a key are passed over. When none "
        "has one, plain pictures are drawn on this machine; `offline` gives that a place in the order.",
    )
    openai_image_model: str = Field("gpt-image-2", description="Model at OpenAI that draws.")
    openai_image_quality: Literal["auto", "low", "medium", "high", "xhigh", "max"] = Field(
        "auto", description="How well it draws, which is how much it costs; `auto` leaves it to the model."
    )
    gemini_image_model: str = Field("gemini-nano-banana-2.1", description="Model at Google that draws.")
    openrouter_image_model: str = Field("google/gemini-nano-banana-2.1", description="Model at OpenRouter that draws.")
    pollinations_api_key: SecretStr | None = Field(None, description="Key of Pollinations (`sk_…`).")
    pollinations_model: str = Field("flux", description="Model at Pollinations that draws.")
    pollinations_base_url: str = Field(
        "https://gen.pollinations.ai", pattern="^https?://", description="Address of Pollinations."
    )
    pollinations_without_key: bool = Field(
        False,
        description="Draw at Pollinations' old address that wants no key; it may end any day.",
    )
    compatible_image_base_url: str | None = Field(
        None, pattern="^https?://", description="An address that draws as OpenAI's does, with `/v1`."
    )
    compatible_image_model: str | None = Field(None, description="Model there; goes with COMPATIBLE_IMAGE_BASE_URL.")
    compatible_image_api_key: SecretStr | None = Field(None, description="Key there, when it wants one.")
    images_at_once: int = Field(4, ge=1, le=32, description="Pictures of a series drawn at the same time.")
    images_per_minute: int = Field(
        20, ge=0, le=1000, description="Most pictures a minute from one engine; 0 does not pace (tests and benches)."
    )
    image_deadline: float = Field(120, ge=1, le=600, description="Seconds an engine may draw one picture.")
    pictures_kept_days: int = Field(
        30,
        ge=0,
        le=36_500,
        description="Days a series is kept of which a person accepted no picture; 0 keeps it for ever.",
    )
    web_search: str = Field(
        "ddgs",
        pattern="^(ddgs|off)$",
        description="Who is asked what a product looks like before it is drawn: `ddgs` (DuckDuckGo and Bing, without "
        "a key) or `off`.",
    )
    transcribers: Annotated[tuple[str, ...], NoDecode] = Field(
        ("gemini", "openai", "whisper"),
        description="Who turns voice notes into words, comma-separated: the first that has its key (`whisper`: "
        "`WHISPER_MODEL_PATH`) does. When none has, the customer is asked to write.",
    )
    gemini_speech_model: str = Field("gemini-3.7-flash", description="Model at Google that listens to voice notes.")
    openai_speech_model: str = Field("gpt-transcribe", description="Model at OpenAI that listens to voice notes.")
    whisper_model_path: Path | None = Field(
        None, description="Folder of a Whisper model for the package faster-whisper; nothing leaves this machine."
    )
    transcription_deadline: float = Field(
        60, ge=1, le=600, description="Seconds Google or OpenAI may listen to one voice note; it is tried three times."
    )
    engine_deadline: float = Field(
        25, ge=1, le=300, description="Seconds all hosted engines together may think about one turn."
    )
    engine_max_tokens: int = Field(1024, ge=64, le=32_000, description="Most tokens of one answer.")
    daily_budget: str = Field(
        "",
        pattern=r"^(\d+(\.\d+)? [A-Z]{3})?$",
        examples=["3 USD"],
        description="Most money hosted engines may cost in a day of TIMEZONE, with its currency: `3 USD`, `1500 KZT`. "
        "Then the offline engine answers and a person is told. Voice notes count in it and are heard all the same. "
        "Unset: no cap.",
    )
    usd_rate: float | None = Field(
        None, gt=0, description="Price of one US dollar in the currency of DAILY_BUDGET, when that is not USD."
    )
    model_prices: str = Field(
        "",
        pattern=r"^(\S+=\d+(\.\d+)?/\d+(\.\d+)?)?(,\s*\S+=\d+(\.\d+)?/\d+(\.\d+)?)*$",
        examples=["my-model=0.5/1.5"],
        description="US dollars per million tokens in/out of models no price list knows: `my-model=0.5/1.5`, "
        "comma-separated.",
    )

    rabbitmq_email_queue: str = Field(
        "email_tasks",
        pattern=r"^[A-Za-z0-9_.-]{1,100}$",
        examples=["email_tasks"],
        description="Queue in which letters and insights to write are asked for; with RABBITMQ_URL it is the broker's.",
    )
    rabbitmq_url: str | None = Field(
        None,
        description="The broker between `gateway` and `agent` as processes of their own, `amqp://user:password@host`; "
        "unset (and no `REDIS_URL`): they meet in one database.",
    )
    redis_url: str | None = Field(
        None, description="Redis as that broker, `redis://host`; one of the two. It must keep what it holds on disk."
    )
    allow_volatile_redis: bool = Field(False, description="`1` accepts a Redis that loses what it holds when it stops.")

    @field_validator("*", mode="before")
    @classmethod
    def _empty_means_unset(cls, value: object, info: object) -> object:
        if isinstance(value, str) and not value.strip():
            field = cls.model_fields[info.field_name]  # type: ignore[attr-defined]
            return field.get_default(call_default_factory=True)
        return value

    @field_validator(
        "wappi_base_url",
        "whatsapp_cloud_base_url",
        "waha_api_endpoint",
        "resend_base_url",
        "sendgrid_base_url",
        "kaspi_base_url",
        "openrouter_base_url",
        "gemini_base_url",
        "openai_base_url",
        "compatible_base_url",
        "pollinations_base_url",
        "compatible_image_base_url",
        "s3_endpoint",
    )
    @classmethod
    def _is_a_vendors(cls, value: str | None) -> str | None:
        if value is not None and hosts.tells_secrets(hosts.host_of(value)):
            raise ValueError("expected the address of a vendor, not of the machine's own secrets")
        return value

    @field_validator("whitelist_numbers", "alert_numbers", mode="before")
    @classmethod
    def _split_numbers(cls, value: object) -> object:
        from saudager.phones import normalise_phone

        if not isinstance(value, str):
            return value
        numbers = []
        for written in (part.strip() for part in value.split(",") if part.strip()):
            number = normalise_phone(written)
            if number is None:
                raise ValueError(f"{written!r} is not a phone number")
            numbers.append(number)
        return tuple(numbers)

    @field_validator("follow_up_intervals", mode="before")
    @classmethod
    def _rising_hours(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            hours = tuple(float(part) for part in value.split(",") if part.strip())
        except ValueError:
            hours = ()
        known = all(1 <= one <= 24 * 366 for one in hours)  # not nan and not for ever
        if not 1 <= len(hours) <= 5 or not known or any(b - a < 24 for a, b in pairwise(hours)):
            raise ValueError("expected one to five numbers of hours, each at least 24 after the one before")
        return hours

    @field_validator("days_off", mode="before")
    @classmethod
    def _split_days(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return tuple(date.fromisoformat(part.strip()) for part in value.split(",") if part.strip())
        except ValueError:
            raise ValueError("expected days such as 2026-05-27, comma-separated") from None

    @field_validator("engines", "image_engines", "transcribers", "mail_carriers", mode="before")
    @classmethod
    def _known_names(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, str):
            return value
        named = tuple(part.strip().lower() for part in value.split(",") if part.strip())
        known = cls.model_fields[info.field_name or ""].default + _NAMED_TOO.get(info.field_name or "", ())
        if unknown := [name for name in named if name not in known]:
            kind = _NAMED[info.field_name or ""]
            raise ValueError(f"{unknown[0]!r} is no {kind}: expected some of {', '.join(known)}")
        return named

    @field_validator("kaspi_token", "kaspi_user_agent", "kommo_token")
    @classmethod
    def _fits_a_header(cls, value: SecretStr | str | None) -> SecretStr | str | None:
        written = value.get_secret_value() if isinstance(value, SecretStr) else value
        if written is not None and not (written.strip() and written.isascii() and written.isprintable()):
            raise ValueError("expected Latin letters, digits and signs")
        return value

    @field_validator("kommo_domains", mode="before")
    @classmethod
    def _split_domains(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(part.strip().lower().strip(".") for part in value.split(",") if part.strip())

    @field_validator("ai_seller_triggers", mode="before")
    @classmethod
    def _known_triggers(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        named = tuple(part.strip().upper() for part in value.split(",") if part.strip())
        if unknown := [name for name in named if name not in TRIGGERS]:
            raise ValueError(f"{unknown[0]!r} is no trigger: expected some of {', '.join(TRIGGERS)}")
        return tuple(dict.fromkeys(named))

    @field_validator("ai_seller_templates")
    @classmethod
    def _templates_of_triggers(cls, value: str) -> str:
        for name in (part.partition("=")[0].strip() for part in value.split(",") if part):
            if name not in TRIGGERS:
                raise ValueError(f"{name!r} is no trigger: expected some of {', '.join(TRIGGERS)}")
        return value

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        origins = tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        for origin in origins:
            if not re.fullmatch(r"https?://[^/\s*]+", origin):
                raise ValueError(f"{origin!r} is no origin: expected such as https://board.example.kz")
        return origins

    @field_validator("reply_hours", "outreach_hours")
    @classmethod
    def _some_hours(cls, value: str, info: ValidationInfo) -> str:
        begins, _, ends = value.partition("-")
        if value and begins == ends:
            raise ValueError("expected hours that end later than they begin")
        if info.field_name == "outreach_hours" and begins > ends:
            raise ValueError("expected hours that end on the day they begin: at night nobody is written to unasked")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("expected an IANA time zone such as Asia/Almaty") from None
        return value

    @field_validator("database_url", "gateway_database_url", "agent_database_url")
    @classmethod
    def _supported_database(cls, value: str | None) -> str | None:
        if value is not None and value.startswith("postgres://"):  # as Render and Heroku write it
            value = f"postgresql://{value.partition('://')[2]}"
        if value is not None and not value.startswith(("sqlite:///", "postgresql://")):
            raise ValueError("expected sqlite:///path/to/file.db or postgresql://user:password@host/name")
        return value

    @field_validator("rabbitmq_url", "redis_url")
    @classmethod
    def _is_a_broker(cls, value: str | None, info: ValidationInfo) -> str | None:
        schemes = ("amqp://", "amqps://") if info.field_name == "rabbitmq_url" else ("redis://", "rediss://", "unix://")
        if value is not None and not value.startswith(schemes):
            raise ValueError(f"expected an address that begins with {' or '.join(schemes)}")
        return value

    @model_validator(mode="after")
    def _go_together(self) -> "Settings":
        if (self.wappi_token is None) != (self.wappi_profile_id is None):
            missing = "WAPPI_TOKEN" if self.wappi_token is None else "WAPPI_PROFILE_ID"
            raise ValueError(f"{missing} is missing: expected WAPPI_TOKEN and WAPPI_PROFILE_ID together, or neither")
        unset = [name.upper() for name in _CLOUD if getattr(self, name) is None]
        if 0 < len(unset) < len(_CLOUD):
            together = ", ".join(map(str.upper, _CLOUD))
            raise ValueError(f"{' and '.join(unset)} missing: expected {together} together, or none of them")
        if (self.waha_api_endpoint is None) != (self.waha_api_key is None):
            missing = "WAHA_API_ENDPOINT" if self.waha_api_endpoint is None else "WAHA_API_KEY"
            raise ValueError(f"{missing} is missing: expected WAHA_API_ENDPOINT and WAHA_API_KEY together, or neither")
        if (self.compatible_base_url is None) != (self.compatible_model is None):
            missing = "COMPATIBLE_BASE_URL" if self.compatible_base_url is None else "COMPATIBLE_MODEL"
            raise ValueError(f"{missing} is missing: expected COMPATIBLE_BASE_URL and COMPATIBLE_MODEL together")
        if (self.compatible_image_base_url is None) != (self.compatible_image_model is None):
            missing = "COMPATIBLE_IMAGE_BASE_URL" if self.compatible_image_model else "COMPATIBLE_IMAGE_MODEL"
            together = "COMPATIBLE_IMAGE_BASE_URL and COMPATIBLE_IMAGE_MODEL"
            raise ValueError(f"{missing} is missing: expected {together} together")
        unset = [name.upper() for name in _S3 if getattr(self, name) is None]
        if 0 < len(unset) < len(_S3):
            together = ", ".join(map(str.upper, _S3))
            raise ValueError(f"{' and '.join(unset)} missing: expected {together} together, or none of them")
        if (self.working_hours_end - self.working_hours_start) * 60 < self.call_minutes:
            raise ValueError("WORKING_HOURS_END leaves no room for a call of CALL_MINUTES after WORKING_HOURS_START")
        if self.daily_budget and not self.daily_budget.endswith("USD") and self.usd_rate is None:
            raise ValueError("USD_RATE is missing: expected the price of a dollar in the currency of DAILY_BUDGET")
        carriers = (self.resend_api_key, self.sendgrid_api_key, self.smtp_host, self.imap_host)
        if any(carriers) and not self.mail_address:
            raise ValueError("FROM_EMAIL is missing: expected the address letters leave from, such as sales@example.kz")
        if self.rabbitmq_url and self.redis_url:
            raise ValueError("RABBITMQ_URL and REDIS_URL are both set: expected one broker")
        if self.has_wire and self.gateway_database == self.agent_database:
            raise ValueError(
                "GATEWAY_DATABASE_URL and AGENT_DATABASE_URL are one database: expected two, because with a broker "
                "between them the services' messages would take each other for repetitions"
            )
        if not self.has_wire and self.gateway_database != self.agent_database:
            raise ValueError(
                "GATEWAY_DATABASE_URL and AGENT_DATABASE_URL differ: expected one database, "
                "because without RABBITMQ_URL or REDIS_URL the services meet in it"
            )
        return self

    @property
    def has_wire(self) -> bool:
        """Whether a broker stands between gateway and agent."""
        return bool(self.rabbitmq_url or self.redis_url)

    @cached_property
    def gateway_database(self) -> str:
        return self.gateway_database_url or self.database_url or self._file("gateway")

    @cached_property
    def agent_database(self) -> str:
        return self.agent_database_url or self.database_url or self._file("agent")

    def database_setting(self, service: str) -> str:
        """The setting that says where a service's database is, for a sentence about it."""
        own = f"{service}_database_url"
        is_shared = self.database_url is not None or not self.has_wire
        return "DATABASE_URL" if getattr(self, own) is None and is_shared else own.upper()

    def _file(self, service: str) -> str:
        return f"sqlite:///{self.data_dir / (f'{service}.db' if self.has_wire else 'saudager.db')}"

    @property
    def mail_address(self) -> str:
        """Where letters leave from, in small letters; FROM_EMAIL, else the login of the mail server if it is one."""
        login = self.smtp_user or ""
        return (self.from_email or (login if "@" in login else "")).lower()

    @property
    def console_address(self) -> str:
        """Where the console answers, as far as the settings tell; ends in a slash."""
        port = self.agent_port if self.has_wire else self.port
        return self.console_outside or f"http://{self.host}:{port}/"

    @property
    def console_outside(self) -> str:
        """Where operators open the console through a proxy; ends in a slash. Empty when nobody has said."""
        set_up = self.console_url or ("" if self.has_wire else self.public_url)
        return set_up and f"{set_up.rstrip('/')}/"

    @property
    def gateway_address(self) -> str:
        return self.gateway_url or f"http://127.0.0.1:{self.port}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def knowledge_folder(self) -> Path:
        return self.knowledge_dir or self.data_dir / "knowledge_base"

    @property
    def media_folder(self) -> Path:
        return self.media_dir or self.data_dir / "media"

    @property
    def answer_window(self) -> timedelta:
        return timedelta(hours=self.answer_within)


OF_A_REAL_SHOP = (
    *("database_url", "gateway_database_url", "agent_database_url", "rabbitmq_url", "redis_url"),
    *("media_dir", "s3_bucket", "s3_access_key", "s3_secret_key", "public_url", "console_url"),
    *("wappi_token", "wappi_profile_id", "waha_api_endpoint", "waha_api_key"),
    *("whatsapp_cloud_token", "whatsapp_cloud_phone_number_id", "whatsapp_cloud_app_secret"),
    *("from_email", "resend_api_key", "resend_webhook_secret", "sendgrid_api_key", "sendgrid_webhook_key"),
    *("smtp_host", "smtp_user", "smtp_pass", "imap_host", "imap_user", "imap_pass"),
    *("kaspi_token", "kommo_token", "kommo_base_url", "kommo_client_id", "kommo_client_secret"),
)
"""What leads to a shop's data, customers and accounts."""


def without_a_shop() -> dict[str, object]:
    """Overrides for a made-up shop: whatever the environment says, nothing of the merchant's is read or written to."""
    return {name: Settings.model_fields[name].get_default() for name in OF_A_REAL_SHOP}


def _form(field: FieldInfo, pattern: str) -> str:
    if pattern in {"^https?://", "^(https?://.+)?$"}:
        return "an address that begins with http:// or https://"
    if choices := re.fullmatch(r"\^\(([\w|]+)\)\$", pattern):
        return "one of " + ", ".join(choices[1].split("|"))
    return f"it written like `{(field.examples or [pattern])[0]}`"


def misspelt() -> dict[str, str]:
    """Names in the environment and in ``.env`` that are no setting but read like one, and that setting; a file that
    cannot be read has none."""
    known = {name.upper() for name in Settings.model_fields}
    try:
        given = {name.upper() for name in (*os.environ, *dotenv_values(".env", interpolate=False))}
    except (OSError, UnicodeDecodeError):
        return {}
    near = ((name, get_close_matches(name, known - given, n=1, cutoff=_ALIKE)) for name in sorted(given - known))
    return {name: found[0] for name, found in near if found}


def load(**overrides: object) -> Settings:
    """Read the environment; raises ConfigurationError naming each wrong variable, its value and what is expected."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            expected = problem["msg"].removeprefix("Value error, ")
            name = str(problem["loc"][0]).upper() if problem["loc"] else None
            if name and problem["type"] == "string_pattern_mismatch":
                field = Settings.model_fields[name.lower()]
                expected = f"expected {_form(field, problem['ctx']['pattern'])}. It is: {field.description}"
            if name is None:
                lines.append(expected)
            elif Settings.model_fields[name.lower()].annotation is SecretStr | None:
                lines.append(f"{name} is wrong: {expected}")
            else:
                lines.append(f"{name} holds {problem['input']!r}: {expected}")
        raise ConfigurationError("\n".join(lines)) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"the file .env cannot be read: expected text in UTF-8 ({error.reason})") from None
