"""What a merchant enters to connect a shop at Kaspi."""

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr, field_validator
from pydantic_core import PydanticCustomError

from saudager.providers.http_client import HeaderSecret

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


class Config(BaseModel):
    """The limits are those of the settings ``KASPI_…``, which describe the first shop."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    token: HeaderSecret = Field(
        title="Токен API",
        description="Кабинет продавца Kaspi: Настройки → Токен API. Создать его может только руководитель компании.",
    )
    base_url: HttpUrl = Field(
        HttpUrl("https://kaspi.kz/shop/api/v2"), title="Адрес API", description="Обычно менять не нужно."
    )
    user_agent: str = Field(
        BROWSER,
        pattern=r"^[!-~]([ -~]*[!-~])?$",
        title="User-Agent",
        description="Имя браузера латинскими буквами: другим программам Kaspi не отвечает.",
    )
    proxy: SecretStr = Field(
        SecretStr(""),
        title="Прокси",
        description="Нужен, если сервер не в Казахстане: http://пользователь:пароль@адрес:порт. Иначе оставьте пустым.",
    )
    requests_per_second: float = Field(
        2,
        gt=0,
        le=1000,
        title="Запросов в секунду",
        description="Не больше стольких. Предел Kaspi нигде не указан, два безопасны.",
    )

    @field_validator("proxy")
    @classmethod
    def _is_an_address(cls, proxy: SecretStr) -> SecretStr:
        value = proxy.get_secret_value().strip()
        if value and not _is_http(value):
            raise PydanticCustomError("url_scheme", "expected http://user:password@host:port")
        return SecretStr(value)


def _is_http(written: str) -> bool:
    try:
        address = urlsplit(written)
        return address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        return False
