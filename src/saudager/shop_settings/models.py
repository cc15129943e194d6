"""What the shop owner has set otherwise than the environment does."""

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from saudager.db.base import AgentBase, Moment


class ShopSetting(AgentBase):
    """One setting by its field's name; ``value`` is written as the environment would hold it."""

    __tablename__ = "shop_settings"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    changed_by: Mapped[str] = mapped_column(Text)
