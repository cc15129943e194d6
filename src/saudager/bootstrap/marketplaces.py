"""At which marketplaces a shop can sell."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from saudager.clock import Clock
from saudager.providers.marketplace import MarketOrder, Marketplace, MarketplaceKind, Stage
from saudager.providers.marketplace.kaspi_words import CANCELLATION_REASONS, DEEDS

KASPI = "kaspi"


def _kaspi_form() -> type[BaseModel]:
    from saudager.providers.marketplace.kaspi_form import Config

    return Config


def _open_kaspi(config: Mapping[str, Any], clock: Clock) -> Marketplace:
    from saudager.providers.marketplace.kaspi import Kaspi
    from saudager.providers.marketplace.kaspi_form import Config

    return Kaspi(Config.model_validate(config), clock=clock)


def _read_kaspi(document: Mapping[str, Any], read_at: datetime) -> list[MarketOrder]:
    from saudager.providers.marketplace.kaspi_rows import read_document

    return read_document(document, read_at)


def _stage_at_kaspi(status: str, state: str) -> Stage:
    from saudager.providers.marketplace.kaspi_rows import stage_of

    return stage_of(status, state, handed_over=False, waits=False)


MARKETPLACES = {
    KASPI: MarketplaceKind("Kaspi", _kaspi_form, _open_kaspi, _read_kaspi, _stage_at_kaspi, CANCELLATION_REASONS, DEEDS)
}
"""Where a shop's orders can be read."""
