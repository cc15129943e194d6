"""What is not well with the running product, as the part that finds it tells the others."""

from dataclasses import dataclass
from enum import StrEnum


class Ill(StrEnum):
    """The kinds of things that are not well."""

    DATABASE = "database"
    DISK = "disk"
    QUEUE = "queue"
    DEAD_LETTERS = "dead_letters"
    ERRORS = "errors"
    BROKER = "broker"
    GATEWAY = "gateway"
    AGENT = "agent"
    REFUSED = "refused"
    STOPPED = "stopped"
    SILENT = "silent"
    RESTRICTED = "restricted"
    SHOP = "shop"
    CRM = "crm"
    ENGINE = "engine"
    BUDGET = "budget"


_CUSTOMERS_ARE_SERVED = (Ill.RESTRICTED, Ill.ENGINE, Ill.BUDGET, Ill.ERRORS, Ill.DEAD_LETTERS)


@dataclass(frozen=True, slots=True)
class Ailment:
    """One of them: ``name`` says whose it is (an account, a queue, a shop), ``says`` what it is in an English sentence,
    ``reason`` what the merchant is told of it besides."""

    ill: Ill
    says: str
    name: str = ""
    reason: str = ""

    @property
    def about(self) -> str:
        """The same for as long as it lasts."""
        return f"{self.ill}:{self.name}"

    @property
    def degrades(self) -> bool:
        """Whether ``/health`` counts it: not what customers do not feel."""
        return self.ill not in _CUSTOMERS_ARE_SERVED
