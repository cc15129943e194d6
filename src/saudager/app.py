"""What every errand is handed: the database, the queues, the outside world, the clock and the settings."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from saudager.clock import Clock
from saudager.db.threads import Database
from saudager.providers.channels import Channel, Messenger
from saudager.providers.crm import Crm, CrmKind
from saudager.providers.dns import Names, NameServers
from saudager.providers.gateway import Gateway
from saudager.providers.images import Painter
from saudager.providers.llm import LanguageModel
from saudager.providers.mail import Mailbox, MailerKind, MailReaderKind
from saudager.providers.marketplace import Marketplace, MarketplaceKind
from saudager.providers.speech import Transcriber
from saudager.providers.storage import Storage
from saudager.providers.websearch import Manners, WebSearch
from saudager.providers.wires import Wire
from saudager.queues.lanes import Queues
from saudager.queues.schedule import Job
from saudager.settings import Settings
from saudager.vault import Vault

Service = Literal["gateway", "agent", "both"]


async def _no_engines(settings: Settings, name: str) -> str:
    return "здесь хостинговых моделей нет"


async def _no_painters(settings: Settings, name: str) -> str:
    return "здесь картинки рисует только эта машина"


@dataclass
class App:
    """Filled once by ``bootstrap``; rooms take what they need from it and change nothing in it, but for ``settings``,
    which ``shop_settings`` keeps to what the owner has stored, with the engines they describe."""

    settings: Settings
    environment: Settings
    """The settings as the environment alone has them."""
    clock: Clock
    db: Database
    queues: Queues
    vault: Vault
    media: Storage
    """Where files are kept that both services read."""
    model: LanguageModel
    offline: LanguageModel
    """The engine that is always there; ``model`` may be the same one."""
    painters: Sequence[Painter] = ()
    """Who draws pictures, the first that is well; empty in the gateway's own process."""
    web_search: WebSearch | None = None
    """Who is asked what a product looks like; None: nobody."""
    web_manners: Manners = field(default_factory=Manners)
    """How this process asks there."""
    transcriber: Transcriber | None = None
    """Who turns voice notes into words; None: nobody, and the customer is asked to write."""
    wire: Wire | None = None
    """The broker between the services; None: they meet in one database."""
    service: Service = "both"
    """Whose tables its database has."""
    messengers: Mapping[str, Messenger] = field(default_factory=dict)
    """What can be connected, by the vendor's name."""
    marketplaces: Mapping[str, MarketplaceKind] = field(default_factory=dict)
    """Where a shop's orders can be read, by the marketplace's name."""
    crms: Mapping[str, CrmKind] = field(default_factory=dict)
    """What CRM can be connected, by the vendor's name."""
    mailers: Mapping[str, MailerKind] = field(default_factory=dict)
    """Who can carry letters, by the carrier's name."""
    mail_readers: Mapping[str, MailReaderKind] = field(default_factory=dict)
    """How a mailbox can be read, by the name of the way."""
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    """The mailboxes this process holds open, by account."""
    mailboxes_changed: asyncio.Event = field(default_factory=asyncio.Event)
    names: Names = field(default_factory=NameServers)
    """Who is asked what a domain says of its mail."""
    markets: dict[int, tuple[str, Marketplace]] = field(default_factory=dict)
    """The marketplaces this process has opened, by the shop's id, so that all who ask one keep its pace; each with the
    sealed form it was opened by."""
    opened_crms: dict[int, tuple[str, Crm]] = field(default_factory=dict)
    """The accounts of a CRM this process has opened, by the connection's id, each with the sealed secrets it was opened
    by."""
    reset_budget: Callable[[Settings], None] = lambda settings: None
    """Hold the hosted engines to these settings' DAILY_BUDGET; raises ConfigurationError when it cannot be counted."""
    reset_engines: Callable[[Settings], None] = lambda settings: None
    """Build ``model`` and ``transcriber`` as these settings have them; the old ones close when nobody is using them.
    Raises ConfigurationError when DAILY_BUDGET cannot be counted."""
    try_engine: Callable[[Settings, str], Awaitable[str]] = _no_engines
    """Ask one hosted engine of these settings for a word; the vendor's sentence when it refuses, "" when it answers.
    Raises ConfigurationError when DAILY_BUDGET cannot count it."""
    reset_painters: Callable[[Settings], None] = lambda settings: None
    """Build ``painters`` as these settings have them; what the old ones are drawing they draw to its end."""
    try_painter: Callable[[Settings, str], Awaitable[str]] = _no_painters
    """Ask one engine of these settings whether it would draw; the vendor's sentence when it would not, "" when it
    would. Costs nothing."""
    retiring: list[Awaitable[None]] = field(default_factory=list)
    """The closing of engines that were replaced."""
    channels: dict[str, Channel] = field(default_factory=dict)
    """The accounts this process holds open, by name."""
    channels_changed: asyncio.Event = field(default_factory=asyncio.Event)
    jobs: Sequence[Job] = ()
    """What is done by the clock, here or in the other service: the queue tells."""
    gateway: Gateway = field(init=False, repr=False)
    """The service that talks to the messengers, in whichever process it runs; the last thing ``bootstrap`` fills in."""

    async def close(self) -> None:
        """Close every connection it holds; the database last."""
        for channel in self.channels.values():
            await channel.close()
        for mailbox in self.mailboxes.values():
            await mailbox.close()
        for _, market in self.markets.values():
            await market.close()
        for _, crm in self.opened_crms.values():
            await crm.close()
        if hasattr(self, "gateway"):
            await self.gateway.close()
        if self.wire is not None:
            await self.wire.close()
        if self.transcriber is not None:
            await self.transcriber.close()
        for painter in self.painters:
            await painter.engine.close()
        if self.web_search is not None:
            await self.web_search.close()
        await self.media.close()
        await self.model.close()
        await asyncio.gather(*self.retiring)
        await self.db.close()
