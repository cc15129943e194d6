"""Through which messengers a shop can talk."""

from collections.abc import Mapping
from functools import partial
from importlib import import_module
from typing import Any

from pydantic import BaseModel

from saudager.clock import Clock
from saudager.providers.channels import Channel, Messenger

SIMULATOR = "simulator"


def _open_simulator(config: Mapping[str, Any], clock: Clock, secret: str) -> Channel:
    from saudager.providers.channels.simulator import Simulator

    return Simulator(clock)


def _open_wappi(config: Mapping[str, Any], clock: Clock, secret: str) -> Channel:
    from saudager.providers.channels.wappi import Config, WhatsAppWappi

    return WhatsAppWappi(Config.model_validate(config), clock=clock)


def _open_whatsapp_cloud(config: Mapping[str, Any], clock: Clock, secret: str) -> Channel:
    from saudager.providers.channels.whatsapp_cloud import Config, WhatsAppCloud

    return WhatsAppCloud(Config.model_validate(config), clock=clock)


def _open_waha(config: Mapping[str, Any], clock: Clock, secret: str) -> Channel:
    from saudager.providers.channels.waha import Config, WhatsAppWaha

    return WhatsAppWaha(Config.model_validate(config), clock=clock, secret=secret)


def _open_kommo_talks(config: Mapping[str, Any], clock: Clock, secret: str) -> Channel:
    from saudager.providers.channels.kommo_talks import Config, KommoTalks

    return KommoTalks(Config.model_validate(config), clock=clock)


def _open_kommo_chat(config: Mapping[str, Any], clock: Clock, secret: str) -> Channel:
    from saudager.providers.channels.kommo_chat import Config, KommoChat

    return KommoChat(Config.model_validate(config), clock=clock)


def _form_of(vendor: str) -> type[BaseModel]:
    module = import_module(f"saudager.providers.channels.{vendor}")
    form: type[BaseModel] = module.Config
    return form


MESSENGERS = {
    "wappi": Messenger("WhatsApp через Wappi", partial(_form_of, "wappi"), _open_wappi, "profile_id"),
    "waha": Messenger("WhatsApp через свой WAHA", partial(_form_of, "waha"), _open_waha, "session", is_linked=True),
    "whatsapp_cloud": Messenger(
        "WhatsApp Cloud API от Meta", partial(_form_of, "whatsapp_cloud"), _open_whatsapp_cloud, "phone_number_id"
    ),
    "kommo_talks": Messenger(
        "Чаты сделок в Kommo", partial(_form_of, "kommo_talks"), _open_kommo_talks, "domain", is_in_crm=True
    ),
    "kommo_chat": Messenger(
        "Переписка в сделках Kommo",
        partial(_form_of, "kommo_chat"),
        _open_kommo_chat,
        is_in_crm=True,
        is_mirror=True,
    ),
    SIMULATOR: Messenger("Телефон для пробы", partial(_form_of, SIMULATOR), _open_simulator, is_played=True),
}
"""What can be connected, in the order it is offered."""
